//! Why the verdicts of an audit came out as they did.

use serde::Serialize;

use super::execution_time::ExecutionTime;
use crate::check;

/// Why a verdict of an audit came out as it did.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum AuditReason {
    /// There is nothing at the source.
    NothingAtSource,
    /// Every object arrived.
    AllArrived,
    /// All that was listed arrived, and the listings were not read to their ends.
    ListingsCutOff,
    /// So many did not arrive, or are wrong.
    NotArrived(u64),
    /// There are no metrics of the function.
    NoMetrics,
    /// The listings were not read to their ends, so that invocations have nothing to be compared with.
    NotAllListed,
    /// The function ran at least once an object.
    RanForEach,
    /// It ran so many times more often than there are objects, which retries do not explain.
    RanForOthers(u64),
    /// It ran less often, and all objects are there.
    RanForSeveral,
    /// It ran so many times less often, and objects are missing; Lambda gave up so many events.
    RanTooRarely(u64, Option<u64>),
    /// No plan with a deadline.
    NoDeadline,
    /// No plan with finishing times.
    NoFinish,
    /// No plan with a reserved concurrency.
    NoReserve,
    /// Not everything has arrived, so the backup is not over.
    NotOver,
    /// Nothing was copied.
    NothingCopied,
    /// The time that it took, beside the deadline in seconds.
    Deadline(ExecutionTime, f64),
    /// The time that it took is within this percentile of the plan.
    Finish(ExecutionTime, &'static str),
    /// It is within none, the latest of which is at so many seconds.
    LateFinish(ExecutionTime, f64),
    /// The metrics have no concurrent executions.
    NoPeak,
    /// Most executions at once, beside what the plan set aside.
    Peak {
        /// Most at once.
        peak: f64,
        /// Set aside.
        reserved: f64,
        /// Whether what came on top waited in a queue.
        queued: bool,
    },
    /// Why of the function's metrics as a file.
    Metrics(check::verdict_reason::CheckReason),
    /// There are too few periods of metrics, or too uneven ones, for the seconds that a verdict takes.
    TooFewPeriods(Option<f64>),
}
