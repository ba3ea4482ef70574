//! A finite batch of copies, and how long each holds its worker.

use serde::{Deserialize, Serialize};

use std::sync::Arc;

use crate::load::retry::RetryPolicy;
use crate::random::{self, Keyed};
use crate::service::{Factor, Profile};

/// Words that set this file's draws apart from all others.
const FACTOR: u64 = 0x6661_6374;
const ERROR: u64 = 0x6572_726f;
const BACK_OFF: u64 = 0x6a6f_6273;

/// Cells of the table of factors.
const CELLS: usize = 4096;
/// Cells at either end whose factors are worked out one by one: the largest of all decides when a batch ends.
const EXACT_CELLS: usize = 32;

/// The order in which jobs are started.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    /// As they are listed.
    #[default]
    Fifo,
    /// Largest object first, so that no long copy is left for the end (Graham 1969).
    LongestFirst,
}

/// A finite batch of copies, one job for each object.
#[derive(Debug, Clone)]
pub struct Work {
    sizes_bytes: Arc<[u64]>,
    order: Order,
    retry: RetryPolicy,
    /// Batches of which any may be met instead, each as likely; none where there is only this.
    instead: Arc<[Work]>,
}

impl Work {
    /// Copies of objects of these sizes, with `retry` for attempts that fail.
    #[must_use]
    pub fn new(sizes_bytes: Arc<[u64]>, order: Order, retry: RetryPolicy) -> Self {
        let sizes_bytes = match order {
            Order::Fifo => sizes_bytes,
            Order::LongestFirst => {
                let mut sorted = sizes_bytes.to_vec();
                sorted.sort_unstable_by(|a, b| b.cmp(a));
                sorted.into()
            }
        };
        Self { sizes_bytes, order, retry, instead: Arc::default() }
    }

    /// The same, where any of these batches may be met instead, each as likely. It stays the largest.
    #[must_use]
    pub fn or_any_of(self, batches: Vec<Self>) -> Self {
        Self { instead: batches.into(), ..self }
    }

    /// The batches that may be met, each as likely.
    #[must_use]
    pub fn batches(&self) -> &[Self] {
        if self.instead.is_empty() { std::slice::from_ref(self) } else { &self.instead }
    }

    /// Sizes in the order in which the jobs start.
    #[must_use]
    pub fn sizes_bytes(&self) -> &[u64] {
        &self.sizes_bytes
    }

    /// Number of jobs.
    #[must_use]
    pub fn jobs(&self) -> u64 {
        self.sizes_bytes.len() as u64
    }

    /// The order in which they start.
    #[must_use]
    pub fn order(&self) -> Order {
        self.order
    }

    /// What follows an attempt that fails.
    #[must_use]
    pub fn retry(&self) -> RetryPolicy {
        self.retry
    }

    /// Probability that no job is given up: (1 − eᵃ)ᴶ when an attempt fails with probability e and a are made.
    #[must_use]
    pub fn all_done_probability(&self, profile: &Profile) -> f64 {
        let given_up = profile.request.error_rate.powf(f64::from(self.retry.max_attempts));
        (1.0 - given_up).powf(self.jobs() as f64)
    }

    /// Mean time that a job spends on attempts that fail and on the waits after them, in seconds.
    #[must_use]
    pub fn mean_delay_s(&self, profile: &Profile) -> f64 {
        let (error_rate, refusal_s) = (profile.request.error_rate, profile.request.refusal_s);
        let retry = &self.retry;
        // Attempt k fails, after k − 1 others, with probability eᵏ; full jitter waits half its ceiling.
        let delays = (1..=retry.max_attempts).scan((1.0, retry.base_ns as f64 / 1e9), |state, attempt| {
            state.0 *= error_rate;
            let wait_s = if attempt == retry.max_attempts {
                0.0
            } else {
                state.1.min(retry.cap_ns as f64 / 1e9) / 2.0
            };
            state.1 *= 2.0;
            (state.0 > 1e-12).then_some(state.0 * (refusal_s + wait_s))
        });
        delays.sum()
    }
}

/// What chance does to the jobs of one replication, the same under every number of workers.
#[derive(Debug, Default)]
pub struct JobDraws {
    /// The factor on each job's service time; 0 for a job that is never served.
    factors: Vec<f64>,
    /// Jobs of which attempts fail, ascending.
    delays: Vec<Delay>,
}

#[derive(Debug, Clone, Copy)]
struct Delay {
    job: usize,
    failed_attempts: u32,
    time_ns: u64,
    /// Whether the job was given up.
    failed: bool,
}

impl JobDraws {
    /// Attempts that failed.
    #[must_use]
    pub fn failed_attempts(&self) -> u64 {
        self.delays.iter().map(|delay| u64::from(delay.failed_attempts)).sum()
    }

    /// Jobs that failed for good.
    #[must_use]
    pub fn failed_jobs(&self) -> u64 {
        self.delays.iter().filter(|delay| delay.failed).count() as u64
    }
}

