//! Whether it is proven that a way cannot meet a goal: where only no setting was found that does, it is not.

use super::queue;
use super::request::SizingRequest;
use crate::fit::BasisKind;
use crate::obstacle::Obstacle;
use crate::plan_inputs::PlanInputs;
use planner_core::service::function::PipelineShape;

/// One-sided confidence of what is taken from a sample, and the standard errors of a mean that it takes.
const CONFIDENCE: f64 = 0.999;
const ERRORS: f64 = 3.09;

/// What a way may use.
#[derive(Clone, Copy, Debug)]
pub(super) struct StrategyLimits {
    /// Copies at once.
    pub concurrency: u64,
    /// How many more of them begin per second, where they do not all begin at once.
    pub begin_per_s: Option<f64>,
    /// Messages published per second.
    pub publish_per_s: f64,
    /// How long a copy may take, seconds.
    pub longest_s: f64,
}

impl StrategyLimits {
    /// What workers may.
    pub(super) fn workers(inputs: &PlanInputs, request: &SizingRequest) -> Self {
        Self {
            concurrency: request.max_concurrency.unwrap_or(u64::MAX).min(inputs.batch.objects()),
            begin_per_s: request.ramp.per_s,
            publish_per_s: f64::INFINITY,
            longest_s: f64::INFINITY,
        }
    }

    /// What a function may today.
    pub(super) fn function(inputs: &PlanInputs, request: &SizingRequest) -> Self {
        let limits = &inputs.limits;
        let today = u64::from(limits.lambda.usable_concurrency());
        let (of_queue, begin_per_s) = match request.shape {
            PipelineShape::Direct => (u64::MAX, None),
            PipelineShape::Queue => {
                (limits.sqs.event_source_concurrency_max.into(), queue::ramp(inputs).per_s)
            }
        };
        Self {
            concurrency: request.max_concurrency.unwrap_or(u64::MAX).min(today).min(of_queue),
            begin_per_s,
            publish_per_s: limits.publish_per_s(&inputs.region),
            longest_s: limits.lambda.timeout_s,
        }
    }
}

/// Whether no way that keeps to what is allowed can meet the goal: the copies together, or single ones, take too long
/// even if the sample flatters nothing, or too many are given up.
pub(super) fn is_proven(
    inputs: &PlanInputs,
    request: &SizingRequest,
    allowed: &StrategyLimits,
    obstacle: Option<&Obstacle>,
) -> bool {
    let inputs = &inputs.with_fewest();
    let is_given = inputs.model.basis.kind == BasisKind::Assumed;
    is_given
        || matches!(obstacle, Some(Obstacle::OverheadTooLong { .. }))
        || obstacle.is_some_and(|obstacle| is_measured_peak(inputs, obstacle))
        || capacity_is_too_low(inputs, request.deadline_s, allowed)
        || copies_are_too_long(inputs, request, allowed)
        || too_many_are_given_up(inputs, request)
}

/// J·R/N > D with the shortest mean that could have given the sample; likewise for what can begin or be published.
fn capacity_is_too_low(inputs: &PlanInputs, deadline_s: f64, allowed: &StrategyLimits) -> bool {
    let objects = inputs.batch.objects() as f64;
    let at_once = allowed.concurrency as f64;
    // N(t) = t·rate until all have begun.
    let begun_s = allowed.begin_per_s.map_or(0.0, |per_s| (at_once / per_s).min(deadline_s));
    let worked_s = at_once.min(allowed.begin_per_s.map_or(at_once, |per_s| per_s * deadline_s))
        * (deadline_s - begun_s / 2.0);
    objects * shortest_mean_s(inputs) > worked_s || objects / allowed.publish_per_s > deadline_s
}

/// A lower limit of the mean time of a copy that is alone.
fn shortest_mean_s(inputs: &PlanInputs) -> f64 {
    // Times are linear in size.
    let bytes = inputs.batch.total_bytes() / inputs.batch.objects().max(1);
    let means: Vec<f64> =
        inputs.model.resampled.iter().map(|profile| profile.copy.mean_s(bytes, 1)).collect();
    let count = means.len().max(1) as f64;
    let mean_s = means.iter().sum::<f64>() / count;
    let variance_s2 = means.iter().map(|one| (one - mean_s).powi(2)).sum::<f64>() / count;
    means.iter().copied().fold(mean_s - ERRORS * variance_s2.sqrt(), f64::min).max(0.0)
}

