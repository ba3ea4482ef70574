//! The planned job on the true service, many times: how often it ends in time, and how few workers do.

use planner_core::simulate::pool::{PoolDrain, Ramp};

use super::case::Case;
use super::truth::RETRY;

/// What the trials' draws are for.
const TRIAL: u64 = 3;
/// Least and most replications.
const REPLICATIONS: [u64; 2] = [200, 4000];
/// Jobs above which the one-pass estimate of the workers that are needed is close, and how close it is below and above.
const MANY_JOBS: u64 = 10_000;
const CLOSE: [f64; 2] = [0.15, 0.03];
/// Deadlines of fewer mean times leave no steady part, and the estimate means nothing.
const SHORT: f64 = 10.0;
/// Replications drained to set the estimate right.
const CORRECTING: usize = 16;

/// What is possible on the true service.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Oracle {
    /// The largest probability that any number of workers has.
    pub best: f64,
    /// The smallest number that has the wanted one; None where none has, or where the slowest jobs decide.
    pub least: Option<u64>,
}

#[derive(Debug)]
pub(crate) struct Trial<'a> {
    case: &'a Case,
    /// The times of the jobs alone, in order of start, one replication after the other; infinite where a job is given
    /// up.
    times_s: Vec<f32>,
    /// Standard deviation over mean of a job's time.
    pub cv: f64,
    /// Mean time that is left of a job in progress.
    residual_s: f64,
    is_short: bool,
}

impl<'a> Trial<'a> {
    /// Draws so many job times in all.
    pub(crate) fn new(case: &'a Case, draws: u64) -> Self {
        let [least, most] = REPLICATIONS;
        let replications = (draws / case.jobs()).clamp(least, most);
        let mut times_s = Vec::with_capacity((replications * case.jobs()) as usize);
        for replication in 0..replications {
            draw(case, case.seed(TRIAL + ((replication + 1) << 8)), &mut times_s);
        }
        let finite = || times_s.iter().map(|&time_s| f64::from(time_s)).filter(|time_s| time_s.is_finite());
        let (mean_s, square) = (mean(finite()), mean(finite().map(|time_s| time_s * time_s)));
        Self {
            case,
            times_s,
            cv: (square / mean_s.powi(2) - 1.0).max(0.0).sqrt(),
            residual_s: square / mean_s / 2.0,
            is_short: case.deadline_s < SHORT * mean_s,
        }
    }

    fn replications(&self) -> std::slice::ChunksExact<'_, f32> {
        self.times_s.chunks_exact(self.case.sizes_bytes.len())
    }

    /// The share of replications that so many workers end in time.
    pub(crate) fn realised(&self, workers: u64) -> f64 {
        let slowdown = self.case.truth.slowdown.at(workers);
        let error = CLOSE[usize::from(self.case.jobs() > MANY_JOBS)];
        let mut drain = Drain::default();
        let is_in_time = |times_s: &[f32]| {
            let ratio = workers as f64 / self.needed(times_s, slowdown);
            if self.is_short || (ratio - 1.0).abs() < error {
                drain.ends_in_time(times_s, slowdown, workers, self.case.deadline_s)
            } else {
                ratio > 1.0
            }
        };
        mean(self.replications().map(is_in_time).map(f64::from))
    }

    pub(crate) fn oracle(&self) -> Oracle {
        let most = self.case.truth.slowdown.peak().unwrap_or(u64::MAX).min(self.case.jobs());
        let best = if most < self.case.jobs() {
            self.realised(most)
        } else {
            let longest = |times_s: &[f32]| f64::from(times_s.iter().copied().fold(0.0, f32::max));
            mean(self.replications().map(|it| f64::from(longest(it) <= self.case.deadline_s)))
        };
        let is_known = best >= self.case.probability && !self.is_short;
        Oracle { best, least: is_known.then(|| self.least(most)).flatten() }
    }

    /// The quantile of the estimates, set right by drains of those beside it.
    fn least(&self, most: u64) -> Option<u64> {
        let rank =
            |count: usize| ((self.case.probability * count as f64).ceil() as usize).clamp(1, count) - 1;
        let sorted = |workers: u64| {
            let slowdown = self.case.truth.slowdown.at(workers);
            let mut needed: Vec<(f64, &[f32])> =
                self.replications().map(|times_s| (self.needed(times_s, slowdown), times_s)).collect();
            needed.sort_by(|a, b| a.0.total_cmp(&b.0));
            needed
        };
        let quantile = |needed: &[(f64, &[f32])]| needed[rank(needed.len())].0;
        let about = match self.case.truth.slowdown.peak() {
            None => quantile(&sorted(1)).ceil() as u64,
            Some(_) => first(most, |workers| quantile(&sorted(workers)) <= workers as f64),
        };
        let (needed, slowdown) = (sorted(about), self.case.truth.slowdown.at(about));
        let from = rank(needed.len()).saturating_sub(CORRECTING / 2);
        let mut drain = Drain::default();
        let mut ratios: Vec<f64> = needed[from..]
            .iter()
            .take(CORRECTING)
            .filter(|(estimate, _)| estimate.is_finite())
            .map(|(estimate, times_s)| {
                drain.least(times_s, slowdown, self.case.deadline_s, *estimate) as f64 / estimate
            })
            .collect();
        ratios.sort_by(f64::total_cmp);
        let right = quantile(&needed) * ratios.get(ratios.len() / 2)?;
        Some((right.round() as u64).clamp(1, most))
    }

    /// About how many workers a replication needs: job j begins when the work before it, less what is still in
    /// progress, has been shared by all, and must begin its own time before the deadline.
    fn needed(&self, times_s: &[f32], slowdown: f64) -> f64 {
        let left_s = self.case.deadline_s / slowdown + self.residual_s;
        let (mut before_s, mut largest) = (0.0, 1.0);
        for &time_s in times_s {
            let spare_s = left_s - f64::from(time_s);
            if before_s > largest * spare_s {
                largest = if spare_s > 0.0 { before_s / spare_s } else { f64::INFINITY };
            }
            before_s += f64::from(time_s);
        }
        if spare_is_gone(times_s, self.case.deadline_s / slowdown) { f64::INFINITY } else { largest }
    }
}

