//! The published rates of paced publishing: 45,000 copies of 30 s (lognormal, cv 0.5) in ten minutes.

use planner_core::load::retry::RetryPolicy;
use planner_core::service::Profile;
use planner_core::service::function::PipelineShape;
use planner_core::simulate::work::{Order, Work};
use planner_plan::paced::{
    Confirmed, FanOutSetting, RateQuestion, RateSizing, deadline_within, smallest_rate,
};
use planner_plan::workers::Goal;

const RETRY: RetryPolicy = RetryPolicy { max_attempts: 10, base_ns: 100_000_000, cap_ns: 20_000_000_000 };
const DEADLINE_S: f64 = 600.0;

/// Copies of `mean_s` and nothing else that takes time.
fn profile(mean_s: f64) -> Profile {
    let mut profile = Profile::default();
    (profile.copy.base_s, profile.copy.noise_cv) = (mean_s, 0.5);
    (profile.copy.sigma, profile.copy.kappa) = (0.0, 0.0);
    (profile.publish.base_s, profile.delivery.latency_s, profile.function.cold_start_s) = (0.0, 0.0, 0.0);
    profile
}

fn question<'a>(work: &'a Work, central: &'a Profile, resampled: &'a [Profile]) -> RateQuestion<'a> {
    RateQuestion {
        work,
        central,
        resampled,
        batch_size: 1,
        prefixes: 4,
        most_per_s: None,
        most_concurrency: None,
        throttled_share: 0.01,
        seed: 1,
    }
}

fn work() -> Work {
    Work::new(vec![0; 45_000].into(), Order::Fifo, RETRY)
}

/// Prints the table at full precision: run it with `--release -- --ignored --nocapture`.
#[test]
#[ignore = "full precision takes seconds even when optimised"]
fn the_whole_table() {
    let (work, profile) = (work(), profile(30.0));
    let question = question(&work, &profile, &[]);
    for (probability, expected) in [(0.5, 95.92), (0.95, 108.39), (0.99, 119.70)] {
        let goal = Goal { deadline_s: DEADLINE_S, probability };
        let answer = smallest_rate(&question, goal).unwrap();
        let RateSizing { value_per_s, point_per_s, low_per_s, high_per_s, reserved, .. } = answer;
        println!(
            "p {probability}: {point_per_s:.2}/s ({low_per_s:.2} to {high_per_s:.2?}), publish at {value_per_s:.2}: \
             {:?}, {:?}, {reserved:?}, {:?}",
            answer.probability, answer.shown, answer.publisher
        );
        // The law itself is held to the published rates to five digits beside it; here 100,000 draws of it are.
        assert!((point_per_s / expected - 1.0).abs() < 0.002 && value_per_s >= point_per_s);
        assert!(low_per_s <= expected && high_per_s.is_some_and(|high_per_s| expected <= high_per_s));
    }
    for concurrency in [900, 2250, 3380] {
        println!("within {concurrency}: {:?}", deadline_within(&question, 0.95, concurrency));
    }
}

/// One whole answer after a measurement.
#[test]
#[ignore = "full precision takes seconds even when optimised"]
fn an_answer_from_150_resampled_services() {
    let (work, central) = (work(), profile(30.0));
    let resampled: Vec<Profile> = (0..150).map(|i| profile(29.0 + 2.0 * f64::from(i) / 149.0)).collect();
    let question = question(&work, &central, &resampled);
    let goal = Goal { deadline_s: DEADLINE_S, probability: 0.99 };
    let answer = smallest_rate(&question, goal).unwrap();
    println!(
        "publish at {:.2}/s (low {:.2}, high {:.2?}): {:?}, {:?}",
        answer.value_per_s, answer.low_per_s, answer.high_per_s, answer.probability, answer.reserved
    );
    assert!(answer.probability.at_least >= goal.probability);
}

/// Prints what becomes of an answer in the whole pipeline, in both shapes and as a burst.
#[test]
#[ignore = "160 whole pipelines take a quarter of a minute even when optimised"]
fn the_whole_pipeline_confirms_the_pace_and_not_the_burst() {
    let (work, profile) = (work(), profile(30.0));
    let question = question(&work, &profile, &[]);
    let answer = smallest_rate(&question, Goal { deadline_s: DEADLINE_S, probability: 0.99 }).unwrap();
    let reserved = u32::try_from(answer.reserved.value).unwrap();
    let threads = answer.publisher.threads;
    for (shape, rate_per_s, threads, reserved) in [
        (PipelineShape::Direct, Some(answer.value_per_s), threads, reserved),
        (PipelineShape::Queue, Some(answer.value_per_s), threads, reserved),
        (PipelineShape::Direct, None, 64, reserved),
        (PipelineShape::Direct, None, 64, 3380),
        (PipelineShape::Direct, None, 64, 2250),
    ] {
        let pace = FanOutSetting { shape, rate_per_s, threads, reserved };
        let seen = Confirmed::of(&question, pace, DEADLINE_S, 32);
        println!(
            "{pace:?}: median {:.1} s, in time {} of 32, {:.0} throttles, peak {}",
            seen.makespans_s[16], seen.in_time.hits, seen.throttles, seen.in_flight_peak
        );
        let paced = shape == PipelineShape::Direct && rate_per_s.is_some();
        assert_eq!(paced, seen.in_time.hits >= 30 && seen.throttles < 100.0, "{pace:?}");
    }
}
