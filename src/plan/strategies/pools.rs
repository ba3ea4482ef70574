//! Workers on a machine: one, a pool of them, pools of them, and a machine rented for them.

use super::scene::{Runs, Scene, mean, share};
use crate::caveat::Caveat;
use crate::closed_form::ClosedForm;
use crate::strategy::{SURE, Strategy, Way};
use planner_core::simulate::batch::{Finishes, simulate_pool};
use planner_core::simulate::nested::{Nested, simulate_nested};
use planner_core::simulate::pool::Ramp;

const AT_ONCE: Ramp = Ramp { per_s: None };
/// Open files that a process on Linux is usually allowed, each connection being one.
const USUAL_OPEN_FILES: u64 = 1024;

/// A for loop, a pool and pools in a pool.
pub(super) fn on_the_machine_at_hand(scene: &Scene<'_>) -> Vec<Strategy> {
    let threads = u64::from(scene.wish.threads);
    let one_after_the_other = Caveat::OneAfterTheOther { copy_s: scene.times.at(1).mean_s };
    let one = scene.way(Way::Loop, runs(scene, &drained(scene, 1)), vec![one_after_the_other]);
    let caveats = vec![Caveat::OneProcess, connections(threads)];
    let pool = scene.way(Way::Pool { threads }, runs(scene, &drained(scene, threads)), caveats);
    vec![one, pool, nested(scene)]
}

/// A pool of threads on a machine of its own; with a deadline as many as that needs.
pub(super) fn rented(scene: &Scene<'_>) -> Strategy {
    let threads = needed(scene).unwrap_or(u64::from(scene.wish.threads));
    let finishes = drained(scene, threads);
    let usd_per_hour = Some(scene.ground.prices.ec2.usd_per_hour).filter(|&usd_per_hour| usd_per_hour > 0.0);
    let mut usage = scene.ground.copy_usage(finishes.failed_attempts);
    usage.machine_hours = finishes.mean_s() / 3600.0;
    let cost_usd = usage.cost(&scene.ground.prices).total_usd;
    let mut caveats = vec![Caveat::NeedsNoBandwidth, connections(threads)];
    caveats.extend(usd_per_hour.is_none().then_some(Caveat::PriceUnknown));
    let way = Way::RentedMachine { threads, usd_per_hour };
    scene.way(way, Runs { cost_usd, ..runs(scene, &finishes) }, caveats)
}

/// Threads that end by the deadline, a little more surely than a way has to so that simulated runs bear it out, or come
/// nearest to it.
fn needed(scene: &Scene<'_>) -> Option<u64> {
    let deadline_s = scene.wish.deadline_s?;
    let form = ClosedForm::new(&scene.work, &scene.ground.model.profile, AT_ONCE);
    let sure = f64::midpoint(SURE, 1.0);
    let most = form.most_that_help(sure, scene.objects());
    Some(form.smallest_pool(deadline_s, sure, most).unwrap_or(most).max(1))
}

fn nested(scene: &Scene<'_>) -> Strategy {
    let (ground, wish) = (scene.ground, scene.wish);
    let nested = Nested {
        sizes_bytes: scene.work.sizes_bytes(),
        pools: wish.pools,
        workers: wish.threads,
        retry: ground.retry,
        prefixes: ground.batch.prefixes,
    };
    let threads = u64::from(wish.pools) * u64::from(wish.threads);
    let outcomes = simulate_nested(&nested, scene.profiles(), scene.replications(), ground.seed);
    let copied = mean(&outcomes, |run| run.copied as f64);
    let failed = mean(&outcomes, |run| run.copy_requests as f64) - copied;
    let busy = mean(&outcomes, |run| run.in_flight_mean);
    let plain_s = drained(scene, threads).quantile_s(0.5);
    let runs = Runs {
        finishes_s: outcomes.iter().map(|run| run.makespan_s).collect(),
        in_flight_peak: outcomes.iter().map(|run| run.in_flight_peak).max().unwrap_or(0),
        throttles: None,
        copied: share(copied, scene.objects()),
        cost_usd: ground.copy_usage(failed.max(0.0)).cost(&ground.prices).total_usd,
    };
    let idle = Caveat::IdlePools { busy, threads, one_pool_s: plain_s };
    let way = Way::NestedPools { pools: wish.pools.into(), threads: wish.threads.into() };
    scene.way(way, runs, vec![idle, connections(threads)])
}

fn drained(scene: &Scene<'_>, workers: u64) -> Finishes {
    simulate_pool(&scene.work, scene.profiles(), workers, AT_ONCE, scene.drains(), scene.ground.seed)
}

fn runs(scene: &Scene<'_>, finishes: &Finishes) -> Runs {
    let ground = scene.ground;
    Runs {
        finishes_s: finishes.makespans_s.clone(),
        in_flight_peak: finishes.in_flight_peak,
        throttles: None,
        copied: share(scene.objects() as f64 - finishes.failed_jobs, scene.objects()),
        cost_usd: ground.copy_usage(finishes.failed_attempts).cost(&ground.prices).total_usd,
    }
}

/// What so many threads ask of the machine.
fn connections(threads: u64) -> Caveat {
    let beyond_open_files = (threads >= USUAL_OPEN_FILES).then_some(USUAL_OPEN_FILES);
    Caveat::Connections { threads, beyond_open_files }
}
