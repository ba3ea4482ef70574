//! Whether the jobs of a run are exchangeable: times that drift, or that resemble those before them.

use planner_core::numeric::batch_means::{effective_size, lag_1, may_be_independent};
use planner_core::numeric::trend::MannKendall;

/// One-sided chance of seeing correlation where there is none.
const SIGNIFICANCE: f64 = 0.01;
/// Standard errors of Mann's and Kendall's score that chance exceeds in one of a hundred samples, either way.
const TREND_ERRORS: f64 = 2.576;
/// Standard errors more by which a trend must be off to be seen in four of five samples.
const SEEN_ERRORS: f64 = 0.842;
/// What is as good as seeing nothing.
const MOST_UNSEEN: f64 = 9.0;
/// Interquartile range of a normal distribution in standard deviations.
const QUARTILES_SD: f64 = 1.349;
/// Jobs of a level from which on the two are looked for.
const FEWEST: usize = 20;
/// The recent part of a level, after a trend.
const RECENT_SHARE: f64 = 0.25;

/// How jobs hang together, as far as it shows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Dependence {
    /// Whether times rise or fall during the run.
    pub has_trend: bool,
    /// Correlation of the logarithm of a time with the one before it; 0 where none shows.
    pub correlation: f64,
    /// By how much longer than on average the last jobs may take, as a share, so that it seldom remains unseen; 9 at
    /// most.
    pub unseen_drift: f64,
}

impl Dependence {
    /// Of logarithms of times in the order in which the jobs began, level by level.
    pub(super) fn of(levels: &[Vec<f64>]) -> Self {
        let levels = || levels.iter().filter(|level| level.len() >= FEWEST);
        let residuals: Vec<f64> = levels().flat_map(|level| without_trend(level)).collect();
        let correlation = match may_be_independent(&residuals, SIGNIFICANCE) {
            false if residuals.len() >= FEWEST => lag_1(&residuals).max(0.0),
            _ => 0.0,
        };
        let mut score = MannKendall::default();
        levels().for_each(|level| score.add(level));
        let inflation = 1.0 / effective_size(1, correlation);
        let effective = effective_size(residuals.len(), correlation);
        // The slope of a straight line, times half of its length: √3 times the error of a mean.
        let error = 3f64.sqrt() * spread(&residuals) / effective.sqrt();
        let unseen_drift = ((TREND_ERRORS + SEEN_ERRORS) * error).exp_m1();
        let unseen_drift = if residuals.is_empty() { MOST_UNSEEN } else { unseen_drift.min(MOST_UNSEEN) };
        Self { has_trend: score.z(inflation).abs() > TREND_ERRORS, correlation, unseen_drift }
    }

    /// Independent jobs that so many are worth.
    pub(super) fn effective(&self, jobs: usize) -> f64 {
        effective_size(jobs, self.correlation).max(1.0)
    }

    /// Jobs of a block that is resampled whole, for a sample of so many: Carlstein's length for correlation that
    /// decays exponentially (1986, Annals of Statistics 14:1171), and never less than the correlation time.
    pub(super) fn block(&self, jobs: usize) -> usize {
        let phi = self.correlation;
        if phi == 0.0 {
            return 1;
        }
        let carlstein = (2.0 * phi / (1.0 - phi * phi)).powf(2.0 / 3.0) * (jobs as f64).cbrt();
        let time = (1.0 + phi) / (1.0 - phi);
        (carlstein.max(time).ceil() as usize).clamp(1, jobs.div_ceil(4).max(1))
    }

    /// Where the part of a level begins that says how long copies take now.
    pub(super) fn recent(&self, jobs: usize) -> usize {
        if self.has_trend {
            jobs - ((jobs as f64 * RECENT_SHARE).ceil() as usize).max(FEWEST).min(jobs)
        } else {
            0
        }
    }
}

/// The standard deviation, as the quartiles show it: the test goes by ranks.
fn spread(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let at = |share: usize| sorted.get(sorted.len() * share / 4).copied().unwrap_or(0.0);
    (at(3) - at(1)) / QUARTILES_SD
}

/// A level without its straight line.
fn without_trend(values: &[f64]) -> Vec<f64> {
    let count = values.len() as f64;
    let middle = (count - 1.0) / 2.0;
    let mean = values.iter().sum::<f64>() / count;
    let off = |place: usize| place as f64 - middle;
    let products: f64 = values.iter().enumerate().map(|(place, value)| off(place) * (value - mean)).sum();
    let squares: f64 = (0..values.len()).map(|place| off(place).powi(2)).sum();
    let slope = products / squares;
    values.iter().enumerate().map(|(place, value)| value - mean - slope * off(place)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use planner_core::random;

    fn logs(seed: u64, count: u64, correlation: f64, drift: f64) -> Vec<f64> {
        let shock = (1.0 - correlation * correlation).sqrt();
        let mut value = random::normal(seed, &[u64::MAX]);
        (0..count)
            .map(|job| {
                value = correlation * value + shock * random::normal(seed, &[job]);
                0.5 * value + drift * job as f64 / count as f64
            })
            .collect()
    }

    fn share(seen: impl Fn(Dependence) -> bool, count: u64, correlation: f64, drift: f64) -> f64 {
        let of = |seed| Dependence::of(&[logs(seed, count, correlation, drift)]);
        (0..400).filter(|&seed| seen(of(seed))).count() as f64 / 400.0
    }

    #[test]
    fn chance_is_seldom_taken_for_either() {
        for count in [50, 250, 1000] {
            let trend = share(|it| it.has_trend, count, 0.0, 0.0);
            let correlation = share(|it| it.correlation > 0.0, count, 0.0, 0.0);
            assert!(trend < 0.03 && correlation < 0.03, "{count}: {trend} {correlation}");
        }
    }

    #[test]
    fn both_are_found_where_they_matter() {
        assert!(share(|it| it.correlation > 0.6, 250, 0.8, 0.0) > 0.95);
        assert!(share(|it| it.has_trend, 250, 0.0, 0.5) > 0.9);
        // What hangs together drifts by itself, and that is no trend.
        assert!(share(|it| it.has_trend, 250, 0.8, 0.0) < 0.15);
    }

    /// Drift over a run ends at half of it above the mean.
    #[test]
    fn a_drift_is_seen_in_four_of_five_samples() {
        let unseen = Dependence::of(&[logs(1, 250, 0.0, 0.0)]).unseen_drift;
        let seen = share(|it| it.has_trend, 250, 0.0, 2.0 * unseen.ln_1p());
        assert!((0.7..0.9).contains(&seen), "{unseen}: {seen}");
    }

    #[test]
    fn a_correlated_sample_is_worth_less_and_comes_in_blocks() {
        let tied = Dependence { has_trend: true, correlation: 0.8, unseen_drift: 0.1 };
        let free = Dependence { has_trend: false, correlation: 0.0, unseen_drift: 0.1 };
        assert!((tied.effective(90) - 10.0).abs() < 1e-9);
        assert!(tied.block(250) >= 9 && tied.block(3) == 1 && free.block(250) == 1);
        assert_eq!((tied.recent(400), tied.recent(30), tied.recent(5)), (300, 10, 0));
        let nothing = Dependence { unseen_drift: 0.0, ..free };
        assert_eq!(Dependence::of(&[vec![1.0; 30]]), nothing);
        assert_eq!(Dependence::of(&[]), Dependence { unseen_drift: MOST_UNSEEN, ..free });
    }
}
