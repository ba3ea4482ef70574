//! What a check of the law comes to.

use serde::{Deserialize, Serialize};

/// What a check came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It holds.
    Pass,
    /// It does not hold.
    Fail,
    /// More data is needed.
    Inconclusive,
    /// There is nothing to check it against.
    NotAvailable,
}

impl Verdict {
    /// The word for people.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Pass => "PASS",
            Self::Fail => "FAIL",
            Self::Inconclusive => "INCONCLUSIVE",
            Self::NotAvailable => "not available",
        }
    }
}

/// A verdict with the ratio it rests on and what to do about it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// The verdict.
    pub verdict: Verdict,
    /// Ratio of the two sides, where it means something.
    pub ratio: Option<f64>,
    /// Lower end of its interval.
    pub low: Option<f64>,
    /// Upper end of its interval.
    pub high: Option<f64>,
    /// What it means and what to do.
    pub advice: String,
}

impl Finding {
    /// A verdict that rests on no interval.
    pub(crate) fn new(verdict: Verdict, ratio: Option<f64>, advice: impl Into<String>) -> Self {
        Self { verdict, ratio, low: None, high: None, advice: advice.into() }
    }

    /// No verdict, and why there is none.
    pub(crate) fn not_available(advice: impl Into<String>) -> Self {
        Self::new(Verdict::NotAvailable, None, advice)
    }
}

/// The three verdicts on Little's law.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Verdicts {
    /// The departure form holds exactly: no event was lost or doubled.
    pub accounting: Finding,
    /// A gauge that does not share the event path agrees.
    pub independent: Finding,
    /// X·R against N as usually computed.
    pub raw: Finding,
}
