//! What a finite batch needs, without simulation: a floor, a first guess, and the limits of what is possible.

use super::bisect;
use super::mixture::{Mixture, Times};
use planner_core::service::Profile;
use planner_core::simulate::pool::Ramp;
use planner_core::simulate::work::Work;

/// Nodes on either side of the mean over which a normal distribution is summed, and their distance.
const NODES: i32 = 12;
const NODE_SD: f64 = 1.0 / 3.0;
/// Halvings of an interval: enough for the digits that a rate or a time is shown with.
const HALVINGS: usize = 50;

/// The smallest number of workers of a pool whose jobs all take the mean time: ⌈J/N⌉·m ≤ D. None when a single job
/// takes longer than the deadline.
///
/// The answer of Little's law. It knows no tail, so it is only a floor.
#[must_use]
pub fn mean_value_floor(jobs: u64, mean_s: f64, deadline_s: f64) -> Option<u64> {
    if jobs == 0 {
        return Some(0);
    }
    // A hair of tolerance: 630 s hold 25 rounds of 25.2 s, however the mean was rounded.
    let rounds = ((deadline_s / mean_s) * (1.0 + 1e-9)).floor();
    (rounds >= 1.0).then(|| jobs.div_ceil(if rounds < jobs as f64 { rounds as u64 } else { jobs }))
}

/// Approximations for one batch under one profile.
#[derive(Debug, Clone)]
pub struct ClosedForm {
    jobs: u64,
    mixture: Mixture,
    ramp: Ramp,
    is_contended: bool,
}

impl ClosedForm {
    /// For `work` on a service like `profile`, with workers that begin as `ramp` says.
    #[must_use]
    pub fn new(work: &Work, profile: &Profile, ramp: Ramp) -> Self {
        let is_contended = profile.copy.is_contended();
        Self { jobs: work.jobs(), mixture: Mixture::new(work, profile), ramp, is_contended }
    }

    /// For the same `work` on another service.
    #[must_use]
    pub fn under(&self, work: &Work, profile: &Profile) -> Self {
        let is_contended = profile.copy.is_contended();
        Self { jobs: self.jobs, mixture: self.mixture.under(work, profile), ramp: self.ramp, is_contended }
    }

    /// Mean job time with `workers` in flight, seconds.
    #[must_use]
    pub fn mean_s(&self, workers: u64) -> f64 {
        self.mixture.at(workers.min(self.jobs)).mean_s
    }

    /// Mean remaining time of a busy worker's job, seconds.
    #[must_use]
    pub fn mean_residual_s(&self, workers: u64) -> f64 {
        self.mixture.at(workers.min(self.jobs)).mean_residual_s()
    }

    /// Throughput of `workers` busy workers, jobs per second: N/R.
    #[must_use]
    pub fn x_per_s(&self, workers: u64) -> f64 {
        workers as f64 / self.mixture.at(workers).mean_s
    }

    /// Probability that no job by itself takes longer than the deadline, F(D)ᴶ: no number of workers makes a finish
    /// by the deadline more probable.
    #[must_use]
    pub fn largest_probability(&self, deadline_s: f64) -> f64 {
        self.mixture.at(1).ln_all_within(deadline_s).exp()
    }

