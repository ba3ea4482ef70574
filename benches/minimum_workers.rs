//! What the smallest pool costs to find: CPU seconds, spread over all cores, and memory for batches of 250 to ten million jobs, with
//! and without a measured run's resampled profiles.
//!
//! `cargo bench --bench minimum_workers` prints a table.

use planner_core::load::retry::RetryPolicy;
use planner_core::random;
use planner_core::service::Profile;
use planner_core::simulate::pool::Ramp;
use planner_core::simulate::work::{Order, Work};
use planner_plan::workers::{Goal, PoolQuestion, PoolSizing, smallest_pool};

const RETRY: RetryPolicy = RetryPolicy { max_attempts: 5, base_ns: 1_000_000_000, cap_ns: 20_000_000_000 };
const SEED: u64 = 1;
const RESAMPLED: u64 = 150;
/// Clock ticks that Linux counts CPU time in.
const TICKS_PER_S: f64 = 100.0;

fn profile(mean_s: f64, cv: f64) -> Profile {
    let mut profile = Profile::default();
    (profile.copy.base_s, profile.copy.bandwidth_bytes_per_s) = (0.0, 700e6 / mean_s);
    (profile.copy.sigma, profile.copy.kappa) = (0.0, 0.0);
    profile.copy.noise_cv = cv;
    profile
}

/// Profiles as uncertain as 250 measured jobs leave them.
fn resampled() -> Vec<Profile> {
    let off = |number, error| 1.0 + error * random::normal(SEED, &[number, (error * 1e6) as u64]);
    (0..RESAMPLED).map(|number| profile(30.0 * off(number, 0.032), 0.5 * off(number, 0.07))).collect()
}

/// CPU seconds of this process so far; not a number where the system does not tell.
fn cpu_s() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit(") ").next().unwrap_or("").split(' ');
    let ticks: Vec<f64> = fields.skip(11).take(2).filter_map(|ticks| ticks.parse().ok()).collect();
    if ticks.len() == 2 { (ticks[0] + ticks[1]) / TICKS_PER_S } else { f64::NAN }
}

/// The most memory this process has held, as the system writes it.
fn peak_memory() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    peak.map_or("unknown".into(), |peak| peak.trim().into())
}

fn main() {
    println!(
        "seed {SEED}; 600 to 800 MB at 30 s for 700 MB, lognormal with cv 0.5, 20 mean times until the deadline"
    );
    println!(
        "{:>9} {:>4} {:>9} {:>12} {:>7} {:>8} {:>24} {:>7} {:>9}  peak memory",
        "jobs", "p", "resampled", "replications", "CPU s", "point", "interval", "use", "P at least"
    );
    let resampled = resampled();
    for jobs in [250, 2_500, 45_000, 450_000, 10_000_000] {
        let size_bytes = |job| 600_000_000 + random::word(SEED, &[job]) % 200_000_001;
        let work = Work::new((0..jobs).map(size_bytes).collect(), Order::Fifo, RETRY);
        for resampled in [&[][..], &resampled] {
            for probability in [0.95, 0.99] {
                let central = profile(30.0, 0.5);
                let cpu_before_s = cpu_s();
                let question = PoolQuestion {
                    work: &work,
                    central: &central,
                    resampled,
                    ramp: Ramp::default(),
                    most: None,
                    seed: SEED,
                };
                let found = smallest_pool(&question, Goal { deadline_s: 600.0, probability });
                let used_s = cpu_s() - cpu_before_s;
                let Ok(PoolSizing { value, point, low, high, probability: by, .. }) = found else {
                    println!("{jobs:9} {probability:4} is out of reach");
                    continue;
                };
                println!(
                    "{jobs:9} {probability:4} {:9} {:12} {used_s:7.2} {point:8} {:>24} \
                     {value:7} {:9.4}  {}",
                    resampled.len(),
                    by.trials,
                    format!("{low} to {}", high.map_or("?".into(), |high| high.to_string())),
                    by.at_least,
                    peak_memory(),
                );
            }
        }
    }
}
