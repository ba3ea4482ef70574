//! One message for each object, and a function that copies it: as fast as publishing goes, at a pace, and through a
//! queue.

use rayon::prelude::*;

use super::context::{SimulatedRuns, StrategyContext, mean, share};
use crate::caveat::Caveat;
use crate::cost::Usage;
use crate::strategies_document::{Strategy, StrategyKind};
use planner_core::load::arrival::Spacing;
use planner_core::service::Profile;
use planner_core::service::function::PipelineShape;
use planner_core::simulate::fan_out::{FanOutOutcome, Publisher, SimulatedFanOut, run};

/// Threads that publish where no rate asks for more.
const PUBLISH_THREADS: u32 = 16;
/// Threads for each that is busy on average at a rate.
const THREADS_PER_BUSY: f64 = 2.0;
/// Standard deviations above its mean of the 99 % quantile of a number of copies in progress.
const MARGIN: f64 = 2.326;

/// The three ways, the function reserving what it can today.
pub(super) fn strategies(context: &StrategyContext<'_>) -> [Strategy; 3] {
    [unpaced(context), paced(context), queued(context)]
}

fn unpaced(context: &StrategyContext<'_>) -> Strategy {
    let means = simulated(context, PipelineShape::Direct, None);
    let caveat = if means.throttles >= 0.5 {
        let longest_s = context.inputs.limits.lambda.backoff_max_s;
        Caveat::BackOff { published_s: means.published_s, longest_s }
    } else {
        Caveat::FitsAtOnce { objects: context.objects() }
    };
    let strategy =
        StrategyKind::FanOutUnpaced { threads: PUBLISH_THREADS.into(), reserved: reserved(context) };
    means.row(context, strategy, caveat)
}

fn paced(context: &StrategyContext<'_>) -> Strategy {
    let rate_per_s = context.request.rate_per_s.unwrap_or_else(|| pace_per_s(context));
    let means = simulated(context, PipelineShape::Direct, Some(rate_per_s));
    let lambda = &context.inputs.limits.lambda;
    let caveat = if means.throttles >= 0.5 {
        Caveat::StillThrottled { throttles: means.throttles }
    } else {
        let is_bound = context.objects() > u64::from(lambda.usable_concurrency());
        let account_concurrency = is_bound.then_some(lambda.account_concurrency);
        Caveat::PublishingTakes { published_s: means.published_s, account_concurrency }
    };
    means.row(context, StrategyKind::FanOutPaced { rate_per_s, reserved: reserved(context) }, caveat)
}

fn queued(context: &StrategyContext<'_>) -> Strategy {
    let means = simulated(context, PipelineShape::Queue, None);
    let maximum_concurrency = maximum_concurrency(context);
    let first = context.inputs.model.profile.queue.pollers_initial;
    let per_min = context.inputs.limits.sqs.event_source_scaling_per_min;
    let wanted = u64::from(maximum_concurrency).min(context.objects());
    let growth_s = wanted.saturating_sub(u64::from(first)) as f64 / f64::from(per_min) * 60.0;
    let caveat = Caveat::QueueGrows { first, per_min, growth_s, wanted };
    means.row(context, StrategyKind::FanOutQueued { maximum_concurrency }, caveat)
}

/// The largest rate that today's concurrency takes without throttling.
///
/// Copies that begin at a rate ρ and take R are in progress in about Poisson's number with mean ρ·R (Eick, Massey and
/// Whitt 1993), of which one in a hundred is above N where ρ·R + z·√(ρ·R) = N. While the first R seconds pass every
/// copy needs a new execution environment: ρ·R ≤ B + s·R for a burst B and s more per second.
fn pace_per_s(context: &StrategyContext<'_>) -> f64 {
    let limits = &context.inputs.limits;
    let n = u64::from(limits.lambda.usable_concurrency());
    let cold_start_s = context.inputs.model.profile.function.cold_start_s;
    let held_s = context.times.at(n.min(context.objects()).max(1)).mean_s + cold_start_s;
    let root = ((MARGIN * MARGIN + 4.0 * n as f64).sqrt() - MARGIN) / 2.0;
    let burst = f64::from(limits.lambda.scaling_environments);
    let copies_per_s = limits.s3.requests_per_s_per_prefix * f64::from(context.inputs.batch.prefixes);
    [
        root * root / held_s,
        burst / held_s + burst / limits.lambda.scaling_interval_s,
        limits.publish_per_s(&context.inputs.region),
        copies_per_s,
    ]
    .into_iter()
    .fold(f64::INFINITY, f64::min)
}

