//! How many workers end a batch by its deadline, with the probability that is wanted: the [search](super::search) over
//! the workers of a pool.
//!
//! With 45,000 jobs of the published case 4,000 drains gave 2765, 3102 and 3380 workers for 0.5, 0.95 and 0.99.

use super::closed_form::ClosedForm;
use super::critical::Critical;
use super::search::batch_law::BatchLaw;
use super::search::rank_selection::DrawnBatches;
use super::search::samplers::Samplers;
use super::search::{Knob, KnobSearch, Nearest, SearchResult, laws, services};
use planner_core::numeric::proportion::Proportion;
use planner_core::random::{self, Keyed};
use planner_core::service::Profile;
use planner_core::simulate::batch::{Ending, Finishes, Scratch, simulate_pool};
use planner_core::simulate::pool::Ramp;
use planner_core::simulate::work::Work;

pub use super::search::{Goal, ReplicationKind};

/// Words that set this file's draws apart from all others.
const PLANT: u64 = 0x706c_616e;
/// Jobs among which the one that ends last is chosen, at most.
const CANDIDATES: usize = 1 << 16;
/// How much further a setting is for the chance that a job decides between the two.
const FURTHER: f64 = 1.01;

/// A batch and the service that it meets.
#[derive(Debug, Clone, Copy)]
pub struct PoolQuestion<'a> {
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
pub struct PoolSizing {
    /// Workers to use: the upper limit of what chance in the replications leaves open, or where that is less the number
    /// beyond which more workers hardly make it more probable to end by the deadline.
    pub value: u64,
    /// The best estimate of the smallest number that reaches the goal.
    pub point: u64,
    /// Lower limit of the 95 % interval of that number, with what the measured jobs leave open.
    pub low: u64,
    /// Its upper limit; None where it lies beyond the most workers that are allowed or help.
    pub high: Option<u64>,
    /// Probability of ending by the deadline with `value` workers, over all services.
    pub probability: Proportion,
    /// How replications end with them.
    pub finishes: Finishes,
    /// What those are.
    pub shown: ReplicationKind,
}

/// Why no number of workers reaches a goal.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum PoolLimit {
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
pub struct PoolInfeasible {
    /// Why.
    pub reason: PoolLimit,
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
pub fn smallest_pool(question: &PoolQuestion<'_>, goal: Goal) -> Result<PoolSizing, Box<PoolInfeasible>> {
    let pool = PoolSearch::new(question, goal);
    let search = KnobSearch::new(&pool, goal, question.seed);
    let SearchResult { value, point, low, high, probability, finishes, shown } =
        search.find().map_err(|_| {
            let best = pool.most;
            let Nearest { probability, deadline_s, finishes } = search.nearest(best as f64);
            Box::new(PoolInfeasible { reason: pool.reason(), best, probability, deadline_s, finishes })
        })?;
    Ok(PoolSizing {
        value: value as u64,
        point: point as u64,
        low: low.floor() as u64,
        high: high.map(|high| (high.ceil() as u64).min(pool.most)),
        probability,
        finishes,
        shown,
    })
}

/// Probability of ending by a deadline with each of these numbers of workers, the jobs having the same luck with all.
#[must_use]
pub fn probabilities(
    question: &PoolQuestion<'_>,
    deadline_s: f64,
    workers: &[u64],
    replications: u64,
) -> Vec<Proportion> {
    let PoolQuestion { work, ramp, seed, .. } = *question;
    let ended = |&n: &u64| {
        simulate_pool(work, services(question.central, question.resampled), n, ramp, replications, seed)
            .by(deadline_s)
    };
    workers.iter().map(ended).collect()
}

/// A pool and the batch that it drains, on each of the services.
struct PoolSearch<'a> {
    question: &'a PoolQuestion<'a>,
    goal: Goal,
    forms: Vec<ClosedForm>,
    samplers: Samplers<'a>,
    guess: u64,
    /// The most workers that are allowed and help.
    most: u64,
}

