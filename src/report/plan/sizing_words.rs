//! A recommendation in words: what to set, why it cannot be met, and what would change it.

use planner_core::units::human::{bytes, count, counted, duration, number, percent, probability, shortest};
use planner_core::units::quantity::Bytes;
use planner_plan::deployment::Deployment;
use planner_plan::limit::{BindingLimit, Limit};
use planner_plan::obstacle::Obstacle;
use planner_plan::sizing_document::{
    AssumptionChange, NearestGoal, Recommendation, Relaxed, SensitivityCase,
};

use crate::chart::SensitivityBar;

/// Why the deadline cannot be met, as the end of "cannot be met: "; None where it can, by every way.
pub(super) fn infeasible(plan: &Recommendation, deadline: &str) -> Option<String> {
    let reason = |reason: &Obstacle| obstacle(reason, deadline, plan.probability.goal.unwrap_or_default());
    let reasons: Vec<String> = plan.obstacles.iter().map(reason).collect();
    (!reasons.is_empty()).then(|| reasons.join("; "))
}

fn obstacle(obstacle: &Obstacle, deadline: &str, goal: f64) -> String {
    match *obstacle {
        Obstacle::JobTooLong => format!(
            "whatever the concurrency, the slowest of the copies takes longer than {deadline} by itself too often \
             for a probability of {}",
            probability(goal)
        ),
        Obstacle::ThroughputTooLow { deployment, best, x_per_s, needed_per_s } => {
            let best = match deployment {
                Deployment::Workers => counted(best, "worker"),
                Deployment::Lambda => format!("{} at once", count(best)),
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
        Obstacle::RampTooSlow { deployment: Deployment::Workers, per_s } => {
            format!("workers that begin at {}/s begin too late", number(per_s))
        }
        Obstacle::RampTooSlow { deployment: Deployment::Lambda, per_s } => {
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

/// A limit that stands in the way.
#[derive(Debug)]
pub(super) struct Limiting {
    /// Its name.
    pub name: &'static str,
    /// The same in a word or two.
    pub short: &'static str,
    pub have: String,
    pub need: String,
    /// What to do about it.
    pub remedy: String,
}

pub(super) fn limits(plan: &Recommendation) -> Vec<Limiting> {
    let told = |limit: &BindingLimit| {
        let [have, need] = [limit.have, limit.need].map(|value| shortest(value, 4));
        let (name, remedy) = remedy(limit);
        Limiting { name, short: short(&limit.limit), have, need, remedy }
    };
    plan.binding_limits.iter().map(told).collect()
}

/// What a limit is about.
fn short(limit: &Limit) -> &'static str {
    match limit {
        Limit::ReservableConcurrency { .. } => "concurrency",
        Limit::ScalingEnvironments => "starts at once",
        Limit::PublishRate { .. } => "messages/s",
        Limit::PrefixRate { .. } => "S3 requests/s",
        Limit::CopySize { .. } => "bytes a request",
        Limit::Parts { .. } => "parts",
    }
}

/// The name of a limit, and what to do about it.
fn remedy(binding: &BindingLimit) -> (&'static str, String) {
    let need = number(binding.need.ceil());
    match &binding.limit {
        Limit::ReservableConcurrency { account, raise_to, .. } => (
            "Lambda concurrency that can be reserved",
            format!(
                "raise the account's Lambda concurrency from {} to {}",
                count(u64::from(*account)),
                count(*raise_to)
            ),
        ),
        Limit::ScalingEnvironments => (
            "environments that Lambda starts at once",
            format!("publish more slowly in the first seconds: {need} environments would start at once"),
        ),
        Limit::PublishRate { region } => {
            ("SNS messages per second", format!("raise the SNS quota of {region} to {need}/s"))
        }
        Limit::PrefixRate { prefixes } => (
            "S3 requests per second and prefix",
            format!(
                "spread the destination over {} prefixes, or let the copies begin more slowly",
                count(*prefixes)
            ),
        ),
        Limit::CopySize { objects, part_size_bytes } => (
            "bytes in one CopyObject request",
            format!("copy {} of the objects in parts of {}", count(*objects), Bytes(*part_size_bytes)),
        ),
        Limit::Parts { part_size_bytes } => {
            ("parts of one object", format!("give --part-size {} or more", bytes(*part_size_bytes)))
        }
    }
}

/// What moves the answer, and how far it does.
pub(super) fn sensitivities(plan: &Recommendation) -> Vec<SensitivityBar> {
    let base = plan.concurrency.map(|chosen| chosen.value as f64);
    let answer = |case: &SensitivityCase| case.concurrency.map(|concurrency| concurrency as f64);
    let told = |row: &planner_plan::sizing_document::Sensitivity| SensitivityBar {
        name: changed(row.high.change).into(),
        low_setting: row.low.as_ref().map_or_else(|| "as planned".into(), |low| setting(low.change)),
        low: row.low.as_ref().map_or(base, answer),
        high_setting: setting(row.high.change),
        high: answer(&row.high),
    };
    plan.sensitivities.iter().map(told).collect()
}

/// What is otherwise, without how much.
fn changed(change: AssumptionChange) -> &'static str {
    match change {
        AssumptionChange::ResidenceTime { .. } => "residence time",
        AssumptionChange::Spread { .. } => "spread of its logarithm",
        AssumptionChange::FailingAttempts { .. } => "failing attempts",
        AssumptionChange::Ramp { .. } => "how workers begin",
    }
}

/// How much is otherwise.
fn setting(change: AssumptionChange) -> String {
    match change {
        AssumptionChange::ResidenceTime { times } if times < 1.0 => format!("−{}", percent(1.0 - times)),
        AssumptionChange::ResidenceTime { times } => format!("+{}", percent(times - 1.0)),
        AssumptionChange::Spread { times } if times < 1.0 => format!("÷ {}", shortest(1.0 / times, 3)),
        AssumptionChange::Spread { times } => format!("× {}", shortest(times, 3)),
        AssumptionChange::FailingAttempts { more } => format!("{} more", percent(more)),
        AssumptionChange::Ramp { per_s } => format!("{}/s", shortest(per_s, 3)),
    }
}

/// Goals that can be reached: what gives way, the deadline, the probability, the way with its concurrency.
pub(super) fn nearest(plan: &Recommendation) -> Vec<[String; 4]> {
    let told = |goal: &NearestGoal| {
        let relaxed = match goal.kind {
            Relaxed::Deadline => "a later deadline",
            Relaxed::Probability => "the same deadline, less sure",
        };
        let deployment = match goal.deployment {
            Deployment::Workers => counted(goal.concurrency, "worker"),
            Deployment::Lambda => format!("a function of {} at once", count(goal.concurrency)),
        };
        [relaxed.into(), duration(goal.deadline_s), probability(goal.probability), deployment]
    };
    plan.nearest.iter().map(told).collect()
}
