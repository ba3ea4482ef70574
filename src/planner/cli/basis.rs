//! What a plan rests on: a run that is valid, and the model fitted to it.

use std::collections::{BTreeSet, HashSet};
use std::path::{Path, PathBuf};

use super::exit::{BadInput, InvalidRun};
use crate::runs::{attempts, fan_out, read};
use planner_core::law::finding::Verdict;
use planner_core::load::attempt::Attempt;
use planner_core::measure::analysis::together;
use planner_core::measure::document::RunDocument;
use planner_core::scenario::file::OperationKind;
use planner_plan::fit::{self, Copier, FittedModel, Observations};

/// Runs and the model fitted to them.
pub(super) struct Measured {
    /// What they came to, as one.
    pub document: RunDocument,
    /// The model.
    pub model: FittedModel,
}

/// The model of a run, or of several together.
///
/// # Errors
/// Where a folder cannot be read, a run is not valid or given twice, or rehearsals and real runs are mixed.
pub(super) fn of_runs(folders: &[PathBuf], seed: u64) -> miette::Result<Measured> {
    let documents = folders.iter().map(|folder| valid(folder)).collect::<Result<Vec<_>, _>>()?;
    if documents.iter().any(|document| document.fan_out.is_some() != documents[0].fan_out.is_some()) {
        let reason =
            "failed to plan from these runs together: workers copied in some and a function in others";
        return Err(BadInput::new(reason, "give runs of the same operation").into());
    }
    if documents.iter().any(|document| document.rehearsal != documents[0].rehearsal) {
        let reason = "failed to plan from these runs together: some are rehearsals and some are not";
        return Err(BadInput::new(reason, "give runs of the same target").into());
    }
    let runs: HashSet<&str> = documents.iter().map(|document| document.run.as_str()).collect();
    if runs.len() < documents.len() {
        let reason = "failed to plan from these runs together: one was given twice";
        return Err(BadInput::new(reason, "give every run once").into());
    }
    let source = source(&documents);
    let first_levels: Vec<u32> = documents
        .iter()
        .scan(0, |levels, document| {
            let first = *levels;
            *levels += document.levels.len() as u32;
            Some(first)
        })
        .collect();
    let days = days(&documents);
    let Some(document) = together(documents) else {
        return Err(BadInput::new("failed to plan from no runs", "give a run folder").into());
    };
    let mut observations = Observations::of(&document).on_days(&days);
    for (folder, first_level) in folders.iter().zip(first_levels) {
        attempts::read(folder, |attempt| {
            observations.add(&Attempt { level: first_level + attempt.level, ..attempt });
        })?;
        let deliveries = fan_out::deliveries(folder)?;
        deliveries.iter().for_each(|record| observations.add_delivery(record, first_level));
    }
    match fit::fit(&document, &observations, seed) {
        Ok(mut model) => {
            model.basis.source = source;
            Ok(Measured { document, model })
        }
        Err(error) => {
            Err(InvalidRun::new(&folders[0], error, "`planner report` shows what the run holds").into())
        }
    }
}

/// The day of every level, counted from 0.
fn days(documents: &[RunDocument]) -> Vec<u32> {
    let date = |document: &RunDocument| document.started_at.get(..10).unwrap_or_default().to_owned();
    let dates: BTreeSet<String> = documents.iter().map(date).collect();
    let day = |document: &RunDocument| dates.range(..date(document)).count() as u32;
    documents.iter().flat_map(|it| std::iter::repeat_n(day(it), it.levels.len())).collect()
}

/// What a run came to, if a plan may rest on it.
fn valid(folder: &Path) -> miette::Result<RunDocument> {
    let written = read::read_document(folder)?;
    // The summaries of a run that was cut off are in its other files.
    let document = if written.complete { written } else { read::read(folder)?.document };
    match fault(&document) {
        Some((reason, help)) => Err(InvalidRun::new(folder, reason, help).into()),
        None => Ok(document),
    }
}

/// The runs by name: "run A of scenario x", "run A of scenario x and run B of scenario y".
fn source(documents: &[RunDocument]) -> String {
    let named = |document: &RunDocument| format!("run {} of scenario {}", document.run, document.name);
    let all: Vec<String> = documents.iter().map(named).collect();
    match all.as_slice() {
        [before @ .., last] if !before.is_empty() => format!("{} and {last}", before.join(", ")),
        _ => all.concat(),
    }
}

/// Where `planner measure` leaves its runs unless it is told otherwise.
const REPORTS: &str = "reports";

/// The runs that were given, or the newest valid one under `reports/`.
///
/// # Errors
/// Where none was given and there is none.
pub(super) fn runs_or_newest(given: &[PathBuf]) -> Result<Vec<PathBuf>, BadInput> {
    if !given.is_empty() {
        return Ok(given.to_vec());
    }
    newest_valid_run(Path::new(REPORTS), &[Copier::Workers]).map(|newest| vec![newest]).ok_or_else(|| {
        let help = "measure one with `planner measure`, or give its folder";
        BadInput::new(format!("failed to find a valid run of copies under {REPORTS}/"), help)
    })
}

/// The newest run directly under a folder that is complete, valid and has copies by one of these; None where there is
/// none.
pub(super) fn newest_valid_run(parent: &Path, copiers: &[Copier]) -> Option<PathBuf> {
    let folders = std::fs::read_dir(parent).ok()?.filter_map(Result::ok).map(|entry| entry.path());
    let usable = folders.filter_map(|folder| {
        let document = read::read_document(&folder).ok()?;
        let copier = if document.fan_out.is_some() { Copier::Function } else { Copier::Workers };
        let is_usable = document.complete && copiers.contains(&copier) && fault(&document).is_none();
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
    match (document.scenario.operation, &document.fan_out) {
        (OperationKind::Copy, _) => {}
        (OperationKind::FanOut, Some(fan_out)) if fan_out.timed > 0 => {}
        (OperationKind::FanOut, _) => {
            let reason = "its function told of no copy, so no times are known".to_owned();
            return Some((reason, "measure with a function that logs them, as `scripts/deploy` installs it"));
        }
        (other, _) => {
            let (item, done) = other.done();
            let reason = format!("it {done} {item}s and copied nothing");
            return Some((reason, "measure a scenario with operation = \"copy\" or \"fan-out\""));
        }
    }
    if document.levels.iter().all(|level| level.jobs_done == 0) {
        return Some(("nothing succeeded".into(), "`planner report` shows the errors"));
    }
    None
}
