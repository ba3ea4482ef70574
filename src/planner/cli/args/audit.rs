//! Options of `planner audit`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use jiff::Timestamp;

use super::output::ReportOutputOptions;
use planner_core::audit::listing_location::ListingLocation;
use planner_core::audit::object_comparison::CompareBy;

/// Where the buckets are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum AuditTarget {
    /// An emulator or another S3 at a URL.
    Endpoint,
    /// A real account.
    Aws,
}

/// By what copies are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum CompareArgument {
    /// Size, and ETag where ETags can be compared.
    Etag,
    /// Size alone, as under KMS encryption, where an ETag is no digest.
    Size,
}

impl From<CompareArgument> for CompareBy {
    fn from(by: CompareArgument) -> Self {
        match by {
            CompareArgument::Etag => Self::Etag,
            CompareArgument::Size => Self::Size,
        }
    }
}

/// Options of `planner audit`.
#[derive(Debug, Args)]
pub(crate) struct AuditOptions {
    /// Where the objects were to be copied from: s3://bucket/prefix/.
    #[arg(long, value_name = "PLACE")]
    pub source: ListingLocation,
    /// Where they were to go.
    #[arg(long, value_name = "PLACE")]
    pub dest: ListingLocation,
    /// Expect what this list names (`key,size` rows or an S3 Inventory list, which may end in .gz) instead of listing
    /// the source; sizes alone are compared then.
    #[arg(long, value_name = "FILE")]
    pub manifest: Option<PathBuf>,
    /// Beginning of the backup, RFC 3339: older copies are stale, and metrics start here.
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub since: Option<Timestamp>,
    /// End of the metrics, RFC 3339; now unless told.
    #[arg(long, value_name = "TIME", value_parser = time, requires = "since")]
    pub until: Option<Timestamp>,
    /// By what copies are compared.
    #[arg(long, value_enum, default_value = "etag")]
    pub compare: CompareArgument,
    /// Plan that the backup is held to: plan.json, or the folder that has it.
    #[arg(long, value_name = "PLAN")]
    pub plan: Option<PathBuf>,
    /// Requests that list objects, at most; what was found until then is kept, and --resume goes on.
    #[arg(long, value_name = "N")]
    pub max_requests: Option<u64>,
    /// Price list to use instead of the built-in one.
    #[arg(long, value_name = "FILE")]
    pub prices: Option<PathBuf>,
    /// Go on with an audit that was cut off: its folder, beside the same options.
    #[arg(long, value_name = "FOLDER")]
    pub resume: Option<PathBuf>,
    #[command(flatten)]
    pub answer: ReportOutputOptions,
    #[command(flatten)]
    pub metrics: MetricsOptions,
    #[command(flatten)]
    pub reach: ReachOptions,
}

fn time(text: &str) -> Result<Timestamp, String> {
    text.parse().map_err(|_| format!("`{text}` is not a time; write it as 2016-05-12T10:00:00Z"))
}

/// Where the function's metrics come from.
#[derive(Debug, Args)]
#[command(next_help_heading = "The function that made the copies")]
pub(crate) struct MetricsOptions {
    /// Name of the function, whose metrics CloudWatch is asked for.
    #[arg(long, value_name = "NAME", requires = "since")]
    pub function: Option<String>,
    /// Metrics from a file instead, in a form that `planner check` reads.
    #[arg(long, value_name = "FILE", conflicts_with = "function")]
    pub metrics: Option<PathBuf>,
}

/// How the buckets are reached.
#[derive(Debug, Args)]
#[command(next_help_heading = "How the buckets are reached")]
pub(crate) struct ReachOptions {
    /// Where the buckets are.
    #[arg(long, value_enum, default_value = "endpoint")]
    pub target: AuditTarget,
    /// URL of the endpoint target. Where it is absent, AWS_ENDPOINT_URL_S3 and AWS_ENDPOINT_URL are asked in turn;
    /// for metrics AWS_ENDPOINT_URL_CLOUDWATCH goes before all.
    #[arg(long, value_name = "URL")]
    pub endpoint_url: Option<String>,
    /// Region.
    #[arg(long)]
    pub region: Option<String>,
    /// Region of the destination, where it is another one.
    #[arg(long, value_name = "REGION")]
    pub dest_region: Option<String>,
    /// The account that an aws target must turn out to be.
    #[arg(long, value_name = "ID")]
    pub account: Option<String>,
}
