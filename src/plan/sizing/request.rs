//! What a recommendation is asked for.

use crate::deployment::Deployment;
use crate::plan_header::Probability;
use planner_core::numeric::proportion::Proportion;
use planner_core::service::function::PipelineShape;
use planner_core::simulate::pool::Ramp;
use planner_core::simulate::work::Order;

/// What is wanted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SizingRequest {
    /// Seconds from the first start to the last end.
    pub deadline_s: f64,
    /// Probability of that, between 0 and 1, both excluded.
    pub probability: f64,
    /// Ways to do it.
    pub deployments: &'static [Deployment],
    /// What lies between the topic and that function.
    pub shape: PipelineShape,
    /// The largest concurrency allowed.
    pub max_concurrency: Option<u64>,
    /// When workers begin.
    pub ramp: Ramp,
    /// In which order workers take objects.
    pub order: Order,
}

impl SizingRequest {
    /// The probability that is wanted beside the one that was found, if one was.
    pub(super) fn probability_of(&self, found: Option<Proportion>) -> Probability {
        let found = found.unwrap_or(Proportion::of(0, 0));
        Probability {
            goal: Some(self.probability),
            stated: found.at_least,
            estimate: found.estimate,
            replications: found.trials,
        }
    }
}
