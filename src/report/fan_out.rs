//! What a fan-out came to, stage by stage.

use super::RunView;
use super::chart;
use super::page::{Block, PagePart};
use super::table::Table;
use planner_core::measure::fan_out::second::FunctionSecond;
use planner_core::measure::fan_out::summary::FanOutSummary;
use planner_core::measure::histogram::Percentiles;
use planner_core::units::human::{count, counted, duration, length, number, rate};

/// Rows of the table over time, at most.
const STRETCHES_AT_MOST: usize = 30;
/// Stands for what nobody counts.
const UNKNOWN: &str = "–";

/// The parts of a page about the pipeline; without blocks for other operations.
pub(super) fn parts(view: &RunView) -> [PagePart; 2] {
    let blocks = view.document.fan_out.iter().flat_map(|found| {
        let unknown = found.unknown.iter().map(|text| format!("Not known: {text}.")).collect();
        let tables = [stages(found), outcomes(found), times(found)].map(Block::Table);
        let chart = chart::pipeline(view).map(Block::from);
        chart.into_iter().chain(tables).chain([Block::List(unknown)])
    });
    [
        PagePart::new("The pipeline, stage by stage", blocks),
        PagePart::detail("The function over time", [Block::Table(timeline(view.function))]),
    ]
}

/// Little's law at every stage.
fn stages(found: &FanOutSummary) -> Table {
    let head = ["stage", "X", "R", "X·R", "N", "verdict"];
    let mut table = Table::new("N = X·R at every stage", &head).words_from(5);
    for stage in &found.stages {
        let law = &stage.law;
        table.row([
            stage.stage.words().into(),
            rate(law.x_per_s),
            duration(law.r_s),
            number(law.xr),
            number(law.n),
            stage.verdict.verdict.word().into(),
        ]);
    }
    table
}

/// What became of the objects, and what it took.
fn outcomes(found: &FanOutSummary) -> Table {
    let mut table = Table::new("Objects and invocations", &["what", "count", "note"]).words_from(2);
    let mut row = |what: &str, value: Option<u64>, note: &str| {
        table.row([what.into(), value.map_or_else(|| UNKNOWN.into(), count), note.into()]);
    };
    row("objects", Some(found.objects), "to be published");
    row("copied", Some(found.copied), "at the destination");
    row("dead-lettered", Some(found.dead_lettered), "given up, the message is kept");
    row("lost", Some(found.lost), "given up, nothing is kept");
    row("not arrived", Some(found.unfinished), "when the wait ended");
    row("never published", Some(found.unpublished), "");
    row("invocations", found.invocations, "retries and duplicates included");
    row("throttles", found.throttles, "attempts to invoke that found no room");
    row("invocations failed", found.errors, "or cut off");
    row("deliveries failed", Some(found.failed_deliveries), "as the function told");
    row("duplicates", Some(found.duplicates), "deliveries of what was copied");
    row("slowed down", Some(found.slow_downs), "copy requests that S3 throttled");
    let limit = found.concurrency_limit.map_or_else(String::new, |limit| format!("of {}", count(limit)));
    row("concurrency, peak", found.concurrency_peak, &limit);
    table
}

/// How long it all took.
fn times(found: &FanOutSummary) -> Table {
    let mut table = Table::new("Times of the fan-out", &["time", "value", "note"]).words_from(2);
    let show = |time_s: Option<f64>| time_s.map_or_else(|| UNKNOWN.into(), duration);
    let mut row = |what: &str, time_s, note: String| table.row([what.into(), show(time_s), note]);
    row("finish", found.finish_s, "first publish request to last copy".into());
    row("execution time", found.execution_time_s, "latest less earliest LastModified".into());
    let Percentiles { p50, p90, p99, max, .. } = found.latency_s;
    for (name, time_s) in [("p50", p50), ("p90", p90), ("p99", p99), ("max", max)] {
        let known = (found.timed > 0).then_some(time_s);
        let note = format!("intended publishing to copy, {}", counted(found.timed, "object"));
        row(&format!("latency, {name}"), known, note);
    }
    row("duration, mean", found.duration_mean_s, "of an invocation, the function's R".into());
    row("duration, max", found.duration_max_s, "of an invocation".into());
    if found.async_event_age_max_s.is_some() {
        row("oldest event", found.async_event_age_max_s, "longest wait for an invocation".into());
    }
    table
}

/// The function in a few dozen stretches.
fn timeline(function: &[FunctionSecond]) -> Table {
    let seconds_each = function.len().div_ceil(STRETCHES_AT_MOST).max(1);
    let head = ["from", "concurrency", "at most", "backlog", "throttles", "invocations", "copied"];
    let mut table = Table::new(format!("In steps of {}", length(seconds_each as u64)), &head);
    for rows in function.chunks(seconds_each) {
        let known = |of: fn(&FunctionSecond) -> Option<u64>| {
            let sum: Option<u64> = rows.iter().map(of).sum();
            sum.map_or_else(|| UNKNOWN.into(), count)
        };
        let mean = |of: fn(&FunctionSecond) -> f64| rows.iter().map(of).sum::<f64>() / rows.len() as f64;
        let is_known = rows.iter().all(|row| row.backlog_mean.is_some());
        let backlog = mean(|row| row.backlog_mean.unwrap_or(0.0));
        table.row([
            duration(rows.first().map_or(0.0, |row| row.start_s)),
            number(mean(|row| row.concurrency_mean)),
            count(rows.iter().map(|row| row.concurrency_max).max().unwrap_or(0)),
            if is_known { number(backlog) } else { UNKNOWN.into() },
            known(|row| row.throttles),
            count(rows.iter().map(|row| row.invocations).sum()),
            count(rows.iter().map(|row| row.copied).sum()),
        ]);
    }
    table
}
