//! An audit: for the terminal and for Markdown.

use super::ReportError;
use super::human::{bytes, count, counted, duration, number, rate, shortest};
use super::section::{self, Section};
use super::table::Table;
use super::words;
use crate::audit::document::AuditDocument;
use crate::audit::function::Function;
use crate::audit::tally::Item;
use crate::stats::summary::Verdict;

/// Keys of each kind that people are shown; the document has more, and findings.csv all.
const KEYS_SHOWN: usize = 10;

/// The answer as text, no line wider than `width` columns.
#[must_use]
pub fn text(document: &AuditDocument, width: usize, colour: bool) -> String {
    section::text(&sections(document), width, colour)
}

/// The answer in Markdown.
#[must_use]
pub fn markdown(document: &AuditDocument) -> String {
    section::markdown("Audit of a backup", &sections(document))
}

/// The answer as JSON with a newline at its end.
///
/// # Errors
/// Where the document holds a value that JSON cannot express.
pub fn json(document: &AuditDocument) -> Result<String, ReportError> {
    Ok(serde_json::to_string_pretty(document)? + "\n")
}

fn sections(document: &AuditDocument) -> Vec<Section> {
    let subject = &document.subject;
    let mut sections = Vec::new();
    if subject.rehearsal {
        let warning = "REHEARSAL: the endpoint is not AWS, so this says nothing about a real account.";
        sections.push(Section::Warning(warning.into()));
    }
    if !subject.complete {
        let warning =
            "INCOMPLETE: the listings were not read to their ends; --resume goes on where this stopped.";
        sections.push(Section::Warning(warning.into()));
    }
    sections.push(Section::Lead(lead(document)));
    sections.push(Section::Words("source", subject.source.clone()));
    sections.push(Section::Words("destination", subject.destination.clone()));
    let requests = counted(subject.list_requests, "list request");
    sections.push(Section::Words("audited", format!("{}, {requests}", words::date(&subject.audited_at))));
    sections.push(Section::Table(measures(document)));
    if let Some(function) = &document.function {
        sections.push(Section::Table(metrics(function)));
    }
    sections.push(Section::Table(findings(document)));
    if let Some(hidden) = hidden(document) {
        sections.push(Section::Words("keys", format!("{} more; findings.csv names all", count(hidden))));
    }
    for (name, finding) in document.verdicts.named() {
        if finding.verdict != Verdict::NotAvailable || finding.ratio.is_some() {
            sections.push(Section::Verdict(name, finding.clone()));
        }
    }
    sections.extend(document.notes.iter().map(|note| Section::Words("note", note.clone())));
    sections
}

/// What arrived and what did not, in one sentence.
fn lead(document: &AuditDocument) -> String {
    let counts = &document.counts;
    let wrong: Vec<String> = [
        (counts.missing, "missing"),
        (counts.differing, "differing"),
        (counts.stale, "stale"),
        (counts.extra, "extra"),
    ]
    .into_iter()
    .filter(|(number, _)| *number > 0)
    .map(|(number, word)| format!("{} {word}", count(number)))
    .collect();
    let wrong = if wrong.is_empty() { String::new() } else { format!("; {}", wrong.join(", ")) };
    let time =
        document.execution_time_s.map_or_else(String::new, |time_s| format!(" in {}", duration(time_s)));
    let expected = counted(document.expected, "object");
    let so_far = if document.subject.complete { "" } else { " so far" };
    match document.arrived {
        arrived if arrived == document.expected => format!("all of {expected}{so_far} arrived{time}{wrong}."),
        arrived => format!("{} of {expected}{so_far} arrived{time}{wrong}.", count(arrived)),
    }
}

fn measures(document: &AuditDocument) -> Table {
    let mut table = Table::new("Objects", &["objects", "number", "note"]).words_from(2);
    let counts = &document.counts;
    for (name, number, note) in [
        ("expected", document.expected, bytes(document.expected_bytes)),
        ("arrived", document.arrived, bytes(document.arrived_bytes)),
        ("missing", counts.missing, "not at the destination".into()),
        ("differing", counts.differing, "another size or ETag".into()),
        ("stale", counts.stale, "older than the backup or their source".into()),
        ("extra", counts.extra, "not at the source".into()),
    ] {
        table.row([name.into(), count(number), note]);
    }
    if let Some(time_s) = document.execution_time_s {
        let pace = if time_s > 0.0 { rate(document.arrived as f64 / time_s) } else { String::new() };
        table.row(["execution time".into(), duration(time_s), pace]);
    }
    table
}

fn metrics(function: &Function) -> Table {
    let mut table = Table::new("The function by CloudWatch", &["function", "value", "note"]).words_from(2);
    let name = function.name.clone().unwrap_or_default();
    table.row(["invocations".into(), count(function.invocations), name]);
    for (label, value) in [("throttles", function.throttles), ("errors", function.errors)] {
        if let Some(value) = value {
            table.row([label.into(), count(value), String::new()]);
        }
    }
    table.row([
        "throughput X".into(),
        rate(function.x_per_s),
        format!("over {}", counted(function.periods, "period")),
    ]);
    if let Some(mean_s) = function.duration_mean_s {
        let most = function
            .duration_max_s
            .map_or_else(String::new, |max_s| format!("mean; {} at most", duration(max_s)));
        table.row(["duration R".into(), duration(mean_s), most]);
    }
    if let Some(mean) = function.concurrent_mean {
        let most = function
            .concurrent_max
            .map_or_else(String::new, |max| format!("mean; {} at most", shortest(max, 4)));
        table.row(["concurrent N".into(), number(mean), most]);
    }
    if let Some(xr) = function.xr {
        table.row(["X·R".into(), number(xr), "what N must be on average".into()]);
    }
    table
}

fn lists(document: &AuditDocument) -> [(&[Item], u64); 4] {
    let counts = &document.counts;
    [
        (&document.missing, counts.missing),
        (&document.differing, counts.differing),
        (&document.stale, counts.stale),
        (&document.extra, counts.extra),
    ]
}

fn findings(document: &AuditDocument) -> Table {
    let mut table = Table::new("What is wrong", &["finding", "key", "why"]).words_from(1);
    for item in lists(document).into_iter().flat_map(|(items, _)| items.iter().take(KEYS_SHOWN)) {
        table.row([item.reason.kind().word().into(), item.key.clone(), why(item)]);
    }
    table
}

fn why(item: &Item) -> String {
    let sizes = item.source.as_ref().zip(item.destination.as_ref());
    match sizes.map(|(source, destination)| (source.size_bytes, destination.size_bytes)) {
        Some((source, destination)) if source != destination => {
            format!("{} B instead of {} B", count(destination), count(source))
        }
        _ => item.reason.words().into(),
    }
}

fn hidden(document: &AuditDocument) -> Option<u64> {
    let more: u64 = lists(document).iter().map(|(_, count)| count.saturating_sub(KEYS_SHOWN as u64)).sum();
    (more > 0).then_some(more)
}

#[cfg(test)]
#[path = "audit_tests.rs"]
mod tests;
