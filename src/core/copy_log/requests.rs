//! `start,end[,bytes][,outcome]` rows, with the columns in any order.

use std::io::Read;

use super::log::{Copied, Form, Log, by_status};
use crate::check::CheckError;
use crate::check::cell::{self, Columns};
use crate::check::requests::{Layout, each};
use crate::load::attempt::Outcome;

/// Where the columns are, if the line names them.
pub(super) fn layout(header: &str) -> Option<Layout> {
    Layout::find(&Columns::of_line(header))
}

pub(super) fn read(input: impl Read, layout: &Layout) -> Result<Log, CheckError> {
    let mut log = Log::new(Form::Requests);
    each(cell::reader(input), layout, |row| {
        log.copies.push(Copied {
            started_ns: row.start_ns,
            ended_ns: row.end_ns,
            size_bytes: row.size_bytes.unwrap_or(0),
            outcome: row.outcome.map_or(Outcome::Ok, outcome),
        });
    })?;
    Ok(log)
}

/// What a word or a status of HTTP says; what is not known did not succeed.
fn outcome(word: &str) -> Outcome {
    let word = word.to_ascii_lowercase();
    match word.as_str() {
        "" | "ok" | "success" | "succeeded" | "done" | "true" => Outcome::Ok,
        "slowdown" | "throttled" => Outcome::Throttled,
        "timeout" => Outcome::Timeout,
        _ => match word.parse() {
            Ok(status) => by_status(status),
            Err(_) => word.parse().unwrap_or(Outcome::ServerError),
        },
    }
}
