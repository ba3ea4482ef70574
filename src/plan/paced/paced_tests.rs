use proptest::prelude::*;

use super::*;
use planner_core::load::retry::RetryPolicy;
use planner_core::service::Profile;
use planner_core::service::function::PipelineShape;
use planner_core::simulate::work::Order;
use planner_core::simulate::work::Work;

const RETRY: RetryPolicy = RetryPolicy { max_attempts: 5, base_ns: 1_000_000_000, cap_ns: 20_000_000_000 };

/// Copies whatever their size, and nothing else that takes time.
pub(super) fn lognormal(mean_s: f64, cv: f64) -> Profile {
    let mut profile = Profile::default();
    (profile.copy.base_s, profile.copy.noise_cv) = (mean_s, cv);
    (profile.copy.sigma, profile.copy.kappa) = (0.0, 0.0);
    profile.publish.base_s = 0.0;
    profile.delivery.latency_s = 0.0;
    profile.function.cold_start_s = 0.0;
    profile
}

pub(super) fn work(jobs: usize) -> Work {
    Work::new(vec![0; jobs].into(), Order::Fifo, RETRY)
}

pub(super) fn question<'a>(
    work: &'a Work,
    central: &'a Profile,
    resampled: &'a [Profile],
) -> RateQuestion<'a> {
    RateQuestion {
        work,
        central,
        resampled,
        batch_size: 1,
        prefixes: 4,
        most_per_s: None,
        most_concurrency: None,
        throttled_share: 0.1,
        seed: 1,
    }
}

const GOAL: Goal = Goal { deadline_s: 120.0, probability: 0.9 };

#[test]
fn the_answer_reaches_its_goal_and_a_slower_pace_does_not() {
    let (work, profile) = (work(100), lognormal(30.0, 0.3));
    let question = question(&work, &profile, &[]);
    let answer = smallest_rate(&question, GOAL).unwrap();
    let exact = paced_closed_form::PacedClosedForm::new(&work, &profile, 1)
        .smallest_rate(120.0, 0.9, f64::INFINITY)
        .unwrap();
    assert!(answer.low_per_s <= exact && exact <= answer.value_per_s, "{exact}: {answer:?}");
    assert!(answer.low_per_s <= answer.point_per_s && answer.point_per_s <= answer.value_per_s);
    assert!(answer.probability.at_least >= 0.9 && answer.value_per_s < 1.2 * exact);
    let seen = probabilities(&question, 120.0, &[0.9 * answer.low_per_s, answer.value_per_s, 10.0], 600);
    assert!(seen[0].estimate < 0.9 && seen[1].estimate > 0.9 && seen[2].hits >= seen[1].hits, "{seen:?}");
    assert_eq!(smallest_rate(&question, GOAL).unwrap(), answer);
}

#[test]
fn large_objects_raise_the_rate_until_the_goal_is_reached() {
    let mut profile = lognormal(0.0, 0.3);
    profile.copy.bandwidth_bytes_per_s = 28e6;
    let size = |job: u64| planner_core::random::lognormal(4, &[job], 700e6, 1.0) as u64;
    let work = Work::new((0..5000).map(size).collect(), Order::Fifo, RETRY);
    let question = question(&work, &profile, &[]);
    let goal = Goal { deadline_s: 1200.0, probability: 0.9 };
    let answer = smallest_rate(&question, goal).unwrap();
    assert!(answer.probability.at_least >= 0.9, "{:?}", answer.probability);
    let below = probabilities(&question, goal.deadline_s, &[0.9 * answer.low_per_s], 400);
    assert!(below[0].estimate < 0.9, "{below:?}");
}

#[test]
fn what_is_not_known_about_the_service_raises_the_rate() {
    let (work, profile) = (work(100), lognormal(30.0, 0.3));
    let resampled: Vec<Profile> = (0..20).map(|i| lognormal(28.0 + 0.2 * f64::from(i), 0.3)).collect();
    let known = smallest_rate(&question(&work, &profile, &[]), GOAL).unwrap();
    let measured = smallest_rate(&question(&work, &profile, &resampled), GOAL).unwrap();
    assert!(measured.value_per_s > known.value_per_s && measured.low_per_s < known.low_per_s);
    assert!(measured.point_per_s >= known.point_per_s, "an average over services is for the worse ones, too");
    assert!(measured.probability.at_least >= 0.9);
}

#[test]
fn overheads_retries_and_batches_count() {
    let (work, mut profile) = (work(60), lognormal(30.0, 0.0));
    let rate = |profile: &Profile, batch_size| {
        let question = RateQuestion { batch_size, ..question(&work, profile, &[]) };
        smallest_rate(&question, GOAL).unwrap()
    };
    // The last message is published 30 s before the deadline.
    assert!((rate(&profile, 1).value_per_s - 59.0 / 90.0).abs() < 1e-6);
    assert!((rate(&profile, 10).value_per_s - 50.0 / 90.0).abs() < 1e-6);
    (profile.publish.base_s, profile.delivery.latency_s, profile.function.cold_start_s) = (1.0, 2.0, 3.0);
    let late = rate(&profile, 1);
    assert!((late.value_per_s - 59.0 / 84.0).abs() < 1e-6, "{late:?}");
    assert!((late.finishes.quantile_s(0.5) - 120.0).abs() < 1e-6);
    profile.request.error_rate = 0.2;
    assert!(rate(&profile, 1).value_per_s > late.value_per_s);
}

