//! Critical values at given ranks among replications that are drawn job by job.
//!
//! Each job has the same luck under every value (common random numbers), so a larger one never ends the batch later.
//! Only replications near the ranks that are asked for are looked at exactly; all others are placed by an estimate that
//! takes one pass over their times.

use rayon::prelude::*;

use planner_core::simulate::batch::Scratch;

/// Replications on either side of a rank that are looked at exactly in any case.
const NEIGHBOURS: usize = 16;
/// The estimates of all others may be wrong by so many times the spread of those that are known.
const SAFETY: f64 = 2.0;

/// Batches that are drawn job by job.
pub(crate) trait DrawnBatches: Sync {
    /// About the critical value of a replication, from one pass over its times; infinite where it never ends.
    fn estimate(&self, scratch: &mut Scratch, replication: u64) -> f64;

    /// The critical value itself, looked for from `near` on; infinite where even the largest value ends it late.
    fn exact(&self, scratch: &mut Scratch, replication: u64, near: f64) -> f64;
}

/// What is known about one replication.
#[derive(Debug, Clone, Copy)]
struct Placed {
    replication: u64,
    estimate: f64,
    exact: Option<f64>,
}

/// The critical values that have these ranks (from 1, ascending) among `replications`.
pub(crate) fn at_ranks(runs: &impl DrawnBatches, ranks: &[u64], replications: u64) -> Vec<f64> {
    let estimate = |scratch: &mut Scratch, replication| Placed {
        replication,
        estimate: runs.estimate(scratch, replication),
        exact: None,
    };
    let mut placed: Vec<Placed> =
        (0..replications).into_par_iter().map_init(Scratch::default, estimate).collect();
    placed.sort_by(|a, b| a.estimate.total_cmp(&b.estimate));
    let place = |rank: u64| (rank.max(1) as usize - 1).min(placed.len().saturating_sub(1));
    let wanted: Vec<usize> = ranks.iter().map(|&rank| place(rank)).collect();
    let Some((&first, &last)) = wanted.first().zip(wanted.last()) else { return Vec::new() };
    let (mut low, mut high) = (first.saturating_sub(NEIGHBOURS), (last + NEIGHBOURS + 1).min(placed.len()));
    loop {
        let error = look(runs, &mut placed[low..high]);
        let mut known: Vec<f64> = placed[low..high].iter().filter_map(|placed| placed.exact).collect();
        known.sort_by(f64::total_cmp);
        let (lowest, highest) = (known[first - low], known[last - low]);
        // Whoever is not known must be on the side on which it was placed.
        let further_low = placed[..low].partition_point(|one| one.estimate + error.high < lowest);
        let further_high = high + placed[high..].partition_point(|one| one.estimate + error.low <= highest);
        if (further_low, further_high) == (low, high) {
            return wanted.iter().map(|&place| known[place - low]).collect();
        }
        (low, high) = (further_low, further_high);
    }
}

/// Finds the exact values of those that do not have them yet, and how far the estimates may be from them.
fn look(runs: &impl DrawnBatches, placed: &mut [Placed]) -> ErrorRange {
    let known = ErrorRange::of(placed);
    let near = |estimate: f64| (estimate + known.low.midpoint(known.high)).max(0.0);
    let missing: Vec<&mut Placed> = placed.iter_mut().filter(|one| one.exact.is_none()).collect();
    missing.into_par_iter().for_each_init(Scratch::default, |scratch, one| {
        one.exact = Some(runs.exact(scratch, one.replication, near(one.estimate)));
    });
    ErrorRange::of(placed).widened()
}

/// How far exact values lie from their estimates.
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

    /// Twice as far again where the estimates are off at all.
    fn widened(self) -> Self {
        let margin =
            if self.low == 0.0 && self.high == 0.0 { 0.0 } else { SAFETY * (self.high - self.low) + 1.0 };
        Self { low: self.low - margin, high: self.high + margin }
    }
}
