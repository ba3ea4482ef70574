//! Fits the Universal Scalability Law to throughputs measured at several concurrencies.
//!
//! Start by ordinary least squares of N/X on 1, N−1 and N(N−1), whose coefficients are 1/λ, σ/λ and κ/λ
//! (Gunther 2007, ch. 5), then least squares on X itself, where the noise is.

use serde::{Deserialize, Serialize};

use super::fit_refusal::{FitRefusal, refusals};
use super::intervals::Intervals;
pub use super::least_squares::Point;
use super::least_squares::{Minimum, Vector, distinct, minimise, solve};
use super::usl::Usl;
use crate::numeric::interval::{CONFIDENCE, Interval, bootstrap_interval, student_t};
use crate::random;

/// A fitted law, how sure it is, and why it may not be used.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct UslFit {
    /// The best law with σ ≥ 0 and κ ≥ 0.
    pub usl: Usl,
    /// The best law without those bounds: another one only where the data want less than no contention.
    pub unbounded: Usl,
    /// Standard errors of the unbounded λ, σ and κ; 0 for a λ that was given.
    pub standard_errors: Usl,
    /// Weighted sum of squared residuals of `usl`.
    pub residual_squares: f64,
    /// Measurements less parameters fitted.
    pub degrees_of_freedom: u32,
    /// Where the parameters and the peak lie with 95 % confidence, by Student's t.
    pub intervals: Intervals,
    /// Reasons not to use the fit, gravest first; empty for a sound one.
    pub refusals: Vec<FitRefusal>,
}

/// Why no law can be fitted at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UslFitError {
    /// A throughput or concurrency that cannot be.
    #[error(
        "measurement {} of the sweep has a concurrency below 1, a throughput that is not above zero, or a weight that is not; leave it out or correct it",
        .index + 1
    )]
    NotAMeasurement {
        /// Its place, from 0.
        index: usize,
    },
    /// As many unknowns as measurements, or more.
    #[error(
        "{points} measurements at {concurrencies} concurrencies do not determine a scalability law; measure at 6 or more"
    )]
    TooFew {
        /// Measurements given.
        points: usize,
        /// Different concurrencies among them.
        concurrencies: usize,
    },
    /// The throughputs leave a parameter open, as those of a sweep that is saturated from its first level do.
    #[error(
        "these throughputs determine no scalability law; measure at lower concurrencies too, down to 1, and check that every level ran on the same system"
    )]
    NoMinimum,
}

/// Fits λ, σ and κ.
///
/// # Errors
/// When the points cannot determine a law; see [`UslFitError`]. A fit that can be computed but not relied on is no
/// error: it carries [`UslFit::refusals`].
pub fn fit(points: &[Point]) -> Result<UslFit, UslFitError> {
    Problem::new(points, None, true)?.fit()
}

/// The law between the smallest and the largest concurrency measured: the full one, or where κ may be 0 the one without
/// it. Where the peak lies does not matter there. None where the measurements leave the law open even there.
#[must_use]
pub fn within_range(points: &[Point]) -> Option<UslFit> {
    let full = fit(points).ok()?;
    if !full.refusals.iter().all(FitRefusal::is_about_the_peak) {
        return None;
    }
    let may_lack_crosstalk = full.refusals.iter().any(|reason| matches!(reason, FitRefusal::NoPeak { .. }));
    if may_lack_crosstalk { Problem::new(points, None, false).ok()?.fit().ok() } else { Some(full) }
}

