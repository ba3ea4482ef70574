//! `planner report` over the folder of a plan.

use std::path::{Path, PathBuf};

use miette::IntoDiagnostic;
use serde::de::DeserializeOwned;

use super::args::{ReportFormat, ReportOptions};
use super::exit::BadInput;
use super::report::{open, written};
use super::tell;
use crate::runs::answer::MARKDOWN;
use crate::runs::folder::replace;
use crate::runs::index::{self, PLAN};
use crate::runs::read::PAGE;
use planner_plan::{forecast, recommendation, strategy};
use planner_report::page::Page;
use planner_report::{html, markdown, plan};

/// A plan as it is shown.
struct Shown {
    page: Page,
    text: String,
}

/// Whether a folder holds a plan.
pub(super) fn is_plan(folder: &Path) -> bool {
    folder.join(PLAN).is_file()
}

/// Renders a plan anew and prints it in the wanted form.
pub(super) fn run(folder: &Path, options: &ReportOptions) -> miette::Result<()> {
    let path = folder.join(PLAN);
    let json = std::fs::read_to_string(&path)
        .map_err(|error| BadInput::new(format!("failed to read {}: {error}", path.display()), ""))?;
    let Shown { page, text } = shown(&path, &json)?;
    let page_path = folder.join(PAGE);
    replace(&page_path, html::render(&page).into_diagnostic()?.as_bytes())?;
    let markdown = markdown::render(&page);
    replace(&folder.join(MARKDOWN), markdown.as_bytes())?;
    let pictures = written(folder, &page.charts().collect::<Vec<_>>(), options.format)?;
    let lines = |paths: &[PathBuf]| paths.iter().map(|path| format!("{}\n", path.display())).collect();
    let printed: String = match options.format {
        ReportFormat::Table => text,
        ReportFormat::Json => json,
        ReportFormat::Markdown => markdown,
        ReportFormat::Html => lines(std::slice::from_ref(&page_path)),
        ReportFormat::Svg | ReportFormat::Png => lines(&pictures),
        ReportFormat::Csv => {
            return Err(BadInput::new("a plan has no levels to list", "choose another --format").into());
        }
    };
    if !options.quiet {
        tell::print(&printed)?;
    }
    if options.open {
        open(&page_path)?;
    }
    Ok(())
}

fn shown(path: &Path, json: &str) -> miette::Result<Shown> {
    let (width, colour) = (tell::width(), tell::wants_colour());
    match index::schema(json).as_deref() {
        Some(recommendation::SCHEMA) => {
            let document = read(path, json)?;
            let text = plan::recommendation::text(&document, width, colour);
            Ok(Shown { page: plan::recommendation::page(&document), text })
        }
        Some(forecast::SCHEMA) => {
            let document = read(path, json)?;
            let text = plan::forecast::text(&document, width, colour);
            Ok(Shown { page: plan::forecast::page(&document), text })
        }
        Some(strategy::SCHEMA) => {
            let document = read(path, json)?;
            let text = plan::strategies::text(&document, width, colour);
            Ok(Shown { page: plan::strategies::page(&document), text })
        }
        _ => Err(unreadable(path, "it is not of a form that this version makes")),
    }
}

fn read<D: DeserializeOwned>(path: &Path, json: &str) -> miette::Result<D> {
    serde_json::from_str(json).map_err(|error| unreadable(path, error))
}

fn unreadable(path: &Path, reason: impl std::fmt::Display) -> miette::Report {
    let help = "give a folder that recommend, simulate or strategies made, or make the plan anew";
    BadInput::new(format!("failed to read {}: {reason}", path.display()), help).into()
}