fn spare_is_gone(times_s: &[f32], deadline_s: f64) -> bool {
    times_s.iter().any(|&time_s| f64::from(time_s) > deadline_s)
}

/// One replication's times of the jobs alone.
fn draw(case: &Case, seed: u64, times_s: &mut Vec<f32>) {
    let (truth, grown) = (&case.truth, case.truth.grown(1.0));
    for ((job, &bytes), factor) in (0..).zip(&case.sizes_bytes[..]).zip(truth.factors(seed, case.jobs())) {
        let copy_s = truth.copy_s(bytes) * factor * grown;
        times_s.push((copy_s + delay_s(case, seed, job)) as f32);
    }
}

/// What attempts that fail, and the waits after them, add to a job.
fn delay_s(case: &Case, seed: u64, job: u64) -> f64 {
    let Some(failure) = case.truth.failure else { return 0.0 };
    let wait_s = |attempt| {
        let wait_ns = RETRY.back_off_ns(seed, job, 0, attempt);
        wait_ns.map_or(f64::INFINITY, |ns| failure.lasts_s + ns as f64 / 1e9)
    };
    (1..=case.truth.failures(seed, job)).map(wait_s).sum()
}

/// The memory of exact drains.
#[derive(Debug, Default)]
struct Drain {
    pool: PoolDrain,
    times_ns: Vec<u64>,
}

impl Drain {
    fn ends_in_time(&mut self, times_s: &[f32], slowdown: f64, workers: u64, deadline_s: f64) -> bool {
        if spare_is_gone(times_s, deadline_s / slowdown) {
            return false;
        }
        self.times_ns.clear();
        let ns = |&time_s: &f32| (f64::from(time_s) * slowdown * 1e9) as u64;
        self.times_ns.extend(times_s.iter().map(ns));
        let until_ns = (deadline_s * 1e9) as u64;
        self.pool.makespan_ns(&self.times_ns, workers, Ramp::default(), until_ns).is_some()
    }

    /// The smallest number that ends in time, looked for around an estimate.
    fn least(&mut self, times_s: &[f32], slowdown: f64, deadline_s: f64, estimate: f64) -> u64 {
        let mut high = (estimate * 1.05).ceil() as u64;
        while !self.ends_in_time(times_s, slowdown, high, deadline_s) && high < times_s.len() as u64 {
            high = high * 11 / 10 + 1;
        }
        let low = (estimate * 0.9) as u64;
        low + first(high - low, |more| self.ends_in_time(times_s, slowdown, low + more, deadline_s))
    }
}

/// The first number from 1 to `most` of which `holds`, where it holds of all that follow.
fn first(most: u64, mut holds: impl FnMut(u64) -> bool) -> u64 {
    let (mut low, mut high) = (0, most);
    while high - low > 1 {
        let middle = low.midpoint(high);
        if holds(middle) { high = middle } else { low = middle }
    }
    high
}

pub(crate) fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let (sum, count) = values.fold((0.0, 0u64), |(sum, count), value| (sum + value, count + 1));
    sum / count as f64
}
