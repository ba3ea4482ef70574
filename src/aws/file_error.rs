//! A file that could not be used.

use std::path::{Path, PathBuf};

/// The action that fails where a file's content is wrong or missing.
pub const READ: &str = "read";

/// A file or folder of a run that could not be used.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
#[error("failed to {action} {}: {reason}", path.display())]
pub struct FileError {
    action: &'static str,
    path: PathBuf,
    reason: String,
    #[help]
    help: Option<&'static str>,
    is_in_use: bool,
}

impl FileError {
    /// What could not be done to a file, such as [`READ`], and why.
    pub fn new(action: &'static str, path: &Path, reason: impl ToString) -> Self {
        Self { action, path: path.to_owned(), reason: reason.to_string(), help: None, is_in_use: false }
    }

    /// Another process writes to the file.
    pub(crate) fn in_use(path: &Path) -> Self {
        Self { is_in_use: true, ..Self::new("open", path, "the run or a clean-up of it is going on") }
    }

    /// Whether another process writes to the file.
    #[must_use]
    pub fn is_in_use(&self) -> bool {
        self.is_in_use
    }

    /// Whether the file is there and its content is wrong.
    #[must_use]
    pub fn is_about_content(&self) -> bool {
        self.action == READ
    }

    /// Adds what to do about it.
    #[must_use]
    pub fn help(self, help: &'static str) -> Self {
        Self { help: Some(help), ..self }
    }
}
