//! The dispatcher on a virtual clock: what starts when, what is retried, and that nothing is lost.

use std::collections::HashMap;

use planner_core::load::arrival::{Process, Spacing};
use planner_core::load::attempt::{Attempt, AttemptOutcome, JobEnd, RequestKind, Start};
use planner_core::load::dispatch::{ArrivalModel, Budget, Dispatcher, Level, StopReason};
use planner_core::load::job::{Job, JobShape, Jobs};
use planner_core::load::pool::Groups;
use planner_core::load::retry::RetryPolicy;
use planner_core::random;
use planner_core::simulate::{LevelEvent, run};
use proptest::prelude::*;

const S: u64 = 1_000_000_000;

#[derive(Debug, Clone, Copy)]
struct PartCopies {
    parts: u32,
}

impl Jobs for PartCopies {
    fn job(&self, number: u64) -> Job {
        let shape = match self.parts {
            0 => JobShape::Single(RequestKind::Copy),
            parts => JobShape::Multipart { parts, part_bytes: 10, parallel: 2 },
        };
        Job { object: number, bytes: 10 * u64::from(self.parts.max(1)), items: 1, shape }
    }
}

fn level(arrivals: ArrivalModel, max_jobs: u64) -> Level {
    let retry = RetryPolicy { max_attempts: 4, base_ns: S, cap_ns: 8 * S };
    Level { arrivals, max_jobs, duration_ns: u64::MAX, retry, budget: Budget::UNLIMITED, seed: 5 }
}

fn closed(workers: u32, jobs: u64) -> Level {
    level(
        ArrivalModel::Closed { outer: 1, inner: workers, groups: Groups::new([0, jobs].into(), jobs) },
        jobs,
    )
}

fn open(per_s: f64, jobs: u64, max_in_flight: u64) -> Level {
    level(ArrivalModel::Open { process: Process::constant(per_s, Spacing::Even), max_in_flight }, jobs)
}

struct DispatchRun {
    attempts: Vec<Attempt>,
    skipped: Vec<u64>,
    reason: StopReason,
}

fn drive(parts: u32, level: Level, service: impl FnMut(u64, &Start) -> (u64, AttemptOutcome)) -> DispatchRun {
    let (mut attempts, mut skipped) = (Vec::new(), Vec::new());
    let reason = run(Dispatcher::new(PartCopies { parts }, level), service, |_, event| match event {
        LevelEvent::Started(_) => {}
        LevelEvent::Ended(attempt) => attempts.push(attempt),
        LevelEvent::Skipped { intended_ns } => skipped.push(intended_ns),
    });
    DispatchRun { attempts, skipped, reason }
}

fn makespan_s(run: &DispatchRun) -> f64 {
    run.attempts.iter().map(|attempt| attempt.ended_ns).max().unwrap_or(0) as f64 / S as f64
}

#[test]
fn list_scheduling_gives_grahams_makespans() {
    // Graham 1969: the same jobs on three workers in two orders; the best possible is 9.
    for (lengths, expected) in [([5, 5, 4, 4, 3, 3, 3], 11.0), ([3, 3, 3, 4, 4, 5, 5], 12.0)] {
        let run = drive(0, closed(3, 7), |_, start| (lengths[start.job as usize] * S, AttemptOutcome::Ok));
        assert_eq!(makespan_s(&run), expected);
    }
}

#[test]
fn a_for_loop_is_one_after_the_other() {
    let run = drive(0, closed(1, 250), |_, _| (25_200_000_000, AttemptOutcome::Ok));
    assert_eq!(makespan_s(&run), 6300.0);
    assert!(run.attempts.iter().all(|attempt| attempt.lateness_ns() == 0));
}

#[test]
fn open_arrivals_keep_their_schedule_however_slow_the_service() {
    let run = drive(0, open(20.0, 100, 1000), |_, _| (30 * S, AttemptOutcome::Ok));
    for attempt in &run.attempts {
        assert_eq!(attempt.started_ns, attempt.start.job * S / 20);
    }
    assert_eq!((run.attempts.len(), run.skipped.len()), (100, 0));
}

