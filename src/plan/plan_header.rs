//! What every plan document says first: the objects, and what the answer rests on.

use serde::{Deserialize, Serialize};

use super::fit::Basis;

/// The beginning of a document.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PlanHeader {
    /// Version of the program.
    pub version: String,
    /// When it was made, RFC 3339; empty until a shell fills it in.
    pub created_at: String,
    /// The command line.
    pub command: Vec<String>,
    /// Seed.
    pub seed: u64,
    /// What is to be copied, by when.
    pub job: JobDescription,
    /// What the answer rests on.
    pub basis: Basis,
    /// How long one copy takes.
    pub residence: ResidenceSummary,
}

/// What is to be copied, by when.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct JobDescription {
    /// Objects.
    pub objects: u64,
    /// All their bytes.
    pub size_bytes: u64,
    /// Size of the smallest and of the largest.
    pub size_range_bytes: [u64; 2],
    /// From the first start to the last end; 0 where none was given.
    pub deadline_s: f64,
    /// The fewest objects that there may be, where `objects` is the most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub objects_at_least: Option<u64>,
    /// When it begins and has to be done by the clock, where that was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clock: Option<ClockDeadline>,
}

/// A deadline by the clock.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ClockDeadline {
    /// When the job begins, RFC 9557.
    pub start: String,
    /// When it has to be done, RFC 9557.
    pub due: String,
    /// Seconds between the two.
    pub length_s: f64,
}

/// How long one of the planned copies takes while it is alone.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ResidenceSummary {
    /// Mean.
    pub mean_s: f64,
    /// Mean with as many in flight as were measured at most; None where times are not known to grow with that number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mean_at_most_in_flight_s: Option<f64>,
    /// Coefficient of variation, that of the sizes included.
    pub cv: f64,
}

/// The probability that was asked for and the one that is stated.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Probability {
    /// Asked for; None where nothing was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub goal: Option<f64>,
    /// `estimate` less the error of the simulation: at least this, with 95 % confidence.
    pub stated: f64,
    /// The share of simulated runs that met the deadline, each on one of the services that the measured jobs could have
    /// come from: what the sample leaves open is averaged in. It holds on the conditions of the evidence.
    pub estimate: f64,
    /// Simulated runs behind it.
    pub replications: u64,
}

/// When the last copy is done, in seconds; None where so large a share of the runs never copies every object.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Finish {
    /// Median.
    pub p50: Option<f64>,
    /// 95th percentile.
    pub p95: Option<f64>,
    /// 99th percentile.
    pub p99: Option<f64>,
    /// Mean.
    pub mean: Option<f64>,
}
