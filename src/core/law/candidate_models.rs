//! Simpler explanations of a sweep, side by side with the scalability law.

use serde::{Deserialize, Serialize};

use super::least_squares::{Point, minimise, slope, squares};
use super::throughput_cap::Cap;
use super::usl::Usl;
use crate::law::tolerance::AICC_POINTS;
use crate::law::usl_fit::{self, UslFitError};

/// A model of throughput as a function of concurrency.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(tag = "model", rename_all = "snake_case")]
pub enum ScalingModel {
    /// X = λN: nothing is shared.
    Linear {
        /// Completions per second of one worker.
        lambda: f64,
    },
    /// X = min(λN, C): nothing is shared but a pipe.
    BandwidthCap {
        /// Completions per second of one worker.
        lambda: f64,
        /// Completions per second that fill the pipe.
        cap_per_s: f64,
    },
    /// The scalability law without crosstalk (Amdahl 1967).
    Amdahl(Usl),
    /// The scalability law (Gunther 2007).
    Usl(Usl),
}

impl ScalingModel {
    /// Throughput with `n` in flight, per second.
    #[must_use]
    pub fn x_per_s(&self, n: f64) -> f64 {
        match self {
            Self::Linear { lambda } => lambda * n,
            Self::BandwidthCap { lambda, cap_per_s } => (lambda * n).min(*cap_per_s),
            Self::Amdahl(usl) | Self::Usl(usl) => usl.x_per_s(n),
        }
    }

    /// What the model is called.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Linear { .. } => "linear",
            Self::BandwidthCap { .. } => "bandwidth cap",
            Self::Amdahl(_) => "Amdahl",
            Self::Usl(_) => "USL",
        }
    }

    /// Its parameters with their symbols.
    #[must_use]
    pub fn parameters(&self) -> Vec<(&'static str, f64)> {
        match self {
            Self::Linear { lambda } => vec![("λ", *lambda)],
            Self::BandwidthCap { lambda, cap_per_s } => vec![("λ", *lambda), ("C", *cap_per_s)],
            Self::Amdahl(usl) => vec![("λ", usl.lambda), ("σ", usl.sigma)],
            Self::Usl(usl) => vec![("λ", usl.lambda), ("σ", usl.sigma), ("κ", usl.kappa)],
        }
    }

    /// Bytes per second of all requests together at the cap, B = C·size; None for a model without one.
    #[must_use]
    pub fn bandwidth_bytes_per_s(&self, mean_size_bytes: f64) -> Option<f64> {
        match self {
            Self::BandwidthCap { cap_per_s, .. } => Some(cap_per_s * mean_size_bytes),
            _ => None,
        }
    }
}

/// A model fitted to a sweep.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CandidateModel {
    /// The model with its parameters.
    pub fitted: ScalingModel,
    /// Weighted sum of squared residuals.
    pub residual_squares: f64,
    /// AICc; smaller is better. None when there are too few measurements to compute it.
    pub aicc: Option<f64>,
}

/// All models fitted to the same sweep.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ModelComparison {
    /// The models, from the fewest parameters to the most.
    pub rivals: Vec<CandidateModel>,
    /// What no closed system can exceed, from the same measurements.
    pub bound: AsymptoticBound,
    /// Place in `rivals` of the model that AICc chooses; None when there are too few measurements to choose.
    pub chosen: Option<usize>,
    /// Why that one, or why none.
    pub note: String,
}

/// Fits every model that the points can determine.
///
/// # Errors
/// [`FitError::NotAMeasurement`] for a point that cannot be, [`FitError::TooFew`] without points.
pub fn compare(points: &[Point]) -> Result<ModelComparison, UslFitError> {
    let usl = match usl_fit::fit(points) {
        Err(error @ UslFitError::NotAMeasurement { .. }) => return Err(error),
        fit => fit.ok().map(|fit| fit.usl),
    };
    let Some(bound) = AsymptoticBound::of(points) else {
        return Err(UslFitError::TooFew { points: 0, concurrencies: 0 });
    };
    let cap =
        Cap::fit(points).map(|Cap { lambda, cap_per_s }| ScalingModel::BandwidthCap { lambda, cap_per_s });
    let fitted = [linear(points), cap, amdahl(points), usl.map(ScalingModel::Usl)];
    let rivals: Vec<CandidateModel> =
        fitted.into_iter().flatten().map(|fitted| rival(points, fitted)).collect();
    let enough = points.len() >= AICC_POINTS;
    let best = (0..rivals.len())
        .filter(|&index| rivals[index].aicc.is_some())
        .min_by(|&a, &b| rivals[a].aicc.unwrap_or(f64::MAX).total_cmp(&rivals[b].aicc.unwrap_or(f64::MAX)));
    let chosen = best.filter(|_| enough);
    let note = match chosen {
        Some(index) => format!(
            "{} has the smallest AICc of {} measurements; models within 2 of it are as good",
            rivals[index].fitted.name(),
            points.len()
        ),
        None => format!(
            "{} measurements are too few to choose a model: {AICC_POINTS} or more are needed, so all are shown",
            points.len()
        ),
    };
    Ok(ModelComparison { rivals, bound, chosen, note })
}

/// AICc = n·ln(SSE/n) + 2k + 2k(k+1)/(n−k−1), with the variance among the k parameters (Burnham and Anderson
/// 2002, ch. 2).
fn rival(points: &[Point], fitted: ScalingModel) -> CandidateModel {
    let residual_squares = squares(points, |n| fitted.x_per_s(n));
    // Below this a fit is as exact as the numbers are, and its logarithm would only count rounding errors.
    let rounding = 1e-24 * squares(points, |_| 0.0);
    let n = points.len() as f64;
    let k = fitted.parameters().len() as f64 + 1.0;
    let aicc = n * (residual_squares.max(rounding) / n).ln() + 2.0 * k + 2.0 * k * (k + 1.0) / (n - k - 1.0);
    CandidateModel { fitted, residual_squares, aicc: (n > k + 1.0).then_some(aicc) }
}

