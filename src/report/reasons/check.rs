//! Why the verdicts on a file came out as they did, in words, and what to know beside them.

use planner_core::check::note::CheckNote;
use planner_core::check::verdict_reason::{CheckReason, Edges};
use planner_core::law::tolerance::LITTLE_TOLERANCE;
use planner_core::units::human::{counted, duration, number, percent};

/// Why a verdict came out as it did.
pub(crate) fn words(why: &CheckReason) -> String {
    let tolerance = percent(LITTLE_TOLERANCE);
    match why {
        CheckReason::NoRequests => "single requests are not in the file".into(),
        CheckReason::NoBatches => "a table has one number a concurrency, and an interval needs batches".into(),
        CheckReason::TwoGiven => {
            "two of N, X and R are given: the third follows, and nothing can contradict".into()
        }
        CheckReason::RowsNear => format!("X·R is within {tolerance} of N in every row"),
        CheckReason::RowOff(n) => format!(
            "X·R is off N by more than {tolerance} at N = {}: check that all three are means over the same window and that N counts what is in service, not what is configured",
            number(*n)
        ),
        CheckReason::FewerThanThree => {
            "fewer than three of N, X and R are in the file: the third follows, and nothing can contradict".into()
        }
        CheckReason::Gauge(gauge) => super::gauge(*gauge),
        CheckReason::WholeNear => format!("over the whole window X·R is within {tolerance} of N"),
        CheckReason::WholeOff => format!("over the whole window X·R is off by more than {tolerance} of N"),
        CheckReason::TooFewBatches => {
            "the record is shorter than 20 batches of 10 mean residence times, and a single short bin proves nothing".into()
        }
        CheckReason::FormsAgree => {
            "departure and arrival form agree to the nanosecond; that alone says nothing about the service".into()
        }
        CheckReason::FormsDisagree => {
            "departure and arrival form disagree: the times contradict each other".into()
        }
        CheckReason::NoSecondCount => {
            "a file of requests has no second count of what was in flight; give one as samples `t,count,n,r`".into()
        }
        CheckReason::NothingInFlight => "nothing was in flight".into(),
        CheckReason::NothingEnded => "no request ended in the window: take a longer one".into(),
        CheckReason::TooFewRequests(requests) => format!(
            "{} from empty to empty: X·R is N by arithmetic, whatever the service did, and so few say nothing else",
            counted(*requests, "request")
        ),
        CheckReason::Identity => {
            "the window starts and ends empty, so X·R is N by arithmetic; --window A..B within it shows whether it holds in between".into()
        }
        CheckReason::WindowTooShort { edges, wanted_s } => format!(
            "{}; the window is too short for a verdict: take {} or more, or one that starts and ends empty",
            explained(edges),
            duration(*wanted_s)
        ),
        CheckReason::Near(edges) => format!("X·R is within {tolerance} of N; {}", explained(edges)),
        CheckReason::Off(edges) => format!(
            "{}: requests hang for long, or the load grew or shrank; look at those in flight at the end",
            explained(edges)
        ),
    }
}

fn explained(edges: &Edges) -> String {
    format!("the window's edges explain {:+.4} of the difference {:+.4}", edges.explained, edges.difference)
}

/// What to know when reading the numbers.
pub(crate) fn note(note: &CheckNote) -> String {
    match *note {
        CheckNote::NoScaling => "scaling is not looked at below 3 measurements".into(),
        CheckNote::DurationsOfTheEnded => {
            "Duration belongs to the invocations that ended in a period, not to those that ran in it: while the load ramps, and in periods not much longer than an invocation, the ratio of a period is off".into()
        }
        CheckNote::PeriodsMissing(periods) => {
            format!("{periods} periods between the first and the last are not in the file and left out")
        }
        CheckNote::MostlyNoCompletion => "most stretches have no completion: read the count less often".into(),
        CheckNote::CountingNoise(mean) => format!(
            "a stretch counts {mean:.0} completions on average, so its throughput is uncertain by {} by counting alone",
            percent(1.0 / mean.sqrt())
        ),
        CheckNote::ResidenceDrifts(times) => format!(
            "not stationary: residence times drift, and those of the last quarter are {} times the mean: the means are of no one state, and the next hour is more like the last quarter",
            number(times)
        ),
        CheckNote::ThroughputDrifts(times) => format!(
            "not stationary: throughput drifts, and that of the last quarter is {} times the mean: the means are of no one state, and the next hour is more like the last quarter",
            number(times)
        ),
        CheckNote::WholeFile => {
            "the window is the whole file, which starts and ends with nothing in flight: N = X·R is then exact whatever the service did; --window looks at a part of it".into()
        }
    }
}
