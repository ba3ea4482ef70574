//! The function of a fan-out over time.

use super::run::subtitle;
use super::stages::{StageChart, StageCurves, stages};
use crate::RunView;
use crate::drawing::Chart;
use planner_core::measure::fan_out::second::FunctionSecond;

/// What waits for the function of a fan-out, what runs in it and what it refuses; None for other runs.
#[must_use]
pub fn pipeline(view: &RunView) -> Option<Chart> {
    let found = view.document.fan_out.as_ref()?;
    let over_time = |of: &dyn Fn(&FunctionSecond) -> Option<f64>| {
        view.function.iter().filter_map(|row| Some((row.start_s, of(row)?))).collect()
    };
    let stage = StageCurves {
        name: "function".into(),
        backlog: over_time(&|row| row.backlog_mean),
        in_flight: over_time(&|row| Some(row.concurrency_mean)),
        throttled_per_s: over_time(&|row| row.throttles.map(|throttles| throttles as f64)),
        done_per_s: over_time(&|row| Some(row.copied as f64)),
    };
    let end_s = view.function.last().map_or(0.0, |row| row.start_s + 1.0);
    let limit = found.concurrency_limit.map(|limit| ("concurrency limit", limit as f64));
    let chart = stages(&StageChart { stages: &[stage], end_s, limit })?;
    Some(Chart { subtitle: subtitle(view), ..chart })
}
