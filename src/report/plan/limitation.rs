//! What a model or a plan cannot know, in words.

use planner_core::units::human::{count, counted, duration};
use planner_core::units::quantity::Bytes;
use planner_plan::copier::Copier;
use planner_plan::limitation::Limitation;

/// A doubt in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LimitationText {
    /// What is so.
    pub text: String,
    /// What to do about it.
    pub advice: String,
}

/// Doubts in words.
#[must_use]
pub fn said(doubts: &[Limitation]) -> Vec<LimitationText> {
    doubts.iter().map(|doubt| LimitationText { text: text(doubt), advice: advice(doubt) }).collect()
}

/// What is so.
fn text(doubt: &Limitation) -> String {
    match doubt {
        Limitation::Rehearsal => "the run was a rehearsal: its times are those of an emulated service".into(),
        Limitation::SmallSample { jobs } => {
            format!("only {jobs} jobs were measured: a small sample says little about the slowest")
        }
        Limitation::SlowestApart { jobs } => format!(
            "the slowest copies stand apart, as if they went another way, and {} show few of them",
            counted(*jobs, "job")
        ),
        Limitation::SizesTooAlike { smallest_bytes, largest_bytes } => format!(
            "sizes from {} to {} are too alike to tell a fixed time from a bandwidth; times are taken to be \
             proportional to size",
            Bytes(*smallest_bytes),
            Bytes(*largest_bytes)
        ),
        Limitation::SizesUnknown => {
            "no sizes were logged: the planned objects are taken to be like the logged ones".into()
        }
        Limitation::TimesUnknown => {
            "the log does not say when copies were made: they are taken to have been made one by one".into()
        }
        Limitation::NoScaling { n, refused } => {
            let because = refused.as_ref().map(|reason| format!(" ({reason})")).unwrap_or_default();
            format!(
                "how times grow with concurrency is not known beyond the {n:.0} in flight that were measured{because}"
            )
        }
        Limitation::CutOff { unfinished } => format!(
            "{unfinished} jobs were cut off: copies that began too late to be seen to their end are left out"
        ),
        Limitation::Throttled { share } => format!(
            "{:.1} % of the copies were throttled; the model keeps the limit of the prefix at its list value",
            100.0 * share
        ),
        Limitation::ClientErrors { share } => format!(
            "{:.1} % of the copies failed with a client's error, which the model leaves out",
            100.0 * share
        ),
        Limitation::Assumed => "nothing was measured: the residence time is as given".into(),
        Limitation::MeanOnly { cv } => {
            format!("only a mean was given: a lognormal spread with cv {cv} is assumed")
        }
        Limitation::Extrapolated { value, measured_n } => format!(
            "{} at once is {:.1} times the {measured_n:.0} in flight that were measured",
            count(*value),
            *value as f64 / measured_n
        ),
        Limitation::TailExtrapolated { measured, planned } => format!(
            "the slowest of {} copies is not among the {} measured: a fitted tail stands in for it",
            count(*planned),
            count(*measured)
        ),
        Limitation::OtherSizes { measured_bytes, planned_bytes } => {
            let range = |[smallest, largest]: [u64; 2]| format!("{} to {}", Bytes(smallest), Bytes(largest));
            format!("planned objects are {}, measured ones {}", range(*planned_bytes), range(*measured_bytes))
        }
        Limitation::OtherCopier { measured: Copier::Workers, delivery_s, cold_start_s } => format!(
            "workers made the measured copies: for a function, {} to deliver a message and {} for a cold start are \
             assumed",
            duration(*delivery_s),
            duration(*cold_start_s)
        ),
        Limitation::OtherCopier { measured: Copier::Function, .. } => {
            "a function made the measured copies: a machine's network and distance may be different".into()
        }
        Limitation::RetriesUndocumented => {
            "how Lambda spaces the retries of throttled messages is not documented in detail".into()
        }
        Limitation::FewRuns { runs } => format!(
            "so many objects were simulated {runs} times only, which cannot show the wanted probability"
        ),
        Limitation::Archived { objects } => format!(
            "{} in GLACIER or DEEP_ARCHIVE cannot be copied before they are restored",
            counted(*objects, "listed object")
        ),
        Limitation::PartsAsOne { objects } => {
            format!("{} objects are copied in parts, and each is planned as one copy", count(*objects))
        }
    }
}

