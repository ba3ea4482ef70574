//! A paced fan-out in which nothing is throttled: each job begins when its message arrives.

use rayon::prelude::*;

use super::end_slots::{EndSlots, Peak, Starting};
use super::paced_closed_form::{PacedClosedForm, overhead_s};
use super::question::RateQuestion;
use crate::search::rank_selection::DrawnBatches;
use crate::search::samplers::Samplers;
use crate::search::{Goal, Knob, laws, services};
use planner_core::simulate::batch::{Ending, Finishes, Scratch};
use planner_core::simulate::work::Work;
use planner_core::units::quantity::{nanoseconds, seconds};

/// Steps from a rate to the one at which as many are in flight as it keeps there, and how near is there.
const STEPS: usize = 12;
const NEAR: f64 = 1e-6;

/// A batch at a pace, on all services that it may meet.
#[derive(Debug)]
pub(super) struct Paced<'a> {
    pub forms: Vec<PacedClosedForm>,
    samplers: Samplers<'a>,
    jobs: u64,
    batch_size: usize,
    deadline_s: f64,
    /// The pace whose copies in flight the times of drawn replications are for.
    guess_per_s: f64,
    /// The highest rate that is allowed and helps.
    most_per_s: f64,
}

impl<'a> Paced<'a> {
    pub(super) fn new(question: &RateQuestion<'a>, goal: Goal) -> Self {
        let RateQuestion { work, central, resampled, seed, .. } = *question;
        let Goal { deadline_s, probability } = goal;
        let batch_size = question.batch_size.max(1) as usize;
        let form = PacedClosedForm::new(work, central, batch_size);
        let allowed_per_s = question.most_per_s.unwrap_or(f64::INFINITY);
        let most_per_s = form.fastest_rate(deadline_s, probability, allowed_per_s);
        let guess_per_s = form.smallest_rate(deadline_s, probability, most_per_s).unwrap_or(most_per_s);
        let services = services(central, resampled);
        let of_batch = |work: &Work| PacedClosedForm::new(work, central, batch_size);
        Self {
            forms: laws(&form, work, services, of_batch, PacedClosedForm::under),
            samplers: Samplers::new(work, services, seed),
            jobs: work.jobs(),
            batch_size,
            deadline_s,
            guess_per_s,
            most_per_s,
        }
    }

    /// For questions that are about no goal.
    pub(super) fn at_any_time(question: &RateQuestion<'a>) -> Self {
        Self::new(question, Goal { deadline_s: 1.0, probability: 0.5 })
    }

    /// How the batch ends at this rate. Equal `replications` are the same luck.
    pub(super) fn finishes(&self, rate_per_s: f64, replications: u64) -> Finishes {
        let one = |scratch: &mut Scratch, number| self.ending(scratch, number, rate_per_s);
        let endings: Vec<Ending> =
            (0..replications).into_par_iter().map_init(Scratch::default, one).collect();
        Finishes::of(&endings, self.peak(rate_per_s))
    }

    /// The most that the function has to do at once at this rate, in each replication.
    pub(super) fn peaks(&self, rate_per_s: f64, replications: std::ops::Range<u64>) -> Vec<Peak> {
        let one = |memory: &mut (Scratch, EndSlots), number: u64| {
            let (scratch, sweep) = memory;
            self.draw(scratch, number, rate_per_s);
            let start_ns = |job| self.request_ns(job / self.batch_size, rate_per_s);
            let jobs = scratch.times_ns.len();
            let last_ns = start_ns(jobs.saturating_sub(1));
            sweep.peak((0..jobs).map(start_ns), last_ns, &scratch.times_ns, self.starting(number))
        };
        replications.into_par_iter().map_init(Default::default, one).collect()
    }

    /// What starting an execution environment takes on the service of a replication.
    pub(super) fn starting(&self, replication: u64) -> Starting {
        let function = &self.samplers.profile(replication).function;
        Starting {
            cold_start_ns: nanoseconds(function.cold_start_s),
            per_s: f64::from(function.scaling_environments) / function.scaling_period_s,
        }
    }

