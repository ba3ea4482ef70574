//! Intervals that hold a true value with a stated confidence.

use serde::{Deserialize, Serialize};
use statrs::distribution::{ContinuousCDF, Normal, StudentsT};

/// Confidence of every interval unless a caller asks for another.
pub const CONFIDENCE: f64 = 0.95;

/// An interval of numbers, ends included.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

impl Interval {
    /// From `center` − `half_width` to `center` + `half_width`.
    pub(crate) fn around(center: f64, half_width: f64) -> Self {
        Self { low: center - half_width, high: center + half_width }
    }

    /// Whether `value` lies in it.
    #[must_use]
    pub fn contains(&self, value: f64) -> bool {
        self.low <= value && value <= self.high
    }

    /// The same with neither end below `floor`, for a quantity that cannot be below it.
    pub(crate) fn at_least(self, floor: f64) -> Self {
        Self { low: self.low.max(floor), high: self.high.max(floor) }
    }
}

/// A mean with the half-width of its t interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Mean {
    /// Arithmetic mean.
    pub mean: f64,
    /// Half the width of the interval; infinite for a single value.
    pub half_width: f64,
    /// Number of values.
    pub count: usize,
}

impl Mean {
    /// Mean of independent values and t·s/√k with k − 1 degrees of freedom; None without values.
    #[must_use]
    pub fn of(values: &[f64], confidence: f64) -> Option<Self> {
        let count = values.len();
        if count == 0 {
            return None;
        }
        let mean = values.iter().sum::<f64>() / count as f64;
        let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
        let half_width = match count {
            1 => f64::INFINITY,
            _ => {
                let freedom = (count - 1) as f64;
                student_t(confidence, freedom) * (squares / freedom / count as f64).sqrt()
            }
        };
        Some(Self { mean, half_width, count })
    }

    /// The interval.
    #[must_use]
    pub fn interval(&self) -> Interval {
        Interval::around(self.mean, self.half_width)
    }
}

/// The t with P(|T| ≤ t) = `confidence` for Student's distribution; infinite below one degree of freedom.
#[must_use]
pub fn student_t(confidence: f64, freedom: f64) -> f64 {
    match StudentsT::new(0.0, 1.0, freedom) {
        Ok(t) if freedom >= 1.0 => t.inverse_cdf(f64::midpoint(1.0, confidence)),
        _ => f64::INFINITY,
    }
}

/// The interval between the tail percentiles of bootstrap replicates of an estimate with `freedom` degrees of
/// freedom; None without replicates.
///
/// The percentiles are those of a normal distribution at ±t, not ±z: plain percentiles of a small sample are
/// too narrow (Hesterberg 2015, "What teachers should know about the bootstrap", expanded percentiles).
/// Replicates must already have the spread of the estimate (residuals rescaled, or the √(n/(n−1)) in `spread`).
pub(crate) fn bootstrap_interval(
    replicates: &mut [f64],
    confidence: f64,
    freedom: f64,
    spread: f64,
) -> Option<Interval> {
    let last = replicates.len().checked_sub(1)? as f64;
    replicates.sort_unstable_by(f64::total_cmp);
    let tail = Normal::standard().cdf(-spread * student_t(confidence, freedom));
    let at = |share: f64| replicates[(share * last).round() as usize];
    Some(Interval { low: at(tail), high: at(1.0 - tail) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn students_quantiles_are_the_tabulated_ones() {
        for (freedom, t) in [(1.0, 12.706205), (2.0, 4.302653), (19.0, 2.093024), (200.0, 1.971896)] {
            assert!((student_t(0.95, freedom) - t).abs() < 1e-6, "{freedom}");
        }
        assert_eq!(student_t(0.95, 0.0), f64::INFINITY);
    }

    #[test]
    fn a_mean_without_spread_has_no_width_and_a_single_value_no_end() {
        let mean = Mean::of(&[3.0; 5], 0.95).unwrap();
        assert_eq!((mean.mean, mean.half_width), (3.0, 0.0));
        assert_eq!(Mean::of(&[3.0], 0.95).unwrap().interval(), Interval::around(3.0, f64::INFINITY));
        assert_eq!(Mean::of(&[], 0.95), None);
    }

    #[test]
    fn replicates_with_many_degrees_of_freedom_give_the_plain_percentiles() {
        let mut replicates: Vec<f64> = (0..=1000).rev().map(f64::from).collect();
        let seen = bootstrap_interval(&mut replicates, 0.95, 1e6, 1.0).unwrap();
        assert_eq!(seen, Interval { low: 25.0, high: 975.0 });
        let wider = bootstrap_interval(&mut replicates, 0.95, 5.0, 1.0).unwrap();
        assert!(wider.low < 10.0 && wider.high > 990.0);
        assert_eq!(bootstrap_interval(&mut [], 0.95, 5.0, 1.0), None);
    }
}
