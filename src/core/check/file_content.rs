//! What a file holds.

use super::{cloudwatch, requests, samples, table};

/// What a file turned out to hold.
#[derive(Debug, Clone, PartialEq)]
pub enum FileContent {
    /// One row a request: when it started and ended.
    Requests(requests::Requests),
    /// A running count of completions, read now and then.
    Samples(samples::Samples),
    /// Throughput at several concurrencies.
    Table(table::MeasurementTable),
    /// Metrics of a Lambda function.
    CloudWatch(cloudwatch::CloudWatchExport),
}