impl<'a> PoolSearch<'a> {
    fn new(question: &'a PoolQuestion<'a>, goal: Goal) -> Self {
        let PoolQuestion { work, central, resampled, ramp, seed, .. } = *question;
        let form = ClosedForm::new(work, central, ramp);
        let jobs = work.jobs();
        let allowed = question.most.unwrap_or(jobs).min(jobs);
        let most = form.most_that_help(goal.probability, allowed);
        let services = services(central, resampled);
        let guess = form.smallest_pool(goal.deadline_s, goal.probability, most).unwrap_or(most);
        let of_batch = |work: &Work| ClosedForm::new(work, central, ramp);
        let forms = laws(&form, work, services, of_batch, ClosedForm::under);
        let samplers = Samplers::new(work, services, seed);
        Self { question, goal, forms, samplers, guess, most }
    }

    fn critical(&self, replication: u64) -> Critical<'_> {
        Critical {
            sampler: self.samplers.of(replication),
            form: &self.forms[self.samplers.meeting(replication)],
            ramp: self.question.ramp,
            deadline_s: self.goal.deadline_s,
            guess: self.guess,
            most: self.most,
        }
    }

    fn reason(&self) -> PoolLimit {
        let jobs = self.question.work.jobs();
        let allowed = self.question.most.unwrap_or(jobs).min(jobs);
        let central = ClosedForm::new(self.question.work, self.question.central, self.question.ramp);
        let mean = |of: &dyn Fn(&ClosedForm) -> f64| {
            self.forms.iter().map(of).sum::<f64>() / self.forms.len().max(1) as f64
        };
        let all_done = mean(&|form| form.all_done());
        let largest_probability = mean(&|form| form.largest_probability(self.goal.deadline_s));
        match self.question.ramp.per_s {
            _ if all_done <= self.goal.probability && all_done < 1.0 => {
                let attempts = self.question.work.retry().max_attempts;
                PoolLimit::GivenUp { largest_probability: all_done, attempts }
            }
            _ if largest_probability * all_done < self.goal.probability => {
                PoolLimit::JobTooLong { largest_probability }
            }
            _ if self.most < allowed => PoolLimit::ThroughputTooLow {
                x_per_s: central.x_per_s(self.most),
                needed_per_s: jobs as f64 / self.goal.deadline_s,
            },
            _ if allowed < jobs => PoolLimit::TooFewWorkers { most: allowed },
            Some(per_s) => PoolLimit::RampTooSlow { per_s },
            None => PoolLimit::JobTooLong { largest_probability },
        }
    }

    /// A time for the job that ends last, so that the closed form puts the drawn batch at `level`: any job may be that
    /// one, as likely as it decides between this level and one a little further.
    fn planted(
        &self,
        scratch: &mut Scratch,
        critical: &Critical<'_>,
        replication: u64,
        level: f64,
    ) -> Planted {
        let PoolQuestion { ramp, seed, .. } = *self.question;
        let work = self.samplers.work(replication);
        let profile = self.samplers.profile(replication);
        let (copy, factor) = (&profile.copy, profile.copy.factor());
        let workers = level.ceil() as u64;
        let left_s = self.goal.deadline_s + critical.form.mean_residual_s(workers) - ramp.mean_delay_s(level);
        let stride = scratch.times_ns.len().div_ceil(CANDIDATES).max(1);
        let dice = Keyed::new(seed, &[PLANT, replication]);
        let (mut before_s, mut weight, mut highest) = (0.0, 0.0, 0.0f64);
        let mut planted = Planted { level, workers, changed: Vec::new() };
        let mut last = None;
        for (job, (time_ns, &bytes)) in scratch.times_ns.iter_mut().zip(work.sizes_bytes()).enumerate() {
            let most_s = left_s - before_s / level;
            if job as f64 >= level {
                if *time_ns as f64 / 1e9 > most_s {
                    // It would have ended later: it is one of the others instead.
                    let time_s = copy.mean_s(bytes, workers).min(most_s.max(0.0));
                    *time_ns = (time_s * 1e9) as u64;
                    planted.changed.push((job, *time_ns));
                }
                highest = highest.max(before_s / (left_s - *time_ns as f64 / 1e9));
                if job % stride == 0 {
                    let mean_s = copy.mean_s(bytes, workers);
                    let further_s = left_s - before_s / (level * FURTHER);
                    let here = factor.cdf(further_s / mean_s) - factor.cdf(most_s / mean_s);
                    weight += here.max(0.0);
                    if dice.uniform(job as u64) * weight < here {
                        last = Some((job, (most_s * 1e9) as u64));
                    }
                }
            }
            before_s += *time_ns as f64 / 1e9;
        }
        match last {
            Some(last) => planted.changed.push(last),
            None => planted.level = highest,
        }
        planted
    }
}