/// Intervals by resampling residuals, which keeps the concurrencies of the sweep (Efron and Tibshirani 1993,
/// ch. 9). Residuals are rescaled by √(n/(n−p)) and the percentiles widened to t's.
///
/// Prefer [`UslFit::intervals`] for small noise; these follow the curvature of the law when noise is large.
pub(crate) fn bootstrap(points: &[Point], fit: &UslFit, resamples: u64, seed: u64) -> Option<Intervals> {
    let lambda = (fit.standard_errors.lambda == 0.0).then_some(fit.usl.lambda);
    let problem = Problem::new(points, lambda, true).ok()?;
    let centre = fit.unbounded;
    let inflation = (points.len() as f64 / f64::from(fit.degrees_of_freedom)).sqrt();
    let noise: Vec<f64> =
        points.iter().map(|p| (p.x_per_s - centre.x_per_s(p.n)) * p.weight.sqrt() * inflation).collect();
    let mut resampled = points.to_vec();
    let laws: Vec<Usl> = (0..resamples)
        .filter_map(|resample| {
            for (index, point) in resampled.iter_mut().enumerate() {
                let pick = random::word(seed, &[resample, index as u64]) as usize % noise.len();
                point.x_per_s = centre.x_per_s(point.n) + noise[pick] / point.weight.sqrt();
            }
            let found = minimise(&resampled, Usl::model, vector(centre), problem.free())?;
            Some(Usl::from(found.at))
        })
        .collect();
    let interval = |quantity: &dyn Fn(&Usl) -> f64| {
        let mut replicates: Vec<f64> = laws.iter().map(quantity).collect();
        bootstrap_interval(&mut replicates, CONFIDENCE, f64::from(fit.degrees_of_freedom), 1.0)
    };
    let finite = |interval: Option<Interval>| interval.filter(|it| it.high.is_finite());
    Some(Intervals {
        lambda: interval(&|usl| usl.lambda)?,
        sigma: interval(&|usl| usl.sigma)?.at_least(0.0),
        kappa: interval(&|usl| usl.kappa)?.at_least(0.0),
        peak_n: finite(interval(&|usl| usl.peak_n().unwrap_or(f64::INFINITY))),
        peak_x_per_s: finite(interval(&|usl| usl.peak_x_per_s().unwrap_or(f64::INFINITY))),
    })
}

struct Problem<'a> {
    points: &'a [Point],
    lambda: Option<f64>,
    has_crosstalk: bool,
}

impl<'a> Problem<'a> {
    fn new(points: &'a [Point], lambda: Option<f64>, has_crosstalk: bool) -> Result<Self, UslFitError> {
        let positive = |value: f64| value > 0.0 && value.is_finite();
        let sound = |point: &Point| {
            point.n >= 1.0 && [point.n, point.x_per_s, point.weight].map(positive) == [true; 3]
        };
        if let Some(index) = points.iter().position(|point| !sound(point)) {
            return Err(UslFitError::NotAMeasurement { index });
        }
        let problem = Self { points, lambda, has_crosstalk };
        let concurrencies = distinct(points);
        if points.len() <= problem.parameters() || concurrencies < problem.parameters() {
            return Err(UslFitError::TooFew { points: points.len(), concurrencies });
        }
        Ok(problem)
    }

    fn fit(&self) -> Result<UslFit, UslFitError> {
        let start = self.start();
        let unbounded =
            minimise(self.points, Usl::model, vector(start), self.free()).ok_or(UslFitError::NoMinimum)?;
        let (at, residual_squares) = self.bounded(&unbounded, start).ok_or(UslFitError::NoMinimum)?;
        let degrees_of_freedom = (self.points.len() - self.parameters()) as u32;
        let variance = unbounded.squares / f64::from(degrees_of_freedom);
        let covariance = unbounded.inverse.map(|row| row.map(|entry| entry * variance));
        let error = |i: usize| covariance[i][i].max(0.0).sqrt();
        let intervals = intervals(
            Usl::from(unbounded.at),
            &covariance,
            student_t(CONFIDENCE, f64::from(degrees_of_freedom)),
        );
        let usl = Usl::from(at);
        Ok(UslFit {
            usl,
            unbounded: Usl::from(unbounded.at),
            standard_errors: Usl { lambda: error(0), sigma: error(1), kappa: error(2) },
            residual_squares,
            degrees_of_freedom,
            intervals,
            refusals: refusals(self.points, &usl, &intervals),
        })
    }

    fn free(&self) -> [bool; 3] {
        [self.lambda.is_none(), true, self.has_crosstalk]
    }

    fn parameters(&self) -> usize {
        self.free().iter().filter(|&&free| free).count()
    }

