//! Means of consecutive stretches of a run, which are nearly independent when the stretches are long.

use statrs::distribution::{ContinuousCDF, Normal};

/// Means of `batches` equal stretches; the earliest observations that fill none are left out. None when there
/// are fewer observations than batches, or no batches.
pub(crate) fn batch_means(observations: &[f64], batches: usize) -> Option<Vec<f64>> {
    let length = observations.len().checked_div(batches).filter(|&length| length > 0)?;
    let used = &observations[observations.len() - batches * length..];
    Some(used.chunks_exact(length).map(|batch| batch.iter().sum::<f64>() / length as f64).collect())
}

/// One value for each of `batches` equal stretches of a ratio of two sums, given as what each observation adds to
/// them. Their mean is the ratio r of the sums over all stretches, which a mean of ratios is not. None where
/// [`batch_means`] has none, or the second sum is 0.
///
/// A stretch that adds a to the first sum and b to the second counts as r + (a − r·b)/b̄: the classical estimator of a
/// ratio (Cochran 1977, Sampling Techniques, ch. 6). Where all b are alike, that is its own ratio.
pub(crate) fn batch_ratios(observations: &[(f64, f64)], batches: usize) -> Option<Vec<f64>> {
    let [first, second]: [Vec<f64>; 2] = [
        observations.iter().map(|(first, _)| *first).collect(),
        observations.iter().map(|(_, second)| *second).collect(),
    ];
    let (first, second) = (batch_means(&first, batches)?, batch_means(&second, batches)?);
    let sum = second.iter().sum::<f64>();
    let ratio = first.iter().sum::<f64>() / sum;
    let mean = sum / batches as f64;
    let value = |(a, b): (&f64, &f64)| ratio + (a - ratio * b) / mean;
    (sum > 0.0).then(|| first.iter().zip(&second).map(value).collect())
}

/// Lag-1 autocorrelation; 0 for values that do not vary.
#[must_use]
pub fn lag_1(values: &[f64]) -> f64 {
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    let products: f64 = values.windows(2).map(|pair| (pair[0] - mean) * (pair[1] - mean)).sum();
    if squares > 0.0 { products / squares } else { 0.0 }
}

/// Whether values could be independent: von Neumann's ratio of neighbours' differences to the whole spread does
/// not show positive correlation at the given one-sided `significance`.
///
/// C = 1 − Σ(Y_i − Y_{i+1})²/(2Σ(Y_i − Ȳ)²) has mean 0 and variance (k−2)/(k²−1) and is close to normal from
/// k = 8 on (von Neumann 1941; Fishman 1978, Operations Research 26:510). False for fewer than three values.
#[must_use]
pub fn may_be_independent(values: &[f64], significance: f64) -> bool {
    let count = values.len() as f64;
    if count < 3.0 {
        return false;
    }
    let mean = values.iter().sum::<f64>() / count;
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    let differences: f64 = values.windows(2).map(|pair| (pair[0] - pair[1]).powi(2)).sum();
    let sd = ((count - 2.0) / (count * count - 1.0)).sqrt();
    let limit = sd * Normal::standard().inverse_cdf(1.0 - significance);
    squares == 0.0 || 1.0 - differences / (2.0 * squares) <= limit
}

/// Independent observations that `count` observations with lag-1 autocorrelation `correlation` are worth when
/// each depends on the one before only: n(1−φ)/(1+φ) (Law 2015, §4.4, for AR(1)).
#[must_use]
pub fn effective_size(count: usize, correlation: f64) -> f64 {
    count as f64 * (1.0 - correlation) / (1.0 + correlation)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::law::tolerance::LAG_1_SIGNIFICANCE;
    use crate::numeric::interval::Mean;
    use crate::random;

    /// An AR(1) series with standard deviation 1.
    fn correlated(seed: u64, count: u64, correlation: f64) -> Vec<f64> {
        let shock = (1.0 - correlation * correlation).sqrt();
        let mut value = random::normal(seed, &[u64::MAX]);
        (0..count)
            .map(|i| {
                value = correlation * value + shock * random::normal(seed, &[i]);
                value
            })
            .collect()
    }

    #[test]
    fn the_published_series_has_its_published_interval() {
        let series = [5.0, 7.0, 6.0, 9.0, 8.0, 10.0, 7.0, 6.0, 8.0, 9.0, 11.0, 10.0];
        let seen = Mean::of(&batch_means(&series, 4).unwrap(), 0.95).unwrap();
        assert_eq!((seen.mean, seen.count), (8.0, 4));
        assert!((seen.half_width - 2.905162716).abs() < 1e-8, "{}", seen.half_width);
    }

    #[test]
    fn what_fills_no_batch_is_left_out_at_the_start() {
        assert_eq!(batch_means(&[9.0, 1.0, 3.0, 5.0, 7.0], 2), Some(vec![2.0, 6.0]));
        assert_eq!((batch_means(&[1.0], 2), batch_means(&[1.0], 0)), (None, None));
    }

    #[test]
    fn batches_of_a_ratio_have_the_ratio_of_all_as_their_mean() {
        let residences = [(10.0, 1.0), (99.0, 99.0), (10.0, 1.0), (99.0, 99.0), (0.0, 0.0), (2.0, 1.0)];
        let seen = batch_ratios(&residences, 3).unwrap();
        assert!((seen.iter().sum::<f64>() / 3.0 - 220.0 / 201.0).abs() < 1e-12, "{seen:?}");
        assert_eq!(batch_ratios(&[(9.0, 1.0), (2.0, 4.0), (6.0, 4.0)], 2), Some(vec![0.5, 1.5]));
        assert_eq!((batch_ratios(&[(1.0, 0.0); 4], 2), batch_ratios(&[(1.0, 1.0)], 2)), (None, None));
    }

    #[test]
    fn independent_values_are_suspected_as_often_as_said_and_correlated_ones_are_found() {
        let passed = |correlation| {
            (0..2000)
                .filter(|&seed| may_be_independent(&correlated(seed, 20, correlation), LAG_1_SIGNIFICANCE))
                .count()
        };
        assert!((1860..=1940).contains(&passed(0.0)), "{}", passed(0.0));
        assert!(passed(0.8) < 200, "{}", passed(0.8));
        assert!(may_be_independent(&[2.0; 20], 0.05) && !may_be_independent(&[1.0, 2.0], 0.05));
    }

    #[test]
    fn correlated_values_are_worth_as_many_as_their_mean_says() {
        let means: Vec<f64> =
            (0..2000).map(|seed| correlated(seed, 500, 0.6).iter().sum::<f64>() / 500.0).collect();
        let variance = means.iter().map(|mean| mean * mean).sum::<f64>() / 2000.0;
        let promised = 1.0 / effective_size(500, 0.6);
        assert!((variance / promised - 1.0).abs() < 0.1, "{variance} is not {promised}");
        let found = lag_1(&correlated(7, 20_000, 0.6));
        assert!((found - 0.6).abs() < 0.02, "{found}");
        assert_eq!(lag_1(&[4.0; 10]), 0.0);
    }
}
