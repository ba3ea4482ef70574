//! What a given choice comes to: the document of `planner simulate`, and how it is worked out.

mod function;
mod pool;
mod setting;
mod simulated;

use serde::{Deserialize, Serialize};

pub use setting::{ForecastSetting, FunctionSetting, PoolSetting};
pub use simulated::Moment;

use super::cost::Cost;
use super::limitation::Limitation;
use super::plan_header::{Finish, PlanHeader};
use super::plan_inputs::PlanInputs;
use planner_core::simulate::batch::Finishes;

/// The name and version of the document's form.
pub const SCHEMA: &str = "planner/simulate/1";

/// The distribution of what happens when a job is copied in a given way.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Forecast {
    /// [`SCHEMA`].
    pub schema: String,
    /// The objects, and what the answer rests on.
    #[serde(flatten)]
    pub preface: PlanHeader,
    /// The way of copying.
    pub choice: ForecastSetting,
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
    /// Times of the last end in the simulated runs, ascending, evenly thinned to a thousand.
    pub makespans_s: Vec<f64>,
    /// What one simulated run looks like over time.
    pub timeline: Vec<Moment>,
    /// What the forecast cannot be sure of.
    pub doubts: Vec<Limitation>,
    /// Limits and prices that were used, with their dates.
    pub sources: Vec<String>,
}

/// Makespans of a document at most.
const KEPT_MAKESPANS: usize = 1000;
/// Simulates a choice, `replications` times or as often as a second or two allows.
#[must_use]
pub fn forecast(
    inputs: &PlanInputs,
    choice: &ForecastSetting,
    deadline_s: Option<f64>,
    replications: Option<u64>,
) -> Forecast {
    let simulated = match choice {
        ForecastSetting::Pool(choice) => pool::simulate(inputs, choice, replications),
        ForecastSetting::Function(choice) => function::simulate(inputs, choice, replications),
    };
    let by = deadline_s.map(|deadline_s| simulated.finishes.by(deadline_s));
    let most = (simulated.in_flight_peak.round() as u64).max(1);
    let mut doubts = inputs.doubts(Some(most));
    doubts.extend((simulated.throttles > 0.0).then_some(Limitation::RetriesUndocumented));
    Forecast {
        schema: SCHEMA.into(),
        preface: inputs.preface(deadline_s.unwrap_or(0.0)),
        choice: *choice,
        makespan_s: finish(&simulated.finishes),
        probability: by.map(|by| by.estimate),
        probability_at_least: by.map(|by| by.at_least),
        in_flight_peak: simulated.in_flight_peak,
        throttles: simulated.throttles,
        retries: simulated.retries,
        failed: simulated.failed,
        cost: simulated.cost,
        replications: simulated.finishes.makespans_s.len() as u64,
        makespans_s: thinned_s(&simulated.finishes),
        timeline: simulated.timeline,
        doubts,
        sources: inputs.sources(),
    }
}

/// Percentiles and mean of makespans.
#[must_use]
pub fn finish(finishes: &Finishes) -> Finish {
    let ever = |time_s: f64| Some(time_s).filter(|time_s| time_s.is_finite());
    Finish {
        p50: ever(finishes.quantile_s(0.5)),
        p95: ever(finishes.quantile_s(0.95)),
        p99: ever(finishes.quantile_s(0.99)),
        mean: ever(finishes.mean_s()),
    }
}

/// The makespans of the runs that came to an end, or a thousand of them at even distances.
#[must_use]
pub fn thinned_s(finishes: &Finishes) -> Vec<f64> {
    let all = &finishes.makespans_s;
    let all = &all[..all.partition_point(|makespan_s| makespan_s.is_finite())];
    let kept = all.len().min(KEPT_MAKESPANS);
    (0..kept).map(|place| all[place * (all.len() - 1) / (kept - 1).max(1)]).collect()
}
