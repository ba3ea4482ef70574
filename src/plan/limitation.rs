//! What a model or a plan cannot know.

use serde::{Deserialize, Serialize};

use super::copier::Copier;

/// A reason for caution.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Limitation {
    /// The target was no real account.
    Rehearsal,
    /// Few jobs.
    SmallSample {
        /// Jobs measured.
        jobs: u64,
    },
    /// Times of which the slowest do not follow from the others.
    SlowestApart {
        /// Jobs measured.
        jobs: u64,
    },
    /// Sizes that do not tell a fixed time from a bandwidth.
    SizesTooAlike {
        /// Smallest copy or part.
        smallest_bytes: u64,
        /// Largest copy or part.
        largest_bytes: u64,
    },
    /// A log that names no sizes.
    SizesUnknown,
    /// A log that does not say when copies were made.
    TimesUnknown,
    /// No scaling law to go beyond what was measured.
    NoScaling {
        /// Requests in flight in the levels that were used.
        n: f64,
        /// Why the scaling law of the run's sweep is not used; None where there was none.
        refused: Option<String>,
    },
    /// A run that ended before its jobs did.
    CutOff {
        /// Jobs that began and did not end.
        unfinished: u64,
    },
    /// Throttled attempts.
    Throttled {
        /// Share of the attempts at copies.
        share: f64,
    },
    /// Attempts that were refused for good.
    ClientErrors {
        /// Share of the attempts at copies.
        share: f64,
    },
    /// Nothing was measured.
    Assumed,
    /// A mean without a spread.
    MeanOnly {
        /// Coefficient of variation that is assumed.
        cv: f64,
    },
    /// More at once than was ever measured.
    Extrapolated {
        /// Concurrency of the plan.
        value: u64,
        /// Most that were measured in flight, as a mean over time.
        measured_n: f64,
    },
    /// More objects than were measured, so that the slowest of them was not seen.
    TailExtrapolated {
        /// Jobs measured.
        measured: u64,
        /// Jobs planned.
        planned: u64,
    },
    /// Objects larger or smaller than the measured ones.
    OtherSizes {
        /// Measured, smallest and largest.
        measured_bytes: [u64; 2],
        /// Planned, smallest and largest.
        planned_bytes: [u64; 2],
    },
    /// Copies of another kind of copier than the planned one.
    OtherCopier {
        /// Who made the measured ones.
        measured: Copier,
        /// Seconds from the publishing of a message to the start of its function, as assumed.
        delivery_s: f64,
        /// Seconds to start an execution environment, as assumed.
        cold_start_s: f64,
    },
    /// Throttled messages are retried by rules that are not public.
    RetriesUndocumented,
    /// Too few simulated runs to show the wanted probability, because each takes long.
    FewRuns {
        /// Simulated runs.
        runs: u64,
    },
    /// Objects that must be restored from an archive before they can be copied.
    Archived {
        /// How many.
        objects: u64,
    },
    /// Objects that are copied in parts, planned as one copy each.
    PartsAsOne {
        /// How many.
        objects: u64,
    },
}
