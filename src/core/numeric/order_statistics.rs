//! Where a quantile lies, from ranks alone: whatever the distribution, nothing is assumed but independence.

use serde::{Deserialize, Serialize};
use statrs::distribution::{Binomial, DiscreteCDF};

/// Ranks, from 1, of the sorted sample that hold a quantile between them.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Ranks {
    /// Rank of the lower end; None when no value of the sample is low enough.
    pub low: Option<u64>,
    /// Rank of the upper end; None when no value of the sample is high enough.
    pub high: Option<u64>,
    /// Probability that the quantile lies between them, a missing end being infinite.
    pub coverage: f64,
}

/// The closest ranks with at most (1 − `confidence`)/2 of chance on either side, for the quantile `share` (0 to 1)
/// of `count` values.
///
/// The number of values below the quantile is binomial, so P(X₍l₎ ≤ ξ ≤ X₍u₎) = P(l ≤ B < u) (David and Nagaraja
/// 2003, §7.1; Hahn and Meeker 1991, §5.2).
#[must_use]
pub fn quantile_ranks(count: u64, share: f64, confidence: f64) -> Ranks {
    let tail = (1.0 - confidence) / 2.0;
    let Ok(below) = Binomial::new(share, count) else {
        return Ranks { low: None, high: None, coverage: 1.0 };
    };
    // P(B < l) grows with l and P(B ≥ u) falls with u: the last rank and the first that keep to their tails.
    let low = first(count + 1, |rank| below.cdf(rank - 1) > tail) - 1;
    let high = first(count + 1, |rank| below.sf(rank - 1) <= tail);
    let missed_low = if low == 0 { 0.0 } else { below.cdf(low - 1) };
    let missed_high = if high > count { 0.0 } else { below.sf(high - 1) };
    Ranks {
        low: (low > 0).then_some(low),
        high: (high <= count).then_some(high),
        coverage: 1.0 - missed_low - missed_high,
    }
}

/// The values at the ends of a quantile's interval, `value_at` giving the value of a rank from 1: of a sorted
/// sample `|rank| sorted[rank as usize - 1]`, or of a histogram.
#[must_use]
pub fn quantile_interval(
    count: u64,
    share: f64,
    confidence: f64,
    value_at: impl Fn(u64) -> f64,
) -> (Option<f64>, Option<f64>) {
    let ranks = quantile_ranks(count, share, confidence);
    (ranks.low.map(&value_at), ranks.high.map(&value_at))
}

/// Smallest number of values whose largest is above the quantile `share` with the given one-sided confidence:
/// 1 − pⁿ ≥ confidence (Wilks 1941). Both between 0 and 1.
#[must_use]
pub fn smallest_count(share: f64, confidence: f64) -> u64 {
    ((-confidence).ln_1p() / share.ln()).ceil() as u64
}

/// The first rank from 1 to `last` for which `holds`, which stays true once it is; `last` when it never is.
fn first(last: u64, holds: impl Fn(u64) -> bool) -> u64 {
    let (mut low, mut high) = (1, last);
    while low < high {
        let middle = low.midpoint(high);
        if holds(middle) { high = middle } else { low = middle + 1 }
    }
    low
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::histogram::TimeHistogram;
    use crate::random;

    #[test]
    fn the_published_ranks() {
        let median = quantile_ranks(100, 0.5, 0.95);
        assert_eq!((median.low, median.high), (Some(40), Some(61)));
        assert!((median.coverage - 0.964800).abs() < 5e-7);
        assert_eq!(quantile_ranks(299, 0.99, 0.95).high, None);
        assert!(quantile_ranks(299, 0.99, 0.95).low.is_some());
        let none = quantile_ranks(0, 0.5, 0.95);
        assert_eq!((none.low, none.high, none.coverage), (None, None, 1.0));
    }

    #[test]
    fn the_published_sample_sizes() {
        assert_eq!([0.95, 0.99, 0.999].map(|share| smallest_count(share, 0.95)), [59, 299, 2995]);
        for count in [2, 20, 299, 3000] {
            let share = 0.05f64.powf((count as f64 - 0.5).recip());
            assert_eq!(smallest_count(share, 0.95), count);
        }
    }

    #[test]
    fn a_quantile_lies_in_its_interval_as_often_as_said() {
        let promised = quantile_ranks(400, 0.99, 0.95).coverage;
        let holds = |seed: &u64| {
            let mut sample: Vec<f64> = (0..400).map(|i| random::exponential(*seed, &[i])).collect();
            sample.sort_by(f64::total_cmp);
            let (low, high) = quantile_interval(400, 0.99, 0.95, |rank| sample[rank as usize - 1]);
            let truth = -0.01f64.ln();
            low.is_none_or(|low| low <= truth) && high.is_none_or(|high| truth <= high)
        };
        let share = (0..2000).filter(holds).count() as f64 / 2000.0;
        assert!(promised >= 0.95 && (share - promised).abs() < 0.015, "{share} is not {promised}");
    }

    #[test]
    fn a_histogram_serves_as_well_as_a_sorted_sample() {
        let mut times = TimeHistogram::new();
        (1..=1000).for_each(|ms| times.record(ms * 1_000_000));
        let count = times.len();
        let by_rank = |rank: u64| times.quantile_s((rank as f64 - 0.5) / count as f64);
        let ranks = quantile_ranks(count, 0.9, 0.95);
        let (low, high) = quantile_interval(count, 0.9, 0.95, by_rank);
        for (value, rank) in [(low, ranks.low), (high, ranks.high)] {
            assert!((value.unwrap() * 1000.0 / rank.unwrap() as f64 - 1.0).abs() < 1e-3);
        }
    }
}
