//! A pipeline over time, stage by stage: what waits, what is in flight, what is throttled and what is done.

use crate::drawing::axis::{Axis, Scale};
use crate::drawing::palette::{BLUE, Colour, GREEN, ORANGE, PURPLE, VERMILION};
use crate::drawing::{Chart, GuideLine, Mark, Panel, Series};
use crate::merged_rows::LENGTHS_S;
use crate::table::Table;
use planner_core::units::human::{self, duration, number, shortest};

/// Steps of a line: more make a large page.
const STEPS_AT_MOST: usize = 240;
/// Times that differ by a smaller share are the same.
const TOLERANCE: f64 = 1e-6;
/// A round step may be so many times as long as one must be.
const ROUNDED_UP_AT_MOST: f64 = 10.0;
/// One a stage; further stages take them again.
const COLOURS: [Colour; 5] = [BLUE, ORANGE, GREEN, PURPLE, VERMILION];

/// A pipeline over time.
#[derive(Debug, Clone, Copy)]
pub struct StageChart<'a> {
    /// The stages, in the order in which work passes through them.
    pub stages: &'a [StageCurves],
    /// When the last one was done, in seconds.
    pub end_s: f64,
    /// A limit on what is in flight, with its name: `reserved concurrency`.
    pub limit: Option<(&'a str, f64)>,
}

/// One stage over time: times in seconds from the left and values that hold until the next.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct StageCurves {
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
pub fn stages(input: &StageChart) -> Option<Chart> {
    if !(input.end_s.is_finite() && input.end_s > 0.0) {
        return None;
    }
    let step_s = step_s(input);
    let limit = input.limit.map(|(name, at)| GuideLine { at, label: format!("{name} {}", shortest(at, 3)) });
    let in_flight = panel(input, step_s, "In flight", 130, |stage| &stage.in_flight).map(|panel| {
        let high = limit.as_ref().map_or(0.0, |limit| limit.at * 1.06).max(panel.y.high);
        Panel { y: Axis { high, ..panel.y }, rules: limit.into_iter().collect(), ..panel }
    });
    let panels: Vec<Panel> = [
        panel(input, step_s, "Waiting", 130, |stage| &stage.backlog),
        in_flight,
        panel(input, step_s, "Throttled per second", 100, |stage| &stage.throttled_per_s),
        panel(input, step_s, "Done per second", 100, |stage| &stage.done_per_s),
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
        length(step_s),
    );
    let x = Axis::between("time since the start", Scale::Time, 0.0, input.end_s);
    let words = ("The pipeline over time", description);
    Some(Chart::new("stages", words, x, panels, table(input)))
}

/// A line for each stage that has values; None where none has.
fn panel(
    input: &StageChart,
    step_s: f64,
    name: &str,
    height_px: u32,
    of: fn(&StageCurves) -> &Vec<(f64, f64)>,
) -> Option<Panel> {
    let line = |(index, stage): (usize, &StageCurves)| {
        let points = thinned(of(stage), input.end_s, step_s);
        let colour = COLOURS[index % COLOURS.len()];
        let is_something = points.iter().any(|&(_, value)| value > 0.0);
        // One stage alone needs no legend.
        let label = if input.stages.len() > 1 { stage.name.clone() } else { String::new() };
        is_something.then_some(Series { label, mark: Mark::Area, colour, points })
    };
    let series: Vec<Series> = input.stages.iter().enumerate().filter_map(line).collect();
    let values = series.iter().flat_map(|series| series.points.iter().map(|&(_, value)| value));
    let y = Axis::from_zero(name, Scale::Linear, values);
    (!series.is_empty()).then(|| Panel::of(y, height_px, series))
}

