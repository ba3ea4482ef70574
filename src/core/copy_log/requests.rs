//! `start,end[,bytes][,outcome]` rows, with the columns in any order.

use std::io::Read;

use super::logged_copy::{CopyLog, LogFormat, LoggedCopy, by_status};
use crate::check::CheckError;
use crate::check::cell::{self, HeaderColumns};
use crate::check::requests::{RequestColumns, each};
use crate::load::attempt::AttemptOutcome;

/// Where the columns are, if the line names them.
pub(super) fn layout(header: &str) -> Option<RequestColumns> {
    RequestColumns::find(&HeaderColumns::of_line(header))
}

pub(super) fn read(input: impl Read, layout: &RequestColumns) -> Result<CopyLog, CheckError> {
    let mut log = CopyLog::new(LogFormat::Requests);
    each(cell::reader(input), layout, |row| {
        log.copies.push(LoggedCopy {
            started_ns: row.start_ns,
            ended_ns: row.end_ns,
            size_bytes: row.size_bytes.unwrap_or(0),
            outcome: row.outcome.map_or(AttemptOutcome::Ok, outcome),
        });
    })?;
    Ok(log)
}

/// What a word or a status of HTTP says; what is not known did not succeed.
fn outcome(word: &str) -> AttemptOutcome {
    let word = word.to_ascii_lowercase();
    match word.as_str() {
        "" | "ok" | "success" | "succeeded" | "done" | "true" => AttemptOutcome::Ok,
        "slowdown" | "throttled" => AttemptOutcome::Throttled,
        "timeout" => AttemptOutcome::Timeout,
        _ => match word.parse() {
            Ok(status) => by_status(status),
            Err(_) => word.parse().unwrap_or(AttemptOutcome::ServerError),
        },
    }
}
