//! Why the verdicts on a run came out as they did.

use crate::law::gauge_verdict::GaugeAgreement;

/// Why a verdict on a run came out as it did.
#[derive(Debug, Clone, PartialEq)]
pub enum RunReason {
    /// No attempt ended.
    NothingEnded,
    /// The departure form holds exactly.
    Accounted,
    /// It does not in this level, counted from 1.
    EventLost(usize),
    /// The target has no gauge.
    NoGauge,
    /// A level was never under full load for so many seconds, as a verdict takes.
    LevelTooShort(f64),
    /// What the gauge says.
    Gauge(GaugeAgreement),
    /// What was said before.
    Said(String),
    /// Why of the one of several levels that is called so.
    OfLevel(String, Box<Self>),
    /// No attempt was in flight.
    NothingInFlight,
    /// X·R is near enough to N.
    Near,
    /// It is not.
    Off {
        /// X·R / N.
        ratio: f64,
        /// Share of the difference that the edges of the window explain.
        explained: f64,
    },
    /// Nothing was in a stage of a fan-out.
    NothingInStage,
    /// The departure form of a stage does not hold.
    StageNotAccounted,
    /// It holds, and the function's own gauge differs.
    StageGaugeOff,
    /// It holds, and so does the gauge.
    StageGaugeNear,
    /// It holds, and there is no gauge.
    StageAccounted,
}
