//! What a fan-out came to, in sentences and tables.

use super::RunView;
use super::chart;
use super::page::{Block, Fact, Part, Sentence};
use super::table::Table;
use planner_core::law::finding::Verdict;
use planner_core::measure::fan_out::second::FunctionSecond;
use planner_core::measure::fan_out::stage::FanOutStageName;
use planner_core::measure::fan_out::summary::FanOutSummary;
use planner_core::measure::histogram::Percentiles;
use planner_core::service::function::Shape;
use planner_core::units::human::capitalised;
use planner_core::units::human::{count, counted, duration, length, number, rate};

/// Rows of the table over time, at most.
const STRETCHES_AT_MOST: usize = 30;
/// Numbers of objects that a sentence names.
const NAMED: usize = 10;
/// Stands for what nobody counts.
const UNKNOWN: &str = "–";

/// What became of the objects, in one sentence without its end.
pub(super) fn done(found: &FanOutSummary) -> String {
    let way = match found.shape {
        Shape::Direct => "SNS and Lambda",
        Shape::Queue => "SNS, SQS and Lambda",
    };
    let copied =
        format!("{} of {} copied through {way}", count(found.copied), counted(found.objects, "object"));
    let finish = found.finish_s.map_or_else(String::new, |time_s| format!(" in {}", duration(time_s)));
    let rest = [
        (found.dead_lettered, "in the dead-letter queue"),
        (found.lost, "LOST"),
        (found.unfinished, "not arrived within the wait"),
        (found.unpublished, "never published"),
    ];
    let rest = rest.into_iter().filter(|(number, _)| *number > 0);
    let rest: String = rest.map(|(number, what)| format!(", {} {what}", count(number))).collect();
    copied + &finish + &rest
}

/// The numbers of the whole pipeline that a reader looks for first.
pub(super) fn headlines(found: &FanOutSummary) -> Vec<Fact> {
    let known = |value: Option<String>| value.unwrap_or_else(|| UNKNOWN.into());
    let function = found.stages.iter().find(|stage| stage.stage == FanOutStageName::Function);
    vec![
        Fact::new("copied", format!("{} of {}", count(found.copied), count(found.objects))),
        Fact::new("done in", known(found.finish_s.map(duration))),
        Fact::new("function’s mean N", known(function.map(|stage| number(stage.law.n)))),
        Fact::new("concurrency, peak", known(found.concurrency_peak.map(count))),
        Fact::new("p99 latency", known((found.timed > 0).then(|| duration(found.latency_s.p99)))),
        Fact::new("throttled", known(found.throttles.map(count))),
    ]
}

/// Whether every object arrived, and which did not.
pub(super) fn sentences(found: &FanOutSummary) -> Vec<Sentence> {
    let gone = [
        (found.lost, &found.lost_objects, "lost: they were published, and nobody has them any more"),
        (
            found.unfinished,
            &found.unfinished_objects,
            "not arrived within the wait, and somebody may still have their messages",
        ),
        (found.dead_lettered, &found.dead_lettered_objects, "given up and kept in the dead-letter queue"),
    ];
    let mut sentences: Vec<Sentence> = gone
        .into_iter()
        .filter(|(number, ..)| *number > 0)
        .map(|(number, objects, what)| Sentence {
            verdict: Verdict::Fail,
            text: format!("{} {what}: {}.", counted(number, "object"), named(number, objects)),
        })
        .collect();
    if found.unpublished > 0 {
        let text =
            format!("{} never published: `attempts.csv` has why.", counted(found.unpublished, "object"));
        sentences.push(Sentence { verdict: Verdict::Fail, text });
    }
    if sentences.is_empty() && found.objects > 0 {
        let text = "Every object arrived.".into();
        sentences.push(Sentence { verdict: Verdict::Pass, text });
    }
    let broken = found.stages.iter().filter(|stage| stage.verdict.verdict == Verdict::Fail);
    sentences.extend(broken.map(|stage| Sentence {
        verdict: Verdict::Fail,
        text: format!("The {} stage is not valid: {}.", stage.stage.words(), stage.verdict.advice),
    }));
    sentences
}

fn named(number: u64, objects: &[u64]) -> String {
    let names: Vec<String> = objects.iter().take(NAMED).map(ToString::to_string).collect();
    let more = number - names.len() as u64;
    let rest =
        if more > 0 { format!(" and {} more, in `deliveries.csv`", count(more)) } else { String::new() };
    format!("{}{rest}", names.join(", "))
}

/// The part of a page about the pipeline; empty for other operations.
pub(super) fn part(view: &RunView) -> Part {
    let function = view.function;
    let blocks = view.document.fan_out.as_ref().map_or_else(Vec::new, |found| {
        let chart = chart::pipeline(view).map(Block::from);
        let mut blocks = vec![
            Block::Table(stages(found)),
            Block::Table(outcomes(found)),
            Block::Table(times(found)),
            Block::Heading(if function.is_empty() { String::new() } else { "The function over time".into() }),
            Block::Table(timeline(function)),
            Block::List(found.unknown.iter().map(|text| capitalised(text) + ".").collect()),
        ];
        blocks.splice(0..0, chart);
        blocks
    });
    Part::new("The pipeline, stage by stage", blocks)
}

/// Little's law at every stage.
pub(super) fn stages(found: &FanOutSummary) -> Table {
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
pub(super) fn outcomes(found: &FanOutSummary) -> Table {
    let mut table = Table::new("Objects and invocations", &["what", "count", "note"]).words_from(2);
    let mut row = |what: &str, value: Option<u64>, note: &str| {
        table.row([what.into(), value.map_or_else(|| UNKNOWN.into(), count), note.into()]);
    };
    row("objects", Some(found.objects), "to be published");
    row("copied", Some(found.copied), "at the destination");
    row("dead-lettered", Some(found.dead_lettered), "given up, the message is kept");
    row("lost", Some(found.lost), "given up, nothing is kept");
    row("not arrived", Some(found.unfinished), "when nobody waited any longer");
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
pub(super) fn times(found: &FanOutSummary) -> Table {
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
pub(super) fn timeline(function: &[FunctionSecond]) -> Table {
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
