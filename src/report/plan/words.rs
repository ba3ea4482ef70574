//! A recommendation in words: what to set, why it cannot be met, and what would change it.

use planner_core::service::function::Shape;
use planner_core::units::human::{
    bytes, capitalised, count, counted, duration, number, percent, probability, rate, shortest, usd,
};
use planner_core::units::quantity::Bytes;
use planner_plan::cost::Cost;
use planner_plan::limit::{BindingLimit, Limit};
use planner_plan::obstacle::Obstacle;
use planner_plan::recommendation::{Change, LambdaPlan, Recommendation, Relaxed, WorkerPlan};
use planner_plan::way::Way;

use super::doubt;

/// What to set, how sure, when it finishes, what it costs and what binds.
#[must_use]
pub fn verdict(plan: &Recommendation) -> String {
    let deadline = duration(plan.preface.job.deadline_s);
    let objects = counted(plan.preface.job.objects, "object");
    let Some(reason) = infeasible(plan) else { return feasible(plan, &deadline) };
    if plan.feasible {
        let other = if plan.workers.is_some() { "a function" } else { "workers" };
        return format!("{} With {other} it cannot be met: {reason}.", feasible(plan, &deadline));
    }
    let nearest = plan.nearest.first().map(|goal| {
        format!(
            " Within reach: {} with {}, with probability {}.",
            duration(goal.deadline_s),
            with(goal.way, goal.concurrency),
            probability(goal.probability)
        )
    });
    format!("{objects} within {deadline} cannot be met: {reason}.{}", nearest.unwrap_or_default())
}

fn feasible(plan: &Recommendation, deadline: &str) -> String {
    let ways = [plan.workers.as_ref().map(workers), plan.lambda.as_ref().map(lambda)];
    let ways = ways.into_iter().flatten().collect::<Vec<_>>().join(", or ");
    let limits: Vec<String> = plan.binding_limits.iter().map(remedy).collect();
    let first = if limits.is_empty() { String::new() } else { format!(" First {}.", limits.join("; ")) };
    let within = plan.lambda.as_ref().and_then(|plan| plan.within_limits).filter(|_| !plan.within_limits);
    let is_paced = plan.lambda.as_ref().is_some_and(|plan| plan.shape == Shape::Direct);
    let today = within.map(|today| {
        let pace = if is_paced {
            format!(", published at {}", rate(today.publish_rate_per_s))
        } else {
            String::new()
        };
        format!(" Within today's limits a function does it in {}{pace}.", duration(today.deadline_s))
    });
    let proviso = doubt::proviso(&plan.doubts).map_or_else(String::new, |proviso| format!(", {proviso}"));
    format!(
        "{}: done within {deadline} with probability {} or more{proviso}.{first}{}",
        capitalised(&ways),
        probability(plan.stated()),
        today.unwrap_or_default()
    )
}

fn workers(plan: &WorkerPlan) -> String {
    format!(
        "use {} (median {}, {})",
        counted(plan.concurrency.value, "worker"),
        time(plan.finish_s.p50),
        pool_cost(&plan.cost)
    )
}

fn lambda(plan: &LambdaPlan) -> String {
    let reserved = count(plan.reserved_concurrency.value);
    let how = match plan.shape {
        Shape::Direct => {
            format!("publish at {} and reserve a concurrency of {reserved}", rate(plan.publish.rate_per_s))
        }
        Shape::Queue => format!("reserve a concurrency of {reserved} for a function behind a queue"),
    };
    format!("{how} (median {}, {})", time(plan.finish_s.p50), usd(plan.cost.total_usd))
}

/// Why the deadline cannot be met, as the end of "cannot be met: "; None where it can, by every way.
#[must_use]
pub fn infeasible(plan: &Recommendation) -> Option<String> {
    let reasons: Vec<String> = plan.obstacles.iter().map(|reason| obstacle(plan, reason)).collect();
    (!reasons.is_empty()).then(|| reasons.join("; "))
}

