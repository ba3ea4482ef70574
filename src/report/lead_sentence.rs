//! What a run did, in one sentence.

use planner_core::measure::document::RunDocument;
use planner_core::measure::fan_out::summary::FanOutSummary;
use planner_core::measure::level::LevelSummary;
use planner_core::service::function::PipelineShape;
use planner_core::units::human::{bytes, count, counted, duration, number, percent, rate};

/// What is done and what is attempted per second are the same up to this share.
const SAME_SHARE: f64 = 0.005;

/// What was done, in one sentence.
pub(super) fn done(document: &RunDocument) -> String {
    let rates = rates(document);
    let colon = if rates.is_empty() { "" } else { ": " };
    format!("{}{colon}{rates}.", what(document))
}

/// What was done in which time under which load, without an end.
pub(super) fn what(document: &RunDocument) -> String {
    let items = document.levels.iter().map(|level| level.items_done).sum();
    let size_bytes: u64 = document.levels.iter().map(|level| level.size_bytes).sum();
    let makespan_s = document.levels.iter().map(|level| level.makespan_s).sum();
    let followed = document.fan_out.as_ref().map_or_else(String::new, |found| arrived(found) + "; ");
    let operation = document.scenario.operation;
    let (item, done) = operation.done();
    let size = if operation.publishes() { String::new() } else { format!(" ({})", bytes(size_bytes)) };
    let what = format!("{} {done}{size}", counted(items, item));
    let failed = document.levels.iter().map(|level| level.jobs_failed).sum();
    let what = if failed > 0 { format!("{what} and {} failed", counted(failed, "job")) } else { what };
    let time = duration(makespan_s);
    match document.levels.as_slice() {
        [] => "no level was run".into(),
        [level] => format!("{followed}{what} in {time} with {}", load(level)),
        levels @ [first, .., last] => {
            format!(
                "{what} in {time} over {} levels, from {} to {}",
                levels.len(),
                first.label(),
                last.label()
            )
        }
    }
}

/// Throughput, in flight and residence time, without an end; empty where there are none.
pub(super) fn rates(document: &RunDocument) -> String {
    match document.levels.as_slice() {
        [] => String::new(),
        [level] => averages(level),
        levels => best(levels),
    }
}

/// What became of the objects, in one sentence without its end.
fn arrived(found: &FanOutSummary) -> String {
    let way = match found.shape {
        PipelineShape::Direct => "SNS and Lambda",
        PipelineShape::Queue => "SNS, SQS and Lambda",
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

/// The level that got most done.
fn best(levels: &[LevelSummary]) -> String {
    let best = levels.iter().max_by(|a, b| pace(a).total_cmp(&pace(b)));
    best.filter(|level| pace(level) > 0.0).map_or_else(String::new, |level| {
        format!("most per second, {}, with {}", rate(pace(level)), load(level))
    })
}

/// What a level got done per second, in its steady part where attempts are what is done.
fn pace(level: &LevelSummary) -> f64 {
    match &level.steady {
        Some(steady) if !goodput_differs(level) => steady.throughput_per_s.mean,
        _ => level.goodput_per_s,
    }
}

/// Whether attempts per second say something else than what was done per second: there were retries, failures, parts
/// or batches.
pub(super) fn goodput_differs(level: &LevelSummary) -> bool {
    (level.goodput_per_s / level.throughput_per_s - 1.0).abs() > SAME_SHARE
}

fn load(level: &LevelSummary) -> String {
    match (level.concurrency, level.rate_per_s) {
        (Some(_), _) => level.label(),
        (None, Some(_)) => format!("arrivals at {}", level.label()),
        (None, None) => "arrivals at a varying rate".into(),
    }
}

fn averages(level: &LevelSummary) -> String {
    if level.attempts == 0 {
        return String::new();
    }
    let (done, each) = if goodput_differs(level) {
        (format!("{} done", rate(level.goodput_per_s)), "an attempt")
    } else {
        (rate(level.throughput_per_s), "each")
    };
    let throttled = match level.throttles {
        0 => String::new(),
        throttles => format!(", {} of attempts throttled", percent(throttles as f64 / level.attempts as f64)),
    };
    let [n, r] = [number(level.in_flight_mean), duration(level.residence_mean_s)];
    format!("{done}, {n} in flight, {r} {each}{throttled}")
}
