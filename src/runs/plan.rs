//! The folder of a plan: its document and its pages.

use std::fs;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::Serialize;

use super::RunError;
use super::folder::{create, replace};
use super::index::PLAN;
use super::read::PAGE;

/// The plan as Markdown, for a pull request.
pub const MARKDOWN: &str = "report.md";

/// What is written of a plan.
pub struct Files<'a, D> {
    /// The document.
    pub document: &'a D,
    /// The page.
    pub html: &'a str,
    /// The same for a pull request.
    pub markdown: &'a str,
    /// Charts by their names, as PNG.
    pub charts: Vec<(String, Vec<u8>)>,
}

/// Writes a plan into a new folder under `parent`, whole or not at all.
///
/// # Errors
/// Where something cannot be written.
pub fn write(
    parent: &Path,
    name: &str,
    now: Timestamp,
    files: &Files<'_, impl Serialize>,
) -> Result<PathBuf, RunError> {
    let (folder, _) = create(parent, name, now)?;
    let written = write_files(&folder, files);
    if written.is_err() {
        // Half a plan is worse than none; where even this fails, the first error says more.
        let _ = fs::remove_dir_all(&folder);
    }
    written.map(|()| folder)
}

fn write_files(folder: &Path, files: &Files<'_, impl Serialize>) -> Result<(), RunError> {
    let path = folder.join(PLAN);
    let mut json =
        serde_json::to_vec_pretty(files.document).map_err(|error| RunError::new("write", &path, error))?;
    json.push(b'\n');
    for (name, png) in &files.charts {
        replace(&folder.join(name), png)?;
    }
    replace(&folder.join(PAGE), files.html.as_bytes())?;
    replace(&folder.join(MARKDOWN), files.markdown.as_bytes())?;
    replace(&path, &json)
}
