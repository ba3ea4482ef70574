//! How many workers end a batch by its deadline, with the probability that is wanted, and how sure that is.
//!
//! The number is the quantile of the critical numbers of many replications, with an interval from two sources: that
//! replications are finitely many (order statistics), and that the service was measured on finitely many jobs (the same
//! quantile under profiles fitted to resamples of them, Efron and Tibshirani 1993). Its upper limit is recommended, or
//! fewer where more hardly help, so that who plans many backups, each from a run of its own, keeps the wanted
//! probability in most of them and not in half.
//!
//! The probability stated for it comes from fresh replications, each under another of the resampled profiles: it is the
//! share of finishes in time over all services that the measured jobs could have come from, not only over the luck of
//! one service that is taken for granted. Its lower bound (Clopper and Pearson 1934) covers only that replications are
//! finitely many. It holds for a service that stays as it was measured, and on average: one plan may be far off.
//!
//! `scripts/calibrate 100 2`, random jobs planned from 250 measured ones: the wanted probability was kept in 70 of 74
//! plans and 0.987 came true on average of 0.985 stated, where times are lognormal, gamma, Weibull or have two humps.
//! Where one request in twenty goes a much slower way, 250 jobs show too few of those: it was kept in 9 of 20, and
//! 0.851 came true of 0.995 stated. Measure more jobs where the slowest stand apart from the rest.
//!
//! More than 20,000 jobs are too many to be drained so often that a high quantile of their critical numbers is known.
//! There the closed form gives the number, and drains with an even chance say how late it is: with 45,000 jobs of the
//! published case it is 2763, 3103 and 3409 for 0.5, 0.95 and 0.99, where 4,000 drains gave 2765, 3102 and 3380. With
//! more than 200,000 jobs a few drains are also all that the stated probability rests on, so its lower bound is low.

use rayon::prelude::*;

use super::bisect::first;
use super::closed_form::ClosedForm;
use super::critical::Critical;
use super::estimate::{Estimate, Spread, needed, point_rank};
use planner_core::numeric::interval::CONFIDENCE;
use planner_core::numeric::order;
use planner_core::numeric::proportion::{Proportion, lower_bound};
use planner_core::random;
use planner_core::service::Profile;
use planner_core::simulate::batch::{Finishes, simulate_pool};
use planner_core::simulate::pool::Ramp;
use planner_core::simulate::work::{Order, Sampler, Work};

/// Words that set this file's draws apart from all others.
const CONFIRM: u64 = 0x636f_6e66;

/// Job times drawn for the search: what two cores do in half a second.
const DRAWS: u64 = 60_000_000;
/// Replications beyond which more are not worth their time, unless a high probability needs them.
const REPLICATIONS: u64 = 20_000;
/// Up to so many jobs the resampled profiles are simulated too; beyond, the closed form tells how they differ.
const SIMULATED_JOBS: u64 = 3000;
/// Up to so many jobs the number is found by draining them; beyond, the closed form finds it and some drains set it
/// right: their quantile would need more drains than there is time for. Where the last jobs are the smallest, the closed
/// form asks for some 5 % too many, and drains do it up to a larger number.
const DRAINED_JOBS: u64 = 20_000;
const DRAINED_LONGEST_FIRST: u64 = 200_000;
/// Drains that set it right: their median is known well.
const CORRECTING: u64 = 400;
/// Up to so many jobs there are replications enough to show the wanted probability; beyond, as many as this at least.
const SHOWN_JOBS: u64 = 200_000;
const FEW: u64 = 20;
/// Workers that together take less than this share off the chance to be late that the goal allows hardly help.
const LITTLE: f64 = 0.05;
/// Times that the number is raised when fresh replications do not confirm it.
const RAISES: u64 = 4;
/// Each time by so many standard errors of the probability.
const RAISE_ERRORS: f64 = 2.0;

/// What is wanted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Goal {
    /// Seconds from the first start to the last end.
    pub deadline_s: f64,
    /// Probability of ending by then, between 0 and 1, both excluded.
    pub probability: f64,
}

/// A batch and the service that it meets.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    /// The batch.
    pub work: &'a Work,
    /// The service as it was measured or assumed.
    pub central: &'a Profile,
    /// The service as resamples of the measurement show it; none for one that is assumed.
    pub resampled: &'a [Profile],
    /// When workers begin.
    pub ramp: Ramp,
    /// The largest number of workers allowed.
    pub most: Option<u64>,
    /// Seed of all draws.
    pub seed: u64,
}

