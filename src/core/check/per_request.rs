//! The analysis of requests that are all known: nothing about them needs to be assumed.

use std::ops::Range;

use super::CheckError;
use super::batches::{self, Stint};
use super::requests::Requests;
use super::window::FileWindow;
use crate::check::document::{CheckDocument, Form};
use crate::law::finding::{Finding, Verdict, Verdicts};
use crate::law::little::{Hindsight, Window};
use crate::law::littles_law::LittlesLaw;
use crate::law::tolerance::{BATCH_RESIDENCES, BATCHES, LITTLE_TOLERANCE};
use crate::measure::histogram::Percentiles;
use crate::units::human::{duration, percent};
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
    let times = requests.residence(&window_ns);
    let mut document = CheckDocument::new(Form::Requests, rows);
    document.littles_law = Some(LittlesLaw::from(&law.window));
    document.arrival_form_n = Some(law.arrival_form_n());
    // A histogram knows its mean to three digits only.
    let percentiles = || Percentiles { mean: law.window.r_s(), ..times.percentiles() };
    document.residence_s = (!times.is_empty()).then(percentiles);
    document.residence_intervals_s = (!times.is_empty()).then(|| times.percentile_intervals());
    document.batches = batches::batches(&stints(requests, &window_ns));
    document.outcomes = requests.outcomes.clone();
    document.verdicts = Verdicts {
        accounting: accounting(&law),
        independent: Finding::not_available(
            "a file of requests has no second count of what was in flight; give one as samples `t,count,n,r`",
        ),
        raw: raw(&law.window),
    };
    if window.is_none() {
        document.notes.push(
            "the window is the whole file, which starts and ends with nothing in flight: N = X·R is then exact \
             whatever the service did; --window looks at a part of it"
                .into(),
        );
    }
    Ok(document)
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

fn accounting(law: &Hindsight) -> Finding {
    let holds = law.window.accounting_holds() && law.arrival_form_holds();
    let agree =
        "departure and arrival form agree to the nanosecond; that alone says nothing about the service";
    let disagree = "departure and arrival form disagree: the times contradict each other";
    let (verdict, advice) = if holds { (Verdict::Pass, agree) } else { (Verdict::Fail, disagree) };
    Finding::new(verdict, None, advice)
}

fn raw(window: &Window) -> Finding {
    let (n, r_s) = (window.n(), window.r_s());
    if n == 0.0 {
        return Finding::not_available("nothing was in flight");
    }
    let ratio = window.xr() / n;
    let edges = format!(
        "the window's edges explain {:+.4} of the difference {:+.4}",
        window.edges(),
        window.difference()
    );
    let length_s = seconds(window.length_ns);
    let finding = |verdict, advice| Finding::new(verdict, Some(ratio), advice);
    if window.ended == 0 {
        return finding(Verdict::Inconclusive, "no request ended in the window: take a longer one".into());
    }
    if window.age_start_ns != window.age_end_ns && !batches::fit(length_s, r_s) {
        let wanted = duration(BATCHES as f64 * BATCH_RESIDENCES * r_s);
        let advice = format!(
            "{edges}; the window is too short for a verdict: take {wanted} or more, or one that starts and ends empty"
        );
        return finding(Verdict::Inconclusive, advice);
    }
    if (ratio - 1.0).abs() <= LITTLE_TOLERANCE {
        let advice = format!("X·R is within {} of N; {edges}", percent(LITTLE_TOLERANCE));
        return finding(Verdict::Pass, advice);
    }
    let advice = format!(
        "{edges}: requests hang for long, or the load grew or shrank; look at those in flight at the end"
    );
    finding(Verdict::Fail, advice)
}
