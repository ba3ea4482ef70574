//! The fan-out held to closed forms, to its accounting and to its limits.

use crate::account::Limits;
use proptest::prelude::*;

use rayon::prelude::*;

use super::*;
use crate::load::arrival::Spacing;
use crate::service::CopyProfile;

const RETRY: RetryPolicy = RetryPolicy { max_attempts: 10, base_ns: 100_000_000, cap_ns: 20_000_000_000 };

/// Copies of 30 s on average whatever their size, cv 0.5, and nothing else that takes time.
fn bare() -> Profile {
    let mut profile = Profile { copy: CopyProfile::uncontended(30.0, 0.5), ..Profile::default() };
    profile.publish.base_s = 0.0;
    profile.delivery.latency_s = 0.0;
    profile.function.cold_start_s = 0.0;
    profile
}

fn unlimited() -> Profile {
    let profile = bare();
    Profile { function: profile.function.unlimited(), ..profile }
}

fn fan_out(sizes_bytes: &[u64], rate_per_s: Option<f64>) -> SimulatedFanOut<'_> {
    let publisher = Publisher { threads: 64, batch_size: 1, rate_per_s, spacing: Spacing::Even };
    SimulatedFanOut { sizes_bytes, publisher, shape: PipelineShape::Direct, retry: RETRY, prefixes: 4 }
}

/// P(T ≤ D) = Π F(D − j/ρ): every copy begins when its message is published.
fn paced_probability(profile: &Profile, messages: u64, rate_per_s: f64, deadline_s: f64) -> f64 {
    let factor = profile.copy.factor();
    let log = |j| factor.cdf((deadline_s - j as f64 / rate_per_s) / profile.copy.base_s).ln();
    (0..messages).map(log).sum::<f64>().exp()
}

#[test]
fn the_closed_form_of_paced_publishing_has_its_known_values() {
    for (rate_per_s, expected) in [(95.92, 0.5), (108.39, 0.95), (119.70, 0.99)] {
        let probability = paced_probability(&bare(), 45_000, rate_per_s, 600.0);
        assert!((probability - expected).abs() < 1e-3, "{rate_per_s}/s: {probability}");
    }
}

#[test]
fn paced_publishing_without_throttles_follows_the_closed_form() {
    let (profile, replications) = (unlimited(), 400);
    let sizes_bytes = [1; 400];
    let fan_out = fan_out(&sizes_bytes, Some(20.0));
    let outcomes: Vec<FanOutOutcome> = (0..replications)
        .into_par_iter()
        .map(|replication| run(&fan_out, &profile, 1, replication))
        .collect();
    assert!(outcomes.iter().all(|outcome| outcome.metrics.throttles == 0 && outcome.copied == 400));
    for deadline_s in [60.0, 70.0, 85.0] {
        let expected = paced_probability(&profile, 400, 20.0, deadline_s);
        let met = outcomes.iter().filter(|outcome| outcome.meets(deadline_s)).count();
        let share = met as f64 / replications as f64;
        let error = (expected * (1.0 - expected) / replications as f64).sqrt();
        assert!((share - expected).abs() < 3.0 * error, "{deadline_s} s: {share} is not {expected}");
    }
}

#[test]
fn the_executions_in_flight_follow_the_infinite_server_queue() {
    let (profile, replications) = (unlimited(), 60u64);
    let sizes_bytes = [1; 1400];
    let mut fan_out = fan_out(&sizes_bytes, Some(20.0));
    fan_out.publisher.spacing = Spacing::Poisson;
    let mut sums = [0.0; 3];
    for replication in 0..replications {
        run_observed(&fan_out, &profile, 1, replication, |sample| match sample.second {
            10 => sums[0] += sample.in_flight as f64,
            30 => sums[1] += sample.in_flight as f64,
            60 => sums[2] += sample.in_flight as f64,
            _ => {}
        });
    }
    for (sum, expected) in sums.into_iter().zip([199.456_938, 487.970_974, 587.601_245_f64]) {
        let mean = sum / replications as f64;
        let error = (expected / replications as f64).sqrt();
        assert!((mean - expected).abs() < 3.0 * error, "{mean} is not {expected}");
    }
}

