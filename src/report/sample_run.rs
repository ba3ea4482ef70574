//! Runs to test reports with: the real dispatcher, service model and recorder in virtual time.

use std::sync::LazyLock;

use super::sample_level::{RecordedLevel, SIZE_BYTES};
use super::{LevelTimes, RunView};
use planner_core::law::finding::{Finding, Verdict, Verdicts};
use planner_core::law::in_flight_window::Window;
use planner_core::law::littles_law::LittlesLaw;
use planner_core::load::attempt::{Attempt, AttemptOutcome, RequestKind, Start};
use planner_core::measure::document::{Generator, RunDocument, SCHEMA, TargetSummary, ThresholdResult};
use planner_core::measure::fan_out::second::FunctionSecond;
use planner_core::measure::level::LevelSummary;
use planner_core::measure::series::SeriesSecond;
use planner_core::measure::size_sample::SizeSample;
use planner_core::scenario::file::TargetKind;
use planner_core::scenario::threshold::Threshold;
use planner_core::service::Profile;
use planner_core::units::quantity::NS_PER_S;

/// Recording an hour second by second takes a while without optimisation.
static SWEEP: LazyLock<SampleRun> = LazyLock::new(|| {
    let mut profile = Profile::default();
    profile.copy.sigma = 0.01;
    profile.copy.kappa = 1e-4;
    SampleRun::of(&[5, 10, 20, 40, 80], 250, &profile, u64::MAX)
});

/// A run that owns its parts.
#[derive(Clone)]
pub(super) struct SampleRun {
    pub document: RunDocument,
    pub series: Vec<SeriesSecond>,
    pub times: Vec<LevelTimes>,
    pub function: Vec<FunctionSecond>,
}

