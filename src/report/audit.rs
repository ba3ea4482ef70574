//! The page of an audit.

use serde_json::Value;

use super::chart::readings;
use super::drawing::Chart;
use super::page::{Block, Fact, Page, PagePart};
use super::table::Table;
use super::{json, reasons, run_words};
use planner_core::audit::document::AuditDocument;
use planner_core::audit::function::AuditedFunction;
use planner_core::audit::note::AuditNote;
use planner_core::audit::tally::{Item, rfc3339};
use planner_core::law::finding::Verdict;
use planner_core::units::human::{bytes, capitalised, count, counted, duration, number, rate, shortest};

/// Keys of each kind that people are shown; the document has more, and findings.csv all.
const KEYS_SHOWN: usize = 10;

/// For people: what arrived, what is wrong, whether the plan was kept, and what the function did.
#[must_use]
pub fn page(document: &AuditDocument, version: &str) -> Page {
    let subject = &document.subject;
    // The verdict says where the missing lie.
    let notes = document.notes.iter().filter(|note| !matches!(note, AuditNote::Elsewhere(_)));
    let notes = notes.map(|note| format!("{}.", capitalised(&reasons::audit::note(note))));
    let since = subject.since_ns.and_then(rfc3339);
    let since = since.iter().map(|since| format!("stale before {}", run_words::date(since)));
    let places = [("source", &subject.source), ("destination", &subject.destination)];
    let places = Block::Facts(places.into_iter().map(|(name, place)| Fact::new(name, place)).collect());
    let provenance = [
        if subject.rehearsal { "rehearsal" } else { "real" }.to_owned(),
        run_words::date(&subject.audited_at),
        counted(subject.list_requests, "list request"),
        format!("planner {version}"),
    ];
    Page {
        kind: format!("Audit · {} → {}", subject.source, subject.destination),
        title: title(document),
        banners: banners(document),
        lead: verdict(document),
        bullets: rehearsal(document).into_iter().collect(),
        provenance: provenance.into_iter().chain(since).collect(),
        parts: vec![
            PagePart::new(
                "What arrived",
                [places, measures(document).into(), judged(document, &["complete"])],
            ),
            PagePart::new("What is wrong", wrong(document)),
            PagePart::new("Was the plan kept?", [judged(document, &["deadline", "finish", "concurrency"])]),
            PagePart::new("The function by CloudWatch", function(document)),
            PagePart::new("Doubts", [Block::List(notes.collect())]),
            PagePart::new("How to make it again", [Block::Code(run_words::quoted(&subject.command))]),
        ],
        version: version.into(),
        ..Page::default()
    }
}

/// For programs: all that the audit holds, with its words.
///
/// # Errors
/// Where a number has no form in JSON.
pub fn document(document: &AuditDocument) -> serde_json::Result<Value> {
    let notes = document.notes.iter().map(reasons::audit::note).collect();
    let findings = document.verdicts.named().map(|(name, it)| (name, it.map(reasons::audit::words)));
    json::told(document, title(document), findings, notes)
}

/// What arrived and what did not.
fn verdict(document: &AuditDocument) -> String {
    let counts = &document.counts;
    let lists = [
        (counts.missing, "missing"),
        (counts.differing, "differing"),
        (counts.stale, "stale"),
        (counts.extra, "extra"),
    ];
    let wrong = lists.into_iter().filter(|(number, _)| *number > 0);
    let wrong: Vec<String> = wrong.map(|(number, word)| format!("{} {word}", count(number))).collect();
    let wrong = if wrong.is_empty() { String::new() } else { format!("; {}", wrong.join(", ")) };
    let time =
        document.execution_time_s.map_or_else(String::new, |time_s| format!(" in {}", duration(time_s)));
    if document.subject.complete && document.expected == 0 {
        return format!("There is nothing to copy at the source{wrong}.");
    }
    let expected = counted(document.expected, "object");
    let so_far = if document.subject.complete { "" } else { " so far" };
    let is_whole = document.arrived == document.expected;
    let arrived = if is_whole { "All".into() } else { count(document.arrived) };
    let elsewhere = document.notes.iter().find_map(|note| match note {
        AuditNote::Elsewhere(elsewhere) => Some(format!(" {}.", reasons::audit::found(elsewhere))),
        _ => None,
    });
    format!("{arrived} of {expected}{so_far} arrived{time}{wrong}.{}", elsewhere.unwrap_or_default())
}

