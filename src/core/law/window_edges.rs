//! What the edges of a window do to X·R/N.

/// Mean and spread of the age of a request found in flight.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Age {
    /// E\[age\], in seconds.
    pub mean_s: f64,
    /// Standard deviation of the age, in seconds.
    pub sd_s: f64,
}

impl Age {
    /// From the first three moments of the residence time R, in s, s² and s³: E\[age\] = E\[R²\]/(2E\[R\]) and
    /// Var\[age\] = E\[R³\]/(3E\[R\]) − E\[age\]² (the age in a stationary renewal process; Cox 1962, §5.4).
    pub(crate) fn of_moments(first_s: f64, second_s2: f64, third_s3: f64) -> Self {
        let mean_s = second_s2 / (2.0 * first_s);
        let variance = third_s3 / (3.0 * first_s) - mean_s * mean_s;
        Self { mean_s, sd_s: variance.max(0.0).sqrt() }
    }

    /// From measured residence times; None without any.
    pub(crate) fn of_sample(residences_s: &[f64]) -> Option<Self> {
        let count = residences_s.len() as f64;
        let moment = |power| residences_s.iter().map(|time: &f64| time.powi(power)).sum::<f64>() / count;
        (moment(1) > 0.0).then(|| Self::of_moments(moment(1), moment(2), moment(3)))
    }

    /// For lognormal residence times, whose moments are E\[Rᵏ\] = mᵏ(1 + cv²)^(k(k−1)/2).
    pub(crate) fn lognormal(mean_s: f64, cv: f64) -> Self {
        let spread = 1.0 + cv * cv;
        Self::of_moments(mean_s, mean_s.powi(2) * spread, mean_s.powi(3) * spread.powi(3))
    }

    /// Standard deviation of X·R/N − 1 over `window_s` in steady state with `n` in flight: √(2/N)·sd(age)/T. The
    /// sums of ages at the two ends are independent for a window of several residence times.
    pub(crate) fn edge_noise(&self, n: f64, window_s: f64) -> f64 {
        (2.0 / n).sqrt() * self.sd_s / window_s
    }

    /// Expected X·R/N − 1 of a window that starts empty and ends full: −E\[age\]/T.
    pub(crate) fn filling_bias(&self, window_s: f64) -> f64 {
        -self.mean_s / window_s
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::law::in_flight_window::Hindsight;
    use crate::random;

    #[test]
    fn the_published_distribution_has_its_published_edges() {
        let age = Age::lognormal(30.0, 0.5);
        assert!((age.mean_s - 18.75).abs() < 1e-12 && (age.sd_s - 15.309).abs() < 5e-4);
        assert!((age.edge_noise(600.0, 600.0) - 0.00147).abs() < 5e-6);
        assert!((age.filling_bias(160.0) + 0.117).abs() < 5e-4);
    }

    #[test]
    fn a_sample_has_the_age_of_its_distribution() {
        let sample: Vec<f64> = (0..200_000).map(|i| random::lognormal(1, &[i], 30.0, 0.5)).collect();
        let (seen, truth) = (Age::of_sample(&sample).unwrap(), Age::lognormal(30.0, 0.5));
        assert!(
            (seen.mean_s / truth.mean_s - 1.0).abs() < 0.01 && (seen.sd_s / truth.sd_s - 1.0).abs() < 0.03
        );
        assert_eq!((Age::of_sample(&[]), Age::of_sample(&[0.0])), (None, None));
    }

    #[test]
    fn windows_in_steady_state_scatter_as_predicted() {
        const WORKERS: u64 = 50;
        let ns = |time_s: f64| (time_s * 1e9) as i64;
        let ratio = |seed: u64| {
            let requests: Vec<(i64, i64)> = (0..WORKERS)
                .flat_map(|worker| {
                    let mut at_s = -1000.0_f64;
                    std::iter::from_fn(move || {
                        let from_s = at_s;
                        at_s += random::lognormal(seed, &[worker, from_s.to_bits()], 30.0, 0.5);
                        (from_s < 300.0).then(|| (ns(from_s), ns(at_s)))
                    })
                })
                .collect();
            let window = Hindsight::over(requests, 300_000_000_000).window;
            window.xr() / window.n() - 1.0
        };
        let mean_square = (0..300).map(|seed| ratio(seed).powi(2)).sum::<f64>() / 300.0;
        let predicted = Age::lognormal(30.0, 0.5).edge_noise(50.0, 300.0);
        assert!(
            (mean_square.sqrt() / predicted - 1.0).abs() < 0.1,
            "{} is not {predicted}",
            mean_square.sqrt()
        );
    }
}
