//! What simulated runs come to.

use serde::{Deserialize, Serialize};

use crate::cost::Cost;
use crate::plan_inputs::PlanInputs;
use planner_core::service::Profile;
use planner_core::simulate::batch::Finishes;

/// Points of a timeline at most.
pub(super) const TIMELINE: usize = 240;

/// A moment of one simulated run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Moment {
    /// When, since the start.
    pub t_s: f64,
    /// Copies in progress then.
    pub in_flight: f64,
    /// Messages that wait then, throttled ones included.
    pub backlog: f64,
    /// Throttled invocations per second in the stretch that ends then.
    pub throttles_per_s: f64,
    /// Objects done by then.
    pub done: f64,
}

/// What the simulated runs of a choice came to.
pub(super) struct Simulated {
    pub finishes: Finishes,
    pub in_flight_peak: f64,
    pub throttles: f64,
    pub retries: f64,
    pub failed: f64,
    pub cost: Cost,
    pub timeline: Vec<Moment>,
}

/// The services that stand for what is known: the resampled ones, or the one that was given.
pub(super) fn profiles(inputs: &PlanInputs) -> &[Profile] {
    match inputs.model.resampled.as_slice() {
        [] => std::slice::from_ref(&inputs.model.profile),
        resampled => resampled,
    }
}