impl SampleRun {
    pub(super) fn view(&self) -> RunView<'_> {
        RunView {
            document: &self.document,
            series: &self.series,
            levels: &self.times,
            function: &self.function,
            verification: None,
        }
    }

    /// One of each kind.
    pub(super) fn all() -> Vec<Self> {
        vec![
            Self::one_level(),
            Self::sweep(),
            Self::refused(),
            Self::sizes(),
            Self::all_failed(),
            Self::one_attempt(),
            Self::incomplete(),
            Self::saturated(),
            Self::ten_years(),
            Self::long(100_000),
            Self::empty(),
            Self::hostile(),
        ]
    }

    /// 250 objects and 40 workers.
    pub(super) fn one_level() -> Self {
        Self::of(&[40], 250, &Profile::default(), u64::MAX)
    }

    /// Five levels, the last well past the service's best.
    pub(super) fn sweep() -> Self {
        SWEEP.clone()
    }

    /// Two thousand copies of 7 MB to 700 MB: number n takes twice as long for twice the size.
    pub(super) fn sizes() -> Self {
        let mut sample = Self::one_level();
        let mut sizes = SizeSample::default();
        for job in 0..2000 {
            let bytes = SIZE_BYTES / 100 * (1 + job % 100);
            let start = Start {
                job,
                object: job,
                request: RequestKind::Copy,
                attempt: 1,
                worker: None,
                job_intended_ns: 0,
                intended_ns: 0,
                bytes,
                items: 1,
            };
            let ended_ns = NS_PER_S + bytes * 30 + job % 7 * NS_PER_S / 10;
            let outcome = AttemptOutcome::Ok;
            let attempt =
                Attempt { level: 0, start, started_ns: 0, ended_ns, outcome, code: None, job_end: None };
            sizes.add(&attempt);
        }
        sample.times[0].sizes = sizes;
        sample
    }

    /// A service that refuses and fails.
    pub(super) fn refused() -> Self {
        let mut profile = Profile::default();
        profile.request.prefix_rate_per_s = 2.0;
        profile.request.error_rate = 0.02;
        Self::of(&[100], 600, &profile, u64::MAX)
    }

    /// Nothing but errors.
    pub(super) fn all_failed() -> Self {
        let mut profile = Profile::default();
        profile.request.error_rate = 1.0;
        Self::of(&[4], 20, &profile, u64::MAX)
    }

    /// One object, one worker.
    pub(super) fn one_attempt() -> Self {
        Self::of(&[1], 1, &Profile::default(), u64::MAX)
    }

    /// Killed after 72 seconds.
    pub(super) fn incomplete() -> Self {
        let mut sample = Self::of(&[40], 250, &Profile::default(), 72 * NS_PER_S);
        let document = &mut sample.document;
        document.complete = false;
        document.levels[0].stop_reason = None;
        (document.verdicts, document.generator, document.thresholds) = (None, None, Vec::new());
        sample
    }

    /// A generator that could not keep up, against a real account.
    pub(super) fn saturated() -> Self {
        let mut sample = Self::one_attempt();
        sample.document.rehearsal = false;
        sample.document.target.kind = TargetKind::Aws;
        if let Some(generator) = &mut sample.document.generator {
            generator.saturated = true;
            generator.reason = "p99 of the lateness is 2.1 s".into();
        }
        sample
    }

    /// As many seconds as asked for, each with 75 completions and 2250 requests in flight.
    pub(super) fn long(seconds: u64) -> Self {
        let mut sample = Self::one_attempt();
        let second_ns = u128::from(NS_PER_S);
        let window = Window {
            length_ns: NS_PER_S,
            ended: 75,
            in_flight_time_ns: 2250 * second_ns,
            residence_ns: 2250 * second_ns,
            age_start_ns: 7 * second_ns,
            age_end_ns: 7 * second_ns,
        };
        let row = |index| SeriesSecond {
            start_ns: index * NS_PER_S,
            window,
            items_done: 75,
            ..SeriesSecond::default()
        };
        sample.series = (0..seconds).map(row).collect();
        let whole = sample.series.iter().skip(1).fold(window, |sum, row| sum.then(&row.window));
        sample.summarise(&whole);
        sample
    }

    /// A sweep over a hundred levels.
    pub(super) fn many_levels() -> Self {
        let mut sample = Self::one_level();
        let (level, rows) = (sample.document.levels[0].clone(), sample.series.clone());
        for index in 1..100 {
            let start_ns = sample.series.last().map_or(0, SeriesSecond::end_ns);
            let moved = |row: &SeriesSecond| SeriesSecond {
                level: index,
                start_ns: start_ns + row.start_ns,
                ..row.clone()
            };
            sample.series.extend(rows.iter().map(moved));
            sample.times.push(sample.times[0].clone());
            let start_s = planner_core::units::quantity::seconds(start_ns);
            let concurrency = Some(40 + index);
            sample.document.levels.push(LevelSummary { concurrency, start_s, ..level.clone() });
        }
        sample
    }

    /// A copy that takes ten years.
    pub(super) fn ten_years() -> Self {
        let mut sample = Self::one_attempt();
        let ten_years_ns = 315_360_000 * NS_PER_S;
        let window = Window {
            length_ns: ten_years_ns,
            ended: 1,
            in_flight_time_ns: ten_years_ns.into(),
            residence_ns: ten_years_ns.into(),
            ..Window::default()
        };
        let mut times = LevelTimes::default();
        times.latency.record(ten_years_ns);
        times.service.record(ten_years_ns);
        sample.series = vec![SeriesSecond { window, ok: 1, items_done: 1, ..SeriesSecond::default() }];
        sample.times = vec![times];
        sample.summarise(&window);
        sample
    }

    /// Cut off before anything was recorded.
    pub(super) fn empty() -> Self {
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
    pub(super) fn hostile() -> Self {
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

    fn of(workers: &[u32], jobs: u64, profile: &Profile, end_ns: u64) -> Self {
        let document = document(workers, jobs);
        let mut sample = Self { document, series: Vec::new(), times: Vec::new(), function: Vec::new() };
        for (index, &workers) in workers.iter().enumerate() {
            let start_ns = sample.series.last().map_or(0, SeriesSecond::end_ns);
            let recorded = RecordedLevel::of((index as u32, start_ns), (workers, jobs), profile, end_ns);
            sample.series.extend(recorded.rows);
            sample.times.push(recorded.times);
            sample.document.levels.push(recorded.summary);
        }
        sample.judge();
        sample
    }

    /// Makes the only level one of `window`.
    fn summarise(&mut self, window: &Window) {
        let items_done = self.series.iter().map(|row| row.items_done).sum();
        let level = &mut self.document.levels[0];
        level.littles_law = LittlesLaw::from(window);
        let law = level.littles_law;
        level.makespan_s = law.window_s;
        (level.throughput_per_s, level.residence_mean_s) = (law.x_per_s, law.r_s);
        (level.in_flight_mean, level.endpoint_in_flight_mean) = (law.n, None);
        (level.jobs, level.jobs_done, level.items_done) = (items_done, items_done, items_done);
        (level.attempts, level.goodput_per_s) = (window.ended, items_done as f64 / law.window_s);
        level.size_bytes = items_done * SIZE_BYTES;
        level.latency_s = self.times[0].latency.percentiles();
        level.service_s = self.times[0].service.percentiles();
        self.judge();
    }

    /// Verdicts and thresholds by the first level's own numbers.
    fn judge(&mut self) {
        let level = &self.document.levels[0];
        let law = level.littles_law;
        let accounting = if law.accounting_holds { Verdict::Pass } else { Verdict::Fail };
        let finding = |verdict, ratio: Option<f64>, why: &str| {
            let (low, high) = (ratio.map(|ratio| ratio - 0.004), ratio.map(|ratio| ratio + 0.005));
            Finding { verdict, ratio, low, high, why: why.into() }
        };
        self.document.verdicts = Some(Verdicts {
            accounting: finding(accounting, None, "every event was counted once"),
            independent: finding(Verdict::NotAvailable, None, "read the endpoint's gauge over 20 batches"),
            raw: finding(Verdict::Pass, Some(law.xr / law.n), "the run starts and ends empty"),
        });
        let threshold = |text: &str, value| {
            let holds = text.parse::<Threshold>().unwrap().holds(value);
            ThresholdResult { threshold: text.into(), holds, value }
        };
        self.document.thresholds = vec![
            threshold("p99 < 40s", level.latency_s.p99),
            threshold("throttles < 1%", level.throttles as f64 / level.attempts as f64),
            threshold("throughput > 1/s", level.throughput_per_s),
        ];
    }
}

fn document(workers: &[u32], jobs: u64) -> RunDocument {
    let scenario = format!(
        "name = \"daily\"\noperation = \"copy\"\nseed = 7\n[objects]\ncount = {jobs}\nsize.fixed = \"700MB\"\n\
         [arrivals]\nkind = \"closed\"\nworkers = {}\n",
        workers[0]
    );
    RunDocument {
        schema: SCHEMA.into(),
        run: "20260302-140509-daily".into(),
        name: "daily".into(),
        started_at: "2026-03-02T14:05:09Z".into(),
        version: "0.1.0".into(),
        command: ["planner", "measure", "scenarios/daily.toml", "--seed", "7"].map(str::to_owned).into(),
        target: TargetSummary { kind: TargetKind::Embedded, endpoint_url: None, region: None },
        rehearsal: true,
        virtual_time: true,
        seed: 7,
        complete: true,
        machine: "linux x86_64, 8 cores".into(),
        scenario: toml::from_str(&scenario).unwrap(),
        levels: Vec::new(),
        verdicts: None,
        usl: None,
        search: None,
        fan_out: None,
        generator: Some(Generator {
            saturated: false,
            late: false,
            reason: "it started every attempt on time".into(),
            cpu_s: 0.4,
            cpu_us_per_attempt: 1600.0,
            real_s: 0.6,
            loop_lag_s: None,
            peak_memory_bytes: Some(48_000_000),
        }),
        thresholds: Vec::new(),
    }
}
