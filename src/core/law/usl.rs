//! The Universal Scalability Law: throughput as a function of concurrency.
//!
//! Gunther, *Guerrilla Capacity Planning* (2007), ch. 4–6; written with the throughput of one worker as in
//! Schwartz, *Practical Scalability Analysis with the Universal Scalability Law* (2015).

use serde::{Deserialize, Serialize};

use super::least_squares::Vector;

/// X(N) = λN / (1 + σ(N−1) + κN(N−1)).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Usl {
    /// λ: completions per second of one worker alone.
    pub lambda: f64,
    /// σ: contention, the share of work that waits its turn.
    pub sigma: f64,
    /// κ: crosstalk, what each pair of workers costs. Above zero, throughput has a peak.
    pub kappa: f64,
}

impl Usl {
    /// Throughput X with `n` in flight, per second.
    #[must_use]
    pub fn x_per_s(&self, n: f64) -> f64 {
        self.lambda * n / self.slowdown(n)
    }

    /// Mean residence time R = N/X with `n` in flight, in seconds.
    #[must_use]
    pub fn r_s(&self, n: f64) -> f64 {
        self.slowdown(n) / self.lambda
    }

    /// Concurrency of the largest throughput, N* = √((1−σ)/κ) and at least 1; None while κ = 0, when more
    /// workers never hurt.
    #[must_use]
    pub fn peak_n(&self) -> Option<f64> {
        (self.kappa > 0.0).then(|| ((1.0 - self.sigma).max(0.0) / self.kappa).sqrt().max(1.0))
    }

    /// Largest throughput, per second: X(N*).
    pub(crate) fn peak_x_per_s(&self) -> Option<f64> {
        self.peak_n().map(|n| self.x_per_s(n))
    }

    /// The throughput that contention alone would allow, λ/σ per second; None while σ = 0.
    pub(crate) fn ceiling_per_s(&self) -> Option<f64> {
        (self.sigma > 0.0).then(|| self.lambda / self.sigma)
    }

    /// The smallest concurrency that gives `x_per_s`; None when no concurrency does.
    ///
    /// The smaller root of κX·N² + (σX − κX − λ)N + X(1−σ) = 0, in the form that does not cancel.
    #[must_use]
    pub fn n_for_x(&self, x_per_s: f64) -> Option<f64> {
        let square = self.kappa * x_per_s;
        let minus_linear = self.lambda - (self.sigma - self.kappa) * x_per_s;
        let constant = x_per_s * (1.0 - self.sigma);
        let discriminant = minus_linear * minus_linear - 4.0 * square * constant;
        let reachable = minus_linear > 0.0 && discriminant >= 0.0;
        reachable.then(|| 2.0 * constant / (minus_linear + discriminant.sqrt()))
    }

    /// 1 + σ(N−1) + κN(N−1): how many times longer a request takes than alone.
    #[must_use]
    pub fn slowdown(&self, n: f64) -> f64 {
        1.0 + self.sigma * (n - 1.0) + self.kappa * n * (n - 1.0)
    }

    /// X(N) and its derivatives by λ, σ and κ; None where contention below zero leaves X without meaning.
    pub(super) fn model(at: &Vector, n: f64) -> Option<(f64, Vector)> {
        let usl = Self::from(*at);
        let slowdown = usl.slowdown(n);
        let alone = n / slowdown;
        let per_slowdown = -usl.lambda * alone / slowdown;
        (slowdown > 0.0)
            .then_some((usl.lambda * alone, [alone, per_slowdown * (n - 1.0), per_slowdown * n * (n - 1.0)]))
    }
}

impl From<Vector> for Usl {
    fn from([lambda, sigma, kappa]: Vector) -> Self {
        Self { lambda, sigma, kappa }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use proptest::prelude::*;

    pub(in crate::law) const CISCO: Usl = Usl { lambda: 995.6486, sigma: 0.02671591, kappa: 7.690945e-4 };

    fn close(seen: f64, expected: f64, relative: f64) {
        assert!((seen / expected - 1.0).abs() < relative, "{seen} is not {expected}");
    }

    #[test]
    fn the_published_system_has_its_published_peak_and_inverse() {
        assert_eq!(CISCO.peak_n().unwrap().floor(), 35.0);
        close(CISCO.x_per_s(35.0), 12341.7, 1e-5);
        close(CISCO.n_for_x(12201.0).unwrap(), 29.569, 2e-5);
        assert_eq!(CISCO.n_for_x(12400.0), None);
        close(CISCO.ceiling_per_s().unwrap(), 995.6486 / 0.02671591, 1e-12);
    }

    #[test]
    fn without_crosstalk_there_is_no_peak_and_without_contention_no_ceiling() {
        let amdahl = Usl { kappa: 0.0, ..CISCO };
        assert_eq!((amdahl.peak_n(), amdahl.peak_x_per_s()), (None, None));
        assert_eq!(amdahl.n_for_x(1.01 * amdahl.ceiling_per_s().unwrap()), None);
        let linear = Usl { sigma: 0.0, ..amdahl };
        assert_eq!(linear.ceiling_per_s(), None);
        close(linear.n_for_x(2.0 * linear.lambda).unwrap(), 2.0, 1e-12);
    }

    proptest! {
        #[test]
        fn the_inverse_finds_the_concurrency_below_the_peak_again(
            lambda in 0.01f64..1e4, sigma in 0.0f64..0.9, kappa in 1e-8f64..0.1, share in 0.0f64..0.99,
        ) {
            let usl = Usl { lambda, sigma, kappa };
            let n = 1.0 + share * (usl.peak_n().unwrap() - 1.0);
            let found = usl.n_for_x(usl.x_per_s(n)).unwrap();
            prop_assert!((found / n - 1.0).abs() < 1e-6, "{found} is not {n}");
            prop_assert!((usl.x_per_s(n) * usl.r_s(n) / n - 1.0).abs() < 1e-12);
            prop_assert!(usl.n_for_x(1.0001 * usl.peak_x_per_s().unwrap()).is_none());
        }

        #[test]
        fn the_derivatives_are_those_of_the_throughput(
            lambda in 0.1f64..1e3, sigma in 0.0f64..0.9, kappa in 0.0f64..0.1, n in 1.0f64..500.0,
        ) {
            let at = [lambda, sigma, kappa];
            let (x, gradient) = Usl::model(&at, n).unwrap();
            prop_assert!((x - Usl::from(at).x_per_s(n)).abs() <= 1e-9 * x);
            for i in 0..3 {
                let step = 1e-6 * at[i].max(1e-3);
                let x_at = |sign: f64| {
                    let mut moved = at;
                    moved[i] += sign * step;
                    Usl::from(moved).x_per_s(n)
                };
                let slope = (x_at(1.0) - x_at(-1.0)) / (2.0 * step);
                prop_assert!((slope - gradient[i]).abs() <= 1e-4 * gradient[i].abs() + 1e-6, "{i}");
            }
        }
    }
}