/// The length of a step: a round one, and as long as the values hold or a whole multiple of that, because finer steps
/// would show what nobody measured.
fn step_s(input: &StageChart) -> f64 {
    let least_s = input.end_s / STEPS_AT_MOST as f64 * (1.0 - TOLERANCE);
    let unit_s = unit_s(input);
    let fits = |step_s: &f64| *step_s >= least_s && unit_s.is_none_or(|unit_s| is_multiple(*step_s, unit_s));
    let short = (-6..0).flat_map(|exponent| [1.0, 2.0, 5.0].map(|step| step * 10f64.powi(exponent)));
    let round = short.chain(LENGTHS_S.map(|length_s| length_s as f64)).find(fits);
    let round = round.filter(|&step_s| step_s <= ROUNDED_UP_AT_MOST * least_s.max(unit_s.unwrap_or(0.0)));
    round.unwrap_or_else(|| unit_s.map_or(least_s, |unit_s| (least_s / unit_s).ceil() * unit_s))
}

/// How long the values hold, where all hold equally long or several times as long.
fn unit_s(input: &StageChart) -> Option<f64> {
    let lines = input
        .stages
        .iter()
        .flat_map(|stage| [&stage.backlog, &stage.in_flight, &stage.throttled_per_s, &stage.done_per_s]);
    let gaps: Vec<f64> = lines
        .flat_map(|line| line.windows(2))
        .map(|pair| pair[1].0 - pair[0].0)
        .filter(|&gap| gap > 0.0)
        .collect();
    let unit_s = gaps.iter().copied().reduce(f64::min)?;
    gaps.iter().all(|&gap_s| is_multiple(gap_s, unit_s)).then_some(unit_s)
}

fn is_multiple(length_s: f64, unit_s: f64) -> bool {
    let ratio = length_s / unit_s;
    ratio > 0.5 && (ratio - ratio.round()).abs() <= TOLERANCE * ratio
}

/// A length in words, without digits that say nothing.
fn length(length_s: f64) -> String {
    if length_s.fract() == 0.0 { human::length(length_s as u64) } else { duration(length_s) }
}

/// Values with the beginning and the end of the time that they hold.
fn pieces(points: &[(f64, f64)], end_s: f64) -> impl Iterator<Item = (f64, f64, f64)> {
    let ends = points.iter().skip(1).map(|&(at_s, _)| at_s).chain([end_s]);
    points
        .iter()
        .zip(ends)
        .map(move |(&(from_s, value), to_s)| (value, from_s.clamp(0.0, end_s), to_s.clamp(0.0, end_s)))
}

/// Means over steps of equal length, of which the last may be shorter: nothing is added or lost, however many points
/// there are.
fn thinned(points: &[(f64, f64)], end_s: f64, step_s: f64) -> Vec<(f64, f64)> {
    if points.is_empty() {
        return Vec::new();
    }
    let steps = ((end_s / step_s - TOLERANCE).ceil() as usize).max(1);
    let borders = |step: usize| (step as f64 * step_s, ((step + 1) as f64 * step_s).min(end_s));
    let mut sums = vec![0.0; steps];
    for (value, from_s, to_s) in pieces(points, end_s) {
        let [first, last] = [from_s, to_s].map(|at_s| ((at_s / step_s) as usize).min(steps - 1));
        for (step, sum) in sums.iter_mut().enumerate().take(last + 1).skip(first) {
            let (begin_s, over_s) = borders(step);
            *sum += value * (to_s.min(over_s) - from_s.max(begin_s)).max(0.0);
        }
    }
    let mean = |(step, sum): (usize, f64)| {
        let (begin_s, over_s) = borders(step);
        (begin_s, sum / (over_s - begin_s))
    };
    let mut means: Vec<_> = sums.into_iter().enumerate().map(mean).collect();
    means.extend(means.last().map(|&(_, value)| (end_s, value)));
    means
}

