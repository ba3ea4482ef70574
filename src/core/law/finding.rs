//! What a check of the law comes to.

use serde::{Deserialize, Serialize};

/// Verdict of a check, in ascending order of severity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// There is nothing to check it against.
    NotAvailable,
    /// It holds.
    Pass,
    /// More data is needed.
    Inconclusive,
    /// It does not hold.
    Fail,
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

/// A verdict with the ratio it rests on and why it came out so: as a kind with its numbers or, for people, in words.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Finding<W = String> {
    /// The verdict.
    pub verdict: Verdict,
    /// Ratio of the two sides, where it means something.
    pub ratio: Option<f64>,
    /// Lower end of its interval.
    pub low: Option<f64>,
    /// Upper end of its interval.
    pub high: Option<f64>,
    /// Why: what it means and what to do.
    #[serde(rename = "advice")]
    pub why: W,
}

impl<W> Finding<W> {
    /// A verdict that rests on no interval.
    pub(crate) fn new(verdict: Verdict, ratio: Option<f64>, why: W) -> Self {
        Self { verdict, ratio, low: None, high: None, why }
    }

    /// No verdict, and why there is none.
    pub(crate) fn not_available(why: W) -> Self {
        Self::new(Verdict::NotAvailable, None, why)
    }

    /// The same verdict, with why it came out so as `to` has it.
    pub fn map<V>(&self, to: impl FnOnce(&W) -> V) -> Finding<V> {
        let Self { verdict, ratio, low, high, ref why } = *self;
        Finding { verdict, ratio, low, high, why: to(why) }
    }
}

/// The three verdicts on Little's law.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Verdicts<W = String> {
    /// The departure form holds exactly: no event was lost or doubled.
    pub accounting: Finding<W>,
    /// A gauge that does not share the event path agrees.
    pub independent: Finding<W>,
    /// X·R against N as usually computed.
    pub raw: Finding<W>,
}

impl<W> Verdicts<W> {
    /// The verdicts under their names.
    #[must_use]
    pub fn named(&self) -> [(&'static str, &Finding<W>); 3] {
        [("accounting", &self.accounting), ("independent", &self.independent), ("raw", &self.raw)]
    }

    /// The gravest of them.
    #[must_use]
    pub fn gravest(&self) -> Verdict {
        self.accounting.verdict.max(self.independent.verdict).max(self.raw.verdict)
    }

    /// The same verdicts, with why they came out so as `to` has it.
    pub fn map<V>(&self, to: impl Fn(&W) -> V) -> Verdicts<V> {
        let [accounting, independent, raw] = self.named().map(|(_, finding)| finding.map(&to));
        Verdicts { accounting, independent, raw }
    }
}
