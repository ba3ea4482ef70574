//! Why the verdicts on a file came out as they did, in words, and what to know beside them.

use planner_core::check::note::Note;
use planner_core::check::why::{Edges, Why};
use planner_core::law::tolerance::LITTLE_TOLERANCE;
use planner_core::units::human::{counted, duration, number, percent};

/// Why a verdict came out as it did.
pub(crate) fn words(why: &Why) -> String {
    let tolerance = percent(LITTLE_TOLERANCE);
    match why {
        Why::NoRequests => "single requests are not in the file".into(),
        Why::NoBatches => "a table has one number a concurrency, and an interval needs batches".into(),
        Why::TwoGiven => {
            "two of N, X and R are given: the third follows, and nothing can contradict".into()
        }
        Why::RowsNear => format!("X·R is within {tolerance} of N in every row"),
        Why::RowOff(n) => format!(
            "X·R is off N by more than {tolerance} at N = {}: check that all three are means over the same window and that N counts what is in service, not what is configured",
            number(*n)
        ),
        Why::FewerThanThree => {
            "fewer than three of N, X and R are in the file: the third follows, and nothing can contradict".into()
        }
        Why::Gauge(gauge) => super::gauge(*gauge),
        Why::WholeNear => format!("over the whole window X·R is within {tolerance} of N"),
        Why::WholeOff => format!("over the whole window X·R is off by more than {tolerance} of N"),
        Why::TooFewBatches => {
            "the record is shorter than 20 batches of 10 mean residence times, and a single short bin proves nothing".into()
        }
        Why::FormsAgree => {
            "departure and arrival form agree to the nanosecond; that alone says nothing about the service".into()
        }
        Why::FormsDisagree => {
            "departure and arrival form disagree: the times contradict each other".into()
        }
        Why::NoSecondCount => {
            "a file of requests has no second count of what was in flight; give one as samples `t,count,n,r`".into()
        }
        Why::NothingInFlight => "nothing was in flight".into(),
        Why::NothingEnded => "no request ended in the window: take a longer one".into(),
        Why::TooFewRequests(requests) => format!(
            "{} from empty to empty: X·R is N by arithmetic, whatever the service did, and so few say nothing else",
            counted(*requests, "request")
        ),
        Why::Identity => {
            "the window starts and ends empty, so X·R is N by arithmetic; --window A..B within it shows whether it holds in between".into()
        }
        Why::WindowTooShort { edges, wanted_s } => format!(
            "{}; the window is too short for a verdict: take {} or more, or one that starts and ends empty",
            explained(edges),
            duration(*wanted_s)
        ),
        Why::Near(edges) => format!("X·R is within {tolerance} of N; {}", explained(edges)),
        Why::Off(edges) => format!(
            "{}: requests hang for long, or the load grew or shrank; look at those in flight at the end",
            explained(edges)
        ),
    }
}

fn explained(edges: &Edges) -> String {
    format!("the window's edges explain {:+.4} of the difference {:+.4}", edges.explained, edges.difference)
}

/// What to know when reading the numbers.
pub(crate) fn note(note: &Note) -> String {
    match *note {
        Note::NoScaling => "scaling is not looked at below 3 measurements".into(),
        Note::DurationsOfTheEnded => {
            "Duration belongs to the invocations that ended in a period, not to those that ran in it: while the load ramps, and in periods not much longer than an invocation, the ratio of a period is off".into()
        }
        Note::PeriodsMissing(periods) => {
            format!("{periods} periods between the first and the last are not in the file and left out")
        }
        Note::MostlyNoCompletion => "most stretches have no completion: read the count less often".into(),
        Note::CountingNoise(mean) => format!(
            "a stretch counts {mean:.0} completions on average, so its throughput is uncertain by {} by counting alone",
            percent(1.0 / mean.sqrt())
        ),
        Note::ResidenceDrifts(times) => format!(
            "not stationary: residence times drift, and those of the last quarter are {} times the mean: the means are of no one state, and the next hour is more like the last quarter",
            number(times)
        ),
        Note::ThroughputDrifts(times) => format!(
            "not stationary: throughput drifts, and that of the last quarter is {} times the mean: the means are of no one state, and the next hour is more like the last quarter",
            number(times)
        ),
        Note::WholeFile => {
            "the window is the whole file, which starts and ends with nothing in flight: N = X·R is then exact whatever the service did; --window looks at a part of it".into()
        }
    }
}
