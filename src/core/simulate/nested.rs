//! Pools inside a pool: the dispatcher itself on the virtual clock, each inner pool with its own part of the objects.

use std::cell::RefCell;

use rayon::prelude::*;

use super::copies::{CopyService, SimulatedCopy};
use super::{LevelEvent, run};
use crate::load::attempt::{AttemptOutcome, JobEnd, RequestKind, Start};
use crate::load::dispatch::{ArrivalModel, Budget, Dispatcher, Level};
use crate::load::job::{Job, JobShape, Jobs};
use crate::load::pool::Groups;
use crate::load::retry::RetryPolicy;
use crate::random;
use crate::service::{Profile, ServiceRefusal};
use crate::units::quantity::seconds;

/// Words that set this file's draws apart from all others.
const REPLICATION: u64 = 0x6e65_7374;

/// Pools beside each other, each over its own part of the objects.
#[derive(Debug, Clone, Copy)]
pub struct Nested<'a> {
    /// Size of every object; the first pool has the first part of the list.
    pub sizes_bytes: &'a [u64],
    /// Pools.
    pub pools: u32,
    /// Workers of each.
    pub workers: u32,
    /// What follows a copy that fails.
    pub retry: RetryPolicy,
    /// Prefixes of the destination that the objects are spread over.
    pub prefixes: u32,
}

/// What one replication came to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NestedOutcome {
    /// From the first start to the last end, in seconds.
    pub makespan_s: f64,
    /// Objects that were copied.
    pub copied: u64,
    /// Copy requests, those that failed included.
    pub copy_requests: u64,
    /// Most copies in progress at once.
    pub in_flight_peak: u64,
    /// Mean requests in flight.
    pub in_flight_mean: f64,
}

/// Runs `replications`; each uses the next of `profiles`. The same seed gives the same outcomes on any number of cores.
#[must_use]
pub fn simulate_nested(
    nested: &Nested<'_>,
    profiles: &[Profile],
    replications: u64,
    seed: u64,
) -> Vec<NestedOutcome> {
    let numbered: Vec<(u64, &Profile)> = (0..replications).zip(profiles.iter().cycle()).collect();
    let outcome =
        |(replication, profile)| replicate(nested, profile, random::word(seed, &[REPLICATION, replication]));
    numbered.into_par_iter().map(outcome).collect()
}

fn replicate(nested: &Nested<'_>, profile: &Profile, seed: u64) -> NestedOutcome {
    let Nested { sizes_bytes, retry, prefixes, .. } = *nested;
    let level = Level {
        arrivals: arrivals(nested),
        max_jobs: sizes_bytes.len() as u64,
        duration_ns: u64::MAX,
        retry,
        budget: Budget::UNLIMITED,
        seed,
    };
    let copies = RefCell::new(CopyService::new(profile, prefixes, seed));
    let service = |now_ns: u64, start: &Start| {
        let object = start.object as usize;
        let copy = SimulatedCopy { object, bytes: start.bytes, ordinal: u64::from(start.attempt - 1) };
        let (duration_ns, refusal) = copies.borrow_mut().start(now_ns, copy);
        (duration_ns, refusal.map_or(AttemptOutcome::Ok, outcome_of))
    };
    let (mut last_ns, mut copied) = (0, 0);
    run(Dispatcher::new(OneCopyEach(sizes_bytes), level), service, |now_ns, event| {
        if let LevelEvent::Ended(attempt) = event {
            let refusal = (attempt.outcome != AttemptOutcome::Ok).then_some(ServiceRefusal::InternalError);
            copies.borrow_mut().end(attempt.started_ns, now_ns, refusal);
            copied += u64::from(attempt.job_end == Some(JobEnd::Done));
            last_ns = now_ns;
        }
    });
    let mut copies = copies.into_inner();
    NestedOutcome {
        makespan_s: seconds(last_ns),
        copied,
        copy_requests: copies.requests,
        in_flight_peak: copies.in_flight_peak,
        in_flight_mean: copies.close(last_ns).n(),
    }
}

