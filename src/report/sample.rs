//! Runs to test reports with: the real dispatcher, service model and recorder in virtual time.

use std::cell::RefCell;
use std::collections::HashMap;

use super::{LevelTimes, RunView};
use crate::load::attempt::{Attempt, Outcome, Request, Start};
use crate::load::dispatch::{Arrivals, Budget, Dispatcher, Level};
use crate::load::job::{Job, Jobs, Shape};
use crate::load::pool::Groups;
use crate::load::retry::RetryPolicy;
use crate::scenario::LevelKey;
use crate::scenario::quantity::NS_PER_S;
use crate::service::{CopyRequest, Profile, Request as ServiceRequest, ServiceModel};
use crate::simulate::{Event, run};
use crate::stats::recorder::Recorder;
use crate::stats::series::Row;
use crate::stats::summary::{
    Finding, Generator, LevelSummary, RunDocument, SCHEMA, TargetSummary, ThresholdResult, Verdict, Verdicts,
};

const SIZE_BYTES: u64 = 700_000_000;

/// A run that owns its parts.
pub struct Sample {
    pub document: RunDocument,
    pub series: Vec<Row>,
    pub times: Vec<LevelTimes>,
}

impl Sample {
    pub fn view(&self) -> RunView<'_> {
        RunView { document: &self.document, series: &self.series, levels: &self.times }
    }

    /// 250 objects and 40 workers.
    pub fn one_level() -> Self {
        Self::of(&[40], 250, &Profile::default())
    }

    /// Five levels, the last well past the service's best.
    pub fn sweep() -> Self {
        let mut profile = Profile::default();
        profile.copy.sigma = 0.01;
        profile.copy.kappa = 1e-4;
        Self::of(&[5, 10, 20, 40, 80], 250, &profile)
    }

    /// A service that refuses and fails.
    pub fn refused() -> Self {
        let mut profile = Profile::default();
        profile.request.prefix_rate_per_s = 2.0;
        profile.request.error_rate = 0.02;
        Self::of(&[100], 600, &profile)
    }

    /// Nothing but errors.
    pub fn all_failed() -> Self {
        let mut profile = Profile::default();
        profile.request.error_rate = 1.0;
        Self::of(&[4], 20, &profile)
    }

    /// One object, one worker.
    pub fn one_attempt() -> Self {
        Self::of(&[1], 1, &Profile::default())
    }

    /// Copies that take ten years.
    pub fn ten_years() -> Self {
        let mut sample = Self::one_attempt();
        let ten_years_s = 315_360_000;
        let row = &mut sample.series[0];
        row.window.length_ns = ten_years_s * NS_PER_S;
        row.window.ended = 1;
        row.window.in_flight_time_ns = u128::from(row.window.length_ns);
        row.window.residence_ns = row.window.in_flight_time_ns;
        row.window.age_end_ns = 0;
        let window = row.window;
        sample.series.truncate(1);
        let mut times = LevelTimes::default();
        times.latency.record(window.length_ns);
        times.service.record(window.length_ns);
        let level = &mut sample.document.levels[0];
        level.latency_s = times.latency.percentiles();
        level.service_s = times.service.percentiles();
        level.makespan_s = ten_years_s as f64;
        level.residence_mean_s = window.r_s();
        level.throughput_per_s = window.x_per_s();
        level.in_flight_mean = window.n();
        level.littles_law = (&window).into();
        sample.times = vec![times];
        sample
    }

    /// Cut off before anything was recorded.
    pub fn empty() -> Self {
        let mut sample = Self::one_attempt();
        sample.series.clear();
        sample.times.clear();
        sample.document.levels.clear();
        sample.document.verdicts = None;
        sample.document.generator = None;
        sample.document.thresholds.clear();
        sample.document.complete = false;
        sample
    }

    /// Names and codes that would break a page or a table.
    pub fn hostile() -> Self {
        let mut sample = Self::all_failed();
        let document = &mut sample.document;
        document.name = "<script>alert('name')</script>".into();
        document.command = vec!["planner".into(), "measure".into(), "<b>it's|`x`</b>.toml".into()];
        document.levels[0].error_codes.insert("<img src=x onerror=alert(1)>|`code`".into(), 7);
        document.levels[0].not_started.insert("\"><svg onload=alert(2)>".into(), 3);
        document.thresholds.push(ThresholdResult {
            threshold: "p99 < <i>40s</i>".into(),
            holds: false,
            value: f64::NAN,
        });
        sample
    }

    fn of(workers: &[u32], jobs: u64, profile: &Profile) -> Self {
        let mut sample = Self { document: document(workers, jobs), series: Vec::new(), times: Vec::new() };
        for (index, &workers) in workers.iter().enumerate() {
            let start_ns = sample.series.last().map_or(0, Row::end_ns);
            let recorded = Recorded::of(index as u32, start_ns, workers, jobs, profile);
            sample.series.extend(recorded.rows);
            sample.times.push(recorded.times);
            sample.document.levels.push(recorded.summary);
        }
        sample
    }
}

