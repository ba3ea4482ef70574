//! Metrics of a Lambda function: Invocations (sums), Duration (means, in milliseconds) and ConcurrentExecutions, as
//! CSV with one column a metric or as the JSON of `aws cloudwatch get-metric-data`.

use std::collections::BTreeMap;
use std::io::Read;

use serde::Deserialize;

use super::cell::{self, HeaderColumns, parse_time_ns};
use super::error::CheckError;

const NAMES: [&str; 5] = ["invocations", "duration", "concurrentexecutions", "throttles", "errors"];
const ONE_FUNCTION: &str = "the metrics of one function are needed, each of them once";

/// Values by time, in the order of [`NAMES`].
type Rows = BTreeMap<i64, [Option<f64>; 5]>;

/// One period of the metrics.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct CloudWatchPeriod {
    /// Beginning, in nanoseconds since 1970.
    pub start_ns: i64,
    /// Invocations that ended.
    pub invocations: Option<f64>,
    /// Mean duration in seconds.
    pub duration_s: Option<f64>,
    /// Mean concurrent executions.
    pub concurrent: Option<f64>,
    /// Invocations refused.
    pub throttles: Option<f64>,
    /// Invocations that failed.
    pub errors: Option<f64>,
}

/// All periods, in the order of time.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct CloudWatchExport {
    /// Length of a period.
    pub period_s: f64,
    /// The periods.
    pub periods: Vec<CloudWatchPeriod>,
}

/// Where the columns are.
pub struct MetricColumns {
    time: usize,
    metrics: [Option<usize>; 5],
    /// A metric that has more than one column.
    repeated: Option<&'static str>,
}

impl MetricColumns {
    /// Finds the columns, if they are there.
    pub fn find(columns: &HeaderColumns) -> Option<Self> {
        // The console's export calls the column of times "Full label" or "Label".
        let time = columns.find(&["timestamp", "time", "t", "full label", "label"])?;
        let metrics = NAMES.map(|name| columns.find(&[name]));
        metrics[0].map(|_| Self { time, metrics, repeated: columns.repeated(&NAMES) })
    }
}

/// Reads a CSV export. Further header rows, which the console writes, are passed over.
///
/// # Errors
/// Where a row cannot be understood, a metric has two values for one time, or there are fewer than two periods.
pub(crate) fn read_csv<R: Read>(
    reader: csv::Reader<R>,
    layout: &MetricColumns,
) -> Result<CloudWatchExport, CheckError> {
    if let Some(name) = layout.repeated {
        return Err(CheckError::File(format!("two columns are called {name}: {ONE_FUNCTION}")));
    }
    let mut rows = Rows::new();
    let mut in_header = true;
    cell::each_row(reader, |row| {
        let stamp = cell::text(row, layout.time, "timestamp")?;
        let start_ns = match parse_time_ns(stamp) {
            Ok(time_ns) => time_ns,
            Err(_) if in_header => return Ok(()),
            Err(reason) => return Err(format!("timestamp {reason}")),
        };
        in_header = false;
        let period = rows.entry(start_ns).or_default();
        for (value, (index, name)) in period.iter_mut().zip(layout.metrics.iter().zip(NAMES)) {
            if let Some(read) = cell::maybe_amount(row, *index, name)? {
                put(value, read).map_err(|reason| format!("{name} at {stamp} {reason}"))?;
            }
        }
        Ok(())
    })?;
    CloudWatchExport::from_rows(rows)
}

#[derive(Deserialize)]
struct MetricDataOutput {
    #[serde(rename = "MetricDataResults")]
    results: Vec<MetricData>,
}

#[derive(Deserialize)]
struct MetricData {
    #[serde(rename = "Label")]
    label: String,
    #[serde(rename = "Timestamps")]
    timestamps: Vec<String>,
    #[serde(rename = "Values")]
    values: Vec<f64>,
}

/// Fills the place of a metric at one time.
fn put(place: &mut Option<f64>, value: f64) -> Result<(), String> {
    match place.replace(value) {
        None => Ok(()),
        Some(_) => Err(format!("has two values: {ONE_FUNCTION}")),
    }
}

/// The metric that a label such as `copy Invocations` names with its last word.
fn metric_of(label: &str) -> Option<usize> {
    let last = label.rsplit(|c: char| !c.is_ascii_alphanumeric()).next()?;
    NAMES.iter().position(|name| last.eq_ignore_ascii_case(name))
}

/// Reads the JSON of `aws cloudwatch get-metric-data`; labels name the metrics.
///
/// # Errors
/// Where the text is no such JSON, a metric has two values for one time, or there are fewer than two periods.
pub(crate) fn read_json(input: &mut impl Read) -> Result<CloudWatchExport, CheckError> {
    let file = |reason: String| CheckError::File(reason);
    let answer: MetricDataOutput = serde_json::from_reader(input)
        .map_err(|error| file(format!("it is not the JSON of get-metric-data: {error}")))?;
    let mut rows = Rows::new();
    for MetricData { label, timestamps, values } in answer.results {
        let Some(index) = metric_of(&label) else { continue };
        let counts = (timestamps.len(), values.len());
        if counts.0 != counts.1 {
            return Err(file(format!("{label} has {} timestamps and {} values", counts.0, counts.1)));
        }
        for (stamp, value) in timestamps.iter().zip(values) {
            let start_ns = parse_time_ns(stamp).map_err(|reason| file(format!("a timestamp {reason}")))?;
            if !value.is_finite() || value < 0.0 {
                return Err(file(format!("{label} is {value} at {stamp}")));
            }
            let place = &mut rows.entry(start_ns).or_default()[index];
            put(place, value).map_err(|reason| file(format!("{label} at {stamp} {reason}")))?;
        }
    }
    CloudWatchExport::from_rows(rows)
}