/// What to do about it.
fn advice(doubt: &Limitation) -> String {
    match doubt {
        Limitation::Rehearsal => "measure a small load on the account before relying on the numbers".into(),
        Limitation::SmallSample { .. } => "measure 250 jobs or more".into(),
        Limitation::SlowestApart { .. } => {
            "measure some thousand jobs: until then the probability may be less than is stated".into()
        }
        Limitation::SizesTooAlike { .. } => {
            "measure sizes that differ by a factor of 3 or more before planning for other sizes".into()
        }
        Limitation::SizesUnknown => "plan for objects of the same sizes only, or measure with `planner measure`".into(),
        Limitation::TimesUnknown => "export the log with its time stamps".into(),
        Limitation::NoScaling { n, .. } => format!(
            "measure a sweep of six or more concurrencies beyond N = {n:.0}, or stay within 1.25 times of it"
        ),
        Limitation::CutOff { .. } => "measure again and let the run end".into(),
        Limitation::Throttled { .. } => {
            "spread the destination over more prefixes or lower the rate, and measure again".into()
        }
        Limitation::ClientErrors { .. } => "correct permissions and keys, and measure again".into(),
        Limitation::Assumed => "measure a small load and plan from that run".into(),
        Limitation::Extrapolated { .. } => {
            "measure at that concurrency, or raise it in steps and watch the residence time".into()
        }
        Limitation::TailExtrapolated { .. } => {
            "the interval allows for it; measure more jobs to narrow it".into()
        }
        Limitation::OtherSizes { .. } => "measure the sizes that will be copied".into(),
        Limitation::OtherCopier { measured: Copier::Workers, .. } => {
            "verify the plan with a fan-out scenario: `planner measure SCENARIO --plan PLAN --as lambda`".into()
        }
        Limitation::OtherCopier { measured: Copier::Function, .. } => {
            "verify the plan with workers: `planner measure SCENARIO --plan PLAN --as workers`".into()
        }
        Limitation::RetriesUndocumented => {
            "avoid throttles by publishing at a pace; where they occur, compare AsyncEventAge with the forecast".into()
        }
        Limitation::FewRuns { .. } => {
            "the number comes from the closed form and reaches it there; the stated probability is what so few runs can show".into()
        }
        Limitation::Archived { .. } => {
            "restore them first, which takes hours, or take them off the list: the plan counts them as copied".into()
        }
        Limitation::PartsAsOne { .. } => {
            "parts copied in parallel make it faster: measure objects of that size with parts to know by how much".into()
        }
        Limitation::MeanOnly { .. } => {
            "measure, or give a spread as in lognormal(30s, cv=0.5): the tail decides the answer".into()
        }
    }
}

/// What a stated probability takes for granted beyond what was measured, to follow it in a sentence: times at a larger
/// concurrency than any measured.
pub(super) fn proviso(doubts: &[Limitation]) -> Option<String> {
    let is_unknown = doubts.iter().any(|doubt| matches!(doubt, Limitation::NoScaling { .. }));
    doubts.iter().find_map(|doubt| {
        let Limitation::Extrapolated { value, measured_n } = *doubt else { return None };
        let (value, measured) = (count(value), count(measured_n.round() as u64));
        Some(if is_unknown {
            format!("if copies take no longer with {value} in flight than with the {measured} measured")
        } else {
            format!("if times grow on to {value} in flight as they did up to the {measured} measured")
        })
    })
}
