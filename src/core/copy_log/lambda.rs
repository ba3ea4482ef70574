//! Reports of a Lambda function: the REPORT lines themselves, an export of CloudWatch Logs Insights as CSV, or the JSON
//! of `aws logs get-query-results` and `aws logs filter-log-events`.
//!
//! A report is written when an invocation has ended, so that its time is the end (AWS Lambda Developer Guide, "Sending
//! Lambda function logs to CloudWatch Logs"). Its duration is that of the handler, without the start of its environment.

use std::io::{BufRead, Read};

use serde::Deserialize;

use super::logged_copy::{CopyLog, LogFormat, LoggedCopy};
use crate::check::CheckError;
use crate::check::cell::{self, HeaderColumns, parse_time_ns};
use crate::load::attempt::AttemptOutcome;

/// Nanoseconds of a millisecond.
const NS_PER_MS: f64 = 1e6;
/// What stands before a duration that is not the handler's.
const OTHER_DURATIONS: [&str; 4] = ["Billed ", "Init ", "Restore ", "Extension "];
/// Invocations of Lambda end within a quarter of an hour, and nothing lasts for a year.
const LONGEST_MS: f64 = 366.0 * 86_400_000.0;

/// Where the columns of an export are.
pub(super) struct ExportColumns {
    time: Option<usize>,
    duration: Option<usize>,
    init: Option<usize>,
    message: Option<usize>,
}

impl ExportColumns {
    /// Finds the columns, if the line names durations or messages.
    pub(super) fn find(header: &str) -> Option<Self> {
        let columns = HeaderColumns::of_line(header);
        let layout = Self {
            time: columns.find(&["@timestamp", "timestamp"]),
            duration: columns.find(&["@duration", "duration"]),
            init: columns.find(&["@initduration", "initduration"]),
            message: columns.find(&["@message", "message"]),
        };
        (layout.duration.is_some() || layout.message.is_some()).then_some(layout)
    }
}

/// What is known of an invocation.
struct Report {
    ended_ns: Option<i64>,
    lasted_ms: f64,
    init_ms: Option<f64>,
    outcome: AttemptOutcome,
}

pub(super) fn read_csv(input: impl Read, layout: &ExportColumns) -> Result<CopyLog, CheckError> {
    let mut reports = Vec::new();
    cell::each_row(cell::reader(input), |row| {
        let cell = |index: Option<usize>| row.get(index?).filter(|cell| !cell.is_empty());
        let ExportColumns { time, duration, init, message } = *layout;
        reports.extend(exported(cell(time), cell(duration), cell(init), cell(message))?);
        Ok(())
    })?;
    Ok(log(reports))
}

pub(super) fn read_lines(input: impl BufRead) -> Result<CopyLog, CheckError> {
    let mut reports = Vec::new();
    for (number, line) in (1..).zip(input.lines()) {
        let at = |reason: String| CheckError::Line { line: number, reason };
        let line = line.map_err(|error| at(error.to_string()))?;
        reports.extend(report(&line).map_err(at)?);
    }
    Ok(log(reports))
}

/// What `aws logs` answers.
#[derive(Deserialize)]
#[serde(untagged)]
enum LogsOutput {
    Query { results: Vec<Vec<Field>> },
    Events { events: Vec<LogEvent> },
}

#[derive(Deserialize)]
struct Field {
    field: String,
    value: String,
}

#[derive(Deserialize)]
struct LogEvent {
    timestamp: i64,
    message: String,
}

pub(super) fn read_json(input: impl Read) -> Result<CopyLog, CheckError> {
    let answer = serde_json::from_reader(input).map_err(|error| {
        CheckError::File(format!(
            "it is no answer of `aws logs get-query-results` or `filter-log-events`: {error}"
        ))
    })?;
    let reports: Result<Vec<Option<Report>>, String> = match answer {
        LogsOutput::Query { results } => results.iter().map(|fields| of_fields(fields)).collect(),
        LogsOutput::Events { events } => events.iter().map(of_event).collect(),
    };
    Ok(log(reports.map_err(CheckError::File)?.into_iter().flatten().collect()))
}

