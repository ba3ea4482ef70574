//! How an answer is given: printed, and left in a folder with its page.

use std::path::Path;

use jiff::Timestamp;
use miette::IntoDiagnostic;
use serde::Serialize;

use super::args::output::FolderOptions;
use super::exit::BadInput;
use super::format::Format;
use super::interrupt::uninterrupted;
use super::pictures::pictures;
use super::{report_index, stdio};
use crate::runs::read::PAGE;
use crate::runs::report_folder::ReportFiles;
use planner_report::page::Page;
use planner_report::{html, markdown};

/// An answer in all its forms.
pub(super) struct ReportOutput<'a, D> {
    /// Name of the document's file in the folder.
    pub file: &'static str,
    pub document: &'a D,
    pub page: &'a Page,
    /// Its rows, where it has any.
    pub csv: Option<String>,
}

impl<D: Serialize> ReportOutput<'_, D> {
    /// Prints the answer and leaves it in a folder of its own, in this order: what was worked out is shown even where
    /// nothing can be written.
    ///
    /// # Errors
    /// Where either fails.
    pub(super) fn give(
        &self,
        format: Format,
        options: &FolderOptions,
        name: &str,
        now: Timestamp,
    ) -> miette::Result<()> {
        self.print(format, options)?;
        let files = self.files(options)?;
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
    pub(super) fn give_into(
        &self,
        format: Format,
        options: &FolderOptions,
        folder: &Path,
    ) -> miette::Result<()> {
        self.files(options)?.write_into(folder)?;
        self.print(format, options)?;
        list(options, folder);
        Ok(())
    }

    fn print(&self, format: Format, options: &FolderOptions) -> miette::Result<()> {
        if format.is_asked(options.quiet) {
            let none = || BadInput::new("there are no rows to list as csv", "choose another --format").into();
            let csv = || self.csv.clone().ok_or_else(none);
            stdio::print(&format.text(self.page, self.document, csv, &[], options.extent.long)?)?;
        }
        Ok(())
    }

    fn files(&self, options: &FolderOptions) -> miette::Result<ReportFiles<'_, D>> {
        Ok(ReportFiles {
            name: self.file,
            document: self.document,
            html: html::render_for(self.page, options.extent.print.into()).into_diagnostic()?,
            markdown: markdown::render(self.page),
            charts: pictures(self.page, Format::Png)?,
        })
    }
}

/// Adds a folder to the list beside it, and says where its page is.
fn list(options: &FolderOptions, folder: &Path) {
    report_index::update(folder.parent().unwrap_or(&options.out));
    if !options.quiet {
        stdio::say(format_args!("\n  report        {}", folder.join(PAGE).display()));
    }
}
