//! What a plan rests on: a run that is valid, and the model fitted to it.

use std::collections::{BTreeSet, HashSet};
use std::path::{Path, PathBuf};

use super::exit::{BadInput, InvalidRun};
use super::log_files;
use crate::runs::{attempts, fan_out, read};
use planner_aws::file_error::FileError;
use planner_core::copy_log::{LogFormat, LoggedRun};
use planner_core::law::finding::Verdict;
use planner_core::load::attempt::Attempt;
use planner_core::measure::analysis::together;
use planner_core::measure::document::RunDocument;
use planner_core::scenario::file::OperationKind;
use planner_plan::copier::Copier;
use planner_plan::fit::{self, FittedModel, Observations};
use planner_plan::limitation::Limitation;

/// Runs and the model fitted to them.
pub(super) struct FittedRuns {
    /// What they came to, as one.
    pub document: RunDocument,
    /// The model.
    pub model: FittedModel,
}

/// A run, or a day of a log.
struct InputRun {
    path: PathBuf,
    document: RunDocument,
    /// The log that it is of; None for a run folder.
    logged: Option<Logged>,
}

struct Logged {
    attempts: Vec<Attempt>,
    form: LogFormat,
    has_times: bool,
    cold_starts_s: Vec<f64>,
}

impl InputRun {
    /// A run folder, or the days of a log.
    fn all(path: &Path) -> miette::Result<Vec<Self>> {
        if !path.is_file() {
            return Ok(vec![Self { path: path.to_owned(), document: valid(path)?, logged: None }]);
        }
        let (log, name) = log_files::read(path)?;
        let mut cold_starts_s = log.cold_starts_s.clone();
        let of_day = |LoggedRun { document, attempts }| {
            let cold_starts_s = std::mem::take(&mut cold_starts_s);
            let logged = Logged { attempts, form: log.form, has_times: log.has_times, cold_starts_s };
            Self { path: path.to_owned(), document, logged: Some(logged) }
        };
        Ok(LoggedRun::by_day(&log, &name).into_iter().map(of_day).collect())
    }

    fn copier(&self) -> Copier {
        match &self.logged {
            Some(log) if log.form == LogFormat::Lambda => Copier::Function,
            _ => Copier::of(&self.document),
        }
    }

    /// Adds its copies, which begin with level `first`.
    fn observe(&self, first: u32, observations: &mut Observations) -> Result<(), FileError> {
        let mut add = |attempt: Attempt| {
            observations.add(&Attempt { level: first + attempt.level, ..attempt });
        };
        let Some(log) = &self.logged else {
            attempts::read(&self.path, add)?;
            let deliveries = fan_out::deliveries(&self.path)?;
            deliveries.iter().for_each(|record| observations.add_delivery(record, first));
            return Ok(());
        };
        log.attempts.iter().cloned().for_each(&mut add);
        observations.add_cold_starts(&log.cold_starts_s);
        Ok(())
    }
}

/// The model of runs and logs together.
///
/// # Errors
/// Where one cannot be read, is not valid or given twice, or where they are of different kinds.
pub(super) fn of_runs(paths: &[PathBuf], seed: u64) -> miette::Result<FittedRuns> {
    let distinct: HashSet<&PathBuf> = paths.iter().collect();
    let sources = paths.iter().map(|path| InputRun::all(path)).collect::<Result<Vec<_>, _>>()?;
    let sources: Vec<InputRun> = sources.into_iter().flatten().collect();
    let Some(first) = sources.first() else {
        return Err(BadInput::new("failed to plan from no runs", "give a run folder or a log").into());
    };
    let refused = |reason: &str, help: &str| {
        let reason = format!("failed to plan from these runs together: {reason}");
        Err(BadInput::new(reason, help).into())
    };
    if sources.iter().any(|source| source.copier() != first.copier()) {
        return refused("workers copied in some and a function in others", "give runs of the same operation");
    }
    if sources.iter().any(|source| source.document.rehearsal != first.document.rehearsal) {
        return refused("some are rehearsals and some are not", "give runs of the same target");
    }
    let runs = sources.iter().filter(|source| source.logged.is_none());
    let runs: Vec<&str> = runs.map(|source| source.document.run.as_str()).collect();
    if distinct.len() < paths.len() || runs.iter().collect::<HashSet<_>>().len() < runs.len() {
        return refused("one was given twice", "give every run once");
    }
    let documents: Vec<RunDocument> = sources.iter().map(|source| source.document.clone()).collect();
    let days = days(&documents);
    let Some(document) = together(documents) else {
        return Err(BadInput::new("failed to plan from no runs", "give a run folder or a log").into());
    };
    let mut observations = Observations::of(&document).on_days(&days);
    let mut level = 0;
    for source in &sources {
        source.observe(level, &mut observations)?;
        level += source.document.levels.len() as u32;
    }
    let mut model = fit::fit(&document, &observations, seed)
        .map_err(|error| InvalidRun::new(&first.path, error, "`planner report` shows what a run holds"))?;
    model.basis.source = names(&sources);
    model.basis.copier = Some(first.copier());
    let is_untimed = sources.iter().filter_map(|source| source.logged.as_ref()).any(|log| !log.has_times);
    model.doubts.extend(is_untimed.then_some(Limitation::TimesUnknown));
    Ok(FittedRuns { document, model })
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

/// The sources by name: "run A of scenario x", "run A of scenario x and run B of scenario y", "access log b.log".
fn names(sources: &[InputRun]) -> String {
    let named = |InputRun { document, logged, .. }: &InputRun| match logged {
        None => format!("run {} of scenario {}", document.run, document.name),
        Some(_) => format!("{} {}", document.name, document.run),
    };
    let mut all: Vec<String> = sources.iter().map(named).collect();
    // A log is named once, whatever the number of its days.
    all.dedup();
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
        let is_wanted = copiers.contains(&Copier::of(&document));
        let is_usable = document.complete && is_wanted && fault(&document).is_none();
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
