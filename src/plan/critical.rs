//! The critical number of workers of a replication: the smallest that ends the batch by the deadline.
//!
//! Each job has the same luck under every number of workers (common random numbers), so more workers never end it
//! later, and the smallest number can be bisected. Only replications near the quantile that is asked for are drained;
//! all others are placed by a bound that takes one pass over their times.

use rayon::prelude::*;

use super::closed_form::ClosedForm;
use planner_core::simulate::batch::Scratch;
use planner_core::simulate::pool::Ramp;
use planner_core::simulate::work::Sampler;

/// Replications on either side of a rank that are drained in any case.
const NEIGHBOURS: usize = 16;
/// The estimates of replications that are not drained may be wrong by so many times the spread of those that are.
const SAFETY: f64 = 2.0;

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

/// What is known about one replication.
#[derive(Debug, Clone, Copy)]
struct Placed {
    replication: u64,
    estimate: f64,
    /// The critical number once the replication was drained; infinite when even the most workers end late.
    exact: Option<f64>,
}

impl Critical<'_> {
    /// The critical numbers that have these ranks (from 1, ascending) among `replications`; None where the batch
    /// ends late with the most workers.
    #[must_use]
    pub fn at_ranks(&self, ranks: &[u64], replications: u64) -> Vec<Option<u64>> {
        let estimate = |scratch: &mut Scratch, replication| Placed {
            replication,
            estimate: self.estimate(scratch, replication),
            exact: None,
        };
        let mut placed: Vec<Placed> =
            (0..replications).into_par_iter().map_init(Scratch::default, estimate).collect();
        placed.sort_by(|a, b| a.estimate.total_cmp(&b.estimate));
        let place = |rank: u64| (rank.max(1) as usize - 1).min(placed.len().saturating_sub(1));
        let wanted: Vec<usize> = ranks.iter().map(|&rank| place(rank)).collect();
        let Some((&first, &last)) = wanted.first().zip(wanted.last()) else { return Vec::new() };
        let (mut low, mut high) =
            (first.saturating_sub(NEIGHBOURS), (last + NEIGHBOURS + 1).min(placed.len()));
        loop {
            let error = self.drain(&mut placed[low..high]);
            let mut drained: Vec<f64> = placed[low..high].iter().filter_map(|placed| placed.exact).collect();
            drained.sort_by(f64::total_cmp);
            let (lowest, highest) = (drained[first - low], drained[last - low]);
            // Whoever is not drained must be on the side on which it was placed.
            let further_low = placed[..low].partition_point(|one| one.estimate + error.high < lowest);
            let further_high =
                high + placed[high..].partition_point(|one| one.estimate + error.low <= highest);
            if (further_low, further_high) == (low, high) {
                let number =
                    |place: usize| Some(drained[place - low]).filter(|n| n.is_finite()).map(|n| n as u64);
                return wanted.iter().map(|&place| number(place)).collect();
            }
            (low, high) = (further_low, further_high);
        }
    }

    /// About the critical number, from one pass over the times.
    ///
    /// Job j starts when the work before it, less what is still in progress, has been shared by all workers:
    /// Sⱼ ≈ (R₁ + … + Rⱼ₋₁)/N − E\[R²\]/(2m) in the long run. It has to start Rⱼ before the deadline.
    fn estimate(&self, scratch: &mut Scratch, replication: u64) -> f64 {
        self.sampler.draw(replication, &mut scratch.luck);
        self.sampler.times_ns(&scratch.luck, self.guess, &mut scratch.times_ns);
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

    /// Finds the exact numbers of those that do not have them yet, and how far the estimates may be from them.
    fn drain(&self, placed: &mut [Placed]) -> ErrorRange {
        let known = ErrorRange::of(placed);
        let near = |estimate: f64| (estimate + known.low.midpoint(known.high)).clamp(0.0, self.most as f64);
        let missing: Vec<&mut Placed> = placed.iter_mut().filter(|one| one.exact.is_none()).collect();
        missing.into_par_iter().for_each_init(Scratch::default, |scratch, one| {
            let found = self.exact(scratch, one.replication, near(one.estimate) as u64);
            one.exact = Some(found.map_or(f64::INFINITY, |n| n as f64));
        });
        ErrorRange::of(placed).widened()
    }

    /// The critical number of a replication, looked for from `near` on.
    fn exact(&self, scratch: &mut Scratch, replication: u64, near: u64) -> Option<u64> {
        let Scratch { pool, luck, times_ns } = scratch;
        self.sampler.draw(replication, luck);
        self.sampler.times_ns(luck, near, times_ns);
        let deadline_ns = (self.deadline_s * 1e9) as u64;
        let mut holds = |workers| {
            if self.sampler.is_contended() {
                self.sampler.times_ns(luck, workers, times_ns);
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

/// How far exact numbers lie from their estimates.
#[derive(Debug, Clone, Copy)]
struct ErrorRange {
    low: f64,
    high: f64,
}

impl ErrorRange {
    fn of(placed: &[Placed]) -> Self {
        let errors = placed.iter().filter_map(|one| one.exact.map(|exact| exact - one.estimate));
        let finite = errors.filter(|error| error.is_finite());
        let range = finite.fold((f64::MAX, f64::MIN), |(low, high), error| (low.min(error), high.max(error)));
        if range.0 <= range.1 { Self { low: range.0, high: range.1 } } else { Self { low: 0.0, high: 0.0 } }
    }

    fn widened(self) -> Self {
        let margin = SAFETY * (self.high - self.low) + 1.0;
        Self { low: self.low - margin, high: self.high + margin }
    }
}

#[cfg(test)]
#[path = "critical_tests.rs"]
mod tests;