    /// Probability that `workers` workers finish by the deadline.
    ///
    /// The queue is empty at a time τ that is about normal, with mean (J·m + Σs)/N − E\[R²\]/(2m) for worker start
    /// delays s and variance J·σ²/N². Each worker is then in the middle of a job, and its remaining time has the
    /// distribution F_e of renewal theory (Feller 1971, XI.4), so P(T ≤ D) = E\[F_e(D − τ)ᴺ\]. Where single jobs may
    /// last longer than the deadline this counts jobs that would have begun before the first did. In their place stand
    /// the N that begin first, and the J − N others begin between σ = τ − (J − N)·m/N and τ:
    /// F(D)ᴺ·E\[(1 − F_e(D − σ) + F_e(D − τ))ᴺ\].
    ///
    /// All of this is about all but the largest objects, which are known one by one: one with k before it begins when
    /// that much of the queue is done.
    #[must_use]
    pub fn probability(&self, workers: u64, deadline_s: f64) -> f64 {
        let workers = workers.min(self.jobs).min(self.in_time());
        let (jobs, n) = (self.jobs as f64, workers as f64);
        if self.jobs == 0 || workers == 0 {
            return f64::from(self.jobs == 0);
        }
        let times = self.mixture.at(workers);
        let possible = times.ln_all_within(deadline_s).exp();
        if workers == self.jobs {
            return possible;
        }
        let others_s = times.mean_s + self.ramp.mean_delay_s(n) - times.mean_residual_s();
        let begun_s = |before: f64| others_s + (before - n) * times.mean_s / n;
        let sd_s = (jobs * times.variance_s2).sqrt() / n;
        let left_s = |begun_s: f64| deadline_s - begun_s.max(0.0);
        let first = (n / times.rest() * times.ln_rest_within(deadline_s)).exp();
        let others =
            normal_mean(|z| finished_by(&times, n, left_s(others_s), left_s(begun_s(jobs) + sd_s * z)));
        let apart = times.ln_apart_within(|before| {
            let is_first = before < n;
            left_s(if is_first { self.ramp.delay_s(before) } else { begun_s(before) })
        });
        (first * others * apart.exp()).min(possible)
    }

    /// Workers that begin before the queue is empty: the last of n begins at n/ρ, when n²/(2ρ) of work is done.
    fn in_time(&self) -> u64 {
        let work_s = self.jobs as f64 * self.mixture.at(1).mean_s;
        self.ramp.per_s.map_or(u64::MAX, |per_s| (2.0 * per_s * work_s).sqrt() as u64 + 1)
    }

    /// The smallest number of workers up to `most` that finish by the deadline with this probability.
    #[must_use]
    pub fn smallest_pool(&self, deadline_s: f64, probability: f64, most: u64) -> Option<u64> {
        let holds = |workers| self.probability(workers, deadline_s) >= probability;
        let most = most.min(self.jobs);
        holds(most).then(|| bisect::first(0, most, holds))
    }

    /// The time by which `workers` workers finish with this probability, seconds.
    #[must_use]
    pub fn finish_s(&self, workers: u64, probability: f64) -> f64 {
        let mut high_s = self.mean_s(workers).max(1e-9);
        while self.probability(workers, high_s) < probability && high_s < f64::MAX / 4.0 {
            high_s *= 2.0;
        }
        bisect::place(0.0, high_s, HALVINGS, |time_s| self.probability(workers, time_s) >= probability)
    }

    /// The number of workers, up to `most`, beyond which more make the batch finish later, because all slow each other
    /// down by more than they share.
    #[must_use]
    pub fn most_that_help(&self, probability: f64, most: u64) -> u64 {
        if self.is_contended { self.fastest_pool(probability, most) } else { most }
    }

    fn fastest_pool(&self, probability: f64, most: u64) -> u64 {
        let (mut low, mut high) = (1.min(most), most.min(self.jobs));
        while high > low {
            let middle = low.midpoint(high);
            // A step wide enough to rise above rounding.
            let next = (middle + 1 + middle / 256).min(high);
            if self.finish_s(next, probability) < self.finish_s(middle, probability) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        low
    }
}

/// Probability that every busy worker's job ends within `left_s`, none having begun with more left than `most_s`.
fn finished_by(times: &Times<'_>, workers: f64, most_s: f64, left_s: f64) -> f64 {
    let late = || times.residual_beyond(left_s) - times.residual_beyond(most_s);
    if left_s <= 0.0 { 0.0 } else { (workers * (-late().max(0.0)).ln_1p()).exp() }
}

/// E\[f(Z)\] for a standard normal Z.
fn normal_mean(f: impl Fn(f64) -> f64) -> f64 {
    let nodes = (-NODES..=NODES).map(|node| f64::from(node) * NODE_SD);
    let (sum, weights) = nodes.fold((0.0, 0.0), |(sum, weights), z| {
        let weight = (-z * z / 2.0).exp();
        (sum + weight * f(z), weights + weight)
    });
    sum / weights
}

#[cfg(test)]
#[path = "closed_form_tests.rs"]
mod tests;
