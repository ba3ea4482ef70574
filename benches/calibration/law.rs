//! How times vary around their mean: distributions of which plans are told nothing.

use planner_core::service::{Factor, Noise, NoisePaths, Profile, Tailed};
use statrs::distribution::{ContinuousCDF, Gamma, Weibull};
use statrs::function::gamma::gamma;

/// Cells of the table of factors, and how many at either end are worked out one by one: the largest decide.
const CELLS: usize = 4096;
const EXACT_CELLS: usize = 32;
/// Cells that are wider, as a ratio, are not interpolated.
const SMOOTH: f64 = 1.02;
/// Where the power tail begins, and its exponent.
const JOINED_SHARE: f64 = 0.05;
const ALPHA: f64 = 2.5;
/// Steps over which moments are summed.
const STEPS: u32 = 3000;
const STEP: f64 = 0.01;

/// A distribution of factors with mean 1.
#[derive(Debug, Clone)]
pub(crate) struct FactorLaw {
    exact: Factor,
    table: Vec<f64>,
}

impl FactorLaw {
    fn of(exact: Factor) -> Self {
        let at = |cell: usize| exact.at(cell.clamp(1, CELLS - 1) as f64 / CELLS as f64);
        Self { table: (0..=CELLS).map(at).collect(), exact }
    }

    pub(crate) fn lognormal(cv: f64) -> Self {
        Self::of(Factor::lognormal(cv))
    }

    pub(crate) fn exponential() -> Self {
        Self::of(Factor::Exponential)
    }

    pub(crate) fn gamma(cv: f64) -> Self {
        let shape = (cv * cv).recip();
        let law = Gamma::new(shape, shape).expect("shape and rate are positive");
        Self::beyond(|x| law.sf(x))
    }

    pub(crate) fn weibull(cv: f64) -> Self {
        let shape = cv.powf(-1.086);
        let law = Weibull::new(shape, gamma(1.0 + shape.recip()).recip()).expect("both are positive");
        Self::beyond(|x| law.sf(x))
    }

    /// A share of all takes `times` as long; either kind is lognormal.
    pub(crate) fn two_ways(slow_share: f64, slow_times: f64, cv: f64) -> Self {
        let mut profile = Profile::default();
        profile.copy.noise_cv = cv;
        let usual = profile.copy.noise.take().map(Box::new);
        profile.copy.noise = Some(Noise::Paths(NoisePaths { slow_share, slow_times, slow_cv: cv, usual }));
        Self::of(profile.copy.factor())
    }

    /// Lognormal up to its slowest twentieth, whose share then falls as a power.
    pub(crate) fn power_tail(cv: f64) -> Self {
        let body = Factor::lognormal(cv);
        let joined = body.at(1.0 - JOINED_SHARE);
        Self::beyond(
            |x| {
                if x < joined { 1.0 - body.cdf(x) } else { JOINED_SHARE * (x / joined).powf(-ALPHA) }
            },
        )
    }

    /// The distribution of which `beyond(x)` is larger than x, scaled to mean 1.
    fn beyond(beyond: impl Fn(f64) -> f64) -> Self {
        let at = |share| exceeded_by(share, &beyond);
        let body = (0..=400).map(|i| at(1.0 - 0.9 * f64::from(i).max(1e-3) / 400.0)).collect();
        let tail = (1..=32).map(|halvings| at(0.1 * 0.5f64.powi(halvings))).collect();
        let mut profile = Profile::default();
        profile.copy.noise = Some(Noise::Tailed(Tailed { above: 0.9, body, tail }.with_mean_1()));
        Self::of(profile.copy.factor())
    }

    /// The factor that a share `u` of all lies below.
    pub(crate) fn at(&self, u: f64) -> f64 {
        let place = u * CELLS as f64;
        let cell = place as usize;
        if (EXACT_CELLS..CELLS - EXACT_CELLS).contains(&cell) {
            let (below, above) = (self.table[cell], self.table[cell + 1]);
            // Between two ways there is nothing.
            if above < SMOOTH * below {
                return below + (above - below) * (place - cell as f64);
            }
        }
        self.exact.at(u)
    }

    /// Third central moment over that of the standard deviation; as good as infinite for a power tail.
    pub(crate) fn skewness(&self) -> f64 {
        // Over the logarithm of the share that is exceeded.
        let steps = || (0..STEPS).map(|step| (f64::from(step) + 0.5) * STEP);
        let mean = |of: &dyn Fn(f64) -> f64| {
            steps().map(|log| of(self.exact.at(-(-log).exp_m1())) * (-log).exp() * STEP).sum::<f64>()
        };
        let middle = mean(&|factor| factor);
        let central = |power: i32| mean(&|factor| (factor - middle).powi(power));
        central(3) / central(2).powf(1.5)
    }

    /// The share that takes more than so many times as long as half of all.
    pub(crate) fn beyond_median(&self, times: f64) -> f64 {
        1.0 - self.cdf(times * self.at(0.5))
    }

    /// P(factor ≤ x).
    pub(crate) fn cdf(&self, x: f64) -> f64 {
        self.exact.cdf(x)
    }
}

fn exceeded_by(share: f64, beyond: impl Fn(f64) -> f64) -> f64 {
    let (mut low, mut high) = (0.0, 1e4);
    for _ in 0..60 {
        let middle = f64::midpoint(low, high);
        if beyond(middle) > share { low = middle } else { high = middle }
    }
    high
}
