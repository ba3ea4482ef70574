//! What a run comes to: one summary a level, the verdicts, and the document that holds them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::fan_out::summary::FanOutSummary;
use super::histogram::{PercentileIntervals, Percentiles};
use super::scaling::UslSummary;
use super::steady::Steady;
use crate::law::little::Window;
use crate::load::dispatch::StopReason;
use crate::measure::search::Answer;
use crate::scenario::LevelKey;
use crate::scenario::file::{File, TargetKind};
use crate::units::human::counted;
use crate::units::quantity::seconds;

/// The name and version of the document's form.
pub const SCHEMA: &str = "planner/run/1";

/// The outcome of one level.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LevelSummary {
    /// Workers of a closed level.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub concurrency: Option<u32>,
    /// Rate of an open level with one rate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rate_per_s: Option<f64>,
    /// Beginning, since the start of the run.
    pub start_s: f64,
    /// From the beginning to the last end.
    pub makespan_s: f64,
    /// Jobs started.
    pub jobs: u64,
    /// Jobs whose work was done.
    pub jobs_done: u64,
    /// Jobs that failed for good.
    pub jobs_failed: u64,
    /// Objects or messages done.
    pub items_done: u64,
    /// Bytes moved by successful attempts.
    pub size_bytes: u64,
    /// Attempts ended.
    pub attempts: u64,
    /// Attempts ended per second.
    pub throughput_per_s: f64,
    /// Objects or messages done per second.
    pub goodput_per_s: f64,
    /// Mean residence time of attempts.
    pub residence_mean_s: f64,
    /// Time average of attempts in flight.
    pub in_flight_mean: f64,
    /// Most attempts in flight at once.
    pub in_flight_max: u64,
    /// Jobs done, from intended start to end.
    pub latency_s: Percentiles,
    /// 95 % intervals of the latency's percentiles by order statistics, as if jobs were independent.
    #[serde(default)]
    pub latency_intervals_s: PercentileIntervals,
    /// Successful copies, parts and publishes, from actual start to end.
    pub service_s: Percentiles,
    /// Attempts throttled.
    pub throttles: u64,
    /// Failed attempts by kind.
    pub errors: BTreeMap<String, u64>,
    /// Throttled and failed attempts by the service's own code.
    pub error_codes: BTreeMap<String, u64>,
    /// Arrivals that could not start, by reason.
    pub not_started: BTreeMap<String, u64>,
    /// Actual minus intended start of attempts.
    pub lateness_s: Percentiles,
    /// Little's law over the level.
    pub littles_law: LittlesLaw,
    /// Mean of the endpoint's own count of requests in flight.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub endpoint_in_flight_mean: Option<f64>,
    /// Beginning and end of the time under full load, since the start of the level. For workers from every one
    /// having finished a job to one starting its last; for open arrivals to the last start.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub full_load_s: Option<[f64; 2]>,
    /// Little's law stage by stage.
    #[serde(default)]
    pub stages: Vec<Stage>,
    /// The part of the level that speaks for the system; absent where it had none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub steady: Option<Steady>,
    /// Why the level ended; absent when it was cut off.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stop_reason: Option<StopReason>,
}

impl LevelSummary {
    /// Failed attempts of every kind, throttles excluded.
    #[must_use]
    pub fn error_count(&self) -> u64 {
        self.errors.values().sum()
    }

    /// Arrivals that could not start, whatever the reason.
    #[must_use]
    pub fn not_started_count(&self) -> u64 {
        self.not_started.values().sum()
    }

    /// What the level is called in tables and charts.
    #[must_use]
    pub fn label(&self) -> String {
        match (self.concurrency, self.rate_per_s) {
            (Some(1), _) => "1 worker".into(),
            (Some(workers), _) => counted(u64::from(workers), "worker"),
            (None, Some(rate)) => format!("{}/s", (rate * 1e6).round() / 1e6),
            (None, None) => "varying rate".into(),
        }
    }

    /// Puts the level's key where documents have it.
    pub fn set_key(&mut self, key: LevelKey) {
        match key {
            LevelKey::Concurrency(workers) => self.concurrency = Some(workers),
            LevelKey::Rate(per_s) => self.rate_per_s = Some(per_s),
            LevelKey::Varying => {}
        }
    }
}

/// Where a request is on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StageName {
    /// In the generator, from the intended start to the actual one.
    Queue,
    /// Between a failed attempt and the next.
    BackOff,
    /// On the wire, as the client sees it.
    Attempt,
    /// At the endpoint, by its own count; the residence time follows from N = X·R.
    Service,
}

impl StageName {
    /// The name for people.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Queue => "generator's queue",
            Self::BackOff => "back-off",
            Self::Attempt => "attempt",
            Self::Service => "service, by its own count",
        }
    }
}

/// N = X·R of one stage over a level.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Stage {
    /// Which stage.
    pub stage: StageName,
    /// Time average of requests in it.
    pub n: f64,
    /// Requests that leave it per second.
    pub x_per_s: f64,
    /// Mean time in it.
    pub r_s: f64,
}