fn of_fields(fields: &[Field]) -> Result<Option<Report>, String> {
    let value = |name: &str| fields.iter().find(|it| it.field == name).map(|it| it.value.as_str());
    exported(value("@timestamp"), value("@duration"), value("@initDuration"), value("@message"))
}

fn of_event(event: &LogEvent) -> Result<Option<Report>, String> {
    let ended_ns = event.timestamp.checked_mul(1_000_000);
    Ok(report(&event.message)?.map(|report| Report { ended_ns, ..report }))
}

/// What an export says of an invocation: by its duration, or else by the report in its message.
fn exported(
    time: Option<&str>,
    duration: Option<&str>,
    init: Option<&str>,
    message: Option<&str>,
) -> Result<Option<Report>, String> {
    let report = match duration {
        Some(duration) => Some(Report {
            ended_ns: None,
            lasted_ms: milliseconds(duration)?,
            init_ms: init.map(milliseconds).transpose()?,
            outcome: AttemptOutcome::Ok,
        }),
        None => report(message.unwrap_or(""))?,
    };
    let ended_ns = time.map(time_ns).transpose()?;
    Ok(report.map(|report| Report { ended_ns: report.ended_ns.or(ended_ns), ..report }))
}

/// What a line reports, perhaps after a time and other words; None where it is no report.
fn report(line: &str) -> Result<Option<Report>, String> {
    let Some((before, rest)) = line.split_once("REPORT RequestId:") else { return Ok(None) };
    let lasted_ms = after(rest, "Duration: ", &OTHER_DURATIONS).ok_or("the report names no duration")?;
    let outcome = match after(rest, "Status: ", &[]) {
        Some(status) if status.starts_with("timeout") => AttemptOutcome::Timeout,
        Some(status) if status.starts_with("error") || status.starts_with("failure") => {
            AttemptOutcome::ServerError
        }
        _ => AttemptOutcome::Ok,
    };
    Ok(Some(Report {
        ended_ns: before.split_whitespace().next().and_then(|word| time_ns(word).ok()),
        lasted_ms: milliseconds(lasted_ms)?,
        init_ms: after(rest, "Init Duration: ", &[]).map(milliseconds).transpose()?,
        outcome,
    }))
}

/// What follows a name in a report, where none of `others` stands right before it.
fn after<'a>(report: &'a str, name: &str, others: &[&str]) -> Option<&'a str> {
    let is_other = |place: usize| others.iter().any(|other| report[..place].ends_with(other));
    let (place, _) = report.match_indices(name).find(|&(place, _)| !is_other(place))?;
    Some(&report[place + name.len()..])
}

/// The number that a text begins with, in milliseconds.
fn milliseconds(text: &str) -> Result<f64, String> {
    let number = text.split_whitespace().next().unwrap_or("");
    match number.parse::<f64>() {
        Ok(ms) if (0.0..=LONGEST_MS).contains(&ms) => Ok(ms),
        _ => Err(format!("`{number}` is not a duration in milliseconds")),
    }
}

/// A date, or milliseconds since 1970.
fn time_ns(text: &str) -> Result<i64, String> {
    match text.parse::<i64>() {
        Ok(ms) if ms > 1_000_000_000_000 => {
            ms.checked_mul(1_000_000).ok_or_else(|| format!("`{text}` is not a time"))
        }
        _ => parse_time_ns(text).map_err(|reason| format!("the time {reason}")),
    }
}

/// Invocations without times stand one after the other: nothing says how many there were at once.
fn log(reports: Vec<Report>) -> CopyLog {
    let has_times = reports.iter().all(|report| report.ended_ns.is_some());
    let mut log = CopyLog { has_times, ..CopyLog::new(LogFormat::Lambda) };
    let mut at_ns = 0i64;
    for report in reports {
        let lasted_ns = (report.lasted_ms * NS_PER_MS) as i64;
        let ended_ns = report.ended_ns.filter(|_| has_times).unwrap_or(at_ns.saturating_add(lasted_ns));
        at_ns = ended_ns;
        log.cold_starts_s.extend(report.init_ms.map(|ms| ms / 1000.0));
        log.copies.push(LoggedCopy {
            started_ns: ended_ns.saturating_sub(lasted_ns),
            ended_ns,
            size_bytes: 0,
            outcome: report.outcome,
        });
    }
    log
}