/// The verdict: what is wrong, else whether the deadline was kept, else what arrived.
fn title(document: &AuditDocument) -> String {
    let counts = &document.counts;
    let lists = [
        (counts.missing, "are missing", "is missing"),
        (counts.differing, "differ", "differs"),
        (counts.stale, "are stale", "is stale"),
    ];
    let wrong = lists.into_iter().filter(|(number, ..)| *number > 0);
    let expected = counted(document.expected, "object");
    let told = wrong.enumerate().map(|(index, (number, many, one))| {
        let of = if index == 0 { format!(" of {expected}") } else { String::new() };
        format!("{}{of} {}", count(number), if number == 1 { one } else { many })
    });
    let wrong: Vec<String> = told.collect();
    let arrived = verdict(document);
    let arrived = arrived.trim_end_matches('.');
    let subject = &document.subject;
    let (state, text) = match (wrong.is_empty(), subject.complete, document.verdicts.deadline.verdict) {
        (false, ..) => (Some("FAIL"), wrong.join(", ")),
        (true, false, _) => (Some("incomplete"), arrived.to_owned()),
        (true, true, Verdict::Pass) => (Some("kept"), arrived.to_owned()),
        (true, true, Verdict::Fail) => (Some("late"), arrived.to_owned()),
        (true, true, _) => (None, arrived.to_owned()),
    };
    run_words::titled(subject.rehearsal, state, &text)
}

/// Says that an endpoint is no account.
fn rehearsal(document: &AuditDocument) -> Option<Fact> {
    let text = "The endpoint is not AWS, so this says nothing about a real account.";
    document.subject.rehearsal.then(|| Fact::new("Not known", text))
}

fn banners(document: &AuditDocument) -> Vec<String> {
    let incomplete =
        "INCOMPLETE: the listings were not read to their ends; --resume goes on where this stopped.";
    (!document.subject.complete).then(|| incomplete.to_owned()).into_iter().collect()
}

/// The verdicts of these names that there is something to say about.
fn judged(document: &AuditDocument, names: &[&str]) -> Block {
    let verdicts = document.verdicts.named().into_iter().filter(|(name, _)| names.contains(name));
    let told = verdicts
        .filter(|(_, finding)| finding.verdict != Verdict::NotAvailable || finding.ratio.is_some())
        .map(|(name, finding)| run_words::judgement(name, &finding.map(reasons::audit::words)));
    Block::Judgements(told.collect())
}

/// The first keys of each kind.
fn wrong(document: &AuditDocument) -> [Block; 2] {
    let mut table = Table::new("The first keys of each kind", &["finding", "key", "why"]).words_from(1);
    let counts = &document.counts;
    let all = counts.missing + counts.differing + counts.stale + counts.extra;
    for items in [&document.missing, &document.differing, &document.stale, &document.extra] {
        for item in items.iter().take(KEYS_SHOWN) {
            table.row([item.reason.kind().word().into(), item.key.clone(), difference(item)]);
        }
    }
    let hidden = all - table.rows.len() as u64;
    let more = format!("And {} more; findings.csv names all.", count(hidden));
    [table.into(), Block::Paragraph(if hidden > 0 { more } else { String::new() })]
}

/// What CloudWatch says: numbers, verdicts, and the periods as a chart.
fn function(document: &AuditDocument) -> Vec<Block> {
    let Some(function) = &document.function else { return Vec::new() };
    let reserved = document.plan.and_then(|plan| plan.reserved_concurrency);
    let limit = reserved.map(|reserved| ("reserved by the plan", reserved));
    let subtitle = function.name.iter().cloned().collect();
    let chart =
        readings("function", &function.readings, limit).map(|chart| Block::from(Chart { subtitle, ..chart }));
    let verdicts = judged(document, &["invocations", "independent", "raw"]);
    chart.into_iter().chain([metrics(function).into(), verdicts]).collect()
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

fn metrics(function: &AuditedFunction) -> Table {
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

fn difference(item: &Item) -> String {
    let sizes = item.source.as_ref().zip(item.destination.as_ref());
    match sizes.map(|(source, destination)| (source.size_bytes, destination.size_bytes)) {
        Some((source, destination)) if source != destination => {
            format!("{} B instead of {} B", count(destination), count(source))
        }
        _ => item.reason.words().into(),
    }
}

#[cfg(test)]
#[path = "audit_tests.rs"]
mod tests;
