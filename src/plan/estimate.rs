//! A quantile of critical values, and how sure it is: that replications are finitely many, and that the service was
//! measured on finitely many jobs.

use planner_core::numeric::interval::CONFIDENCE;
use planner_core::numeric::order_statistics;

/// The quantile of the critical values and the order statistics around it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct QuantileEstimate {
    pub low: f64,
    pub point: f64,
    /// Infinite where the largest critical value is not large enough.
    pub high: f64,
}

impl QuantileEstimate {
    /// The quantile of a sample of critical values.
    pub(super) fn of(critical: &mut [f64], probability: f64) -> Self {
        critical.sort_unstable_by(f64::total_cmp);
        let at = |rank: u64| critical.get(rank as usize - 1).copied().unwrap_or(0.0);
        Self::of_sorted(critical.len() as u64, probability, at)
    }

    /// The same of so many that are sorted.
    pub(super) fn of_sorted(count: u64, probability: f64, at: impl Fn(u64) -> f64) -> Self {
        let (low, high) = order_statistics::quantile_interval(count, probability, CONFIDENCE, &at);
        Self {
            low: low.unwrap_or_else(|| at(1)),
            point: at(point_rank(count, probability)),
            high: high.unwrap_or(f64::INFINITY),
        }
    }

    /// The same for values that are `ratio` times as large, give or take a share of `error`.
    pub(super) fn scaled(self, ratio: f64, error: f64) -> Self {
        Self {
            low: self.low * ratio * (1.0 - error),
            point: self.point * ratio,
            high: self.high * ratio * (1.0 + error),
        }
    }

    /// A value that is known without simulation.
    pub(super) fn exact(value: f64) -> Self {
        Self { low: value, point: value, high: value }
    }

    /// The interval's ends when the two sources of uncertainty, being independent, add up in squares.
    pub(super) fn widened(&self, spread: SampleSpread) -> (f64, f64) {
        let times = |ratio: f64, spread: f64| f64::hypot(ratio.max(1.0).ln(), spread).exp();
        let low = self.point / times(self.point / self.low, spread.low);
        let high = self.point * times(self.high / self.point, spread.high);
        (low, high)
    }
}

/// How far the answers under resampled profiles are from the central one, as logarithms of ratios, none negative.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct SampleSpread {
    pub low: f64,
    pub high: f64,
}

impl SampleSpread {
    /// Of the logarithms of the ratios of the answers to the central one.
    pub(super) fn of(mut ratios: Vec<f64>) -> Self {
        ratios.sort_by(f64::total_cmp);
        let at = |share: f64| {
            let rank = (share * (ratios.len() as f64 - 1.0)).round() as usize;
            ratios.get(rank).copied().filter(|ratio| !ratio.is_nan()).unwrap_or(0.0)
        };
        let tail = (1.0 - CONFIDENCE) / 2.0;
        Self { low: (-at(tail)).max(0.0), high: at(1.0 - tail).max(0.0) }
    }
}

/// Replications that give the quantile an upper limit with some room.
pub(super) fn needed(probability: f64) -> u64 {
    order_statistics::smallest_count(probability, f64::midpoint(CONFIDENCE, 1.0)) * 6 / 5 + 1
}

/// The rank, from 1, that is the quantile of so many values.
pub(super) fn point_rank(replications: u64, probability: f64) -> u64 {
    ((probability * replications as f64).ceil() as u64).clamp(1, replications.max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interval_of_a_quantile_is_that_of_the_order_statistics() {
        let mut values: Vec<f64> = (1..=100).rev().map(f64::from).collect();
        let estimate = QuantileEstimate::of(&mut values, 0.5);
        assert_eq!(estimate, QuantileEstimate { low: 40.0, point: 50.0, high: 61.0 });
        assert_eq!(QuantileEstimate::of(&mut values, 0.99).high, f64::INFINITY);
    }

    #[test]
    fn independent_sources_add_up_in_squares() {
        let estimate = QuantileEstimate { low: 100.0, point: 100.0, high: 100.0 * 3f64.exp() };
        let (low, high) = estimate.widened(SampleSpread { low: 0.0, high: 4.0 });
        assert!((low - 100.0).abs() < 1e-9 && (high / 100.0 / 5f64.exp() - 1.0).abs() < 1e-12);
    }

    #[test]
    fn the_spread_leaves_out_the_tails_and_is_none_without_resamples() {
        let spread = SampleSpread::of((-100..=100).map(|i| f64::from(i) / 100.0).collect());
        assert!((spread.low - 0.95).abs() < 1e-9 && (spread.high - 0.95).abs() < 1e-9);
        assert_eq!(SampleSpread::of(Vec::new()), SampleSpread { low: 0.0, high: 0.0 });
        assert_eq!(SampleSpread::of(vec![0.2; 9]).low, 0.0);
    }
}
