//! Level after level: those of the scenario, or those that a search asks for.

use std::ops::ControlFlow;
use std::path::Path;

use super::args::SearchOptions;
use super::exit::BadInput;
use super::progress::Progress;
use crate::drive::{Drive, Driven, Observer};
use crate::load::attempt::Attempt;
use crate::load::dispatch::{Budget, Dispatcher, StopReason};
use crate::plan::search::{Next, Search, Shown};
use crate::runs::folder::{self, RunWriter};
use crate::runs::{RunError, read};
use crate::scenario::file::{ArrivalKind, OperationKind, Sweep};
use crate::scenario::quantity::Rate;
use crate::scenario::threshold::Threshold;
use crate::scenario::{LevelKey, Scenario};
use crate::stats::judgement;
use crate::stats::precise::Watch;
use crate::stats::recorder::Second;
use crate::stats::steady::steady;
use crate::stats::summary::{LevelSummary, RunDocument, SearchSummary};

/// Largest concurrency that a search tries.
const LARGEST_CONCURRENCY: u32 = 16_384;
/// Largest rate that a search tries, per second.
const LARGEST_RATE_PER_S: f64 = 100_000.0;

/// A search that was asked for.
pub struct Wanted {
    search: Search,
    objective: Option<Threshold>,
    start: f64,
}

impl Wanted {
    /// The search that the options ask for, if they do.
    pub fn of(options: &SearchOptions, scenario: &Scenario) -> miette::Result<Option<Self>> {
        let arrivals = &scenario.file.arrivals;
        let swept = scenario.file.sweep.is_some();
        match (options.find_knee, &options.find_rate) {
            (false, None) => Ok(None),
            _ if scenario.file.operation == OperationKind::FanOut => Err(BadInput::new(
                "a fan-out has one level, so there is nothing to search in",
                "search with operation = \"publish\" or \"copy\"",
            )
            .into()),
            (true, _) if swept || arrivals.kind != ArrivalKind::Closed => Err(BadInput::new(
                "--find-knee needs closed arrivals and no sweep",
                "write kind = \"closed\" and workers = 1",
            )
            .into()),
            (true, _) => {
                let start = f64::from(arrivals.workers.unwrap_or(1));
                Ok(Some(Self { search: Search::knee(LARGEST_CONCURRENCY), objective: None, start }))
            }
            (false, Some(text)) => {
                let objective: Threshold = text.parse().map_err(|reason: String| {
                    BadInput::new(reason, "for example --find-rate 'p99 < 200ms'")
                })?;
                if swept || !matches!(arrivals.kind, ArrivalKind::Constant | ArrivalKind::Poisson) {
                    return Err(BadInput::new(
                        "--find-rate needs constant or poisson arrivals and no sweep",
                        "write kind = \"poisson\" and the rate to begin with",
                    )
                    .into());
                }
                let start = arrivals.rate.map_or(1.0, Rate::per_s);
                let search = Search::rate(LARGEST_RATE_PER_S);
                Ok(Some(Self { search, objective: Some(objective), start }))
            }
        }
    }
}

/// Runs the levels of a run.
pub struct Levels<'a> {
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
pub struct Levelled {
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
    pub async fn run(
        mut self,
        drive: &mut Drive,
        writer: RunWriter,
        wanted: Option<Wanted>,
        document: &mut RunDocument,
    ) -> Result<Levelled, RunError> {
        let mut recording = Recording { writer, progress: Progress::new("", None, true), watch: None };
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
    ) -> Result<Levelled, RunError> {
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
                Next::Measure(next) | Next::Confirm(next) => value = next,
                Next::Over(answer) => {
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
    ) -> Result<bool, RunError> {
        let index = done.levels.len();
        let level = self.scenario.level_at(key, index, self.budget);
        let dispatcher = Dispatcher::new(self.scenario.workload.clone(), level);
        let jobs = self.scenario.expected_jobs(index.min(self.scenario.levels.len() - 1));
        recording.progress = Progress::new(&self.scenario.file.name, jobs, self.quiet);
        recording.watch = self.scenario.file.stop.precise.map(|share| Watch::new(share.0));
        let number = u32::try_from(index).unwrap_or(u32::MAX);
        let Driven { mut summary, abandoned, budget_left } =
            drive.level(number, dispatcher, recording).await?;
        recording.progress.finish();
        summary.set_key(key);
        if recording.watch.is_some() && summary.stop_reason == Some(StopReason::Duration) {
            summary.stop_reason = Some(StopReason::NotConverged);
        }
        self.budget = budget_left;
        done.abandoned += abandoned;
        let ends_run = summary.stop_reason.is_some_and(StopReason::ends_run);
        done.levels.push(summary);
        Ok(ends_run)
    }

    /// What the latest level says to a search.
    fn shown(&self, objective: Option<&Threshold>, done: &Levelled) -> Result<Shown, RunError> {
        let number = done.levels.len() - 1;
        let level = &done.levels[number];
        let mut rows = read::series(self.folder)?;
        rows.retain(|row| row.level as usize == number);
        let found = steady(level, &rows, 1);
        let x_per_s = found.map_or(level.throughput_per_s, |steady| steady.throughput_per_s.mean);
        let levels = std::slice::from_ref(level);
        let reached = objective.is_none_or(|objective| {
            let goals = std::slice::from_ref(objective);
            judgement::thresholds(goals, levels, &judgement::verdicts(levels)).iter().all(|goal| goal.holds)
        });
        let all_started = level.not_started_count() == 0 && level.jobs_failed == 0;
        Ok(Shown { x_per_s, holds: reached && all_started })
    }
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
    progress: Progress,
    watch: Option<Watch>,
}

impl Observer for Recording {
    fn attempt(&mut self, attempt: &Attempt) -> Result<(), RunError> {
        if attempt.job_end.is_some() {
            self.progress.job_ended();
        }
        self.writer.attempt(attempt)
    }

    fn second(&mut self, second: &Second) -> Result<ControlFlow<StopReason>, RunError> {
        self.progress.second(second);
        self.writer.second(second)?;
        let is_precise = self.watch.as_mut().is_some_and(|watch| watch.push(&second.row));
        Ok(if is_precise { ControlFlow::Break(StopReason::Precise) } else { ControlFlow::Continue(()) })
    }
}