#[test]
fn none_and_one_job() {
    let profile = lognormal(30.0, 0.5);
    let none = smallest_rate(&question(&work(0), &profile, &[]), GOAL).unwrap();
    assert_eq!((none.value_per_s, none.reserved.value, none.publisher.threads), (0.0, 0, 0));
    let one = smallest_rate(&question(&work(1), &profile, &[]), GOAL).unwrap();
    assert_eq!((one.value_per_s, one.reserved.value, one.publisher.threads), (1.0 / 120.0, 1, 1));
}

#[test]
fn goals_out_of_reach_are_named_with_what_can_be_reached() {
    let (work, profile) = (work(100), lognormal(30.0, 0.3));
    let question = question(&work, &profile, &[]);
    let short = Goal { deadline_s: 60.0, ..GOAL };
    let cannot = smallest_rate(&question, short).unwrap_err();
    let RateLimit::JobTooLong { largest_probability } = cannot.reason else { panic!("{:?}", cannot.reason) };
    assert!((cannot.probability.estimate - largest_probability).abs() < 0.04, "{cannot:?}");
    let reachable = Goal { deadline_s: cannot.deadline_s, ..GOAL };
    assert!(cannot.deadline_s > 60.0 && smallest_rate(&question, reachable).is_ok());

    let slow = RateQuestion { most_per_s: Some(1.0), ..question };
    let cannot = smallest_rate(&slow, GOAL).unwrap_err();
    let RateLimit::RateTooLow { most_per_s, needed_per_s } = cannot.reason else {
        panic!("{:?}", cannot.reason)
    };
    assert!(most_per_s == 1.0 && (1.1..1.7).contains(&needed_per_s) && cannot.best_per_s == 1.0);
    assert!(smallest_rate(&slow, Goal { deadline_s: cannot.deadline_s, ..GOAL }).is_ok());

    let narrow = RateQuestion { most_concurrency: Some(25), ..question };
    let cannot = smallest_rate(&narrow, GOAL).unwrap_err();
    let RateLimit::ConcurrencyTooLow { most: 25, needed } = cannot.reason else {
        panic!("{:?}", cannot.reason)
    };
    assert!((40..60).contains(&needed) && cannot.deadline_s > 120.0, "{cannot:?}");
    let reachable = Goal { deadline_s: 1.1 * cannot.deadline_s, ..GOAL };
    assert!(smallest_rate(&narrow, reachable).unwrap().reserved.value <= 25);
}

#[test]
fn copies_that_slow_each_other_down_too_much_are_named() {
    let (work, mut profile) = (work(300), lognormal(25.2, 0.3));
    (profile.copy.sigma, profile.copy.kappa) = (0.02, 1e-4);
    let cannot = smallest_rate(&question(&work, &profile, &[]), GOAL).unwrap_err();
    assert!(matches!(cannot.reason, RateLimit::ThroughputTooLow { .. }), "{:?}", cannot.reason);
    (profile.copy.sigma, profile.copy.kappa) = (1e-3, 2e-6);
    let free = lognormal(25.2, 0.3);
    let contended = smallest_rate(&question(&work, &profile, &[]), GOAL).unwrap();
    let free = smallest_rate(&question(&work, &free, &[]), GOAL).unwrap();
    assert!(contended.value_per_s > 1.02 * free.value_per_s && contended.probability.at_least >= 0.9);
}

#[test]
fn a_plan_holds_in_the_whole_pipeline_where_a_burst_is_throttled() {
    let (work, mut profile) = (work(100), lognormal(30.0, 0.3));
    (profile.delivery.latency_s, profile.function.cold_start_s) = (0.05, 0.3);
    let question = question(&work, &profile, &[]);
    let answer = smallest_rate(&question, GOAL).unwrap();
    let reserved = u32::try_from(answer.reserved.value).unwrap();
    let pace = |shape| FanOutSetting { shape, rate_per_s: Some(answer.value_per_s), threads: 2, reserved };
    let direct = Confirmed::of(&question, pace(PipelineShape::Direct), 120.0, 60);
    assert!(direct.in_time.estimate >= 0.83 && direct.unthrottled.estimate >= 0.83, "{direct:?}");
    assert!(direct.in_flight_peak <= answer.reserved.value && direct.lost + direct.dead_lettered == 0.0);
    let burst = FanOutSetting { rate_per_s: None, ..pace(PipelineShape::Direct) };
    let burst = Confirmed::of(&question, burst, 120.0, 20);
    assert!(burst.unthrottled.hits == 0 && burst.throttles > 50.0, "{burst:?}");
}

