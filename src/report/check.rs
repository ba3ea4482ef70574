//! The page of a checked file, and its rows as CSV.

use serde_json::Value;

use super::page::{Block, Fact, Page, PagePart};
use super::table::Table;
use super::{ReportError, chart, json, reasons, run_words};
use planner_core::check::document::{Batches, CheckDocument, FileFormat, Reading, WindowMeans};
use planner_core::check::quantity::Quantity;
use planner_core::check::verdict_reason::CheckReason;
use planner_core::law::candidate_models::ModelComparison;
use planner_core::law::finding::Verdict;
use planner_core::measure::histogram::Ends;
use planner_core::measure::scaling::UslSummary;
use planner_core::numeric::interval::{Interval, Mean};
use planner_core::units::human::{capitalised, count, counted, duration, grouped, number, rate, shortest};

/// Rows that people are shown; CSV and JSON have all.
const ROWS_SHOWN: usize = 20;
/// Stands for what is not known.
const UNKNOWN: &str = "–";

/// For people: the law and its verdicts, then the times, the rows and what they say about scaling. `file` is what was
/// checked, `command` how.
#[must_use]
pub fn page(document: &CheckDocument, file: &str, command: &[String], version: &str) -> Page {
    let verdicts = document.verdicts.map(reasons::check::words);
    let notes = document.notes.iter().map(|note| format!("{}.", capitalised(&reasons::check::note(note))));
    Page {
        kind: format!("Check of N = X·R · {file}"),
        title: verdict(document),
        parts: vec![
            PagePart::new(
                "Little’s law, N = X·R",
                [Block::Facts(law(document)), run_words::judgements(&verdicts)],
            ),
            PagePart::new("Residence times of what ended in the window", [times(document).into()]),
            PagePart::new("Row by row", rows(&document.readings)),
            PagePart::new("Scalability", scaling(document)),
            PagePart::new("Doubts", [Block::List(notes.collect())]),
            PagePart::new("How to make it again", [Block::Code(run_words::quoted(command))]),
        ],
        version: version.into(),
        ..Page::default()
    }
}

/// For programs: all that the check holds, with its words.
///
/// # Errors
/// Where a number has no form in JSON.
pub fn document(document: &CheckDocument) -> serde_json::Result<Value> {
    let notes = document.notes.iter().map(reasons::check::note).collect();
    let findings = document.verdicts.named().map(|(name, it)| (name, it.map(reasons::check::words)));
    json::told(document, verdict(document), findings, notes)
}

/// What was looked at, and whether the law holds there.
fn verdict(document: &CheckDocument) -> String {
    let outcome = match document.verdict {
        Verdict::Fail => "FAIL: N = X·R does not hold",
        Verdict::Inconclusive => "Undecided, whether N = X·R holds",
        Verdict::Pass if document.verdicts.raw.why == CheckReason::Identity => {
            "The times add up, as those of any requests do; whether N = X·R holds in between was not asked"
        }
        Verdict::Pass => "N = X·R holds",
        Verdict::NotAvailable => "Nothing to check N = X·R against",
    };
    let looked_at = match document.form {
        FileFormat::Requests => counted(document.rows, "request"),
        FileFormat::Samples if document.rows != 1 => format!("{} stretches", count(document.rows)),
        FileFormat::Samples => counted(document.rows, "stretch"),
        FileFormat::Table => counted(document.rows, "measurement"),
        FileFormat::CloudWatch => counted(document.rows, "CloudWatch period"),
    };
    let means_s = || document.means.as_ref().map(|means| means.window_s);
    let window_s = document.littles_law.as_ref().map(|law| law.window_s).or_else(means_s);
    let over = window_s.map_or_else(String::new, |window_s| format!(" over {}", duration(window_s)));
    format!("{outcome}: {looked_at}{over}")
}

