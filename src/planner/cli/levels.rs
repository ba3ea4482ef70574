//! Level after level: those of the scenario, or those that a search asks for.

use std::ops::ControlFlow;
use std::path::Path;

use super::args::SearchOptions;
use super::exit::{BadInput, bad_input};
use super::progress::ProgressLine;
use super::stdio;
use crate::drive::{Drive, Driven, Observer};
use crate::runs::folder::{self, RunWriter};
use crate::runs::read;
use planner_aws::file_error::FileError;
use planner_core::load::attempt::Attempt;
use planner_core::load::dispatch::{Budget, Dispatcher, StopReason};
use planner_core::measure::convergence::ConvergenceWatch;
use planner_core::measure::document::{RunDocument, SearchSummary};
use planner_core::measure::judgement;
use planner_core::measure::level::LevelSummary;
use planner_core::measure::recorder::Second;
use planner_core::measure::search::{LevelResult, LevelSearch, LevelSearchResult, NextLevel};
use planner_core::scenario::file::{ArrivalKind, OperationKind, Sweep};
use planner_core::scenario::threshold::Threshold;
use planner_core::scenario::{LevelKey, Scenario};
use planner_core::units::human::duration;
use planner_core::units::quantity::Rate;
use planner_report::reasons;

/// Largest concurrency that a search tries.
const LARGEST_CONCURRENCY: u32 = 16_384;
/// Largest rate that a search tries, per second.
const LARGEST_RATE_PER_S: f64 = 100_000.0;

/// A search that was asked for.
pub(super) struct Wanted {
    search: LevelSearch,
    objective: Option<Threshold>,
    start: f64,
}

impl Wanted {
    /// The search that the options ask for, if they do.
    pub(super) fn of(options: &SearchOptions, scenario: &Scenario) -> miette::Result<Option<Self>> {
        let arrivals = &scenario.file.arrivals;
        let swept = scenario.file.sweep.is_some();
        match (options.find_knee, &options.find_rate) {
            (false, None) => Ok(None),
            _ if scenario.file.operation == OperationKind::FanOut => bad_input(
                "a fan-out has one level, so there is nothing to search in",
                "search with operation = \"publish\" or \"copy\"",
            ),
            (true, _) if swept || arrivals.kind != ArrivalKind::Closed => bad_input(
                "--find-knee needs closed arrivals and no sweep",
                "write kind = \"closed\" and workers = 1",
            ),
            (true, _) => {
                let start = f64::from(arrivals.workers.unwrap_or(1));
                Ok(Some(Self { search: LevelSearch::knee(LARGEST_CONCURRENCY), objective: None, start }))
            }
            (false, Some(text)) => {
                let objective: Threshold = text.parse().map_err(|reason: String| {
                    BadInput::new(reason, "for example --find-rate 'p99 < 200ms'")
                })?;
                if swept || !matches!(arrivals.kind, ArrivalKind::Constant | ArrivalKind::Poisson) {
                    return bad_input(
                        "--find-rate needs constant or poisson arrivals and no sweep",
                        "write kind = \"poisson\" and the rate to begin with",
                    );
                }
                let start = arrivals.rate.map_or(1.0, Rate::per_s);
                let search = LevelSearch::rate(LARGEST_RATE_PER_S);
                Ok(Some(Self { search, objective: Some(objective), start }))
            }
        }
    }
}

/// Runs the levels of a run.
pub(super) struct Levels<'a> {
    /// What to run.
    pub scenario: &'a Scenario,
    /// Limits over all levels.
    pub budget: Budget,
    /// Whether to show no progress.
    pub quiet: bool,
    /// Run folder.
    pub folder: &'a Path,
}

/// What the levels came to.
#[derive(Default)]
pub(super) struct Levelled {
    /// One summary a level.
    pub levels: Vec<LevelSummary>,
    /// Attempts left in flight.
    pub abandoned: u64,
    /// The outcome of a search.
    pub search: Option<SearchSummary>,
}

