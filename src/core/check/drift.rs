//! Whether what a file shows changed while it was recorded, so that its means are of no one state.

use super::batches::Stint;
use super::note::CheckNote;
use crate::numeric::trend::MannKendall;

/// Standard errors of the score that chance exceeds in one of a hundred files, either way.
const ERRORS: f64 = 2.576;
/// Values from which on a trend is looked for, and groups that many requests are summed in.
const FEWEST: usize = 20;

/// Of requests in the order in which they started, as seconds.
pub(super) fn of_residence(mut times_ns: Vec<(i64, i64)>) -> Option<CheckNote> {
    times_ns.sort_unstable();
    let lasted = |&(start, end): &(i64, i64)| end.abs_diff(start) as f64 / 1e9;
    let group = times_ns.len().div_ceil(10 * FEWEST).max(1);
    let mean = |group: &[(i64, i64)]| group.iter().map(lasted).sum::<f64>() / group.len() as f64;
    drift(&times_ns.chunks(group).map(mean).collect::<Vec<_>>()).map(CheckNote::ResidenceDrifts)
}

/// Of completions per second, stretch by stretch.
pub(super) fn of_throughput(stints: &[Stint]) -> Option<CheckNote> {
    drift(&stints.iter().map(|stint| stint.completed / stint.length_s).collect::<Vec<_>>())
        .map(CheckNote::ThroughputDrifts)
}

/// How many times as large as all the last quarter of the values is, where they rise or fall all along.
fn drift(values: &[f64]) -> Option<f64> {
    let mut score = MannKendall::default();
    score.add(values);
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    let recent = &values[values.len() - values.len() / 4..];
    (values.len() >= FEWEST && score.z(1.0).abs() > ERRORS).then(|| mean(recent) / mean(values))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random;

    fn requests(seed: u64, slower: f64) -> Vec<(i64, i64)> {
        let lasted = |job: i64| {
            let drawn = random::lognormal(seed, &[job as u64], 1.0, 0.5);
            (1e9 * drawn * (1.0 + slower * job as f64 / 500.0)) as i64
        };
        (0..500).map(|job| (job * 100_000_000, job * 100_000_000 + lasted(job))).collect()
    }

    #[test]
    fn a_drift_is_seen_and_chance_seldom_taken_for_one() {
        let seen = |slower| (0..200).filter(|&seed| of_residence(requests(seed, slower)).is_some()).count();
        assert!(seen(0.0) <= 6 && seen(1.0) == 200, "{} {}", seen(0.0), seen(1.0));
        let Some(CheckNote::ResidenceDrifts(times)) = of_residence(requests(1, 1.0)) else {
            panic!("no drift")
        };
        assert!((1.15..1.4).contains(&times), "{times}");
        let stints: Vec<Stint> = (0..30)
            .map(|i| Stint { length_s: 2.0, completed: f64::from(60 - i), residence_s: 1.0 })
            .collect();
        assert!(matches!(of_throughput(&stints), Some(CheckNote::ThroughputDrifts(times)) if times < 1.0));
        assert_eq!(of_throughput(&stints[..19]), None);
    }
}