/// The number of workers that a goal needs.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// Workers to use: the upper limit of the interval, or where that is less the number beyond which more workers
    /// hardly make it more probable to end by the deadline.
    pub value: u64,
    /// The best estimate of the smallest number that reaches the goal.
    pub point: u64,
    /// Lower limit of the 95 % interval of that number.
    pub low: u64,
    /// Its upper limit; None where it lies beyond the most workers that are allowed or help.
    pub high: Option<u64>,
    /// Probability of ending by the deadline with `value` workers, from fresh replications.
    pub probability: Proportion,
    /// How those ended.
    pub finishes: Finishes,
    /// Replications of the search, and as many fresh ones.
    pub replications: u64,
}

/// Why no number of workers reaches a goal.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Reason {
    /// Some job by itself takes longer than the deadline too often.
    JobTooLong {
        /// Probability that none does, F(D)ᴶ: more than this no pool reaches.
        largest_probability: f64,
    },
    /// Workers slow each other down: more than the best number make it later.
    ThroughputTooLow {
        /// Throughput with the best number, jobs per second.
        x_per_s: f64,
        /// Jobs per second that the deadline needs on average.
        needed_per_s: f64,
    },
    /// More workers would help but are not allowed.
    TooFewWorkers {
        /// The largest number allowed.
        most: u64,
    },
    /// Some object is given up too often.
    GivenUp {
        /// Probability that none is: more than this no pool reaches.
        largest_probability: f64,
        /// Attempts at each.
        attempts: u32,
    },
    /// Workers begin too slowly.
    RampTooSlow {
        /// Workers that begin per second.
        per_s: f64,
    },
}

/// A goal out of reach, and the nearest ones within it.
#[derive(Debug, Clone, PartialEq)]
pub struct Infeasible {
    /// Why.
    pub reason: Reason,
    /// The number of workers that comes nearest.
    pub best: u64,
    /// Probability of ending by the deadline with that number.
    pub probability: Proportion,
    /// The deadline that this number keeps with the wanted probability, seconds: the upper limit of its interval.
    pub deadline_s: f64,
    /// How its replications ended.
    pub finishes: Finishes,
}

/// The smallest number of workers that reaches a goal.
///
/// # Errors
/// Says why none does, and which goals are reached.
pub fn smallest_pool(question: &Question<'_>, goal: Goal) -> Result<Answer, Box<Infeasible>> {
    // A search drains batches of which nothing is given up, so it is asked for what makes up for the others.
    let all_done = question.work.all_done_probability(question.central);
    let probability = (goal.probability / all_done).min(f64::midpoint(goal.probability, 1.0));
    let search = Search::new(question, Goal { probability, ..goal });
    if all_done <= goal.probability && all_done < 1.0 {
        let attempts = question.work.retry().max_attempts;
        return Err(Box::new(search.infeasible(Reason::GivenUp { largest_probability: all_done, attempts })));
    }
    let Some(estimate) = search.estimate() else { return Err(Box::new(search.infeasible(search.reason()))) };
    let (low, high) = estimate.widened(search.spread());
    let (low, high) = (low.floor(), high.ceil());
    let helpful = search.helpful().max(estimate.point as u64);
    let mut value = if high <= helpful as f64 { high as u64 } else { helpful };
    let mut finishes = search.confirm(value, 0);
    for raise in 1..=RAISES {
        let is_confirmed = finishes.by(goal.deadline_s).at_least >= goal.probability;
        if is_confirmed || value >= helpful || !search.can_confirm() {
            break;
        }
        value = search.raised(value).min(helpful);
        finishes = search.confirm(value, raise);
    }
    Ok(Answer {
        value,
        point: estimate.point as u64,
        low: low as u64,
        high: (high <= search.most as f64).then_some(high as u64),
        probability: finishes.by(goal.deadline_s),
        finishes,
        replications: search.replications,
    })
}

