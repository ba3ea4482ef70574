//! What a reader of a run should doubt, and what to do about it.

use super::RunView;
use super::run_tables::unfinished;
use planner_core::measure::level::LevelSummary;
use planner_core::units::human::{capitalised, counted, duration, number};

/// Windows shorter than so many mean residence times say little about the law.
pub(super) const RESIDENCES_AT_LEAST: f64 = 10.0;
/// Fewer values give no upper bound of the 99th percentile at 95 % confidence: the smallest n with
/// 0.99ⁿ ≤ 0.05.
const P99_BOUND_FROM: u64 = 299;

/// What a reader should doubt, and what to do about it; a doubt about several levels is told once.
pub(super) fn of_run(view: &RunView) -> Vec<String> {
    let levels = &view.document.levels;
    let mut doubts: Vec<(String, Vec<String>)> = Vec::new();
    for level in levels {
        for text in level_doubts(level) {
            match doubts.iter_mut().find(|(known, _)| *known == text) {
                Some((_, labels)) => labels.push(level.label()),
                None => doubts.push((text, vec![level.label()])),
            }
        }
    }
    let told = |(text, labels): (String, Vec<String>)| match (levels.len(), labels.len()) {
        (1, _) => text,
        (all, some) if all == some => format!("In every level, {text}"),
        _ => format!("With {}, {text}", labels.join(", ")),
    };
    doubts.into_iter().map(told).map(|text| capitalised(&text)).collect()
}

fn level_doubts(level: &LevelSummary) -> Vec<String> {
    let residences = level.makespan_s / level.residence_mean_s;
    let (done, open, skipped) = (level.jobs_done, unfinished(level), level.not_started_count());
    let doubts = [
        (level.attempts > 0 && residences < RESIDENCES_AT_LEAST).then(|| {
            format!(
                "the run is only {} residence times long, so that filling and emptying weigh on every mean; \
                 {} or more would do.",
                number(residences),
                duration(RESIDENCES_AT_LEAST * level.residence_mean_s)
            )
        }),
        (done > 0 && done < P99_BOUND_FROM).then(|| {
            format!("{} cannot bound the 99th percentile; {P99_BOUND_FROM} can.", counted(done, "job"))
        }),
        (open > 0).then(|| format!("{} did not end and count in no percentile.", counted(open, "job"))),
        (level.jobs_failed > 0).then(|| {
            format!("{} failed for good and count in no percentile.", counted(level.jobs_failed, "job"))
        }),
        (skipped > 0).then(|| {
            format!("{} could not start: the offered load was not reached.", counted(skipped, "arrival"))
        }),
    ];
    doubts.into_iter().flatten().collect()
}
