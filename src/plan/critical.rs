//! The critical number of workers of a replication: the smallest that ends the batch by the deadline.
//!
//! Each job has the same luck under every number of workers (common random numbers), so more workers never end it
//! later, and the smallest number can be bisected.

use super::closed_form::ClosedForm;
use super::search::rank_selection::{DrawnBatches, at_ranks};
use planner_core::simulate::batch::Scratch;
use planner_core::simulate::pool::Ramp;
use planner_core::simulate::work::Sampler;

/// The critical numbers of workers of many replications under one profile.
#[derive(Debug)]
pub struct Critical<'a> {
    /// Draws the times of the jobs.
    pub sampler: &'a Sampler<'a>,
    /// The batch in closed form, under the same profile.
    pub form: &'a ClosedForm,
    /// When the workers begin.
    pub ramp: Ramp,
    /// Seconds from the first start.
    pub deadline_s: f64,
    /// About the number that will be found.
    pub guess: u64,
    /// The largest number to try.
    pub most: u64,
}

impl Critical<'_> {
    /// The critical numbers that have these ranks (from 1, ascending) among `replications`; None where the batch
    /// ends late with the most workers.
    #[must_use]
    pub fn at_ranks(&self, ranks: &[u64], replications: u64) -> Vec<Option<u64>> {
        let numbers = at_ranks(self, ranks, replications);
        numbers.into_iter().map(|n| n.is_finite().then_some(n as u64)).collect()
    }
}

impl DrawnBatches for Critical<'_> {
    /// About the critical number, from one pass over the times.
    ///
    /// Job j starts when the work before it, less what is still in progress, has been shared by all workers:
    /// Sⱼ ≈ (R₁ + … + Rⱼ₋₁)/N − E\[R²\]/(2m) in the long run. It has to start Rⱼ before the deadline.
    fn estimate(&self, scratch: &mut Scratch, replication: u64) -> f64 {
        self.sampler.draw(replication, &mut scratch.draws);
        self.sampler.times_ns(&scratch.draws, self.guess, &mut scratch.times_ns);
        let delay_s = self.ramp.mean_delay_s(self.guess as f64);
        let left_ns = (self.deadline_s + self.form.mean_residual_s(self.guess) - delay_s) * 1e9;
        let (mut before_ns, mut largest) = (0.0, 1.0);
        for &time_ns in &scratch.times_ns {
            let time_ns = time_ns as f64;
            let spare_ns = left_ns - time_ns;
            // A product instead of a division: the largest changes seldom.
            if before_ns > largest * spare_ns {
                largest = if spare_ns > 0.0 { before_ns / spare_ns } else { f64::INFINITY };
            }
            before_ns += time_ns;
        }
        largest
    }

    fn exact(&self, scratch: &mut Scratch, replication: u64, near: f64) -> f64 {
        self.sampler.draw(replication, &mut scratch.draws);
        self.least(scratch, near.min(self.most as f64) as u64, |_, _| {}).map_or(f64::INFINITY, |n| n as f64)
    }
}

impl Critical<'_> {
    /// The critical number of the luck that was drawn, looked for from `near` on, where `change` has the last word on
    /// the times with a number of workers.
    pub(crate) fn least(
        &self,
        scratch: &mut Scratch,
        near: u64,
        change: impl Fn(u64, &mut [u64]),
    ) -> Option<u64> {
        let Scratch { pool, draws, times_ns } = scratch;
        self.sampler.times_ns(draws, near, times_ns);
        change(near, times_ns);
        let deadline_ns = (self.deadline_s * 1e9) as u64;
        let mut holds = |workers| {
            if self.sampler.is_contended() {
                self.sampler.times_ns(draws, workers, times_ns);
                change(workers, times_ns);
            }
            pool.makespan_ns(times_ns, workers, self.ramp, deadline_ns).is_some()
        };
        let near = near.clamp(1.min(self.most), self.most);
        let mut step = 1 + near / 1000;
        let (mut low, mut high) = (near, near);
        if holds(near) {
            low = near.saturating_sub(step);
            while low > 0 && holds(low) {
                (high, step) = (low, step * 2);
                low = low.saturating_sub(step);
            }
        } else {
            loop {
                if low >= self.most {
                    return None;
                }
                high = (low + step).min(self.most);
                if holds(high) {
                    break;
                }
                (low, step) = (high, step * 2);
            }
        }
        while high - low > 1 {
            let middle = low.midpoint(high);
            if holds(middle) { high = middle } else { low = middle }
        }
        Some(high)
    }
}

#[cfg(test)]
#[path = "critical_tests.rs"]
mod tests;
