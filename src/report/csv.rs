//! One row a level, for spreadsheets.

use super::ReportError;
use super::escape::spreadsheet_cell;
use planner_core::measure::document::RunDocument;
use planner_core::measure::level::LevelSummary;

type Cell = fn(&LevelSummary) -> String;

const COLUMNS: [(&str, Cell); 36] = [
    ("concurrency", |level| level.concurrency.map_or_else(String::new, |workers| workers.to_string())),
    ("rate_per_s", |level| level.rate_per_s.map_or_else(String::new, |per_s| per_s.to_string())),
    ("start_s", |level| level.start_s.to_string()),
    ("makespan_s", |level| level.makespan_s.to_string()),
    ("jobs", |level| level.jobs.to_string()),
    ("jobs_done", |level| level.jobs_done.to_string()),
    ("jobs_failed", |level| level.jobs_failed.to_string()),
    ("items_done", |level| level.items_done.to_string()),
    ("size_bytes", |level| level.size_bytes.to_string()),
    ("attempts", |level| level.attempts.to_string()),
    ("throughput_per_s", |level| level.throughput_per_s.to_string()),
    ("goodput_per_s", |level| level.goodput_per_s.to_string()),
    ("residence_mean_s", |level| level.residence_mean_s.to_string()),
    ("in_flight_mean", |level| level.in_flight_mean.to_string()),
    ("in_flight_max", |level| level.in_flight_max.to_string()),
    ("latency_p50_s", |level| level.latency_s.p50.to_string()),
    ("latency_p90_s", |level| level.latency_s.p90.to_string()),
    ("latency_p95_s", |level| level.latency_s.p95.to_string()),
    ("latency_p99_s", |level| level.latency_s.p99.to_string()),
    ("latency_p999_s", |level| level.latency_s.p999.to_string()),
    ("latency_max_s", |level| level.latency_s.max.to_string()),
    ("latency_mean_s", |level| level.latency_s.mean.to_string()),
    ("service_p50_s", |level| level.service_s.p50.to_string()),
    ("service_p90_s", |level| level.service_s.p90.to_string()),
    ("service_p95_s", |level| level.service_s.p95.to_string()),
    ("service_p99_s", |level| level.service_s.p99.to_string()),
    ("service_p999_s", |level| level.service_s.p999.to_string()),
    ("service_max_s", |level| level.service_s.max.to_string()),
    ("service_mean_s", |level| level.service_s.mean.to_string()),
    ("throttles", |level| level.throttles.to_string()),
    ("errors", |level| level.error_count().to_string()),
    ("not_started", |level| level.not_started_count().to_string()),
    ("lateness_p99_s", |level| level.lateness_s.p99.to_string()),
    ("lateness_max_s", |level| level.lateness_s.max.to_string()),
    ("xr", |level| level.littles_law.xr.to_string()),
    ("accounting_holds", |level| level.littles_law.accounting_holds.to_string()),
];

/// The levels of all runs as CSV: names with units in the first line, exact values after, the run last.
///
/// # Errors
/// Where the writer refuses a row.
pub fn render<'a>(documents: impl IntoIterator<Item = &'a RunDocument>) -> Result<String, ReportError> {
    written(|writer| {
        writer.write_record(COLUMNS.iter().map(|(name, _)| *name).chain(["run"]))?;
        for document in documents {
            for level in &document.levels {
                let cells = COLUMNS.iter().map(|(_, cell)| cell(level));
                writer.write_record(cells.chain([spreadsheet_cell(&document.run)]))?;
            }
        }
        Ok(())
    })
}

/// The rows that are written.
pub(crate) fn written(
    write: impl FnOnce(&mut csv::Writer<Vec<u8>>) -> csv::Result<()>,
) -> Result<String, ReportError> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    write(&mut writer).map_err(|error| ReportError::Csv(error.to_string()))?;
    let bytes = writer.into_inner().map_err(|error| ReportError::Csv(error.to_string()))?;
    String::from_utf8(bytes).map_err(|error| ReportError::Csv(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample_run::SampleRun;

    #[test]
    fn every_level_is_a_row_of_exact_values() {
        let sample = SampleRun::sweep();
        let text = render([&sample.document]).unwrap();
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        let column = reader.headers().unwrap().iter().position(|name| name == "throughput_per_s").unwrap();
        let read: Vec<f64> = reader.records().map(|row| row.unwrap()[column].parse().unwrap()).collect();
        assert!(read.iter().copied().eq(sample.document.levels.iter().map(|level| level.throughput_per_s)));
        assert_eq!(render([&SampleRun::empty().document]).unwrap().lines().count(), 1);
    }
}
