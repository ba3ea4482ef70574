//! From evidence to verdicts.

use super::table::{Measurement, Table};
use super::window::FileWindow;
use super::{CheckError, Evidence, over_time, per_request};
use crate::check::document::{CheckDocument, Form, Reading};
use crate::law::finding::{Finding, Verdict};
use crate::law::tolerance::LITTLE_TOLERANCE;
use crate::law::usl_fit::Point;
use crate::measure::scaling::scaling;
use crate::units::human::{number, percent};

/// Checks what a file holds, over a window of its own time or over all of it.
///
/// # Errors
/// Where the window holds nothing, or the file has no times to choose a window by.
pub fn analyse(evidence: &Evidence, window: Option<&FileWindow>) -> Result<CheckDocument, CheckError> {
    let analysed = match evidence {
        Evidence::Requests(requests) => per_request::analyse(requests, window),
        Evidence::Samples(samples) => over_time::samples(samples, window),
        Evidence::CloudWatch(metrics) => over_time::metrics(metrics, window),
        Evidence::Table(_) if window.is_some() => {
            Err(CheckError::File("a table of n, x and r has no times to choose a window by".into()))
        }
        Evidence::Table(measured) => Ok(table(measured)),
    };
    analysed.map(CheckDocument::concluded)
}

fn table(table: &Table) -> CheckDocument {
    let points: Vec<Point> = table.measurements.iter().map(|it| Point::new(it.n, it.x_per_s)).collect();
    let mut document = CheckDocument::new(Form::Table, points.len());
    document.readings = table.measurements.iter().map(reading).collect();
    document.usl = scaling(&points);
    document.verdicts.accounting = Finding::not_available("single requests are not in the file");
    document.verdicts.independent =
        Finding::not_available("a table has one number a concurrency, and an interval needs batches");
    document.verdicts.raw = worst(&table.measurements);
    if document.usl.is_none() {
        document.notes.push("scaling is not looked at below 3 measurements".into());
    }
    document
}

fn reading(measurement: &Measurement) -> Reading {
    Reading {
        n: Some(measurement.n),
        x_per_s: Some(measurement.x_per_s),
        r_s: Some(measurement.r_s),
        ratio: measurement.derived.is_none().then(|| measurement.ratio()),
        derived: measurement.derived,
        ..Reading::default()
    }
}

/// X·R against N in the row where they differ most.
fn worst(measurements: &[Measurement]) -> Finding {
    let checked = measurements.iter().filter(|measurement| measurement.derived.is_none());
    let distance = |measurement: &Measurement| (measurement.ratio() - 1.0).abs();
    let Some(worst) = checked.max_by(|a, b| distance(a).total_cmp(&distance(b))) else {
        return Finding::not_available(
            "two of N, X and R are given: the third follows, and nothing can contradict",
        );
    };
    let tolerance = percent(LITTLE_TOLERANCE);
    if distance(worst) <= LITTLE_TOLERANCE {
        let advice = format!("X·R is within {tolerance} of N in every row");
        return Finding::new(Verdict::Pass, Some(worst.ratio()), advice);
    }
    let advice = format!(
        "X·R is off N by more than {tolerance} at N = {}: check that all three are means over the same window and that N counts what is in service, not what is configured",
        number(worst.n)
    );
    Finding::new(Verdict::Fail, Some(worst.ratio()), advice)
}

#[cfg(test)]
#[path = "analysis_tests.rs"]
mod tests;
