//! The fields of both lists, with their units. Their numbers and where these are from stand in the TOML files beside this
//! one.

use std::collections::BTreeMap;

use serde::Deserialize;

/// The limits of an account.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// Month of the list.
    pub as_of: String,
    /// Lambda.
    pub lambda: LambdaLimits,
    /// SQS as a source of events for Lambda.
    pub sqs: SqsLimits,
    /// SNS.
    pub sns: SnsLimits,
    /// S3.
    pub s3: S3Limits,
}

/// Limits of Lambda.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LambdaLimits {
    /// Where the numbers are from.
    pub source: String,
    /// Executions at once of all functions in the account and region.
    pub account_concurrency: u32,
    /// How many of them reservations must leave for other functions.
    pub unreserved_minimum: u32,
    /// Execution environments that a function may add in every interval.
    pub scaling_environments: u32,
    /// The interval.
    pub scaling_interval_s: f64,
    /// Longest execution.
    pub timeout_s: f64,
    /// Threads and processes of one execution.
    pub threads_max: u32,
    /// Least memory of a function.
    pub memory_min_mb: u32,
    /// Most memory of a function.
    pub memory_max_mb: u32,
    /// Memory at which a function has a whole CPU.
    pub cpu_memory_mb: u32,
    /// How long throttled asynchronous events are retried.
    pub event_age_max_s: f64,
    /// Their first back-off.
    pub backoff_first_s: f64,
    /// Their longest back-off.
    pub backoff_max_s: f64,
    /// When a function's own errors are retried, after each failure.
    pub error_retries_after_s: Vec<f64>,
}

/// Limits of SQS as a source of events for Lambda.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SqsLimits {
    /// Where the numbers are from.
    pub source: String,
    /// Least maximum concurrency of an event source.
    pub event_source_concurrency_min: u32,
    /// Largest maximum concurrency of an event source.
    pub event_source_concurrency_max: u32,
    /// Executions at once that an event source begins with.
    pub event_source_concurrency_initial: u32,
    /// Executions at once that an event source reaches where it asks for no maximum.
    pub event_source_concurrency_unset: u32,
    /// Executions that an event source adds in a minute.
    pub event_source_scaling_per_min: u32,
    /// Visibility timeout of a queue that feeds a function, in timeouts of the function.
    pub visibility_timeouts: f64,
    /// How long a queue keeps a message unless it is told otherwise.
    pub retention_s: f64,
    /// How long a queue keeps a message at most.
    pub retention_max_s: f64,
}

/// Limits of SNS.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SnsLimits {
    /// Where the numbers are from.
    pub source: String,
    /// Messages per second in regions that are not listed.
    pub publish_per_s_elsewhere: f64,
    /// Messages of one request.
    pub batch_max: u32,
    /// Bytes of a message, and of all messages of one request together.
    pub message_max_bytes: u64,
    /// Messages per second by region; every message of a batch counts.
    pub publish_per_s: BTreeMap<String, f64>,
}

/// Limits of S3.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct S3Limits {
    /// Where the numbers are from.
    pub source: String,
    /// COPY, PUT, POST and DELETE requests per second and partitioned prefix.
    pub requests_per_s_per_prefix: f64,
    /// Largest object that one CopyObject request copies.
    pub copy_max_bytes: u64,
    /// Smallest part, the last one excepted.
    pub part_min_bytes: u64,
    /// Largest part.
    pub part_max_bytes: u64,
    /// Parts of one object.
    pub parts_max: u32,
    /// Entries on a page of a listing, and keys of one request to delete.
    pub page_keys_max: u32,
}

/// A price list.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Prices {
    /// Month of the list.
    pub as_of: String,
    /// Region it is for.
    pub region: String,
    /// Where the numbers are from.
    pub source: String,
    /// S3.
    pub s3: S3Prices,
    /// SNS.
    pub sns: SnsPrices,
    /// SQS.
    pub sqs: SqsPrices,
    /// Lambda.
    pub lambda: LambdaPrices,
    /// S3 Batch Operations.
    pub batch_operations: BatchOperationsPrices,
    /// Rented machines.
    pub ec2: Ec2Prices,
}

/// Prices of S3.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct S3Prices {
    /// COPY, PUT, POST and LIST requests.
    pub copy_usd_per_1000: f64,
    /// GET and HEAD requests.
    pub get_usd_per_1000: f64,
    /// Transfer at best, such as within a region.
    pub transfer_usd_per_gb_low: f64,
    /// Transfer at worst, between regions.
    pub transfer_usd_per_gb_high: f64,
}

/// Prices of SNS.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SnsPrices {
    /// Messages.
    pub publish_usd_per_million: f64,
    /// Deliveries to a queue or a function.
    pub delivery_usd_per_million: f64,
}

/// Prices of SQS.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SqsPrices {
    /// Requests to standard queues.
    pub request_usd_per_million: f64,
}

/// Prices of Lambda.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LambdaPrices {
    /// A gigabyte of memory for a second, on x86.
    pub x86_usd_per_gb_s: f64,
    /// The same on arm.
    pub arm_usd_per_gb_s: f64,
    /// Invocations.
    pub request_usd_per_million: f64,
}

/// Prices of S3 Batch Operations, beside those of the copies.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BatchOperationsPrices {
    /// A job.
    pub usd_per_job: f64,
    /// Objects that it works on.
    pub object_usd_per_million: f64,
}

/// Prices of rented machines, which depend on the machine.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ec2Prices {
    /// An hour of the machine that would be rented.
    pub usd_per_hour: f64,
}
