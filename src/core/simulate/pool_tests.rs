use proptest::prelude::*;

use super::*;
use crate::load::attempt::{AttemptOutcome, RequestKind, Start};
use crate::load::dispatch::{ArrivalModel, Budget, Dispatcher, Level};
use crate::load::job::{Job, JobShape, Jobs};
use crate::load::pool::Groups;
use crate::load::retry::RetryPolicy;
use crate::random;
use crate::simulate::{LevelEvent, run};

const AT_ONCE: Ramp = Ramp { per_s: None };

fn makespan_ns(times_ns: &[u64], workers: u64, ramp: Ramp) -> u64 {
    PoolDrain::default().makespan_ns(times_ns, workers, ramp, u64::MAX).unwrap()
}

/// The same schedule, worker by worker.
fn naive_ns(times_ns: &[u64], workers: u64, ramp: Ramp) -> u64 {
    let mut free_ns: Vec<u64> = (0..workers).map(|worker| ramp.start_ns(worker)).collect();
    let ends = times_ns.iter().map(|time_ns| {
        let first = free_ns.iter_mut().min().unwrap();
        *first += time_ns;
        *first
    });
    ends.max().unwrap_or(0)
}

#[derive(Debug)]
struct PoolCopies;

impl Jobs for PoolCopies {
    fn job(&self, number: u64) -> Job {
        Job { object: number, bytes: 1, items: 1, shape: JobShape::Single(RequestKind::Copy) }
    }
}

/// Attempts of a job that fail before one succeeds.
fn failures(seed: u64, job: u64) -> u32 {
    (random::word(seed, &[1, job]) % 5) as u32
}

fn attempt_ns(seed: u64, job: u64, attempt: u32) -> u64 {
    random::word(seed, &[2, job, u64::from(attempt)]) % 10_000_000_000
}

/// The last end that the dispatcher gives on a virtual clock, and the time that each job held its worker.
fn dispatched(seed: u64, jobs: u64, workers: u32, retry: RetryPolicy) -> (u64, Vec<u64>) {
    let groups = Groups::new([0, jobs].into(), jobs);
    let arrivals = ArrivalModel::Closed { outer: 1, inner: workers, groups };
    let level =
        Level { arrivals, max_jobs: jobs, duration_ns: u64::MAX, retry, budget: Budget::UNLIMITED, seed };
    let service = |_: u64, start: &Start| {
        let outcome = if start.attempt <= failures(seed, start.job) {
            AttemptOutcome::Throttled
        } else {
            AttemptOutcome::Ok
        };
        (attempt_ns(seed, start.job, start.attempt), outcome)
    };
    let mut last_ns = 0;
    run(Dispatcher::new(PoolCopies, level), service, |now_ns, event| {
        if let LevelEvent::Ended(_) = event {
            last_ns = now_ns;
        }
    });
    let held_ns = |job| {
        let attempts = (failures(seed, job) + 1).min(retry.max_attempts);
        let waits = (1..attempts).filter_map(|attempt| retry.back_off_ns(seed, job, 0, attempt));
        (1..=attempts).map(|attempt| attempt_ns(seed, job, attempt)).chain(waits).sum()
    };
    (last_ns, (0..jobs).map(held_ns).collect())
}

proptest! {
    #[test]
    fn it_is_the_dispatchers_schedule_to_the_nanosecond(
        seed: u64, jobs in 0u64..300, workers in 1u32..60, max_attempts in 1u32..6,
    ) {
        let retry = RetryPolicy { max_attempts, base_ns: 1_000_000_000, cap_ns: 5_000_000_000 };
        let (last_ns, times_ns) = dispatched(seed, jobs, workers, retry);
        prop_assert_eq!(makespan_ns(&times_ns, workers.into(), AT_ONCE), last_ns);
    }

    #[test]
    fn workers_may_begin_one_after_the_other_and_times_may_differ_a_million_times(
        times_ns in prop::collection::vec(prop_oneof![0u64..50, 0u64..1_000_000_000_000], 0..200),
        workers in 1u64..40, per_s in 0.01f64..1e9,
    ) {
        let ramp = Ramp { per_s: Some(per_s) };
        prop_assert_eq!(makespan_ns(&times_ns, workers, ramp), naive_ns(&times_ns, workers, ramp));
        prop_assert_eq!(makespan_ns(&times_ns, workers, AT_ONCE), naive_ns(&times_ns, workers, AT_ONCE));
    }

    #[test]
    fn a_limit_is_passed_exactly_when_the_last_job_ends_after_it(
        times_ns in prop::collection::vec(1u64..1_000_000, 1..100), workers in 1u64..40, early in 0u64..2,
    ) {
        let last_ns = makespan_ns(&times_ns, workers, AT_ONCE);
        let seen = PoolDrain::default().makespan_ns(&times_ns, workers, AT_ONCE, last_ns - early);
        prop_assert_eq!(seen, (early == 0).then_some(last_ns));
    }

    #[test]
    fn in_flight_is_never_more_than_the_workers_and_its_area_is_the_work(
        times_ns in prop::collection::vec(0u64..1_000_000, 0..100), workers in 1u64..40,
    ) {
        let steps = PoolDrain::default().in_flight(&times_ns, workers, AT_ONCE);
        prop_assert!(steps.iter().all(|step| step.in_flight <= workers));
        prop_assert_eq!(steps.last().map_or(0, |last| last.in_flight), 0);
        let area: u64 = steps.windows(2).map(|pair| (pair[1].at_ns - pair[0].at_ns) * pair[0].in_flight).sum();
        prop_assert_eq!(area, times_ns.iter().sum::<u64>());
    }
}

#[test]
fn grahams_lists() {
    for (times_ns, expected_ns) in
        [([5, 5, 4, 4, 3, 3, 3], 11), ([3, 3, 3, 4, 4, 5, 5], 12), ([5, 4, 3, 3, 3, 4, 5], 11)]
    {
        assert_eq!(makespan_ns(&times_ns, 3, AT_ONCE), expected_ns, "{times_ns:?}");
    }
}

#[test]
fn equal_times_take_whole_rounds() {
    let times_ns = vec![30; 45_000];
    assert_eq!(makespan_ns(&times_ns, 2250, AT_ONCE), 600);
    assert_eq!(makespan_ns(&times_ns, 2249, AT_ONCE), 630);
}

#[test]
fn no_jobs_take_no_time_and_no_workers_never_end() {
    assert_eq!(makespan_ns(&[], 5, AT_ONCE), 0);
    assert_eq!(makespan_ns(&[7], 5, AT_ONCE), 7);
    assert_eq!(PoolDrain::default().makespan_ns(&[7], 0, AT_ONCE, u64::MAX), None);
    assert_eq!(PoolDrain::default().makespan_ns(&[], 0, AT_ONCE, 0), Some(0));
}
