//! How much concurrency a function behind a queue needs.
//!
//! While messages wait, an event source is a pool: its invocations are workers that begin one after the other, at the
//! rate at which AWS adds them, and each takes the next message when it is done. So the number comes from
//! [`smallest_pool`], and a few runs of the whole pipeline show what becomes of it. How fast messages are published does
//! not matter, as long as they are there before somebody asks for them.

use super::function::{self, confirming_runs};
use super::infeasible::InfeasibleDeployment;
use super::pool::{curve, nearest, obstacle};
use super::request::SizingRequest;
use crate::closed_form::ClosedForm;
use crate::concurrency_interval::ConcurrencyInterval;
use crate::cost::{Usage, gigabyte_seconds};
use crate::deployment::Deployment;
use crate::evidence::PlanEvidence;
use crate::forecast::{finish, thinned_s};
use crate::obstacle::Obstacle;
use crate::paced::{Confirmed, FanOutSetting, PublisherThreads, overhead_s};
use crate::plan_inputs::PlanInputs;
use crate::sizing_document::{CurvePoint, LambdaPlan, PublishPlan, WithinLimits};
use crate::tolerance::Tolerance;
use crate::workers::{Goal, PoolInfeasible, PoolLimit, PoolQuestion, PoolSizing, smallest_pool};
use planner_core::numeric::proportion::Proportion;
use planner_core::service::Profile;
use planner_core::service::function::PipelineShape;
use planner_core::simulate::pool::Ramp;
use planner_core::simulate::work::Order;

/// Messages are published so many times as fast as invocations can begin.
const AHEAD: f64 = 2.0;

/// When the invocations of an event source begin: all but the first few one after the other.
pub(super) fn ramp(inputs: &PlanInputs) -> Ramp {
    Ramp { per_s: Some(f64::from(inputs.limits.sqs.event_source_scaling_per_min) / 60.0) }
}

pub(super) fn plan(
    inputs: &PlanInputs,
    request: &SizingRequest,
) -> Result<LambdaPlan, Box<InfeasibleDeployment>> {
    let work = inputs.work(Order::Fifo);
    let central = inputs.on_account(&inputs.model.profile);
    let resampled = inputs.each_on_account(&inputs.model.resampled);
    let sqs = &inputs.limits.sqs;
    let most = request.max_concurrency.unwrap_or(u64::MAX).min(u64::from(sqs.event_source_concurrency_max));
    let question = PoolQuestion {
        work: &work,
        central: &central,
        resampled: &resampled,
        ramp: ramp(inputs),
        most: Some(most),
        seed: inputs.seed,
    };
    let before_s = overhead_s(&central);
    let left_s = request.deadline_s - before_s;
    if left_s <= 0.0 {
        let obstacle = Obstacle::OverheadTooLong { before_s };
        return Err(Box::new(InfeasibleDeployment {
            obstacle,
            probability: Proportion::of(0, 0),
            nearest: Vec::new(),
        }));
    }
    let goal = Goal { deadline_s: left_s, probability: request.probability };
    let mut answer = smallest_pool(&question, goal)
        .map_err(|infeasible| out_of_reach(inputs, request, before_s, *infeasible))?;
    for makespan_s in &mut answer.finishes.makespans_s {
        *makespan_s += before_s;
    }
    let reserved = answer.value.max(u64::from(sqs.event_source_concurrency_min));
    let publish = publish(inputs, &central, reserved);
    let confirmed = confirmed(inputs, &question, publish, reserved, request.deadline_s);
    let today = u64::from(inputs.limits.lambda.usable_concurrency()).min(most);
    let within_limits = (reserved > today).then(|| WithinLimits {
        reserved_concurrency: today,
        publish_rate_per_s: publish.rate_per_s,
        deadline_s: before_s + deadline_within(&question, goal, today),
    });
    let form = ClosedForm::new(&work, &central, ramp(inputs));
    let met = |profile: &Profile| {
        form.under(&work, &inputs.on_account(profile)).probability(reserved, goal.deadline_s)
    };
    let tolerance = Tolerance::of(&inputs.model, work.jobs(), request.probability, met);
    let reserved_concurrency = ConcurrencyInterval {
        value: reserved,
        low: answer.low.min(reserved),
        high: answer.high.map(|high| high.max(reserved)),
    };
    let evidence =
        PlanEvidence::of(&inputs.model, &inputs.batch, reserved as f64, &reserved_concurrency, tolerance);
    Ok(LambdaPlan {
        shape: PipelineShape::Queue,
        evidence,
        reserved_concurrency,
        memory_mb: inputs.memory_mb,
        publish,
        probability: request.probability_of(Some(answer.probability)),
        finish_s: finish(&answer.finishes),
        throttles_mean: confirmed.throttles,
        lost_mean: confirmed.dead_lettered + confirmed.lost,
        burst_environments: u64::from(central.queue.pollers_initial).min(reserved),
        cost: inputs.fan_out_usage(confirmed.usage).cost(&inputs.prices),
        in_flight_mean: reserved as f64,
        curve: curve_of(inputs, &question, goal, before_s, &answer, confirmed.usage),
        makespans_s: thinned_s(&answer.finishes),
        within_limits,
    })
}

