//! A pipeline over time, stage by stage: what waits, what is in flight, what is throttled and what is done.

use super::axis::{Axis, Scale};
use super::palette::{BLUE, Colour, GREEN, ORANGE, PURPLE, VERMILION};
use super::{Chart, Mark, Panel, Rule, Series};
use crate::report::human::{duration, number, shortest};
use crate::report::table::Table;

/// Steps of a line: more make a large page.
const STEPS_AT_MOST: usize = 240;
/// One a stage; further stages take them again.
const COLOURS: [Colour; 5] = [BLUE, ORANGE, GREEN, PURPLE, VERMILION];

/// A pipeline over time.
#[derive(Debug, Clone, Copy)]
pub struct Stages<'a> {
    /// The stages, in the order in which work passes through them.
    pub stages: &'a [Stage],
    /// When the last one was done, in seconds.
    pub end_s: f64,
    /// A limit on what is in flight, with its name: `reserved concurrency`.
    pub limit: Option<(&'a str, f64)>,
}

/// One stage over time: times in seconds from the left and values that hold until the next.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Stage {
    /// Its name.
    pub name: String,
    /// What waits in front of it.
    pub backlog: Vec<(f64, f64)>,
    /// What is in flight in it.
    pub in_flight: Vec<(f64, f64)>,
    /// What it refuses, per second.
    pub throttled_per_s: Vec<(f64, f64)>,
    /// What it is done with, per second.
    pub done_per_s: Vec<(f64, f64)>,
}

/// Backlog, what is in flight, throttles and what is done over time, one panel each with a line a stage; None where there is nothing.
#[must_use]
pub fn stages(input: &Stages) -> Option<Chart> {
    if !(input.end_s.is_finite() && input.end_s > 0.0) {
        return None;
    }
    let limit = input.limit.map(|(name, at)| Rule { at, label: format!("{name} {}", shortest(at, 3)) });
    let in_flight = panel(input, "In flight", 130, |stage| &stage.in_flight).map(|panel| {
        let high = limit.as_ref().map_or(0.0, |limit| limit.at * 1.06).max(panel.y.high);
        Panel { y: Axis { high, ..panel.y }, rules: limit.into_iter().collect(), ..panel }
    });
    let panels: Vec<Panel> = [
        panel(input, "Waiting", 130, |stage| &stage.backlog),
        in_flight,
        panel(input, "Throttled per second", 100, |stage| &stage.throttled_per_s),
        panel(input, "Done per second", 100, |stage| &stage.done_per_s),
    ]
    .into_iter()
    .flatten()
    .collect();
    if panels.is_empty() {
        return None;
    }
    let names: Vec<&str> = input.stages.iter().map(|stage| stage.name.as_str()).collect();
    let description = format!(
        "What waits, what is in flight and what is throttled over {}, by stage: {}. Values are means over {}.",
        duration(input.end_s),
        names.join(", "),
        duration(input.end_s / STEPS_AT_MOST as f64),
    );
    let x = Axis::between("time since the start", Scale::Time, 0.0, input.end_s);
    let words = ("The pipeline over time", description);
    Some(Chart::new("stages", words, x, panels, table(input)))
}

/// A line for each stage that has values; None where none has.
fn panel(input: &Stages, name: &str, height_px: u32, of: fn(&Stage) -> &Vec<(f64, f64)>) -> Option<Panel> {
    let line = |(index, stage): (usize, &Stage)| {
        let points = thinned(of(stage), input.end_s);
        let colour = COLOURS[index % COLOURS.len()];
        let is_something = points.iter().any(|&(_, value)| value > 0.0);
        is_something.then(|| Series { label: stage.name.clone(), mark: Mark::Area, colour, points })
    };
    let series: Vec<Series> = input.stages.iter().enumerate().filter_map(line).collect();
    let values = series.iter().flat_map(|series| series.points.iter().map(|&(_, value)| value));
    let y = Axis::from_zero(name, Scale::Linear, values);
    (!series.is_empty()).then(|| Panel::of(y, height_px, series))
}

