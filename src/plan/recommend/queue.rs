//! How much concurrency a function behind a queue needs.
//!
//! While messages wait, an event source is a pool: its invocations are workers that begin one after the other, at the
//! rate at which AWS adds them, and each takes the next message when it is done. So the number comes from
//! [`smallest_pool`], and a few runs of the whole pipeline show what becomes of it. How fast messages are published does
//! not matter, as long as they are there before somebody asks for them.

use super::cannot::Cannot;
use super::function::{self, confirming_runs};
use super::pool::{curve, nearest, obstacle};
use super::wish::Wish;
use crate::bound::Bound;
use crate::closed_form::ClosedForm;
use crate::cost::{Usage, gigabyte_seconds};
use crate::evidence::Evidence;
use crate::forecast::{finish, thinned_s};
use crate::ground::Ground;
use crate::obstacle::Obstacle;
use crate::paced::{Confirmed, Pace, PublisherThreads, overhead_s};
use crate::recommendation::{CurvePoint, LambdaPlan, PublishPlan, WithinLimits};
use crate::tolerance::Tolerance;
use crate::way::Way;
use crate::workers::{Answer, Goal, Infeasible, Question, Reason, smallest_pool};
use planner_core::numeric::proportion::Proportion;
use planner_core::service::Profile;
use planner_core::service::function::Shape;
use planner_core::simulate::pool::Ramp;
use planner_core::simulate::work::Order;

/// Messages are published so many times as fast as invocations can begin.
const AHEAD: f64 = 2.0;

/// When the invocations of an event source begin: all but the first few one after the other.
pub(super) fn ramp(ground: &Ground) -> Ramp {
    Ramp { per_s: Some(f64::from(ground.limits.sqs.event_source_scaling_per_min) / 60.0) }
}

pub(super) fn plan(ground: &Ground, wish: &Wish) -> Result<LambdaPlan, Box<Cannot>> {
    let work = ground.work(Order::Fifo);
    let on = |profile: &Profile| ground.on_account(profile);
    let central = on(&ground.model.profile);
    let resampled: Vec<Profile> = ground.model.resampled.iter().map(on).collect();
    let sqs = &ground.limits.sqs;
    let most = wish.max_concurrency.unwrap_or(u64::MAX).min(u64::from(sqs.event_source_concurrency_max));
    let question = Question {
        work: &work,
        central: &central,
        resampled: &resampled,
        ramp: ramp(ground),
        most: Some(most),
        seed: ground.seed,
    };
    let before_s = overhead_s(&central);
    let left_s = wish.deadline_s - before_s;
    if left_s <= 0.0 {
        let obstacle = Obstacle::OverheadTooLong { before_s };
        return Err(Box::new(Cannot { obstacle, probability: Proportion::of(0, 0), nearest: Vec::new() }));
    }
    let goal = Goal { deadline_s: left_s, probability: wish.probability };
    let mut answer =
        smallest_pool(&question, goal).map_err(|infeasible| cannot(ground, wish, before_s, *infeasible))?;
    for makespan_s in &mut answer.finishes.makespans_s {
        *makespan_s += before_s;
    }
    let reserved = answer.value.max(u64::from(sqs.event_source_concurrency_min));
    let publish = publish(ground, &central, reserved);
    let confirmed = confirmed(ground, &question, publish, reserved, wish.deadline_s);
    let today = u64::from(ground.limits.lambda.usable_concurrency()).min(most);
    let within_limits = (reserved > today).then(|| WithinLimits {
        reserved_concurrency: today,
        publish_rate_per_s: publish.rate_per_s,
        deadline_s: before_s + deadline_within(&question, goal, today),
    });
    let form = ClosedForm::new(&work, &central, ramp(ground));
    let met = |profile: &Profile| form.under(&work, &on(profile)).probability(reserved, goal.deadline_s);
    let tolerance = Tolerance::of(&ground.model, work.jobs(), wish.probability, met);
    let reserved_concurrency = Bound {
        value: reserved,
        low: answer.low.min(reserved),
        high: answer.high.map(|high| high.max(reserved)),
    };
    let evidence =
        Evidence::of(&ground.model, &ground.batch, reserved as f64, &reserved_concurrency, tolerance);
    Ok(LambdaPlan {
        shape: Shape::Queue,
        evidence,
        reserved_concurrency,
        memory_mb: ground.memory_mb,
        publish,
        probability: wish.probability_of(Some(answer.probability)),
        finish_s: finish(&answer.finishes),
        throttles_mean: confirmed.throttles,
        lost_mean: confirmed.dead_lettered + confirmed.lost,
        burst_environments: u64::from(central.queue.pollers_initial).min(reserved),
        cost: ground.fan_out_usage(confirmed.usage).cost(&ground.prices),
        in_flight_mean: reserved as f64,
        curve: curve_of(ground, &question, goal, before_s, &answer, confirmed.usage),
        makespans_s: thinned_s(&answer.finishes),
        within_limits,
    })
}