#[test]
fn a_queue_is_later_where_its_pollers_come_more_slowly_than_messages() {
    let (work, profile) = (work(300), lognormal(30.0, 0.3));
    let question = question(&work, &profile, &[]);
    let pace = |shape| FanOutSetting { shape, rate_per_s: Some(20.0), threads: 1, reserved: 300 };
    let direct = Confirmed::of(&question, pace(PipelineShape::Direct), 100.0, 10);
    let queue = Confirmed::of(&question, pace(PipelineShape::Queue), 100.0, 10);
    assert_eq!((direct.unthrottled.hits, queue.unthrottled.hits), (10, 10));
    assert_eq!((direct.in_time.hits, queue.lost), (10, 0.0));
    assert!(
        queue.in_time.hits < 5
            && queue.makespans_s[5] > direct.makespans_s[9]
            && queue.in_flight_peak < direct.in_flight_peak
    );
}

#[test]
fn the_chance_of_a_timeout_is_told() {
    let (work, mut profile) = (work(100), lognormal(30.0, 0.3));
    // Of which the function keeps 2 s back.
    profile.function.timeout_s = 92.0;
    let answer = smallest_rate(&question(&work, &profile, &[]), GOAL).unwrap();
    let expected = 1.0 - profile.copy.factor().cdf(3.0).powi(100);
    assert!((answer.timeout_probability - expected).abs() < 1e-9, "{}", answer.timeout_probability);
}

#[test]
fn a_concurrency_allows_a_rate_and_a_deadline() {
    let (work, profile) = (work(300), lognormal(30.0, 0.3));
    let question = question(&work, &profile, &[]);
    let reachable = deadline_within(&question, 0.9, 25);
    // 300 × 30 s / 25 is the floor; the peak of 25 leaves room for the mean to be lower.
    assert!((380.0..560.0).contains(&reachable.deadline_s), "{reachable:?}");
    assert!(reserved_concurrency(&question, reachable.rate_per_s).value <= 25);
    assert!(reserved_concurrency(&question, 1.1 * reachable.rate_per_s).value > 25);
    let seen = probabilities(&question, reachable.deadline_s, &[reachable.rate_per_s], 400);
    assert!(seen[0].estimate > 0.88, "{seen:?}");
    let all = deadline_within(&question, 0.9, 300);
    assert_eq!(all.rate_per_s, profile.publish.rate_per_s);
    assert!(all.deadline_s < reachable.deadline_s);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Without chance and limits, the fast way is the whole pipeline to the last execution and nanosecond.
    #[test]
    fn the_peak_and_the_end_are_those_of_the_whole_pipeline(
        sizes_mb in prop::collection::vec(1u64..2000, 1..200),
        rate_per_s in 0.5f64..200.0, batch_size in 1u32..=10,
        (publish_s, latency_s, cold_start_s) in (0.0f64..0.1, 0.0f64..0.2, 0.0f64..2.0),
    ) {
        use planner_core::load::arrival::Spacing;
        use planner_core::simulate::fan_out::{SimulatedFanOut, Publisher, run};

        let mut profile = lognormal(2.0, 0.0);
        profile.copy.bandwidth_bytes_per_s = 50e6;
        (profile.publish.base_s, profile.publish.noise_cv) = (publish_s, 0.0);
        (profile.delivery.latency_s, profile.delivery.latency_noise_cv) = (latency_s, 0.0);
        profile.function.cold_start_s = cold_start_s;
        profile.function = profile.function.unlimited();
        let sizes_bytes: Vec<u64> = sizes_mb.iter().map(|mb| mb * 1_000_000).collect();
        let work = Work::new(sizes_bytes.clone().into(), Order::Fifo, RETRY);
        let question = RateQuestion { batch_size, ..question(&work, &profile, &[]) };
        let paced = Paced::at_any_time(&question);
        let fan_out = SimulatedFanOut {
            sizes_bytes: &sizes_bytes,
            publisher: Publisher {
                threads: 300, batch_size, rate_per_s: Some(rate_per_s), spacing: Spacing::Even,
            },
            shape: PipelineShape::Direct,
            retry: RETRY,
            prefixes: 4,
        };
        let whole = run(&fan_out, &profile, 1, 0);
        let peak = paced.peaks(rate_per_s, 0..1)[0];
        prop_assert_eq!(peak.in_flight, whole.in_flight_peak());
        prop_assert_eq!(peak.in_flight, whole.metrics.cold_starts);
        // Only a copy that finds a warm environment is earlier than the rate counts on.
        let late_s = paced.finishes(rate_per_s, 1).makespans_s[0] - whole.makespan_s;
        prop_assert!((-1e-6..cold_start_s + 1e-6).contains(&late_s), "{}", late_s);
    }
}
