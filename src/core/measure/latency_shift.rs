//! Whether the jobs of two short runs are far apart, which takes fewer of them than an interval.

use serde::Serialize;

use crate::law::tolerance::{APART_CONFIDENCE, APART_FACTOR, APART_JOBS};
use crate::numeric::interval::Interval;
use crate::numeric::mann_whitney::ratio_interval;

/// How far the latencies of single jobs are apart, by a Mann–Whitney test.
///
/// It assumes nothing about the distribution of latencies, but that jobs depend on those before no longer than the run
/// itself shows: what wanders more slowly than that looks like a change. So no change below [`APART_FACTOR`] is said.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct LatencyShift {
    /// Where after ÷ before lies: the factors that the test does not reject.
    pub ratio: Interval,
    /// With this confidence.
    pub confidence: f64,
    /// Jobs of the first run, and of the second.
    pub jobs: [usize; 2],
    /// Independent jobs that these are worth.
    pub worth: [f64; 2],
}

/// How far two runs are apart, from the latencies of their jobs in nanoseconds, in the order of their intended starts.
/// None where they are not, or have too few jobs.
pub(super) fn apart(jobs: [&[u64]; 2]) -> Option<LatencyShift> {
    if jobs.iter().any(|jobs| jobs.len() < APART_JOBS) {
        return None;
    }
    let [before, after] = jobs.map(|jobs| jobs.iter().map(|&ns| ns.max(1) as f64).collect::<Vec<f64>>());
    let (ratio, worth) = ratio_interval(&before, &after, APART_CONFIDENCE)?;
    let is_far = ratio.low >= APART_FACTOR || ratio.high <= 1.0 / APART_FACTOR;
    is_far.then_some(LatencyShift {
        ratio,
        confidence: APART_CONFIDENCE,
        jobs: [before.len(), after.len()],
        worth,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random;

    /// Services whose log times wander with a lag-1 correlation and a standard deviation, and have single luck too.
    const TRUTHS: [(f64, f64, f64); 8] = [
        (0.0, 0.25, 0.0),
        (0.0, 1.0, 0.0),
        (0.5, 0.5, 0.0),
        (0.9, 0.5, 0.0),
        (0.9, 0.3, 0.3),
        (0.97, 0.5, 0.0),
        (0.99, 0.25, 0.25),
        (0.99, 1.0, 0.0),
    ];

    fn jobs((correlation, wander, draw): (f64, f64, f64), seed: u64, count: u64, factor: f64) -> Vec<u64> {
        let shock = wander * (1.0 - correlation.powi(2)).sqrt();
        let mut drift = wander * random::normal(seed, &[0]);
        let job = |i: u64| {
            drift = correlation * drift + shock * random::normal(seed, &[1, i]);
            (1e9 * factor * (drift + draw * random::normal(seed, &[2, i])).exp()) as u64
        };
        (0..count).map(job).collect()
    }

    fn found(truth: (f64, f64, f64), seed: u64, count: u64, factor: f64) -> Option<LatencyShift> {
        apart([&jobs(truth, 2 * seed, count, 1.0), &jobs(truth, 2 * seed + 1, count, factor)])
    }

    #[test]
    fn identical_services_are_apart_in_one_of_twenty_pairs_at_most_however_they_wander() {
        for truth in TRUTHS {
            for count in [20, 100] {
                let alarms = (0..400).filter(|&seed| found(truth, seed, count, 1.0).is_some()).count();
                // Three standard errors beyond 5 % of 400.
                assert!(alarms <= 33, "{alarms} of 400 with {count} jobs of {truth:?}");
            }
        }
    }

    #[test]
    fn a_slowdown_of_twenty_times_is_found_in_forty_jobs_and_none_in_a_few() {
        for truth in &TRUTHS[..3] {
            let powerful = (0..200).filter(|&seed| found(*truth, seed, 40, 20.0).is_some()).count();
            assert!(powerful > 190, "{powerful} of 200 with {truth:?}");
        }
        assert_eq!(found(TRUTHS[0], 1, APART_JOBS as u64 - 1, 20.0), None);
        let seen = found(TRUTHS[0], 1, 100, 20.0).unwrap();
        assert!(seen.ratio.contains(20.0) && seen.worth[0] > 30.0, "{seen:?}");
        assert!(found(TRUTHS[0], 1, 100, 0.05).unwrap().ratio.contains(0.05));
    }
}
