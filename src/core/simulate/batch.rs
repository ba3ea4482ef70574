//! When a finite batch ends, over many replications.

use rayon::prelude::*;

use super::pool::{DrainStep, PoolDrain, Ramp};
use super::work::{JobDraws, Sampler, Work};
use crate::numeric::proportion::Proportion;
use crate::service::Profile;

/// The memory of a replication, to be used for one after the other.
#[derive(Debug, Default)]
pub struct Scratch {
    /// The calendar of the pool.
    pub pool: PoolDrain,
    /// What chance does to the jobs.
    pub draws: JobDraws,
    /// How long each job holds its worker.
    pub times_ns: Vec<u64>,
}

/// How a batch ended in each of its replications.
#[derive(Debug, Clone, PartialEq)]
pub struct Finishes {
    /// Seconds from the first start to the last end, ascending; infinite where some job was given up.
    pub makespans_s: Vec<f64>,
    /// Most jobs in progress at once; of a pool whose workers begin one after the other, in the first replication.
    pub in_flight_peak: u64,
    /// Mean number of attempts that failed and were made again or given up.
    pub failed_attempts: f64,
    /// Mean number of jobs that were given up.
    pub failed_jobs: f64,
}

/// How one replication ended.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ending {
    /// Seconds from the first start to the last end; infinite where that never came.
    pub makespan_s: f64,
    /// Attempts that failed.
    pub failed_attempts: u64,
    /// Jobs that were given up.
    pub failed_jobs: u64,
}

impl Finishes {
    /// What replications came to, with the most jobs in progress at once.
    #[must_use]
    pub fn of(endings: &[Ending], in_flight_peak: u64) -> Self {
        let mut makespans_s: Vec<f64> = endings.iter().map(|ending| ending.makespan_s).collect();
        makespans_s.sort_unstable_by(f64::total_cmp);
        let count = endings.len() as u64;
        let mean = |of: fn(&Ending) -> u64| endings.iter().map(of).sum::<u64>() as f64 / count.max(1) as f64;
        Self {
            makespans_s,
            in_flight_peak,
            failed_attempts: mean(|ending| ending.failed_attempts),
            failed_jobs: mean(|ending| ending.failed_jobs),
        }
    }

    /// Probability that the batch ends by `deadline_s`.
    #[must_use]
    pub fn by(&self, deadline_s: f64) -> Proportion {
        let hits = self.makespans_s.partition_point(|&makespan_s| makespan_s <= deadline_s);
        Proportion::of(hits as u64, self.makespans_s.len() as u64)
    }

    /// The time by which a share of the replications ended, seconds; 0 without replications.
    #[must_use]
    pub fn quantile_s(&self, share: f64) -> f64 {
        let rank = (share * self.makespans_s.len() as f64).ceil() as usize;
        let last = self.makespans_s.len().saturating_sub(1);
        self.makespans_s.get(rank.saturating_sub(1).min(last)).copied().unwrap_or(0.0)
    }

    /// Mean makespan, seconds; 0 without replications.
    #[must_use]
    pub fn mean_s(&self) -> f64 {
        self.makespans_s.iter().sum::<f64>() / self.makespans_s.len().max(1) as f64
    }
}