#[test]
fn an_arrival_that_finds_no_room_is_counted_and_never_delayed() {
    let mut level = open(10.0, u64::MAX, 5);
    level.duration_ns = 10 * S;
    let run = drive(0, level, |_, _| (S, AttemptOutcome::Ok));
    assert_eq!(run.reason, StopReason::Duration);
    assert_eq!(run.attempts.len() + run.skipped.len(), 100, "every arrival is one or the other");
    assert_eq!(run.attempts.len(), 50, "5 in flight for 1 s each is 5 per second");
    assert!(run.attempts.iter().all(|attempt| attempt.lateness_ns() == 0));
}

#[test]
fn throttles_back_off_and_come_back_while_client_errors_do_not() {
    let run = drive(0, closed(1, 2), |_, start| match (start.job, start.attempt) {
        (0, 1 | 2) => (0, AttemptOutcome::Throttled),
        (0, _) => (S, AttemptOutcome::Ok),
        _ => (S, AttemptOutcome::ClientError),
    });
    let seen: Vec<_> = run.attempts.iter().map(|a| (a.start.job, a.start.attempt, a.job_end)).collect();
    let expected = [(0, 1, None), (0, 2, None), (0, 3, Some(JobEnd::Done)), (1, 1, Some(JobEnd::Failed))];
    assert_eq!(seen, expected);
    let third = &run.attempts[2];
    assert!(
        third.start.intended_ns > 0 && third.start.job_intended_ns == 0,
        "back-off is part of the latency"
    );
}

#[test]
fn the_last_permitted_attempt_fails_the_job() {
    let run = drive(0, closed(1, 1), |_, _| (1, AttemptOutcome::ServerError));
    assert_eq!(run.attempts.len(), 4);
    assert_eq!(run.attempts[3].job_end, Some(JobEnd::Failed));
}

#[test]
fn a_multipart_job_keeps_its_parallelism_and_ends_with_complete() {
    let run = drive(5, closed(1, 1), |_, _| (S, AttemptOutcome::Ok));
    assert_eq!(makespan_s(&run), 5.0, "create, three rounds of two parts, complete");
    assert_eq!(run.attempts.last().unwrap().start.request, RequestKind::CompleteUpload);
    assert_eq!(run.attempts.iter().map(|attempt| attempt.start.bytes).sum::<u64>(), 50);
}

#[test]
fn a_part_that_fails_for_good_aborts_the_upload() {
    let run = drive(5, closed(1, 1), |_, start| match start.request {
        RequestKind::CopyPart(2) => (S / 2, AttemptOutcome::ClientError),
        _ => (S, AttemptOutcome::Ok),
    });
    let requests: Vec<_> = run.attempts.iter().map(|attempt| attempt.start.request).collect();
    let expected = [
        RequestKind::CreateUpload,
        RequestKind::CopyPart(2),
        RequestKind::CopyPart(1),
        RequestKind::AbortUpload,
    ];
    assert_eq!(requests, expected);
    assert_eq!(run.attempts[3].job_end, Some(JobEnd::Failed));
}

#[test]
fn a_budget_stops_everything_but_the_clean_up() {
    let mut level = closed(2, 100);
    level.budget.max_requests = 7;
    let run = drive(0, level, |_, _| (S, AttemptOutcome::Ok));
    assert_eq!((run.attempts.len(), run.reason), (7, StopReason::MaxRequests));

    let mut level = closed(1, 100);
    level.budget =
        Budget { max_cost_usd: 0.101, usd_per_request: 0.01, usd_per_byte: 0.001, ..Budget::UNLIMITED };
    let run = drive(0, level, |_, _| (S, AttemptOutcome::Ok));
    assert_eq!((run.attempts.len(), run.reason), (5, StopReason::MaxCost), "0.02 each");

    let mut level = closed(1, 100);
    level.budget.max_duration_ns = 10 * S + S / 2;
    let run = drive(0, level, |_, _| (S, AttemptOutcome::Ok));
    assert_eq!((run.attempts.len(), run.reason), (11, StopReason::MaxDuration));

    let mut level = closed(1, 100);
    level.budget.max_requests = 3;
    let run = drive(5, level, |_, _| (S, AttemptOutcome::Ok));
    assert_eq!(run.attempts.last().unwrap().start.request, RequestKind::AbortUpload);
}

