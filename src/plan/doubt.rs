//! What a model or a plan cannot know, in words.

use serde::{Deserialize, Serialize};

use planner_core::units::human::{count, counted};
use planner_core::units::quantity::Bytes;

/// A reason for caution. Its text says what is so, [`Doubt::advice`] what to do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Doubt {
    /// The target was no real account.
    #[error("the run was a rehearsal: its times are those of an emulated service")]
    Rehearsal,
    /// Few jobs.
    #[error("only {jobs} jobs were measured: a small sample says little about the slowest")]
    SmallSample {
        /// Jobs measured.
        jobs: u64,
    },
    /// Times of which the slowest do not follow from the others.
    #[error("the slowest copies stand apart, as if they went another way, and {} show few of them", counted(*.jobs, "job"))]
    SlowestApart {
        /// Jobs measured.
        jobs: u64,
    },
    /// Sizes that do not tell a fixed time from a bandwidth.
    #[error(
        "sizes from {} to {} are too alike to tell a fixed time from a bandwidth; times are taken to be proportional to size",
        Bytes(*.smallest_bytes), Bytes(*.largest_bytes)
    )]
    SizesTooAlike {
        /// Smallest copy or part.
        smallest_bytes: u64,
        /// Largest copy or part.
        largest_bytes: u64,
    },
    /// No scaling law to go beyond what was measured.
    #[error("how times grow with concurrency is not known beyond the {n:.0} in flight that were measured{}", because(.refused.as_deref()))]
    NoScaling {
        /// Requests in flight in the levels that were used.
        n: f64,
        /// Why the scaling law of the run's sweep is not used; None where there was none.
        refused: Option<String>,
    },
    /// A run that ended before its jobs did.
    #[error(
        "{unfinished} jobs were cut off: copies that began too late to be seen to their end are left out"
    )]
    CutOff {
        /// Jobs that began and did not end.
        unfinished: u64,
    },
    /// Throttled attempts.
    #[error("{:.1} % of the copies were throttled; the model keeps the limit of the prefix at its list value", 100.0 * .share)]
    Throttled {
        /// Share of the attempts at copies.
        share: f64,
    },
    /// Attempts that were refused for good.
    #[error("{:.1} % of the copies failed with a client's error, which the model leaves out", 100.0 * .share)]
    ClientErrors {
        /// Share of the attempts at copies.
        share: f64,
    },
    /// Nothing was measured.
    #[error("nothing was measured: the residence time is as given")]
    Assumed,
    /// A mean without a spread.
    #[error("only a mean was given: a lognormal spread with cv {cv} is assumed")]
    MeanOnly {
        /// Coefficient of variation that is assumed.
        cv: f64,
    },
    /// More at once than was ever measured.
    #[error(
        "{} at once is {:.1} times the {measured_n:.0} in flight that were measured",
        count(*.value), *.value as f64 / .measured_n
    )]
    Extrapolated {
        /// Concurrency of the plan.
        value: u64,
        /// Most that were measured in flight, as a mean over time.
        measured_n: f64,
    },
    /// More objects than were measured, so that the slowest of them was not seen.
    #[error(
        "the slowest of {} copies is not among the {} measured: a fitted tail stands in for it",
        count(*.planned), count(*.measured)
    )]
    TailExtrapolated {
        /// Jobs measured.
        measured: u64,
        /// Jobs planned.
        planned: u64,
    },
    /// Objects larger or smaller than the measured ones.
    #[error(
        "planned objects are {} to {}, measured ones {} to {}",
        Bytes(.planned_bytes[0]), Bytes(.planned_bytes[1]), Bytes(.measured_bytes[0]), Bytes(.measured_bytes[1])
    )]
    OtherSizes {
        /// Measured, smallest and largest.
        measured_bytes: [u64; 2],
        /// Planned, smallest and largest.
        planned_bytes: [u64; 2],
    },
    /// Throttled messages are retried by rules that are not public.
    #[error("how Lambda spaces the retries of throttled messages is not documented in detail")]
    RetriesUndocumented,
    /// Too few simulated runs to show the wanted probability, because each takes long.
    #[error("so many objects were simulated {runs} times only, which cannot show the wanted probability")]
    FewRuns {
        /// Simulated runs.
        runs: u64,
    },
    /// Objects that are copied in parts, planned as one copy each.
    #[error("{} objects are copied in parts, and each is planned as one copy", count(*.objects))]
    PartsAsOne {
        /// How many.
        objects: u64,
    },
}