/// Means over steps of equal length: nothing is added or lost, however many points there are.
fn thinned(points: &[(f64, f64)], end_s: f64) -> Vec<(f64, f64)> {
    let step_s = end_s / STEPS_AT_MOST as f64;
    let mut sums = vec![0.0; STEPS_AT_MOST];
    let ends = points.iter().skip(1).map(|&(at_s, _)| at_s).chain([end_s]);
    for (&(from_s, value), to_s) in points.iter().zip(ends) {
        let (from_s, to_s) = (from_s.clamp(0.0, end_s), to_s.clamp(0.0, end_s));
        let first = ((from_s / step_s) as usize).min(STEPS_AT_MOST - 1);
        let last = ((to_s / step_s) as usize).min(STEPS_AT_MOST - 1);
        for (step, sum) in sums.iter_mut().enumerate().take(last + 1).skip(first) {
            let (begin_s, over_s) = (step as f64 * step_s, (step + 1) as f64 * step_s);
            *sum += value * (to_s.min(over_s) - from_s.max(begin_s)).max(0.0);
        }
    }
    if points.is_empty() {
        return Vec::new();
    }
    let means = sums.into_iter().enumerate().map(|(step, sum)| (step as f64 * step_s, sum / step_s));
    let mut means: Vec<_> = means.collect();
    means.extend(means.last().map(|&(_, value)| (end_s, value)));
    means
}

fn table(input: &Stages) -> Table {
    let head = ["stage", "most waiting", "most in flight", "mean in flight", "throttled", "done"];
    let mut table = Table::new("Stages", &head);
    let most = |points: &[(f64, f64)]| points.iter().map(|&(_, value)| value).fold(0.0, f64::max);
    let sum = |points: &[(f64, f64)]| {
        let means = thinned(points, input.end_s);
        means.iter().take(STEPS_AT_MOST).map(|&(_, value)| value).sum::<f64>() * input.end_s
            / STEPS_AT_MOST as f64
    };
    for stage in input.stages {
        let known =
            |points: &[(f64, f64)], words: String| if points.is_empty() { "–".into() } else { words };
        table.row([
            stage.name.clone(),
            known(&stage.backlog, shortest(most(&stage.backlog), 3)),
            known(&stage.in_flight, shortest(most(&stage.in_flight), 3)),
            known(&stage.in_flight, number(sum(&stage.in_flight) / input.end_s)),
            known(&stage.throttled_per_s, shortest(sum(&stage.throttled_per_s).round(), 3)),
            known(&stage.done_per_s, shortest(sum(&stage.done_per_s).round(), 3)),
        ]);
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::chart::{Frame, svg};

    fn consumer(points: u32) -> Stage {
        let at = |index: u32| 100.0 * f64::from(index) / f64::from(points);
        let line =
            |value: fn(u32) -> u32| (0..points).map(|index| (at(index), f64::from(value(index)))).collect();
        Stage {
            name: "consumer".into(),
            backlog: line(|index| index % 7),
            in_flight: line(|index| index % 2),
            throttled_per_s: line(|_| 3),
            done_per_s: Vec::new(),
        }
    }

    fn chart(stages: &[Stage]) -> Option<Chart> {
        super::stages(&Stages { stages, end_s: 100.0, limit: Some(("reserved concurrency", 2.0)) })
    }

    #[test]
    fn many_points_make_few_steps_that_keep_the_sum() {
        let chart = chart(&[consumer(100_000)]).unwrap();
        let steps = &chart.panels[1].series[0].points;
        assert_eq!(steps.len(), STEPS_AT_MOST + 1);
        assert!(steps.iter().all(|&(_, value)| (value - 0.5).abs() < 0.01), "{steps:?}");
        assert_eq!(chart.table.rows[0], ["consumer", "6", "1", "0.500", "300", "–"]);
    }

    #[test]
    fn a_pulse_between_two_steps_counts_in_both() {
        let step_s = 100.0 / STEPS_AT_MOST as f64;
        let means = thinned(&[(0.0, 0.0), (0.5 * step_s, 4.0), (1.25 * step_s, 0.0)], 100.0);
        assert!((means[0].1 - 2.0).abs() < 1e-9 && (means[1].1 - 1.0).abs() < 1e-9, "{means:?}");
        assert!(means[2..].iter().all(|&(_, value)| value == 0.0));
    }

    #[test]
    fn what_never_happens_has_no_panel() {
        let calm = Stage { throttled_per_s: Vec::new(), ..consumer(10) };
        assert_eq!(chart(std::slice::from_ref(&calm)).unwrap().panels.len(), 2);
        assert!(chart(&[Stage::default()]).is_none());
        assert!(super::stages(&Stages { stages: &[calm], end_s: f64::INFINITY, limit: None }).is_none());
    }

    #[test]
    fn a_drawing() {
        let two = [consumer(6), Stage { name: "publish".into(), ..Stage::default() }];
        insta::assert_snapshot!(svg(&chart(&two).unwrap(), Frame::Inline { width_px: 350 }).unwrap());
    }
}
