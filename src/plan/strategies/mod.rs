//! `planner strategies`: the ways of doing a job, side by side, each simulated under today's limits.

mod batch_operations;
mod context;
mod fan_out;
mod function;
mod pools;

pub use context::StrategiesRequest;

use super::limitation::Limitation;
use super::mixture::Mixture;
use super::plan_inputs::PlanInputs;
use super::strategies_document::{Observed, SCHEMA, Strategies};
use context::StrategyContext;
use planner_core::simulate::work::Order;

/// The ways of doing the job, in the order in which a team usually comes to them.
#[must_use]
pub fn strategies(inputs: &PlanInputs, request: &StrategiesRequest) -> Strategies {
    let work = inputs.work(Order::Fifo);
    let times = Mixture::new(&work, &inputs.model.profile);
    let context = StrategyContext { inputs, request, work, times };
    let mut strategies = pools::on_the_machine_at_hand(&context);
    strategies.extend([function::one(&context), pools::rented(&context)]);
    strategies.extend(fan_out::strategies(&context));
    strategies.push(batch_operations::batch_operations(inputs));
    let peak = strategies.iter().filter_map(|strategy| strategy.in_flight_peak).max();
    let is_throttled =
        strategies.iter().any(|strategy| strategy.throttles.is_some_and(|throttles| throttles > 0.0));
    let doubts =
        inputs.doubts(peak).into_iter().chain(is_throttled.then_some(Limitation::RetriesUndocumented));
    let preface = inputs.preface(request.deadline_s.unwrap_or(0.0));
    Strategies {
        schema: SCHEMA.into(),
        observed: request
            .observed_s
            .map(|finish_s| observed(finish_s, preface.job.objects, preface.residence.mean_s)),
        strategies,
        doubts: doubts.collect(),
        sources: inputs.sources(),
        preface,
    }
}

/// N = X·R of a job that was seen to end after `finish_s`.
fn observed(finish_s: f64, objects: u64, residence_s: f64) -> Observed {
    let x_per_s = if finish_s > 0.0 { objects as f64 / finish_s } else { 0.0 };
    Observed { finish_s, x_per_s, in_flight: x_per_s * residence_s, residence_s }
}

#[cfg(test)]
mod tests;