/// A fifth of 45,000 objects of 30 s in 600 s, with a fifth of the function's limits: the same course of things.
fn fifth(reserved: u32) -> Profile {
    let mut profile = bare();
    profile.function.account_concurrency = 3000;
    profile.function.scaling_environments = 200;
    profile.function.reserved_concurrency = Some(reserved);
    profile
}

#[test]
fn a_burst_is_late_for_its_back_off_and_a_quarter_more_concurrency_buys_nothing() {
    let sizes_bytes = vec![1; 9000];
    let burst = |reserved| run(&fan_out(&sizes_bytes, None), &fifth(reserved), 1, 0);
    let bursts = [450, 550, 613, 676].map(|reserved| (reserved, burst(reserved)));
    for (reserved, outcome) in &bursts {
        assert!((760.0..1040.0).contains(&outcome.makespan_s), "{reserved}: {}", outcome.makespan_s);
        assert!(outcome.metrics.throttles > 45_000 && outcome.in_flight_peak() == u64::from(*reserved));
    }
    let [_, (_, narrow), _, (_, wide)] = &bursts;
    assert!((wide.makespan_s / narrow.makespan_s - 1.0).abs() < 0.07, "{}", wide.makespan_s);
    // Paced within the same limits, nothing waits for its back-off and all is done earlier.
    for (reserved, rate_per_s, burst) in [(550, 16.7, narrow), (676, 20.6, wide)] {
        let paced = run(&fan_out(&sizes_bytes, Some(rate_per_s)), &fifth(reserved), 1, 0);
        assert_eq!(paced.metrics.throttles, 0, "{reserved}");
        assert!(paced.makespan_s < 0.95 * burst.makespan_s, "{reserved}: {}", paced.makespan_s);
    }
    let paced = run(&fan_out(&sizes_bytes, Some(119.70 / 5.0)), &fifth(800), 1, 0);
    assert!(paced.makespan_s < 600.0 && paced.metrics.throttles == 0, "{paced:?}");
}

#[test]
fn a_small_reserved_concurrency_throttles_and_delays_the_daily_job() {
    let sizes_bytes = vec![700_000_000; 250];
    let (mut profile, mut last_s) = (Profile::default(), 0.0);
    for (reserved, throttled) in [(None, false), (Some(100), true), (Some(25), true)] {
        profile.function.reserved_concurrency = reserved;
        let outcome = run(&fan_out(&sizes_bytes, Some(20.0)), &profile, 1, 0);
        assert_eq!((outcome.copied, outcome.metrics.throttles > 0), (250, throttled), "{reserved:?}");
        assert!(outcome.makespan_s > last_s + 10.0, "{reserved:?}: {}", outcome.makespan_s);
        if reserved.is_none() {
            // 12.5 s of publishing and the longest of 250 copies of 25.2 s, cv 0.25.
            assert!((38.0..75.0).contains(&outcome.makespan_s), "{}", outcome.makespan_s);
            assert!((200..=250).contains(&outcome.in_flight_peak()), "{}", outcome.in_flight_peak());
            assert!(outcome.last_modified_span_s < outcome.makespan_s - 10.0);
        }
        last_s = outcome.makespan_s;
    }
}

#[test]
fn the_queue_loses_nothing_under_throttling_and_its_maximum_concurrency_prevents_it() {
    let sizes_bytes = vec![1; 600];
    let mut profile = bare();
    profile.function.reserved_concurrency = Some(50);
    let queue = SimulatedFanOut { shape: PipelineShape::Queue, ..fan_out(&sizes_bytes, None) };
    let throttled = run(&queue, &profile, 1, 0);
    profile.queue.maximum_concurrency = Some(50);
    let capped = run(&queue, &profile, 1, 0);
    assert_eq!((throttled.copied, capped.copied), (600, 600));
    assert!(throttled.metrics.throttles > 0 && capped.metrics.throttles == 0);
    assert!((360.0..480.0).contains(&capped.makespan_s), "{}", capped.makespan_s);
}

