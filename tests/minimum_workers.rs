//! The published minimum numbers of workers: 45,000 copies of 30 s (lognormal, cv 0.5) in ten minutes.

use planner::load::retry::RetryPolicy;
use planner::plan::workers::{Answer, Goal, Question, smallest_pool};
use planner::service::Profile;
use planner::simulate::pool::Ramp;
use planner::simulate::work::{Order, Work};

const RETRY: RetryPolicy = RetryPolicy { max_attempts: 1, base_ns: 0, cap_ns: 0 };

fn profile() -> Profile {
    let mut profile = Profile::default();
    (profile.copy.base_s, profile.copy.noise_cv) = (30.0, 0.5);
    (profile.copy.sigma, profile.copy.kappa) = (0.0, 0.0);
    profile
}

fn smallest(per_s: Option<f64>, probability: f64, seed: u64) -> Answer {
    let (work, central) = (Work::new(vec![0; 45_000].into(), Order::Fifo, RETRY), profile());
    let ramp = Ramp { per_s };
    let question = Question { work: &work, central: &central, resampled: &[], ramp, most: None, seed };
    smallest_pool(&question, Goal { deadline_s: 600.0, probability }).unwrap()
}

/// Prints the table at full precision: run it with `--release -- --ignored --nocapture`.
#[test]
#[ignore = "full precision takes seconds even when optimised"]
fn the_whole_table() {
    for (per_s, expected) in [(None, [2765, 3102, 3380]), (Some(100.0), [2851, 3227, 3559])] {
        for (probability, expected) in [0.5, 0.95, 0.99].into_iter().zip(expected) {
            let Answer { value, point, low, high, probability: stated, replications, finishes, .. } =
                smallest(per_s, probability, 1);
            println!(
                "ramp {per_s:?} p {probability}: {point} ({low} to {high:?}), use {value}: {stated:?}, \
                 {replications} replications, p99 {:.1} s",
                finishes.quantile_s(0.99)
            );
            let slack = 0.012 * f64::from(expected);
            assert!((point as f64 - f64::from(expected)).abs() < slack && low <= point && point <= value);
        }
    }
}
