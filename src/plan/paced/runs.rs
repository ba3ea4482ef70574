//! Replications of a paced fan-out in which nothing is throttled: each job begins when its message arrives.

use rayon::prelude::*;

use super::form::{Form, overhead_s};
use super::question::Question;
use super::sweep::{Peak, Starting, Sweep};
use planner_core::service::Profile;
use planner_core::simulate::batch::{Ending, Finishes};
use planner_core::simulate::work::{Luck, Sampler};
use planner_core::units::quantity::{nanoseconds, seconds};

/// A batch on one service.
#[derive(Debug)]
pub(super) struct Runs<'a> {
    pub form: Form,
    sampler: Sampler<'a>,
    batch_size: usize,
    overhead_ns: u64,
    starting: Starting,
}

/// The memory of a replication, to be used for one after the other.
#[derive(Debug, Default)]
struct Memory {
    luck: Luck,
    times_ns: Vec<u64>,
    sweep: Sweep,
}

impl<'a> Runs<'a> {
    pub(super) fn new(question: &Question<'a>, profile: &'a Profile) -> Self {
        let batch_size = question.batch_size.max(1) as usize;
        let function = &profile.function;
        Self {
            form: Form::new(question.work, profile, batch_size),
            sampler: Sampler::new(question.work, profile, question.seed),
            batch_size,
            overhead_ns: nanoseconds(overhead_s(profile)),
            starting: Starting {
                cold_start_ns: nanoseconds(function.cold_start_s),
                per_s: f64::from(function.scaling_environments) / function.scaling_period_s,
            },
        }
    }

    /// The critical rate of each of `replications`: the smallest that ends all jobs by the deadline, and never less than
    /// all jobs over the deadline; infinite where some job by itself takes longer.
    pub(super) fn critical(&self, in_flight: u64, deadline_s: f64, replications: u64) -> Vec<f64> {
        let left_ns = deadline_s * 1e9 - self.overhead_ns as f64;
        let one = |memory: &mut Memory, replication| {
            let times_ns = self.times(memory, in_flight, replication);
            let mut largest = times_ns.len() as f64 / (deadline_s * 1e9);
            for (request, times_ns) in times_ns.chunks(self.batch_size).enumerate() {
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
        };
        (0..replications).into_par_iter().map_init(Memory::default, one).collect()
    }

    fn times<'m>(&self, memory: &'m mut Memory, in_flight: u64, replication: u64) -> &'m [u64] {
        self.sampler.draw(replication, &mut memory.luck);
        self.sampler.times_ns(&memory.luck, in_flight, &mut memory.times_ns);
        &memory.times_ns
    }

    fn makespan_ns(&self, memory: &mut Memory, pace: Pace, replication: u64) -> u64 {
        let requests = self.times(memory, pace.in_flight, replication).chunks(self.batch_size);
        let end_ns = |(request, times_ns): (usize, &[u64])| {
            let longest_ns = times_ns.iter().copied().max().unwrap_or(0);
            pace.request_ns(request).saturating_add(longest_ns)
        };
        requests.enumerate().map(end_ns).max().map_or(0, |end_ns| end_ns.saturating_add(self.overhead_ns))
    }

    fn peak(&self, memory: &mut Memory, pace: Pace, replication: u64) -> Peak {
        self.times(memory, pace.in_flight, replication);
        let jobs = memory.times_ns.len();
        let start_ns = |job| pace.request_ns(job / self.batch_size);
        let last_ns = start_ns(jobs.saturating_sub(1));
        memory.sweep.peak((0..jobs).map(start_ns), last_ns, &memory.times_ns, self.starting)
    }
}

/// A rate of requests, and the jobs that it keeps in flight on one service.
#[derive(Debug, Clone, Copy)]
struct Pace {
    gap_ns: f64,
    in_flight: u64,
}

impl Pace {
    /// When a publish request is made, which is when an even pace makes it.
    fn request_ns(self, request: usize) -> u64 {
        // `round` is a call where the processor is not known to have it.
        (request as f64 * self.gap_ns + 0.5) as u64
    }
}

/// A batch on all services that it may meet, each as likely as the others: replication after replication takes the next.
#[derive(Debug)]
pub(super) struct Mixture<'a> {
    services: Vec<Runs<'a>>,
}

impl<'a> Mixture<'a> {
    pub(super) fn new(question: &Question<'a>) -> Self {
        let profiles = if question.resampled.is_empty() {
            std::slice::from_ref(question.central)
        } else {
            question.resampled
        };
        Self { services: profiles.par_iter().map(|profile| Runs::new(question, profile)).collect() }
    }

    /// The batch on each service, without simulation.
    pub(super) fn forms(&self) -> impl IndexedParallelIterator<Item = &Form> {
        self.services.par_iter().map(|service| &service.form)
    }

    /// How the batch ends at this rate. Equal `replications` are the same luck.
    pub(super) fn finishes(&self, rate_per_s: f64, replications: std::ops::Range<u64>) -> Finishes {
        let endings = self.each(rate_per_s, &replications, |memory, service, pace, number| Ending {
            makespan_s: seconds(service.makespan_ns(memory, pace, number)),
            failed_attempts: memory.luck.failed_attempts(),
            failed_jobs: memory.luck.failed_jobs(),
        });
        let one = replications.start..replications.end.min(replications.start + 1);
        Finishes::of(&endings, self.peaks(rate_per_s, one).last().map_or(0, |peak| peak.in_flight))
    }

    /// The most that the function has to do at once at this rate, in each replication.
    pub(super) fn peaks(&self, rate_per_s: f64, replications: std::ops::Range<u64>) -> Vec<Peak> {
        self.each(rate_per_s, &replications, |memory, service, pace, number| {
            service.peak(memory, pace, number)
        })
    }

    fn each<T: Send>(
        &self,
        rate_per_s: f64,
        replications: &std::ops::Range<u64>,
        run: impl Fn(&mut Memory, &Runs<'a>, Pace, u64) -> T + Sync,
    ) -> Vec<T> {
        let in_flight: Vec<u64> = self.forms().map(|form| form.in_flight(rate_per_s)).collect();
        let one = |memory: &mut Memory, number: u64| {
            let service = (number % self.services.len() as u64) as usize;
            let in_flight = in_flight[service];
            let service = &self.services[service];
            let pace = Pace { gap_ns: service.batch_size as f64 / rate_per_s * 1e9, in_flight };
            run(memory, service, pace, number)
        };
        replications.clone().into_par_iter().map_init(Memory::default, one).collect()
    }
}