    /// N/X = a + b(N−1) + cN(N−1), clamped to a law that can be; without contention where the points are too
    /// alike to tell.
    fn start(&self) -> Usl {
        let (mut normal, mut right) = ([[0.0; 3]; 3], [0.0; 3]);
        for point in self.points {
            let row = [1.0, point.n - 1.0, point.n * (point.n - 1.0)];
            for i in 0..3 {
                right[i] += row[i] * point.n / point.x_per_s;
                (0..3).for_each(|j| normal[i][j] += row[i] * row[j]);
            }
        }
        let steepest = self.points.iter().map(|point| point.x_per_s / point.n).fold(0.0, f64::max);
        let [a, b, c] = match solve(&normal, &right) {
            Some(coefficients) if coefficients[0] > 0.0 => coefficients,
            _ => [1.0 / steepest, 0.0, 0.0],
        };
        let lambda = self.lambda.unwrap_or(1.0 / a);
        let kappa = if self.has_crosstalk { (c * lambda).max(0.0) } else { 0.0 };
        Usl { lambda, sigma: (b * lambda).max(0.0), kappa }
    }

    /// The best law with σ ≥ 0 and κ ≥ 0, and its sum of squares. The sum of squares has one valley, so where
    /// the unbounded minimum is out of bounds the bounded one lies where σ, κ or both are 0.
    fn bounded(&self, unbounded: &Minimum, start: Usl) -> Option<(Vector, f64)> {
        let allowed = |at: &Vector| at[1] >= 0.0 && at[2] >= 0.0;
        if allowed(&unbounded.at) {
            return Some((unbounded.at, unbounded.squares));
        }
        let [lambda, _, crosstalk] = self.free();
        [[lambda, true, false], [lambda, false, crosstalk], [lambda, false, false]]
            .into_iter()
            .filter_map(|free| {
                let held = Usl {
                    lambda: start.lambda,
                    sigma: if free[1] { start.sigma } else { 0.0 },
                    kappa: if free[2] { start.kappa } else { 0.0 },
                };
                minimise(self.points, Usl::model, vector(held), free)
            })
            .map(|minimum| (minimum.at, minimum.squares))
            .filter(|(at, _)| allowed(at))
            .min_by(|a, b| a.1.total_cmp(&b.1))
    }
}

/// t intervals: of the parameters around their estimates, clipped to what they can be; of the peak on a
/// logarithmic scale by the delta method, with ∂ ln N*/∂(σ, κ) = (−1/(2(1−σ)), −1/(2κ)), and with ∂X*/∂N = 0 at
/// the peak, so that only the direct derivatives of X count.
fn intervals(usl: Usl, covariance: &[Vector; 3], t: f64) -> Intervals {
    let spread = |gradient: &Vector| {
        let variance: f64 = (0..3)
            .flat_map(|i| (0..3).map(move |j| (i, j)))
            .map(|(i, j)| gradient[i] * covariance[i][j] * gradient[j])
            .sum();
        t * variance.max(0.0).sqrt()
    };
    let kappa = Interval::around(usl.kappa, spread(&[0.0, 0.0, 1.0]));
    let relative =
        |value: f64, spread: f64| Interval { low: value / spread.exp(), high: value * spread.exp() };
    let peak = usl.peak_n().filter(|_| kappa.low > 0.0 && usl.sigma < 1.0);
    Intervals {
        lambda: Interval::around(usl.lambda, spread(&[1.0, 0.0, 0.0])).at_least(0.0),
        sigma: Interval::around(usl.sigma, spread(&[0.0, 1.0, 0.0])).at_least(0.0),
        kappa: kappa.at_least(0.0),
        peak_n: peak.map(|n| relative(n, spread(&[0.0, -0.5 / (1.0 - usl.sigma), -0.5 / usl.kappa]))),
        peak_x_per_s: peak.and_then(|n| {
            let (x, gradient) = Usl::model(&vector(usl), n)?;
            Some(relative(x, spread(&gradient) / x))
        }),
    }
}

fn vector(usl: Usl) -> Vector {
    [usl.lambda, usl.sigma, usl.kappa]
}

#[cfg(test)]
#[path = "usl_fit_tests.rs"]
pub(crate) mod tests;
