//! What the consumer answers and is told: invocations, and what becomes of messages.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::units::quantity::NS_PER_S;

/// What the function keeps back of an invocation's time, so that it can still abort an upload and answer, in
/// nanoseconds.
pub const RESERVE_NS: u64 = 2 * NS_PER_S;

/// How messages reach the function.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum PipelineShape {
    /// The topic invokes the function; what is throttled waits in the function's asynchronous queue.
    #[default]
    Direct,
    /// The topic feeds a queue, which an event source mapping polls for the function.
    Queue,
}

/// What became of a message, the best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MessageOutcome {
    /// The function took it and returned without error.
    Done,
    /// It was given up and kept in a dead-letter queue.
    DeadLettered,
    /// It was given up and nothing kept it.
    Lost,
}

/// What a driver has to do next.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum PipelineAction {
    /// Run the function now, then ask again.
    Invoke(Invocation),
    /// Every delivery of the message has ended.
    Ended {
        /// The message, as it was published.
        key: u64,
        /// What became of it.
        fate: MessageOutcome,
    },
    /// Wait for this time, for a message or for an invocation to end, whichever is first.
    Wait(Option<u64>),
}

/// One run of the function, to be given back with [`Consumer::ended`](super::Consumer::ended).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Invocation {
    /// Its number, from 0 and small; used again after it ended.
    pub id: u32,
    /// Time before the function's code begins.
    pub cold_start_ns: u64,
    /// Time that the code is given from then on.
    pub timeout_ns: u64,
    /// Where this invocation fails by itself, as a share of its first copy's time.
    pub error_at: Option<f64>,
}

impl Invocation {
    /// Time after which the code stops working by itself.
    #[must_use]
    pub fn work_ns(&self) -> u64 {
        self.timeout_ns.saturating_sub(RESERVE_NS)
    }
}

/// A message of an invocation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Member {
    /// The message, as it was published.
    pub key: u64,
    /// How often it was invoked before: every time has its own luck.
    pub ordinal: u32,
}

/// How an invocation ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InvocationEnd {
    /// Every message was dealt with.
    Ok,
    /// Bit i is set where message i of the batch failed.
    Partial(u16),
    /// The function failed, or was cut off at its timeout.
    Failed,
}