/// The terms of the law, and how often requests ended how.
fn law(document: &CheckDocument) -> Vec<Fact> {
    let outcomes = document.outcomes.iter().map(|(outcome, number)| format!("{} {outcome}", count(*number)));
    let outcomes: Vec<String> = outcomes.collect();
    let facts = [
        document.littles_law.as_ref().map(|it| Fact::new("N = X·R", run_words::law(it))),
        document.means.as_ref().map(|it| Fact::new("N = X·R", law_of_means(it))),
        document.batches.as_ref().map(|it| Fact::new("batches", in_batches(it))),
        (!outcomes.is_empty()).then(|| Fact::new("outcomes", format!("{} in the file", outcomes.join(", ")))),
    ];
    facts.into_iter().flatten().collect()
}

/// The first rows, all of them as a chart where they have times.
fn rows(readings: &[Reading]) -> Vec<Block> {
    let hidden = readings.len().saturating_sub(ROWS_SHOWN);
    let more = format!("And {} more; --format csv shows all.", count(hidden as u64));
    let chart = chart::readings("requests", readings, None).map(Block::from);
    let more = (hidden > 0).then_some(Block::Paragraph(more));
    chart.into_iter().chain([table(readings).into()]).chain(more).collect()
}

/// The fitted law, its rivals and what to do.
fn scaling(document: &CheckDocument) -> Vec<Block> {
    let chart = chart::measurements(&document.readings, document.usl.as_ref()).map(Block::from);
    let Some(usl) = &document.usl else { return chart.into_iter().collect() };
    let state = match &usl.refused {
        Some(reason) => format!("Do not use this fit: {reason}; {}.", usl.advice),
        None => format!("{}.", capitalised(&usl.advice)),
    };
    let mut blocks: Vec<Block> = chart.into_iter().collect();
    blocks.extend([parameters(usl).into(), Block::Paragraph(state)]);
    if let Some(rivals) = &usl.rivals {
        let bound = format!(
            "no more than N / {} and no more than {}; they meet at N = {}",
            duration(rivals.bound.cycle_s),
            rate(rivals.bound.largest_x_per_s),
            number(rivals.bound.knee_n())
        );
        let facts = [Fact::new("models", &rivals.note), Fact::new("bound", bound)];
        blocks.extend([models(rivals).into(), Block::Facts(facts.into())]);
    }
    blocks
}

/// One row a stretch, measurement or period; None for single requests, which are not repeated.
///
/// # Errors
/// Where the writer refuses a row.
pub fn csv(document: &CheckDocument) -> Result<Option<String>, ReportError> {
    if document.form == FileFormat::Requests {
        return Ok(None);
    }
    let rows = |writer: &mut csv::Writer<_>| {
        document.readings.iter().try_for_each(|reading| writer.serialize(reading))
    };
    super::csv::written(rows).map(Some)
}

fn law_of_means(means: &WindowMeans) -> String {
    let x = format!("X {}/s (± {} by counting)", shortest(means.x_per_s, 5), number(means.x_noise_per_s));
    let law = match (means.r_s, means.xr, means.n) {
        (Some(r_s), Some(xr), Some(n)) => {
            format!("{x} × R {} s = {}, N = {}", shortest(r_s, 5), shortest(xr, 5), shortest(n, 5))
        }
        (Some(r_s), Some(xr), None) => {
            format!("{x} × R {} s gives N = {}", shortest(r_s, 5), shortest(xr, 5))
        }
        (Some(r_s), None, Some(n)) => {
            format!("N {} ÷ {x} gives R = {} s", shortest(n, 5), shortest(r_s, 5))
        }
        _ => format!("{x}; with the mean response time r, or n in flight, the third would follow"),
    };
    let refused = |name: &str, number: Option<f64>| {
        number.map_or_else(String::new, |it| format!("; {} {name}", grouped(it, 0)))
    };
    law + &refused("throttled", means.throttles) + &refused("errors", means.errors)
}

fn in_batches(batches: &Batches) -> String {
    let with_ends = |mean: &Mean, unit: &str| {
        let Interval { low, high } = mean.interval();
        let [mean, low, high] = [mean.mean, low, high].map(|value| shortest(value, 5));
        format!("{mean}{unit} ({low} to {high})")
    };
    let doubt = if batches.independent {
        ""
    } else {
        "; the batches drift or depend on each other, so the intervals are too narrow"
    };
    format!(
        "X {}, R {} with 95 % confidence, from {} batches of {}{doubt}",
        with_ends(&batches.x_per_s, "/s"),
        with_ends(&batches.r_s, " s"),
        batches.x_per_s.count,
        duration(batches.length_s)
    )
}