impl CloudWatchExport {
    fn from_rows(rows: Rows) -> Result<Self, CheckError> {
        let starts: Vec<i64> = rows.keys().copied().collect();
        let period_ns = starts.windows(2).map(|pair| pair[1] - pair[0]).min();
        let Some(period_ns) = period_ns else {
            return Err(CheckError::File("two periods are needed to know how long a period is".into()));
        };
        let period =
            |(start_ns, [invocations, duration, concurrent, throttles, errors]): (i64, [Option<f64>; 5])| {
                let duration_s = duration.map(|milliseconds| milliseconds / 1e3);
                CloudWatchPeriod { start_ns, invocations, duration_s, concurrent, throttles, errors }
            };
        Ok(Self { period_s: period_ns as f64 / 1e9, periods: rows.into_iter().map(period).collect() })
    }
}

#[cfg(test)]
mod tests {
    use super::super::{FileContent, read};
    use super::*;

    fn metrics(text: &str) -> CloudWatchExport {
        match read(text.as_bytes()) {
            Ok(FileContent::CloudWatch(metrics)) => metrics,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn csv_and_json_exports_say_the_same() {
        let csv = "Timestamp,Invocations,Duration,ConcurrentExecutions\n\
                   2016-05-12T10:00:00Z,1200,30000,590\n2016-05-12T10:01:00Z,1200,30500,610\n";
        let json = r#"{"MetricDataResults": [
            {"Id": "a", "Label": "copy Invocations", "Timestamps": ["2016-05-12T10:01:00Z", "2016-05-12T10:00:00Z"], "Values": [1200, 1200]},
            {"Id": "b", "Label": "Duration", "Timestamps": ["2016-05-12T10:00:00+00:00", "2016-05-12T10:01:00Z"], "Values": [30000.0, 30500.0]},
            {"Id": "c", "Label": "ConcurrentExecutions", "Timestamps": ["2016-05-12T10:00:00Z", "2016-05-12T10:01:00Z"], "Values": [590, 610]}]}"#;
        let console = "Full label,Invocations,Duration,ConcurrentExecutions\nLabel,Invocations,Duration,ConcurrentExecutions\n\
                       2016/05/12 10:00:00,1200,30000,590\n2016/05/12 10:01:00,1200,30500,610\n";
        assert_eq!(metrics(csv), metrics(json));
        assert_eq!(metrics(csv), metrics(console));
        assert_eq!(metrics(csv).period_s, 60.0);
        assert_eq!(metrics(csv).periods[1].duration_s, Some(30.5));
    }

    /// JSON of two periods for each of these labels.
    fn json(labels: &[&str]) -> String {
        let result = |label: &&str| {
            let stamps = r#"["2016-05-12T10:00:00Z", "2016-05-12T10:01:00Z"]"#;
            format!(r#"{{"Label": "{label}", "Timestamps": {stamps}, "Values": [{0}, {0}]}}"#, label.len())
        };
        format!(r#"{{"MetricDataResults": [{}]}}"#, labels.iter().map(result).collect::<Vec<_>>().join(", "))
    }

    fn refused(text: &str) -> String {
        read(text.as_bytes()).unwrap_err().to_string()
    }

    #[test]
    fn a_label_names_a_metric_with_its_last_word_only() {
        let others = [
            "DeadLetterErrors",
            "ProvisionedConcurrencyInvocations",
            "UnreservedConcurrentExecutions",
            "copy PostRuntimeExtensionsDuration",
        ];
        let named = ["copy Invocations", "Duration", "copy/ConcurrentExecutions", "errors"];
        let seen = metrics(&json(&[named, others].concat()));
        assert_eq!(seen, metrics(&json(&named)));
        let first = seen.periods[0];
        assert_eq!((first.invocations, first.errors, first.throttles), (Some(16.0), Some(6.0), None));
    }

    #[test]
    fn two_functions_in_one_file_are_refused() {
        let seen = refused(&json(&["copy Invocations", "other Invocations"]));
        assert!(seen.starts_with("other Invocations at 2016-05-12T10:00:00Z has two values"), "{seen}");
        let seen = refused("timestamp,Invocations\n0,5\n60,5\n0,7\n");
        assert!(seen.starts_with("line 4: invocations at 0 has two values"), "{seen}");
        let seen = refused("timestamp,Invocations,Duration,Invocations\n0,5,1,7\n60,5,1,7\n");
        assert!(seen.starts_with("two columns are called invocations"), "{seen}");
        let apart = "timestamp,Invocations,Errors\n0,5,\n60,5,\n0,,1\n60,,2\n";
        assert_eq!(metrics(apart).periods[1].errors, Some(2.0), "each metric in rows of its own");
    }

    #[test]
    fn what_is_no_period_is_named() {
        let uneven =
            r#"{"MetricDataResults": [{"Label": "Errors", "Timestamps": ["0", "60"], "Values": [1]}]}"#;
        assert_eq!(refused(uneven), "Errors has 2 timestamps and 1 values");
        let seen = refused("timestamp,Invocations\n0,5\n9223372036,5\n-9223372036,5\n");
        assert!(seen.starts_with("line 3: timestamp is `9223372036`, not a time in seconds"), "{seen}");
    }
}
