//! The ways held to what is known of them.

use super::*;
use crate::caveat::Caveat;
use crate::fit::FittedModel;
use crate::plan_inputs::tests::inputs;
use crate::residence::Residence;
use crate::strategies_document::StrategyKind;
use planner_core::service::Profile;
use planner_core::units::quantity::Bytes;

const REQUEST: StrategiesRequest = StrategiesRequest {
    deadline_s: None,
    threads: 100,
    pools: 31,
    rate_per_s: None,
    observed_s: None,
    runs: None,
};

fn residence(text: &str) -> FittedModel {
    text.parse::<Residence>().unwrap().model(Bytes(700_000_000))
}

fn context<'a>(inputs: &'a PlanInputs, request: &'a StrategiesRequest) -> StrategyContext<'a> {
    let work = inputs.work(Order::Fifo);
    let times = Mixture::new(&work, &inputs.model.profile);
    StrategyContext { inputs, request, work, times }
}

/// Times are whole nanoseconds, and every byte takes a little.
#[track_caller]
fn assert_near(finishes_s: &[Option<f64>], expected_s: f64) {
    let near = |finish_s: &Option<f64>| finish_s.is_some_and(|finish_s| (finish_s - expected_s).abs() < 1e-6);
    assert!(finishes_s.iter().all(near), "{finishes_s:?} is not {expected_s}");
}

/// In the order in which a team usually comes to them.
const LOOP: usize = 0;
const RENTED_MACHINE: usize = 4;
const BATCH_OPERATIONS: usize = 8;

#[test]
fn the_daily_job_takes_a_for_loop_an_hour_and_three_quarters() {
    let inputs = inputs(250, 700_000_000, residence("fixed(25.2s)"));
    let request = StrategiesRequest { observed_s: Some(160.0), runs: Some(4), ..REQUEST };
    let comparison = strategies(&inputs, &request);
    assert!(matches!(
        comparison.strategies.iter().map(|row| row.strategy).collect::<Vec<_>>()[..],
        [
            StrategyKind::Loop,
            StrategyKind::Pool { threads: 100 },
            StrategyKind::NestedPools { pools: 31, threads: 100 },
            StrategyKind::OneFunction { threads: 100, .. },
            StrategyKind::RentedMachine { threads: 100, .. },
            StrategyKind::FanOutUnpaced { .. },
            StrategyKind::FanOutPaced { .. },
            StrategyKind::FanOutQueued { .. },
            StrategyKind::BatchOperations
        ]
    ));
    let [loop_, pool, ..] = &comparison.strategies[..] else { panic!() };
    assert_near(&[loop_.finish_p50_s, loop_.finish_p99_s], 6300.0);
    // Three rounds of at most a hundred, and 250 COPY requests at 0.005 $ a thousand.
    assert_near(&[pool.finish_p50_s, pool.finish_p99_s], 75.6);
    assert_eq!((loop_.in_flight_peak, pool.in_flight_peak), (Some(1), Some(100)));
    assert!((pool.cost_usd - 0.00125).abs() < 1e-12);
    let observed = comparison.observed.unwrap();
    assert_eq!(observed.x_per_s, 1.5625);
    assert!((observed.in_flight - 39.375).abs() < 1e-6, "{observed:?}");
}

#[test]
fn the_built_in_profile_says_the_same_of_the_for_loop() {
    let inputs = inputs(250, 700_000_000, FittedModel { profile: Profile::default(), ..residence("25.2s") });
    let request = StrategiesRequest { threads: 1, ..REQUEST };
    let context = context(&inputs, &request);
    let strategies = pools::on_the_machine_at_hand(&context);
    let (p50_s, p99_s) = (strategies[0].finish_p50_s.unwrap(), strategies[0].finish_p99_s.unwrap());
    assert!((p50_s - 6300.0).abs() < 20.0, "{p50_s}");
    // sd 0.25·25.2·√250 = 99.6 s, so that the 99th percentile is 232 s later.
    assert!((p99_s - 6532.0).abs() < 60.0, "{p99_s}");
}

