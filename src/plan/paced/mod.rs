//! How fast to publish so that a fan-out ends by its deadline, and the concurrency that this takes.
//!
//! At a pace ρ job j begins at j/ρ and waits for nothing, so a replication ends by the deadline D from its critical
//! rate max j/(D − overhead − Rⱼ) on. The answer is the quantile of these, with the interval and the probability that
//! [`super::workers`] gives to a number of workers. The concurrency is a quantile of the peak in flight at that pace, so
//! that hardly any run is throttled: what is throttled waits for minutes in the function's back-off.
//!
//! Errors of the function itself, which Lambda tries again after one and two minutes, are not in the rate; they show
//! where the plan is [confirmed](Confirmed) in the whole pipeline.

mod concurrency;
mod confirmed;
mod form;
mod publisher;
mod question;
mod runs;
mod sweep;

use rayon::prelude::*;

pub use concurrency::{Reachable, Reserved, deadline_within, reserved_concurrency};
pub use confirmed::{Confirmed, Pace};
pub use form::{Form, overhead_s};
pub use publisher::PublisherThreads;
pub use question::Question;

use super::estimate::{Estimate, Spread, needed};
use super::workers::Goal;
use planner_core::numeric::proportion::Proportion;
use planner_core::service::function::RESERVE_NS;
use planner_core::simulate::batch::Finishes;
use planner_core::units::quantity::seconds;
use question::kept_s;
use runs::{Mixture, Runs};

/// Job times drawn for the search.
const DRAWS: u64 = 60_000_000;
/// Replications beyond which more are not worth their time, unless a high probability needs them.
const REPLICATIONS: u64 = 20_000;
/// Times that the rate is raised when fresh replications do not confirm it.
const RAISES: u64 = 4;
/// Each time by so many standard errors of the probability, and by this share at least.
const RAISE_ERRORS: f64 = 2.0;
const LEAST_RAISE: f64 = 1e-3;
/// Numbers of the first replication of each use, so that every use has its own luck.
const FRESH: u64 = 1 << 40;

/// The rate that a goal needs, and the concurrency that the rate needs.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// Messages to publish per second: the upper limit of the interval, or the highest rate that helps where that is less.
    pub value_per_s: f64,
    /// The best estimate of the smallest rate that reaches the goal.
    pub point_per_s: f64,
    /// Lower limit of the 95 % interval of that rate.
    pub low_per_s: f64,
    /// Its upper limit; None where it lies beyond the highest rate that is allowed or helps.
    pub high_per_s: Option<f64>,
    /// Probability of ending by the deadline at `value_per_s` when nothing is throttled, from fresh replications.
    pub probability: Proportion,
    /// How those ended.
    pub finishes: Finishes,
    /// Replications of the search, and as many fresh ones.
    pub replications: u64,
    /// Concurrency to reserve for that rate.
    pub reserved: Reserved,
    /// What publishes at that rate.
    pub publisher: PublisherThreads,
    /// Probability that some copy takes longer than the function's timeout, and so never ends in it.
    pub timeout_probability: f64,
}

/// Why no pace reaches a goal.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Reason {
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
pub struct Infeasible {
    /// Why.
    pub reason: Reason,
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
pub fn smallest_rate(question: &Question<'_>, goal: Goal) -> Result<Answer, Box<Infeasible>> {
    let search = Search::new(question, goal);
    let estimate = match search.estimate() {
        Ok(estimate) => estimate,
        Err(reason) => return Err(Box::new(search.infeasible(reason, search.most_per_s))),
    };
    let (low_per_s, high_per_s) = estimate.widened(search.spread());
    let (value_per_s, finishes) = search.confirmed(high_per_s.min(search.most_per_s));
    let reserved = concurrency::reserved(question, &search.mixture, value_per_s);
    if let Some(most) = question.most_concurrency.filter(|&most| reserved.value > most) {
        let reason = Reason::ConcurrencyTooLow { most, needed: reserved.value };
        let best_per_s = concurrency::usable_rate_per_s(question, &search.mixture, most).min(value_per_s);
        return Err(Box::new(search.infeasible(reason, best_per_s)));
    }
    let form = &search.central.form;
    let work_s = (question.central.function.timeout_s - seconds(RESERVE_NS)).max(0.0);
    Ok(Answer {
        value_per_s,
        point_per_s: estimate.point,
        low_per_s,
        high_per_s: Some(high_per_s).filter(|&high| high <= search.most_per_s),
        probability: finishes.by(goal.deadline_s),
        finishes,
        replications: search.replications,
        reserved,
        publisher: PublisherThreads::new(value_per_s, question.batch_size, &question.central.publish),
        timeout_probability: form.longer_than(work_s, form.in_flight(value_per_s)),
    })
}

/// Probability of ending by a deadline at each of these rates when nothing is throttled, the jobs having the same luck
/// at all.
#[must_use]
pub fn probabilities(
    question: &Question<'_>,
    deadline_s: f64,
    rates_per_s: &[f64],
    replications: u64,
) -> Vec<Proportion> {
    let mixture = Mixture::new(question);
    let ended = |&rate_per_s: &f64| mixture.finishes(rate_per_s, 0..replications).by(deadline_s);
    rates_per_s.iter().map(ended).collect()
}

#[derive(Debug)]
struct Search<'a> {
    goal: Goal,
    jobs: u64,
    central: Runs<'a>,
    mixture: Mixture<'a>,
    allowed_per_s: f64,
    /// The highest rate that is allowed and helps.
    most_per_s: f64,
    replications: u64,
}

