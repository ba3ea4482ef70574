//! A share of all cases, known from a number of trials.

use serde::{Deserialize, Serialize};
use statrs::distribution::{Beta, ContinuousCDF};

use crate::numeric::interval::CONFIDENCE;

/// A probability, as trials showed it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Proportion {
    /// Trials that held.
    pub hits: u64,
    /// Trials in all.
    pub trials: u64,
    /// hits / trials; 0 without trials.
    pub estimate: f64,
    /// The probability is at least this, with one-sided confidence of 95 %.
    pub at_least: f64,
}

impl Proportion {
    /// The probability behind `hits` of `trials`.
    #[must_use]
    pub fn of(hits: u64, trials: u64) -> Self {
        let estimate = if trials == 0 { 0.0 } else { hits as f64 / trials as f64 };
        Self { hits, trials, estimate, at_least: lower_bound(hits, trials, CONFIDENCE) }
    }
}

/// The smallest probability that gives so many hits or more with a chance of 1 − `confidence`: the one-sided lower
/// limit of Clopper and Pearson (1934), a quantile of Beta(hits, trials − hits + 1).
#[must_use]
pub fn lower_bound(hits: u64, trials: u64, confidence: f64) -> f64 {
    let (a, b) = (hits as f64, (trials.saturating_sub(hits) + 1) as f64);
    // No hit is no evidence of any probability, which is the one case that Beta refuses.
    Beta::new(a, b).map_or(0.0, |beta| beta.inverse_cdf(1.0 - confidence))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_bounds() {
        for (hits, trials, bound) in [(299, 299, 0.990031), (9920, 10_000, 0.990373)] {
            let seen = Proportion::of(hits, trials).at_least;
            assert!((seen - bound).abs() < 1e-6, "{hits} of {trials}: {seen} is not {bound}");
        }
        assert_eq!(lower_bound(0, 10, 0.95), 0.0);
        assert_eq!(Proportion::of(0, 0).at_least, 0.0);
    }

    #[test]
    fn all_hits_are_bounded_by_the_root() {
        for trials in [1u64, 10, 5000] {
            let root = 0.05f64.powf((trials as f64).recip());
            assert!((lower_bound(trials, trials, 0.95) - root).abs() < 1e-9);
        }
    }
}
