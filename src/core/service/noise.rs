//! What makes two requests of the same size take different times: a factor of mean 1.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use statrs::function::erf::erfc;

use super::mixed::{Curve, Mixed};
use super::tailed::Tailed;
use crate::random;

/// How far the mean of a list of factors may be from 1.
const MEAN_TOLERANCE: f64 = 0.01;

/// Noise that is not lognormal, as a user writes it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Noise {
    /// Exponential factors: coefficient of variation 1.
    Exponential,
    /// Measured factors: values at evenly spaced probabilities from 0 to 1, ascending, with mean 1; straight lines
    /// between them.
    Factors(Vec<f64>),
    /// Measured factors with mean 1 whose tail goes beyond what was measured.
    Tailed(Tailed),
    /// Some requests go a slower way.
    Paths(NoisePaths),
}

/// Two ways that a request may go.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NoisePaths {
    /// Share of all requests that go the slow way, between 0 and 1.
    pub slow_share: f64,
    /// How many times as long as the others they take in the mean, above 1.
    pub slow_times: f64,
    /// Coefficient of variation of their lognormal times.
    pub slow_cv: f64,
    /// Noise of the others; lognormal with the profile's `noise_cv` where nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usual: Option<Box<Noise>>,
}

impl NoisePaths {
    /// Whether the numbers can be those of two ways; the noise of the usual one is checked by itself.
    pub(super) fn are_possible(&self) -> bool {
        self.slow_share > 0.0
            && self.slow_share < 1.0
            && self.slow_times > 1.0
            && self.slow_times.is_finite()
            && (0.0..f64::INFINITY).contains(&self.slow_cv)
    }
}

/// A distribution of factors with mean 1.
#[derive(Clone, Debug, PartialEq)]
pub enum Factor {
    /// Lognormal; `sigma` is the standard deviation of the logarithm, 0 for no noise at all.
    Lognormal {
        /// Standard deviation of the logarithm.
        sigma: f64,
    },
    /// Exponential.
    Exponential,
    /// Values at evenly spaced probabilities from 0 to 1, ascending, straight lines between them.
    Quantiles(Arc<[f64]>),
    /// A measured body and a tail that goes beyond it.
    Tailed(Arc<Tailed>),
    /// One of two ways.
    Mixed(Arc<Mixed>),
}

impl Factor {
    /// Lognormal factors with this coefficient of variation.
    #[must_use]
    pub fn lognormal(cv: f64) -> Self {
        Self::Lognormal { sigma: (cv * cv).ln_1p().sqrt() }
    }

    /// The factors of a noise; lognormal with this coefficient of variation where there is none.
    #[must_use]
    pub fn of(noise: Option<&Noise>, noise_cv: f64) -> Self {
        match noise {
            None => Self::lognormal(noise_cv),
            Some(Noise::Exponential) => Self::Exponential,
            Some(Noise::Factors(values)) => Self::Quantiles(values.as_slice().into()),
            Some(Noise::Tailed(tailed)) => Self::Tailed(tailed.clone().into()),
            Some(Noise::Paths(paths)) => {
                let usual = Self::of(paths.usual.as_deref(), noise_cv);
                Self::of_two_ways(paths.slow_share, paths.slow_times, &usual, &Self::lognormal(paths.slow_cv))
            }
        }
    }

    /// Those of which a share takes so many times as long as the others.
    fn of_two_ways(slow_share: f64, slow_times: f64, usual: &Self, slow: &Self) -> Self {
        let usual = Curve { at: &|u| usual.at(u), cdf: &|x| usual.cdf(x), cv: usual.cv() };
        let slow = Curve { at: &|u| slow.at(u), cdf: &|x| slow.cdf(x), cv: slow.cv() };
        Self::Mixed(Mixed::new(slow_share, slow_times, usual, slow).into())
    }

    /// The factor that a share `u` (0 to 1, both excluded) of all lies below.
    #[must_use]
    pub fn at(&self, u: f64) -> f64 {
        match self {
            Self::Lognormal { sigma } => {
                let normal = random::normal_at(u);
                (sigma * normal - sigma * sigma / 2.0).exp()
            }
            Self::Exponential => -(-u).ln_1p(),
            Self::Quantiles(values) => {
                let place = u * (values.len() - 1) as f64;
                let below = (place as usize).min(values.len().saturating_sub(2));
                let above = (below + 1).min(values.len() - 1);
                values[below] + (values[above] - values[below]) * (place - below as f64)
            }
            Self::Tailed(tailed) => tailed.at(u),
            Self::Mixed(mixed) => mixed.at(u),
        }
    }

    /// P(factor ≤ x).
    #[must_use]
    pub fn cdf(&self, x: f64) -> f64 {
        match self {
            _ if x < 0.0 => 0.0,
            Self::Lognormal { sigma: 0.0 } => f64::from(x >= 1.0),
            Self::Lognormal { sigma } => {
                let normal = x.ln() / sigma + sigma / 2.0;
                erfc(-normal / std::f64::consts::SQRT_2) / 2.0
            }
            Self::Exponential => -(-x).exp_m1(),
            Self::Quantiles(values) => {
                let above = values.partition_point(|&value| value <= x);
                let Some(&right) = values.get(above) else { return 1.0 };
                let Some(below) = above.checked_sub(1) else { return 0.0 };
                (below as f64 + (x - values[below]) / (right - values[below])) / (values.len() - 1) as f64
            }
            Self::Tailed(tailed) => tailed.cdf(x),
            Self::Mixed(mixed) => mixed.cdf(x),
        }
    }