    /// Draws the times of a replication, with as many in flight as there are at a rate.
    fn draw(&self, scratch: &mut Scratch, replication: u64, rate_per_s: f64) {
        let (form, sampler) =
            (&self.forms[self.samplers.meeting(replication)], self.samplers.of(replication));
        sampler.draw(replication, &mut scratch.draws);
        let in_flight = if form.is_contended() { form.in_flight(rate_per_s) } else { 1 };
        sampler.times_ns(&scratch.draws, in_flight, &mut scratch.times_ns);
    }

    /// When a publish request is made, which is when an even pace makes it.
    fn request_ns(&self, request: usize, rate_per_s: f64) -> u64 {
        // `round` is a call where the processor is not known to have it.
        (request as f64 * (self.batch_size as f64 / rate_per_s * 1e9) + 0.5) as u64
    }

    /// The smallest rate that ends all jobs by the deadline where they take as long as at another rate, and never less
    /// than all jobs over the deadline.
    fn critical(&self, scratch: &mut Scratch, replication: u64, at_per_s: f64) -> f64 {
        self.draw(scratch, replication, at_per_s);
        if scratch.draws.failed_jobs() > 0 {
            return f64::INFINITY;
        }
        let overhead_ns = nanoseconds(overhead_s(self.samplers.profile(replication)));
        let left_ns = self.deadline_s * 1e9 - overhead_ns as f64;
        let mut largest = scratch.times_ns.len() as f64 / (self.deadline_s * 1e9);
        for (request, times_ns) in scratch.times_ns.chunks(self.batch_size).enumerate() {
            let longest_ns = times_ns.iter().copied().max().unwrap_or(0);
            let (before, spare_ns) = ((request * self.batch_size) as f64, left_ns - longest_ns as f64);
            if spare_ns < 0.0 {
                return f64::INFINITY;
            }
            // A product instead of a division: the largest changes seldom.
            if before > largest * spare_ns {
                largest = before / spare_ns;
            }
        }
        largest * 1e9
    }
}

impl DrawnBatches for Paced<'_> {
    fn estimate(&self, scratch: &mut Scratch, replication: u64) -> f64 {
        self.critical(scratch, replication, self.guess_per_s)
    }

    fn exact(&self, scratch: &mut Scratch, replication: u64, _: f64) -> f64 {
        let mut rate_per_s = self.guess_per_s;
        for _ in 0..STEPS {
            let next_per_s = self.critical(scratch, replication, rate_per_s);
            let is_there = (next_per_s / rate_per_s - 1.0).abs() < NEAR || next_per_s.is_infinite();
            rate_per_s = next_per_s;
            if is_there || !self.forms[self.samplers.meeting(replication)].is_contended() {
                break;
            }
        }
        rate_per_s
    }
}

impl Knob for Paced<'_> {
    type Law = PacedClosedForm;

    fn laws(&self) -> &[PacedClosedForm] {
        &self.forms
    }

    fn jobs(&self) -> u64 {
        self.jobs
    }

    fn most(&self) -> f64 {
        self.most_per_s
    }

    fn settled(&self, value: f64) -> f64 {
        value
    }

    fn ending(&self, scratch: &mut Scratch, replication: u64, value: f64) -> Ending {
        self.draw(scratch, replication, value);
        let end_ns = |(request, times_ns): (usize, &[u64])| {
            let longest_ns = times_ns.iter().copied().max().unwrap_or(0);
            self.request_ns(request, value).saturating_add(longest_ns)
        };
        let last_ns = scratch.times_ns.chunks(self.batch_size).enumerate().map(end_ns).max();
        let overhead_ns = nanoseconds(overhead_s(self.samplers.profile(replication)));
        let failed_jobs = scratch.draws.failed_jobs();
        let makespan_s = last_ns.map_or(0.0, |last_ns| seconds(last_ns.saturating_add(overhead_ns)));
        Ending {
            makespan_s: if failed_jobs > 0 { f64::INFINITY } else { makespan_s },
            failed_attempts: scratch.draws.failed_attempts(),
            failed_jobs,
        }
    }

    /// Jobs that wait for nothing are as late as the law says.
    fn correction(&self, _: &mut Scratch, _: u64, _: f64) -> Option<f64> {
        None
    }

    fn peak(&self, value: f64) -> u64 {
        self.forms.first().map_or(0, |form| (form.busy(value).ceil() as u64).min(self.jobs))
    }
}
