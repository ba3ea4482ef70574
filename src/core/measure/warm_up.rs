//! Where the warm-up of a run ends.

use crate::law::tolerance::MSER_BATCH;

/// The end of a warm-up, and what is left after it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct WarmUp {
    /// Observations to leave out.
    pub observations: usize,
    /// The statistic at its minimum.
    pub statistic: f64,
    /// Mean of the observations left.
    pub mean: f64,
    /// Whether the minimum lies before half of the run. If not, the run has not settled and is too short.
    pub converged: bool,
}

/// MSER-5: averages in fives and leaves out the first d that minimise Σ_{i>d}(Y_i − Ȳ_d)²/(k−d)² over d ≤ k/2
/// (White 1997, Simulation 69:323; White, Cobb and Spratt 2000). None for fewer than five observations.
pub(crate) fn mser5(observations: &[f64]) -> Option<WarmUp> {
    let means: Vec<f64> = observations
        .chunks_exact(MSER_BATCH)
        .map(|batch| batch.iter().sum::<f64>() / MSER_BATCH as f64)
        .collect();
    let latest = means.len() / 2;
    // From the end, so that each step adds one mean to those left (Welford 1962).
    let (mut mean, mut squares, mut left) = (0.0, 0.0, 0.0);
    let mut best: Option<WarmUp> = None;
    for (batches, value) in means.iter().enumerate().rev() {
        left += 1.0;
        let distance = value - mean;
        mean += distance / left;
        squares += distance * (value - mean);
        let statistic = squares / (left * left);
        if batches <= latest && best.is_none_or(|best| statistic <= best.statistic) {
            let converged = batches < latest;
            best = Some(WarmUp { observations: batches * MSER_BATCH, statistic, mean, converged });
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 10 + 50·e^(−i/10) and a sawtooth that looks like noise.
    fn decaying(count: u32) -> Vec<f64> {
        (0..count)
            .map(|i| {
                let noise = f64::from(7919 * i % 101) / 101.0 - 0.5;
                10.0 + 50.0 * (-f64::from(i) / 10.0).exp() + noise
            })
            .collect()
    }

    #[test]
    fn the_published_series_has_its_published_warm_up() {
        let series = decaying(300);
        let seen = mser5(&series).unwrap();
        assert_eq!((seen.observations, seen.converged), (65, true));
        assert!((seen.statistic - 6.492307321e-5).abs() < 1e-13);
        assert!((seen.mean - 9.997315489).abs() < 1e-9);
        assert!((series.iter().sum::<f64>() / 300.0 - 11.746174136).abs() < 1e-9);
    }

    #[test]
    fn a_series_that_never_settles_is_said_not_to_converge() {
        let falling: Vec<f64> = (0..200).map(|i| -f64::from(i)).collect();
        assert!(!mser5(&falling).unwrap().converged);
        assert!(!mser5(&decaying(40)).unwrap().converged);
        assert_eq!(mser5(&[1.0; 4]), None);
    }

    #[test]
    fn a_steady_series_keeps_everything() {
        let seen = mser5(&[7.0; 103]).unwrap();
        assert_eq!((seen.observations, seen.mean, seen.converged), (0, 7.0, true));
    }
}
