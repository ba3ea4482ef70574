//! The numbers that describe a function and how it is invoked, as a user writes them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::account::{LambdaLimits, Limits};
use crate::random;
use crate::units::quantity::nanoseconds;

/// Words that set this file's draws apart from all others.
const BACK_OFF: u64 = 0x6677_6169;

/// A Lambda function, its share of the account's concurrency and its asynchronous queue.
///
/// Defaults are Lambda's own quotas (AWS Lambda Developer Guide, "Lambda quotas", "Understanding Lambda function
/// scaling", "How Lambda handles errors and retries with asynchronous invocation"). How Lambda spreads the retries
/// of its asynchronous queue is not documented: `retry_jitter`, half of every wait, is an assumption, to be calibrated
/// on AsyncEventAge.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct FunctionProfile {
    /// Seconds after which an invocation is cut off.
    pub timeout_s: f64,
    /// Megabytes of memory, which an invocation is billed by.
    pub memory_mb: u32,
    /// Concurrent executions set apart for the function; without it, it takes what the account has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reserved_concurrency: Option<u32>,
    /// Concurrent executions of the whole account.
    pub account_concurrency: u32,
    /// Concurrent executions of the account that cannot be reserved.
    pub unreserved_minimum: u32,
    /// Execution environments that can be started at once.
    pub scaling_environments: u32,
    /// Seconds in which that allowance is refilled, continuously.
    pub scaling_period_s: f64,
    /// Seconds to start an execution environment.
    pub cold_start_s: f64,
    /// Seconds that an idle execution environment stays warm.
    pub warm_s: f64,
    /// Probability that an invocation fails by itself, at a random point of its first copy.
    pub error_rate: f64,
    /// Probability that Lambda answers an asynchronous attempt with an error of its own (5xx).
    pub system_error_rate: f64,
    /// Seconds until an asynchronous event that was throttled is tried again; doubled every time.
    pub retry_base_s: f64,
    /// Longest of these waits, in seconds.
    pub retry_cap_s: f64,
    /// Share of every such wait that is random: 0 waits as long as said, 1 anything down to nothing.
    pub retry_jitter: f64,
    /// Seconds after which an asynchronous event is dropped.
    pub maximum_event_age_s: f64,
    /// How often an asynchronous event is tried again after a function error.
    pub maximum_retry_attempts: u32,
    /// Seconds until it is tried again after its first error; twice that after its second.
    pub error_retry_s: f64,
    /// Whether what the function gave up goes to a dead-letter queue; otherwise it is lost.
    pub dead_letter_queue: bool,
    /// Probability that the dead-letter queue does not take an event, which is then lost.
    pub dead_letter_error_rate: f64,
}

impl Default for FunctionProfile {
    fn default() -> Self {
        Self::of_account(&Limits::built_in().lambda)
    }
}

impl FunctionProfile {
    /// The function that is assumed on an account with these limits.
    pub(super) fn of_account(limits: &LambdaLimits) -> Self {
        Self {
            timeout_s: limits.timeout_s,
            memory_mb: limits.memory_min_mb,
            reserved_concurrency: None,
            account_concurrency: limits.account_concurrency,
            unreserved_minimum: limits.unreserved_minimum,
            scaling_environments: limits.scaling_environments,
            scaling_period_s: limits.scaling_interval_s,
            cold_start_s: 0.3,
            warm_s: 600.0,
            error_rate: 0.0,
            system_error_rate: 0.0,
            retry_base_s: limits.backoff_first_s,
            retry_cap_s: limits.backoff_max_s,
            retry_jitter: 0.5,
            maximum_event_age_s: limits.event_age_max_s,
            maximum_retry_attempts: limits.error_retries_after_s.len() as u32,
            error_retry_s: limits.error_retries_after_s.first().copied().unwrap_or_default(),
            dead_letter_queue: true,
            dead_letter_error_rate: 0.0,
        }
    }

    /// A function that nothing limits: to see what concurrency a load asks for.
    #[must_use]
    pub fn unlimited(&self) -> Self {
        Self {
            reserved_concurrency: None,
            account_concurrency: u32::MAX,
            scaling_environments: u32::MAX,
            ..self.clone()
        }
    }

    /// Executions that can run at the same time.
    #[must_use]
    pub fn concurrency_limit(&self) -> u32 {
        self.reserved_concurrency.unwrap_or(self.account_concurrency)
    }

    /// The wait after throttle number `throttle` (from 1) of the event that `key` stands for.
    pub(in crate::service) fn throttle_wait_ns(&self, seed: u64, key: u64, throttle: u32) -> u64 {
        let (base_s, cap_s) = (self.retry_base_s, self.retry_cap_s);
        back_off_ns(base_s, cap_s, self.retry_jitter, [seed, BACK_OFF, key], throttle)
    }
}

/// min(cap, base·2^(time − 1)), less a random share of up to `jitter`.
pub(super) fn back_off_ns(base_s: f64, cap_s: f64, jitter: f64, purpose: [u64; 3], time: u32) -> u64 {
    let doublings = time.saturating_sub(1).min(60);
    let longest_s = (base_s * (1u64 << doublings) as f64).min(cap_s);
    let [seed, kind, key] = purpose;
    let share = 1.0 - jitter * random::uniform(seed, &[kind, key, u64::from(time)]);
    nanoseconds(longest_s * share)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn throttled_events_wait_one_second_then_twice_as_long_up_to_five_minutes() {
        let steady = FunctionProfile { retry_jitter: 0.0, ..FunctionProfile::default() };
        let waits: Vec<u64> =
            (1..=11).map(|throttle| steady.throttle_wait_ns(1, 2, throttle) / 1_000_000_000).collect();
        assert_eq!(waits, [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]);
        let jittered = FunctionProfile { retry_jitter: 0.5, ..FunctionProfile::default() };
        let mean_s =
            (0..10_000).map(|key| jittered.throttle_wait_ns(1, key, 5) as f64 / 1e9).sum::<f64>() / 1e4;
        assert!((mean_s - 12.0).abs() < 0.1, "{mean_s}");
    }
}
