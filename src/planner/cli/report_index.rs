//! The list of the reports in a folder.

use std::path::{Path, PathBuf};

use miette::IntoDiagnostic;

use super::exit::refuse;
use super::stdio;
use crate::runs::folder::replace;
use crate::runs::index;
use planner_report::html;

/// Lists the runs and answers of a folder in its `index.html`.
///
/// # Errors
/// Where somebody else's page has that name, or the folder cannot be read or written.
pub(super) fn write(folder: &Path) -> miette::Result<PathBuf> {
    let path = folder.join(index::INDEX);
    if index::is_taken(folder) {
        let reason = format!("{} is a page that planner did not make", path.display());
        return refuse(reason, "choose another folder, or move that page away");
    }
    let page = planner_report::index::page(&index::entries(folder)?, env!("CARGO_PKG_VERSION"));
    replace(&path, html::render(&page).into_diagnostic()?.as_bytes())?;
    Ok(path)
}

/// Brings the list of a folder up to date. What it lists is whole without, so a list that cannot be written is only told.
pub(super) fn update(folder: &Path) {
    if let Err(error) = write(folder) {
        stdio::say(format_args!("the list of reports is not up to date: {error}"));
    }
}
