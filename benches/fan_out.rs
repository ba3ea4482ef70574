//! What 45,000 copies of 30 s (lognormal, cv 0.5) come to when they are fanned out: paced, or in one burst under
//! different reserved concurrencies and assumptions about the back-off, and what a replication costs.
//!
//! `cargo bench --bench fan_out` prints a table.

use cpu_time::ProcessTime;
use planner_core::load::arrival::Spacing;
use planner_core::load::retry::RetryPolicy;
use planner_core::service::Profile;
use planner_core::service::function::PipelineShape;
use planner_core::simulate::fan_out::{FanOutOutcome, Publisher, SimulatedFanOut, run};

const REPLICATIONS: u64 = 20;

fn profile() -> Profile {
    let mut profile = Profile::default();
    profile.copy.base_s = 30.0;
    profile.copy.bandwidth_bytes_per_s = 1e18;
    profile.copy.noise_cv = 0.5;
    profile.copy.sigma = 0.0;
    profile.copy.kappa = 0.0;
    profile.function.account_concurrency = 10_000;
    profile
}

fn row(name: &str, fan_out: &SimulatedFanOut<'_>, profile: &Profile) {
    let start = ProcessTime::now();
    let mut outcomes: Vec<FanOutOutcome> =
        (0..REPLICATIONS).map(|replication| run(fan_out, profile, 1, replication)).collect();
    let cost_ms = start.elapsed().as_secs_f64() * 1e3 / REPLICATIONS as f64;
    outcomes.sort_by(|a, b| a.makespan_s.total_cmp(&b.makespan_s));
    let makespan_s = |rank: usize| outcomes[rank].makespan_s;
    let throttles = outcomes.iter().map(|outcome| outcome.metrics.throttles).sum::<u64>() / REPLICATIONS;
    let peak = outcomes.iter().map(FanOutOutcome::in_flight_peak).max().unwrap_or(0);
    let (low, middle, high) = (makespan_s(0), makespan_s(outcomes.len() / 2), makespan_s(outcomes.len() - 1));
    println!("{name:36} {low:7.1} {middle:7.1} {high:7.1} {peak:6} {throttles:8} {cost_ms:8.1}");
}

fn main() {
    let sizes_bytes = vec![700_000_000; 45_000];
    let retry = RetryPolicy { max_attempts: 10, base_ns: 100_000_000, cap_ns: 20_000_000_000 };
    let fan_out = |rate_per_s, shape| SimulatedFanOut {
        sizes_bytes: &sizes_bytes,
        publisher: Publisher { threads: 64, batch_size: 1, rate_per_s, spacing: Spacing::Even },
        shape,
        retry,
        prefixes: 4,
    };
    println!("{:36} makespan s: least, median, most; peak in flight; throttles; CPU ms", "");
    for rate_per_s in [95.92, 108.39, 119.70] {
        row(
            &format!("paced at {rate_per_s}/s"),
            &fan_out(Some(rate_per_s), PipelineShape::Direct),
            &profile(),
        );
    }
    for retry_jitter in [1.0, 0.75, 0.5] {
        for reserved in [900, 2250, 2800, 3380] {
            let mut profile = profile();
            profile.function.reserved_concurrency = Some(reserved);
            profile.function.retry_jitter = retry_jitter;
            let name = format!("burst, reserved {reserved}, jitter {retry_jitter}");
            row(&name, &fan_out(None, PipelineShape::Direct), &profile);
        }
    }
    for most in [900, 1000] {
        let mut profile = profile();
        profile.queue.maximum_concurrency = Some(most);
        row(&format!("queue, at most {most}"), &fan_out(None, PipelineShape::Queue), &profile);
    }
}