/// A drawn batch with some times changed.
struct Planted {
    /// Where the closed form puts it.
    level: f64,
    /// The number of workers that the times are for.
    workers: u64,
    changed: Vec<(usize, u64)>,
}

impl DrawnBatches for PoolSearch<'_> {
    fn estimate(&self, scratch: &mut Scratch, replication: u64) -> f64 {
        let estimate = self.critical(replication).estimate(scratch, replication);
        if scratch.draws.failed_jobs() > 0 { f64::INFINITY } else { estimate }
    }

    fn exact(&self, scratch: &mut Scratch, replication: u64, near: f64) -> f64 {
        let exact = self.critical(replication).exact(scratch, replication, near);
        if scratch.draws.failed_jobs() > 0 { f64::INFINITY } else { exact }
    }
}

impl Knob for PoolSearch<'_> {
    type Law = ClosedForm;

    fn laws(&self) -> &[ClosedForm] {
        &self.forms
    }

    fn jobs(&self) -> u64 {
        self.question.work.jobs()
    }

    fn most(&self) -> f64 {
        self.most as f64
    }

    fn settled(&self, value: f64) -> f64 {
        value.ceil()
    }

    fn ending(&self, scratch: &mut Scratch, replication: u64, value: f64) -> Ending {
        let sampler = self.critical(replication).sampler;
        let Scratch { pool, draws, times_ns } = scratch;
        sampler.draw(replication, draws);
        sampler.times_ns(draws, value as u64, times_ns);
        let failed_jobs = draws.failed_jobs();
        let makespan_ns = pool.makespan_ns(times_ns, value as u64, self.question.ramp, u64::MAX);
        Ending {
            makespan_s: makespan_ns.filter(|_| failed_jobs == 0).map_or(f64::INFINITY, |ns| ns as f64 / 1e9),
            failed_attempts: draws.failed_attempts(),
            failed_jobs,
        }
    }

    fn correction(&self, scratch: &mut Scratch, replication: u64, level: f64) -> Option<f64> {
        let critical = self.critical(replication);
        let fresh = random::word(replication, &[PLANT]);
        critical.sampler.draw(fresh, &mut scratch.draws);
        critical.sampler.times_ns(&scratch.draws, level.ceil() as u64, &mut scratch.times_ns);
        let Planted { level, workers, changed } = self.planted(scratch, &critical, replication, level);
        let profile = self.samplers.profile(replication);
        let slower = |now| profile.copy.mean_s(1 << 30, now) / profile.copy.mean_s(1 << 30, workers);
        let exact = critical.least(scratch, workers, |now, times_ns: &mut [u64]| {
            let slower = if critical.sampler.is_contended() { slower(now) } else { 1.0 };
            for &(job, time_ns) in &changed {
                times_ns[job] = (time_ns as f64 * slower) as u64;
            }
        })?;
        // Whole workers, of which half of one is not needed in the mean.
        Some((exact as f64 - 0.5) / level)
    }

    fn peak(&self, value: f64) -> u64 {
        self.forms.iter().map(|form| form.in_time()).max().unwrap_or(0).min(value as u64)
    }
}

#[cfg(test)]
#[path = "workers_tests.rs"]
mod tests;