/// F(D)ᴶ is below the goal: so many copies of the sample took longer, scaled to the size that all objects have at least,
/// or half of them.
fn copies_are_too_long(inputs: &PlanInputs, request: &SizingRequest, allowed: &StrategyLimits) -> bool {
    let Some(slowest) = &inputs.model.slowest else { return false };
    let mut sizes_bytes = inputs.batch.sizes_bytes.to_vec();
    sizes_bytes.sort_unstable();
    let limit_s = request.deadline_s.min(allowed.longest_s);
    [0, sizes_bytes.len() / 2].into_iter().filter_map(|place| Some((place, *sizes_bytes.get(place)?))).any(
        |(place, bytes)| {
            let factor = limit_s / inputs.model.profile.copy.mean_s(bytes, 1);
            let share = slowest.share_beyond(factor, CONFIDENCE);
            let objects = (sizes_bytes.len() - place) as f64;
            (1.0 - share).powf(objects) < request.probability
        },
    )
}

/// (1 − eᵃ)ᴶ is below the goal with the lowest share e of failing attempts that could have given the sample.
fn too_many_are_given_up(inputs: &PlanInputs, request: &SizingRequest) -> bool {
    let shares = inputs.model.resampled.iter().map(|profile| profile.request.error_rate);
    let lowest = shares.fold(f64::INFINITY, f64::min);
    let given_up = lowest.min(1.0).powf(f64::from(inputs.retry.max_attempts));
    lowest.is_finite() && (1.0 - given_up).powf(inputs.batch.objects() as f64) < request.probability
}

/// Whether throughput was seen to fall beyond its peak, which is too low.
fn is_measured_peak(inputs: &PlanInputs, obstacle: &Obstacle) -> bool {
    match (obstacle, inputs.model.basis.measured_n_max) {
        (Obstacle::ThroughputTooLow { best, .. }, Some(measured_n)) => (*best as f64) < measured_n,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::deployment::Deployment;
    use crate::fit::FittedModel;
    use crate::fit::reference::reference;
    use crate::plan_inputs::tests::inputs;
    use planner_core::service::Profile;
    use planner_core::simulate::pool::Ramp;
    use planner_core::simulate::work::Order;

    const REQUEST: SizingRequest = SizingRequest {
        deadline_s: 600.0,
        probability: 0.99,
        deployments: Deployment::ALL,
        shape: PipelineShape::Direct,
        max_concurrency: None,
        ramp: Ramp { per_s: None },
        order: Order::Fifo,
    };

    fn is_proven_of_workers(request: &SizingRequest) -> bool {
        let inputs = inputs(45_000, 700_000_000, reference().unwrap());
        is_proven(&inputs, request, &StrategyLimits::workers(&inputs, request), None)
    }

    /// 45,000 copies of some 25 s need 1,874 workers for 600 s if none ever waits.
    #[test]
    fn too_few_workers_are_a_proof_only_below_what_the_mean_alone_needs() {
        let of = |most| is_proven_of_workers(&SizingRequest { max_concurrency: Some(most), ..REQUEST });
        assert_eq!([1000, 1700, 1890, 2900].map(of), [true, true, false, false]);
        let begun =
            |per_s| is_proven_of_workers(&SizingRequest { ramp: Ramp { per_s: Some(per_s) }, ..REQUEST });
        assert_eq!([5.0, 10.0].map(begun), [true, false]);
    }

    #[test]
    fn a_deadline_that_measured_copies_missed_is_out_of_reach_and_a_longer_one_is_not() {
        let of = |deadline_s| is_proven_of_workers(&SizingRequest { deadline_s, ..REQUEST });
        assert_eq!([20.0, 40.0, 90.0].map(of), [true, true, false]);
    }

    #[test]
    fn a_function_keeps_to_what_can_be_reserved_and_published_today() {
        let inputs = inputs(45_000, 700_000_000, reference().unwrap());
        let of = |deadline_s| {
            let request = SizingRequest { deadline_s, ..REQUEST };
            is_proven(&inputs, &request, &StrategyLimits::function(&inputs, &request), None)
        };
        assert_eq!([600.0, 1200.0, 1500.0].map(of), [true, true, false], "900 do it in 21 minutes at best");
    }

    #[test]
    fn what_is_given_needs_no_sample() {
        let inputs = inputs(10, 700_000_000, FittedModel::assumed(Profile::default(), "a test".into()));
        assert!(is_proven(&inputs, &REQUEST, &StrategyLimits::workers(&inputs, &REQUEST), None));
    }
}
