//! Copies that something else logged: requests as `planner check` reads them, reports of a Lambda function, and server
//! access logs of S3. The form is found by the first line.

mod access_log;
mod lambda;
mod recorded;
mod requests;

use std::io::{BufRead, Read};

use crate::check::CheckError;
use crate::load::attempt::Outcome;

pub use recorded::Recorded;

/// The forms, for messages.
pub const FORMS: &str = "`start,end[,bytes][,outcome]`, REPORT lines of a Lambda function, an export of CloudWatch Logs \
    Insights or `aws logs` with them or with @duration, or S3 server access logs with REST.COPY.OBJECT";

/// Where a log comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// `start,end` rows.
    Requests,
    /// Reports of a function, whose duration is that of its handler.
    Lambda,
    /// Server access logs, whose times begin at whole seconds.
    AccessLog,
}

impl Form {
    /// The form for people.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Requests => "list of requests",
            Self::Lambda => "function log",
            Self::AccessLog => "access log",
        }
    }
}

/// A copy as it was logged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Copied {
    /// When it began, in nanoseconds by the clock of the log.
    pub started_ns: i64,
    /// When it ended.
    pub ended_ns: i64,
    /// Its size; 0 where the log does not say it.
    pub size_bytes: u64,
    /// How it ended.
    pub outcome: Outcome,
}

/// What a log says.
#[derive(Debug, Clone, PartialEq)]
pub struct Log {
    /// Where it comes from.
    pub form: Form,
    /// The copies, in the order of the log.
    pub copies: Vec<Copied>,
    /// Seconds to start an execution environment, of those that were started.
    pub cold_starts_s: Vec<f64>,
    /// Whether the log says when copies were made; otherwise they stand one after the other.
    pub has_times: bool,
}

impl Log {
    fn new(form: Form) -> Self {
        Self { form, copies: Vec::new(), cold_starts_s: Vec::new(), has_times: true }
    }
}

/// Reads a log in whatever form its first line tells.
///
/// # Errors
/// Where the form is not known, a line cannot be understood, or nothing was copied.
pub fn read(mut input: impl BufRead) -> Result<Log, CheckError> {
    let mut first = String::new();
    input.read_line(&mut first).map_err(|error| CheckError::File(error.to_string()))?;
    let whole = first.as_bytes().chain(input);
    let log = if first.trim_start().starts_with(['{', '[']) {
        lambda::read_json(whole)?
    } else if let Some(layout) = requests::layout(&first) {
        requests::read(whole, &layout)?
    } else if let Some(layout) = lambda::Layout::find(&first) {
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
