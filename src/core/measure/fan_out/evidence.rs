//! What is found out about the copies, whoever tells it.

use std::collections::{BTreeMap, BTreeSet};

use super::second::FunctionSecond;
use super::stage::StageWindows;
use crate::fan_out::copy_record::CopyRecord;

/// What the pipeline and the destination say about a run. Nothing here comes from the publisher.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct FanOutEvidence {
    /// The lines of the function about the run.
    pub lines: Vec<CopyRecord>,
    /// The start of the run on the clock of these lines.
    pub epoch_s: f64,
    /// Objects at the destination with their LastModified, since the start of the run.
    pub modified_s: BTreeMap<u64, f64>,
    /// Objects whose message lies in a dead-letter queue.
    pub dead_lettered: BTreeSet<u64>,
    /// Objects whose message is known to be dropped.
    pub dropped: BTreeSet<u64>,
    /// Whether nobody has any message left, so that what has not arrived never will.
    pub is_over: bool,
    /// What the function's metrics counted.
    pub counts: FunctionCounts,
    /// Executions at the same time that the function may have.
    pub concurrency_limit: Option<u64>,
    /// What was counted stage by stage.
    pub windows: StageWindows,
    /// The function second by second.
    pub seconds: Vec<FunctionSecond>,
    /// What could not be found out, and why.
    pub unknown: Vec<String>,
}

/// What the function's metrics counted; none where nobody counts it.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct FunctionCounts {
    /// Invocations that ran.
    pub invocations: Option<u64>,
    /// Attempts to invoke that found no room.
    pub throttles: Option<u64>,
    /// Invocations that failed.
    pub errors: Option<u64>,
    /// Most executions at the same time.
    pub concurrency_peak: Option<u64>,
    /// Mean executions at the same time, by a gauge of its own.
    pub concurrency_mean: Option<f64>,
    /// Mean time of an invocation, in seconds, cold starts left out where they are known.
    pub duration_mean_s: Option<f64>,
    /// Longest of these times.
    pub duration_max_s: Option<f64>,
    /// Longest time from the arrival of an asynchronous event to an invocation for it, in seconds.
    pub async_event_age_max_s: Option<f64>,
}
