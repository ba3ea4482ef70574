//! Server access logs of S3, of which the copies count (Amazon S3 User Guide, "Amazon S3 server access log format").
//!
//! A record has fields between blanks, some in brackets or quotes. Whoever reads the source of a copy has a record of its
//! own, which is left out: the copy is the request to the destination.

use std::io::BufRead;

use jiff::fmt::strtime;

use super::logged_copy::{CopyLog, LogFormat, LoggedCopy, by_status};
use crate::check::CheckError;
use crate::load::attempt::AttemptOutcome;

/// Copies of objects and of parts, at their destination.
const OPERATIONS: [&str; 2] = ["REST.COPY.OBJECT", "REST.COPY.PART"];
/// Number of the first fields, of which those that count are below.
const FIELDS: usize = 14;
const TIME: usize = 2;
const OPERATION: usize = 6;
const STATUS: usize = 9;
const ERROR_CODE: usize = 10;
const OBJECT_SIZE: usize = 12;
const TOTAL_TIME_MS: usize = 13;

/// Whether a line is a record of such a log.
pub(super) fn is_record(line: &str) -> bool {
    fields(line).is_some_and(|fields| time_ns(fields[TIME]).is_some() && fields[OPERATION].contains('.'))
}

pub(super) fn read(input: impl BufRead) -> Result<CopyLog, CheckError> {
    let mut log = CopyLog::new(LogFormat::AccessLog);
    for (number, line) in (1..).zip(input.lines()) {
        let line = line.map_err(|error| CheckError::Line { line: number, reason: error.to_string() })?;
        if line.trim().is_empty() {
            continue;
        }
        let copied = record(&line).map_err(|reason| CheckError::Line { line: number, reason })?;
        log.copies.extend(copied);
    }
    Ok(log)
}

/// The copy of a record; None where it is about something else.
fn record(line: &str) -> Result<Option<LoggedCopy>, String> {
    let fields =
        fields(line).ok_or_else(|| format!("a record of an access log has {FIELDS} fields at least"))?;
    if !OPERATIONS.contains(&fields[OPERATION]) {
        return Ok(None);
    }
    let started_ns =
        time_ns(fields[TIME]).ok_or_else(|| format!("`{}` is not a time of such a log", fields[TIME]))?;
    let lasted_ms: i64 = number(fields[TOTAL_TIME_MS], "total time")?.unwrap_or(0);
    let ended_ns = lasted_ms.checked_mul(1_000_000).and_then(|lasted_ns| started_ns.checked_add(lasted_ns));
    Ok(Some(LoggedCopy {
        started_ns,
        ended_ns: ended_ns.ok_or("it lasted for centuries")?,
        size_bytes: number(fields[OBJECT_SIZE], "object size")?.unwrap_or(0),
        outcome: outcome(fields[STATUS], fields[ERROR_CODE]),
    }))
}

fn outcome(status: &str, code: &str) -> AttemptOutcome {
    match (status.parse().map_or(AttemptOutcome::ServerError, by_status), code) {
        (_, "SlowDown") => AttemptOutcome::Throttled,
        // A copy may fail after the status has been sent.
        (AttemptOutcome::Ok, code) if code != "-" => AttemptOutcome::ServerError,
        (outcome, _) => outcome,
    }
}

/// A whole number of 0 or more; None for a dash.
fn number<N: std::str::FromStr + PartialOrd + Default>(field: &str, name: &str) -> Result<Option<N>, String> {
    if field == "-" {
        return Ok(None);
    }
    let number = field.parse::<N>().ok().filter(|number| *number >= N::default());
    number.map(Some).ok_or_else(|| format!("`{field}` is not a number, as the {name} is"))
}

fn time_ns(field: &str) -> Option<i64> {
    let time = strtime::parse("%d/%b/%Y:%H:%M:%S %z", field).ok()?.to_timestamp().ok()?;
    i64::try_from(time.as_nanosecond()).ok()
}

/// The first fields of a record, without their brackets and quotes.
fn fields(line: &str) -> Option<[&str; FIELDS]> {
    let mut rest = line;
    let mut fields = [""; FIELDS];
    for field in &mut fields {
        rest = rest.trim_start_matches(' ');
        let (text, after) = match rest.as_bytes().first()? {
            b'[' => rest[1..].split_once(']')?,
            b'"' => rest[1..].split_once('"')?,
            _ => rest.split_once(' ').unwrap_or((rest, "")),
        };
        (*field, rest) = (text, after);
    }
    Some(fields)
}
