//! What a given choice comes to: the document of `planner simulate`.

use serde::{Deserialize, Serialize};

use super::cost::Cost;
use super::doubt::DoubtRecord;
use super::preface::{Finish, Preface};

/// The name and version of the document's form.
pub const SCHEMA: &str = "planner/simulate/1";

/// The distribution of what happens when a job is copied in a given way.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Forecast {
    /// [`SCHEMA`].
    pub schema: String,
    /// When it finishes and what goes wrong, in a sentence or two.
    pub verdict: String,
    /// The objects, and what the answer rests on.
    #[serde(flatten)]
    pub preface: Preface,
    /// The way of copying, in words.
    pub way: String,
    /// From the first start to the last end.
    pub makespan_s: Finish,
    /// Share of the simulated runs that met the deadline, where one was given.
    pub probability: Option<f64>,
    /// The probability is at least this, with 95 % confidence.
    pub probability_at_least: Option<f64>,
    /// Most copies in progress at once: mean over the simulated runs.
    pub in_flight_peak: f64,
    /// Throttled invocations or requests: mean over the simulated runs.
    pub throttles: f64,
    /// Attempts or deliveries beyond the first of each object: mean over the simulated runs.
    pub retries: f64,
    /// Objects that were not copied in the end: mean over the simulated runs.
    pub failed: f64,
    /// What it costs.
    pub cost: Cost,
    /// Simulated runs.
    pub replications: u64,
    /// Times of the last end at 101 even probabilities.
    pub makespan_quantiles_s: Vec<f64>,
    /// What one simulated run looks like over time.
    pub timeline: Vec<Moment>,
    /// What the forecast cannot be sure of.
    pub doubts: Vec<DoubtRecord>,
}

/// A stretch of one simulated run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Moment {
    /// Its beginning.
    pub t_s: f64,
    /// Copies in progress at its beginning.
    pub in_flight: f64,
    /// Messages that wait at its beginning, throttled ones included.
    pub backlog: f64,
    /// Throttled invocations in it, per second.
    pub throttles_per_s: f64,
    /// Objects done before it.
    pub done: f64,
}
