//! The published minimum numbers of workers: 45,000 copies of 30 s (lognormal, cv 0.5) in ten minutes.

use planner_core::load::retry::RetryPolicy;
use planner_core::service::Profile;
use planner_core::simulate::pool::{PoolDrain, Ramp};
use planner_core::simulate::work::{JobDraws, Order, Sampler, Work};
use planner_plan::workers::{Goal, PoolQuestion, PoolSizing, smallest_pool};

const RETRY: RetryPolicy = RetryPolicy { max_attempts: 1, base_ns: 0, cap_ns: 0 };

fn profile() -> Profile {
    let mut profile = Profile::default();
    (profile.copy.base_s, profile.copy.noise_cv) = (30.0, 0.5);
    (profile.copy.sigma, profile.copy.kappa) = (0.0, 0.0);
    profile
}

fn smallest(per_s: Option<f64>, probability: f64, seed: u64) -> PoolSizing {
    let (work, central) = (Work::new(vec![0; 45_000].into(), Order::Fifo, RETRY), profile());
    let ramp = Ramp { per_s };
    let question = PoolQuestion { work: &work, central: &central, resampled: &[], ramp, most: None, seed };
    smallest_pool(&question, Goal { deadline_s: 600.0, probability }).unwrap()
}

/// Prints the table at full precision: run it with `--release -- --ignored --nocapture`.
#[test]
#[ignore = "full precision takes seconds even when optimised"]
fn the_whole_table() {
    for (per_s, expected) in [(None, [2765, 3102, 3380]), (Some(100.0), [2851, 3227, 3559])] {
        for (probability, expected) in [0.5, 0.95, 0.99].into_iter().zip(expected) {
            let PoolSizing { value, point, low, high, probability: stated, finishes, .. } =
                smallest(per_s, probability, 1);
            println!(
                "ramp {per_s:?} p {probability}: {point} ({low} to {high:?}), use {value}: {stated:?}, \
                 {} replications, p99 {:.1} s",
                stated.trials,
                finishes.quantile_s(0.99)
            );
            let slack = 0.012 * f64::from(expected);
            assert!((point as f64 - f64::from(expected)).abs() < slack && low <= point && point <= value);
        }
    }
}

/// Longest job first, as if each job's time were known beforehand: 2257, 2266 and 2271 (4,000 replications).
#[test]
#[ignore = "full precision takes seconds even when optimised"]
fn the_longest_first() {
    const REPLICATIONS: u64 = 1000;
    let (work, central) = (Work::new(vec![0; 45_000].into(), Order::Fifo, RETRY), profile());
    let sampler = Sampler::new(&work, &central, 1);
    let (mut pool, mut draws, mut times_ns) = (PoolDrain::default(), JobDraws::default(), Vec::new());
    let mut numbers: Vec<u64> = (0..REPLICATIONS)
        .map(|replication| {
            sampler.draw(replication, &mut draws);
            sampler.times_ns(&draws, 1, &mut times_ns);
            times_ns.sort_unstable_by(|a, b| b.cmp(a));
            let (mut low, mut high) = (2200, 2400);
            while high - low > 1 {
                let middle = u64::midpoint(low, high);
                let holds = pool.makespan_ns(&times_ns, middle, Ramp::default(), 600_000_000_000).is_some();
                if holds { high = middle } else { low = middle }
            }
            high
        })
        .collect();
    numbers.sort_unstable();
    for (share, expected) in [(0.5, 2257), (0.95, 2266), (0.99, 2271)] {
        let seen = numbers[(share * REPLICATIONS as f64) as usize - 1];
        println!("longest first, p {share}: {seen}");
        assert!(seen.abs_diff(expected) <= 2, "{share}: {seen} is not {expected}");
    }
}
