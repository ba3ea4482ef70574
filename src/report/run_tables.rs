//! The tables of a run.

use std::collections::BTreeMap;

use super::RunView;
use super::lead_sentence::goodput_differs;
use super::page::Fact;
use super::run_words::threshold_value;
use super::table::Table;
use planner_core::law::littles_law::LittlesLaw;
use planner_core::load::dispatch::StopReason;
use planner_core::measure::document::RunDocument;
use planner_core::measure::histogram::Percentiles;
use planner_core::measure::level::LevelSummary;
use planner_core::units::human::{
    bytes, bytes_per_s, count, counted, duration, length, number, percent, rate,
};

/// Stands for what cannot be known.
const UNKNOWN: &str = "–";

/// What a level came to, one measure a row.
pub(super) fn measures(level: &LevelSummary) -> Table {
    let mut table = Table::new("What was measured", &["measure", "value", "note"]).words_from(2);
    let mut row = |measure: &str, value: String, note: String| table.row([measure.into(), value, note]);
    row(
        "throughput X",
        rate(level.throughput_per_s),
        format!("{} ended", counted(level.attempts, "attempt")),
    );
    row("goodput", rate(level.goodput_per_s), format!("{} done", count(level.items_done)));
    let moved_per_s = if level.makespan_s > 0.0 { level.size_bytes as f64 / level.makespan_s } else { 0.0 };
    if level.size_bytes > 0 {
        row("moved", bytes(level.size_bytes), bytes_per_s(moved_per_s));
    }
    row("in flight N", number(level.in_flight_mean), format!("mean; at most {}", count(level.in_flight_max)));
    row("residence R", duration(level.residence_mean_s), "mean of attempts".into());
    row("makespan", duration(level.makespan_s), stop_reason(level.stop_reason).into());
    row("jobs", count(level.jobs), jobs(level));
    row("throttled", count(level.throttles), of_attempts(level.throttles, level));
    row("errors", count(level.error_count()), of_attempts(level.error_count(), level));
    row("not started", count(level.not_started_count()), String::new());
    table
}

/// Where requests spend their time, one stage a row.
pub(super) fn stages(level: &LevelSummary) -> Table {
    let mut table = Table::new("Little's law stage by stage", &["stage", "X", "R", "N"]);
    for stage in &level.stages {
        let [x, r, n] = [rate(stage.x_per_s), duration(stage.r_s), number(stage.n)];
        table.row([stage.stage.words().into(), x, r, n]);
    }
    table
}

/// Percentiles of a level's times, one kind of time a row: in one table where every job is one attempt, else jobs and
/// attempts each in their own.
pub(super) fn times(level: &LevelSummary) -> Vec<Table> {
    let jobs = ("from intended start", &level.latency_s, level.jobs_done > 0);
    let attempts = ("from actual start", &level.service_s, level.service_s.max > 0.0);
    let lateness = ("generator lateness", &level.lateness_s, level.jobs > 0);
    if goodput_differs(level) {
        return vec![
            table_of("Times of jobs", "job", &[jobs, lateness]),
            table_of("Times of attempts", "attempt", &[attempts]),
        ];
    }
    vec![table_of("Times", "time", &[jobs, attempts, lateness])]
}

fn table_of(caption: &str, head: &str, rows: &[(&str, &Percentiles, bool)]) -> Table {
    let mut table = Table::new(caption, &[head, "p50", "p90", "p99", "p99.9", "max", "mean"]);
    for (name, p, is_known) in rows {
        let show = |time_s| if *is_known { duration(time_s) } else { UNKNOWN.into() };
        let [p50, p90, p99, p999, max, mean] = [p.p50, p.p90, p.p99, p.p999, p.max, p.mean].map(show);
        table.row([(*name).into(), p50, p90, p99, p999, max, mean]);
    }
    table
}

