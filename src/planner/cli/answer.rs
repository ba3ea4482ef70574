//! How an answer is given: printed, and left in a folder with its page.

use std::path::Path;

use jiff::Timestamp;
use miette::IntoDiagnostic;
use rayon::prelude::*;
use serde::Serialize;

use super::args::answer::{AnswerFormat, AnswerOptions};
use super::interrupt::uninterrupted;
use super::{report, tell};
use crate::runs::answer::Files;
use crate::runs::read::PAGE;
use planner_report::chart::{self, Chart, Frame};
use planner_report::page::Page;
use planner_report::{html, markdown, png};

/// An answer in all its forms.
pub(super) struct Answer<'a, D> {
    /// Name of the document's file in the folder.
    pub file: &'static str,
    pub document: &'a D,
    /// For the terminal.
    pub text: &'a str,
    pub page: &'a Page,
}

impl<D: Serialize> Answer<'_, D> {
    /// Prints the answer and leaves it in a folder of its own, in this order: what was worked out is shown even where
    /// nothing can be written.
    ///
    /// # Errors
    /// Where either fails.
    pub(super) fn give(&self, options: &AnswerOptions, name: &str, now: Timestamp) -> miette::Result<()> {
        self.print(options)?;
        let markdown = markdown::render(self.page);
        let html = html::render(self.page).into_diagnostic()?;
        let files = self.files(&html, &markdown)?;
        uninterrupted(|| {
            let folder = files.write(&options.out, name, now)?;
            list(options, &folder);
            Ok(())
        })
    }

    /// The same into a folder that is there.
    ///
    /// # Errors
    /// Where either fails.
    pub(super) fn give_into(&self, options: &AnswerOptions, folder: &Path) -> miette::Result<()> {
        let markdown = markdown::render(self.page);
        let html = html::render(self.page).into_diagnostic()?;
        self.files(&html, &markdown)?.write_into(folder)?;
        self.print(options)?;
        list(options, folder);
        Ok(())
    }

    fn print(&self, options: &AnswerOptions) -> miette::Result<()> {
        if options.quiet {
            return Ok(());
        }
        match options.format {
            AnswerFormat::Table => tell::print(self.text)?,
            AnswerFormat::Markdown => tell::print(&markdown::render(self.page))?,
            AnswerFormat::Json => {
                tell::print(&(serde_json::to_string_pretty(self.document).into_diagnostic()? + "\n"))?
            }
        };
        Ok(())
    }

    fn files<'a>(&'a self, html: &'a str, markdown: &'a str) -> miette::Result<Files<'a, D>> {
        let png = |chart: &&Chart| {
            let svg = chart::svg(chart, Frame::Card).into_diagnostic()?;
            Ok((format!("{}.png", chart.id), png::render(&svg).into_diagnostic()?))
        };
        let charts: Vec<&Chart> = self.page.charts().collect();
        let charts = charts.par_iter().map(png).collect::<miette::Result<_>>()?;
        Ok(Files { name: self.file, document: self.document, html, markdown, charts })
    }
}

/// Adds a folder to the list beside it, and says where its page is.
fn list(options: &AnswerOptions, folder: &Path) {
    report::list(folder.parent().unwrap_or(&options.out));
    if !options.quiet {
        tell::say(format_args!("\n  report        {}", folder.join(PAGE).display()));
    }
}