fn linear(points: &[Point]) -> Option<ScalingModel> {
    slope(points, |n| n).map(|lambda| ScalingModel::Linear { lambda })
}

fn amdahl(points: &[Point]) -> Option<ScalingModel> {
    let start = [slope(points, |n| n)?, 0.0, 0.0];
    let minimum = minimise(points, Usl::model, start, [true, true, false])?;
    (minimum.at[1] >= 0.0)
        .then(|| ScalingModel::Amdahl(minimum.at.into()))
        .or(Some(ScalingModel::Amdahl(start.into())))
}

/// X ≤ min(N/(R₀+Z), 1/D_max) (Denning and Buzen 1978, Computing Surveys 10:225).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct AsymptoticBound {
    /// R₀ + Z: residence time without any queueing, and think time, in seconds.
    pub cycle_s: f64,
    /// 1/D_max: completions per second of the busiest resource when it never rests.
    pub largest_x_per_s: f64,
}

impl AsymptoticBound {
    /// The bound that the measurements show: the shortest N/X and the largest X among them. None without any.
    pub(crate) fn of(points: &[Point]) -> Option<Self> {
        let shortest = points.iter().map(|point| point.n / point.x_per_s).min_by(f64::total_cmp)?;
        let largest = points.iter().map(|point| point.x_per_s).max_by(f64::total_cmp)?;
        Some(Self { cycle_s: shortest, largest_x_per_s: largest })
    }

    /// Largest possible throughput with `n` in flight, per second.
    #[must_use]
    pub fn x_per_s(&self, n: f64) -> f64 {
        (n / self.cycle_s).min(self.largest_x_per_s)
    }

    /// The knee: above this concurrency requests must queue.
    #[must_use]
    pub fn knee_n(&self) -> f64 {
        self.cycle_s * self.largest_x_per_s
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random;

    fn sweep(count: u64, x_per_s: impl Fn(f64) -> f64) -> Vec<Point> {
        let noisy = |n: u64| x_per_s(n as f64) * (1.0 + 0.01 * random::normal(3, &[n]));
        (1..=count).map(|i| Point::relative((3 * i) as f64, noisy(3 * i))).collect()
    }

    fn chosen(points: &[Point]) -> ScalingModel {
        let seen = compare(points).unwrap();
        seen.rivals[seen.chosen.unwrap()].fitted
    }

    #[test]
    fn each_system_is_recognised_and_its_parameters_found() {
        let near = |seen: f64, expected: f64| (seen / expected - 1.0).abs() < 0.05;
        let usl = Usl { lambda: 2.0, sigma: 0.05, kappa: 1e-3 };
        assert!(
            matches!(chosen(&sweep(16, |n| 2.0 * n)), ScalingModel::Linear { lambda } if near(lambda, 2.0))
        );
        let capped = chosen(&sweep(16, |n| (2.0 * n).min(50.0)));
        assert!(
            matches!(capped, ScalingModel::BandwidthCap { lambda, cap_per_s } if near(lambda, 2.0) && near(cap_per_s, 50.0))
        );
        assert!(near(capped.bandwidth_bytes_per_s(7e8).unwrap(), 35e9));
        let amdahl = chosen(&sweep(16, |n| Usl { kappa: 0.0, ..usl }.x_per_s(n)));
        assert!(matches!(amdahl, ScalingModel::Amdahl(found) if near(found.sigma, 0.05)), "{amdahl:?}");
        let found = chosen(&sweep(16, |n| usl.x_per_s(n)));
        assert!(matches!(found, ScalingModel::Usl(found) if near(found.kappa, 1e-3)), "{found:?}");
    }

    #[test]
    fn too_few_measurements_show_all_and_choose_none() {
        let seen = compare(&sweep(11, |n| 2.0 * n)).unwrap();
        assert_eq!((seen.rivals.len(), seen.chosen), (4, None));
        assert!(seen.note.starts_with("11 measurements are too few"));
        let two = compare(&sweep(2, |n| 2.0 * n)).unwrap();
        assert!(two.rivals.iter().all(|rival| rival.aicc.is_none()));
        assert!(compare(&[]).is_err() && compare(&[Point::new(0.5, 1.0)]).is_err());
    }

    #[test]
    fn aicc_is_the_published_formula() {
        let points: Vec<Point> =
            [2.1, 3.9, 6.2].iter().zip(1..).map(|(&x, n)| Point::new(f64::from(n), x)).collect();
        let seen = rival(&[&points[..], &points[..]].concat(), ScalingModel::Linear { lambda: 2.0 });
        let squares = 2.0 * (0.01 + 0.01 + 0.04);
        let expected = 6.0 * (squares / 6.0f64).ln() + 4.0 + 12.0 / 3.0;
        assert!((seen.aicc.unwrap() - expected).abs() < 1e-9);
    }

    #[test]
    fn no_throughput_is_above_the_bound_and_the_knee_is_where_its_lines_meet() {
        let points = sweep(16, |n| Usl { lambda: 2.0, sigma: 0.05, kappa: 1e-3 }.x_per_s(n));
        let bound = AsymptoticBound::of(&points).unwrap();
        assert!(points.iter().all(|point| point.x_per_s <= bound.x_per_s(point.n) * (1.0 + 1e-12)));
        let knee = AsymptoticBound { cycle_s: 30.0, largest_x_per_s: 20.0 }.knee_n();
        assert_eq!(knee, 600.0);
    }
}
