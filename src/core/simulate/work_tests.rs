use super::*;
use crate::service::Noise;

const RETRY: RetryPolicy = RetryPolicy { max_attempts: 3, base_ns: 1_000_000_000, cap_ns: 20_000_000_000 };

fn work(jobs: usize) -> Work {
    Work::new(vec![700_000_000; jobs].into(), Order::Fifo, RETRY)
}

/// Copies that take 30 s whatever happens around them.
fn profile(cv: f64) -> Profile {
    let mut profile = Profile::default();
    profile.copy.base_s = 30.0 - 25.0;
    profile.copy.noise_cv = cv;
    (profile.copy.sigma, profile.copy.kappa) = (0.0, 0.0);
    profile
}

fn times_ns(work: &Work, profile: &Profile, seed: u64, workers: u64) -> (Vec<u64>, JobDraws) {
    let (sampler, mut draws, mut times) =
        (Sampler::new(work, profile, seed), JobDraws::default(), Vec::new());
    sampler.draw(7, &mut draws);
    sampler.times_ns(&draws, workers, &mut times);
    (times, draws)
}

#[test]
fn the_table_keeps_the_distribution_and_its_tails() {
    let work = work(200_000);
    let mut measured = profile(0.0);
    measured.copy.noise = Some(Noise::Factors(vec![0.2, 0.5, 0.9, 1.4, 2.2]));
    for profile in [profile(0.5), profile(1.0), measured] {
        let sampler = Sampler::new(&work, &profile, 1);
        for u in [1e-12, 1e-6, 1e-3, 0.004, 0.3, 0.5, 0.77, 0.9, 0.99, 0.996, 0.9999, 1.0 - 1e-12] {
            let (seen, exact) = (sampler.factor_at(u), profile.copy.factor().at(u));
            assert!((seen / exact - 1.0).abs() < 3e-5, "at {u}: {seen} is not {exact}");
        }
    }
    let (times, _) = times_ns(&work, &profile(0.5), 3, 1);
    let mean = times.iter().sum::<u64>() as f64 / 2e5 / 1e9;
    // Three standard errors: 3·15/√200000.
    assert!((mean - 30.0).abs() < 0.1, "{mean}");
}

#[test]
fn times_are_the_profiles_own_at_every_concurrency() {
    let sizes: Vec<u64> = (0..200).map(|job| 1 + job * 7_000_000).collect();
    let work = Work::new(sizes.clone().into(), Order::Fifo, RETRY);
    let mut contended = Profile::default();
    contended.copy.aggregate_bandwidth_bytes_per_s = Some(1e9);
    for profile in [Profile::default(), profile(0.3), contended] {
        for workers in [1, 30, 200, 5000] {
            let (times, draws) = times_ns(&work, &profile, 5, workers);
            for (job, &bytes) in sizes.iter().enumerate() {
                let in_flight = workers.min(job as u64 + 1);
                let expected = profile.copy.mean_s(bytes, in_flight) * draws.factors[job] * 1e9;
                assert!((times[job] as f64 / expected - 1.0).abs() < 1e-6, "{job} at {workers}");
            }
        }
    }
}

#[test]
fn failures_come_at_their_rate_and_cost_their_mean() {
    let work = work(100_000);
    let mut failing = profile(0.0);
    failing.request.error_rate = 0.2;
    let (times, draws) = times_ns(&work, &failing, 3, 1);
    // 0.2 + 0.04 + 0.008 failures a job, and one job in 125 fails for good.
    assert!((draws.failed_attempts() as f64 / 100_000.0 - 0.248).abs() < 0.006);
    assert!((draws.failed_jobs() as f64 / 100_000.0 - 0.008).abs() < 0.001);
    let served_s = 30.0 * (100_000 - draws.failed_jobs()) as f64;
    let mean_delay_s = (times.iter().sum::<u64>() as f64 / 1e9 - served_s) / 1e5;
    assert!((mean_delay_s / work.mean_delay_s(&failing) - 1.0).abs() < 0.03, "{mean_delay_s}");
}

#[test]
fn the_same_job_has_the_same_draws_in_a_longer_batch_and_another_in_another_replication() {
    let profile = profile(0.5);
    let (short, long) = (work(10), work(1000));
    assert_eq!(times_ns(&short, &profile, 3, 1).0, times_ns(&long, &profile, 3, 1).0[..10]);
    let sampler = Sampler::new(&short, &profile, 3);
    let (mut one, mut other) = (JobDraws::default(), JobDraws::default());
    sampler.draw(1, &mut one);
    sampler.draw(2, &mut other);
    assert_ne!(one.factors, other.factors);
}

#[test]
fn longest_first_sorts_by_size() {
    let work = Work::new([3, 9, 1].into(), Order::LongestFirst, RETRY);
    assert_eq!(work.sizes_bytes(), [9, 3, 1]);
}