impl<'a> Search<'a> {
    fn new(question: &Question<'a>, goal: Goal) -> Self {
        let central = Runs::new(question, question.central);
        let allowed_per_s = question.most_per_s.unwrap_or(f64::INFINITY);
        let jobs = question.work.jobs();
        Self {
            most_per_s: central.form.fastest_rate(goal.deadline_s, goal.probability, allowed_per_s),
            goal,
            jobs,
            central,
            mixture: Mixture::new(question),
            allowed_per_s,
            replications: replications(jobs, goal.probability),
        }
    }

    fn estimate(&self) -> Result<Estimate, Reason> {
        let Goal { deadline_s, probability } = self.goal;
        let form = &self.central.form;
        let guess_per_s = form.smallest_rate(deadline_s, probability, f64::INFINITY);
        let estimate = match guess_per_s {
            // Copies that do not slow each other down do not meet at all: their closed form is exact.
            Some(rate_per_s) if !form.is_contended() => Estimate::exact(rate_per_s),
            _ => {
                let in_flight = form.in_flight(guess_per_s.unwrap_or(self.most_per_s));
                Estimate::of(
                    &mut self.central.critical(in_flight, deadline_s, self.replications),
                    probability,
                )
            }
        };
        if estimate.point <= self.most_per_s {
            return Ok(estimate);
        }
        let largest_probability = form.largest_probability(deadline_s);
        Err(if largest_probability < probability {
            Reason::JobTooLong { largest_probability }
        } else if guess_per_s.is_none() || self.most_per_s < self.allowed_per_s {
            Reason::ThroughputTooLow { needed_per_s: self.jobs as f64 / deadline_s }
        } else {
            Reason::RateTooLow { most_per_s: self.allowed_per_s, needed_per_s: estimate.point }
        })
    }

    /// What the resampled profiles add to the interval.
    fn spread(&self) -> Spread {
        let Goal { deadline_s, probability } = self.goal;
        let rate = |form: &form::Form| {
            form.smallest_rate(deadline_s, probability, f64::INFINITY).unwrap_or(f64::INFINITY)
        };
        let central = rate(&self.central.form);
        Spread::of(self.mixture.forms().map(|form| (rate(form) / central).ln()).collect())
    }

    /// The rate, raised until fresh replications confirm it, and how those ended.
    fn confirmed(&self, mut rate_per_s: f64) -> (f64, Finishes) {
        // What has no margin is seldom confirmed.
        if self.central.form.met(rate_per_s, self.goal.deadline_s) < self.higher() {
            rate_per_s = self.raised(rate_per_s);
        }
        let finishes = |rate_per_s, round| {
            let first = FRESH * (round + 1);
            self.mixture.finishes(rate_per_s, first..first + self.replications)
        };
        let mut seen = finishes(rate_per_s, 0);
        for raise in 1..=RAISES {
            let confirmed = seen.by(self.goal.deadline_s).at_least >= self.goal.probability;
            if confirmed || rate_per_s >= self.most_per_s {
                break;
            }
            rate_per_s = self.raised(rate_per_s);
            seen = finishes(rate_per_s, raise);
        }
        (rate_per_s, seen)
    }

    /// The wanted probability and what fresh replications could not tell apart from it.
    fn higher(&self) -> f64 {
        let Goal { probability, .. } = self.goal;
        let error = (probability * (1.0 - probability) / self.replications as f64).sqrt();
        (probability + RAISE_ERRORS * error).min(f64::midpoint(probability, 1.0))
    }

    /// As much faster, by the closed form, as raises the probability to the higher one.
    fn raised(&self, rate_per_s: f64) -> f64 {
        let Goal { deadline_s, probability } = self.goal;
        let rate = |probability| self.central.form.smallest_rate(deadline_s, probability, f64::INFINITY);
        let ratio = rate(probability).zip(rate(self.higher())).map_or(1.0, |(now, then)| then / now);
        (rate_per_s * ratio.max(1.0 + LEAST_RAISE)).min(self.most_per_s)
    }

    fn infeasible(&self, reason: Reason, best_per_s: f64) -> Infeasible {
        let finishes = self.mixture.finishes(best_per_s, FRESH..FRESH + self.replications);
        Infeasible {
            reason,
            best_per_s,
            probability: finishes.by(self.goal.deadline_s),
            deadline_s: kept_s(&finishes, self.goal.probability),
            finishes,
        }
    }
}

fn replications(jobs: u64, probability: f64) -> u64 {
    let needed = needed(probability);
    (DRAWS / jobs.max(1)).clamp(needed, needed.max(REPLICATIONS))
}

#[cfg(test)]
#[path = "paced_tests.rs"]
mod tests;
