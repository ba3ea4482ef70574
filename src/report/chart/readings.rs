//! What was read in flight, refused and done, period by period.

use super::stages::{StageChart, StageCurves, stages};
use crate::drawing::Chart;
use planner_core::check::document::Reading;
use planner_core::units::human::{counted, duration};

/// Readings of what has this name over time, with a named limit on what is in flight; None where they have no times.
#[must_use]
pub fn readings(name: &str, readings: &[Reading], limit: Option<(&str, f64)>) -> Option<Chart> {
    let start_s = readings.first()?.start_s?;
    let end_s = end_s(readings.last()?)? - start_s;
    let over_time = |of: &dyn Fn(&Reading) -> Option<f64>| over_time(readings, start_s, of);
    let stage = StageCurves {
        name: name.into(),
        in_flight: over_time(&|reading| reading.n),
        throttled_per_s: over_time(&|reading| Some(reading.throttles? / reading.length_s?)),
        done_per_s: over_time(&|reading| reading.x_per_s),
        backlog: Vec::new(),
    };
    let chart = stages(&StageChart { stages: &[stage], end_s, limit })?;
    let description = format!(
        "What was in flight, what was throttled and what was done, in {} over {}.",
        counted(readings.len() as u64, "period"),
        duration(end_s)
    );
    Some(Chart { title: "In flight, throttled and done over time".into(), description, ..chart })
}

fn end_s(reading: &Reading) -> Option<f64> {
    Some(reading.start_s? + reading.length_s?)
}

/// A value of each reading from its beginning on.
fn over_time(readings: &[Reading], start_s: f64, of: &dyn Fn(&Reading) -> Option<f64>) -> Vec<(f64, f64)> {
    let mut points: Vec<(f64, f64)> = Vec::new();
    let mut ended_s = start_s;
    for reading in readings {
        let (Some(from_s), Some(to_s), Some(value)) = (reading.start_s, end_s(reading), of(reading)) else {
            continue;
        };
        // Where there is no reading, nothing ran.
        points.extend((from_s > ended_s).then_some((ended_s - start_s, 0.0)));
        points.push((from_s - start_s, value));
        ended_s = to_s;
    }
    points
}
