//! The folder of an answer, such as a plan or a comparison: its document and its pages.

use std::fs;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::Serialize;

use super::folder::{create, replace, write_json};
use super::read::PAGE;
use planner_aws::file_error::FileError;

/// The answer as Markdown, for a pull request.
pub const MARKDOWN: &str = "report.md";

/// What is written of an answer.
pub struct ReportFiles<'a, D> {
    /// Name of the document's file.
    pub name: &'static str,
    /// The document.
    pub document: &'a D,
    /// The page.
    pub html: String,
    /// The same for a pull request.
    pub markdown: String,
    /// Charts by the names of their files, as PNG.
    pub charts: Vec<(String, Vec<u8>)>,
}

impl<D: Serialize> ReportFiles<'_, D> {
    /// Writes the files into a new folder under `parent`, whole or not at all.
    ///
    /// # Errors
    /// Where something cannot be written.
    pub fn write(&self, parent: &Path, name: &str, now: Timestamp) -> Result<PathBuf, FileError> {
        let (folder, _) = create(parent, name, now)?;
        let written = self.write_into(&folder);
        if written.is_err() {
            // Half an answer is worse than none; where even this fails, the first error says more.
            let _ = fs::remove_dir_all(&folder);
        }
        written.map(|()| folder)
    }

    /// Writes the files into a folder that is there, the document last: where it is, the rest is.
    ///
    /// # Errors
    /// Where something cannot be written.
    pub fn write_into(&self, folder: &Path) -> Result<(), FileError> {
        for (name, png) in &self.charts {
            replace(&folder.join(name), png)?;
        }
        replace(&folder.join(PAGE), self.html.as_bytes())?;
        replace(&folder.join(MARKDOWN), self.markdown.as_bytes())?;
        write_json(&folder.join(self.name), self.document)
    }
}
