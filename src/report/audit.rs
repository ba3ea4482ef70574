//! An audit, on the terminal and as a page.

use super::chart::{Chart, Stage, Stages, stages};
use super::escape::printable;
use super::page::{Block, Fact, Judgement, Page, Part};
use super::section::{self, Section};
use super::table::Table;
use super::words;
use planner_core::audit::document::AuditDocument;
use planner_core::audit::function::Function;
use planner_core::audit::tally::{Item, rfc3339};
use planner_core::check::document::Reading;
use planner_core::law::finding::{Finding, Verdict};
use planner_core::units::human::capitalised;
use planner_core::units::human::{bytes, count, counted, duration, number, rate, shortest};

/// Keys of each kind that people are shown; the document has more, and findings.csv all.
const KEYS_SHOWN: usize = 10;

/// The answer as text, no line wider than `width` columns.
#[must_use]
pub fn text(document: &AuditDocument, width: usize, colour: bool) -> String {
    section::text(&sections(document), width, colour)
}

/// The answer as a page: what arrived, what is wrong, whether the plan was kept, and what the function did.
#[must_use]
pub fn page(document: &AuditDocument, version: &str) -> Page {
    let subject = &document.subject;
    let notes = document.notes.iter().map(|note| format!("{}.", capitalised(note)));
    let since = subject.since_ns.and_then(rfc3339);
    let since = since.iter().map(|since| format!("stale before {}", words::date(since)));
    let provenance = [
        if subject.rehearsal { "rehearsal" } else { "real" }.to_owned(),
        words::date(&subject.audited_at),
        counted(subject.list_requests, "list request"),
        format!("planner {version}"),
    ];
    Page {
        kind: "Audit".into(),
        title: format!("{} → {}", subject.source, subject.destination),
        banners: banners(document),
        lead: document.verdict.clone(),
        tiles: tiles(document),
        provenance: provenance.into_iter().chain(since).collect(),
        parts: vec![
            Part::new("What arrived", [measures(document).into(), judged(document, &["complete"])]),
            Part::new("What is wrong", wrong(document)),
            Part::new("Was the plan kept?", [judged(document, &["deadline", "finish", "concurrency"])]),
            Part::new("The function by CloudWatch", function(document)),
            Part::new("Doubts", [Block::List(notes.collect())]),
            Part::new("How to make it again", [Block::Code(words::quoted(&subject.command))]),
        ],
        version: version.into(),
        ..Page::default()
    }
}

fn banners(document: &AuditDocument) -> Vec<String> {
    let subject = &document.subject;
    let rehearsal = "REHEARSAL: the endpoint is not AWS, so this says nothing about a real account.";
    let incomplete =
        "INCOMPLETE: the listings were not read to their ends; --resume goes on where this stopped.";
    [subject.rehearsal.then_some(rehearsal), (!subject.complete).then_some(incomplete)]
        .into_iter()
        .flatten()
        .map(str::to_owned)
        .collect()
}

/// The numbers that a reader looks for first.
fn tiles(document: &AuditDocument) -> Vec<Fact> {
    let counts = &document.counts;
    let numbers = [
        ("expected", document.expected),
        ("arrived", document.arrived),
        ("missing", counts.missing),
        ("differing", counts.differing),
        ("stale", counts.stale),
    ];
    let time = document.execution_time_s.map_or_else(|| "–".into(), duration);
    let numbers = numbers.into_iter().map(|(name, number)| Fact::new(name, count(number)));
    numbers.chain([Fact::new("execution time", time)]).collect()
}

/// The verdicts of these names that there is something to say about.
fn judged(document: &AuditDocument, names: &[&str]) -> Block {
    let verdicts = document.verdicts.named().into_iter().filter(|(name, _)| names.contains(name));
    let told = verdicts.filter(|(_, finding)| has_something(finding));
    Block::Judgements(told.map(|(name, finding)| Judgement::new(name, finding)).collect())
}

fn has_something(finding: &Finding) -> bool {
    finding.verdict != Verdict::NotAvailable || finding.ratio.is_some()
}

/// A table a kind, with its first keys.
fn wrong(document: &AuditDocument) -> Vec<Block> {
    let mut blocks = Vec::new();
    for (items, number) in lists(document) {
        let Some(first) = items.first() else { continue };
        let kind = first.reason.kind().word();
        let caption = format!("{}, {}", capitalised(kind), counted(number, "key"));
        let mut table = Table::new(caption, &[kind, "why"]).words_from(1);
        for item in items.iter().take(KEYS_SHOWN) {
            table.row([printable(&item.key), why(item)]);
        }
        let hidden = number - table.rows.len() as u64;
        blocks.push(table.into());
        if hidden > 0 {
            blocks.push(Block::Paragraph(format!("And {} more; findings.csv names all.", count(hidden))));
        }
    }
    blocks
}

