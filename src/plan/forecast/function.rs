//! A function behind a topic, with a queue between them or without.

use rayon::prelude::*;

use super::setting::FunctionSetting;
use super::simulated::{Moment, Simulated, TIMELINE, profiles};
use crate::cost::Usage;
use crate::plan_inputs::PlanInputs;
use planner_core::load::arrival::Spacing;
use planner_core::service::Profile;
use planner_core::simulate::batch::{Ending, Finishes};
use planner_core::simulate::fan_out::{
    FanOutOutcome, FanOutSecond, Publisher, SimulatedFanOut, run, run_observed,
};

/// Messages simulated: what two cores do in about a second.
const MESSAGES: u64 = 1_500_000;
/// Seconds simulated, likewise.
const SECONDS: f64 = 2e6;
const FEWEST: u64 = 16;
const MOST: u64 = 2000;

pub(super) fn simulate(
    inputs: &PlanInputs,
    choice: &FunctionSetting,
    replications: Option<u64>,
) -> Simulated {
    let FunctionSetting { reserved, rate_per_s, threads, shape } = *choice;
    let fan_out = SimulatedFanOut {
        sizes_bytes: &inputs.batch.sizes_bytes,
        publisher: Publisher { threads, batch_size: 1, rate_per_s, spacing: Spacing::Even },
        shape,
        retry: inputs.retry,
        prefixes: inputs.batch.prefixes,
    };
    let jobs = inputs.batch.objects();
    let publishing_s = rate_per_s.map_or(0.0, |per_s| jobs as f64 / per_s);
    let in_time = (SECONDS / publishing_s.max(1.0)) as u64;
    let replications = replications.unwrap_or((MESSAGES / jobs.max(1)).min(in_time).clamp(FEWEST, MOST));
    let deployed: Vec<Profile> =
        profiles(inputs).iter().map(|profile| inputs.deployed(profile, reserved)).collect();
    let outcomes: Vec<FanOutOutcome> = (0..replications)
        .into_par_iter()
        .map(|replication| {
            let profile = &deployed[(replication % deployed.len() as u64) as usize];
            run(&fan_out, profile, inputs.seed, replication)
        })
        .collect();
    let central = inputs.deployed(&inputs.model.profile, reserved);
    let finishes = finishes(&outcomes);
    Simulated {
        timeline: timeline(&fan_out, &central, inputs.seed),
        cost: inputs.fan_out_usage(Usage::of_fan_outs(&outcomes)).cost(&inputs.prices),
        in_flight_peak: mean(&outcomes, |outcome| outcome.in_flight_peak() as f64),
        throttles: mean(&outcomes, |outcome| outcome.metrics.throttles as f64),
        retries: finishes.failed_attempts,
        failed: finishes.failed_jobs,
        finishes,
    }
}

/// When the runs were done. One that lost an object is never done.
fn finishes(outcomes: &[FanOutOutcome]) -> Finishes {
    let ending = |outcome: &FanOutOutcome| {
        let failed_jobs = outcome.dead_lettered + outcome.lost;
        Ending {
            makespan_s: if failed_jobs == 0 { outcome.makespan_s } else { f64::INFINITY },
            failed_attempts: outcome.copy_requests.saturating_sub(outcome.copied + outcome.repeated_copies),
            failed_jobs,
        }
    };
    let endings: Vec<Ending> = outcomes.iter().map(ending).collect();
    Finishes::of(&endings, outcomes.iter().map(FanOutOutcome::in_flight_peak).max().unwrap_or(0))
}

fn mean(outcomes: &[FanOutOutcome], of: impl Fn(&FanOutOutcome) -> f64) -> f64 {
    outcomes.iter().map(of).sum::<f64>() / outcomes.len().max(1) as f64
}

/// One run, thinned to evenly spaced seconds; the throttles of the seconds left out are in the rates.
fn timeline(fan_out: &SimulatedFanOut<'_>, profile: &Profile, seed: u64) -> Vec<Moment> {
    let mut samples: Vec<FanOutSecond> = Vec::new();
    let _outcome = run_observed(fan_out, profile, seed, 0, |sample| samples.push(sample));
    let step = samples.len().div_ceil(TIMELINE).max(1);
    let moment = |stretch: &[FanOutSecond]| {
        let last = stretch.last()?;
        let throttles: u64 = stretch.iter().map(|sample| sample.throttles).sum();
        Some(Moment {
            t_s: last.second as f64,
            in_flight: last.in_flight as f64,
            backlog: last.backlog as f64,
            throttles_per_s: throttles as f64 / stretch.len() as f64,
            done: last.copied as f64,
        })
    };
    samples.chunks(step).filter_map(moment).collect()
}
