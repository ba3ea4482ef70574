//! The analysis of requests that are all known: nothing about them needs to be assumed.

use std::ops::Range;

use super::batches::{self, Stint};
use super::note::CheckNote;
use super::requests::Requests;
use super::verdict_reason::{CheckReason, Edges};
use super::window::FileWindow;
use super::{CheckError, drift};
use crate::check::document::{CheckDocument, FileFormat};
use crate::law::finding::{Finding, Verdict, Verdicts};
use crate::law::in_flight_window::{Hindsight, Window};
use crate::law::littles_law::LittlesLaw;
use crate::law::tolerance::{BATCH_RESIDENCES, BATCHES, LITTLE_TOLERANCE};
use crate::measure::histogram::Percentiles;
use crate::units::quantity::seconds;

/// Checks requests over a window, or over the whole file.
///
/// # Errors
/// Where no request was in flight in the window.
pub(super) fn analyse(requests: &Requests, window: Option<&FileWindow>) -> Result<CheckDocument, CheckError> {
    let whole_ns = requests.whole_ns();
    let window_ns = window.map_or_else(|| whole_ns.clone(), |window| window.0.clone());
    let touching =
        requests.times_ns.iter().filter(|(start, end)| *start <= window_ns.end && *end > window_ns.start);
    let rows = touching.count();
    if rows == 0 && window.is_some() {
        return Err(CheckError::File(format!(
            "no request was in flight in the window; the file's requests lie between {} s and {} s",
            whole_ns.start as f64 / 1e9,
            whole_ns.end as f64 / 1e9
        )));
    }
    if window_ns.is_empty() {
        return Err(CheckError::File("all requests start and end at the same moment".into()));
    }
    let law = requests.over(window_ns.clone());
    let drift = drift::of_residence(started_inside(requests, &window_ns));
    let times = requests.residence(&window_ns);
    let verdicts = Verdicts {
        accounting: accounting(&law),
        independent: Finding::not_available(CheckReason::NoSecondCount),
        raw: raw(&law.window),
    };
    // A histogram knows its mean to three digits only.
    let percentiles = || Percentiles { mean: law.window.r_s(), ..times.percentiles() };
    Ok(CheckDocument {
        littles_law: Some(LittlesLaw::from(&law.window)),
        arrival_form_n: Some(law.arrival_form_n()),
        residence_s: (!times.is_empty()).then(percentiles),
        residence_intervals_s: (!times.is_empty()).then(|| times.percentile_intervals()),
        batches: batches::batches(&stints(requests, &window_ns)),
        outcomes: requests.outcomes.clone(),
        notes: window.is_none().then_some(CheckNote::WholeFile).into_iter().chain(drift).collect(),
        ..CheckDocument::new(FileFormat::Requests, rows, verdicts)
    })
}

fn started_inside(requests: &Requests, window_ns: &Range<i64>) -> Vec<(i64, i64)> {
    requests.times_ns.iter().copied().filter(|(start, _)| window_ns.contains(start)).collect()
}

/// What ended in each of 20 equal parts of the window.
fn stints(requests: &Requests, window_ns: &Range<i64>) -> Vec<Stint> {
    let length_ns = window_ns.end.abs_diff(window_ns.start);
    let part_ns = length_ns.div_ceil(BATCHES as u64);
    let mut stints =
        vec![Stint { length_s: seconds(length_ns) / BATCHES as f64, ..Stint::default() }; BATCHES];
    for &(start, end) in &requests.times_ns {
        if end > window_ns.start && end <= window_ns.end {
            let part = (end.abs_diff(window_ns.start) - 1) / part_ns;
            let stint = &mut stints[part as usize];
            stint.completed += 1.0;
            stint.residence_s += seconds(end.abs_diff(start));
        }
    }
    stints
}

fn accounting(law: &Hindsight) -> Finding<CheckReason> {
    let holds = law.window.accounting_holds() && law.arrival_form_holds();
    let (verdict, why) = if holds {
        (Verdict::Pass, CheckReason::FormsAgree)
    } else {
        (Verdict::Fail, CheckReason::FormsDisagree)
    };
    Finding::new(verdict, None, why)
}

fn raw(window: &Window) -> Finding<CheckReason> {
    let (n, r_s) = (window.n(), window.r_s());
    if n == 0.0 {
        return Finding::not_available(CheckReason::NothingInFlight);
    }
    let ratio = window.xr() / n;
    let edges = Edges { explained: window.edges(), difference: window.difference() };
    let is_long = batches::fit(seconds(window.length_ns), r_s);
    let is_whole = window.age_start_ns == 0 && window.age_end_ns == 0;
    let (verdict, why) = if window.ended == 0 {
        (Verdict::Inconclusive, CheckReason::NothingEnded)
    } else if window.ended < BATCHES as u64 && is_whole {
        (Verdict::Inconclusive, CheckReason::TooFewRequests(window.ended))
    } else if is_whole {
        return Finding::new(Verdict::NotAvailable, Some(ratio), CheckReason::Identity);
    } else if window.age_start_ns != window.age_end_ns && !is_long {
        let wanted_s = BATCHES as f64 * BATCH_RESIDENCES * r_s;
        (Verdict::Inconclusive, CheckReason::WindowTooShort { edges, wanted_s })
    } else if (ratio - 1.0).abs() <= LITTLE_TOLERANCE {
        (Verdict::Pass, CheckReason::Near(edges))
    } else {
        (Verdict::Fail, CheckReason::Off(edges))
    };
    Finding::new(verdict, Some(ratio), why)
}
