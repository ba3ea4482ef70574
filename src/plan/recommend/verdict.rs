//! A recommendation in a sentence or two.

use crate::doubt::proviso;
use crate::recommendation::{LambdaPlan, Recommendation, WorkerPlan};
use crate::words::{pool_cost, time};
use planner_core::service::function::Shape;
use planner_core::units::human::capitalised;
use planner_core::units::human::{count, counted, duration, rate};
use planner_core::units::human::{probability, usd};

/// What to set, how sure, when it finishes, what it costs and what binds.
pub(super) fn of(plan: &Recommendation) -> String {
    let deadline = duration(plan.preface.job.deadline_s);
    let objects = counted(plan.preface.job.objects, "object");
    let Some(reason) = &plan.infeasible else { return feasible(plan, &deadline) };
    if plan.feasible {
        let other = if plan.workers.is_some() { "a function" } else { "workers" };
        return format!("{} With {other} it cannot be met: {reason}.", feasible(plan, &deadline));
    }
    let nearest = plan.nearest.first().map(|goal| {
        format!(
            " Within reach: {} with {}, with probability {}.",
            duration(goal.deadline_s),
            goal.way.with(goal.concurrency),
            probability(goal.probability)
        )
    });
    format!("{objects} within {deadline} cannot be met: {reason}.{}", nearest.unwrap_or_default())
}

fn feasible(plan: &Recommendation, deadline: &str) -> String {
    let ways = [plan.workers.as_ref().map(workers), plan.lambda.as_ref().map(lambda)];
    let ways = ways.into_iter().flatten().collect::<Vec<_>>().join(", or ");
    let limits: Vec<&str> = plan.binding_limits.iter().map(|limit| limit.remedy.as_str()).collect();
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
    let proviso = proviso(&plan.doubts).map_or_else(String::new, |proviso| format!(", {proviso}"));
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
