//! Why the verdicts on a file came out as they did.

use serde::Serialize;

use crate::law::gauge_verdict::GaugeAgreement;

/// Why a verdict on a file came out as it did.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckReason {
    /// The file has no single requests.
    NoRequests,
    /// A table has no batches.
    NoBatches,
    /// A table has two of N, X and R, which cannot contradict each other.
    TwoGiven,
    /// X·R is near enough to N in every row.
    RowsNear,
    /// It is not, and most in the row of this N.
    RowOff(f64),
    /// The file has fewer than three of N, X and R.
    FewerThanThree,
    /// What the gauge says.
    Gauge(GaugeAgreement),
    /// X·R is near enough to N over the whole window.
    WholeNear,
    /// It is not.
    WholeOff,
    /// The record has too few batches.
    TooFewBatches,
    /// Departure and arrival form agree.
    FormsAgree,
    /// They do not.
    FormsDisagree,
    /// A file of requests has no second count.
    NoSecondCount,
    /// Nothing was in flight.
    NothingInFlight,
    /// No request ended in the window.
    NothingEnded,
    /// So few requests ended in the window, which starts and ends empty.
    TooFewRequests(u64),
    /// The window starts and ends empty, so that N = X·R whatever the requests are.
    Identity,
    /// The window is too short for a verdict.
    WindowTooShort {
        /// What its edges explain.
        edges: Edges,
        /// How long it would have to be.
        wanted_s: f64,
    },
    /// X·R is near enough to N over the window.
    Near(Edges),
    /// It is not.
    Off(Edges),
}

/// What the edges of a window explain of N − X·R.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Edges {
    /// So much of it.
    pub explained: f64,
    /// All of it.
    pub difference: f64,
}
