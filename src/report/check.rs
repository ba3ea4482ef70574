//! A checked file: for the terminal, for Markdown, and its rows as CSV.

use super::ReportError;
use super::section::{self, Section};
use super::table::Table;
use super::words;
use planner_core::check::document::{Batches, CheckDocument, Form, Means, Reading};
use planner_core::check::quantity::Quantity;
use planner_core::law::finding::Verdict;
use planner_core::law::rivals::Comparison;
use planner_core::measure::histogram::Ends;
use planner_core::measure::scaling::UslSummary;
use planner_core::numeric::interval::{Interval, Mean};
use planner_core::units::human::{count, counted, duration, grouped, number, rate, shortest};

/// Rows that people are shown; CSV and JSON have all.
const ROWS_SHOWN: usize = 20;
/// Stands for what is not known.
const UNKNOWN: &str = "–";

/// The answer as text, no line wider than `width` columns.
#[must_use]
pub fn text(document: &CheckDocument, width: usize, colour: bool) -> String {
    section::text(&sections(document), width, colour)
}

/// The answer in Markdown.
#[must_use]
pub fn markdown(document: &CheckDocument) -> String {
    section::markdown("N = X·R checked", &sections(document))
}

/// The answer as JSON with a newline at its end.
///
/// # Errors
/// Where the document holds a value that JSON cannot express.
pub fn json(document: &CheckDocument) -> Result<String, ReportError> {
    Ok(serde_json::to_string_pretty(document)? + "\n")
}

/// One row a stretch, measurement or period; None for single requests, which are not repeated.
///
/// # Errors
/// Where the writer refuses a row.
pub fn csv(document: &CheckDocument) -> Result<Option<String>, ReportError> {
    if document.form == Form::Requests {
        return Ok(None);
    }
    let failed = |error: csv::Error| ReportError::Csv(error.to_string());
    let mut writer = csv::Writer::from_writer(Vec::new());
    for reading in &document.readings {
        writer.serialize(reading).map_err(failed)?;
    }
    let bytes = writer.into_inner().map_err(|error| ReportError::Csv(error.to_string()))?;
    String::from_utf8(bytes).map(Some).map_err(|error| ReportError::Csv(error.to_string()))
}

fn sections(document: &CheckDocument) -> Vec<Section> {
    let mut sections = vec![Section::Lead(lead(document)), Section::Table(times(document))];
    if let Some(law) = &document.littles_law {
        sections.push(Section::Words("N = X·R", words::law(law)));
    }
    if let Some(means) = &document.means {
        sections.push(Section::Words("N = X·R", law_of_means(means)));
    }
    if let Some(batches) = &document.batches {
        sections.push(Section::Words("batches", in_batches(batches)));
    }
    if !document.outcomes.is_empty() {
        let outcomes: Vec<String> = document
            .outcomes
            .iter()
            .map(|(outcome, number)| format!("{} {outcome}", count(*number)))
            .collect();
        sections.push(Section::Words("outcomes", format!("{} in the file", outcomes.join(", "))));
    }
    let verdicts = &document.verdicts;
    sections.push(Section::Verdict("accounting", verdicts.accounting.clone()));
    sections.push(Section::Verdict("independent", verdicts.independent.clone()));
    sections.push(Section::Verdict("raw", verdicts.raw.clone()));
    sections.push(Section::Table(readings(&document.readings)));
    if let Some(hidden) = document.readings.len().checked_sub(ROWS_SHOWN).filter(|&hidden| hidden > 0) {
        let more = format!("{} more; --format csv shows all", count(hidden as u64));
        sections.push(Section::Words("rows", more));
    }
    if let Some(usl) = &document.usl {
        sections.extend(scaling(usl));
    }
    sections.extend(document.notes.iter().map(|note| Section::Words("note", note.clone())));
    sections
}

fn lead(document: &CheckDocument) -> String {
    let noun = match document.form {
        Form::Requests => "request",
        Form::Samples => "stretch",
        Form::Table => "measurement",
        Form::CloudWatch => "CloudWatch period",
    };
    let looked_at = match document.form {
        Form::Samples if document.rows != 1 => format!("{} stretches", count(document.rows)),
        _ => counted(document.rows, noun),
    };
    let window_s = document
        .littles_law
        .map(|law| law.window_s)
        .or_else(|| document.means.as_ref().map(|means| means.window_s));
    let over = window_s.map_or_else(String::new, |window_s| format!(" over {}", duration(window_s)));
    format!("{looked_at}{over}: {}.", outcome(document))
}

fn outcome(document: &CheckDocument) -> &'static str {
    let verdicts = &document.verdicts;
    let all = [verdicts.accounting.verdict, verdicts.independent.verdict, verdicts.raw.verdict];
    if all.contains(&Verdict::Fail) {
        "N = X·R does not hold"
    } else if all.contains(&Verdict::Inconclusive) {
        "whether N = X·R holds is not decided"
    } else if all.contains(&Verdict::Pass) {
        "N = X·R holds"
    } else {
        "nothing to check N = X·R against"
    }
}

fn law_of_means(means: &Means) -> String {
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

fn readings(readings: &[Reading]) -> Table {
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

/// The fitted law, its rivals and what to do.
fn scaling(usl: &UslSummary) -> Vec<Section> {
    let mut sections = vec![Section::Table(parameters(usl))];
    let label = "scalability";
    let state = match &usl.refused {
        Some(reason) => format!("do not use this fit: {reason}; {}", usl.advice),
        None => usl.advice.clone(),
    };
    sections.push(Section::Words(label, state));
    if let Some(rivals) = &usl.rivals {
        sections.push(Section::Table(models(rivals)));
        sections.push(Section::Words("models", rivals.note.clone()));
        let bound = &rivals.bound;
        sections.push(Section::Words(
            "bound",
            format!(
                "no more than N / {} and no more than {}; they meet at N = {}",
                duration(bound.cycle_s),
                rate(bound.largest_x_per_s),
                number(bound.knee_n())
            ),
        ));
    }
    sections
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

fn models(comparison: &Comparison) -> Table {
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
