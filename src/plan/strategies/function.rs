//! One Lambda function that copies everything with threads, as long as it may run.

use super::scene::{Runs, Scene, mean, share};
use crate::cost::{Usage, gigabyte_seconds};
use crate::strategy::Strategy;
use planner_core::simulate::cut_off::simulate_until;
use planner_core::units::human::{count, counted, duration, percent};

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
    let setting = format!("{} in {} MB", counted(workers, "thread"), ground.memory_mb);
    let breaks = [
        cut(scene, ended, copied),
        most_threads(scene, threads),
        memory(ground.memory_mb, lambda.cpu_memory_mb),
    ];
    scene.way("one function", setting, runs, breaks.into_iter().flatten().collect::<Vec<_>>().join("; "))
}

fn cut(scene: &Scene<'_>, ended: f64, copied: f64) -> Option<String> {
    let timeout = duration(scene.ground.limits.lambda.timeout_s);
    if copied >= 1.0 {
        return Some(format!("a job that takes longer than {timeout} would be cut off"));
    }
    let turns = if ended >= 1.0 {
        format!(" (about {} in turn, each over what is left, do it)", count((1.0 / copied).ceil() as u64))
    } else {
        String::new()
    };
    Some(format!("cut off after {timeout} with {} copied{turns}", percent(copied)))
}

fn most_threads(scene: &Scene<'_>, threads: u32) -> Option<String> {
    let most = scene.ground.limits.lambda.threads_max;
    (scene.wish.threads > threads)
        .then(|| format!("a function has at most {} threads", count(u64::from(most))))
}

fn memory(memory_mb: u32, cpu_memory_mb: u32) -> Option<String> {
    let cpu = f64::from(memory_mb) / f64::from(cpu_memory_mb);
    (cpu < 0.5).then(|| format!("{memory_mb} MB come with {} of a CPU for all threads", percent(cpu)))
}
