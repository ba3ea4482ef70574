//! Queues with closed forms: what simulations and measurements are held to.

use statrs::distribution::{ContinuousCDF, Normal};

/// Probability that an arrival waits in M/M/c, with `load` = arrival rate × mean service time; None when the
/// servers cannot keep up.
///
/// Erlang's C from Erlang's B by its recursion, which does not overflow (Erlang 1917; Kleinrock 1975, §3.5).
pub(crate) fn erlang_c(servers: u32, load: f64) -> Option<f64> {
    let servers_f = f64::from(servers);
    let blocked = (1..=servers).fold(1.0, |blocked, k| load * blocked / (f64::from(k) + load * blocked));
    (load < servers_f).then(|| blocked / (1.0 - load / servers_f * (1.0 - blocked)))
}

/// Mean wait in M/M/c before service, in seconds: C·S/(c − a).
pub(crate) fn mmc_wait_s(servers: u32, load: f64, service_s: f64) -> Option<f64> {
    erlang_c(servers, load).map(|waits| waits * service_s / (f64::from(servers) - load))
}

/// Mean wait in M/G/1 before service, in seconds, with `cv` the coefficient of variation of the service time:
/// ρS(1 + cv²)/(2(1−ρ)) (Pollaczek and Khinchine; Kleinrock 1975, §5.6). M/D/1 is `cv` 0. None from ρ = 1.
pub(crate) fn mg1_wait_s(utilisation: f64, service_s: f64, cv: f64) -> Option<f64> {
    (utilisation < 1.0).then(|| utilisation * service_s * (1.0 + cv * cv) / (2.0 * (1.0 - utilisation)))
}

/// Mean in flight `elapsed_s` after an M/G/∞ system opened empty: rate × E[min(S, t)], for lognormal S
/// (Takács 1962; with the partial expectation of the lognormal distribution).
pub(crate) fn mg_infinity_mean(rate_per_s: f64, mean_s: f64, cv: f64, elapsed_s: f64) -> f64 {
    let variance = (cv * cv).ln_1p();
    let sd = variance.sqrt();
    // ln t in standard deviations above the mean of ln S; at t = 0 it is −∞ and nothing is in flight.
    let z = (elapsed_s / mean_s).ln() / sd + sd / 2.0;
    let normal = Normal::standard();
    rate_per_s * (mean_s * normal.cdf(z - sd) + elapsed_s * normal.sf(z))
}

/// Throughput and residence time of a closed system.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Closed {
    /// X, completions per second.
    pub x_per_s: f64,
    /// R, mean seconds from arrival at the servers to the end of service.
    pub r_s: f64,
}

/// The machine-repairman model: `customers` that think for an exponential time and then share `servers` with
/// exponential service (Palm 1947; Kleinrock 1975, §3.8). Needs a customer, a server and times above zero.
pub(crate) fn machine_repairman(customers: u32, servers: u32, think_s: f64, service_s: f64) -> Closed {
    let busy = |present: u32| f64::from(present.min(servers));
    // Logarithms of the state probabilities, up to a constant: they span more than a float does.
    let mut logs = vec![0.0_f64];
    for present in 1..=customers {
        let arrivals_per_s = f64::from(customers - present + 1) / think_s;
        logs.push(logs[present as usize - 1] + (arrivals_per_s * service_s / busy(present)).ln());
    }
    let largest = logs.iter().copied().fold(f64::MIN, f64::max);
    let (mut total, mut served, mut present_sum) = (0.0, 0.0, 0.0);
    for (present, log) in (0..).zip(logs) {
        let weight = (log - largest).exp();
        total += weight;
        served += weight * busy(present);
        present_sum += weight * f64::from(present);
    }
    Closed { x_per_s: served / total / service_s, r_s: present_sum / served * service_s }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn close(seen: f64, expected: f64, absolute: f64) {
        assert!((seen - expected).abs() < absolute, "{seen} is not {expected}");
    }

    #[test]
    fn many_servers_wait_as_erlang_says() {
        close(erlang_c(2, 1.5).unwrap(), 0.642857143, 1e-9);
        close(mmc_wait_s(2, 1.5, 1.0).unwrap(), 1.285714, 1e-6);
        close(erlang_c(5, 4.0).unwrap(), 0.554112554, 1e-9);
        close(mmc_wait_s(5, 4.0, 1.0).unwrap(), 0.554113, 1e-6);
        assert_eq!((erlang_c(2, 2.0), mmc_wait_s(2, 2.5, 1.0)), (None, None));
        assert!(erlang_c(10_000, 9_900.0).is_some_and(|waits| (0.0..1.0).contains(&waits)));
    }

    #[test]
    fn one_server_waits_as_pollaczek_and_khinchine_say() {
        for (utilisation, wait_s) in [(0.5, 0.5), (0.8, 2.0), (0.9, 4.5)] {
            close(mg1_wait_s(utilisation, 1.0, 0.0).unwrap(), wait_s, 1e-12);
            close(
                mg1_wait_s(utilisation, 1.0, 1.0).unwrap(),
                mmc_wait_s(1, utilisation, 1.0).unwrap(),
                1e-12,
            );
        }
        close(mg1_wait_s(0.8, 1.0, 0.5).unwrap(), 2.5, 1e-12);
        assert_eq!(mg1_wait_s(1.0, 1.0, 0.5), None);
    }

    #[test]
    fn an_open_system_fills_up() {
        for (elapsed_s, mean) in
            [(0.0, 0.0), (10.0, 199.456938), (30.0, 487.970974), (60.0, 587.601245), (1e6, 600.0)]
        {
            close(mg_infinity_mean(20.0, 30.0, 0.5, elapsed_s), mean, 1e-6);
        }
    }

    #[test]
    fn a_closed_system_shares_its_server() {
        let seen = machine_repairman(20, 1, 10.0, 1.0);
        close(seen.x_per_s, 0.998130950, 1e-9);
        close(seen.r_s, 10.037450995, 1e-9);
        let large = machine_repairman(45_000, 3_000, 10.0, 25.0);
        close(large.x_per_s * (10.0 + large.r_s), 45_000.0, 1e-6);
    }
}
