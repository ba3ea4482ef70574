//! Whether two runs differ, and by how much.

use crate::law::tolerance::{BATCH_RESIDENCES, COMPARED_BATCHES, RESAMPLES};
use crate::numeric::interval::{CONFIDENCE, Interval, bootstrap_interval};
use crate::random;

/// The difference of a statistic between two runs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct StatisticDifference {
    /// The statistic of the first run.
    pub before: f64,
    /// The statistic of the second.
    pub after: f64,
    /// after − before.
    pub difference: f64,
    /// Where the difference lies with 95 % confidence: lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
    /// Where after ÷ before lies with 95 % confidence; None where `before` may be 0.
    pub ratio: Option<Interval>,
    /// Whether the interval leaves out 0. If not, no difference is shown, which does not show that there is none.
    pub shown: bool,
}

/// Bins in a block of at least 10·R: what is in flight across its border is then a small part of it. For two runs
/// give the longer of their mean residence times.
pub(crate) fn bins_per_block(bin_s: f64, residence_mean_s: f64) -> usize {
    ((BATCH_RESIDENCES * residence_mean_s / bin_s).ceil() as usize).max(1)
}

/// Compares a statistic of two runs, each given as blocks of equal length from its steady state, by resampling
/// blocks with replacement (Carlstein 1986, Annals of Statistics 14:1171; percentiles as in
/// [`bootstrap_interval`]). None when a run has too few blocks.
pub(crate) fn compare<B>(
    before: &[B],
    after: &[B],
    seed: u64,
    statistic: impl Fn(&[&B]) -> f64,
) -> Option<StatisticDifference> {
    if before.len().min(after.len()) < COMPARED_BATCHES {
        return None;
    }
    let resampled = |blocks: &[&B], run: u64, resample: u64| {
        let pick = |draw| blocks[random::word(seed, &[run, resample, draw as u64]) as usize % blocks.len()];
        statistic(&(0..blocks.len()).map(pick).collect::<Vec<_>>())
    };
    let [before, after] = [before, after].map(|blocks| blocks.iter().collect::<Vec<_>>());
    let pairs: Vec<(f64, f64)> =
        (0..RESAMPLES).map(|it| (resampled(&before, 0, it), resampled(&after, 1, it))).collect();
    let fewest = before.len().min(after.len()) as f64;
    let interval = |of: fn(&(f64, f64)) -> f64| {
        let mut replicates: Vec<f64> = pairs.iter().map(of).collect();
        bootstrap_interval(&mut replicates, CONFIDENCE, fewest - 1.0, (fewest / (fewest - 1.0)).sqrt())
    };
    let (before, after) = (statistic(&before), statistic(&after));
    let everything = Interval { low: f64::NEG_INFINITY, high: f64::INFINITY };
    let Interval { low, high } = interval(|(before, after)| after - before).unwrap_or(everything);
    let ratio =
        interval(|(before, after)| after / before).filter(|_| pairs.iter().all(|(before, _)| *before > 0.0));
    let shown = low > 0.0 || high < 0.0;
    Some(StatisticDifference { before, after, difference: after - before, low, high, ratio, shown })
}

/// Sum of one value of the blocks over the sum of another, such as residence times over completions; 0 when the
/// second sum is 0.
pub(crate) fn ratio<B>(blocks: &[&B], parts: impl Fn(&B) -> (f64, f64)) -> f64 {
    let parts = blocks.iter().map(|block| parts(block));
    let (above, below) = parts.fold((0.0, 0.0), |sum, part| (sum.0 + part.0, sum.1 + part.1));
    if below == 0.0 { 0.0 } else { above / below }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::histogram::TimeHistogram;
    use crate::numeric::batch_means::batch_means;

    /// A series about `mean` whose values depend on those before.
    fn series(seed: u64, count: u64, mean: f64) -> Vec<f64> {
        let mut drift = 0.0;
        (0..count)
            .map(|i| {
                drift = 0.7 * drift + random::normal(seed, &[i]);
                mean + drift
            })
            .collect()
    }

    /// Compares runs of 400 and 300 s in bins of 5 s and blocks of 20 s.
    fn means(seed: u64, before: f64, after: f64) -> StatisticDifference {
        let blocks = |series: Vec<f64>| batch_means(&series, series.len() / 20).unwrap();
        let before = blocks(series(2 * seed, 400, before));
        let after = blocks(series(2 * seed + 1, 300, after));
        compare(&before, &after, seed, |blocks| ratio(blocks, |block| (*block, 1.0))).unwrap()
    }

    #[test]
    fn equal_runs_show_a_difference_as_rarely_as_said() {
        let shown = (0..200).filter(|&seed| means(seed, 50.0, 50.0).shown).count();
        assert!((3..=18).contains(&shown), "{shown} of 200");
    }

    #[test]
    fn a_difference_is_shown_with_its_size() {
        let held = (0..50).filter(|&seed| {
            let seen = means(seed, 50.0, 52.0);
            assert!(seen.shown && seen.ratio.unwrap().contains(seen.after / seen.before), "{seen:?}");
            seen.low <= 2.0 && 2.0 <= seen.high
        });
        assert!((44..=50).contains(&held.count()));
    }

    #[test]
    fn ratios_and_percentiles_are_compared_as_well_as_means() {
        let bins = |shift: u64| -> Vec<TimeHistogram> {
            (0..12)
                .map(|bin| {
                    let mut times = TimeHistogram::new();
                    (0..100).for_each(|i| {
                        times.record(shift + (1e3 * random::lognormal(shift, &[bin, i], 1.0, 0.2)) as u64);
                    });
                    times
                })
                .collect()
        };
        let (before, after) = (bins(1), bins(500));
        let p90_s = |blocks: &[&TimeHistogram]| {
            let mut all = TimeHistogram::new();
            blocks.iter().for_each(|times| all.add(times));
            all.quantile_s(0.9)
        };
        let seen = compare(&before, &after, 1, p90_s).unwrap();
        assert!(seen.shown && seen.low > 0.4e-6 && seen.high < 0.6e-6, "{seen:?}");
        let count = |times: &TimeHistogram| (times.len() as f64, 50.0);
        let same = compare(&before, &after, 1, |blocks| ratio(blocks, count)).unwrap();
        assert_eq!((same.before, same.difference, same.shown), (2.0, 0.0, false));
    }

    #[test]
    fn a_short_run_is_refused() {
        let compared = |blocks: usize| compare(&[1.0; 25], &[1.0; 25][..blocks], 0, |_| 1.0);
        assert!(compared(COMPARED_BATCHES).is_some() && compared(COMPARED_BATCHES - 1).is_none());
        assert_eq!((bins_per_block(1.0, 1.6), bins_per_block(1.0, 0.0)), (16, 1));
    }
}