/// Draws the times of a batch under a service profile.
#[derive(Debug)]
pub struct Sampler<'a> {
    work: &'a Work,
    profile: &'a Profile,
    factor: Factor,
    /// Factors at evenly spaced probabilities.
    table: Vec<f64>,
    seed: u64,
}

impl<'a> Sampler<'a> {
    /// Draws for `work` on a service like `profile`.
    #[must_use]
    pub fn new(work: &'a Work, profile: &'a Profile, seed: u64) -> Self {
        let factor = profile.copy.factor();
        let table = match factor {
            Factor::Lognormal { sigma: 0.0 } => Vec::new(),
            // The outermost entries would be infinite and are not used.
            _ => (0..=CELLS).map(|cell| factor.at(cell.clamp(1, CELLS - 1) as f64 / CELLS as f64)).collect(),
        };
        Self { work, profile, factor, table, seed }
    }

    /// Whether the times depend on the number of workers.
    #[must_use]
    pub fn is_contended(&self) -> bool {
        self.profile.copy.is_contended()
    }

    /// The luck of a replication, written over `luck`.
    pub fn draw(&self, replication: u64, draws: &mut JobDraws) {
        let factors = Keyed::new(self.seed, &[FACTOR, replication]);
        draws.factors.clear();
        draws.factors.extend((0..self.work.jobs()).map(|job| self.factor_at(factors.uniform(job))));
        draws.delays.clear();
        if self.profile.request.error_rate > 0.0 {
            self.draw_failures(replication, draws);
        }
    }

    fn factor_at(&self, u: f64) -> f64 {
        let place = u * CELLS as f64;
        let cell = place as usize;
        match self.table.get(cell..cell + 2) {
            None => 1.0,
            Some(&[below, above]) if (EXACT_CELLS..CELLS - EXACT_CELLS).contains(&cell) => {
                below + (above - below) * (place - cell as f64)
            }
            Some(_) => self.factor.at(u),
        }
    }

    fn draw_failures(&self, replication: u64, draws: &mut JobDraws) {
        let request = &self.profile.request;
        let (retry, refusal_ns) = (&self.work.retry, to_ns(request.refusal_s));
        let back_offs = random::word(self.seed, &[BACK_OFF, replication]);
        let first_errors = Keyed::new(self.seed, &[ERROR, replication, 1]);
        for job in 0..self.work.jobs() {
            let mut delay = Delay { job: job as usize, failed_attempts: 0, time_ns: 0, failed: false };
            let mut fails = first_errors.uniform(job) < request.error_rate;
            while fails {
                delay.failed_attempts += 1;
                let wait_ns = retry.back_off_ns(back_offs, job, 0, delay.failed_attempts);
                delay.failed = wait_ns.is_none();
                delay.time_ns = delay.time_ns.saturating_add(refusal_ns).saturating_add(wait_ns.unwrap_or(0));
                let again = [ERROR, replication, u64::from(delay.failed_attempts) + 1, job];
                fails = !delay.failed && random::uniform(self.seed, &again) < request.error_rate;
            }
            if delay.failed {
                draws.factors[delay.job] = 0.0;
            }
            if delay.failed_attempts > 0 {
                draws.delays.push(delay);
            }
        }
    }

    /// How long each job holds its worker in a pool of `workers`, written over `times_ns`.
    ///
    /// A job meets the copies that are in flight when it starts, itself included: the first ones 1, 2, 3 and so on,
    /// then all workers. This is [`crate::service::CopyProfile::mean_s`] with its divisions done once.
    pub fn times_ns(&self, draws: &JobDraws, workers: u64, times_ns: &mut Vec<u64>) {
        let copy = &self.profile.copy;
        let jobs = || (1u64..).zip(&self.work.sizes_bytes[..]).zip(&draws.factors);
        times_ns.clear();
        let s_per_byte = copy.bandwidth_bytes_per_s.recip();
        let alone_s = |bytes: u64| copy.base_s + bytes as f64 * s_per_byte;
        if copy.is_contended() {
            let filling = workers.min(self.work.jobs()) as usize;
            let first = jobs().take(filling);
            times_ns.extend(first.map(|((n, &bytes), factor)| to_ns(copy.mean_s(bytes, n) * factor)));
            let slowdown = copy.slowdown(workers);
            let shared_s_per_byte =
                copy.aggregate_bandwidth_bytes_per_s.map_or(0.0, |cap| workers as f64 / cap);
            let full_s = |bytes| (alone_s(bytes) * slowdown).max(bytes as f64 * shared_s_per_byte);
            let rest = jobs().skip(filling);
            times_ns.extend(rest.map(|((_, &bytes), factor)| to_ns(full_s(bytes) * factor)));
        } else {
            times_ns.extend(jobs().map(|((_, &bytes), factor)| to_ns(alone_s(bytes) * factor)));
        }
        for delay in &draws.delays {
            times_ns[delay.job] = times_ns[delay.job].saturating_add(delay.time_ns);
        }
    }
}

fn to_ns(seconds: f64) -> u64 {
    // `round` is a call where the processor is not known to have it; the cast saturates.
    (seconds * 1e9 + 0.5) as u64
}

#[cfg(test)]
#[path = "work_tests.rs"]
mod tests;