#[test]
fn a_reserved_concurrency_at_the_peaks_quantile_throttles_nothing() {
    let sizes_bytes = [1; 400];
    let paced = fan_out(&sizes_bytes, Some(10.0));
    let mut peaks: Vec<u64> =
        (0..40).map(|replication| run(&paced, &unlimited(), 1, replication).in_flight_peak()).collect();
    peaks.sort_unstable();
    let mut profile = bare();
    profile.function.reserved_concurrency = u32::try_from(peaks[29]).ok();
    let free =
        (0..40).filter(|&replication| run(&paced, &profile, 1, replication).metrics.throttles == 0).count();
    assert!(free >= 30, "{free} of 40");
}

#[test]
fn prefixes_share_the_load_and_a_batch_saves_requests() {
    let sizes_bytes = vec![1; 400];
    let mut profile = unlimited();
    profile.request.prefix_rate_per_s = 50.0;
    let mut burst = fan_out(&sizes_bytes, None);
    let spread = |burst: &SimulatedFanOut<'_>| run(burst, &profile, 1, 0);
    burst.prefixes = 1;
    let one = spread(&burst);
    burst.prefixes = 8;
    burst.publisher.batch_size = 10;
    let eight = spread(&burst);
    assert!(one.slow_downs > 100 && eight.slow_downs == 0, "{} and {}", one.slow_downs, eight.slow_downs);
    assert_eq!((one.publish_requests, eight.publish_requests), (400, 40));
    assert_eq!((one.copied, one.copy_requests), (400, 400 + one.slow_downs));
}

#[test]
fn a_copy_that_outlasts_the_function_is_never_done() {
    let mut profile = unlimited();
    profile.copy.noise_cv = 0.0;
    profile.function.timeout_s = 20.0;
    let outcome = run(&fan_out(&[1; 5], None), &profile, 1, 0);
    assert_eq!((outcome.dead_lettered, outcome.copied, outcome.timeouts), (5, 0, 15));
    assert_eq!((outcome.makespan_s, outcome.metrics.billed_ms), (0.0, 15 * 18_000));
    assert!((outcome.billed_gb_s - 270.0 / 8.0).abs() < 1e-9);
}

#[test]
fn an_observer_sees_every_second_and_changes_nothing() {
    let (sizes_bytes, mut profile) = ([1; 300], bare());
    profile.function.reserved_concurrency = Some(40);
    let burst = fan_out(&sizes_bytes, None);
    let mut samples = Vec::new();
    let outcome = run_observed(&burst, &profile, 1, 0, |sample| samples.push(sample));
    assert_eq!(outcome, run(&burst, &profile, 1, 0));
    assert!(samples.iter().map(|sample| sample.second).eq(1..=outcome.makespan_s as u64));
    assert_eq!(samples.iter().map(|sample| sample.in_flight).max(), Some(40));
    assert_eq!(samples.iter().map(|sample| sample.throttles).sum::<u64>(), outcome.metrics.throttles);
    assert!(samples.iter().map(|sample| sample.copied).is_sorted() && samples[0].backlog == 260);
}

#[test]
fn no_objects_take_no_time() {
    let outcome = run(&fan_out(&[], Some(20.0)), &Profile::default(), 1, 0);
    assert_eq!((outcome.makespan_s, outcome.copied + outcome.lost, outcome.publish_requests), (0.0, 0, 0));
}

