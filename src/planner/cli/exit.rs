//! How the program ends.

use std::fmt::Display;
use std::path::{Path, PathBuf};
use std::process::{ExitCode, Termination};

use planner_aws::TargetError;
use planner_aws::file_error::FileError;
use planner_core::scenario::error::ScenarioError;

/// The documented exit codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// All is well.
    Fine = 0,
    /// Something outside failed: an endpoint, a disk.
    Failed = 1,
    /// The arguments cannot be understood.
    Usage = 2,
    /// A scenario or other input cannot be used.
    BadInput = 3,
    /// No plan meets the deadline, or a plan that was verified is too optimistic.
    DeadlineMissed = 4,
    /// The measurement is not valid: the law check failed, the generator was saturated, or not every object of a
    /// fan-out or a backup arrived.
    NotValid = 5,
    /// Refused for safety.
    Refused = 6,
    /// The goal is reached only under a condition that was not tested or does not hold, or what was asked remains open.
    Unproven = 7,
    /// A threshold of the scenario was crossed.
    ThresholdCrossed = 99,
    /// Interrupted by the user.
    Interrupted = 130,
}

impl Termination for Exit {
    fn report(self) -> ExitCode {
        ExitCode::from(self as u8)
    }
}

/// Something that is not done because it could do harm.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
#[error("refused: {reason}")]
pub(super) struct SafetyRefusal {
    reason: String,
    #[help]
    help: String,
}

impl SafetyRefusal {
    /// A refusal with its reason and the way out.
    pub(super) fn new(reason: impl Into<String>, help: impl Into<String>) -> Self {
        Self { reason: reason.into(), help: help.into() }
    }
}

/// Refuses, with the reason and the way out.
pub(super) fn refuse<T>(reason: impl Into<String>, help: impl Into<String>) -> miette::Result<T> {
    Err(SafetyRefusal::new(reason, help).into())
}

/// Input other than a scenario that cannot be used.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
#[error("{reason}")]
pub(super) struct BadInput {
    reason: String,
    #[help]
    help: Option<String>,
}

impl BadInput {
    /// What is wrong and what to do.
    pub(super) fn new(reason: impl Into<String>, help: impl Into<String>) -> Self {
        Self { reason: reason.into(), help: Some(help.into()).filter(|text: &String| !text.is_empty()) }
    }

    /// What could not be done with a file, and why.
    pub(super) fn file(failed: &str, path: &Path, why: impl Display, help: impl Into<String>) -> Self {
        Self::new(format!("failed to {failed} {}: {why}", path.display()), help)
    }
}

/// Gives up over input, with what is wrong and what to do.
pub(super) fn bad_input<T>(reason: impl Into<String>, help: impl Into<String>) -> miette::Result<T> {
    Err(BadInput::new(reason, help).into())
}

/// A run that must not be planned from.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
#[error("failed to use {}: {reason}", path.display())]
pub(super) struct InvalidRun {
    path: PathBuf,
    reason: String,
    #[help]
    help: &'static str,
}

impl InvalidRun {
    /// What is wrong with the run in this folder, and what to do.
    pub(super) fn new(folder: &Path, reason: impl ToString, help: &'static str) -> Self {
        Self { path: folder.to_owned(), reason: reason.to_string(), help }
    }
}

/// The user stopped the program before there was anything to report.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
#[error("interrupted before the first request")]
pub(super) struct Interruption;

/// The exit code of an error.
pub(super) fn of_error(report: &miette::Report) -> Exit {
    if report.downcast_ref::<ScenarioError>().is_some() || report.downcast_ref::<BadInput>().is_some() {
        Exit::BadInput
    } else if report.downcast_ref::<SafetyRefusal>().is_some()
        || report.downcast_ref::<TargetError>().is_some_and(TargetError::is_refusal)
        || report.downcast_ref::<FileError>().is_some_and(FileError::is_in_use)
    {
        Exit::Refused
    } else if report.downcast_ref::<InvalidRun>().is_some() {
        Exit::NotValid
    } else if report.downcast_ref::<Interruption>().is_some() {
        Exit::Interrupted
    } else if report.downcast_ref::<FileError>().is_some_and(FileError::is_about_content) {
        Exit::BadInput
    } else {
        Exit::Failed
    }
}
