//! A run over time.

use super::run;
use crate::drawing::axis::{Axis, Scale};
use crate::drawing::palette::{BLUE, FRAME, GREEN, VERMILION};
use crate::drawing::{Chart, GuideLine, Mark, Panel, Series, Shades};
use crate::merged_rows::{merged_with_rests, readable_length_s};
use crate::{RunView, run_tables};
use planner_core::measure::level::LevelSummary;
use planner_core::measure::series::SeriesSecond;
use planner_core::units::human::{count, duration, length, number};
use planner_core::units::quantity::{NS_PER_S, seconds};

/// Points of a line.
const STRETCHES_AT_MOST: u64 = 400;
/// Fewer completions in a stretch make a line of noise.
const ENDED_AT_LEAST: f64 = 10.0;

/// Throughput and requests in flight over time.
pub fn timeline(view: &RunView) -> Option<Chart> {
    let length_s = readable_length_s(view.series, STRETCHES_AT_MOST, ENDED_AT_LEAST);
    let stretches = merged_with_rests(view.series, length_s * NS_PER_S);
    let end_s = stretches.last()?.end_s();
    let panel = |name: &str, height_px, colour, value: fn(&SeriesSecond) -> f64| {
        let points = held(&stretches, value);
        let y = Axis::from_zero(name, Scale::Linear, points.iter().map(|&(_, value)| value));
        Panel::of(y, height_px, vec![Series { label: String::new(), mark: Mark::Area, colour, points }])
    };
    let means = length(length_s);
    let ended = format!("Attempts ended per second, means over {means}");
    let mut panels = vec![
        panel(&ended, 170, BLUE, |row| row.window.x_per_s()),
        panel("Attempts in flight", 130, GREEN, |row| row.window.n()),
    ];
    if let [level] = view.document.levels.as_slice() {
        let mean = |at: f64| GuideLine { at, label: format!("mean {}", number(at)) };
        panels[0].rules.push(mean(level.throughput_per_s));
        panels[1].rules.push(mean(level.in_flight_mean));
    }
    if stretches.iter().any(|stretch| stretch.throttled > 0) {
        panels.insert(1, panel("Of these throttled per second", 100, VERMILION, throttled_per_s));
    }
    let shades = shades(view, end_s);
    let steady = shades.as_ref().map_or("", |_| "; what is shaded lies outside the steady part");
    let description = format!(
        "Attempts ended per second and mean attempts in flight, in steps of {means} over {}{steady}.",
        duration(end_s)
    );
    let x = Axis::between("time since the start", Scale::Time, 0.0, end_s);
    let words = ("Throughput and requests in flight", description);
    Some(Chart {
        subtitle: run::subtitle(view),
        borders: borders(view),
        shades,
        ..Chart::new("timeline", words, x, panels, run_tables::timeline(view))
    })
}

/// What lies outside the steady part of each level that has one.
fn shades(view: &RunView, end_s: f64) -> Option<Shades> {
    let levels = &view.document.levels;
    let ends = levels.iter().skip(1).map(|level| level.start_s).chain([end_s]);
    let around = |(level, end_s): (&LevelSummary, f64)| {
        let steady = level.steady.as_ref()?;
        let (from_s, to_s) = (level.start_s + steady.start_s, level.start_s + steady.end_s);
        Some([(level.start_s, from_s), (to_s, end_s)])
    };
    let stretches: Vec<_> = levels.iter().zip(ends).filter_map(around).flatten().collect();
    let label = "warm-up and running empty, outside the steady part".into();
    (!stretches.is_empty()).then_some(Shades { label, colour: FRAME, stretches })
}

fn throttled_per_s(row: &SeriesSecond) -> f64 {
    if row.window.length_ns == 0 { 0.0 } else { row.throttled as f64 / seconds(row.window.length_ns) }
}

/// Points of a step: the value of each stretch at its beginning, and the last also at its end.
fn held(stretches: &[SeriesSecond], value: impl Fn(&SeriesSecond) -> f64) -> Vec<(f64, f64)> {
    let starts = stretches.iter().map(|stretch| (stretch.start_s(), value(stretch)));
    let end = stretches.last().map(|stretch| (stretch.end_s(), value(stretch)));
    starts.chain(end).collect()
}

fn borders(view: &RunView) -> Vec<GuideLine> {
    let levels = &view.document.levels;
    if levels.len() < 2 {
        return Vec::new();
    }
    let short = |(index, level): (usize, &LevelSummary)| {
        let label =
            level.concurrency.filter(|_| index > 0).map_or_else(|| level.label(), |w| count(w.into()));
        GuideLine { at: level.start_s, label }
    };
    levels.iter().enumerate().map(short).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::drawing::{Frame, svg};
    use crate::sample_run::SampleRun;

    #[test]
    fn days_of_seconds_makes_a_small_drawing_that_keeps_every_completion() {
        let sample = SampleRun::long(300_000);
        let chart = timeline(&sample.view()).unwrap();
        let line = &chart.panels[0].series[0].points;
        assert!(line.len() <= STRETCHES_AT_MOST as usize + 1, "{}", line.len());
        assert!(line.iter().all(|&(_, per_s)| (per_s - 75.0).abs() < 1e-9));
        assert!(svg(&chart, Frame::Card).unwrap().len() < 50_000);
    }

    #[test]
    fn throttles_have_their_own_panel() {
        let panels = |sample: &SampleRun| timeline(&sample.view()).unwrap().panels.len();
        assert_eq!((panels(&SampleRun::one_level()), panels(&SampleRun::refused())), (2, 3));
    }

    #[test]
    fn a_small_drawing() {
        let chart = timeline(&SampleRun::one_attempt().view()).unwrap();
        insta::assert_snapshot!(svg(&chart, Frame::Inline { width_px: 350 }).unwrap());
    }
}