/// A service in which everything goes wrong now and then.
fn faulty() -> impl Strategy<Value = Profile> {
    let rates = prop::array::uniform6(prop_oneof![Just(0.0), 0.0..0.4f64]);
    let limits = (1u32..40, 1u32..30, 1.0..200.0f64, any::<bool>());
    let queue = (1u32..=10, prop::option::of(2u32..20), prop::option::of(1u32..4), any::<bool>());
    (rates, limits, queue).prop_map(|(rates, limits, queue)| {
        let mut profile = bare();
        let [errors, system_errors, duplicates, refusals, copy_errors, dead_letter_errors] = rates;
        profile.function.error_rate = errors;
        profile.function.system_error_rate = system_errors;
        profile.delivery.duplicate_rate = duplicates;
        profile.delivery.refusal_rate = refusals;
        profile.delivery.latency_s = 0.05;
        profile.request.error_rate = copy_errors;
        profile.function.dead_letter_error_rate = dead_letter_errors;
        profile.function.reserved_concurrency = Some(limits.0);
        profile.function.scaling_environments = limits.1;
        profile.request.prefix_rate_per_s = limits.2;
        profile.publish.rate_per_s = limits.2;
        profile.function.dead_letter_queue = limits.3;
        profile.function.timeout_s = 60.0;
        profile.function.cold_start_s = 0.5;
        profile.function.maximum_event_age_s = 900.0;
        profile.queue.visibility_timeout_s = 90.0;
        profile.queue.retention_s = 1200.0;
        profile.queue.batch_size = queue.0;
        profile.queue.maximum_concurrency = queue.1;
        profile.queue.max_receive_count = queue.2;
        profile.queue.partial_batch_responses = queue.3;
        profile
    })
}

fn check_replication(
    fan_out: &SimulatedFanOut<'_>,
    profile: &Profile,
    seed: u64,
) -> Result<(), TestCaseError> {
    profile.validate(Limits::built_in()).map_err(|error| TestCaseError::fail(error.to_string()))?;
    let outcome = run(fan_out, profile, seed, 0);
    let messages = fan_out.sizes_bytes.len() as u64;
    prop_assert_eq!(outcome.copied + outcome.dead_lettered + outcome.lost, messages, "{:?}", outcome);
    let metrics = &outcome.metrics;
    prop_assert!(outcome.in_flight_peak() <= u64::from(profile.function.concurrency_limit()));
    let whole_s = seconds(outcome.stages.function.length_ns);
    let allowance = f64::from(profile.function.scaling_environments)
        * (1.0 + whole_s / profile.function.scaling_period_s);
    prop_assert!(metrics.cold_starts as f64 <= allowance + 1e-3);
    for (name, window) in outcome.stages.named() {
        prop_assert!(window.accounting_holds(), "{}: {:?}", name, window);
        prop_assert_eq!((window.age_start_ns, window.age_end_ns), (0, 0), "{} ends empty", name);
    }
    prop_assert_eq!(metrics.concurrent_executions_time_ns, outcome.stages.function.in_flight_time_ns);
    prop_assert_eq!(metrics.backlog_time_ns, outcome.stages.queued.in_flight_time_ns);
    prop_assert_eq!(metrics.invocations, outcome.stages.function.ended);
    prop_assert_eq!(outcome.stages.delivery.ended, messages - outcome.unpublished + metrics.duplicates);
    prop_assert_eq!(outcome, run(fan_out, profile, seed, 0));
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_message_ends_exactly_once_whatever_goes_wrong(
        profile in faulty(),
        messages in 0usize..60,
        seed: u64,
        rate in prop::option::of(1.0..50.0f64),
        (threads, batch_size, attempts) in (1u32..8, 1u32..=10, 1u32..4),
        queue: bool,
    ) {
        let sizes_bytes = vec![1; messages];
        let mut fan_out = fan_out(&sizes_bytes, rate);
        fan_out.publisher = Publisher { threads, batch_size, ..fan_out.publisher };
        fan_out.retry.max_attempts = attempts;
        fan_out.shape = if queue { PipelineShape::Queue } else { PipelineShape::Direct };
        check_replication(&fan_out, &profile, seed)?;
    }
}
