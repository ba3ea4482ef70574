//! The tail of residence times: which family of distributions the slow part of a sample follows.
//!
//! What is not so slow counts only by its number, as a left-censored sample (Lawless 2003, *Statistical Models and
//! Methods for Lifetime Data*, ch. 2): how fast the fast requests are says little about the slowest.

use statrs::function::erf::erfc;
use statrs::function::gamma::{gamma, gamma_lr, gamma_ur, ln_gamma};

use super::nelder_mead::lowest;
use planner_core::random::normal_at;

/// A gamma with a larger shape is a lognormal to the eye, and its distribution takes ever longer to work out.
const LARGEST_GAMMA_SHAPE: f64 = 1e5;

/// A family with two parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Family {
    /// Scale e^μ, shape 1/σ.
    Lognormal,
    /// Scale θ, shape k.
    Gamma,
    /// Scale λ, shape k.
    Weibull,
}

impl Family {
    /// Those that compete for a tail.
    pub(super) const ALL: [Self; 3] = [Self::Lognormal, Self::Gamma, Self::Weibull];

    /// Logarithms of the scale and shape with mean 1 and this coefficient of variation, the Weibull's shape by
    /// the approximation cv^−1.086 (Justus et al. 1978).
    pub(super) fn with_cv(self, cv: f64) -> [f64; 2] {
        let (scale, shape) = match self {
            Self::Lognormal => {
                let variance = (cv * cv).ln_1p();
                ((-variance / 2.0).exp(), variance.sqrt().recip())
            }
            Self::Gamma => (cv * cv, (cv * cv).recip()),
            Self::Weibull => {
                let shape = cv.powf(-1.086);
                (gamma(1.0 + shape.recip()).recip(), shape)
            }
        };
        [scale.ln(), shape.ln()]
    }
}

/// The slow part of a sample, with what its likelihood needs of it.
pub(super) struct SlowPart {
    /// Logarithms of the values, ascending.
    logs: Vec<f64>,
    /// Smaller values, whose size does not count.
    below: f64,
    sum: f64,
    log_sum: f64,
    log_squares: f64,
}

impl SlowPart {
    /// The `count` largest values of an ascending sample without zeros.
    pub(super) fn of(sorted: &[f64], count: usize) -> Self {
        let values = &sorted[sorted.len() - count..];
        let logs: Vec<f64> = values.iter().map(|value| value.ln()).collect();
        Self {
            below: (sorted.len() - count) as f64,
            sum: values.iter().sum(),
            log_sum: logs.iter().sum(),
            log_squares: logs.iter().map(|log| log * log).sum(),
            logs,
        }
    }

    /// Logarithm of how likely the values are, up to what no tail changes.
    pub(super) fn log_likelihood(&self, tail: &FamilyMember) -> f64 {
        let (n, scale, shape) = (self.logs.len() as f64, tail.scale, tail.shape);
        if tail.family == Family::Gamma && shape > LARGEST_GAMMA_SHAPE {
            return f64::NEG_INFINITY;
        }
        let above = match tail.family {
            Family::Lognormal => {
                let mean = scale.ln();
                let squares = self.log_squares - 2.0 * mean * self.log_sum + n * mean * mean;
                let constant = shape.ln() - std::f64::consts::TAU.ln() / 2.0;
                n * constant - self.log_sum - squares * shape * shape / 2.0
            }
            Family::Gamma => {
                (shape - 1.0) * self.log_sum - self.sum / scale - n * (shape * scale.ln() + ln_gamma(shape))
            }
            Family::Weibull => {
                let powers: f64 = self.logs.iter().map(|log| (shape * (log - scale.ln())).exp()).sum();
                n * (shape.ln() - shape * scale.ln()) + (shape - 1.0) * self.log_sum - powers
            }
        };
        if self.below == 0.0 { above } else { above + self.below * tail.cdf(self.logs[0].exp()).ln() }
    }
}

/// A member of a family.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct FamilyMember {
    pub family: Family,
    scale: f64,
    shape: f64,
}

impl FamilyMember {
    /// The member with these logarithms of scale and shape.
    pub(super) fn member(family: Family, logs: [f64; 2]) -> Self {
        Self { family, scale: logs[0].exp(), shape: logs[1].exp() }
    }

    /// The member that the slow part makes most likely, and the logarithm of how likely; `cv` is where the search
    /// begins.
    pub(super) fn fit(family: Family, slow: &SlowPart, cv: f64) -> (Self, f64) {
        let tail = |at: [f64; 2]| Self::member(family, at);
        let unlikely = |at: [f64; 2]| -slow.log_likelihood(&tail(at));
        let best = tail(lowest(unlikely, family.with_cv(cv)));
        (best, slow.log_likelihood(&best))
    }

    /// Third central moment over the cube of the standard deviation.
    pub(super) fn skewness(&self) -> f64 {
        let shape = self.shape;
        match self.family {
            Family::Lognormal => {
                let spread = shape.powi(-2).exp();
                (spread + 2.0) * (spread - 1.0).sqrt()
            }
            Family::Gamma => 2.0 / shape.sqrt(),
            Family::Weibull => {
                let [first, second, third] = [1.0, 2.0, 3.0].map(|power| gamma(1.0 + power / shape));
                let variance = second - first * first;
                (third - 3.0 * first * second + 2.0 * first.powi(3)) / variance.powf(1.5)
            }
        }
    }

