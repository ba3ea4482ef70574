//! How fast to publish so that a fan-out ends by its deadline, and the concurrency that this takes.
//!
//! At a pace ρ job j begins at j/ρ and waits for nothing, so a replication ends by the deadline D from its critical
//! rate max j/(D − overhead − Rⱼ) on: the [search](super::search) over the pace. The concurrency is a quantile of the peak in flight at that pace, so
//! that hardly any run is throttled: what is throttled waits for minutes in the function's back-off.
//!
//! Errors of the function itself, which Lambda tries again after one and two minutes, are not in the rate; they show
//! where the plan is [confirmed](Confirmed) in the whole pipeline.

mod concurrency;
mod confirmation;
mod end_slots;
mod paced_closed_form;
mod publisher;
mod question;
mod uncontended_fan_out;

pub use concurrency::{Reachable, Reserved, deadline_within, reserved_concurrency};
pub(crate) use confirmation::CONFIRMED_JOBS;
pub use confirmation::{Confirmed, FanOutSetting};
pub use paced_closed_form::{PacedClosedForm, overhead_s};
pub use publisher::PublisherThreads;
pub use question::RateQuestion;

use super::search::{Goal, Knob, KnobSearch, Nearest, ReplicationKind, SearchResult};
use planner_core::numeric::proportion::Proportion;
use planner_core::service::function::RESERVE_NS;
use planner_core::simulate::batch::Finishes;
use planner_core::units::quantity::seconds;
use uncontended_fan_out::Paced;

/// The rate that a goal needs, and the concurrency that the rate needs.
#[derive(Debug, Clone, PartialEq)]
pub struct RateSizing {
    /// Messages to publish per second: the upper limit of what chance in the replications leaves open, or the highest rate that
    /// helps where that is less.
    pub value_per_s: f64,
    /// The best estimate of the smallest rate that reaches the goal.
    pub point_per_s: f64,
    /// Lower limit of the 95 % interval of that rate.
    pub low_per_s: f64,
    /// Its upper limit; None where it lies beyond the highest rate that is allowed or helps.
    pub high_per_s: Option<f64>,
    /// Probability of ending by the deadline at `value_per_s` when nothing is throttled, over all services.
    pub probability: Proportion,
    /// How replications end at it.
    pub finishes: Finishes,
    /// What those are.
    pub shown: ReplicationKind,
    /// Concurrency to reserve for that rate.
    pub reserved: Reserved,
    /// What publishes at that rate.
    pub publisher: PublisherThreads,
    /// Probability that some copy takes longer than the function's timeout, and so never ends in it.
    pub timeout_probability: f64,
}

/// Why no pace reaches a goal.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum RateLimit {
    /// Some job by itself takes longer than the deadline too often.
    JobTooLong {
        /// Probability that none does, F(D)ᴶ: more than this no pace reaches.
        largest_probability: f64,
    },
    /// Copies slow each other down: at every pace too many are late.
    ThroughputTooLow {
        /// Messages per second that the deadline needs on average.
        needed_per_s: f64,
    },
    /// Messages cannot be published so fast.
    RateTooLow {
        /// The highest rate allowed, messages per second.
        most_per_s: f64,
        /// The rate that the goal needs, messages per second.
        needed_per_s: f64,
    },
    /// The function cannot run so often at once.
    ConcurrencyTooLow {
        /// The largest concurrency allowed.
        most: u64,
        /// The concurrency that the goal needs.
        needed: u64,
    },
}

/// A goal out of reach, and the nearest ones within it.
#[derive(Debug, Clone, PartialEq)]
pub struct RateInfeasible {
    /// Why.
    pub reason: RateLimit,
    /// The rate that comes nearest, messages per second.
    pub best_per_s: f64,
    /// Probability of ending by the deadline at that rate.
    pub probability: Proportion,
    /// The deadline that this rate keeps with the wanted probability, seconds: the upper limit of its interval.
    pub deadline_s: f64,
    /// How its replications ended.
    pub finishes: Finishes,
}

