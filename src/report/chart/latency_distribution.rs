//! The whole distribution of times, out to the rarest.

use crate::drawing::axis::{Axis, Scale};
use crate::drawing::palette::{BLUE, VERMILION, level as shade};
use crate::drawing::{Chart, Mark, Panel, Series};
use crate::lead_sentence::goodput_differs;
use crate::table::Table;
use crate::{LevelTimes, RunView};
use planner_core::measure::histogram::TimeHistogram;
use planner_core::units::human::{count, duration};

/// Times that differ by a smaller share are the same.
const ALIKE: f64 = 0.01;
/// Points of a line in each factor of ten.
const POINTS_PER_DECADE: f64 = 24.0;
/// Spread between median and maximum from which the times are shown on a logarithmic axis.
const WIDE: f64 = 30.0;

/// Times over percentiles, from two values on: one panel with both kinds of time, or one panel a kind when there are several levels.
pub fn spectrum(view: &RunView) -> Option<Chart> {
    let largest = view.levels.iter().flat_map(|level| [level.latency.len(), level.service.len()]).max()?;
    if largest < 2 {
        return None;
    }
    let panels = match view.levels {
        // A generator that starts on time makes one distribution of two.
        [level] if alike(level) => {
            vec![panel("Time to completion", 300, vec![line("", BLUE, &level.latency)])]
        }
        [level] => {
            // With parts or retries, jobs and attempts are not the same things.
            let [job, attempt] = match view.document.levels.first().is_some_and(goodput_differs) {
                true => ["jobs, from intended start", "attempts, from actual start"],
                false => ["from intended start", "from actual start"],
            };
            let series = vec![
                Series { mark: Mark::Broad, ..line(job, BLUE, &level.latency) },
                line(attempt, VERMILION, &level.service),
            ];
            vec![panel("Time to completion", 300, series)]
        }
        levels => {
            let lines = |of: fn(&LevelTimes) -> &TimeHistogram| {
                let named = |(index, level)| {
                    let name = super::run::name(&view.document.levels, index);
                    (!name.is_empty()).then(|| line(&name, shade(index, levels.len()), of(level)))
                };
                levels.iter().enumerate().filter_map(named).collect()
            };
            if levels.iter().all(alike) {
                vec![panel("Time to completion", 300, lines(|level| &level.latency))]
            } else {
                vec![
                    panel("Time from intended start", 220, lines(|level| &level.latency)),
                    panel("Time from actual start", 220, lines(|level| &level.service)),
                ]
            }
        }
    };
    let drawn = panels.first().map_or(0, |panel| panel.series.len());
    let some = if drawn < view.levels.len() {
        format!(" Of {} levels, {drawn} are drawn; the table has all.", view.levels.len())
    } else {
        String::new()
    };
    let is_one = view.levels.iter().all(alike);
    let both = if is_one { ", the same from the intended and from the actual start" } else { "" };
    let description = format!(
        "Time to completion over percentiles up to the largest of {} values{both}; \
         a line that stays flat to the right has no rare slow ones.{some}",
        count(largest)
    );
    let x = Axis::between("percentile", Scale::Nines, 1.0, (largest as f64).max(10.0));
    let words = ("Times by percentile", description);
    Some(Chart {
        subtitle: super::run::subtitle(view),
        ..Chart::new("latency", words, x, panels, table(view))
    })
}

/// Whether times from the intended and from the actual start are the same at every place that is drawn.
fn alike(level: &LevelTimes) -> bool {
    let (latency, service) = (line("", BLUE, &level.latency), line("", BLUE, &level.service));
    let is_same = |(a, b): (&(f64, f64), &(f64, f64))| (a.1 - b.1).abs() <= ALIKE * a.1.max(b.1);
    latency.points.len() == service.points.len() && latency.points.iter().zip(&service.points).all(is_same)
}

/// The times at evenly spaced places of the percentile axis, out to the largest.
fn line(label: &str, colour: crate::drawing::palette::Colour, times: &TimeHistogram) -> Series {
    let (count, mut points) = (times.len() as f64, Vec::new());
    let steps = (count.log10() * POINTS_PER_DECADE).ceil();
    if !times.is_empty() {
        for step in 0..steps as u32 {
            let rarity = 10f64.powf(f64::from(step) / POINTS_PER_DECADE);
            points.push((rarity, times.quantile_s(1.0 - 1.0 / rarity)));
        }
        points.push((count, times.quantile_s(1.0)));
    }
    Series { label: label.into(), mark: Mark::Line, colour, points }
}

fn panel(name: &str, height_px: u32, series: Vec<Series>) -> Panel {
    let values = || series.iter().flat_map(|series| series.points.iter().map(|&(_, y)| y));
    let (least, largest) = values().fold((f64::INFINITY, 0.0), |(least, largest), value| {
        (f64::min(least, value), f64::max(largest, value))
    });
    let y = if least > 0.0 && largest / least > WIDE {
        Axis::between(name, Scale::LogTime, least / 1.3, largest * 1.3)
    } else {
        Axis::from_zero(name, Scale::Time, values())
    };
    Panel::of(y, height_px, series)
}

fn table(view: &RunView) -> Table {
    let mut table = Table::new("Percentiles", &["time", "p50", "p90", "p99", "p99.9", "p99.99", "max"]);
    for (level, times) in view.document.levels.iter().zip(view.levels) {
        for (kind, times) in [("from intended start", &times.latency), ("from actual start", &times.service)]
        {
            let [p50, p90, p99, p999, p9999, max] =
                [0.5, 0.9, 0.99, 0.999, 0.9999, 1.0].map(|quantile| duration(times.quantile_s(quantile)));
            table.row([format!("{}, {kind}", level.label()), p50, p90, p99, p999, p9999, max]);
        }
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample_run::SampleRun;

    #[test]
    fn times_that_agree_are_one_line_and_those_that_do_not_are_two() {
        let mut sample = SampleRun::one_level();
        let lines = |sample: &SampleRun| spectrum(&sample.view()).unwrap().panels[0].series.len();
        assert_eq!(lines(&sample), 1);
        let later = SampleRun::refused().times.remove(0).latency;
        sample.times[0].latency = later;
        assert_eq!(lines(&sample), 2);
    }
}