#[test]
fn one_function_is_cut_off_and_says_how_much_is_copied() {
    let inputs = inputs(45_000, 700_000_000, residence("fixed(25.2s)"));
    let request = StrategiesRequest { runs: Some(2), ..REQUEST };
    let strategy = function::one(&context(&inputs, &request));
    // 35 rounds of a hundred fit into 900 s.
    assert_eq!(
        (strategy.finish_p50_s, strategy.copied, strategy.in_flight_peak),
        (None, 3500.0 / 45_000.0, Some(100))
    );
    let cut_off = Caveat::CutOff { timeout_s: 900.0, copied: strategy.copied, in_turn: Some(13) };
    assert_eq!(strategy.caveats[0], cut_off);
    // 3500 COPY requests, one invocation, and 900.3 s of an eighth of a gigabyte.
    let usd = 3500.0 * 5e-6 + 2e-7 + 900.3 / 8.0 * 0.000_016_666_7;
    assert!((strategy.cost_usd - usd).abs() < 1e-9, "{}", strategy.cost_usd);
    let request = StrategiesRequest { threads: 5000, ..request };
    let strategy = function::one(&context(&inputs, &request));
    assert_eq!(strategy.in_flight_peak, Some(1024));
    assert!(strategy.caveats.contains(&Caveat::MostThreads { most: 1024 }), "{strategy:?}");
}

#[test]
fn one_function_in_time_costs_its_memory_and_its_time() {
    let inputs = inputs(250, 700_000_000, residence("fixed(25.2s)"));
    let request = StrategiesRequest { runs: Some(2), ..REQUEST };
    let strategy = function::one(&context(&inputs, &request));
    assert_near(&[strategy.finish_p50_s, strategy.finish_p99_s], 75.9);
    assert_eq!(strategy.copied, 1.0);
    let usd = 250.0 * 5e-6 + 2e-7 + 75.9 / 8.0 * 0.000_016_666_7;
    assert!((strategy.cost_usd - usd).abs() < 1e-9, "{}", strategy.cost_usd);
}

#[test]
fn a_burst_beyond_what_can_be_reserved_ends_later_than_a_pace() {
    let mut inputs = inputs(6000, 700_000_000, residence("lognormal(30s, cv=0.5)"));
    inputs.limits.lambda.account_concurrency = 700;
    let request = StrategiesRequest { runs: Some(2), ..REQUEST };
    let [unpaced, paced, queued] = fan_out::strategies(&context(&inputs, &request));
    assert!(unpaced.finish_p50_s > paced.finish_p50_s, "{unpaced:?} {paced:?}");
    assert!(unpaced.throttles.unwrap() > 6000.0, "{unpaced:?}");
    assert!(matches!(unpaced.caveats[..], [Caveat::BackOff { longest_s: 300.0, .. }]), "{unpaced:?}");
    assert_eq!((paced.throttles, queued.throttles), (Some(0.0), Some(0.0)));
    assert_eq!((unpaced.in_flight_peak, queued.in_flight_peak), (Some(600), Some(600)));
    assert!(paced.in_flight_peak.unwrap() > 500, "a pace leaves little of it idle: {paced:?}");
    assert_eq!([unpaced.copied, paced.copied, queued.copied], [1.0; 3]);
    // The queue costs three requests a message more.
    assert!((queued.cost_usd - paced.cost_usd - 18_000.0 * 0.4e-6).abs() < 1e-3, "{queued:?}");
}

#[test]
fn a_pace_of_ones_own_is_kept_even_when_it_throttles() {
    let mut inputs = inputs(400, 700_000_000, residence("fixed(25.2s)"));
    inputs.limits.lambda.account_concurrency = 150;
    let request = StrategiesRequest { runs: Some(2), rate_per_s: Some(10.0), ..REQUEST };
    let [_, paced, _] = fan_out::strategies(&context(&inputs, &request));
    assert_eq!(paced.strategy, StrategyKind::FanOutPaced { rate_per_s: 10.0, reserved: 50 });
    let throttles = paced.throttles.filter(|&throttles| throttles > 0.0).unwrap();
    assert_eq!(paced.caveats, [Caveat::StillThrottled { throttles }]);
}