fn table(input: &StageChart) -> Table {
    let head = ["stage", "most waiting", "most in flight", "mean in flight", "throttled", "done"];
    let mut table = Table::new("Stages", &head);
    let most = |points: &[(f64, f64)]| points.iter().map(|&(_, value)| value).fold(0.0, f64::max);
    let sum = |points: &[(f64, f64)]| {
        pieces(points, input.end_s).map(|(value, from_s, to_s)| value * (to_s - from_s)).sum::<f64>()
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
    use crate::drawing::{Frame, svg};

    fn consumer(points: u32) -> StageCurves {
        let at = |index: u32| 100.0 * f64::from(index) / f64::from(points);
        let line =
            |value: fn(u32) -> u32| (0..points).map(|index| (at(index), f64::from(value(index)))).collect();
        StageCurves {
            name: "consumer".into(),
            backlog: line(|index| index % 7),
            in_flight: line(|index| index % 2),
            throttled_per_s: line(|_| 3),
            done_per_s: Vec::new(),
        }
    }

    fn chart(stages: &[StageCurves]) -> Option<Chart> {
        super::stages(&StageChart { stages, end_s: 100.0, limit: Some(("reserved concurrency", 2.0)) })
    }

    #[test]
    fn many_points_make_few_steps_that_keep_the_sum() {
        let chart = chart(&[consumer(100_000)]).unwrap();
        let steps = &chart.panels[1].series[0].points;
        assert_eq!((steps.len(), steps[1].0), (201, 0.5));
        assert!(steps.iter().all(|&(_, value)| (value - 0.5).abs() < 0.01), "{steps:?}");
        assert_eq!(chart.table.rows[0], ["consumer", "6", "1", "0.500", "300", "–"]);
    }

    #[test]
    fn a_pulse_between_two_steps_counts_in_both() {
        let means = thinned(&[(0.0, 0.0), (0.25, 4.0), (0.625, 0.0)], 100.0, 0.5);
        assert!((means[0].1 - 2.0).abs() < 1e-9 && (means[1].1 - 1.0).abs() < 1e-9, "{means:?}");
        assert!(means[2..].iter().all(|&(_, value)| value == 0.0));
    }

    #[test]
    fn steps_are_round_and_never_finer_than_what_was_measured() {
        let step_of = |unit_s: f64, count: u32| {
            let in_flight = (0..count).map(|index| (f64::from(index) * unit_s, 1.0)).collect();
            let stages = &[StageCurves { in_flight, ..StageCurves::default() }];
            super::step_s(&StageChart { stages, end_s: f64::from(count) * unit_s, limit: None })
        };
        assert_eq!([step_of(1.0, 54), step_of(1.0, 1000), step_of(1.0, 6000)], [1.0, 5.0, 30.0]);
        assert_eq!([step_of(60.0, 30), step_of(60.0, 300), step_of(0.1, 100)], [60.0, 120.0, 0.1]);
        assert!((step_of(0.7, 1000) - 3.5).abs() < 1e-9, "no round length is a multiple of 700 ms but this");
        let uneven =
            &[StageCurves { in_flight: vec![(0.0, 1.0), (0.3, 2.0), (1.0, 1.0)], ..StageCurves::default() }];
        assert_eq!(super::step_s(&StageChart { stages: uneven, end_s: 60.0, limit: None }), 0.5);
    }

    #[test]
    fn the_last_step_may_be_shorter() {
        assert_eq!(thinned(&[(0.0, 3.0)], 2.5, 1.0), [(0.0, 3.0), (1.0, 3.0), (2.0, 3.0), (2.5, 3.0)]);
    }

    #[test]
    fn what_never_happens_has_no_panel() {
        let calm = StageCurves { throttled_per_s: Vec::new(), ..consumer(10) };
        assert_eq!(chart(std::slice::from_ref(&calm)).unwrap().panels.len(), 2);
        assert!(chart(&[StageCurves::default()]).is_none());
        assert!(super::stages(&StageChart { stages: &[calm], end_s: f64::INFINITY, limit: None }).is_none());
    }

    #[test]
    fn a_drawing() {
        let two = [consumer(6), StageCurves { name: "publish".into(), ..StageCurves::default() }];
        insta::assert_snapshot!(svg(&chart(&two).unwrap(), Frame::Inline { width_px: 350 }).unwrap());
    }
}
