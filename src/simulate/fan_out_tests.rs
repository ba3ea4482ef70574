//! The fan-out held to closed forms, to its accounting and to its limits.

use super::*;
use crate::load::arrival::Spacing;

const RETRY: RetryPolicy = RetryPolicy { max_attempts: 10, base_ns: 100_000_000, cap_ns: 20_000_000_000 };

/// Copies of 30 s on average whatever their size, cv 0.5, and nothing else that takes time.
fn bare() -> Profile {
    let mut profile = Profile::default();
    profile.copy.base_s = 30.0;
    profile.copy.bandwidth_bytes_per_s = 1e18;
    profile.copy.noise_cv = 0.5;
    profile.copy.sigma = 0.0;
    profile.copy.kappa = 0.0;
    profile.publish.base_s = 0.0;
    profile.delivery.latency_s = 0.0;
    profile.function.cold_start_s = 0.0;
    profile
}

fn unlimited() -> Profile {
    let profile = bare();
    Profile { function: profile.function.unlimited(), ..profile }
}

fn fan_out(sizes_bytes: &[u64], rate_per_s: Option<f64>) -> FanOut<'_> {
    let publisher = Publisher { threads: 64, batch_size: 1, rate_per_s, spacing: Spacing::Even };
    FanOut { sizes_bytes, publisher, shape: Shape::Direct, retry: RETRY, prefixes: 4 }
}

#[test]
#[ignore]
fn experiment() {
    let sizes = vec![700_000_000; 45_000];
    for (reserved, jitter) in
        [(2250, 1.0), (3380, 1.0), (2250, 0.5), (3380, 0.5), (2250, 0.25), (3380, 0.25), (2250, 0.0), (3380, 0.0)]
    {
        let mut profile = Profile::default();
        profile.copy = bare().copy;
        profile.function.account_concurrency = 10_000;
        profile.function.reserved_concurrency = Some(reserved);
        profile.function.retry_jitter = jitter;
        let start = std::time::Instant::now();
        let outcome = run(&fan_out(&sizes, None), &profile, 1, 0);
        println!("{reserved} {jitter}: {:.1} s, peak {}, throttles {}, {:?}", outcome.makespan_s, outcome.in_flight_peak(), outcome.metrics.throttles, start.elapsed());
    }
    let profile = unlimited();
    for rate in [95.92, 119.7] {
        let start = std::time::Instant::now();
        let outcome = run(&fan_out(&sizes, Some(rate)), &profile, 1, 0);
        println!("{rate}: {:.1} s, peak {}, {:?}", outcome.makespan_s, outcome.in_flight_peak(), start.elapsed());
    }
}
