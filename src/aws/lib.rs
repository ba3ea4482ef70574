//! What stands at the other end: clients, the operations on them, and what keeps a real account safe.

mod answer_limit;
pub mod claim;
pub mod cleanup;
pub mod clients;
pub mod created;
pub mod data_set;
pub mod file_error;
pub mod listing;
pub mod metrics;
pub mod operation;
pub mod pipeline;
pub mod preflight;
pub mod reply;
#[cfg(test)]
mod stub;
pub mod whole_lines;

use std::error::Error;

use aws_sdk_s3::primitives::DateTime;

use crate::created::Written;

/// A target that cannot be used.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
#[error("{what}: {reason}")]
pub struct TargetError {
    what: String,
    reason: String,
    #[help]
    help: Option<String>,
    is_refusal: bool,
}

impl TargetError {
    /// `what` failed for `reason`.
    pub fn new(what: impl Into<String>, reason: impl Into<String>) -> Self {
        Self { what: what.into(), reason: reason.into(), help: None, is_refusal: false }
    }

    /// `what` is not done, for `reason`: it could harm what is not the run's.
    pub fn refusal(what: impl Into<String>, reason: impl Into<String>) -> Self {
        Self { is_refusal: true, ..Self::new(what, reason) }
    }

    /// Whether it was refused for safety, rather than tried and failed.
    #[must_use]
    pub fn is_refusal(&self) -> bool {
        self.is_refusal
    }

    /// Adds what to do about it.
    #[must_use]
    pub fn help(self, help: impl Into<String>) -> Self {
        Self { help: Some(help.into()), ..self }
    }
}

/// What is to be listed cannot be, so it is not made either.
fn not_listed(error: std::io::Error) -> TargetError {
    TargetError::new("failed to list what is created", error.to_string())
}

/// What an answer to a write said, as it is listed.
fn written(etag: &str, version: Option<&str>, modified: Option<&DateTime>) -> Written {
    Written {
        etag: etag.to_owned(),
        version: cleanup::real_version(version).map(str::to_owned),
        modified_s: modified.map(DateTime::secs),
    }
}

/// An error and all its causes in one line.
#[must_use]
pub fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let next = error.to_string();
        if !text.ends_with(&next) {
            text = format!("{text}: {next}");
        }
        cause = error.source();
    }
    text
}