/// Drains `work` with a pool of `workers`, `replications` times; each replication uses the next of `profiles`, so
/// the result is that of their mixture. The same seed gives the same result on any number of cores.
#[must_use]
pub fn simulate_pool(
    work: &Work,
    profiles: &[Profile],
    workers: u64,
    ramp: Ramp,
    replications: u64,
    seed: u64,
) -> Finishes {
    let samplers: Vec<Sampler<'_>> =
        profiles.par_iter().map(|profile| Sampler::new(work, profile, seed)).collect();
    let run = |scratch: &mut Scratch, (replication, sampler): (u64, &Sampler<'_>)| {
        let Scratch { pool, draws, times_ns } = scratch;
        sampler.draw(replication, draws);
        sampler.times_ns(draws, workers, times_ns);
        let failed_jobs = draws.failed_jobs();
        let makespan_ns = pool.makespan_ns(times_ns, workers, ramp, u64::MAX).filter(|_| failed_jobs == 0);
        Ending {
            makespan_s: makespan_ns.map_or(f64::INFINITY, |ns| ns as f64 / 1e9),
            failed_attempts: draws.failed_attempts(),
            failed_jobs,
        }
    };
    let numbered: Vec<(u64, &Sampler<'_>)> = (0..replications).zip(samplers.iter().cycle()).collect();
    let endings: Vec<Ending> = numbered.into_par_iter().map_init(Scratch::default, run).collect();
    Finishes::of(&endings, in_flight_peak(work, &samplers, workers, ramp))
}

/// Most jobs in progress at once: all workers, unless some end before the last begins.
fn in_flight_peak(work: &Work, samplers: &[Sampler<'_>], workers: u64, ramp: Ramp) -> u64 {
    match (ramp.per_s, samplers.first()) {
        (Some(_), Some(sampler)) => {
            in_flight(sampler, 0, workers, ramp).iter().map(|step| step.in_flight).max().unwrap_or(0)
        }
        _ => workers.min(work.jobs()),
    }
}

/// Jobs in progress over time in one replication, until none is.
#[must_use]
pub fn in_flight(sampler: &Sampler<'_>, replication: u64, workers: u64, ramp: Ramp) -> Vec<DrainStep> {
    let Scratch { mut pool, mut draws, mut times_ns } = Scratch::default();
    sampler.draw(replication, &mut draws);
    sampler.times_ns(&draws, workers, &mut times_ns);
    pool.in_flight(&times_ns, workers, ramp)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::service::CopyProfile;
    use crate::service::Noise;
    use crate::simulate::RETRY;
    use crate::simulate::work::Order;

    const AT_ONCE: Ramp = Ramp { per_s: None };

    fn exponential() -> Profile {
        let copy = CopyProfile { noise: Some(Noise::Exponential), ..CopyProfile::uncontended(1.0, 0.25) };
        Profile { copy, ..Profile::default() }
    }

    fn work(jobs: usize) -> Work {
        Work::new(vec![0; jobs].into(), Order::Fifo, RETRY)
    }

    /// The makespan of exponential jobs has a closed form: (J−N)m/N + m·H_N in the mean.
    #[test]
    fn exponential_jobs_end_when_theory_says() {
        let (count, seed) = (20_000, 3);
        let finishes = simulate_pool(&work(100), &[exponential()], 10, AT_ONCE, count, seed);
        let se = 1.565173 / (count as f64).sqrt();
        assert!((finishes.mean_s() - 11.928968).abs() < 3.0 * se, "seed {seed}: {}", finishes.mean_s());
        let squares = finishes.makespans_s.iter().map(|t| (t - finishes.mean_s()).powi(2)).sum::<f64>();
        let sd = (squares / count as f64).sqrt();
        assert!((sd - 1.565173).abs() < 0.04, "seed {seed}: {sd}");
        let by = finishes.by(12.0).estimate;
        assert!((by - 0.558510).abs() < 3.0 * (0.25 / count as f64).sqrt(), "seed {seed}: {by}");
        for (share, quantile_s, se) in
            [(0.5, 11.779782, 0.012), (0.95, 14.714400, 0.03), (0.99, 16.376586, 0.07)]
        {
            let seen = finishes.quantile_s(share);
            assert!((seen - quantile_s).abs() < 3.0 * se, "seed {seed}: {share} at {seen}");
        }
        assert_eq!(finishes.in_flight_peak, 10);
    }

    #[test]
    fn replications_mix_the_profiles_and_the_number_of_threads_does_not_matter() {
        let mut slow = exponential();
        slow.copy.base_s = 1e6;
        let mixed = || simulate_pool(&work(20), &[exponential(), slow.clone()], 3, AT_ONCE, 400, 1);
        assert_eq!(mixed().by(1000.0).hits, 200);
        let alone = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
        assert_eq!(alone.install(mixed), mixed());
    }

    #[test]
    fn failures_are_counted_and_jobs_that_are_given_up_show() {
        let mut failing = exponential();
        failing.request.error_rate = 0.5;
        let finishes = simulate_pool(&work(100), &[failing], 10, AT_ONCE, 500, 1);
        // 1/2 + 1/4 + … + 1/32 failures a job; all of 100 jobs are done with probability (31/32)¹⁰⁰ = 0.0418.
        assert!((finishes.failed_attempts - 96.875).abs() < 2.0, "{}", finishes.failed_attempts);
        let ever = finishes.by(f64::MAX).estimate;
        assert!((ever - 0.0418).abs() < 0.03, "{ever}");
    }

    #[test]
    fn fewer_jobs_than_workers_one_and_none() {
        for jobs in [0usize, 1, 7] {
            let finishes = simulate_pool(&work(jobs), &[exponential()], 10, AT_ONCE, 50, 1);
            assert_eq!(finishes.in_flight_peak, jobs as u64);
            assert_eq!(finishes.mean_s() > 0.0, jobs > 0);
        }
        let slow_start = simulate_pool(&work(100), &[exponential()], 10, Ramp { per_s: Some(0.1) }, 5, 1);
        assert!((1..10).contains(&slow_start.in_flight_peak));
    }
}
