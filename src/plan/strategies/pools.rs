//! Workers on a machine: one, a pool of them, pools of them, and a machine rented for them.

use super::context::{SimulatedRuns, StrategyContext, mean, share};
use crate::caveat::Caveat;
use crate::closed_form::ClosedForm;
use crate::strategies_document::{SURE, Strategy, StrategyKind};
use planner_core::simulate::batch::{Finishes, simulate_pool};
use planner_core::simulate::nested::{Nested, simulate_nested};
use planner_core::simulate::pool::Ramp;

const AT_ONCE: Ramp = Ramp { per_s: None };
/// Open files that a process on Linux is usually allowed, each connection being one.
const USUAL_OPEN_FILES: u64 = 1024;

/// A for loop, a pool and pools in a pool.
pub(super) fn on_the_machine_at_hand(context: &StrategyContext<'_>) -> Vec<Strategy> {
    let threads = u64::from(context.request.threads);
    let one_after_the_other = Caveat::OneAfterTheOther { copy_s: context.times.at(1).mean_s };
    let one =
        context.strategy(StrategyKind::Loop, runs(context, &drained(context, 1)), vec![one_after_the_other]);
    let caveats = vec![Caveat::OneProcess, connections(threads)];
    let pool =
        context.strategy(StrategyKind::Pool { threads }, runs(context, &drained(context, threads)), caveats);
    vec![one, pool, nested(context)]
}

/// A pool of threads on a machine of its own; with a deadline as many as that needs.
pub(super) fn rented(context: &StrategyContext<'_>) -> Strategy {
    let threads = needed(context).unwrap_or(u64::from(context.request.threads));
    let finishes = drained(context, threads);
    let usd_per_hour =
        Some(context.inputs.prices.ec2.usd_per_hour).filter(|&usd_per_hour| usd_per_hour > 0.0);
    let mut usage = context.inputs.copy_usage(finishes.failed_attempts);
    usage.machine_hours = finishes.mean_s() / 3600.0;
    let cost_usd = usage.cost(&context.inputs.prices).total_usd;
    let mut caveats = vec![Caveat::NeedsNoBandwidth, connections(threads)];
    caveats.extend(usd_per_hour.is_none().then_some(Caveat::PriceUnknown));
    let strategy = StrategyKind::RentedMachine { threads, usd_per_hour };
    context.strategy(strategy, SimulatedRuns { cost_usd, ..runs(context, &finishes) }, caveats)
}

/// Threads that end by the deadline, a little more surely than a way has to so that simulated runs bear it out, or come
/// nearest to it.
fn needed(context: &StrategyContext<'_>) -> Option<u64> {
    let deadline_s = context.request.deadline_s?;
    let form = ClosedForm::new(&context.work, &context.inputs.model.profile, AT_ONCE);
    let sure = f64::midpoint(SURE, 1.0);
    let most = form.most_that_help(sure, context.objects());
    Some(form.smallest_pool(deadline_s, sure, most).unwrap_or(most).max(1))
}

fn nested(context: &StrategyContext<'_>) -> Strategy {
    let (inputs, request) = (context.inputs, context.request);
    let nested = Nested {
        sizes_bytes: context.work.sizes_bytes(),
        pools: request.pools,
        workers: request.threads,
        retry: inputs.retry,
        prefixes: inputs.batch.prefixes,
    };
    let threads = u64::from(request.pools) * u64::from(request.threads);
    let outcomes = simulate_nested(&nested, context.profiles(), context.replications(), inputs.seed);
    let copied = mean(&outcomes, |run| run.copied as f64);
    let failed = mean(&outcomes, |run| run.copy_requests as f64) - copied;
    let busy = mean(&outcomes, |run| run.in_flight_mean);
    let plain_s = drained(context, threads).quantile_s(0.5);
    let runs = SimulatedRuns {
        finishes_s: outcomes.iter().map(|run| run.makespan_s).collect(),
        in_flight_peak: outcomes.iter().map(|run| run.in_flight_peak).max().unwrap_or(0),
        throttles: None,
        copied: share(copied, context.objects()),
        cost_usd: inputs.copy_usage(failed.max(0.0)).cost(&inputs.prices).total_usd,
    };
    let idle = Caveat::IdlePools { busy, threads, one_pool_s: plain_s };
    let strategy = StrategyKind::NestedPools { pools: request.pools.into(), threads: request.threads.into() };
    context.strategy(strategy, runs, vec![idle, connections(threads)])
}

fn drained(context: &StrategyContext<'_>, workers: u64) -> Finishes {
    simulate_pool(&context.work, context.profiles(), workers, AT_ONCE, context.drains(), context.inputs.seed)
}

fn runs(context: &StrategyContext<'_>, finishes: &Finishes) -> SimulatedRuns {
    let inputs = context.inputs;
    SimulatedRuns {
        finishes_s: finishes.makespans_s.clone(),
        in_flight_peak: finishes.in_flight_peak,
        throttles: None,
        copied: share(context.objects() as f64 - finishes.failed_jobs, context.objects()),
        cost_usd: inputs.copy_usage(finishes.failed_attempts).cost(&inputs.prices).total_usd,
    }
}

/// What so many threads ask of the machine.
fn connections(threads: u64) -> Caveat {
    let beyond_open_files = (threads >= USUAL_OPEN_FILES).then_some(USUAL_OPEN_FILES);
    Caveat::Connections { threads, beyond_open_files }
}
