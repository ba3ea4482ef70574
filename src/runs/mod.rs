//! Run folders: written as a stream while a run goes on, read back whole or cut off.

pub mod attempts;
pub mod created;
pub mod folder;
pub mod hlog;
pub mod read;

use std::path::{Path, PathBuf};

/// A file or folder of a run that could not be used.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
#[error("{action} {}: {reason}", path.display())]
pub struct RunError {
    action: &'static str,
    path: PathBuf,
    reason: String,
    #[help]
    help: Option<&'static str>,
}

impl RunError {
    fn new(action: &'static str, path: &Path, reason: impl ToString) -> Self {
        Self { action, path: path.to_owned(), reason: reason.to_string(), help: None }
    }

    fn help(self, help: &'static str) -> Self {
        Self { help: Some(help), ..self }
    }
}