#[test]
fn contention_makes_pools_in_a_pool_and_fan_outs_slower() {
    let mut contended = residence("fixed(25.2s)");
    contended.profile.copy.sigma = 0.01;
    let request = StrategiesRequest { runs: Some(1), ..REQUEST };
    let free = strategies(&inputs(250, 700_000_000, residence("fixed(25.2s)")), &request);
    let slowed = strategies(&inputs(250, 700_000_000, contended), &request);
    for (slowed, free) in slowed.strategies.iter().zip(&free.strategies) {
        let is_bound = matches!(
            free.strategy,
            StrategyKind::Loop | StrategyKind::FanOutQueued { .. } | StrategyKind::BatchOperations
        );
        assert!(is_bound || slowed.finish_p50_s > free.finish_p50_s.map(|free_s| 1.2 * free_s), "{slowed:?}");
    }
}

#[test]
fn a_deadline_marks_what_misses_it_and_sizes_the_rented_machine() {
    let mut inputs = inputs(250, 700_000_000, residence("lognormal(25.2s, cv=0.25)"));
    inputs.prices.ec2.usd_per_hour = 3.6;
    let request = StrategiesRequest { deadline_s: Some(160.0), runs: Some(300), ..REQUEST };
    let comparison = strategies(&inputs, &request);
    assert_eq!(
        (comparison.strategies[LOOP].by_deadline, comparison.strategies[BATCH_OPERATIONS].by_deadline),
        (Some(0.0), None)
    );
    let rented = &comparison.strategies[RENTED_MACHINE];
    assert!(rented.by_deadline.unwrap() > 0.95 && rented.in_flight_peak.unwrap() < 70, "{rented:?}");
    // 250 COPY requests and about 150 s of a machine of 0.001 $ a second.
    assert!((rented.cost_usd - 0.15).abs() < 0.03, "{}", rented.cost_usd);
    assert!(comparison.some_way_meets_the_deadline());
    let hopeless =
        strategies(&inputs, &StrategiesRequest { deadline_s: Some(5.0), runs: Some(2), ..REQUEST });
    assert!(!hopeless.some_way_meets_the_deadline());
}

#[test]
fn batch_operations_have_a_price_but_no_time_and_leave_what_is_too_large() {
    let mut inputs = inputs(45_000, 700_000_000, residence("fixed(30s)"));
    let strategy = batch_operations::batch_operations(&inputs);
    assert!((strategy.cost_usd - (0.25 + 0.045 + 0.225)).abs() < 1e-9, "{}", strategy.cost_usd);
    assert_eq!((strategy.finish_p50_s, strategy.copied, strategy.runs), (None, 1.0, 0));
    inputs.batch.sizes_bytes = [1, 6 << 30].into();
    let strategy = batch_operations::batch_operations(&inputs);
    assert_eq!(strategy.copied, 0.5);
    assert_eq!(strategy.caveats[1], Caveat::TooLarge { objects: 1, largest_bytes: 5 << 30 });
}

#[test]
fn no_objects_and_one_are_compared_too() {
    for objects in [0, 1] {
        let request =
            StrategiesRequest { deadline_s: Some(60.0), observed_s: Some(10.0), runs: Some(2), ..REQUEST };
        let comparison = strategies(&inputs(objects, 1, residence("fixed(30s)")), &request);
        assert_eq!(comparison.strategies.len(), 9);
        for strategy in &comparison.strategies {
            assert!(strategy.copied == 1.0 && strategy.cost_usd.is_finite(), "{objects}: {strategy:?}");
        }
    }
}

#[test]
fn the_same_seed_gives_the_same_comparison_on_any_number_of_cores() {
    let inputs = inputs(60, 700_000_000, residence("exponential(5s)"));
    let request = StrategiesRequest { runs: Some(6), ..REQUEST };
    let alone = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    assert_eq!(alone.install(|| strategies(&inputs, &request)), strategies(&inputs, &request));
}
