//! A limit of throughput that nothing exceeds, such as a full pipe or a rate that is enforced: X = min(λN, C).
//!
//! The scalability law takes a flat top for a peak and says that more workers do harm. They neither harm nor help.

use super::least_squares::{Point, slope, squares};
use super::usl::Usl;

/// How many times as large the squared residuals of the scalability law are, at least, where a limit explains a sweep far
/// better.
const FAR_BETTER: f64 = 4.0;
/// Measurements above the knee that show a flat top.
const FLAT: usize = 2;
/// Throughput may scatter by this share of itself around a flat top.
const SCATTER: f64 = 0.05;

/// A linear rise up to a limit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cap {
    /// Completions per second of one worker.
    pub lambda: f64,
    /// Completions per second that nothing exceeds.
    pub cap_per_s: f64,
}

impl Cap {
    /// Fits one; None without points.
    ///
    /// The sum of squares is a parabola between any two neighbouring places of the bend, so its minimum is at the
    /// bottom of one of them or has its bend at a measurement.
    pub(super) fn fit(points: &[Point]) -> Option<Self> {
        let candidates = points.iter().flat_map(|bend| {
            let (below, above): (Vec<_>, Vec<_>) = points.iter().partition(|point| point.n <= bend.n);
            let apart = slope(&below, |n| n)
                .zip(slope(&above, |_| 1.0))
                .map(|(lambda, cap_per_s)| Self { lambda, cap_per_s });
            let bent =
                slope(points, |n| n.min(bend.n)).map(|lambda| Self { lambda, cap_per_s: lambda * bend.n });
            [apart, bent]
        });
        let squares = |cap: &Self| squares(points, |n| cap.x_per_s(n));
        candidates.flatten().min_by(|a, b| squares(a).total_cmp(&squares(b)))
    }

    /// The limit that explains a sweep far better than this law does; None where none does.
    #[must_use]
    pub fn instead_of(usl: &Usl, points: &[Point]) -> Option<Self> {
        let cap = Self::fit(points)?;
        let above = || points.iter().filter(|point| point.n > cap.knee_n());
        let is_flat = above().all(|point| (point.x_per_s / cap.cap_per_s - 1.0).abs() <= SCATTER);
        let residuals = [squares(points, |n| cap.x_per_s(n)), squares(points, |n| usl.x_per_s(n))];
        (above().count() >= FLAT && is_flat && FAR_BETTER * residuals[0] < residuals[1]).then_some(cap)
    }

    /// Throughput with `n` in flight, per second.
    #[must_use]
    pub fn x_per_s(&self, n: f64) -> f64 {
        (self.lambda * n).min(self.cap_per_s)
    }

    /// The concurrency from which on more adds nothing.
    #[must_use]
    pub fn knee_n(&self) -> f64 {
        self.cap_per_s / self.lambda
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::law::usl_fit::fit;
    use crate::random;

    fn sweep(x_per_s: impl Fn(f64) -> f64) -> Vec<Point> {
        let noisy = |n: f64| x_per_s(n) * (1.0 + 0.01 * random::normal(3, &[n as u64]));
        [1.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0].map(|n| Point::relative(n, noisy(n))).to_vec()
    }

    #[test]
    fn a_flat_top_is_a_limit_and_a_bend_or_a_peak_is_none() {
        let flat = sweep(|n| (9.5 * n).min(300.0));
        let cap = Cap::instead_of(&fit(&flat).unwrap().usl, &flat).unwrap();
        assert!(
            (cap.cap_per_s / 300.0 - 1.0).abs() < 0.02 && (cap.knee_n() / 31.6 - 1.0).abs() < 0.03,
            "{cap:?}"
        );
        for usl in [
            Usl { lambda: 9.5, sigma: 0.03, kappa: 1e-4 },
            Usl { lambda: 9.5, sigma: 0.03, kappa: 0.0 },
            Usl { lambda: 9.5, sigma: 0.0, kappa: 0.0 },
        ] {
            let points = sweep(|n| usl.x_per_s(n));
            assert_eq!(Cap::instead_of(&fit(&points).unwrap().usl, &points), None, "{usl:?}");
        }
    }
}