impl Doubt {
    /// What to do about it.
    #[must_use]
    pub fn advice(&self) -> String {
        match self {
            Self::Rehearsal => "measure a small load on the account before relying on the numbers".into(),
            Self::SmallSample { .. } => "measure 250 jobs or more".into(),
            Self::SlowestApart { .. } => {
                "measure some thousand jobs: until then the probability may be less than is stated".into()
            }
            Self::SizesTooAlike { .. } => {
                "measure sizes that differ by a factor of 3 or more before planning for other sizes".into()
            }
            Self::NoScaling { n, .. } => format!(
                "measure a sweep of six or more concurrencies beyond N = {n:.0}, or stay within 1.25 times of it"
            ),
            Self::CutOff { .. } => "measure again and let the run end".into(),
            Self::Throttled { .. } => {
                "spread the destination over more prefixes or lower the rate, and measure again".into()
            }
            Self::ClientErrors { .. } => "correct permissions and keys, and measure again".into(),
            Self::Assumed => "measure a small load and plan from that run".into(),
            Self::Extrapolated { .. } => {
                "measure at that concurrency, or raise it in steps and watch the residence time".into()
            }
            Self::TailExtrapolated { .. } => {
                "the interval allows for it; measure more jobs to narrow it".into()
            }
            Self::OtherSizes { .. } => "measure the sizes that will be copied".into(),
            Self::RetriesUndocumented => {
                "avoid throttles by publishing at a pace; where they occur, compare AsyncEventAge with the forecast".into()
            }
            Self::FewRuns { .. } => {
                "the number comes from the closed form and reaches it there; the stated probability is what so few runs can show".into()
            }
            Self::PartsAsOne { .. } => {
                "parts copied in parallel make it faster: measure objects of that size with parts to know by how much".into()
            }
            Self::MeanOnly { .. } => {
                "measure, or give a spread as in lognormal(30s, cv=0.5): the tail decides the answer".into()
            }
        }
    }
}

/// What a stated probability takes for granted beyond what was measured, to follow it in a sentence: times at a larger
/// concurrency than any measured.
#[must_use]
pub fn proviso(doubts: &[DoubtRecord]) -> Option<String> {
    let is_unknown = doubts.iter().any(|record| matches!(record.doubt, Doubt::NoScaling { .. }));
    doubts.iter().find_map(|record| {
        let Doubt::Extrapolated { value, measured_n } = record.doubt else { return None };
        let (value, measured) = (count(value), count(measured_n.round() as u64));
        Some(if is_unknown {
            format!("if copies take no longer with {value} in flight than with the {measured} measured")
        } else {
            format!("if times grow on to {value} in flight as they did up to the {measured} measured")
        })
    })
}

fn because(reason: Option<&str>) -> String {
    reason.map(|reason| format!(" ({reason})")).unwrap_or_default()
}

/// A doubt as documents have it: its kind and numbers, what is so, and what to do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DoubtRecord {
    /// The doubt.
    #[serde(flatten)]
    pub doubt: Doubt,
    /// What is so.
    pub text: String,
    /// What to do about it.
    pub advice: String,
}

impl From<Doubt> for DoubtRecord {
    fn from(doubt: Doubt) -> Self {
        Self { text: doubt.to_string(), advice: doubt.advice(), doubt }
    }
}
