//! One Lambda function that copies everything with threads, as long as it may run.

use super::context::{SimulatedRuns, StrategyContext, mean, share};
use crate::caveat::Caveat;
use crate::cost::{Usage, gigabyte_seconds};
use crate::strategies_document::{Strategy, StrategyKind};
use planner_core::simulate::cut_off::simulate_until;

/// One function with a pool of threads.
pub(super) fn one(context: &StrategyContext<'_>) -> Strategy {
    let (inputs, lambda) = (context.inputs, &context.inputs.limits.lambda);
    let threads = context.request.threads.min(lambda.threads_max);
    let profiles = context.profiles();
    let workers = u64::from(threads);
    let seed = inputs.seed;
    let outcomes = simulate_until(&context.work, profiles, workers, lambda.timeout_s, context.drains(), seed);
    let cold_start_s = inputs.model.profile.function.cold_start_s;
    let ended = mean(&outcomes, |run| run.ended as f64);
    let billed_s = cold_start_s + mean(&outcomes, |run| run.makespan_s.min(lambda.timeout_s));
    let whole = inputs.copy_usage(0.0);
    let copied = share(ended, context.objects());
    let usage = Usage {
        copy_requests: (whole.copy_requests as f64 * copied).round() as u64,
        bytes_between_regions: (whole.bytes_between_regions as f64 * copied) as u64,
        invocations: 1,
        x86_gb_s: gigabyte_seconds(1.0, billed_s, inputs.memory_mb),
        ..Usage::default()
    };
    let runs = SimulatedRuns {
        finishes_s: outcomes.iter().map(|run| cold_start_s + run.makespan_s).collect(),
        in_flight_peak: workers.min(context.objects()),
        throttles: None,
        copied,
        cost_usd: usage.cost(&inputs.prices).total_usd,
    };
    let caveats = [
        Some(cut(context, ended, copied)),
        (context.request.threads > threads).then_some(Caveat::MostThreads { most: lambda.threads_max }),
        little_cpu(inputs.memory_mb, lambda.cpu_memory_mb),
    ];
    let strategy = StrategyKind::OneFunction { threads: workers, memory_mb: inputs.memory_mb };
    context.strategy(strategy, runs, caveats.into_iter().flatten().collect())
}

fn cut(context: &StrategyContext<'_>, ended: f64, copied: f64) -> Caveat {
    let timeout_s = context.inputs.limits.lambda.timeout_s;
    if copied >= 1.0 {
        return Caveat::WouldBeCutOff { timeout_s };
    }
    let in_turn = (ended >= 1.0).then(|| (1.0 / copied).ceil() as u64);
    Caveat::CutOff { timeout_s, copied, in_turn }
}

fn little_cpu(memory_mb: u32, cpu_memory_mb: u32) -> Option<Caveat> {
    let share = f64::from(memory_mb) / f64::from(cpu_memory_mb);
    (share < 0.5).then_some(Caveat::LittleCpu { memory_mb, share })
}
