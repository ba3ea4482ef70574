//! One Lambda function that copies everything with threads, as long as it may run.

use super::scene::{Runs, Scene, mean, share};
use crate::caveat::Caveat;
use crate::cost::{Usage, gigabyte_seconds};
use crate::strategy::{Strategy, Way};
use planner_core::simulate::cut_off::simulate_until;

/// One function with a pool of threads.
pub(super) fn one(scene: &Scene<'_>) -> Strategy {
    let (ground, lambda) = (scene.ground, &scene.ground.limits.lambda);
    let threads = scene.wish.threads.min(lambda.threads_max);
    let profiles = scene.profiles();
    let workers = u64::from(threads);
    let seed = ground.seed;
    let outcomes = simulate_until(&scene.work, profiles, workers, lambda.timeout_s, scene.drains(), seed);
    let cold_start_s = ground.model.profile.function.cold_start_s;
    let ended = mean(&outcomes, |run| run.ended as f64);
    let billed_s = cold_start_s + mean(&outcomes, |run| run.makespan_s.min(lambda.timeout_s));
    let whole = ground.copy_usage(0.0);
    let copied = share(ended, scene.objects());
    let usage = Usage {
        copy_requests: (whole.copy_requests as f64 * copied).round() as u64,
        bytes_between_regions: (whole.bytes_between_regions as f64 * copied) as u64,
        invocations: 1,
        x86_gb_s: gigabyte_seconds(1.0, billed_s, ground.memory_mb),
        ..Usage::default()
    };
    let runs = Runs {
        finishes_s: outcomes.iter().map(|run| cold_start_s + run.makespan_s).collect(),
        in_flight_peak: workers.min(scene.objects()),
        throttles: None,
        copied,
        cost_usd: usage.cost(&ground.prices).total_usd,
    };
    let caveats = [
        Some(cut(scene, ended, copied)),
        (scene.wish.threads > threads).then_some(Caveat::MostThreads { most: lambda.threads_max }),
        little_cpu(ground.memory_mb, lambda.cpu_memory_mb),
    ];
    let way = Way::OneFunction { threads: workers, memory_mb: ground.memory_mb };
    scene.way(way, runs, caveats.into_iter().flatten().collect())
}

fn cut(scene: &Scene<'_>, ended: f64, copied: f64) -> Caveat {
    let timeout_s = scene.ground.limits.lambda.timeout_s;
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
