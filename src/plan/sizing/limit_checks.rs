//! Limits that stand in the way, and what to ask for.

use super::request::SizingRequest;
use crate::limit::{BindingLimit, Limit};
use crate::plan_inputs::PlanInputs;
use crate::sizing_document::{LambdaPlan, WorkerPlan};
use planner_core::service::function::PipelineShape;

/// Every limit that the plan goes beyond.
pub(super) fn limits(
    inputs: &PlanInputs,
    request: &SizingRequest,
    workers: Option<&WorkerPlan>,
    lambda: Option<&LambdaPlan>,
) -> Vec<BindingLimit> {
    let at_once = workers.and_then(|plan| starts_per_s(request, plan, inputs));
    let paced = lambda.filter(|plan| plan.shape == PipelineShape::Direct).map(|plan| plan.publish.rate_per_s);
    let starts = at_once.into_iter().chain(paced).reduce(f64::max);
    let of_lambda = lambda.map(|plan| of_function(inputs, plan)).unwrap_or_default();
    let of_s3 = [starts.and_then(|starts| prefix_rate(inputs, starts)), copy_size(inputs), parts(inputs)];
    of_lambda.into_iter().chain(of_s3.into_iter().flatten()).collect()
}

/// Those of a function and of what publishes to it.
fn of_function(inputs: &PlanInputs, plan: &LambdaPlan) -> Vec<BindingLimit> {
    let lambda = &inputs.limits.lambda;
    let needed = plan.reserved_concurrency.value;
    let raise_to = raised(needed + u64::from(lambda.unreserved_minimum));
    let account = beyond(
        Limit::ReservableConcurrency {
            account: lambda.account_concurrency,
            raise_to,
            region: inputs.region.clone(),
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
        Limit::PublishRate { region: inputs.region.clone() },
        inputs.limits.publish_per_s(&inputs.region),
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
fn starts_per_s(request: &SizingRequest, plan: &WorkerPlan, inputs: &PlanInputs) -> Option<f64> {
    let workers = plan.concurrency.value as f64;
    let finish_s = plan.finish_s.p50?;
    let steady_per_s = (finish_s > 0.0).then(|| inputs.batch.objects() as f64 / finish_s)?;
    Some(request.ramp.per_s.unwrap_or(workers).min(workers).max(steady_per_s))
}

fn prefix_rate(inputs: &PlanInputs, starts_per_s: f64) -> Option<BindingLimit> {
    let requests_each = inputs.batch.copy_requests() as f64 / inputs.batch.objects().max(1) as f64;
    let per_prefix = inputs.limits.s3.requests_per_s_per_prefix;
    let (have, need) = (per_prefix * f64::from(inputs.batch.prefixes), starts_per_s * requests_each);
    beyond(Limit::PrefixRate { prefixes: (need / per_prefix).ceil() as u64 }, have, need)
}

fn copy_size(inputs: &PlanInputs) -> Option<BindingLimit> {
    let have = inputs.limits.s3.copy_max_bytes;
    let larger = || inputs.batch.sizes_bytes.iter().filter(|&&size| size > have);
    let largest = *larger().max()?;
    let (objects, part_size_bytes) = (larger().count() as u64, inputs.batch.part_size_bytes);
    beyond(Limit::CopySize { objects, part_size_bytes }, have as f64, largest as f64)
}

fn parts(inputs: &PlanInputs) -> Option<BindingLimit> {
    let largest = inputs.batch.size_range_bytes()[1];
    let (have, part) = (u64::from(inputs.limits.s3.parts_max), inputs.batch.part_size_bytes);
    let need = largest.div_ceil(part.max(1));
    let limit = Limit::Parts { part_size_bytes: largest.div_ceil(have) };
    beyond(limit, have as f64, need as f64).filter(|_| largest > inputs.batch.multipart_above_bytes)
}
