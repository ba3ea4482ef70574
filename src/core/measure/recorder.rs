//! Counts a run as it goes on. Its memory does not grow with the length of the run.

use std::collections::BTreeMap;

use super::full_load::FullLoad;
use super::histogram::TimeHistogram;
use super::series::SeriesSecond;
use crate::law::in_flight_window::{InFlight, Window};
use crate::law::littles_law::LittlesLaw;
use crate::load::attempt::{Attempt, AttemptOutcome, JobEnd, RequestKind, Start};
use crate::measure::level::{LevelSummary, Stage, StageName};
use crate::units::quantity::{NS_PER_S, seconds};

/// Why an arrival could not start: too many jobs were in progress.
pub const MAX_IN_FLIGHT: &str = "max_in_flight";
/// Distinct error codes that are told apart; the others share one name.
const MAX_CODES: usize = 50;

/// A closed second: its row, and its times for whoever keeps histograms second by second.
#[derive(Debug, Clone, Default)]
pub struct Second {
    /// Counts and sums.
    pub row: SeriesSecond,
    /// Latencies of the jobs done, from the intended start.
    pub latency: TimeHistogram,
    /// Times of successful requests, from the actual start.
    pub service: TimeHistogram,
}

/// The state of the level that is running.
#[derive(Debug, Default)]
pub struct Recorder {
    level: u32,
    level_start_ns: u64,
    second: Second,
    in_flight: InFlight,
    whole: Option<Window>,
    latency: TimeHistogram,
    service: TimeHistogram,
    lateness: TimeHistogram,
    counts: LevelCounts,
    load: FullLoad,
    waits: Waits,
}

/// Time that attempts spent before they started.
#[derive(Debug, Default)]
struct Waits {
    starts: u64,
    queue_ns: u128,
    back_offs: u64,
    back_off_ns: u128,
    /// When the attempts ended that are to be made again; as many as there are back-offs going on.
    failed_ns: BTreeMap<(u64, RequestKind), u64>,
}

impl Waits {
    fn started(&mut self, now_ns: u64, start: &Start) {
        self.starts += 1;
        self.queue_ns += u128::from(now_ns.saturating_sub(start.intended_ns));
        if let Some(failed_ns) = self.failed_ns.remove(&(start.job, start.request)) {
            self.back_offs += 1;
            self.back_off_ns += u128::from(start.intended_ns.saturating_sub(failed_ns));
        }
    }

