//! Counts a run as it goes on. Its memory does not grow with the length of the run.

use std::collections::BTreeMap;

use super::histogram::Times;
use super::series::Row;
use super::summary::{LevelSummary, LittlesLaw};
use crate::law::little::{InFlight, Window};
use crate::load::attempt::{Attempt, JobEnd, Outcome, Start};
use crate::scenario::quantity::{NS_PER_S, seconds};

/// Why an arrival could not start: too many jobs were in progress.
pub const MAX_IN_FLIGHT: &str = "max_in_flight";
/// Distinct error codes that are told apart; the others share one name.
const MAX_CODES: usize = 50;

/// A closed second: its row, and its times for whoever keeps histograms second by second.
#[derive(Debug, Clone)]
pub struct Second {
    /// Counts and sums.
    pub row: Row,
    /// Latencies of the jobs done, from the intended start.
    pub latency: Times,
    /// Times of successful requests, from the actual start.
    pub service: Times,
}

/// The state of the level that is running.
#[derive(Debug)]
pub struct Recorder {
    level: u32,
    level_start_ns: u64,
    row: Row,
    in_flight: InFlight,
    second_latency: Times,
    second_service: Times,
    whole: Option<Window>,
    latency: Times,
    service: Times,
    lateness: Times,
    counts: LevelCounts,
}

#[derive(Debug, Default)]
struct LevelCounts {
    jobs: u64,
    jobs_done: u64,
    jobs_failed: u64,
    items_done: u64,
    bytes: u64,
    in_flight_max: u64,
    throttles: u64,
    errors: BTreeMap<String, u64>,
    error_codes: BTreeMap<String, u64>,
    not_started: BTreeMap<String, u64>,
    gauge_sum: u64,
    gauge_reads: u64,
}

impl Recorder {
    /// Begins level `level` at `start_ns` since the start of the run. All later times count from there too.
    #[must_use]
    pub fn new(level: u32, start_ns: u64) -> Self {
        Self {
            level,
            level_start_ns: start_ns,
            row: Row { level, start_ns, ..Row::default() },
            in_flight: InFlight::new(),
            second_latency: Times::new(),
            second_service: Times::new(),
            whole: None,
            latency: Times::new(),
            service: Times::new(),
            lateness: Times::new(),
            counts: LevelCounts::default(),
        }
    }

    /// When the current second is over, since the level's start.
    #[must_use]
    pub fn second_ends_ns(&self) -> u64 {
        self.row.start_ns - self.level_start_ns + NS_PER_S
    }

    /// An attempt started, at a time since the level's start.
    pub fn started(&mut self, now_ns: u64, start: &Start) {
        self.in_flight.started(now_ns);
        self.row.started += 1;
        self.counts.in_flight_max = self.counts.in_flight_max.max(self.in_flight.count());
        let lateness_ns = now_ns.saturating_sub(start.intended_ns);
        self.row.lateness_max_ns = self.row.lateness_max_ns.max(lateness_ns);
        self.lateness.record(lateness_ns);
        if start.is_first_of_job() {
            self.counts.jobs += 1;
        }
    }

    /// An attempt ended. Its times count from the level's start.
    pub fn ended(&mut self, attempt: &Attempt) {
        self.in_flight.ended(attempt.started_ns, attempt.ended_ns);
        self.count(attempt);
    }

    /// Counts an ended attempt without regard to what is in flight.
    fn count(&mut self, attempt: &Attempt) {
        match attempt.outcome {
            Outcome::Ok => self.succeeded(attempt),
            Outcome::Throttled => {
                self.row.throttled += 1;
                self.counts.throttles += 1;
            }
            error => {
                self.row.errors += 1;
                *self.counts.errors.entry(error.name().to_owned()).or_default() += 1;
            }
        }
        if let Some(code) = &attempt.code {
            count_code(&mut self.counts.error_codes, code);
        }
        match attempt.job_end {
            Some(JobEnd::Done) => {
                self.counts.jobs_done += 1;
                self.counts.items_done += u64::from(attempt.start.items);
                self.row.items_done += u64::from(attempt.start.items);
                self.second_latency.record(attempt.latency_ns());
            }
            Some(JobEnd::Failed) => self.counts.jobs_failed += 1,
            None => {}
        }
    }

    fn succeeded(&mut self, attempt: &Attempt) {
        self.row.ok += 1;
        if attempt.start.request.carries_work() {
            self.second_service.record(attempt.residence_ns());
            self.row.bytes += attempt.start.bytes;
            self.counts.bytes += attempt.start.bytes;
        }
    }

    /// An arrival could not start.
    pub fn not_started(&mut self) {
        self.row.not_started += 1;
        *self.counts.not_started.entry(MAX_IN_FLIGHT.to_owned()).or_default() += 1;
    }

    /// The endpoint's own count of requests in flight was read.
    pub fn gauge(&mut self, in_flight: u64) {
        self.row.endpoint_in_flight = Some(in_flight);
        self.counts.gauge_sum += in_flight;
        self.counts.gauge_reads += 1;
    }

    /// The event loop came so much too late.
    pub fn loop_lag(&mut self, lag_ns: u64) {
        self.row.loop_lag_ns = Some(self.row.loop_lag_ns.unwrap_or(0).max(lag_ns));
    }