/// What names levels in a table, and how: by their workers alone where all have workers.
fn names(levels: &[LevelSummary]) -> (&'static str, fn(&LevelSummary) -> String) {
    if levels.iter().all(|level| level.concurrency.is_some()) {
        ("workers", |level| level.concurrency.map_or_else(String::new, |workers| count(workers.into())))
    } else {
        ("level", LevelSummary::label)
    }
}

/// All levels, one a row.
pub(super) fn levels(document: &RunDocument) -> Table {
    let (name, named) = names(&document.levels);
    let head = [name, "X", "N", "R", "makespan", "p50", "p99", "max", "X·R/N"];
    let caption =
        "Levels; X, N and R in the steady part where there is one, percentiles from the intended start";
    let mut table = Table::new(caption, &head);
    for level in &document.levels {
        let p = &level.latency_s;
        let law = level.steady.as_ref().map_or(&level.littles_law, |steady| &steady.littles_law);
        table.row([
            named(level),
            rate(law.x_per_s),
            number(law.n),
            duration(law.r_s),
            duration(level.makespan_s),
            latency(level, p.p50),
            latency(level, p.p99),
            latency(level, p.max),
            law_ratio(law),
        ]);
    }
    table
}

/// Little's law level by level: its terms, and what the edges of the window explain of the difference.
pub(super) fn laws(document: &RunDocument) -> Table {
    let (name, named) = names(&document.levels);
    let head = [name, "X", "R", "X·R", "N", "difference", "of which edges"];
    let mut table = Table::new("N = X·R over the whole of each level", &head);
    for level in &document.levels {
        let law = &level.littles_law;
        let [xr, n, difference, edges] = super::run_words::sides(law);
        table.row([named(level), rate(law.x_per_s), duration(law.r_s), xr, n, difference, edges]);
    }
    table
}

/// What became of the jobs of every level, one level a row.
pub(super) fn outcomes(document: &RunDocument) -> Table {
    let (name, named) = names(&document.levels);
    let head = [name, "done", "failed", "unfinished", "throttled", "errors", "not started", "late p99"];
    let mut table = Table::new("Jobs, refusals, and how late the generator was", &head);
    for level in &document.levels {
        table.row([
            named(level),
            count(level.jobs_done),
            count(level.jobs_failed),
            count(unfinished(level)),
            count(level.throttles),
            count(level.error_count()),
            count(level.not_started_count()),
            duration(level.lateness_s.p99),
        ]);
    }
    table
}

/// Counts of a level by name.
type NamedCounts = fn(&LevelSummary) -> &BTreeMap<String, u64>;

/// Throttles and errors by kind and code, and arrivals that could not start by reason, over all levels.
/// Without rows when there was none.
pub(super) fn refusals(document: &RunDocument) -> Table {
    let mut table = Table::new("Refused, failed and not started", &["what", "count", "kind"]).words_from(2);
    let throttles = document.levels.iter().map(|level| level.throttles).sum::<u64>();
    let errors = sums(document, |level| &level.errors);
    let mut codes = sums(document, |level| &level.error_codes);
    if throttles > 0 {
        let code = only_code(throttles, &errors, &codes);
        let name = code.map_or_else(|| "throttled".into(), |code| format!("throttled ({code})"));
        code.map(|code| codes.remove(code));
        table.row([name, count(throttles), "outcome".into()]);
    }
    let not_started = sums(document, |level| &level.not_started);
    for (what, sums) in [("outcome", errors), ("code", codes), ("not started", not_started)] {
        for (which, number) in sums {
            table.row([which.replace('_', " "), count(number), what.into()]);
        }
    }
    table
}

/// Counts over all levels.
fn sums(document: &RunDocument, of: NamedCounts) -> BTreeMap<&str, u64> {
    let mut sums: BTreeMap<&str, u64> = BTreeMap::new();
    for (which, number) in document.levels.iter().flat_map(of) {
        *sums.entry(which).or_default() += number;
    }
    sums
}

