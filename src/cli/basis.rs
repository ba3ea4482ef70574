//! What a plan rests on: a run that is valid, and the model fitted to it.

use std::path::{Path, PathBuf};

use super::exit::{BadInput, InvalidRun};
use crate::plan::fit::{self, FittedModel, Observations};
use crate::runs::{attempts, read};
use crate::scenario::file::OperationKind;
use crate::stats::summary::{RunDocument, Verdict};

/// A run and the model fitted to it.
pub struct Measured {
    /// What the run came to.
    pub document: RunDocument,
    /// The model.
    pub model: FittedModel,
}

/// The model of a run.
///
/// # Errors
/// Where the folder cannot be read, or the run is not valid.
pub fn of_run(folder: &Path, seed: u64) -> miette::Result<Measured> {
    let written = read::read_document(folder)?;
    // The summaries of a run that was cut off are in its other files.
    let document = if written.complete { written } else { read::read(folder)?.document };
    if let Some((reason, help)) = fault(&document) {
        return Err(InvalidRun::new(folder, reason, help).into());
    }
    let mut observations = Observations::of(&document);
    attempts::read(folder, |attempt| observations.add(&attempt))?;
    match fit::fit(&document, &observations, seed) {
        Ok(model) => Ok(Measured { document, model }),
        Err(error) => Err(InvalidRun::new(folder, error, "`planner report` shows what the run holds").into()),
    }
}

/// Where `planner measure` leaves its runs unless it is told otherwise.
const REPORTS: &str = "reports";

/// The run that was given, or the newest valid one under `reports/`.
///
/// # Errors
/// Where none was given and there is none.
pub fn run_or_newest(given: Option<&Path>) -> Result<PathBuf, BadInput> {
    let newest = || newest_valid_run(Path::new(REPORTS));
    given.map(Path::to_owned).or_else(newest).ok_or_else(|| {
        let help = "measure one with `planner measure`, or give its folder";
        BadInput::new(format!("failed to find a valid run of copies under {REPORTS}/"), help)
    })
}

/// The newest run directly under a folder that is complete, valid and has copies; None where there is none.
pub fn newest_valid_run(parent: &Path) -> Option<PathBuf> {
    let folders = std::fs::read_dir(parent).ok()?.filter_map(Result::ok).map(|entry| entry.path());
    let usable = folders.filter_map(|folder| {
        let document = read::read_document(&folder).ok()?;
        let is_usable = document.complete && fault(&document).is_none();
        is_usable.then_some((document.started_at.parse::<jiff::Timestamp>().ok()?, document.run, folder))
    });
    usable.max().map(|(_, _, folder)| folder)
}

/// Why no plan may rest on a run, and what to do.
fn fault(document: &RunDocument) -> Option<(String, &'static str)> {
    if let Some(generator) = document.generator.as_ref().filter(|generator| generator.saturated) {
        let reason = format!("the generator was saturated: {}", generator.reason);
        return Some((reason, "measure with less load or on a larger machine"));
    }
    let accounting = document.verdicts.as_ref().map(|verdicts| verdicts.accounting.verdict);
    if accounting == Some(Verdict::Fail) {
        return Some(("events were lost or doubled, so N·T is not ΣR".into(), "measure again"));
    }
    let independent = document.verdicts.as_ref().map(|verdicts| verdicts.independent.verdict);
    if independent == Some(Verdict::Fail) {
        let reason = "the endpoint's own count of requests in flight disagrees with N = X·R".into();
        return Some((reason, "`planner report` says what that points to"));
    }
    if document.scenario.operation != OperationKind::Copy {
        return Some(("it copied nothing".into(), "measure a scenario with operation = \"copy\""));
    }
    if document.levels.iter().all(|level| level.jobs_done == 0) {
        return Some(("nothing succeeded".into(), "`planner report` shows the errors"));
    }
    None
}