/// As many objects in one pool as in the other, but for one; pools and workers that would get none are left out.
fn arrivals(nested: &Nested<'_>) -> ArrivalModel {
    let jobs = nested.sizes_bytes.len() as u64;
    let pools = u64::from(nested.pools).clamp(1, jobs.max(1));
    let borders: Vec<u64> = (0..=pools).map(|pool| jobs * pool / pools).collect();
    let largest = u32::try_from(jobs.div_ceil(pools)).unwrap_or(u32::MAX);
    ArrivalModel::Closed {
        outer: pools as u32,
        inner: nested.workers.clamp(1, largest.max(1)),
        groups: Groups::new(borders.into(), jobs),
    }
}

fn outcome_of(refusal: ServiceRefusal) -> AttemptOutcome {
    match refusal {
        ServiceRefusal::SlowDown | ServiceRefusal::Throttled => AttemptOutcome::Throttled,
        ServiceRefusal::InternalError => AttemptOutcome::ServerError,
    }
}

/// One copy for each object.
#[derive(Debug)]
struct OneCopyEach<'a>(&'a [u64]);

impl Jobs for OneCopyEach<'_> {
    fn job(&self, number: u64) -> Job {
        let bytes = self.0.get(number as usize).copied().unwrap_or(0);
        Job { object: number, bytes, items: 1, shape: JobShape::Single(RequestKind::Copy) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::service::CopyProfile;
    use crate::simulate::RETRY;

    fn nested(sizes_bytes: &[u64], pools: u32, workers: u32) -> Nested<'_> {
        Nested { sizes_bytes, pools, workers, retry: RETRY, prefixes: 1 }
    }

    fn fixed() -> Profile {
        let copy = CopyProfile { bandwidth_bytes_per_s: 1.0, ..CopyProfile::uncontended(0.0, 0.0) };
        Profile { copy, ..Profile::default() }
    }

    #[test]
    fn every_pool_works_off_its_own_part_and_the_longest_decides() {
        // The second pool has 4 objects of 10 s for 2 workers; the workers of the first are idle after 2 s.
        let sizes = [1, 1, 1, 1, 10, 10, 10, 10];
        let outcome = simulate_nested(&nested(&sizes, 2, 2), &[fixed()], 1, 1)[0];
        assert_eq!((outcome.makespan_s, outcome.copied, outcome.in_flight_peak), (20.0, 8, 4));
        assert!((outcome.in_flight_mean - 44.0 / 20.0).abs() < 1e-12);
        // One pool of four has no idle worker while an object waits.
        assert_eq!(simulate_nested(&nested(&sizes, 1, 4), &[fixed()], 1, 1)[0].makespan_s, 11.0);
    }

    #[test]
    fn more_pools_and_workers_than_objects_are_left_out() {
        for (pools, workers) in [(31, 100), (u32::MAX, u32::MAX), (1, u32::MAX)] {
            let outcome = simulate_nested(&nested(&[5, 3], pools, workers), &[fixed()], 1, 1)[0];
            assert_eq!((outcome.makespan_s, outcome.in_flight_peak), (5.0, 2));
        }
        assert_eq!(simulate_nested(&nested(&[], 31, 100), &[fixed()], 1, 1)[0].makespan_s, 0.0);
    }

    #[test]
    fn a_busy_prefix_refuses_and_the_copies_are_made_again() {
        let mut profile = fixed();
        profile.request.prefix_rate_per_s = 10.0;
        let outcome = simulate_nested(&nested(&[60; 100], 10, 10), &[profile], 1, 1)[0];
        assert!(outcome.copy_requests > 150 && outcome.makespan_s > 60.0, "{outcome:?}");
        assert!(outcome.copied >= 90, "{outcome:?}");
    }

    #[test]
    fn copies_in_all_pools_slow_each_other_down() {
        let mut profile = fixed();
        profile.copy.sigma = 0.01;
        let makespan_s =
            |pools| simulate_nested(&nested(&[10; 400], pools, 10), &[profile.clone()], 1, 1)[0].makespan_s;
        // Ten jobs a worker with 400 in flight at most, against one job with up to 400.
        let alone = simulate_nested(&nested(&[10; 10], 1, 10), &[profile.clone()], 1, 1)[0].makespan_s;
        assert!(makespan_s(40) > 4.0 * alone, "{} and {alone}", makespan_s(40));
    }
}