/// Somewhat faster than so many invocations can ask for messages, and with threads enough for it.
fn publish(inputs: &PlanInputs, central: &Profile, reserved: u64) -> PublishPlan {
    let asked_per_s = reserved as f64 / central.copy.mean_s(mean_bytes(inputs), 1).max(1e-3)
        + ramp(inputs).per_s.unwrap_or(0.0);
    let rate_per_s = (AHEAD * asked_per_s).min(inputs.limits.publish_per_s(&inputs.region)).ceil();
    let threads = PublisherThreads::new(rate_per_s, 1, &central.publish).threads;
    PublishPlan { rate_per_s, threads: u64::from(threads) }
}

fn mean_bytes(inputs: &PlanInputs) -> u64 {
    inputs.batch.total_bytes() / inputs.batch.objects().max(1)
}

/// What becomes of the plan in the whole pipeline.
fn confirmed(
    inputs: &PlanInputs,
    question: &PoolQuestion<'_>,
    publish: PublishPlan,
    reserved: u64,
    deadline_s: f64,
) -> Confirmed {
    let whole = function::question(inputs, question.work, question.central, question.resampled);
    let pace = FanOutSetting {
        shape: PipelineShape::Queue,
        rate_per_s: Some(publish.rate_per_s),
        threads: u32::try_from(publish.threads).unwrap_or(u32::MAX),
        reserved: u32::try_from(reserved).unwrap_or(u32::MAX),
    };
    Confirmed::of(&whole, pace, deadline_s, confirming_runs(question.work.jobs()))
}

/// The deadline that fewer invocations keep, seconds after the first message has arrived.
fn deadline_within(question: &PoolQuestion<'_>, goal: Goal, today: u64) -> f64 {
    match smallest_pool(&PoolQuestion { most: Some(today), ..*question }, goal) {
        Ok(_) => goal.deadline_s,
        Err(infeasible) => infeasible.deadline_s,
    }
}

/// The pool's curve, with the overhead before it and the function's cost.
fn curve_of(
    inputs: &PlanInputs,
    question: &PoolQuestion<'_>,
    goal: Goal,
    before_s: f64,
    answer: &PoolSizing,
    usage: Usage,
) -> Vec<CurvePoint> {
    let objects = inputs.batch.objects() as f64;
    let mean_s = |n: f64| question.central.copy.mean_s(mean_bytes(inputs), n as u64);
    let of_function = |point: CurvePoint| {
        let x86_gb_s = gigabyte_seconds(objects, mean_s(point.n), inputs.memory_mb);
        CurvePoint {
            finish_p50_s: point.finish_p50_s + before_s,
            finish_p99_s: point.finish_p99_s + before_s,
            cost_usd: inputs.fan_out_usage(Usage { x86_gb_s, ..usage }).cost(&inputs.prices).total_usd,
            ..point
        }
    };
    curve(inputs, question, goal.deadline_s, answer.value).into_iter().map(of_function).collect()
}

fn out_of_reach(
    inputs: &PlanInputs,
    request: &SizingRequest,
    before_s: f64,
    infeasible: PoolInfeasible,
) -> Box<InfeasibleDeployment> {
    let PoolInfeasible { reason, best, probability, deadline_s, .. } = infeasible;
    let begin_per_min = inputs.limits.sqs.event_source_scaling_per_min;
    let obstacle = match reason {
        PoolLimit::TooFewWorkers { most } => Obstacle::TooFewInvocations { most, begin_per_min },
        reason => obstacle(Deployment::Lambda, best, &reason),
    };
    let nearest = nearest(request, (Deployment::Lambda, best), deadline_s + before_s, probability);
    Box::new(InfeasibleDeployment { obstacle, probability, nearest })
}
