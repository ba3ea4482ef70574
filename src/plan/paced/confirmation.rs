//! A plan run through the whole pipeline: what becomes of it where throttles, back-off and pollers are real.

use rayon::prelude::*;

use super::question::RateQuestion;
use crate::cost::Usage;
use planner_core::account::Limits;
use planner_core::load::arrival::Spacing;
use planner_core::numeric::proportion::Proportion;
use planner_core::random;
use planner_core::service::Profile;
use planner_core::service::function::PipelineShape;
use planner_core::simulate::fan_out::{FanOutOutcome, Publisher, SimulatedFanOut, run};

/// Words that set this file's draws apart from all others.
const CONFIRM: u64 = 0x6661_6e63;

/// Jobs that are run through the whole pipeline at most: the first ones.
pub(crate) const CONFIRMED_JOBS: u64 = 100_000;

/// What is set for a fan-out.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FanOutSetting {
    /// How messages reach the function.
    pub shape: PipelineShape,
    /// Messages per second; None to publish as fast as the threads can.
    pub rate_per_s: Option<f64>,
    /// Publish requests at the same time, at most.
    pub threads: u32,
    /// Concurrency reserved for the function; with a queue also its event source's maximum concurrency, unless that
    /// cannot be so large.
    pub reserved: u32,
}

/// What became of a plan.
#[derive(Debug, Clone, PartialEq)]
pub struct Confirmed {
    /// What was set.
    pub pace: FanOutSetting,
    /// Share of the runs in which every object was copied by the deadline.
    pub in_time: Proportion,
    /// Seconds from the first publish request to the last copy, ascending.
    pub makespans_s: Vec<f64>,
    /// Most executions at the same time in any run.
    pub in_flight_peak: u64,
    /// Share of the runs in which nothing was throttled.
    pub unthrottled: Proportion,
    /// Mean number of throttles of a run.
    pub throttles: f64,
    /// Mean number of messages that were given up and kept.
    pub dead_lettered: f64,
    /// Mean number of messages that were given up and not kept, or never published.
    pub lost: f64,
    /// Mean number of invocations that were cut off at the timeout.
    pub timeouts: f64,
    /// What a run uses on average.
    pub usage: Usage,
}

impl Confirmed {
    /// Runs the whole pipeline `runs` times, over the services that the batch may meet; of a large batch the first jobs,
    /// and counts and usage in proportion. Quotas that are too small for the
    /// plan count as raised, all others hold.
    #[must_use]
    pub fn of(question: &RateQuestion<'_>, pace: FanOutSetting, deadline_s: f64, runs: u64) -> Self {
        let RateQuestion { work, central, resampled, batch_size, prefixes, seed, .. } = *question;
        let publisher = Publisher {
            threads: pace.threads,
            batch_size,
            rate_per_s: pace.rate_per_s,
            spacing: Spacing::Even,
        };
        let (shape, retry) = (pace.shape, work.retry());
        let sizes_bytes = work.sizes_bytes();
        let sizes_bytes = &sizes_bytes[..sizes_bytes.len().min(CONFIRMED_JOBS as usize)];
        let scale = work.jobs() as f64 / sizes_bytes.len().max(1) as f64;
        let fan_out = SimulatedFanOut { sizes_bytes, publisher, shape, retry, prefixes };
        let seed = random::word(seed, &[CONFIRM]);
        let outcomes: Vec<FanOutOutcome> = (0..runs)
            .into_par_iter()
            .map(|number| {
                let place = number.checked_rem(resampled.len() as u64).unwrap_or(0) as usize;
                run(&fan_out, &raised(resampled.get(place).unwrap_or(central), &pace), seed, number)
            })
            .collect();
        Self::over(&outcomes, pace, deadline_s, scale)
    }

    fn over(outcomes: &[FanOutOutcome], pace: FanOutSetting, deadline_s: f64, scale: f64) -> Self {
        let runs = outcomes.len() as u64;
        let mean = |value: fn(&FanOutOutcome) -> f64| {
            scale * outcomes.iter().map(value).sum::<f64>() / runs.max(1) as f64
        };
        let share = |holds: &dyn Fn(&FanOutOutcome) -> bool| {
            Proportion::of(outcomes.iter().filter(|outcome| holds(outcome)).count() as u64, runs)
        };
        let mut makespans_s: Vec<f64> = outcomes.iter().map(|outcome| outcome.makespan_s).collect();
        makespans_s.sort_unstable_by(f64::total_cmp);
        Self {
            pace,
            in_time: share(&|outcome| outcome.meets(deadline_s)),
            makespans_s,
            in_flight_peak: outcomes.iter().map(FanOutOutcome::in_flight_peak).max().unwrap_or(0),
            unthrottled: share(&|outcome| outcome.metrics.throttles == 0),
            throttles: mean(|outcome| outcome.metrics.throttles as f64),
            dead_lettered: mean(|outcome| outcome.dead_lettered as f64),
            lost: mean(|outcome| outcome.lost as f64),
            timeouts: mean(|outcome| outcome.timeouts as f64),
            usage: scaled(Usage::of_fan_outs(outcomes), scale),
        }
    }
}

/// What more jobs of the same kind use.
fn scaled(usage: Usage, scale: f64) -> Usage {
    let times = |count: u64| (count as f64 * scale).round() as u64;
    Usage {
        copy_requests: times(usage.copy_requests),
        messages: times(usage.messages),
        deliveries: times(usage.deliveries),
        queue_requests: times(usage.queue_requests),
        invocations: times(usage.invocations),
        x86_gb_s: usage.x86_gb_s * scale,
        ..usage
    }
}

/// The profile with the plan on it, and with quotas that allow it.
fn raised(profile: &Profile, pace: &FanOutSetting) -> Profile {
    let mut profile = profile.clone();
    let function = &mut profile.function;
    function.reserved_concurrency = Some(pace.reserved);
    let needed = pace.reserved.saturating_add(function.unreserved_minimum);
    function.account_concurrency = function.account_concurrency.max(needed);
    let sqs = &Limits::built_in().sqs;
    profile.queue.maximum_concurrency = Some(pace.reserved.max(sqs.event_source_concurrency_min))
        .filter(|&most| most <= sqs.event_source_concurrency_max);
    profile.publish.rate_per_s = profile.publish.rate_per_s.max(pace.rate_per_s.unwrap_or(0.0));
    profile
}
