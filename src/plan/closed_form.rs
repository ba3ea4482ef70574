//! What a finite batch needs, without simulation: a floor, a first guess, and the limits of what is possible.

use super::bisection;
use super::mixture::{BatchPosition, Mixture, MixtureTimes};
use super::search::batch_law::{self, BatchLaw, normal_mean};
use planner_core::service::Profile;
use planner_core::simulate::pool::Ramp;
use planner_core::simulate::work::Work;

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

    /// The same with workers that begin otherwise.
    #[must_use]
    pub fn with(self, ramp: Ramp) -> Self {
        Self { ramp, ..self }
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
    #[must_use]
    pub fn probability(&self, workers: u64, deadline_s: f64) -> f64 {
        let workers = workers.min(self.jobs).min(self.in_time());
        if self.jobs == 0 || workers == 0 {
            return f64::from(self.jobs == 0);
        }
        let times = self.mixture.at(workers);
        let possible = times.ln_all_within(deadline_s).exp();
        let in_time = |z: f64| {
            // With more work than in the mean it is as with fewer workers.
            let n = workers as f64 / batch_law::work(times.work_cv(), z);
            (-self.hazard_of(&times, n, deadline_s)).exp()
        };
        if workers == self.jobs { possible } else { normal_mean(in_time).min(possible) }
    }

    /// −ln P(n workers finish by then), where all jobs together take as long as in the mean.
    ///
    /// The first n jobs begin with the workers. Job j begins when the work before it, less what is still in progress, is
    /// done: at Sⱼ = (Wⱼ + Σs)/n − E\[R²\]/(2m), with worker start delays s (renewal theory: Feller 1971, XI.4). It must
    /// not take longer than D − Sⱼ, so P = Π F(D − Sⱼ).
    fn hazard_of(&self, times: &MixtureTimes<'_>, n: f64, time_s: f64) -> f64 {
        let n = n.min(self.jobs as f64);
        let later_s = self.ramp.mean_delay_s(n) - times.mean_residual_s();
        // Where times vary widely, more jobs than there are workers begin as good as at once.
        let at_once = if self.ramp.per_s.is_none() { -later_s * n / times.mean_s } else { 0.0 };
        let begun_s = |place: BatchPosition| (place.work_s / n + later_s).max(0.0);
        times.hazard(
            at_once.max(n),
            |before| time_s - self.ramp.delay_s(before.min(n)),
            |place| time_s - begun_s(place),
        )
    }

    /// Workers that begin before the queue is empty: the last of n begins at n/ρ, when n²/(2ρ) of work is done.
    pub(super) fn in_time(&self) -> u64 {
        let work_s = self.jobs as f64 * self.mixture.at(1).mean_s;
        self.ramp.per_s.map_or(u64::MAX, |per_s| (2.0 * per_s * work_s).sqrt() as u64 + 1)
    }

    /// The smallest number of workers up to `most` that finish by the deadline with this probability.
    #[must_use]
    pub fn smallest_pool(&self, deadline_s: f64, probability: f64, most: u64) -> Option<u64> {
        let holds = |workers| self.probability(workers, deadline_s) >= probability;
        let most = most.min(self.jobs);
        holds(most).then(|| bisection::first(0, most, holds))
    }

    /// The time by which `workers` workers finish with this probability, seconds.
    #[must_use]
    pub fn finish_s(&self, workers: u64, probability: f64) -> f64 {
        let mut high_s = self.mean_s(workers).max(1e-9);
        while self.probability(workers, high_s) < probability && high_s < f64::MAX / 4.0 {
            high_s *= 2.0;
        }
        bisection::place(0.0, high_s, HALVINGS, |time_s| self.probability(workers, time_s) >= probability)
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

impl BatchLaw for ClosedForm {
    fn hazard(&self, value: f64, time_s: f64) -> f64 {
        if self.jobs == 0 {
            return 0.0;
        }
        let workers = value.clamp(1e-9, self.jobs.min(self.in_time()) as f64);
        self.hazard_of(&self.mixture.at(workers.round() as u64), workers, time_s)
    }

    fn work_cv(&self, value: f64) -> f64 {
        self.mixture.at(value.round() as u64).work_cv()
    }

    fn least(&self, time_s: f64) -> f64 {
        let alone = self.mixture.at(1);
        self.jobs as f64 * alone.mean_s / (time_s + alone.mean_residual_s())
    }

    fn all_done(&self) -> f64 {
        self.mixture.all_done
    }

    fn failures(&self) -> (f64, f64) {
        self.mixture.failures()
    }
}

#[cfg(test)]
#[path = "closed_form_tests.rs"]
mod tests;
