//! What a fit needs of a run's attempts, gathered as they are read, in bounded memory.

use super::scaling::Scaling;
use planner_core::load::attempt::{Attempt, AttemptOutcome, JobEnd, RequestKind};
use planner_core::measure::document::RunDocument;
use planner_core::measure::fan_out::object::ObjectRecord;
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
    /// Day of that, from 0.
    pub day: u32,
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
    levels: Vec<LevelWindow>,
    kept: Vec<KeptObservation>,
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
    /// Seconds from the topic's answer to the start of the function.
    pub(super) deliveries_s: Vec<f64>,
    /// Seconds to start an execution environment, of those that were started.
    pub(super) cold_starts_s: Vec<f64>,
}

/// What is known of a level before its copies are used.
#[derive(Clone, Copy, Debug)]
struct LevelWindow {
    /// Requests in flight, as a mean over time; None for a level that is left out.
    n: Option<f64>,
    /// Day on which it was measured, from 0.
    day: u32,
    /// Copies that succeeded.
    copies: u64,
    /// Since the level's first start: only copies that began in this stretch met so many; None for all.
    steady_ns: Option<[u64; 2]>,
    first_start_ns: u64,
    last_end_ns: u64,
    longest_ns: u64,
}

#[derive(Clone, Copy, Debug)]
struct KeptObservation {
    lot: u64,
    observation: Observation,
}

impl LevelWindow {
    fn new(n: Option<f64>, steady_ns: Option<[u64; 2]>) -> Self {
        Self { n, day: 0, copies: 0, steady_ns, first_start_ns: u64::MAX, last_end_ns: 0, longest_ns: 0 }
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
        let n = |level: &LevelSummary| match &document.fan_out {
            // The level is of the publish requests; what the function had in flight, its copies show.
            Some(_) => 1.0,
            None => level.steady.as_ref().map_or(level.in_flight_mean, |it| it.littles_law.n).max(1.0),
        };
        let has_scaling = Scaling::of(document).is_some();
        // Levels of as many workers, such as the confirmed answer of a search, differ by chance.
        let least = if has_scaling { 0.0 } else { 0.95 * document.levels.iter().map(n).fold(0.0, f64::max) };
        let level = |level: &LevelSummary| {
            let steady = level.steady.as_ref().filter(|_| has_scaling);
            let steady_ns = steady.map(|it| [it.start_s, it.end_s].map(nanoseconds));
            LevelWindow::new(Some(n(level)).filter(|&n| n >= least), steady_ns)
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
            deliveries_s: Vec::new(),
            cold_starts_s: Vec::new(),
        }
    }

    /// The same where the levels were measured on these days, counted from 0.
    #[must_use]
    pub fn on_days(mut self, days: &[u32]) -> Self {
        self.levels.iter_mut().zip(days).for_each(|(level, &day)| level.day = day);
        self
    }

    /// Takes how long execution environments took to start.
    pub fn add_cold_starts(&mut self, seconds: &[f64]) {
        self.cold_starts_s.extend(seconds);
    }

    /// Takes what a function did with an object.
    pub fn add_delivery(&mut self, record: &ObjectRecord, level: u32) {
        let Some(copy) = record.copy() else { return };
        self.add(&Attempt { level, ..copy });
        self.attempts += record.slow_downs;
        self.throttled += record.slow_downs;
        let delivered_s = record.received_s.map(|received_s| (received_s - record.publish_ended_s).max(0.0));
        self.deliveries_s.extend(delivered_s);
    }

    /// Takes an attempt.
    pub fn add(&mut self, attempt: &Attempt) {
        let level = attempt.level as usize;
        let Some(n) = self.levels.get(level).and_then(|level| level.n) else { return };
        let lasted_s = seconds(attempt.ended_ns - attempt.started_ns);
        let is_copied =
            attempt.job_end == Some(JobEnd::Done) && attempt.start.request != RequestKind::Publish;
        self.jobs += u64::from(is_copied);
        match (attempt.start.request, attempt.outcome) {
            (RequestKind::Copy | RequestKind::CopyPart(_), outcome) => self.copy(attempt, outcome, level, n),
            (RequestKind::Publish, AttemptOutcome::Ok) => self.publishes.add(lasted_s),
            (_, AttemptOutcome::Ok) => self.metadata.add(lasted_s),
            _ => {}
        }
    }

    /// Largest N of the levels that are used.
    pub(super) fn n_max(&self) -> f64 {
        self.in_flight().into_iter().flatten().fold(0.0, f64::max)
    }

