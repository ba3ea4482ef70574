//! One message for each object, and a function that copies it: as fast as publishing goes, at a pace, and through a
//! queue.

use rayon::prelude::*;

use super::scene::{Runs, Scene, mean, share};
use crate::caveat::Caveat;
use crate::cost::Usage;
use crate::strategy::{Strategy, Way};
use planner_core::load::arrival::Spacing;
use planner_core::service::Profile;
use planner_core::service::function::Shape;
use planner_core::simulate::fan_out::{FanOut, FanOutOutcome, Publisher, run};

/// Threads that publish where no rate asks for more.
const PUBLISH_THREADS: u32 = 16;
/// Threads for each that is busy on average at a rate.
const THREADS_PER_BUSY: f64 = 2.0;
/// Standard deviations above its mean of the 99 % quantile of a number of copies in progress.
const MARGIN: f64 = 2.326;

/// The three ways, the function reserving what it can today.
pub(super) fn ways(scene: &Scene<'_>) -> [Strategy; 3] {
    [unpaced(scene), paced(scene), queued(scene)]
}

fn unpaced(scene: &Scene<'_>) -> Strategy {
    let means = simulated(scene, Shape::Direct, None);
    let caveat = if means.throttles >= 0.5 {
        let longest_s = scene.ground.limits.lambda.backoff_max_s;
        Caveat::BackOff { published_s: means.published_s, longest_s }
    } else {
        Caveat::FitsAtOnce { objects: scene.objects() }
    };
    let way = Way::FanOutUnpaced { threads: PUBLISH_THREADS.into(), reserved: reserved(scene) };
    means.row(scene, way, caveat)
}

fn paced(scene: &Scene<'_>) -> Strategy {
    let rate_per_s = scene.wish.rate_per_s.unwrap_or_else(|| pace_per_s(scene));
    let means = simulated(scene, Shape::Direct, Some(rate_per_s));
    let lambda = &scene.ground.limits.lambda;
    let caveat = if means.throttles >= 0.5 {
        Caveat::StillThrottled { throttles: means.throttles }
    } else {
        let is_bound = scene.objects() > u64::from(lambda.usable_concurrency());
        let account_concurrency = is_bound.then_some(lambda.account_concurrency);
        Caveat::PublishingTakes { published_s: means.published_s, account_concurrency }
    };
    means.row(scene, Way::FanOutPaced { rate_per_s, reserved: reserved(scene) }, caveat)
}

fn queued(scene: &Scene<'_>) -> Strategy {
    let means = simulated(scene, Shape::Queue, None);
    let maximum_concurrency = maximum_concurrency(scene);
    let first = scene.ground.model.profile.queue.pollers_initial;
    let per_min = scene.ground.limits.sqs.event_source_scaling_per_min;
    let wanted = u64::from(maximum_concurrency).min(scene.objects());
    let growth_s = wanted.saturating_sub(u64::from(first)) as f64 / f64::from(per_min) * 60.0;
    let caveat = Caveat::QueueGrows { first, per_min, growth_s, wanted };
    means.row(scene, Way::FanOutQueued { maximum_concurrency }, caveat)
}

/// The largest rate that today's concurrency takes without throttling.
///
/// Copies that begin at a rate ρ and take R are in progress in about Poisson's number with mean ρ·R (Eick, Massey and
/// Whitt 1993), of which one in a hundred is above N where ρ·R + z·√(ρ·R) = N. While the first R seconds pass every
/// copy needs a new execution environment: ρ·R ≤ B + s·R for a burst B and s more per second.
fn pace_per_s(scene: &Scene<'_>) -> f64 {
    let limits = &scene.ground.limits;
    let n = u64::from(limits.lambda.usable_concurrency());
    let cold_start_s = scene.ground.model.profile.function.cold_start_s;
    let held_s = scene.times.at(n.min(scene.objects()).max(1)).mean_s + cold_start_s;
    let root = ((MARGIN * MARGIN + 4.0 * n as f64).sqrt() - MARGIN) / 2.0;
    let burst = f64::from(limits.lambda.scaling_environments);
    let copies_per_s = limits.s3.requests_per_s_per_prefix * f64::from(scene.ground.batch.prefixes);
    [
        root * root / held_s,
        burst / held_s + burst / limits.lambda.scaling_interval_s,
        limits.publish_per_s(&scene.ground.region),
        copies_per_s,
    ]
    .into_iter()
    .fold(f64::INFINITY, f64::min)
}

