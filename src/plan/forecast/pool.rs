//! A pool of workers.

use super::setting::PoolSetting;
use super::simulated::{Moment, Simulated, TIMELINE, profiles};
use crate::cost::Usage;
use crate::plan_inputs::PlanInputs;
use planner_core::simulate::batch::{in_flight, simulate_pool};
use planner_core::simulate::pool::DrainStep;
use planner_core::simulate::work::Sampler;
use planner_core::units::quantity::seconds;

/// Job times drawn: what two cores do in about a second.
const DRAWS: u64 = 60_000_000;
const FEWEST: u64 = 100;
const MOST: u64 = 10_000;

pub(super) fn simulate(inputs: &PlanInputs, choice: &PoolSetting, replications: Option<u64>) -> Simulated {
    let PoolSetting { workers, ramp, order } = *choice;
    let work = inputs.work(order);
    let replications = replications.unwrap_or((DRAWS / work.jobs().max(1)).clamp(FEWEST, MOST));
    let finishes = simulate_pool(&work, profiles(inputs), workers, ramp, replications, inputs.seed);
    let sampler = Sampler::new(&work, &inputs.model.profile, inputs.seed);
    let machine_hours = finishes.mean_s() / 3600.0;
    let usage = Usage { machine_hours, ..inputs.copy_usage(finishes.failed_attempts) };
    Simulated {
        in_flight_peak: finishes.in_flight_peak as f64,
        throttles: 0.0,
        retries: finishes.failed_attempts,
        failed: finishes.failed_jobs,
        cost: usage.cost(&inputs.prices),
        timeline: timeline(&in_flight(&sampler, 0, workers, ramp)),
        finishes,
    }
}

/// The state at evenly spaced moments of a run.
fn timeline(steps: &[DrainStep]) -> Vec<Moment> {
    let end_ns = steps.last().map_or(0, |step| step.at_ns);
    let at = |moment: usize| {
        let at_ns = (u128::from(end_ns) * moment as u128 / TIMELINE as u128) as u64;
        let begun = steps.partition_point(|step| step.at_ns <= at_ns);
        let state = begun.checked_sub(1).map(|place| steps[place]);
        Moment {
            t_s: seconds(at_ns),
            in_flight: state.map_or(0.0, |step| step.in_flight as f64),
            done: state.map_or(0.0, |step| step.done as f64),
            ..Moment::default()
        }
    };
    (0..=TIMELINE).map(at).collect()
}