/// N = X·R over one window, with what its edges explain.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct LittlesLaw {
    /// Length of the window.
    pub window_s: f64,
    /// Time average of requests in flight.
    pub n: f64,
    /// Completions per second.
    pub x_per_s: f64,
    /// Mean residence time of the requests that completed.
    pub r_s: f64,
    /// X·R.
    pub xr: f64,
    /// N by the departure form.
    pub departure_form_n: f64,
    /// Sum of ages at the beginning.
    pub age_start_s: f64,
    /// Sum of ages at the end.
    pub age_end_s: f64,
    /// N − X·R.
    pub difference: f64,
    /// The part of the difference that the edges explain.
    pub edges: f64,
    /// Whether the departure form holds to the nanosecond.
    pub accounting_holds: bool,
}

impl From<&Window> for LittlesLaw {
    fn from(window: &Window) -> Self {
        Self {
            window_s: seconds(window.length_ns),
            n: window.n(),
            x_per_s: window.x_per_s(),
            r_s: window.r_s(),
            xr: window.xr(),
            departure_form_n: window.departure_form_n(),
            age_start_s: window.age_start_ns as f64 / 1e9,
            age_end_s: window.age_end_ns as f64 / 1e9,
            difference: window.difference(),
            edges: window.edges(),
            accounting_holds: window.accounting_holds(),
        }
    }
}

/// What a check came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It holds.
    Pass,
    /// It does not hold.
    Fail,
    /// More data is needed.
    Inconclusive,
    /// There is nothing to check it against.
    NotAvailable,
}

impl Verdict {
    /// The word for people.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Pass => "PASS",
            Self::Fail => "FAIL",
            Self::Inconclusive => "INCONCLUSIVE",
            Self::NotAvailable => "not available",
        }
    }
}

/// A verdict with the ratio it rests on and what to do about it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// The verdict.
    pub verdict: Verdict,
    /// Ratio of the two sides, where it means something.
    pub ratio: Option<f64>,
    /// Lower end of its interval.
    pub low: Option<f64>,
    /// Upper end of its interval.
    pub high: Option<f64>,
    /// What it means and what to do.
    pub advice: String,
}

impl Finding {
    /// No verdict, and why there is none.
    #[must_use]
    pub fn not_available(ratio: Option<f64>, advice: impl Into<String>) -> Self {
        Self { verdict: Verdict::NotAvailable, ratio, low: None, high: None, advice: advice.into() }
    }
}

/// The three verdicts on Little's law.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Verdicts {
    /// The departure form holds exactly: no event was lost or doubled.
    pub accounting: Finding,
    /// A gauge that does not share the event path agrees.
    pub independent: Finding,
    /// X·R against N as usually computed.
    pub raw: Finding,
}

/// How well the load generator itself did.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Generator {
    /// Whether it, and not the target, set the pace. Such a run is not valid.
    pub saturated: bool,
    /// Whether it was late without changing what was measured. Such a run is valid.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub late: bool,
    /// Why it counts as saturated or late, or why it does not.
    pub reason: String,
    /// CPU time of this process over the run.
    pub cpu_s: f64,
    /// CPU time per attempt, in microseconds.
    pub cpu_us_per_attempt: f64,
    /// Real time of the run.
    pub real_s: f64,
    /// Delay of the event loop: 99th percentile and maximum; absent in virtual time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub loop_lag_s: Option<Percentiles>,
    /// Largest resident memory of this process.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub peak_memory_bytes: Option<u64>,
}

/// A threshold with the value that it met.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ThresholdResult {
    /// As it was written.
    pub threshold: String,
    /// Whether it holds in every level. It does not where a level has nothing to judge it by, such as a latency
    /// where no job was done.
    pub holds: bool,
    /// The value in the level where it came off worst, of those that have one; 0 where none has.
    pub value: f64,
}

/// What a search found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SearchSummary {
    /// `knee` or `rate`.
    pub kind: String,
    /// The objective that the rate had to reach.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub objective: Option<String>,
    /// The answer.
    #[serde(flatten)]
    pub answer: Answer,
}

/// Where the load went.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TargetSummary {
    /// Which kind of target.
    pub kind: TargetKind,
    /// URL of an endpoint target.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub endpoint_url: Option<String>,
    /// Region.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
}

/// `run.json`: a run, enough to read it and to do it again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunDocument {
    /// [`SCHEMA`].
    pub schema: String,
    /// Identifier of the run, the name of its folder.
    pub run: String,
    /// Name of the scenario.
    pub name: String,
    /// When it started, RFC 3339.
    pub started_at: String,
    /// Version of the program.
    pub version: String,
    /// The command line, secrets removed.
    pub command: Vec<String>,
    /// Where the load went.
    pub target: TargetSummary,
    /// Whether the numbers say nothing about a real account.
    pub rehearsal: bool,
    /// Whether time was virtual.
    pub virtual_time: bool,
    /// Seed.
    pub seed: u64,
    /// False while the run goes on, and for ever when it was cut off.
    pub complete: bool,
    /// Operating system, architecture and number of cores.
    pub machine: String,
    /// The scenario.
    pub scenario: File,
    /// One summary a level.
    pub levels: Vec<LevelSummary>,
    /// Verdicts over all levels.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verdicts: Option<Verdicts>,
    /// What the levels of a sweep say about scaling; absent for fewer than three.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usl: Option<UslSummary>,
    /// The outcome of a search for a knee or a rate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub search: Option<SearchSummary>,
    /// What became of the published objects, where the operation is a fan-out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fan_out: Option<FanOutSummary>,
    /// The generator's own health.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub generator: Option<Generator>,
    /// The scenario's thresholds.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub thresholds: Vec<ThresholdResult>,
}