    fn ended(&mut self, attempt: &Attempt) {
        let job = attempt.start.job;
        if attempt.job_end.is_some() {
            // Parts that failed for good are not made again.
            let of_job = self.failed_ns.range((job, RequestKind::Copy)..).map(|(key, _)| *key);
            let left: Vec<_> = of_job.take_while(|key| key.0 == job).collect();
            for key in left {
                self.failed_ns.remove(&key);
            }
        } else if attempt.outcome.is_retryable() {
            self.failed_ns.insert((job, attempt.start.request), attempt.ended_ns);
        }
    }
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
            second: Second {
                row: SeriesSecond { level, start_ns, ..SeriesSecond::default() },
                ..Second::default()
            },
            ..Self::default()
        }
    }

    /// When the current second is over, since the level's start.
    #[must_use]
    pub fn second_ends_ns(&self) -> u64 {
        self.second.row.start_ns - self.level_start_ns + NS_PER_S
    }

    /// An attempt started, at a time since the level's start.
    pub fn started(&mut self, now_ns: u64, start: &Start) {
        self.in_flight.started(now_ns);
        self.second.row.started += 1;
        self.second.row.in_flight_max = self.second.row.in_flight_max.max(self.in_flight.count());
        let lateness_ns = now_ns.saturating_sub(start.intended_ns);
        self.second.row.lateness_max_ns = self.second.row.lateness_max_ns.max(lateness_ns);
        self.lateness.record(lateness_ns);
        self.load.started(now_ns, start);
        self.waits.started(now_ns, start);
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
        self.load.ended(attempt);
        self.waits.ended(attempt);
        match attempt.outcome {
            AttemptOutcome::Ok => self.succeeded(attempt),
            AttemptOutcome::Throttled => {
                self.second.row.throttled += 1;
                self.counts.throttles += 1;
            }
            error => {
                self.second.row.errors += 1;
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
                self.second.row.items_done += u64::from(attempt.start.items);
                self.second.latency.record(attempt.latency_ns());
                self.latency.record(attempt.latency_ns());
            }
            Some(JobEnd::Failed) => self.counts.jobs_failed += 1,
            None => {}
        }
    }

    fn succeeded(&mut self, attempt: &Attempt) {
        self.second.row.ok += 1;
        if attempt.start.request.carries_work() {
            self.second.service.record(attempt.residence_ns());
            self.service.record(attempt.residence_ns());
            self.second.row.bytes = self.second.row.bytes.saturating_add(attempt.start.bytes);
            self.counts.bytes = self.counts.bytes.saturating_add(attempt.start.bytes);
        }
    }

    /// An arrival could not start.
    pub fn not_started(&mut self) {
        self.second.row.not_started += 1;
        *self.counts.not_started.entry(MAX_IN_FLIGHT.to_owned()).or_default() += 1;
    }

    /// The endpoint's own count of requests in flight was read.
    pub fn gauge(&mut self, in_flight: u64) {
        self.second.row.endpoint_in_flight = Some(in_flight);
        self.counts.gauge_sum = self.counts.gauge_sum.saturating_add(in_flight);
        self.counts.gauge_reads += 1;
    }

    /// The event loop came so much too late.
    pub fn loop_lag(&mut self, lag_ns: u64) {
        self.second.row.loop_lag_ns = Some(self.second.row.loop_lag_ns.unwrap_or(0).max(lag_ns));
    }

    /// Closes the current second at `now_ns` since the level's start, shows it to `take` and begins the next.
    pub fn close_second<T>(&mut self, now_ns: u64, take: impl FnOnce(&Second) -> T) -> T {
        let Second { row, latency, .. } = &mut self.second;
        row.window = self.in_flight.close(now_ns);
        row.in_flight_end = self.in_flight.count();
        row.latency_p50_s = latency.quantile_s(0.5);
        row.latency_p99_s = latency.quantile_s(0.99);
        let taken = take(&self.second);
        let next = SeriesSecond {
            level: self.level,
            start_ns: self.level_start_ns + now_ns,
            in_flight_max: self.in_flight.count(),
            ..SeriesSecond::default()
        };
        let over = std::mem::replace(&mut self.second.row, next);
        self.second.latency.clear();
        self.second.service.clear();
        self.add(&over);
        taken
    }

    /// Adds a closed second to the level.
    fn add(&mut self, row: &SeriesSecond) {
        self.whole = Some(self.whole.map_or(row.window, |whole| whole.then(&row.window)));
        self.counts.in_flight_max = self.counts.in_flight_max.max(row.in_flight_max);
    }

    /// Takes a closed second of a run that is read back. Attempts are counted apart from it.
    pub fn restore(&mut self, row: &SeriesSecond) {
        self.add(row);
        if row.not_started > 0 {
            let not_started = self.counts.not_started.entry(MAX_IN_FLIGHT.to_owned()).or_default();
            *not_started = not_started.saturating_add(row.not_started);
        }
        if let Some(in_flight) = row.endpoint_in_flight {
            self.gauge(in_flight);
        }
    }

    /// Counts an attempt of a run that is read back; its times count from the start of the run.
    pub fn restore_attempt(&mut self, attempt: &Attempt) {
        let attempt = &attempt.clone().earlier_by(self.level_start_ns);
        if attempt.start.is_first_of_job() {
            self.counts.jobs += 1;
        }
        self.load.started(attempt.started_ns, &attempt.start);
        self.waits.started(attempt.started_ns, &attempt.start);
        self.lateness.record(attempt.lateness_ns());
        self.count(attempt);
    }

    /// The level so far, up to the last closed second.
    #[must_use]
    pub fn summary(&self) -> LevelSummary {
        let whole = self.whole.unwrap_or_default();
        let counts = &self.counts;
        let makespan_s = seconds(whole.length_ns);
        LevelSummary {
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
            latency_s: self.latency.percentiles(),
            latency_intervals_s: self.latency.percentile_intervals(),
            service_s: self.service.percentiles(),
            throttles: counts.throttles,
            errors: counts.errors.clone(),
            error_codes: counts.error_codes.clone(),
            not_started: counts.not_started.clone(),
            lateness_s: self.lateness.percentiles(),
            littles_law: LittlesLaw::from(&whole),
            endpoint_in_flight_mean: (counts.gauge_reads > 0)
                .then(|| counts.gauge_sum as f64 / counts.gauge_reads as f64),
            full_load_s: self.load.window_ns().map(|(from, to)| [seconds(from), seconds(to)]),
            stages: self.stages(&whole),
            ..LevelSummary::default()
        }
    }

    /// Little's law stage by stage: where attempts spend their time.
    fn stages(&self, whole: &Window) -> Vec<Stage> {
        let (waits, counts) = (&self.waits, &self.counts);
        let of_sum = |stage, count: u64, time_ns: u128| {
            let window = Window { ended: count, residence_ns: time_ns, ..*whole };
            Stage { stage, n: window.xr(), x_per_s: window.x_per_s(), r_s: window.r_s() }
        };
        let mut stages = vec![
            of_sum(StageName::Queue, waits.starts, waits.queue_ns),
            of_sum(StageName::BackOff, waits.back_offs, waits.back_off_ns),
            Stage { stage: StageName::Attempt, n: whole.n(), x_per_s: whole.x_per_s(), r_s: whole.r_s() },
        ];
        if counts.gauge_reads > 0 && whole.ended > 0 {
            let (n, x_per_s) = (counts.gauge_sum as f64 / counts.gauge_reads as f64, whole.x_per_s());
            stages.push(Stage { stage: StageName::Service, n, x_per_s, r_s: n / x_per_s });
        }
        stages
    }
}

