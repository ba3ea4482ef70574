//! The document of a run: its levels, the verdicts and how it was measured.

use serde::{Deserialize, Serialize};

use super::fan_out::summary::FanOutSummary;
use super::histogram::Percentiles;
use super::level::LevelSummary;
use super::scaling::UslSummary;
use super::search::LevelSearchResult;
use crate::law::finding::Verdicts;
use crate::scenario::file::{File, TargetKind};

/// The name and version of the document's form.
pub const SCHEMA: &str = "planner/run/1";

/// How well the load generator itself did.
#[serde_with::skip_serializing_none]
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
    pub loop_lag_s: Option<Percentiles>,
    /// Largest resident memory of this process.
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
    pub answer: LevelSearchResult,
}

/// Where the load went.
#[serde_with::skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TargetSummary {
    /// Which kind of target.
    pub kind: TargetKind,
    /// URL of an endpoint target.
    pub endpoint_url: Option<String>,
    /// Region.
    pub region: Option<String>,
}

/// `run.json`: a run, enough to read it and to do it again.
#[serde_with::skip_serializing_none]
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
    pub verdicts: Option<Verdicts>,
    /// What the levels of a sweep say about scaling; absent for fewer than three.
    pub usl: Option<UslSummary>,
    /// The outcome of a search for a knee or a rate.
    pub search: Option<SearchSummary>,
    /// What became of the published objects, where the operation is a fan-out.
    pub fan_out: Option<FanOutSummary>,
    /// The generator's own health.
    pub generator: Option<Generator>,
    /// The scenario's thresholds.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub thresholds: Vec<ThresholdResult>,
}