    /// Standard deviation over mean.
    #[must_use]
    pub fn cv(&self) -> f64 {
        match self {
            Self::Lognormal { sigma } => (sigma * sigma).exp_m1().sqrt(),
            Self::Exponential => 1.0,
            Self::Quantiles(values) => {
                // The second moment of a straight line between a and b is (a² + ab + b²)/3.
                let squares = values.windows(2).map(|ab| ab[0] * ab[0] + ab[0] * ab[1] + ab[1] * ab[1]);
                let second = squares.sum::<f64>() / (3 * values.len().saturating_sub(1).max(1)) as f64;
                (second - mean(values).powi(2)).max(0.0).sqrt()
            }
            Self::Tailed(tailed) => {
                let (mean, second) = tailed.moments();
                (second - mean * mean).max(0.0).sqrt() / mean
            }
            Self::Mixed(mixed) => mixed.cv(),
        }
    }

    /// A draw for a purpose.
    #[must_use]
    pub fn draw(&self, seed: u64, purpose: &[u64]) -> f64 {
        match self {
            Self::Lognormal { sigma: 0.0 } => 1.0,
            _ => self.at(random::uniform(seed, purpose)),
        }
    }
}

/// Whether a measured body and its tail can be factors: a distribution with mean 1.
pub(super) fn are_tailed_factors(tailed: &Tailed) -> bool {
    tailed.is_distribution() && (tailed.moments().0 - 1.0).abs() <= MEAN_TOLERANCE
}

/// Whether a list can be factors: two or more, ascending, none negative, with mean 1.
pub(super) fn are_factors(values: &[f64]) -> bool {
    values.len() >= 2
        && values.iter().all(|value| value.is_finite() && *value >= 0.0)
        && values.is_sorted()
        && (mean(values) - 1.0).abs() <= MEAN_TOLERANCE
}

/// Mean of the distribution with straight lines between these quantiles.
fn mean(values: &[f64]) -> f64 {
    let middles = values.windows(2).map(|pair| pair[0].midpoint(pair[1])).sum::<f64>();
    middles / values.len().saturating_sub(1).max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn shapes() -> [Factor; 5] {
        let values = [0.2, 0.5, 0.9, 1.4, 2.2];
        let quantiles = values.map(|value| value / mean(&values));
        let tailed = Tailed { above: 0.8, body: vec![0.2, 0.5, 1.1, 1.3], tail: vec![1.6, 2.0, 2.5] };
        [
            Factor::lognormal(0.5),
            Factor::lognormal(2.0),
            Factor::Exponential,
            Factor::Quantiles(quantiles.into()),
            Factor::Tailed(tailed.with_mean_1().into()),
        ]
    }

    proptest! {
        #[test]
        fn the_distribution_undoes_the_quantile(u in 1e-9f64..0.999_999) {
            for shape in shapes() {
                prop_assert!((shape.cdf(shape.at(u)) - u).abs() < 1e-9, "{:?} at {}", shape, u);
            }
        }
    }

    #[test]
    fn factors_have_mean_1_and_their_stated_variation() {
        let count = 200_000;
        for shape in shapes() {
            let draws = || (0..count).map(|i| shape.draw(3, &[i]));
            let mean = draws().sum::<f64>() / count as f64;
            let cv = (draws().map(|x| (x - mean).powi(2)).sum::<f64>() / count as f64).sqrt();
            assert!((mean - 1.0).abs() < 0.02, "{shape:?}: mean {mean}");
            assert!((cv / shape.cv() - 1.0).abs() < 0.06, "{shape:?}: cv {cv} is not {}", shape.cv());
        }
        assert_eq!(Factor::lognormal(0.0).draw(1, &[1]), 1.0);
        assert_eq!((Factor::lognormal(0.0).cdf(0.99), Factor::lognormal(0.0).cdf(1.0)), (0.0, 1.0));
    }

    #[test]
    fn lists_that_are_no_factors_are_told_apart() {
        assert!(are_factors(&[0.5, 1.5]));
        for wrong in [&[1.0][..], &[0.5, 1.6], &[1.5, 0.5], &[-0.5, 2.5], &[0.5, f64::NAN]] {
            assert!(!are_factors(wrong), "{wrong:?}");
        }
        let tailed = Tailed { above: 0.5, body: vec![0.5, 0.9], tail: vec![1.5] };
        assert!(!are_tailed_factors(&tailed), "its mean is not 1");
        assert!(are_tailed_factors(&tailed.with_mean_1()));
    }

    proptest! {
        #[test]
        fn the_table_is_the_distribution(
            share in 1e-4f64..0.5, times in 1.5f64..20.0, cv in 0.05f64..1.0, u in 1e-4f64..0.999_9,
        ) {
            let mixed = Factor::of_two_ways(share, times, &Factor::lognormal(cv), &Factor::lognormal(0.3));
            prop_assert!((mixed.cdf(mixed.at(u)) - u).abs() < 3e-3, "{} at {}", mixed.cdf(mixed.at(u)), u);
        }
    }

    #[test]
    fn one_in_twenty_takes_ten_times_as_long() {
        let fixed = Factor::lognormal(0.0);
        let mixed = Factor::of_two_ways(0.05, 10.0, &fixed, &fixed);
        let usual = 1.0 / 1.45;
        for (u, value) in [(0.01, usual), (0.94, usual), (0.951, 10.0 * usual), (0.999, 10.0 * usual)] {
            assert!((mixed.at(u) / value - 1.0).abs() < 1e-6, "at {u}: {}", mixed.at(u));
        }
        assert!((mixed.cv() - (0.95 * 0.05f64).sqrt() * 9.0 * usual).abs() < 1e-9, "{}", mixed.cv());
        let mean = (0..100_000).map(|i| mixed.at((f64::from(i) + 0.5) / 1e5)).sum::<f64>() / 1e5;
        assert!((mean - 1.0).abs() < 1e-4, "{mean}");
    }
}
