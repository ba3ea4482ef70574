//! The numbers that describe a queue and what polls it, as a user writes them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::function::back_off_ns;
use crate::account::Limits;

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
#[serde_with::skip_serializing_none]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct QueueProfile {
    /// Messages of one invocation, 1 to 10.
    pub batch_size: u32,
    /// Whether the function names the messages of a batch that failed; otherwise all of them return.
    pub partial_batch_responses: bool,
    /// Invocations that the event source mapping makes at the same time, 2 to 1000.
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
}