/// Probability of ending by a deadline with each of these numbers of workers, the jobs having the same luck with all.
#[must_use]
pub fn probabilities(
    question: &Question<'_>,
    deadline_s: f64,
    workers: &[u64],
    replications: u64,
) -> Vec<Proportion> {
    let Question { work, ramp, seed, .. } = *question;
    let ended =
        |&n: &u64| simulate_pool(work, profiles(question), n, ramp, replications, seed).by(deadline_s);
    workers.iter().map(ended).collect()
}

/// The profiles that stand for what the service may be like.
fn profiles<'a>(question: &Question<'a>) -> &'a [Profile] {
    if question.resampled.is_empty() { std::slice::from_ref(question.central) } else { question.resampled }
}

#[derive(Debug)]
struct Search<'a> {
    question: &'a Question<'a>,
    goal: Goal,
    form: ClosedForm,
    /// The same under each of the profiles that the service may have.
    forms: Vec<ClosedForm>,
    /// The most workers that are allowed and help.
    most: u64,
    replications: u64,
}

impl<'a> Search<'a> {
    fn new(question: &'a Question<'a>, goal: Goal) -> Self {
        let form = ClosedForm::new(question.work, question.central, question.ramp);
        let jobs = question.work.jobs();
        let allowed = question.most.unwrap_or(jobs).min(jobs);
        let most = form.most_that_help(goal.probability, allowed);
        let forms = profiles(question).par_iter().map(|profile| form.under(question.work, profile)).collect();
        Self { question, goal, form, forms, most, replications: replications(jobs, goal.probability) }
    }

    fn estimate(&self) -> Option<Estimate> {
        let drained = match self.question.work.order() {
            Order::Fifo => DRAINED_JOBS,
            Order::LongestFirst => DRAINED_LONGEST_FIRST,
        };
        if self.question.work.jobs() > drained { self.corrected() } else { self.drained() }
    }

    fn drained(&self) -> Option<Estimate> {
        let ranks = order::quantile_ranks(self.replications, self.goal.probability, CONFIDENCE);
        let point = point_rank(self.replications, self.goal.probability);
        let wanted = [ranks.low.unwrap_or(1), point, ranks.high.unwrap_or(self.replications)];
        let numbers = self.critical(self.question.central, &self.form, &wanted, self.replications);
        let [low, point, high] = numbers[..] else { return None };
        let beyond = |n: Option<u64>| n.map_or(f64::INFINITY, |n| n as f64);
        let high = if ranks.high.is_some() { beyond(high) } else { f64::INFINITY };
        point.map(|point| Estimate { low: beyond(low), point: point as f64, high })
    }

    /// The number of the closed form, times how late drains end with its number for an even chance: the time until
    /// the queue is empty is inversely proportional to the workers.
    fn corrected(&self) -> Option<Estimate> {
        let Question { work, central, ramp, seed, .. } = *self.question;
        let Goal { deadline_s, probability } = self.goal;
        let number = |probability| self.form.smallest_pool(deadline_s, probability, self.most);
        let (even, wanted) = (number(0.5)?, number(probability)?);
        let central = std::slice::from_ref(central);
        let drains = self.replications.min(CORRECTING);
        let finishes = simulate_pool(work, central, even, ramp, drains, seed);
        let sorted = &finishes.makespans_s;
        let (low_s, high_s) =
            order::quantile_interval(drains, 0.5, CONFIDENCE, |rank| sorted[rank as usize - 1]);
        let at = |time_s: f64| wanted as f64 * time_s / deadline_s;
        let point = at(finishes.quantile_s(0.5)).ceil();
        let (low, high) = (low_s.map_or(0.0, at), high_s.map_or(f64::INFINITY, at));
        (point <= self.most as f64).then_some(Estimate { low, point, high })
    }

    fn critical(
        &self,
        profile: &Profile,
        form: &ClosedForm,
        ranks: &[u64],
        replications: u64,
    ) -> Vec<Option<u64>> {
        let Question { work, ramp, seed, .. } = *self.question;
        let Goal { deadline_s, probability } = self.goal;
        let guess = form.smallest_pool(deadline_s, probability, self.most).unwrap_or(self.most);
        let sampler = Sampler::new(work, profile, seed);
        Critical { sampler: &sampler, form, ramp, deadline_s, guess, most: self.most }
            .at_ranks(ranks, replications)
    }

