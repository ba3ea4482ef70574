//! Limits that stand in the way, and what to ask for.

use super::wish::Wish;
use crate::ground::Ground;
use crate::limit::{BindingLimit, Limit};
use crate::recommendation::{LambdaPlan, WorkerPlan};
use planner_core::service::function::Shape;

/// Every limit that the plan goes beyond.
pub(super) fn limits(
    ground: &Ground,
    wish: &Wish,
    workers: Option<&WorkerPlan>,
    lambda: Option<&LambdaPlan>,
) -> Vec<BindingLimit> {
    let at_once = workers.and_then(|plan| starts_per_s(wish, plan, ground));
    let paced = lambda.filter(|plan| plan.shape == Shape::Direct).map(|plan| plan.publish.rate_per_s);
    let starts = at_once.into_iter().chain(paced).reduce(f64::max);
    let of_lambda = lambda.map(|plan| of_function(ground, plan)).unwrap_or_default();
    let of_s3 = [starts.and_then(|starts| prefix_rate(ground, starts)), copy_size(ground), parts(ground)];
    of_lambda.into_iter().chain(of_s3.into_iter().flatten()).collect()
}

/// Those of a function and of what publishes to it.
fn of_function(ground: &Ground, plan: &LambdaPlan) -> Vec<BindingLimit> {
    let lambda = &ground.limits.lambda;
    let needed = plan.reserved_concurrency.value;
    let raise_to = raised(needed + u64::from(lambda.unreserved_minimum));
    let account = beyond(
        Limit::ReservableConcurrency {
            account: lambda.account_concurrency,
            raise_to,
            region: ground.region.clone(),
        },
        f64::from(lambda.reservable_concurrency()),
        needed as f64,
    );
    let scaling = beyond(
        Limit::ScalingEnvironments,
        f64::from(lambda.scaling_environments),
        plan.burst_environments as f64,
    );
    let publishing = beyond(
        Limit::PublishRate { region: ground.region.clone() },
        ground.limits.publish_per_s(&ground.region),
        plan.publish.rate_per_s,
    );
    [account, scaling, publishing].into_iter().flatten().collect()
}

/// A number that is asked for in a request: the next hundred.
fn raised(needed: u64) -> u64 {
    needed.div_ceil(100) * 100
}

/// The limit, where more is needed than it allows.
fn beyond(limit: Limit, have: f64, need: f64) -> Option<BindingLimit> {
    (need > have).then_some(BindingLimit { limit, have, need })
}

/// Copies that begin per second at most: all workers' first at once, or as the ramp lets them; then N/R.
fn starts_per_s(wish: &Wish, plan: &WorkerPlan, ground: &Ground) -> Option<f64> {
    let workers = plan.concurrency.value as f64;
    let finish_s = plan.finish_s.p50?;
    let steady_per_s = (finish_s > 0.0).then(|| ground.batch.objects() as f64 / finish_s)?;
    Some(wish.ramp.per_s.unwrap_or(workers).min(workers).max(steady_per_s))
}

fn prefix_rate(ground: &Ground, starts_per_s: f64) -> Option<BindingLimit> {
    let requests_each = ground.batch.copy_requests() as f64 / ground.batch.objects().max(1) as f64;
    let per_prefix = ground.limits.s3.requests_per_s_per_prefix;
    let (have, need) = (per_prefix * f64::from(ground.batch.prefixes), starts_per_s * requests_each);
    beyond(Limit::PrefixRate { prefixes: (need / per_prefix).ceil() as u64 }, have, need)
}

fn copy_size(ground: &Ground) -> Option<BindingLimit> {
    let have = ground.limits.s3.copy_max_bytes;
    let larger = || ground.batch.sizes_bytes.iter().filter(|&&size| size > have);
    let largest = *larger().max()?;
    let (objects, part_size_bytes) = (larger().count() as u64, ground.batch.part_size_bytes);
    beyond(Limit::CopySize { objects, part_size_bytes }, have as f64, largest as f64)
}

fn parts(ground: &Ground) -> Option<BindingLimit> {
    let largest = ground.batch.size_range_bytes()[1];
    let (have, part) = (u64::from(ground.limits.s3.parts_max), ground.batch.part_size_bytes);
    let need = largest.div_ceil(part.max(1));
    let limit = Limit::Parts { part_size_bytes: largest.div_ceil(have) };
    beyond(limit, have as f64, need as f64).filter(|_| largest > ground.batch.multipart_above_bytes)
}