impl Levels<'_> {
    /// Runs all levels. The document learns of each level of a search before it runs, so that a run that is cut off
    /// can still be read.
    pub(super) async fn run(
        mut self,
        drive: &mut Drive,
        writer: RunWriter,
        wanted: Option<Wanted>,
        document: &mut RunDocument,
    ) -> Result<Levelled, FileError> {
        let mut recording = Recording { writer, progress: ProgressLine::new("", None, true), watch: None };
        match wanted {
            Some(wanted) => self.search(drive, &mut recording, wanted, document).await,
            None => {
                let mut done = Levelled::default();
                for index in 0..self.scenario.levels.len() {
                    let key = self.scenario.file.level_key(index);
                    if self.level(drive, &mut recording, key, &mut done).await? {
                        break;
                    }
                }
                Ok(done)
            }
        }
    }

    async fn search(
        &mut self,
        drive: &mut Drive,
        recording: &mut Recording,
        mut wanted: Wanted,
        document: &mut RunDocument,
    ) -> Result<Levelled, FileError> {
        let mut done = Levelled::default();
        let mut value = wanted.search.first(wanted.start);
        let (kind, objective) = match &wanted.objective {
            None => ("knee", None),
            Some(objective) => ("rate", Some(objective.text.clone())),
        };
        loop {
            let key = match wanted.objective {
                None => LevelKey::Concurrency(value as u32),
                Some(_) => LevelKey::Rate(value),
            };
            announce(document, key);
            folder::write_document(self.folder, document)?;
            if self.level(drive, recording, key, &mut done).await? {
                return Ok(done);
            }
            let shown = self.shown(wanted.objective.as_ref(), &done)?;
            match wanted.search.next(value, shown, done.levels.len()) {
                NextLevel::Measure(next) | NextLevel::Confirm(next) => value = next,
                NextLevel::Over(answer) => {
                    let answer = confirmed_by(answer, done.levels.last());
                    done.search = Some(SearchSummary { kind: kind.into(), objective, answer });
                    return Ok(done);
                }
            }
        }
    }

    /// Runs one level, and says whether the run ends with it.
    async fn level(
        &mut self,
        drive: &mut Drive,
        recording: &mut Recording,
        key: LevelKey,
        done: &mut Levelled,
    ) -> Result<bool, FileError> {
        let index = done.levels.len();
        let level = self.scenario.level_at(key, index, self.budget);
        let dispatcher = Dispatcher::new(self.scenario.workload.clone(), level);
        let jobs = self.scenario.expected_jobs(index.min(self.scenario.levels.len() - 1));
        recording.progress = ProgressLine::new(&self.scenario.file.name, jobs, self.quiet);
        recording.watch = self.scenario.file.stop.precise.map(|share| ConvergenceWatch::new(share.0));
        let number = u32::try_from(index).unwrap_or(u32::MAX);
        let Driven { mut summary, abandoned, budget_left } =
            drive.level(number, dispatcher, recording).await?;
        recording.progress.finish();
        summary.set_key(key);
        if let Some(watch) = &recording.watch
            && summary.stop_reason == Some(StopReason::Duration)
        {
            summary.stop_reason = Some(StopReason::NotConverged);
            self.tell(&not_converged(&summary, watch.to_go_s()));
        }
        if let Some(warning) = nothing_done(&summary) {
            self.tell(&warning);
        }
        self.budget = budget_left;
        done.abandoned += abandoned;
        let ends_run = summary.stop_reason.is_some_and(StopReason::ends_run);
        done.levels.push(summary);
        Ok(ends_run)
    }

    /// What the latest level says to a search.
    fn shown(&self, objective: Option<&Threshold>, done: &Levelled) -> Result<LevelResult, FileError> {
        let number = done.levels.len() - 1;
        let level = &done.levels[number];
        let mut rows = read::series(self.folder)?;
        rows.retain(|row| row.level as usize == number);
        let found = level.steady_part(&rows, 1, reasons::run::words);
        let x_per_s = found.map_or(level.throughput_per_s, |steady| steady.throughput_per_s.mean);
        Ok(LevelResult { x_per_s, holds: reaches(level, objective) })
    }

    fn tell(&self, message: &str) {
        if !self.quiet {
            stdio::say(message);
        }
    }
}