/// The slowest pace that reaches a goal, and the concurrency to reserve for it.
///
/// # Errors
/// Says why none does, and which goals are reached.
pub fn smallest_rate(question: &RateQuestion<'_>, goal: Goal) -> Result<RateSizing, Box<RateInfeasible>> {
    let paced = Paced::new(question, goal);
    let search = KnobSearch::new(&paced, goal, question.seed);
    let infeasible = |reason, best_per_s| {
        let Nearest { probability, deadline_s, finishes } = search.nearest(best_per_s);
        Box::new(RateInfeasible { reason, best_per_s, probability, deadline_s, finishes })
    };
    let SearchResult { value, point, low, high, probability, finishes, shown } = search
        .find()
        .map_err(|needed_per_s| infeasible(reason(question, goal, &paced, needed_per_s), paced.most()))?;
    let reserved = concurrency::reserved(question, &paced, value);
    if let Some(most) = question.most_concurrency.filter(|&most| reserved.value > most) {
        let reason = RateLimit::ConcurrencyTooLow { most, needed: reserved.value };
        return Err(infeasible(reason, concurrency::usable_rate_per_s(question, &paced, most).min(value)));
    }
    let work_s = (question.central.function.timeout_s - seconds(RESERVE_NS)).max(0.0);
    let longer = |form: &PacedClosedForm| form.longer_than(work_s, form.in_flight(value));
    Ok(RateSizing {
        value_per_s: value,
        point_per_s: point,
        low_per_s: low,
        high_per_s: high,
        probability,
        finishes,
        shown,
        reserved,
        publisher: PublisherThreads::new(value, question.batch_size, &question.central.publish),
        timeout_probability: paced.forms.iter().map(longer).sum::<f64>() / paced.forms.len() as f64,
    })
}

/// Probability of ending by a deadline at each of these rates when nothing is throttled, the jobs having the same luck
/// at all.
#[must_use]
pub fn probabilities(
    question: &RateQuestion<'_>,
    deadline_s: f64,
    rates_per_s: &[f64],
    replications: u64,
) -> Vec<Proportion> {
    let paced = Paced::at_any_time(question);
    let ended = |&rate_per_s: &f64| paced.finishes(rate_per_s, replications).by(deadline_s);
    rates_per_s.iter().map(ended).collect()
}

/// Why a goal is out of reach that would need this rate, infinite where none is enough.
fn reason(question: &RateQuestion<'_>, goal: Goal, paced: &Paced<'_>, needed_per_s: f64) -> RateLimit {
    let Goal { deadline_s, probability } = goal;
    let forms = &paced.forms;
    let largest = |form: &PacedClosedForm| form.largest_probability(deadline_s);
    let largest_probability = forms.iter().map(largest).sum::<f64>() / forms.len() as f64;
    let allowed_per_s = question.most_per_s.unwrap_or(f64::INFINITY);
    if largest_probability < probability {
        return RateLimit::JobTooLong { largest_probability };
    }
    let unlimited = RateQuestion { most_per_s: None, ..*question };
    let needed_per_s = match needed_per_s.is_finite() || paced.most() < allowed_per_s {
        true => Some(needed_per_s),
        false => {
            let paced = Paced::new(&unlimited, goal);
            KnobSearch::new(&paced, goal, question.seed).find().map(|found| found.point).ok()
        }
    };
    match needed_per_s.filter(|needed_per_s| needed_per_s.is_finite()) {
        Some(needed_per_s) if paced.most() >= allowed_per_s => {
            RateLimit::RateTooLow { most_per_s: allowed_per_s, needed_per_s }
        }
        _ => RateLimit::ThroughputTooLow { needed_per_s: question.work.jobs() as f64 / deadline_s },
    }
}

#[cfg(test)]
#[path = "paced_tests.rs"]
mod tests;