/// What CloudWatch says: numbers, verdicts, and the periods as a chart.
fn function(document: &AuditDocument) -> Vec<Block> {
    let Some(function) = &document.function else { return Vec::new() };
    let reserved = document.plan.and_then(|plan| plan.reserved_concurrency);
    let chart = over_time(function, reserved).map(Block::from);
    let verdicts = judged(document, &["invocations", "independent", "raw"]);
    chart.into_iter().chain([metrics(function).into(), verdicts]).collect()
}

fn end_s(reading: &Reading) -> Option<f64> {
    Some(reading.start_s? + reading.length_s?)
}

/// Invocations, concurrent executions and throttles, period by period.
fn over_time(function: &Function, reserved: Option<f64>) -> Option<Chart> {
    let start_s = function.readings.first()?.start_s?;
    let length_s = end_s(function.readings.last()?)? - start_s;
    let line = |of: &dyn Fn(&Reading) -> Option<f64>| {
        let mut points: Vec<(f64, f64)> = Vec::new();
        let mut ended_s = start_s;
        for reading in &function.readings {
            let (Some(from_s), Some(to_s), Some(value)) = (reading.start_s, end_s(reading), of(reading))
            else {
                continue;
            };
            // Where CloudWatch has no period, nothing ran.
            points.extend((from_s > ended_s).then_some((ended_s - start_s, 0.0)));
            points.push((from_s - start_s, value));
            ended_s = to_s;
        }
        points
    };
    let stage = Stage {
        name: "function".into(),
        in_flight: line(&|reading| reading.n),
        throttled_per_s: line(&|reading| Some(reading.throttles? / reading.length_s?)),
        done_per_s: line(&|reading| reading.x_per_s),
        backlog: Vec::new(),
    };
    let limit = reserved.map(|reserved| ("reserved by the plan", reserved));
    let chart = stages(&Stages { stages: &[stage], end_s: length_s, limit })?;
    let description = format!(
        "What the function had in flight, what was throttled and what it was done with, in CloudWatch's periods of {}.",
        duration(function.period_s)
    );
    let subtitle = function.name.iter().cloned().collect();
    Some(Chart { title: "The function over time".into(), description, subtitle, ..chart })
}

fn sections(document: &AuditDocument) -> Vec<Section> {
    let subject = &document.subject;
    let mut sections: Vec<Section> = banners(document).into_iter().map(Section::Warning).collect();
    sections.push(Section::Lead(document.verdict.clone()));
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
        if has_something(finding) {
            sections.push(Section::Verdict(name, finding.clone()));
        }
    }
    sections.extend(document.notes.iter().map(|note| Section::Words("note", note.clone())));
    sections
}

fn measures(document: &AuditDocument) -> Table {
    let mut table = Table::new("Objects", &["objects", "number", "note"]).words_from(2);
    let counts = &document.counts;
    for (name, number, note) in [
        ("expected", document.expected, bytes(document.expected_bytes)),
        ("arrived", document.arrived, bytes(document.arrived_bytes)),
        ("unchanged", counts.unchanged, "of these, alike from before".into()),
        ("missing", counts.missing, "not at the destination".into()),
        ("differing", counts.differing, "another size or ETag".into()),
        ("stale", counts.stale, "older than the backup or their source".into()),
        ("extra", counts.extra, "not at the source".into()),
    ] {
        table.row([name.into(), count(number), note]);
    }
    if let Some(time_s) = document.execution_time_s {
        let copied = document.arrived - document.counts.unchanged;
        let pace = if time_s > 0.0 { rate(copied as f64 / time_s) } else { String::new() };
        table.row(["execution time".into(), duration(time_s), pace]);
    }
    table
}

fn metrics(function: &Function) -> Table {
    let mut table = Table::new("Over the whole time", &["function", "value", "note"]).words_from(2);
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
    let events = &function.events;
    if let Some(age_s) = events.async_event_age_max_s {
        table.row(["oldest event".into(), duration(age_s), "longest wait for an execution".into()]);
    }
    for (label, value, note) in [
        ("events dropped", events.async_events_dropped, "too old, or tried too often"),
        ("not put aside", events.dead_letter_errors, "dropped events that nobody has"),
    ] {
        if let Some(value) = value {
            table.row([label.into(), count(value), note.into()]);
        }
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
