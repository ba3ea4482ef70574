//! One level to test reports with, recorded in virtual time.

use std::cell::RefCell;
use std::collections::HashMap;

use super::LevelTimes;
use planner_core::load::attempt::{Attempt, AttemptOutcome, RequestKind, Start};
use planner_core::load::dispatch::{ArrivalModel, Budget, Dispatcher, Level};
use planner_core::load::job::{Job, JobShape, Jobs};
use planner_core::load::pool::Groups;
use planner_core::load::retry::RetryPolicy;
use planner_core::measure::level::LevelSummary;
use planner_core::measure::recorder::{Recorder, Second};
use planner_core::measure::series::SeriesSecond;
use planner_core::measure::size_sample::SizeSample;
use planner_core::scenario::LevelKey;
use planner_core::service::{CopyRequest, Profile, ServiceModel, ServiceRefusal, ServiceRequest};
use planner_core::simulate::{LevelEvent, run};
use planner_core::units::quantity::NS_PER_S;

pub(super) const SIZE_BYTES: u64 = 700_000_000;

/// What a level recorded.
pub(super) struct RecordedLevel {
    pub rows: Vec<SeriesSecond>,
    pub times: LevelTimes,
    pub summary: LevelSummary,
}

impl RecordedLevel {
    /// A level from its number, its start, its workers and its jobs, cut off at `end_ns`.
    pub(super) fn of(
        (index, start_ns): (u32, u64),
        (workers, jobs): (u32, u64),
        profile: &Profile,
        end_ns: u64,
    ) -> Self {
        let model = RefCell::new(ServiceModel::new(profile.clone(), 7));
        let open = RefCell::new(HashMap::new());
        let mut recorder = Recorder::new(index, start_ns);
        let (mut rows, mut times) = (Vec::new(), LevelTimes::default());
        let mut sizes = SizeSample::default();
        let mut keep = |second: &Second| {
            rows.push(second.row.clone());
            times.latency.add(&second.latency);
            times.service.add(&second.service);
        };
        let mut last_ns = 0;
        let serve = |now_ns, start: &Start| {
            let admission = model.borrow_mut().admit(now_ns, &request(start, &format!("s/{}", start.object)));
            let outcome = match admission.refusal {
                None => AttemptOutcome::Ok,
                Some(ServiceRefusal::InternalError) => AttemptOutcome::ServerError,
                Some(_) => AttemptOutcome::Throttled,
            };
            let duration_ns = admission.duration_ns;
            open.borrow_mut().insert(start.job, admission);
            (duration_ns, outcome)
        };
        let reason = run(Dispatcher::new(SampleCopies, level(workers, jobs)), serve, |now_ns, event| {
            while recorder.second_ends_ns() <= now_ns.min(end_ns) {
                let border_ns = recorder.second_ends_ns();
                recorder.gauge(model.borrow().copies().in_flight());
                recorder.close_second(border_ns, &mut keep);
            }
            if let LevelEvent::Ended(attempt) = &event {
                let admission = open.borrow_mut().remove(&attempt.start.job).unwrap();
                model.borrow_mut().finish(now_ns, admission);
            }
            if now_ns >= end_ns {
                return;
            }
            match event {
                LevelEvent::Started(start) => recorder.started(now_ns, &start),
                LevelEvent::Ended(attempt) => {
                    sizes.add(&attempt);
                    recorder.ended(&Attempt { code: code(attempt.outcome), ..attempt });
                }
                LevelEvent::Skipped { .. } => recorder.not_started(),
            }
            last_ns = now_ns;
        });
        recorder.close_second(last_ns, &mut keep);
        times.sizes = sizes;
        let mut summary = recorder.summary();
        summary.set_key(LevelKey::Concurrency(workers));
        summary.stop_reason = Some(reason);
        Self { rows, times, summary }
    }
}

#[derive(Debug)]
struct SampleCopies;

impl Jobs for SampleCopies {
    fn job(&self, number: u64) -> Job {
        Job { object: number, bytes: SIZE_BYTES, items: 1, shape: JobShape::Single(RequestKind::Copy) }
    }
}

fn level(workers: u32, jobs: u64) -> Level {
    Level {
        arrivals: ArrivalModel::Closed {
            outer: 1,
            inner: workers,
            groups: Groups::new([0, jobs].into(), jobs),
        },
        max_jobs: jobs,
        duration_ns: u64::MAX,
        retry: RetryPolicy { max_attempts: 4, base_ns: NS_PER_S, cap_ns: 20 * NS_PER_S },
        budget: Budget::UNLIMITED,
        seed: 7,
    }
}

fn request<'a>(start: &Start, source: &'a str) -> ServiceRequest<'a> {
    ServiceRequest::Copy(CopyRequest {
        source,
        destination: "d/copy",
        bytes: start.bytes,
        part_number: None,
        ordinal: u64::from(start.attempt),
    })
}

fn code(outcome: AttemptOutcome) -> Option<std::sync::Arc<str>> {
    match outcome {
        AttemptOutcome::Ok => None,
        AttemptOutcome::Throttled => Some("SlowDown".into()),
        _ => Some("InternalError".into()),
    }
}
