//! The numbers that describe a queue and what polls it, as a user writes them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::bounds::{LONGEST_S, ProfileError, check, check_time, check_wait};
use super::function::back_off_ns;
use crate::account::{Limits, SqsLimits};

/// Words that set this file's draws apart from all others.
const THROTTLED: u64 = 0x7175_6575;

/// Messages that one invocation takes at most, without a batching window that is longer than the limit of SQS.
pub(in crate::service) const MAX_BATCH: usize = 10;

/// A queue and the event source mapping that polls it for the function.
///
/// Defaults follow the AWS Lambda Developer Guide, "Configuring scaling behavior for SQS event source mappings" and
/// "Creating and configuring an Amazon SQS event source mapping" (a visibility timeout of six function timeouts).
/// How pollers back off when the function is throttled is documented as "gradually" only: here a throttled batch
/// keeps its poller and is tried again with back-off until its visibility timeout, and no poller is added for
/// `throttle_pause_s`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct QueueProfile {
    /// Messages of one invocation, 1 to 10.
    pub batch_size: u32,
    /// Whether the function names the messages of a batch that failed; otherwise all of them return.
    pub partial_batch_responses: bool,
    /// Invocations that the event source mapping makes at the same time, 2 to 1000.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub maximum_concurrency: Option<u32>,
    /// Concurrent invocations that polling begins with.
    pub pollers_initial: u32,
    /// Concurrent invocations that are added per minute, continuously, while messages wait.
    pub pollers_added_per_minute: u32,
    /// Concurrent invocations that the mapping reaches without `maximum_concurrency`.
    pub pollers_maximum: u32,
    /// Seconds until a message that was received and not deleted can be received again.
    pub visibility_timeout_s: f64,
    /// Receives after which a message goes to the dead-letter queue; without it there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_receive_count: Option<u32>,
    /// Seconds after which the queue drops a message.
    pub retention_s: f64,
    /// Seconds until a throttled batch is tried again; doubled every time, with full jitter.
    pub throttle_base_s: f64,
    /// Longest of these waits, in seconds.
    pub throttle_cap_s: f64,
    /// Seconds without further pollers after a throttle.
    pub throttle_pause_s: f64,
}

impl Default for QueueProfile {
    fn default() -> Self {
        Self::of_account(Limits::built_in())
    }
}

impl QueueProfile {
    /// The queue that is assumed on an account with these limits.
    pub(super) fn of_account(limits: &Limits) -> Self {
        let sqs = &limits.sqs;
        Self {
            batch_size: 1,
            partial_batch_responses: true,
            maximum_concurrency: None,
            pollers_initial: sqs.event_source_concurrency_initial,
            pollers_added_per_minute: sqs.event_source_scaling_per_min,
            pollers_maximum: sqs.event_source_concurrency_unset,
            visibility_timeout_s: sqs.visibility_timeouts * limits.lambda.timeout_s,
            max_receive_count: Some(5),
            retention_s: sqs.retention_s,
            throttle_base_s: 1.0,
            throttle_cap_s: 60.0,
            throttle_pause_s: 60.0,
        }
    }

    /// The wait after throttle number `throttle` (from 1) of a batch.
    pub(in crate::service) fn throttle_wait_ns(&self, seed: u64, key: u64, throttle: u32) -> u64 {
        back_off_ns(self.throttle_base_s, self.throttle_cap_s, 1.0, [seed, THROTTLED, key], throttle)
    }

    pub(super) fn validate(&self, function_timeout_s: f64, sqs: &SqsLimits) -> Result<(), ProfileError> {
        let batch_size = f64::from(self.batch_size);
        let holds = (1..=MAX_BATCH as u32).contains(&self.batch_size);
        check("queue.batch_size", batch_size, holds, "number from 1 to 10")?;
        let (least, most) = (sqs.event_source_concurrency_min, sqs.event_source_concurrency_max);
        let concurrency = self.maximum_concurrency.unwrap_or(least);
        let holds = (least..=most).contains(&concurrency);
        let rule = format!("number from {least} to {most}");
        check("queue.maximum_concurrency", f64::from(concurrency), holds, rule)?;
        for (field, value) in [
            ("queue.pollers_initial", f64::from(self.pollers_initial)),
            ("queue.pollers_added_per_minute", f64::from(self.pollers_added_per_minute)),
            ("queue.pollers_maximum", f64::from(self.pollers_maximum)),
            ("queue.max_receive_count", f64::from(self.max_receive_count.unwrap_or(1))),
        ] {
            check(field, value, value > 0.0, "finite, positive number")?;
        }
        let (retention_s, most_s) = (self.retention_s, sqs.retention_max_s);
        let holds = retention_s > 0.0 && retention_s <= most_s;
        let rule = format!(
            "positive number of seconds up to {most_s}, which is SQS's limit of {} days",
            most_s / 86_400.0
        );
        check("queue.retention_s", retention_s, holds, rule)?;
        check_wait("queue.throttle_base_s", self.throttle_base_s)?;
        check_wait("queue.throttle_cap_s", self.throttle_cap_s)?;
        check_time("queue.throttle_pause_s", self.throttle_pause_s)?;
        let holds = (function_timeout_s..=LONGEST_S).contains(&self.visibility_timeout_s);
        let rule =
            "number of seconds from `function.timeout_s`, as Lambda demands, to 604800, which is a week";
        check("queue.visibility_timeout_s", self.visibility_timeout_s, holds, rule)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queues_that_lambda_would_not_take_are_refused() {
        assert_eq!(QueueProfile::default().validate(900.0, &Limits::built_in().sqs), Ok(()));
        let wrong = [
            (QueueProfile { batch_size: 0, ..QueueProfile::default() }, "queue.batch_size"),
            (QueueProfile { batch_size: 11, ..QueueProfile::default() }, "queue.batch_size"),
            (
                QueueProfile { maximum_concurrency: Some(1), ..QueueProfile::default() },
                "queue.maximum_concurrency",
            ),
            (
                QueueProfile { visibility_timeout_s: 30.0, ..QueueProfile::default() },
                "queue.visibility_timeout_s",
            ),
            (QueueProfile { throttle_base_s: f64::NAN, ..QueueProfile::default() }, "queue.throttle_base_s"),
        ];
        for (queue, field) in wrong {
            assert_eq!(queue.validate(900.0, &Limits::built_in().sqs).unwrap_err().field, field);
        }
    }
}
