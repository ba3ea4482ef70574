//! From evidence to verdicts.

use super::note::CheckNote;
use super::table::{MeasurementTable, TableMeasurement};
use super::verdict_reason::CheckReason;
use super::window::FileWindow;
use super::{CheckError, FileContent, over_time, per_request};
use crate::check::document::{CheckDocument, FileFormat, Reading};
use crate::law::finding::{Finding, Verdict, Verdicts};
use crate::law::tolerance::LITTLE_TOLERANCE;
use crate::law::usl_fit::Point;
use crate::measure::scaling::scaling;

/// Checks what a file holds, over a window of its own time or over all of it.
///
/// # Errors
/// Where the window holds nothing, or the file has no times to choose a window by.
pub fn analyse(evidence: &FileContent, window: Option<&FileWindow>) -> Result<CheckDocument, CheckError> {
    match evidence {
        FileContent::Requests(requests) => per_request::analyse(requests, window),
        FileContent::Samples(samples) => over_time::samples(samples, window),
        FileContent::CloudWatch(metrics) => over_time::metrics(metrics, window),
        FileContent::Table(_) if window.is_some() => {
            Err(CheckError::File("a table of n, x and r has no times to choose a window by".into()))
        }
        FileContent::Table(measured) => Ok(table(measured)),
    }
}

fn table(table: &MeasurementTable) -> CheckDocument {
    let points: Vec<Point> = table.measurements.iter().map(|it| Point::new(it.n, it.x_per_s)).collect();
    let usl = scaling(&points);
    let verdicts = Verdicts {
        accounting: Finding::not_available(CheckReason::NoRequests),
        independent: Finding::not_available(CheckReason::NoBatches),
        raw: worst(&table.measurements),
    };
    CheckDocument {
        readings: table.measurements.iter().map(reading).collect(),
        notes: usl.is_none().then_some(CheckNote::NoScaling).into_iter().collect(),
        usl,
        ..CheckDocument::new(FileFormat::Table, points.len(), verdicts)
    }
}

fn reading(measurement: &TableMeasurement) -> Reading {
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
fn worst(measurements: &[TableMeasurement]) -> Finding<CheckReason> {
    let checked = measurements.iter().filter(|measurement| measurement.derived.is_none());
    let distance = |measurement: &TableMeasurement| (measurement.ratio() - 1.0).abs();
    let Some(worst) = checked.max_by(|a, b| distance(a).total_cmp(&distance(b))) else {
        return Finding::not_available(CheckReason::TwoGiven);
    };
    let (verdict, why) = if distance(worst) <= LITTLE_TOLERANCE {
        (Verdict::Pass, CheckReason::RowsNear)
    } else {
        (Verdict::Fail, CheckReason::RowOff(worst.n))
    };
    Finding::new(verdict, Some(worst.ratio()), why)
}

#[cfg(test)]
#[path = "analysis_tests.rs"]
mod tests;