fn obstacle(plan: &Recommendation, obstacle: &Obstacle) -> String {
    match *obstacle {
        Obstacle::JobTooLong => format!(
            "whatever the concurrency, the slowest of the copies takes longer than {} by itself too often for a \
             probability of {}",
            duration(plan.preface.job.deadline_s),
            probability(plan.probability.goal.unwrap_or_default())
        ),
        Obstacle::ThroughputTooLow { way, best, x_per_s, needed_per_s } => {
            let best = match way {
                Way::Workers => counted(best, "worker"),
                Way::Lambda => format!("{} at once", count(best)),
            };
            format!(
                "copies slow each other down: {best} do {} objects a second, more do fewer, and the deadline needs {}",
                number(x_per_s),
                number(needed_per_s)
            )
        }
        Obstacle::NoPace { needed_per_s } => format!(
            "copies slow each other down, and at no pace are {} objects a second done",
            number(needed_per_s)
        ),
        Obstacle::TooFewWorkers { most } => {
            let are = if most == 1 { "is" } else { "are" };
            format!("{} {are} allowed, and the deadline needs more", counted(most, "worker"))
        }
        Obstacle::TooFewInvocations { most, begin_per_min } => format!(
            "{} invocations at once are allowed behind a queue, which begin {} a minute, and the deadline needs more: \
             without the queue there is no such limit",
            count(most),
            count(u64::from(begin_per_min))
        ),
        Obstacle::GivenUp { largest_probability, attempts } => format!(
            "so many attempts fail that every object is copied with a probability of {} only, with {} at each: give \
             --max-attempts",
            probability(largest_probability),
            counted(u64::from(attempts), "attempt")
        ),
        Obstacle::RampTooSlow { way: Way::Workers, per_s } => {
            format!("workers that begin at {}/s begin too late", number(per_s))
        }
        Obstacle::RampTooSlow { way: Way::Lambda, per_s } => {
            format!("a queue's invocations begin at {}/s, too late", number(per_s))
        }
        Obstacle::RateTooLow { most_per_s, needed_per_s } => format!(
            "{} messages a second can be published, and the deadline needs {}",
            number(most_per_s),
            number(needed_per_s)
        ),
        Obstacle::ConcurrencyTooLow { most, needed } => format!(
            "a concurrency of {} is allowed for the function, and the deadline needs {}",
            count(most),
            count(needed)
        ),
        Obstacle::TimesOut { probability, timeout_s } => format!(
            "with probability {} some copy takes longer than {}, after which Lambda cuts it off: copy with workers, in \
             parts, or by S3 Batch Operations",
            number(probability),
            duration(timeout_s)
        ),
        Obstacle::OverheadTooLong { before_s } => {
            format!("publishing, delivery and a cold start alone take {}", duration(before_s))
        }
    }
}

/// A limit by its name.
#[must_use]
pub fn limit(binding: &BindingLimit) -> &'static str {
    match binding.limit {
        Limit::ReservableConcurrency { .. } => "Lambda concurrency that can be reserved",
        Limit::ScalingEnvironments => "environments that Lambda starts at once",
        Limit::PublishRate { .. } => "SNS messages per second",
        Limit::PrefixRate { .. } => "S3 requests per second and prefix",
        Limit::CopySize { .. } => "bytes in one CopyObject request",
        Limit::Parts { .. } => "parts of one object",
    }
}

/// What to do about a limit.
#[must_use]
pub fn remedy(binding: &BindingLimit) -> String {
    let need = number(binding.need.ceil());
    match &binding.limit {
        Limit::ReservableConcurrency { account, raise_to } => format!(
            "raise the account's Lambda concurrency from {} to {}",
            count(u64::from(*account)),
            count(*raise_to)
        ),
        Limit::ScalingEnvironments => {
            format!("publish more slowly in the first seconds: {need} environments would start at once")
        }
        Limit::PublishRate { region } => format!("raise the SNS quota of {region} to {need}/s"),
        Limit::PrefixRate { prefixes } => format!(
            "spread the destination over {} prefixes, or let the copies begin more slowly",
            count(*prefixes)
        ),
        Limit::CopySize { objects, part_size_bytes } => {
            format!("copy {} of the objects in parts of {}", count(*objects), Bytes(*part_size_bytes))
        }
        Limit::Parts { part_size_bytes } => format!("give --part-size {} or more", bytes(*part_size_bytes)),
    }
}

/// What is otherwise, without how much.
#[must_use]
pub fn changed(change: Change) -> &'static str {
    match change {
        Change::ResidenceTime { .. } => "residence time",
        Change::Spread { .. } => "spread of its logarithm",
        Change::FailingAttempts { .. } => "failing attempts",
        Change::Ramp { .. } => "how workers begin",
    }
}

/// How much is otherwise.
#[must_use]
pub fn setting(change: Change) -> String {
    match change {
        Change::ResidenceTime { times } if times < 1.0 => format!("−{}", percent(1.0 - times)),
        Change::ResidenceTime { times } => format!("+{}", percent(times - 1.0)),
        Change::Spread { times } if times < 1.0 => format!("÷ {}", shortest(1.0 / times, 3)),
        Change::Spread { times } => format!("× {}", shortest(times, 3)),
        Change::FailingAttempts { more } => format!("{} more", percent(more)),
        Change::Ramp { per_s } => format!("{}/s", shortest(per_s, 3)),
    }
}

/// What gives way in a goal that can be reached.
#[must_use]
pub fn relaxed(kind: Relaxed) -> &'static str {
    match kind {
        Relaxed::Deadline => "a later deadline",
        Relaxed::Probability => "the same deadline, less sure",
    }
}

/// A way with its concurrency.
#[must_use]
pub fn with(way: Way, concurrency: u64) -> String {
    match way {
        Way::Workers => counted(concurrency, "worker"),
        Way::Lambda => format!("a function of {} at once", count(concurrency)),
    }
}

/// What copying from a machine costs; the machine itself only where its price is known.
#[must_use]
pub fn pool_cost(cost: &Cost) -> String {
    let machine = if cost.has_machine() { "" } else { " and the machine" };
    format!("{}{machine}", usd(cost.total_usd))
}

/// When something is done, if ever.
#[must_use]
pub fn time(time_s: Option<f64>) -> String {
    time_s.map_or_else(|| "never".into(), duration)
}
