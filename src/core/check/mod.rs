//! Other people's numbers, checked: requests, samples over time, tables of concurrency and throughput, and
//! CloudWatch exports. The form is found by the header.

pub mod analysis;
mod batches;
pub(crate) mod cell;
pub mod cloudwatch;
pub mod document;
mod drift;
mod error;
mod file_content;
pub mod note;
mod over_time;
mod per_request;
pub mod quantity;
pub mod requests;
pub mod samples;
pub mod table;
pub mod verdict_reason;
pub mod window;

use std::io::Read;

pub use error::CheckError;
pub use file_content::FileContent;

/// The forms, for messages.
pub const FORMS: &str = "`start,end[,outcome,bytes]`, `t,count[,n][,r]`, `n,x[,r]`, \
    `timestamp,Invocations,Duration,ConcurrentExecutions`, or the JSON of `aws cloudwatch get-metric-data`";

/// Reads a file in whatever form its header tells.
///
/// # Errors
/// Where the form is not known, or a line cannot be understood.
pub fn read(mut input: impl Read) -> Result<FileContent, CheckError> {
    let mut head = [0; 1];
    let taken = input.read(&mut head).map_err(|error| CheckError::File(error.to_string()))?;
    let mut input = head[..taken].chain(input);
    if head[..taken] == *b"{" {
        return cloudwatch::read_json(&mut input).map(FileContent::CloudWatch);
    }
    let mut reader = cell::reader(input);
    let header = reader.headers().map_err(|error| CheckError::File(error.to_string()))?.clone();
    let columns = cell::HeaderColumns::new(&header);
    if let Some(layout) = requests::RequestColumns::find(&columns) {
        requests::read(reader, &layout).map(FileContent::Requests)
    } else if let Some(layout) = cloudwatch::MetricColumns::find(&columns) {
        cloudwatch::read_csv(reader, &layout).map(FileContent::CloudWatch)
    } else if let Some(layout) = samples::SampleColumns::find(&columns) {
        samples::read(reader, &layout).map(FileContent::Samples)
    } else if let Some(layout) = table::TableColumns::find(&columns) {
        table::read(reader, &layout).map(FileContent::Table)
    } else if header.is_empty() {
        Err(CheckError::File("the file is empty".into()))
    } else {
        let header = header.iter().take(12).collect::<Vec<_>>().join(",");
        Err(CheckError::File(format!("the header `{header}` is none of the forms: {FORMS}")))
    }
}
