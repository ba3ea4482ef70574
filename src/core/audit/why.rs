//! Why the verdicts of an audit came out as they did.

use serde::Serialize;

use super::took::Took;
use crate::check;

/// Why a verdict of an audit came out as it did.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// There is nothing at the source.
    NothingAtSource,
    /// Every object arrived.
    AllArrived,
    /// All that was listed arrived, and the listings were not read to their ends.
    ListingsCutOff,
    /// Some did not arrive, or are wrong.
    NotArrived {
        /// How many.
        objects: u64,
    },
    /// There are no metrics of the function.
    NoMetrics,
    /// The listings were not read to their ends, so that invocations have nothing to be compared with.
    NotAllListed,
    /// The function ran at least once an object.
    RanForEach,
    /// It ran less often, and all objects are there.
    RanForSeveral,
    /// It ran less often, and objects are missing.
    RanTooRarely {
        /// By how many invocations.
        fewer: u64,
        /// Events that Lambda gave up.
        given_up: Option<u64>,
    },
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
    /// The time that it took, beside the deadline.
    Deadline {
        /// The time.
        took: Took,
        /// The deadline.
        deadline_s: f64,
    },
    /// The time that it took, beside the finishing times of the plan.
    Finish {
        /// The time.
        took: Took,
        /// The first percentile of the plan that it is within.
        within: Option<&'static str>,
        /// The latest finish that the plan names.
        latest_s: f64,
    },
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
    Metrics(check::why::Why),
    /// There are too few periods of metrics, or too uneven ones.
    TooFewPeriods {
        /// How long a verdict takes.
        needed_s: Option<f64>,
    },
}