/// The code that all throttles and nothing else came with, told by its count; None where another could be it.
fn only_code<'a>(
    throttles: u64,
    errors: &BTreeMap<&str, u64>,
    codes: &BTreeMap<&'a str, u64>,
) -> Option<&'a str> {
    let mut as_many = codes.iter().filter(|&(_, number)| *number == throttles);
    let (code, _) = as_many.next()?;
    (as_many.next().is_none() && errors.values().all(|number| *number != throttles)).then_some(code)
}

/// The scenario's thresholds.
pub(super) fn thresholds(document: &RunDocument) -> Table {
    let mut table = Table::new("Thresholds", &["threshold", "value", "verdict"]).words_from(2);
    for result in &document.thresholds {
        let verdict = if result.holds { "✓ holds" } else { "✗ crossed" };
        table.row([result.threshold.clone(), threshold_value(result), verdict.into()]);
    }
    table
}

/// Where the run comes from.
pub(super) fn provenance(document: &RunDocument) -> Vec<Fact> {
    vec![
        Fact::new("run", &document.run),
        Fact::new("scenario", &document.name),
        Fact::new("target", super::run_words::target(document)),
        Fact::new("started", super::run_words::date(&document.started_at)),
        Fact::new("seed", document.seed.to_string()),
        Fact::new("program", format!("planner {}", document.version)),
        Fact::new("machine", &document.machine),
    ]
}

/// The times and rates of the run in a few dozen stretches.
pub(super) fn timeline(view: &RunView) -> Table {
    const STRETCHES_AT_MOST: u64 = 40;
    let length_s = super::merged_rows::readable_length_s(view.series, STRETCHES_AT_MOST, 0.0);
    let head = ["from", "to", "X", "N", "R", "throttled", "errors"];
    let mut table = Table::new(format!("In steps of {}", length(length_s)), &head);
    for stretch in
        super::merged_rows::merged_with_rests(view.series, length_s * planner_core::units::quantity::NS_PER_S)
    {
        table.row([
            duration(stretch.start_s()),
            duration(stretch.end_s()),
            rate(stretch.window.x_per_s()),
            number(stretch.window.n()),
            duration(stretch.window.r_s()),
            count(stretch.throttled),
            count(stretch.errors),
        ]);
    }
    table
}

/// Jobs started whose end is not known.
pub(super) fn unfinished(level: &LevelSummary) -> u64 {
    level.jobs.saturating_sub(level.jobs_done + level.jobs_failed)
}

fn jobs(level: &LevelSummary) -> String {
    let [done, failed, unfinished] = [level.jobs_done, level.jobs_failed, unfinished(level)].map(count);
    format!("{done} done, {failed} failed, {unfinished} unfinished")
}

fn of_attempts(number: u64, level: &LevelSummary) -> String {
    if level.attempts == 0 {
        return String::new();
    }
    format!("{} of attempts", percent(number as f64 / level.attempts as f64))
}

fn law_ratio(law: &LittlesLaw) -> String {
    if law.n > 0.0 { planner_core::units::human::grouped(law.xr / law.n, 4) } else { UNKNOWN.into() }
}

/// A percentile of the latency, where a job was done.
fn latency(level: &LevelSummary, time_s: f64) -> String {
    if level.jobs_done > 0 { duration(time_s) } else { UNKNOWN.into() }
}

fn stop_reason(reason: Option<StopReason>) -> &'static str {
    match reason {
        Some(StopReason::Finished) => "all jobs started",
        Some(StopReason::Duration) => "the time was over",
        Some(StopReason::Precise) => "as precise as asked",
        Some(StopReason::NotConverged) => "not converged in time",
        Some(StopReason::MaxRequests) => "stopped by the limit on requests",
        Some(StopReason::MaxDuration) => "stopped by the limit on time",
        Some(StopReason::MaxCost) => "stopped by the limit on cost",
        Some(StopReason::Interrupted) => "stopped by the user",
        None => "cut off",
    }
}