/// Somewhat faster than so many invocations can ask for messages, and with threads enough for it.
fn publish(ground: &Ground, central: &Profile, reserved: u64) -> PublishPlan {
    let asked_per_s = reserved as f64 / central.copy.mean_s(mean_bytes(ground), 1).max(1e-3)
        + ramp(ground).per_s.unwrap_or(0.0);
    let rate_per_s = (AHEAD * asked_per_s).min(ground.limits.publish_per_s(&ground.region)).ceil();
    let threads = PublisherThreads::new(rate_per_s, 1, &central.publish).threads;
    PublishPlan { rate_per_s, threads: u64::from(threads) }
}

fn mean_bytes(ground: &Ground) -> u64 {
    ground.batch.total_bytes() / ground.batch.objects().max(1)
}

/// What becomes of the plan in the whole pipeline.
fn confirmed(
    ground: &Ground,
    question: &Question<'_>,
    publish: PublishPlan,
    reserved: u64,
    deadline_s: f64,
) -> Confirmed {
    let whole = function::question(ground, question.work, question.central, question.resampled);
    let pace = Pace {
        shape: Shape::Queue,
        rate_per_s: Some(publish.rate_per_s),
        threads: u32::try_from(publish.threads).unwrap_or(u32::MAX),
        reserved: u32::try_from(reserved).unwrap_or(u32::MAX),
    };
    Confirmed::of(&whole, pace, deadline_s, confirming_runs(question.work.jobs()))
}

/// The deadline that fewer invocations keep, seconds after the first message has arrived.
fn deadline_within(question: &Question<'_>, goal: Goal, today: u64) -> f64 {
    match smallest_pool(&Question { most: Some(today), ..*question }, goal) {
        Ok(_) => goal.deadline_s,
        Err(infeasible) => infeasible.deadline_s,
    }
}

/// The pool's curve, with the overhead before it and the function's cost.
fn curve_of(
    ground: &Ground,
    question: &Question<'_>,
    goal: Goal,
    before_s: f64,
    answer: &Answer,
    usage: Usage,
) -> Vec<CurvePoint> {
    let objects = ground.batch.objects() as f64;
    let mean_s = |n: f64| question.central.copy.mean_s(mean_bytes(ground), n as u64);
    let of_function = |point: CurvePoint| {
        let x86_gb_s = gigabyte_seconds(objects, mean_s(point.n), ground.memory_mb);
        CurvePoint {
            finish_p50_s: point.finish_p50_s + before_s,
            finish_p99_s: point.finish_p99_s + before_s,
            cost_usd: ground.fan_out_usage(Usage { x86_gb_s, ..usage }).cost(&ground.prices).total_usd,
            ..point
        }
    };
    curve(ground, question, goal.deadline_s, answer.value).into_iter().map(of_function).collect()
}

fn cannot(ground: &Ground, wish: &Wish, before_s: f64, infeasible: Infeasible) -> Box<Cannot> {
    let Infeasible { reason, best, probability, deadline_s, .. } = infeasible;
    let begin_per_min = ground.limits.sqs.event_source_scaling_per_min;
    let obstacle = match reason {
        Reason::TooFewWorkers { most } => Obstacle::TooFewInvocations { most, begin_per_min },
        reason => obstacle(Way::Lambda, best, &reason),
    };
    let nearest = nearest(wish, (Way::Lambda, best), deadline_s + before_s, probability);
    Box::new(Cannot { obstacle, probability, nearest })
}