/// Whether a level reached an objective, with all of its jobs started, none failed and one done at least.
fn reaches(level: &LevelSummary, objective: Option<&Threshold>) -> bool {
    let levels = std::slice::from_ref(level);
    let reached = objective.is_none_or(|objective| {
        let goals = std::slice::from_ref(objective);
        judgement::thresholds(goals, levels, &judgement::verdicts(levels)).iter().all(|goal| goal.holds)
    });
    reached && level.not_started_count() == 0 && level.jobs_failed == 0 && level.jobs_done > 0
}

/// The answer of a search, not confirmed where nothing was done in the level that should have confirmed it.
fn confirmed_by(answer: LevelSearchResult, level: Option<&LevelSummary>) -> LevelSearchResult {
    LevelSearchResult {
        confirmed: answer.confirmed && level.is_some_and(|level| level.jobs_done > 0),
        ..answer
    }
}

fn nothing_done(level: &LevelSummary) -> Option<String> {
    let advice = "no job was done, so no latency is known and no goal for one is reached; measure longer";
    (level.jobs_done == 0).then(|| format!("{}: {advice}", level.label()))
}

fn not_converged(level: &LevelSummary, to_go_s: Option<usize>) -> String {
    let more = to_go_s.map_or_else(
        || "it was too short to say how much longer it must be".into(),
        |more_s| format!("about {} more would do if the spread stays as it is", duration(more_s as f64)),
    );
    format!("{}: not converged in time; {more}", level.label())
}

/// Writes a level of a search into the document's scenario, as if it were a sweep.
fn announce(document: &mut RunDocument, key: LevelKey) {
    let file = &mut document.scenario;
    let sweep = file.sweep.get_or_insert(Sweep { workers: None, rates: None });
    match key {
        LevelKey::Concurrency(workers) => {
            file.arrivals.workers = None;
            sweep.workers.get_or_insert_default().push(workers);
        }
        LevelKey::Rate(per_s) => {
            file.arrivals.rate = None;
            sweep.rates.get_or_insert_default().push(Rate(per_s));
        }
        LevelKey::Varying => {}
    }
}

/// Writes down what the driver reports, and watches for precision.
struct Recording {
    writer: RunWriter,
    progress: ProgressLine,
    watch: Option<ConvergenceWatch>,
}

impl Observer for Recording {
    fn attempt(&mut self, attempt: &Attempt) -> Result<(), FileError> {
        if attempt.job_end.is_some() {
            self.progress.job_ended();
        }
        self.writer.attempt(attempt)
    }

    fn second(&mut self, second: &Second) -> Result<ControlFlow<StopReason>, FileError> {
        self.progress.second(second);
        self.writer.second(second)?;
        let is_precise = self.watch.as_mut().is_some_and(|watch| watch.push(&second.row));
        Ok(if is_precise { ControlFlow::Break(StopReason::Precise) } else { ControlFlow::Continue(()) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use planner_core::measure::recorder::Recorder;

    fn level(jobs_done: u64) -> LevelSummary {
        let mut level = Recorder::new(0, 0).summary();
        level.set_key(LevelKey::Rate(0.5));
        (level.jobs, level.jobs_done, level.attempts) = (jobs_done, jobs_done, jobs_done);
        level
    }

    #[test]
    fn a_level_in_which_nothing_was_done_reaches_and_confirms_nothing() {
        for text in ["p99 < 1us", "service_p99 < 1us", "throttles < 1%", "throughput < 1/s"] {
            let objective = text.parse().unwrap();
            assert!(reaches(&level(1), Some(&objective)) && !reaches(&level(0), Some(&objective)), "{text}");
        }
        assert!(!reaches(&level(0), None));
        let answer = LevelSearchResult { value: Some(8.0), confirmed: true, at_end_of_range: false };
        assert!(confirmed_by(answer, Some(&level(1))).confirmed);
        assert!(!confirmed_by(answer, Some(&level(0))).confirmed);
        assert_eq!(nothing_done(&level(1)), None);
        assert!(nothing_done(&level(0)).unwrap().starts_with("0.5/s: no job was done"));
    }

    #[test]
    fn what_did_not_converge_says_how_much_longer_it_takes() {
        assert!(not_converged(&level(1), Some(300)).contains("0.5/s: not converged in time; about 5m more"));
        assert!(not_converged(&level(1), None).contains("too short to say"));
    }
}
