//! What a fit needs of a run's attempts, gathered as they are read, in bounded memory.

use super::scaling::Scaling;
use planner_core::load::attempt::{Attempt, JobEnd, Outcome, Request};
use planner_core::measure::document::RunDocument;
use planner_core::measure::level::LevelSummary;
use planner_core::random;
use planner_core::units::quantity::{nanoseconds, seconds};

/// Copies kept at most; of more, those of half of the jobs, whatever the order in which they are read.
const MAX_COPIES: usize = 10_000;
/// A clock may show 0, which has no logarithm.
const TICK_S: f64 = 1e-6;

/// One successful copy, of an object or of a part of one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Observation {
    /// Its job, unlike every other job of every level.
    pub job: u64,
    /// Its level.
    pub level: usize,
    /// When it began.
    pub started_ns: u64,
    /// Requests in flight in its level.
    pub n: f64,
    /// Bytes copied.
    pub bytes: u64,
    /// How long it took.
    pub seconds: f64,
}

/// Mean and spread of small requests.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Moments {
    pub count: u64,
    sum: f64,
    squares: f64,
}

impl Moments {
    fn add(&mut self, value: f64) {
        self.count += 1;
        self.sum += value;
        self.squares += value * value;
    }

    /// The mean.
    pub(super) fn mean(&self) -> f64 {
        self.sum / self.count as f64
    }

    /// Standard deviation over mean.
    pub(super) fn cv(&self) -> f64 {
        let variance = self.squares / self.count as f64 - self.mean().powi(2);
        variance.max(0.0).sqrt() / self.mean()
    }
}

/// The attempts of a run as a fit sees them.
#[derive(Clone, Debug)]
pub struct Observations {
    levels: Vec<Level>,
    kept: Vec<Kept>,
    /// Jobs whose lot is above this are not kept.
    highest_lot: u64,
    pub(super) jobs: u64,
    pub(super) attempts: u64,
    pub(super) throttled: u64,
    pub(super) client_errors: u64,
    /// Attempts that failed for want of luck; the same again may succeed.
    pub(super) failed: u64,
    /// How long throttled and failed attempts took.
    pub(super) refusals: Moments,
    pub(super) metadata: Moments,
    pub(super) publishes: Moments,
}

/// What is known of a level before its copies are used.
#[derive(Clone, Copy, Debug)]
struct Level {
    /// Requests in flight; None for a level that is left out.
    n: Option<f64>,
    /// Since the level's first start: only copies that began in this stretch met so many; None for all.
    steady_ns: Option<[u64; 2]>,
    first_start_ns: u64,
    last_end_ns: u64,
    longest_ns: u64,
}

#[derive(Clone, Copy, Debug)]
struct Kept {
    lot: u64,
    observation: Observation,
}

impl Level {
    fn new(n: Option<f64>, steady_ns: Option<[u64; 2]>) -> Self {
        Self { n, steady_ns, first_start_ns: u64::MAX, last_end_ns: 0, longest_ns: 0 }
    }

    /// Whether a copy that began then met as many in flight as the level is about.
    fn is_about(&self, started_ns: u64) -> bool {
        let since_ns = started_ns.saturating_sub(self.first_start_ns);
        self.steady_ns.is_none_or(|[from_ns, to_ns]| (from_ns..to_ns).contains(&since_ns))
    }
}

impl Observations {
    /// None yet, of a run with this document. With a scaling law the copies of all levels are of use that began while
    /// the level was steady; without one all copies of the levels with most in flight, because nothing says how the
    /// others compare.
    #[must_use]
    pub fn of(document: &RunDocument) -> Self {
        let n = |level: &LevelSummary| {
            level.steady.as_ref().map_or(level.in_flight_mean, |steady| steady.littles_law.n).max(1.0)
        };
        let has_scaling = Scaling::of(document).is_some();
        // Levels of as many workers, such as the confirmed answer of a search, differ by chance.
        let least = if has_scaling { 0.0 } else { 0.95 * document.levels.iter().map(n).fold(0.0, f64::max) };
        let level = |level: &LevelSummary| {
            let steady = level.steady.as_ref().filter(|_| has_scaling);
            let steady_ns = steady.map(|it| [it.start_s, it.end_s].map(nanoseconds));
            Level::new(Some(n(level)).filter(|&n| n >= least), steady_ns)
        };
        Self {
            levels: document.levels.iter().map(level).collect(),
            kept: Vec::new(),
            highest_lot: u64::MAX,
            jobs: 0,
            attempts: 0,
            throttled: 0,
            client_errors: 0,
            failed: 0,
            refusals: Moments::default(),
            metadata: Moments::default(),
            publishes: Moments::default(),
        }
    }