fn reserved(scene: &Scene<'_>) -> u32 {
    scene.ground.limits.lambda.reservable_concurrency()
}

/// What an event source may ask for at once, and the function has.
fn maximum_concurrency(scene: &Scene<'_>) -> u32 {
    let limits = &scene.ground.limits;
    let sqs = &limits.sqs;
    limits
        .lambda
        .usable_concurrency()
        .clamp(sqs.event_source_concurrency_min, sqs.event_source_concurrency_max)
}

/// What the simulated runs of a fan-out came to on average.
struct Means {
    runs: Runs,
    throttles: f64,
    published_s: f64,
    unpublished: f64,
    timeouts: f64,
}

impl Means {
    /// The row of a way, with what is not copied and why.
    fn row(self, scene: &Scene<'_>, way: Way, caveat: Caveat) -> Strategy {
        let timeout_s = scene.ground.limits.lambda.timeout_s;
        let (messages, copies, share) = (self.unpublished, self.timeouts, 1.0 - self.runs.copied);
        let losses = [
            (messages >= 0.5).then_some(Caveat::Unpublished { messages }),
            (copies >= 0.5).then_some(Caveat::TimedOut { copies, timeout_s }),
            (share > 0.0).then_some(Caveat::NotCopied { share }),
        ];
        scene.way(way, self.runs, [Some(caveat)].into_iter().chain(losses).flatten().collect())
    }
}

fn simulated(scene: &Scene<'_>, shape: Shape, rate_per_s: Option<f64>) -> Means {
    let (ground, objects) = (scene.ground, scene.objects());
    let busy = rate_per_s.unwrap_or(0.0) * ground.model.profile.publish.base_s;
    let fan_out = FanOut {
        sizes_bytes: scene.work.sizes_bytes(),
        publisher: Publisher {
            threads: PUBLISH_THREADS.max((THREADS_PER_BUSY * busy).ceil() as u32),
            batch_size: 1,
            rate_per_s,
            spacing: Spacing::Even,
        },
        shape,
        retry: ground.retry,
        prefixes: ground.batch.prefixes,
    };
    let numbered: Vec<(u64, &Profile)> =
        (0..scene.replications()).zip(scene.profiles().iter().cycle()).collect();
    let outcome = |(replication, profile): (u64, &Profile)| {
        let mut profile = ground.with_all_reserved(profile);
        profile.queue.maximum_concurrency = Some(maximum_concurrency(scene));
        run(&fan_out, &profile, ground.seed, replication)
    };
    let outcomes: Vec<FanOutOutcome> = numbered.into_par_iter().map(outcome).collect();
    let finish_s = |run: &FanOutOutcome| if run.copied == objects { run.makespan_s } else { f64::INFINITY };
    let throttles = mean(&outcomes, |run| run.metrics.throttles as f64);
    Means {
        runs: Runs {
            finishes_s: outcomes.iter().map(finish_s).collect(),
            in_flight_peak: outcomes.iter().map(FanOutOutcome::in_flight_peak).max().unwrap_or(0),
            throttles: Some(throttles),
            copied: share(mean(&outcomes, |run| run.copied as f64), objects),
            cost_usd: ground.fan_out_usage(Usage::of_fan_outs(&outcomes)).cost(&ground.prices).total_usd,
        },
        throttles,
        published_s: mean(&outcomes, |run| run.published_s),
        unpublished: mean(&outcomes, |run| run.unpublished as f64),
        timeouts: mean(&outcomes, |run| run.timeouts as f64),
    }
}
