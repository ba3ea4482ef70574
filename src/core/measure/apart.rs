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
pub struct Apart {
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
pub(super) fn apart(jobs: [&[u64]; 2]) -> Option<Apart> {
    if jobs.iter().any(|jobs| jobs.len() < APART_JOBS) {
        return None;
    }
    let [before, after] = jobs.map(|jobs| jobs.iter().map(|&ns| ns.max(1) as f64).collect::<Vec<f64>>());
    let (ratio, worth) = ratio_interval(&before, &after, APART_CONFIDENCE)?;
    let is_far = ratio.low >= APART_FACTOR || ratio.high <= 1.0 / APART_FACTOR;
    is_far.then_some(Apart { ratio, confidence: APART_CONFIDENCE, jobs: [before.len(), after.len()], worth })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random;

    /// A service whose log times are a wander with this lag-1 correlation and standard deviation, and single luck.
    #[derive(Clone, Copy)]
    struct Truth {
        correlation: f64,
        wander: f64,
        luck: f64,
    }

    impl Truth {
        fn jobs(self, seed: u64, count: u64, factor: f64) -> Vec<u64> {
            let shock = self.wander * (1.0 - self.correlation.powi(2)).sqrt();
            let mut drift = self.wander * random::normal(seed, &[0]);
            let job = |i: u64| {
                drift = self.correlation * drift + shock * random::normal(seed, &[1, i]);
                let luck = self.luck * random::normal(seed, &[2, i]);
                (1e9 * factor * (drift + luck).exp()) as u64
            };
            (0..count).map(job).collect()
        }

        /// Of so many pairs of runs whose second is slower by a factor, the share that is found to be apart.
        fn found(self, pairs: u64, count: u64, factor: f64) -> f64 {
            let is_apart = |&seed: &u64| {
                let runs = [self.jobs(2 * seed, count, 1.0), self.jobs(2 * seed + 1, count, factor)];
                apart([&runs[0], &runs[1]]).is_some()
            };
            (0..pairs).filter(is_apart).count() as f64 / pairs as f64
        }
    }

    const TRUTHS: [Truth; 8] = [
        Truth { correlation: 0.0, wander: 0.25, luck: 0.0 },
        Truth { correlation: 0.0, wander: 1.0, luck: 0.0 },
        Truth { correlation: 0.5, wander: 0.5, luck: 0.0 },
        Truth { correlation: 0.9, wander: 0.5, luck: 0.0 },
        Truth { correlation: 0.9, wander: 0.3, luck: 0.3 },
        Truth { correlation: 0.97, wander: 0.5, luck: 0.0 },
        Truth { correlation: 0.99, wander: 0.25, luck: 0.25 },
        Truth { correlation: 0.99, wander: 1.0, luck: 0.0 },
    ];

    /// Prints what it finds: `cargo test -p planner-core apart -- --nocapture`.
    #[test]
    fn identical_services_are_apart_in_one_of_twenty_pairs_at_most_however_they_wander() {
        for Truth { correlation, wander, luck } in TRUTHS {
            let truth = Truth { correlation, wander, luck };
            for count in [20, 100] {
                let [alarms, threefold, twentyfold] =
                    [1.0, 3.0, 20.0].map(|factor| truth.found(400, count, factor));
                println!("{correlation} {wander} {luck}, {count} jobs: {alarms} {threefold} {twentyfold}");
                // Three standard errors of 400 pairs beyond 5 %.
                assert!(alarms <= 0.083, "{correlation} {wander} {luck} {count}: {alarms}");
            }
        }
    }

    #[test]
    fn a_slowdown_of_twenty_times_is_found_in_forty_jobs_and_none_in_a_few() {
        for truth in &TRUTHS[..3] {
            assert!(truth.found(200, 40, 20.0) > 0.95);
        }
        assert_eq!(TRUTHS[0].found(20, APART_JOBS as u64 - 1, 20.0), 0.0);
        let runs = [TRUTHS[0].jobs(1, 100, 1.0), TRUTHS[0].jobs(2, 100, 20.0)];
        let seen = apart([&runs[0], &runs[1]]).unwrap();
        assert!(seen.ratio.contains(20.0) && seen.worth[0] > 30.0, "{seen:?}");
        let back = apart([&runs[1], &runs[0]]).unwrap();
        assert!(back.ratio.contains(0.05), "{back:?}");
    }
}