    /// Copies of use, those of a job together. Of a run that was cut off, only those that could have lasted as long
    /// as any did: among what began later, the slow ones are missing.
    pub(super) fn copies(&self, is_cut_off: bool) -> Vec<Observation> {
        let in_flight = self.in_flight();
        let of_use = |kept: &KeptObservation| {
            let copy = kept.observation;
            let level = &self.levels[copy.level];
            let is_whole = copy.started_ns <= level.last_end_ns.saturating_sub(level.longest_ns);
            let is_of_use = level.is_about(copy.started_ns) && (is_whole || !is_cut_off);
            is_of_use.then_some(Observation { n: in_flight[copy.level].unwrap_or(copy.n), ..copy })
        };
        let mut copies: Vec<Observation> = self.kept.iter().filter_map(of_use).collect();
        copies.sort_by_key(|copy| copy.job);
        copies
    }

    /// Requests in flight by level, as its copies met them. The mean over time says too little of a short level, which
    /// fills up and runs empty for most of it.
    fn in_flight(&self) -> Vec<Option<f64>> {
        let mut kept = vec![Vec::new(); self.levels.len()];
        for KeptObservation { observation, .. } in &self.kept {
            kept[observation.level].push(*observation);
        }
        let met = |level: &LevelWindow, kept: &Vec<Observation>| {
            level.n.map(|n| match level.steady_ns {
                Some(_) => n,
                None => n.max(met(kept, kept.len() as f64 / level.copies.max(1) as f64)),
            })
        };
        self.levels.iter().zip(&kept).map(|(level, kept)| met(level, kept)).collect()
    }

    fn copy(&mut self, attempt: &Attempt, outcome: AttemptOutcome, level: usize, n: f64) {
        let lasted_ns = attempt.ended_ns - attempt.started_ns;
        self.attempts += 1;
        let of_level = &mut self.levels[level];
        of_level.first_start_ns = of_level.first_start_ns.min(attempt.started_ns);
        of_level.last_end_ns = of_level.last_end_ns.max(attempt.ended_ns);
        match outcome {
            AttemptOutcome::Ok => {
                of_level.longest_ns = of_level.longest_ns.max(lasted_ns);
                of_level.copies += 1;
                self.keep(attempt, level, n);
                return;
            }
            AttemptOutcome::ClientError => {
                self.client_errors += 1;
                return;
            }
            AttemptOutcome::Throttled => self.throttled += 1,
            AttemptOutcome::ServerError | AttemptOutcome::Timeout | AttemptOutcome::Connection => {
                self.failed += 1
            }
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
            day: self.levels[level].day,
            started_ns: attempt.started_ns,
            n,
            bytes: attempt.start.bytes,
            seconds: seconds(attempt.ended_ns - attempt.started_ns).max(TICK_S),
        };
        self.kept.push(KeptObservation { lot, observation });
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

/// Copies in flight that a copy met in the mean, ∫N²/∫N, where only a share of the copies is at hand. Of N of them a
/// random share `s` is present with the mean square s²·N² + s·(1 − s)·N.
fn met(copies: &[Observation], share: f64) -> f64 {
    let changes = |copy: &Observation| {
        let ended_ns = copy.started_ns.saturating_add(nanoseconds(copy.seconds));
        [(copy.started_ns, 1.0), (ended_ns, -1.0)]
    };
    let mut changes: Vec<(u64, f64)> = copies.iter().flat_map(changes).collect();
    changes.sort_unstable_by_key(|&(at_ns, _)| at_ns);
    let (mut n, mut sum, mut squares): (f64, f64, f64) = (0.0, 0.0, 0.0);
    for pair in changes.windows(2) {
        n += pair[0].1;
        let lasted_s = seconds(pair[1].0 - pair[0].0);
        sum += n * lasted_s;
        squares += n * n * lasted_s;
    }
    if sum > 0.0 { (squares / sum - (1.0 - share)) / share } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Four copies begin together, and one after the other ends: 4, 3, 2 and 1 in flight for a second each.
    #[test]
    fn copies_of_a_short_level_met_more_than_the_mean_over_its_time() {
        let copy = |job: u64| {
            let seconds = 1.0 + job as f64;
            Observation { job, level: 0, day: 0, started_ns: 0, n: 1.0, bytes: 1, seconds }
        };
        let copies: Vec<Observation> = (0..4).map(copy).collect();
        assert!((met(&copies, 1.0) - 3.0).abs() < 1e-9, "(16 + 9 + 4 + 1)/10, and 2.5 in the mean");
        // 1,000 in flight for a second, of which one in ten is at hand.
        let some: Vec<Observation> = (0..100).map(|job| Observation { seconds: 1.0, ..copy(job) }).collect();
        assert!((met(&some, 0.1) / 1000.0 - 1.0).abs() < 0.01, "{}", met(&some, 0.1));
        assert_eq!(met(&[], 1.0), 0.0);
    }
}