fn reserved(context: &StrategyContext<'_>) -> u32 {
    context.inputs.limits.lambda.reservable_concurrency()
}

/// What an event source may ask for at once, and the function has.
fn maximum_concurrency(context: &StrategyContext<'_>) -> u32 {
    let limits = &context.inputs.limits;
    let sqs = &limits.sqs;
    limits
        .lambda
        .usable_concurrency()
        .clamp(sqs.event_source_concurrency_min, sqs.event_source_concurrency_max)
}

/// What the simulated runs of a fan-out came to on average.
struct FanOutMeans {
    runs: SimulatedRuns,
    throttles: f64,
    published_s: f64,
    unpublished: f64,
    timeouts: f64,
}

impl FanOutMeans {
    /// The row of a way, with what is not copied and why.
    fn row(self, context: &StrategyContext<'_>, strategy: StrategyKind, caveat: Caveat) -> Strategy {
        let timeout_s = context.inputs.limits.lambda.timeout_s;
        let (messages, copies, share) = (self.unpublished, self.timeouts, 1.0 - self.runs.copied);
        let losses = [
            (messages >= 0.5).then_some(Caveat::Unpublished { messages }),
            (copies >= 0.5).then_some(Caveat::TimedOut { copies, timeout_s }),
            (share > 0.0).then_some(Caveat::NotCopied { share }),
        ];
        context.strategy(strategy, self.runs, [Some(caveat)].into_iter().chain(losses).flatten().collect())
    }
}

fn simulated(context: &StrategyContext<'_>, shape: PipelineShape, rate_per_s: Option<f64>) -> FanOutMeans {
    let (inputs, objects) = (context.inputs, context.objects());
    let busy = rate_per_s.unwrap_or(0.0) * inputs.model.profile.publish.base_s;
    let fan_out = SimulatedFanOut {
        sizes_bytes: context.work.sizes_bytes(),
        publisher: Publisher {
            threads: PUBLISH_THREADS.max((THREADS_PER_BUSY * busy).ceil() as u32),
            batch_size: 1,
            rate_per_s,
            spacing: Spacing::Even,
        },
        shape,
        retry: inputs.retry,
        prefixes: inputs.batch.prefixes,
    };
    let numbered: Vec<(u64, &Profile)> =
        (0..context.replications()).zip(context.profiles().iter().cycle()).collect();
    let outcome = |(replication, profile): (u64, &Profile)| {
        let mut profile = inputs.with_all_reserved(profile);
        profile.queue.maximum_concurrency = Some(maximum_concurrency(context));
        run(&fan_out, &profile, inputs.seed, replication)
    };
    let outcomes: Vec<FanOutOutcome> = numbered.into_par_iter().map(outcome).collect();
    let finish_s = |run: &FanOutOutcome| if run.copied == objects { run.makespan_s } else { f64::INFINITY };
    let throttles = mean(&outcomes, |run| run.metrics.throttles as f64);
    FanOutMeans {
        runs: SimulatedRuns {
            finishes_s: outcomes.iter().map(finish_s).collect(),
            in_flight_peak: outcomes.iter().map(FanOutOutcome::in_flight_peak).max().unwrap_or(0),
            throttles: Some(throttles),
            copied: share(mean(&outcomes, |run| run.copied as f64), objects),
            cost_usd: inputs.fan_out_usage(Usage::of_fan_outs(&outcomes)).cost(&inputs.prices).total_usd,
        },
        throttles,
        published_s: mean(&outcomes, |run| run.published_s),
        unpublished: mean(&outcomes, |run| run.unpublished as f64),
        timeouts: mean(&outcomes, |run| run.timeouts as f64),
    }
}