struct Recorded {
    rows: Vec<Row>,
    times: LevelTimes,
    summary: LevelSummary,
}

impl Recorded {
    fn of(level: u32, start_ns: u64, workers: u32, jobs: u64, profile: &Profile) -> Self {
        let model = RefCell::new(ServiceModel::new(profile.clone(), 7));
        let open = RefCell::new(HashMap::new());
        let mut recorder = Recorder::new(level, start_ns);
        let (mut rows, mut times) = (Vec::new(), LevelTimes::default());
        let mut keep = |second: crate::stats::recorder::Second| {
            rows.push(second.row);
            times.latency.add(&second.latency);
            times.service.add(&second.service);
        };
        let mut end_ns = 0;
        let serve = |now_ns, start: &Start| {
            let admission = model.borrow_mut().admit(now_ns, &request(start, &format!("s/{}", start.object)));
            let outcome = match admission.refusal {
                None => Outcome::Ok,
                Some(crate::service::Refusal::InternalError) => Outcome::ServerError,
                Some(_) => Outcome::Throttled,
            };
            let duration_ns = admission.duration_ns;
            open.borrow_mut().insert(start.job, admission);
            (duration_ns, outcome)
        };
        let reason = run(Dispatcher::new(Copies, self::level(workers, jobs)), serve, |now_ns, event| {
            while recorder.second_ends_ns() <= now_ns {
                let border_ns = recorder.second_ends_ns();
                recorder.gauge(model.borrow().copies().in_flight());
                keep(recorder.close_second(border_ns));
            }
            match event {
                Event::Started(start) => recorder.started(now_ns, &start),
                Event::Ended(attempt) => {
                    let admission = open.borrow_mut().remove(&attempt.start.job).unwrap();
                    model.borrow_mut().finish(now_ns, admission);
                    recorder.ended(&Attempt { code: code(attempt.outcome), ..attempt });
                }
                Event::Skipped { .. } => recorder.not_started(),
            }
            end_ns = now_ns;
        });
        keep(recorder.close_second(end_ns));
        let mut summary = recorder.summary();
        summary.set_key(LevelKey::Concurrency(workers));
        summary.stop_reason = Some(reason);
        Self { rows, times, summary }
    }
}

#[derive(Debug)]
struct Copies;

impl Jobs for Copies {
    fn job(&self, number: u64) -> Job {
        Job { object: number, bytes: SIZE_BYTES, items: 1, shape: Shape::Single(Request::Copy) }
    }
}

fn level(workers: u32, jobs: u64) -> Level {
    Level {
        arrivals: Arrivals::Closed { outer: 1, inner: workers, groups: Groups::new([0, jobs].into(), jobs) },
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

fn code(outcome: Outcome) -> Option<std::sync::Arc<str>> {
    match outcome {
        Outcome::Ok => None,
        Outcome::Throttled => Some("SlowDown".into()),
        _ => Some("InternalError".into()),
    }
}

fn document(workers: &[u32], jobs: u64) -> RunDocument {
    let scenario = format!(
        "name = \"daily\"\noperation = \"copy\"\nseed = 7\n[objects]\ncount = {jobs}\nsize.fixed = \"700MB\"\n\
         [arrivals]\nkind = \"closed\"\nworkers = {}\n",
        workers[0]
    );
    let finding = |verdict, ratio, advice: &str| Finding {
        verdict,
        ratio,
        low: ratio.map(|ratio: f64| ratio - 0.004),
        high: ratio.map(|ratio: f64| ratio + 0.005),
        advice: advice.into(),
    };
    RunDocument {
        schema: SCHEMA.into(),
        run: "20260302-140509-daily".into(),
        name: "daily".into(),
        started_at: "2026-03-02T14:05:09Z".into(),
        version: "0.1.0".into(),
        command: ["planner", "measure", "scenarios/daily.toml", "--seed", "7"].map(str::to_owned).into(),
        target: TargetSummary {
            kind: crate::scenario::file::TargetKind::Embedded,
            endpoint_url: None,
            region: None,
        },
        rehearsal: true,
        virtual_time: true,
        seed: 7,
        complete: true,
        machine: "linux x86_64, 8 cores".into(),
        scenario: toml::from_str(&scenario).unwrap(),
        levels: Vec::new(),
        verdicts: Some(Verdicts {
            accounting: finding(Verdict::Pass, None, "every event was counted once"),
            independent: finding(Verdict::Pass, Some(0.9995), "the endpoint counts the same"),
            raw: finding(Verdict::Pass, Some(1.0), "the run starts and ends empty"),
        }),
        generator: Some(Generator {
            saturated: false,
            reason: "it started every attempt on time".into(),
            cpu_s: 0.4,
            cpu_us_per_attempt: 1600.0,
            real_s: 0.6,
            loop_lag_s: None,
            peak_memory_bytes: Some(48_000_000),
        }),
        thresholds: vec![
            ThresholdResult { threshold: "p99 < 60s".into(), holds: true, value: 41.3 },
            ThresholdResult { threshold: "throttles < 1%".into(), holds: false, value: 0.034 },
        ],
    }
}
