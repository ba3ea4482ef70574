//! Measured factors with a tail that goes beyond what was measured.
//!
//! The slowest of 45,000 requests is far beyond the slowest of 250, so a list of measured factors alone would finish
//! every plan too early.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// ∫ h·ln 2·2^(−h) dh from 0 to 1: the first moment of the place within a halving.
const HALVING_FIRST: f64 = 0.5 / std::f64::consts::LN_2 - 0.5;
/// ∫ h²·ln 2·2^(−h) dh from 0 to 1: the second.
const HALVING_SECOND: f64 = 2.0 * HALVING_FIRST / std::f64::consts::LN_2 - 0.5;

/// Factors whose body was measured and whose tail was fitted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Tailed {
    /// Probability at which the tail begins.
    pub above: f64,
    /// Values at evenly spaced probabilities from 0 to `above`, ascending; straight lines between them.
    pub body: Vec<f64>,
    /// Values where the share that is still larger is a half, a quarter, an eighth … of that at `above`, ascending.
    /// Between them, and beyond the last, the value grows by equal steps for equal ratios of that share.
    pub tail: Vec<f64>,
}

impl Tailed {
    /// The value that a share `u` (0 to 1, both excluded) of all lies below.
    #[must_use]
    pub(super) fn at(&self, u: f64) -> f64 {
        if u < self.above {
            let place = u / self.above * (self.body.len() - 1) as f64;
            let below = (place as usize).min(self.body.len() - 2);
            return between(self.body[below], self.body[below + 1], place - below as f64);
        }
        let halvings = ((1.0 - self.above) / (1.0 - u)).log2();
        let step = (halvings as usize).min(self.tail.len() - 1);
        let [from, to] = self.ends(step);
        between(from, to, halvings - step as f64)
    }

    /// P(value ≤ x).
    #[must_use]
    pub(super) fn cdf(&self, x: f64) -> f64 {
        let above = self.body.partition_point(|&value| value <= x);
        if let Some(&right) = self.body.get(above) {
            let Some(below) = above.checked_sub(1) else { return 0.0 };
            let place = below as f64 + (x - self.body[below]) / (right - self.body[below]);
            return self.above * place / (self.body.len() - 1) as f64;
        }
        let step = self.tail.partition_point(|&value| value <= x).min(self.tail.len() - 1);
        let [from, to] = self.ends(step);
        if from == to {
            return 1.0;
        }
        let halvings = step as f64 + (x - from) / (to - from);
        1.0 - (1.0 - self.above) * (-halvings).exp2()
    }

    /// Mean of the values and of their squares.
    #[must_use]
    pub(super) fn moments(&self) -> (f64, f64) {
        let share = self.above / (self.body.len() - 1) as f64;
        let mut sums = (0.0, 0.0);
        for ends in self.body.windows(2) {
            let (from, to) = (ends[0], ends[1]);
            sums.0 += share * from.midpoint(to);
            sums.1 += share * (from * from + from * to + to * to) / 3.0;
        }
        let last = self.tail.len() - 1;
        for step in 0..=last {
            let share = (1.0 - self.above) * (-(step as f64)).exp2();
            let [from, to] = self.ends(step);
            let slope = to - from;
            // The last step goes on for ever, exponentially distributed.
            let (whole, first, second) = match step == last {
                false => (0.5, HALVING_FIRST, HALVING_SECOND),
                true => (1.0, std::f64::consts::LOG2_E, 2.0 * std::f64::consts::LOG2_E.powi(2)),
            };
            sums.0 += share * (whole * from + first * slope);
            sums.1 += share * (whole * from * from + 2.0 * first * from * slope + second * slope * slope);
        }
        sums
    }

    /// The same shape with mean 1.
    #[must_use]
    pub fn with_mean_1(mut self) -> Self {
        let mean = self.moments().0;
        self.body.iter_mut().chain(&mut self.tail).for_each(|value| *value /= mean);
        self
    }

    /// Whether it can be a distribution: a body, a tail, all values ascending and none negative.
    pub(super) fn is_distribution(&self) -> bool {
        let values = || self.body.iter().chain(&self.tail);
        (0.0..1.0).contains(&self.above)
            && self.above > 0.0
            && self.body.len() >= 2
            && !self.tail.is_empty()
            && values().all(|value| value.is_finite() && *value >= 0.0)
            && values().is_sorted()
    }

    /// The values at the ends of a halving.
    fn ends(&self, step: usize) -> [f64; 2] {
        let from = match step {
            0 => self.body[self.body.len() - 1],
            _ => self.tail[step - 1],
        };
        [from, self.tail[step]]
    }
}

fn between(from: f64, to: f64, place: f64) -> f64 {
    from + (to - from) * place
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An exponential distribution: a tail that is exact, a body that is nearly so.
    fn exponential() -> Tailed {
        let value = |u: f64| -(-u).ln_1p();
        let body = (0..=1000).map(|i| value(0.9 * f64::from(i) / 1000.0)).collect();
        let tail = (1..=4).map(|step| value(1.0 - 0.1 * 0.5f64.powi(step))).collect();
        Tailed { above: 0.9, body, tail }
    }

    #[test]
    fn an_exponential_tail_goes_on_beyond_its_last_value() {
        let tailed = exponential();
        assert!(tailed.is_distribution());
        for u in [0.2, 0.9, 0.93, 0.999, 1.0 - 1e-7, 1.0 - 1e-12] {
            assert!((tailed.at(u) / -(1.0 - u).ln() - 1.0).abs() < 1e-4, "{u}: {}", tailed.at(u));
        }
        let (mean, square) = tailed.moments();
        assert!((mean - 1.0).abs() < 1e-5 && (square - 2.0).abs() < 1e-5, "{mean} {square}");
    }

    #[test]
    fn what_is_no_distribution_is_told() {
        let sound = || Tailed { above: 0.9, body: vec![0.5, 1.5], tail: vec![2.0] };
        assert!(sound().is_distribution());
        for wrong in [
            Tailed { above: 1.0, ..sound() },
            Tailed { above: 0.0, ..sound() },
            Tailed { above: f64::NAN, ..sound() },
            Tailed { body: vec![1.5], ..sound() },
            Tailed { body: vec![-0.5, 1.5], ..sound() },
            Tailed { tail: vec![], ..sound() },
            Tailed { tail: vec![1.4], ..sound() },
            Tailed { tail: vec![f64::INFINITY], ..sound() },
        ] {
            assert!(!wrong.is_distribution(), "{wrong:?}");
        }
    }
}