    /// Takes an attempt.
    pub fn add(&mut self, attempt: &Attempt) {
        let level = attempt.level as usize;
        let Some(n) = self.levels.get(level).and_then(|level| level.n) else { return };
        let lasted_s = seconds(attempt.ended_ns - attempt.started_ns);
        self.jobs += u64::from(attempt.job_end == Some(JobEnd::Done));
        match (attempt.start.request, attempt.outcome) {
            (Request::Copy | Request::CopyPart(_), outcome) => self.copy(attempt, outcome, level, n),
            (Request::Publish, Outcome::Ok) => self.publishes.add(lasted_s),
            (_, Outcome::Ok) => self.metadata.add(lasted_s),
            _ => {}
        }
    }

    /// Largest N of the levels that are used.
    pub(super) fn n_max(&self) -> f64 {
        self.levels.iter().filter_map(|level| level.n).fold(0.0, f64::max)
    }

    /// Copies of use, those of a job together. Of a run that was cut off, only those that could have lasted as long
    /// as any did: among what began later, the slow ones are missing.
    pub(super) fn copies(&self, is_cut_off: bool) -> Vec<Observation> {
        let is_of_use = |kept: &&Kept| {
            let copy = &kept.observation;
            let level = &self.levels[copy.level];
            let is_whole = copy.started_ns <= level.last_end_ns.saturating_sub(level.longest_ns);
            level.is_about(copy.started_ns) && (is_whole || !is_cut_off)
        };
        let mut copies: Vec<Observation> =
            self.kept.iter().filter(is_of_use).map(|kept| kept.observation).collect();
        copies.sort_by_key(|copy| copy.job);
        copies
    }

    fn copy(&mut self, attempt: &Attempt, outcome: Outcome, level: usize, n: f64) {
        let lasted_ns = attempt.ended_ns - attempt.started_ns;
        self.attempts += 1;
        let of_level = &mut self.levels[level];
        of_level.first_start_ns = of_level.first_start_ns.min(attempt.started_ns);
        of_level.last_end_ns = of_level.last_end_ns.max(attempt.ended_ns);
        match outcome {
            Outcome::Ok => {
                of_level.longest_ns = of_level.longest_ns.max(lasted_ns);
                self.keep(attempt, level, n);
                return;
            }
            Outcome::ClientError => {
                self.client_errors += 1;
                return;
            }
            Outcome::Throttled => self.throttled += 1,
            Outcome::ServerError | Outcome::Timeout | Outcome::Connection => self.failed += 1,
        }
        self.refusals.add(seconds(lasted_ns));
    }

    fn keep(&mut self, attempt: &Attempt, level: usize, n: f64) {
        let job = random::word(u64::from(attempt.level), &[attempt.start.job]);
        let lot = random::word(1, &[job]);
        if lot > self.highest_lot {
            return;
        }
        let observation = Observation {
            job,
            level,
            started_ns: attempt.started_ns,
            n,
            bytes: attempt.start.bytes,
            seconds: seconds(attempt.ended_ns - attempt.started_ns).max(TICK_S),
        };
        self.kept.push(Kept { lot, observation });
        while self.kept.len() > MAX_COPIES {
            self.halve();
        }
    }

    /// Half of the jobs go, all parts of each.
    fn halve(&mut self) {
        self.highest_lot /= 2;
        self.kept.retain(|kept| kept.lot <= self.highest_lot);
    }
}