fn times(document: &CheckDocument) -> Table {
    let mut table =
        Table::new("Residence times of what ended in the window", &["residence R", "value", "95 % interval"]);
    let Some(times) = &document.residence_s else { return table };
    let between = |ends: &Ends| {
        let end = |end: Option<f64>| end.map_or_else(|| UNKNOWN.to_owned(), duration);
        format!("{} to {}", end(ends.low), end(ends.high))
    };
    let intervals = document.residence_intervals_s.as_ref();
    for (name, time_s, ends) in [
        ("mean", times.mean, None),
        ("p50", times.p50, intervals.map(|it| &it.p50)),
        ("p90", times.p90, intervals.map(|it| &it.p90)),
        ("p99", times.p99, intervals.map(|it| &it.p99)),
        ("max", times.max, None),
    ] {
        table.row([name.into(), duration(time_s), ends.map_or_else(String::new, between)]);
    }
    table
}

fn table(readings: &[Reading]) -> Table {
    let is_timed = readings.iter().any(|reading| reading.start_s.is_some());
    let first = if is_timed { "from" } else { "row" };
    let mut table = Table::new("Rows", &[first, "N", "X", "R", "X·R/N", "derived"]).words_from(5);
    for (index, reading) in readings.iter().take(ROWS_SHOWN).enumerate() {
        let show = |value: Option<f64>, show: fn(f64) -> String| value.map_or_else(|| UNKNOWN.into(), show);
        let noise = reading.x_noise_per_s.map_or_else(String::new, |noise| format!(" ± {}", number(noise)));
        let derived = match reading.derived {
            Some(Quantity::N) => "N",
            Some(Quantity::XPerS) => "X",
            Some(Quantity::RS) => "R",
            None => "",
        };
        table.row([
            reading.start_s.map_or_else(|| count(index as u64 + 1), duration),
            show(reading.n, |n| shortest(n, 4)),
            show(reading.x_per_s, rate) + &noise,
            show(reading.r_s, duration),
            show(reading.ratio, |ratio| grouped(ratio, 4)),
            derived.into(),
        ]);
    }
    table
}

fn parameters(usl: &UslSummary) -> Table {
    let mut table = Table::new("Universal Scalability Law", &["USL", "value", "95 % interval"]);
    let intervals = usl.intervals.as_ref();
    for (name, value, interval) in [
        ("λ, per second", usl.lambda, intervals.map(|it| it.lambda)),
        ("σ, contention", usl.sigma, intervals.map(|it| it.sigma)),
        ("κ, crosstalk", usl.kappa, intervals.map(|it| it.kappa)),
        ("N at the peak", usl.peak_n, intervals.and_then(|it| it.peak_n)),
        ("X at the peak, per second", usl.peak_x_per_s, intervals.and_then(|it| it.peak_x_per_s)),
        ("λ/σ, per second", usl.ceiling_per_s, None),
    ] {
        if let Some(value) = value {
            let between =
                interval.map_or_else(String::new, |it| format!("{} to {}", number(it.low), number(it.high)));
            table.row([name.into(), shortest(value, 6), between]);
        }
    }
    table
}

fn models(comparison: &ModelComparison) -> Table {
    let mut table = Table::new("Models", &["model", "SSE", "AICc", "parameters"]).words_from(3);
    for (index, rival) in comparison.rivals.iter().enumerate() {
        let parameters: Vec<String> = rival
            .fitted
            .parameters()
            .iter()
            .map(|(name, value)| format!("{name} {}", number(*value)))
            .collect();
        let chosen = if comparison.chosen == Some(index) { " ← chosen" } else { "" };
        table.row([
            rival.fitted.name().into(),
            number(rival.residual_squares),
            rival.aicc.map_or_else(|| UNKNOWN.into(), |aicc| grouped(aicc, 1)),
            parameters.join(", ") + chosen,
        ]);
    }
    table
}