    /// P(value > x).
    pub(super) fn beyond(&self, x: f64) -> f64 {
        1.0 - self.cdf(x)
    }

    /// P(value ≤ x).
    fn cdf(&self, x: f64) -> f64 {
        let ratio = x / self.scale;
        match self.family {
            Family::Lognormal => erfc(-ratio.ln() * self.shape / std::f64::consts::SQRT_2) / 2.0,
            Family::Gamma => gamma_lr(self.shape, ratio),
            Family::Weibull => -(-ratio.powf(self.shape)).exp_m1(),
        }
    }

    /// The value that a share `above` of all exceeds.
    pub(super) fn exceeded_by(&self, above: f64) -> f64 {
        let ratio = match self.family {
            Family::Lognormal => (-normal_at(above) / self.shape).exp(),
            Family::Gamma => gamma_exceeded_by(self.shape, above),
            Family::Weibull => (-above.ln()).powf(self.shape.recip()),
        };
        self.scale * ratio
    }
}

/// The x with Q(k, x) = `above`: Newton's method on ln Q, which is concave, from the mean on or from Wilson's and
/// Hilferty's cube of a normal.
fn gamma_exceeded_by(shape: f64, above: f64) -> f64 {
    let normal = -normal_at(above);
    let cube_root = 1.0 - 1.0 / (9.0 * shape) + normal / (3.0 * shape.sqrt());
    let mut x = shape * cube_root.powi(3).max(1e-3);
    for _ in 0..20 {
        let larger = gamma_ur(shape, x);
        let log_density = (shape - 1.0) * x.ln() - x - ln_gamma(shape);
        let step = (larger / above).ln() * larger / log_density.exp();
        x = (x + step).max(x / 2.0);
        if step.abs() < 1e-10 * x {
            break;
        }
    }
    x
}

#[cfg(test)]
mod tests {
    use super::*;
    use planner_core::random;

    /// Against closed forms, and for the gamma against its own distribution.
    #[test]
    fn quantiles_of_the_families() {
        let exceeded =
            |family, scale, shape: f64, above| FamilyMember { family, scale, shape }.exceeded_by(above);
        let close = |value: f64, expected: f64| assert!((value / expected - 1.0).abs() < 1e-6, "{value}");
        close(exceeded(Family::Lognormal, 1.0, 2.0, 0.01), (0.5f64 * 2.326_347_874).exp());
        close(exceeded(Family::Weibull, 2.0, 2.0, 1e-6), 2.0 * (1e6f64.ln()).sqrt());
        // k = 1 is exponential; k = 2 has Q = e^−x(1 + x).
        close(exceeded(Family::Gamma, 3.0, 1.0, 1e-9), 3.0 * 1e9f64.ln());
        let x = exceeded(Family::Gamma, 1.0, 2.0, 1e-4);
        close((-x).exp() * (1.0 + x), 1e-4);
        for shape in [0.8, 4.0, 100.0, 1e4] {
            for above in [0.5, 0.1, 1e-5, 1e-10] {
                let tail = FamilyMember { family: Family::Gamma, scale: 1.0, shape };
                close(gamma_ur(shape, tail.exceeded_by(above)), above);
            }
        }
    }

    #[test]
    fn published_skewness_of_the_families() {
        let skewness = |family, shape| FamilyMember { family, scale: 3.0, shape }.skewness();
        let close = |value: f64, expected: f64| assert!((value / expected - 1.0).abs() < 1e-6, "{value}");
        // A lognormal law with cv 1, and the exponential one twice.
        close(skewness(Family::Lognormal, 2f64.ln().sqrt().recip()), 4.0);
        close(skewness(Family::Gamma, 1.0), 2.0);
        close(skewness(Family::Weibull, 1.0), 2.0);
        close(skewness(Family::Weibull, 2.0), 0.631_110_66);
    }

    #[test]
    fn the_slow_half_gives_the_parameters_back() {
        let count = 20_000;
        for family in Family::ALL {
            for cv in [0.2, 0.9] {
                let truth = FamilyMember::member(family, family.with_cv(cv));
                let mut sample: Vec<f64> =
                    (0..count).map(|i| truth.exceeded_by(random::uniform(5, &[i]))).collect();
                sample.sort_by(f64::total_cmp);
                let slow = SlowPart::of(&sample, count as usize / 2);
                let (found, likelihood) = FamilyMember::fit(family, &slow, 0.5);
                let best = Family::ALL
                    .map(|it| FamilyMember::fit(it, &slow, 0.5).1)
                    .into_iter()
                    .fold(f64::MIN, f64::max);
                let far = |above| (found.exceeded_by(above) / truth.exceeded_by(above)).ln().abs();
                assert!(far(1e-5) < 0.06 * (1.0 + cv), "{found:?} for {truth:?}");
                assert!(likelihood > best - 3.0, "{truth:?}: {likelihood}, another {best}");
            }
        }
    }
}
