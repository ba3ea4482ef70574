use super::*;
use planner_core::load::retry::RetryPolicy;
use planner_core::service::Noise;
use planner_core::simulate::batch::simulate_pool;
use planner_core::simulate::work::Order;

const ONCE: RetryPolicy = RetryPolicy { max_attempts: 1, base_ns: 0, cap_ns: 0 };

fn work(jobs: usize) -> Work {
    Work::new(vec![0; jobs].into(), Order::Fifo, ONCE)
}

fn lognormal(mean_s: f64, cv: f64) -> Profile {
    let mut profile = Profile::default();
    (profile.copy.base_s, profile.copy.noise_cv) = (mean_s, cv);
    (profile.copy.sigma, profile.copy.kappa) = (0.0, 0.0);
    profile
}

fn form(jobs: usize, profile: &Profile) -> ClosedForm {
    ClosedForm::new(&work(jobs), profile, Ramp::default())
}

#[test]
fn the_mean_value_answer() {
    assert_eq!(mean_value_floor(45_000, 30.0, 600.0), Some(2250));
    assert_eq!(mean_value_floor(45_000, 30.0, 599.0), Some(2369));
    assert_eq!(mean_value_floor(250, 25.2, 630.0), Some(10));
    assert_eq!(mean_value_floor(250, 25.2, 25.2), Some(250));
    assert_eq!(mean_value_floor(250, 25.2, 25.0), None);
    assert_eq!(mean_value_floor(0, 25.2, 1.0), Some(0));
    assert_eq!(mean_value_floor(3, 1.0, 1e30), Some(1));
}

#[test]
fn the_normal_approximation_is_near_the_simulated_minimum() {
    let form = form(45_000, &lognormal(30.0, 0.5));
    for (probability, simulated) in [(0.5, 2765.0), (0.95, 3102.0), (0.99, 3380.0)] {
        let n = form.smallest_pool(600.0, probability, 45_000).unwrap();
        assert!((n as f64 / simulated - 1.0).abs() < 0.02, "{probability}: {n} is not {simulated}");
        let finish_s = form.finish_s(n, probability);
        assert!((599.0..=600.0).contains(&finish_s), "{finish_s}");
    }
}

#[test]
fn workers_that_begin_one_after_the_other_are_needed_in_larger_numbers() {
    let ramp = Ramp { per_s: Some(100.0) };
    let form = ClosedForm::new(&work(45_000), &lognormal(30.0, 0.5), ramp);
    for (probability, simulated) in [(0.5, 2851.0), (0.95, 3227.0), (0.99, 3559.0)] {
        let n = form.smallest_pool(600.0, probability, 45_000).unwrap();
        assert!((n as f64 / simulated - 1.0).abs() < 0.02, "{probability}: {n} is not {simulated}");
    }
    assert!(form.probability(45_000, 600.0) >= form.probability(20_000, 600.0), "late workers do no harm");
}

#[test]
fn a_goal_that_one_job_can_miss_is_bounded() {
    let form = form(45_000, &lognormal(30.0, 0.5));
    let largest = form.largest_probability(120.0);
    assert!(largest < 0.5 && form.smallest_pool(120.0, 0.5, 45_000).is_none(), "{largest}");
    assert_eq!(form.probability(45_000, 120.0), largest);
    assert!(form.probability(44_999, 120.0) <= largest);
}

/// Near that bound almost every job has to begin at once, and the approximation has to join the bound.
#[test]
fn more_workers_help_up_to_one_for_each_job_where_single_jobs_may_be_late() {
    let (jobs, profile) = (2000, lognormal(25.2, 0.6));
    let form = form(jobs, &profile);
    for (workers, tolerance) in [(300u64, 0.05), (600, 0.03), (1200, 0.03), (1999, 0.03)] {
        let run = |n| simulate_pool(&work(jobs), std::slice::from_ref(&profile), n, Ramp::default(), 500, 1);
        let (seen, simulated) = (form.probability(workers, 190.0), run(workers).by(190.0).estimate);
        assert!((seen - simulated).abs() < tolerance, "{workers}: {seen} is not {simulated}");
    }
    assert!((form.probability(1999, 190.0) - form.largest_probability(190.0)).abs() < 1e-3);
}

/// The largest of these takes twenty times as long as the mean, wherever it stands.
#[test]
fn large_objects_count_where_they_stand() {
    let mut profile = lognormal(0.0, 0.2);
    profile.copy.bandwidth_bytes_per_s = 28e6;
    let size = |job: u64| planner_core::random::lognormal(4, &[job], 700e6, 1.0) as u64;
    for (order, tolerance) in [(Order::Fifo, 0.08), (Order::LongestFirst, 0.2)] {
        let work = Work::new((0..2000).map(size).collect(), order, ONCE);
        let form = ClosedForm::new(&work, &profile, Ramp::default());
        for probability in [0.2, 0.5, 0.9] {
            let n = form.smallest_pool(900.0, probability, 2000).unwrap();
            let runs = simulate_pool(&work, std::slice::from_ref(&profile), n, Ramp::default(), 400, 1);
            let late_s = runs.quantile_s(probability) / 900.0 - 1.0;
            assert!(late_s.abs() < tolerance, "{order:?}, {probability}: {n} workers end {late_s} later");
        }
    }
}

#[test]
fn more_workers_stop_paying_where_they_slow_each_other_down() {
    let mut profile = lognormal(30.0, 0.5);
    (profile.copy.sigma, profile.copy.kappa) = (1e-3, 1e-6);
    let form = form(45_000, &profile);
    let best = form.most_that_help(0.9, 45_000);
    let finish_s = |n| form.finish_s(n, 0.9);
    assert!((100..990).contains(&best), "{best}: beyond the peak of throughput nothing is gained");
    assert!(finish_s(best) < finish_s(best * 9 / 10) && finish_s(best) < finish_s(best * 11 / 10));
    let unbounded = ClosedForm::new(&work(100), &lognormal(1.0, 0.1), Ramp::default());
    assert!(unbounded.most_that_help(0.9, 1000) >= 90);
}

#[test]
fn empty_and_single_batches() {
    assert_eq!(form(0, &lognormal(1.0, 0.5)).probability(3, 0.0), 1.0);
    assert_eq!(form(0, &lognormal(1.0, 0.5)).smallest_pool(1.0, 0.99, 10), Some(0));
    let mut profile = lognormal(1.0, 0.5);
    profile.copy.noise = Some(Noise::Exponential);
    let single = form(1, &profile);
    assert!((single.probability(1, 3.0) - (1.0 - (-3.0f64).exp())).abs() < 1e-12);
    assert_eq!(single.smallest_pool(3.0, 0.9, 10), Some(1));
}