fn count_code(codes: &mut BTreeMap<String, u64>, code: &str) {
    let known = codes.contains_key(code) || codes.len() < MAX_CODES;
    *codes.entry(if known { code.to_owned() } else { "(other codes)".to_owned() }).or_default() += 1;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn start(job: u64, attempt: u32, intended_ns: u64) -> Start {
        Start { attempt, intended_ns, ..Start::of_copy(job) }
    }

    fn attempt(job: u64, number: u32, started_ns: u64, ended_ns: u64, outcome: AttemptOutcome) -> Attempt {
        Attempt {
            level: 0,
            start: start(job, number, started_ns),
            started_ns,
            ended_ns,
            outcome,
            code: (outcome != AttemptOutcome::Ok).then(|| "SlowDown".into()),
            job_end: (outcome == AttemptOutcome::Ok).then_some(JobEnd::Done),
        }
    }

    #[test]
    fn a_level_adds_up_over_its_seconds() {
        let mut recorder = Recorder::new(0, 7 * NS_PER_S);
        let half = NS_PER_S / 2;
        recorder.started(half, &start(0, 1, 0));
        let first = recorder.close_second(NS_PER_S, Second::clone);
        assert_eq!(first.row.window.age_end_ns, u128::from(half));
        recorder.ended(&attempt(0, 1, half, 3 * half, AttemptOutcome::Throttled));
        recorder.started(3 * half, &start(0, 2, 3 * half));
        recorder.ended(&attempt(0, 2, 3 * half, 4 * half, AttemptOutcome::Ok));
        let second = recorder.close_second(2 * NS_PER_S, Second::clone);
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
        let stage = |name| level.stages.iter().find(|stage| stage.stage == name).unwrap();
        assert_eq!((stage(StageName::Queue).n, stage(StageName::Queue).x_per_s), (0.25, 1.0));
        assert_eq!((stage(StageName::BackOff).n, stage(StageName::BackOff).r_s), (0.0, 0.0));
        assert_eq!(stage(StageName::Attempt).n, 0.75);
    }

    #[test]
    fn a_level_that_is_read_back_had_as_many_in_flight_as_it_had() {
        let mut recorder = Recorder::new(0, 0);
        (0..3).for_each(|job| recorder.started(0, &start(job, 1, 0)));
        (0..2).for_each(|job| recorder.ended(&attempt(job, 1, 0, 5, AttemptOutcome::Ok)));
        let first = recorder.close_second(NS_PER_S, |second| second.row.clone());
        assert_eq!((first.in_flight_max, first.in_flight_end), (3, 1));
        recorder.ended(&attempt(2, 1, 0, NS_PER_S + 5, AttemptOutcome::Ok));
        let second = recorder.close_second(2 * NS_PER_S, |second| second.row.clone());
        assert_eq!(
            (second.in_flight_max, second.in_flight_end),
            (1, 0),
            "one went on from the second before"
        );
        let mut back = Recorder::new(0, 0);
        [&first, &second].into_iter().for_each(|row| back.restore(row));
        assert_eq!((recorder.summary().in_flight_max, back.summary().in_flight_max), (3, 3));
        assert_eq!(first.then(&second).in_flight_max, 3);
    }
}