#[test]
fn nested_pools_pay_for_the_tail_of_every_group() {
    let groups = Groups::new([0, 4, 8].into(), 8);
    let nested = level(ArrivalModel::Closed { outer: 1, inner: 3, groups }, 8);
    let run = drive(0, nested, |_, _| (S, AttemptOutcome::Ok));
    assert_eq!(makespan_s(&run), 4.0, "four jobs on three workers take two rounds, twice");
    assert_eq!(makespan_s(&drive(0, closed(3, 8), |_, _| (S, AttemptOutcome::Ok))), 3.0);
}

proptest! {
    #[test]
    fn every_job_ends_once_whatever_fails(
        seed: u64, workers in 1u32..20, jobs in 1u64..60, parts in 0u32..4, error_rate in 0.0..0.9f64, is_open: bool,
    ) {
        let level = if is_open { open(3.0, jobs, u64::from(workers)) } else { closed(workers, jobs) };
        let (mut in_flight, mut most, mut skipped, mut call) = (0, 0, 0, 0);
        let mut ended: HashMap<u64, u32> = HashMap::new();
        let reason = run(
            Dispatcher::new(PartCopies { parts }, level),
            |_, start| {
                call += 1;
                let duration = random::lognormal(seed, &[start.job, call], 2e9, 0.8) as u64;
                let outcome = match random::uniform(seed, &[start.job, call, 1]) {
                    luck if luck > error_rate => AttemptOutcome::Ok,
                    luck if luck > 0.1 => AttemptOutcome::Throttled,
                    _ => AttemptOutcome::ClientError,
                };
                (duration, outcome)
            },
            |_, event| match event {
                LevelEvent::Started(_) => {
                    in_flight += 1;
                    most = most.max(in_flight);
                }
                LevelEvent::Ended(attempt) => {
                    in_flight -= 1;
                    if attempt.job_end.is_some() {
                        *ended.entry(attempt.start.job).or_default() += 1;
                    }
                }
                LevelEvent::Skipped { .. } => skipped += 1,
            },
        );
        prop_assert_eq!(reason, StopReason::Finished);
        prop_assert_eq!(in_flight, 0);
        prop_assert!(most <= i64::from(workers) * i64::from(parts.clamp(1, 2)));
        prop_assert!(ended.values().all(|&times| times == 1));
        prop_assert_eq!(ended.len() as u64, jobs);
        prop_assert!(is_open || skipped == 0);
    }

    #[test]
    fn an_upload_that_was_begun_is_completed_or_aborted_whatever_runs_out(
        seed: u64, workers in 1u32..6, parts in 1u32..4, max_requests in 1u64..60, max_duration_s in 1u64..40,
    ) {
        let mut level = closed(workers, 20);
        level.budget = Budget { max_requests, max_duration_ns: max_duration_s * S, ..Budget::UNLIMITED };
        let (mut call, mut open, mut requests) = (0, HashMap::new(), 0);
        run(
            Dispatcher::new(PartCopies { parts }, level),
            |_, start| {
                call += 1;
                requests += u64::from(start.request != RequestKind::AbortUpload);
                let fails = start.request != RequestKind::AbortUpload && random::uniform(seed, &[call]) < 0.2;
                (S, if fails { AttemptOutcome::Throttled } else { AttemptOutcome::Ok })
            },
            |_, event| if let LevelEvent::Ended(Attempt { start, outcome: AttemptOutcome::Ok, .. }) = event {
                match start.request {
                    RequestKind::CreateUpload => drop(open.insert(start.job, true)),
                    RequestKind::CompleteUpload | RequestKind::AbortUpload => drop(open.insert(start.job, false)),
                    _ => {}
                }
            },
        );
        prop_assert!(open.values().all(|&open| !open));
        prop_assert!(requests <= max_requests);
    }
}