    /// Closes the current second at `now_ns` since the level's start.
    pub fn close_second(&mut self, now_ns: u64) -> Second {
        self.row.window = self.in_flight.close(now_ns);
        self.row.in_flight_end = self.in_flight.count();
        self.row.latency_p50_s = self.second_latency.quantile_s(0.5);
        self.row.latency_p99_s = self.second_latency.quantile_s(0.99);
        self.whole = Some(self.whole.map_or(self.row.window, |whole| whole.then(&self.row.window)));
        self.latency.add(&self.second_latency);
        self.service.add(&self.second_service);
        let next = Row { level: self.level, start_ns: self.level_start_ns + now_ns, ..Row::default() };
        Second {
            row: std::mem::replace(&mut self.row, next),
            latency: std::mem::take(&mut self.second_latency),
            service: std::mem::take(&mut self.second_service),
        }
    }

    /// Takes a closed second of a run that is read back. Attempts are counted apart from it.
    pub fn restore(&mut self, row: &Row) {
        self.whole = Some(self.whole.map_or(row.window, |whole| whole.then(&row.window)));
        self.counts.in_flight_max = self.counts.in_flight_max.max(row.in_flight_end);
        if row.not_started > 0 {
            *self.counts.not_started.entry(MAX_IN_FLIGHT.to_owned()).or_default() += row.not_started;
        }
        if let Some(in_flight) = row.endpoint_in_flight {
            self.gauge(in_flight);
        }
    }

    /// Counts an attempt of a run that is read back.
    pub fn restore_attempt(&mut self, attempt: &Attempt) {
        if attempt.start.is_first_of_job() {
            self.counts.jobs += 1;
        }
        self.lateness.record(attempt.lateness_ns());
        self.count(attempt);
    }

    /// The level so far, up to the last closed second.
    #[must_use]
    pub fn summary(&self) -> LevelSummary {
        let whole = self.whole.unwrap_or_default();
        let counts = &self.counts;
        let (mut latency, mut service) = (self.latency.clone(), self.service.clone());
        latency.add(&self.second_latency);
        service.add(&self.second_service);
        let makespan_s = seconds(whole.length_ns);
        LevelSummary {
            concurrency: None,
            rate_per_s: None,
            start_s: seconds(self.level_start_ns),
            makespan_s,
            jobs: counts.jobs,
            jobs_done: counts.jobs_done,
            jobs_failed: counts.jobs_failed,
            items_done: counts.items_done,
            size_bytes: counts.bytes,
            attempts: whole.ended,
            throughput_per_s: whole.x_per_s(),
            goodput_per_s: if makespan_s > 0.0 { counts.items_done as f64 / makespan_s } else { 0.0 },
            residence_mean_s: whole.r_s(),
            in_flight_mean: whole.n(),
            in_flight_max: counts.in_flight_max,
            latency_s: latency.percentiles(),
            service_s: service.percentiles(),
            throttles: counts.throttles,
            errors: counts.errors.clone(),
            error_codes: counts.error_codes.clone(),
            not_started: counts.not_started.clone(),
            lateness_s: self.lateness.percentiles(),
            littles_law: LittlesLaw::from(&whole),
            endpoint_in_flight_mean: (counts.gauge_reads > 0)
                .then(|| counts.gauge_sum as f64 / counts.gauge_reads as f64),
            stop_reason: None,
        }
    }
}

fn count_code(codes: &mut BTreeMap<String, u64>, code: &str) {
    let known = codes.contains_key(code) || codes.len() < MAX_CODES;
    *codes.entry(if known { code.to_owned() } else { "(other codes)".to_owned() }).or_default() += 1;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::attempt::Request;

    fn start(job: u64, attempt: u32, intended_ns: u64) -> Start {
        Start {
            job,
            object: job,
            request: Request::Copy,
            attempt,
            worker: None,
            job_intended_ns: 0,
            intended_ns,
            bytes: 10,
            items: 1,
        }
    }

    #[test]
    fn a_level_adds_up_over_its_seconds() {
        let mut recorder = Recorder::new(0, 7 * NS_PER_S);
        let half = NS_PER_S / 2;
        recorder.started(half, &start(0, 1, 0));
        let first = recorder.close_second(NS_PER_S);
        assert_eq!(first.row.window.age_end_ns, u128::from(half));
        let attempt = |number, started_ns, ended_ns, outcome, job_end| Attempt {
            level: 0,
            start: start(0, number, started_ns),
            started_ns,
            ended_ns,
            outcome,
            code: (outcome != Outcome::Ok).then(|| "SlowDown".into()),
            job_end,
        };
        recorder.ended(&attempt(1, half, 3 * half, Outcome::Throttled, None));
        recorder.started(3 * half, &start(0, 2, 3 * half));
        recorder.ended(&attempt(2, 3 * half, 4 * half, Outcome::Ok, Some(JobEnd::Done)));
        let second = recorder.close_second(2 * NS_PER_S);
        assert_eq!((second.row.throttled, second.row.ok, second.row.items_done), (1, 1, 1));
        assert_eq!(second.row.start_ns, 8 * NS_PER_S);

        let level = recorder.summary();
        assert_eq!((level.jobs, level.jobs_done, level.attempts, level.throttles), (1, 1, 2, 1));
        assert_eq!((level.in_flight_mean, level.residence_mean_s, level.throughput_per_s), (0.75, 0.75, 1.0));
        assert!(level.littles_law.accounting_holds);
        assert_eq!(level.latency_s.max, 2.0, "from the intended start, back-off and lateness included");
        assert_eq!(level.service_s.max, 0.5);
        assert_eq!(level.lateness_s.max, 0.5);
        assert_eq!(level.error_codes["SlowDown"], 1);
    }
}