    /// What the resampled profiles add to the interval.
    fn spread(&self) -> Spread {
        let probability = self.goal.probability;
        let replications = needed(probability);
        let number = |profile: &Profile, form: &ClosedForm| {
            let n = if self.question.work.jobs() <= SIMULATED_JOBS {
                self.critical(profile, form, &[point_rank(replications, probability)], replications)[0]
            } else {
                form.smallest_pool(self.goal.deadline_s, probability, self.most)
            };
            n.map_or(f64::INFINITY, |n| n as f64)
        };
        let central = number(self.question.central, &self.form);
        let resampled = self.question.resampled.par_iter().zip(&self.forms);
        Spread::of(resampled.map(|(profile, form)| (number(profile, form) / central).ln()).collect())
    }

    /// The number of workers from which on more hardly help, over all that the service may be like. Where single slow
    /// jobs may miss the deadline no number is surely enough, and without this all jobs would start at once.
    fn helpful(&self) -> u64 {
        let Goal { deadline_s, probability } = self.goal;
        let mean = |workers| {
            let all: Vec<f64> =
                self.forms.par_iter().map(|form| form.probability(workers, deadline_s)).collect();
            all.iter().sum::<f64>() / all.len() as f64
        };
        let largest = mean(self.most);
        // Never less than the goal where that is within reach.
        let within = if largest > probability { probability.midpoint(largest) } else { 0.0 };
        let enough = (largest - LITTLE * (1.0 - probability)).max(within);
        first(0, self.most, |workers| mean(workers) >= enough)
    }

    /// Whether so many replications can show the wanted probability at all.
    fn can_confirm(&self) -> bool {
        lower_bound(self.replications, self.replications, CONFIDENCE) >= self.goal.probability
    }

    fn confirm(&self, workers: u64, round: u64) -> Finishes {
        let Question { work, ramp, seed, .. } = *self.question;
        let fresh = random::word(seed, &[CONFIRM, round]);
        simulate_pool(work, profiles(self.question), workers, ramp, self.replications, fresh)
    }

    /// So many more workers, by the closed form, as raise the probability by what fresh replications could not tell
    /// apart.
    fn raised(&self, workers: u64) -> u64 {
        let Goal { deadline_s, probability } = self.goal;
        let error = (probability * (1.0 - probability) / self.replications as f64).sqrt();
        let higher = (probability + RAISE_ERRORS * error).min(f64::midpoint(probability, 1.0));
        let number = |probability| self.form.smallest_pool(deadline_s, probability, self.most);
        let ratio = match (number(probability), number(higher)) {
            (Some(now), Some(then)) if now > 0 => then as f64 / now as f64,
            _ => 1.0,
        };
        ((workers as f64 * ratio) as u64).max(workers + 1).min(self.most)
    }

    fn infeasible(&self, reason: Reason) -> Infeasible {
        let finishes = self.confirm(self.most, 0);
        let count = finishes.makespans_s.len() as u64;
        let rank = order::quantile_ranks(count, self.goal.probability, CONFIDENCE).high.unwrap_or(count);
        Infeasible {
            reason,
            best: self.most,
            probability: finishes.by(self.goal.deadline_s),
            deadline_s: finishes.quantile_s(rank as f64 / count as f64),
            finishes,
        }
    }

    fn reason(&self) -> Reason {
        let jobs = self.question.work.jobs();
        let allowed = self.question.most.unwrap_or(jobs).min(jobs);
        let largest_probability = self.form.largest_probability(self.goal.deadline_s);
        match self.question.ramp.per_s {
            _ if largest_probability < self.goal.probability => Reason::JobTooLong { largest_probability },
            _ if self.most < allowed => Reason::ThroughputTooLow {
                x_per_s: self.form.x_per_s(self.most),
                needed_per_s: jobs as f64 / self.goal.deadline_s,
            },
            _ if allowed < jobs => Reason::TooFewWorkers { most: allowed },
            Some(per_s) => Reason::RampTooSlow { per_s },
            None => Reason::JobTooLong { largest_probability },
        }
    }
}

fn replications(jobs: u64, probability: f64) -> u64 {
    let needed = if jobs > SHOWN_JOBS { FEW } else { needed(probability) };
    (DRAWS / jobs.max(1)).clamp(needed, needed.max(REPLICATIONS))
}

#[cfg(test)]
#[path = "workers_tests.rs"]
mod tests;
