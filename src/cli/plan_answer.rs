//! How a plan is given: printed, and written into a folder of its own.

use jiff::Timestamp;
use miette::IntoDiagnostic;
use serde::Serialize;

use super::args::plan::{AnswerOptions, PlanFormat};
use super::tell;
use crate::plan::preface::Preface;
use crate::report::chart::{self, Frame};
use crate::report::page::Page;
use crate::report::{html, markdown, png};
use crate::runs::plan::{Files, write};

/// Adds when and by which command a plan was made.
pub fn sign(preface: &mut Preface, now: Timestamp) {
    preface.created_at = now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    preface.command = std::iter::once("planner".to_owned()).chain(std::env::args().skip(1)).collect();
}

/// Prints a plan and writes its folder, in this order: what was worked out is shown even where nothing can be written.
///
/// # Errors
/// Where either fails.
pub fn give(
    options: &AnswerOptions,
    name: &str,
    now: Timestamp,
    document: &impl Serialize,
    text: &str,
    page: &Page,
) -> miette::Result<()> {
    let for_a_pull_request = markdown::render(page);
    if !options.quiet {
        match options.format {
            PlanFormat::Table => tell::print(text)?,
            PlanFormat::Markdown => tell::print(&for_a_pull_request)?,
            PlanFormat::Json => {
                tell::print(&(serde_json::to_string_pretty(document).into_diagnostic()? + "\n"))?
            }
        };
    }
    let mut charts = Vec::new();
    for chart in page.charts() {
        let svg = chart::svg(chart, Frame::Card).into_diagnostic()?;
        charts.push((format!("{}.png", chart.id), png::render(&svg).into_diagnostic()?));
    }
    let html = html::render(page).into_diagnostic()?;
    let files = Files { document, html: &html, markdown: &for_a_pull_request, charts };
    let folder = write(&options.out, name, now, &files)?;
    if !options.quiet {
        tell::say(format_args!("\n  report        {}", folder.join(crate::runs::read::PAGE).display()));
    }
    Ok(())
}
