//! Metrics of a Lambda function: Invocations (sums), Duration (means, in milliseconds) and ConcurrentExecutions, as
//! CSV with one column a metric or as the JSON of `aws cloudwatch get-metric-data`.

use std::collections::BTreeMap;
use std::io::Read;

use serde::Deserialize;

use super::CheckError;
use super::cell::{self, Columns, parse_time_ns};

const NAMES: [&str; 5] = ["invocations", "duration", "concurrentexecutions", "throttles", "errors"];

/// One period of the metrics.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Period {
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
pub struct Metrics {
    /// Length of a period.
    pub period_s: f64,
    /// The periods.
    pub periods: Vec<Period>,
}

/// Where the columns are.
pub struct Layout {
    time: usize,
    metrics: [Option<usize>; 5],
}

impl Layout {
    /// Finds the columns, if they are there.
    pub fn find(columns: &Columns) -> Option<Self> {
        // The console's export calls the column of times "Full label" or "Label".
        let time = columns.find(&["timestamp", "time", "t", "full label", "label"])?;
        let metrics = NAMES.map(|name| columns.find(&[name]));
        metrics[0].map(|_| Self { time, metrics })
    }
}

/// Reads a CSV export. Further header rows, which the console writes, are passed over.
///
/// # Errors
/// Where a row cannot be understood, or there are fewer than two periods.
pub fn read_csv<R: Read>(reader: csv::Reader<R>, layout: &Layout) -> Result<Metrics, CheckError> {
    let mut rows = BTreeMap::new();
    let mut in_header = true;
    cell::each_row(reader, |row| {
        let stamp = cell::text(row, layout.time, "timestamp")?;
        let start_ns = match parse_time_ns(stamp) {
            Ok(time_ns) => time_ns,
            Err(_) if in_header => return Ok(()),
            Err(reason) => return Err(format!("timestamp {reason}")),
        };
        in_header = false;
        let mut values = [None; 5];
        for (value, (index, name)) in values.iter_mut().zip(layout.metrics.iter().zip(NAMES)) {
            *value = cell::maybe_amount(row, *index, name)?;
        }
        rows.insert(start_ns, values);
        Ok(())
    })?;
    Metrics::from_rows(rows)
}

#[derive(Deserialize)]
struct Answer {
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

/// Reads the JSON of `aws cloudwatch get-metric-data`; labels name the metrics.
///
/// # Errors
/// Where the text is no such JSON, or there are fewer than two periods.
pub fn read_json(input: &mut impl Read) -> Result<Metrics, CheckError> {
    let file = |reason: String| CheckError::File(reason);
    let answer: Answer = serde_json::from_reader(input)
        .map_err(|error| file(format!("it is not the JSON of get-metric-data: {error}")))?;
    let mut rows: BTreeMap<i64, [Option<f64>; 5]> = BTreeMap::new();
    for metric in answer.results {
        let label = metric.label.to_ascii_lowercase();
        let Some(index) = NAMES.iter().position(|name| label.ends_with(name)) else { continue };
        if metric.timestamps.len() != metric.values.len() {
            return Err(file(format!("{} has other numbers of timestamps and values", metric.label)));
        }
        for (stamp, value) in metric.timestamps.iter().zip(metric.values) {
            let start_ns = parse_time_ns(stamp).map_err(|reason| file(format!("a timestamp {reason}")))?;
            if !value.is_finite() || value < 0.0 {
                return Err(file(format!("{} is {value} at {stamp}", metric.label)));
            }
            rows.entry(start_ns).or_default()[index] = Some(value);
        }
    }
    Metrics::from_rows(rows)
}

impl Metrics {
    fn from_rows(rows: BTreeMap<i64, [Option<f64>; 5]>) -> Result<Self, CheckError> {
        let starts: Vec<i64> = rows.keys().copied().collect();
        let period_ns = starts.windows(2).map(|pair| pair[1] - pair[0]).min();
        let Some(period_ns) = period_ns else {
            return Err(CheckError::File("two periods are needed to know how long a period is".into()));
        };
        let period =
            |(start_ns, [invocations, duration, concurrent, throttles, errors]): (i64, [Option<f64>; 5])| {
                let duration_s = duration.map(|milliseconds| milliseconds / 1e3);
                Period { start_ns, invocations, duration_s, concurrent, throttles, errors }
            };
        Ok(Self { period_s: period_ns as f64 / 1e9, periods: rows.into_iter().map(period).collect() })
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Evidence, read};
    use super::*;

    fn metrics(text: &str) -> Metrics {
        match read(text.as_bytes()) {
            Ok(Evidence::CloudWatch(metrics)) => metrics,
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
}
