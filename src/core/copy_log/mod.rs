//! Copies that something else logged: requests as `planner check` reads them, reports of a Lambda function, and server
//! access logs of S3. The form is found by the first line.

mod access_log;
mod lambda;
mod logged_copy;
mod logged_run;
mod requests;

use std::io::{BufRead, Read};

use crate::check::CheckError;

pub use logged_copy::{CopyLog, LogFormat, LoggedCopy};
pub use logged_run::LoggedRun;

/// The forms, for messages.
pub const FORMS: &str = "`start,end[,bytes][,outcome]`, REPORT lines of a Lambda function, an export of CloudWatch Logs \
    Insights or `aws logs` with them or with @duration, or S3 server access logs with REST.COPY.OBJECT";

/// Reads a log in whatever form its first line tells.
///
/// # Errors
/// Where the form is not known, a line cannot be understood, or nothing was copied.
pub fn read(mut input: impl BufRead) -> Result<CopyLog, CheckError> {
    let mut first = String::new();
    input.read_line(&mut first).map_err(|error| CheckError::File(error.to_string()))?;
    let whole = first.as_bytes().chain(input);
    let log = if first.trim_start().starts_with(['{', '[']) {
        lambda::read_json(whole)?
    } else if let Some(layout) = requests::layout(&first) {
        requests::read(whole, &layout)?
    } else if let Some(layout) = lambda::ExportColumns::find(&first) {
        lambda::read_csv(whole, &layout)?
    } else if access_log::is_record(&first) {
        access_log::read(whole)?
    } else {
        lambda::read_lines(whole)?
    };
    if log.copies.is_empty() {
        return Err(CheckError::File(format!("there is no copy in it; the forms are {FORMS}")));
    }
    Ok(log)
}

#[cfg(test)]
mod tests;
