//! What a job costs against when it is done, over what is chosen.

use super::choice_axis::ChoiceAxis;
use crate::drawing::axis::{Axis, Scale};
use crate::drawing::palette::{BLUE, MUTED, VERMILION};
use crate::drawing::{Chart, GuideLine, LabelSide, Mark, Panel, PanelNote, Series};
use crate::table::Table;
use planner_core::units::human::{duration, shortest, usd};

/// Costs that lie closer together than this share are alike.
const SPREAD_AT_LEAST: f64 = 0.005;

/// What a job costs over what may be chosen.
#[derive(Debug, Clone, Copy)]
pub struct Costs<'a> {
    /// What may be chosen.
    pub choice: ChoiceAxis<'a>,
    /// One a choice, in any order.
    pub costs: &'a [CostPoint],
    /// What the finishing times are: `finishing time, p99`.
    pub finish: &'a str,
    /// When the job has to be done, in seconds.
    pub deadline_s: Option<f64>,
}

/// What a job costs with one choice.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CostPoint {
    /// What was chosen.
    pub at: f64,
    /// Cost in US dollars.
    pub cost_usd: f64,
    /// When the job is done, in seconds; infinite where it does not end.
    pub finish_s: f64,
}

/// Cost against finishing time with the choices that nothing beats on both; None for fewer than two choices that end, and
/// where the cost does not depend on the choice.
#[must_use]
pub fn cost(input: &Costs) -> Option<Chart> {
    let mut costs = input.costs.to_vec();
    costs.retain(|cost| [cost.at, cost.cost_usd, cost.finish_s].into_iter().all(f64::is_finite));
    costs.sort_by(|a, b| a.finish_s.total_cmp(&b.finish_s).then(a.cost_usd.total_cmp(&b.cost_usd)));
    if costs.len() < 2 || spread(&costs) <= SPREAD_AT_LEAST {
        return None;
    }
    let (frontier, beaten) = frontier(&costs);
    let points = |all: &[CostPoint]| all.iter().map(|cost| (cost.finish_s, cost.cost_usd)).collect();
    let series = |label: &str, mark, colour, all: &[CostPoint]| Series {
        label: label.into(),
        mark,
        colour,
        points: points(all),
    };
    let mut all = vec![series("", Mark::Joined, BLUE, &frontier)];
    if !beaten.is_empty() {
        all.push(series("slower and dearer than another", Mark::Points, MUTED, &beaten));
    }
    let chosen = input.choice.chosen.and_then(|(at, what)| Some((place(&costs, at)?, what)));
    all.extend(chosen.map(|(at, what)| Series {
        label: format!("chosen: {what}"),
        mark: Mark::Triangles,
        colour: VERMILION,
        points: vec![at],
    }));
    let ends = [frontier.first(), frontier.last()].into_iter().flatten();
    let named = |cost: &CostPoint| PanelNote {
        at: (cost.finish_s, cost.cost_usd),
        side: LabelSide::Right,
        words: shortest(cost.at, 3),
    };
    let notes = ends.map(named).collect();
    let times = || costs.iter().map(|cost| cost.finish_s);
    let (fastest, slowest) = (times().fold(f64::INFINITY, f64::min), times().fold(0.0, f64::max));
    // Words stand to the right of the slowest.
    let x = Axis::between(
        input.finish,
        Scale::Time,
        fastest - 0.05 * (slowest - fastest),
        slowest + 0.3 * (slowest - fastest),
    );
    let y = Axis::from_zero("Cost in US dollars", Scale::Linear, costs.iter().map(|cost| cost.cost_usd));
    let deadline = input.deadline_s.filter(|&at| x.shows(at));
    let borders = deadline.map(|at| GuideLine { at, label: format!("deadline {}", duration(at)) });
    let words = ("What does more speed cost?", description(input, &costs));
    let panel = Panel { notes, ..Panel::of(y, 220, all) };
    Some(Chart {
        borders: borders.into_iter().collect(),
        ..Chart::new("cost", words, x, vec![panel], table(input, &costs))
    })
}

/// Those that nothing beats in both time and cost, and the others; of times that ascend.
fn frontier(costs: &[CostPoint]) -> (Vec<CostPoint>, Vec<CostPoint>) {
    let mut cheapest = f64::INFINITY;
    costs.iter().partition(|cost| {
        let is_cheaper = cost.cost_usd < cheapest;
        cheapest = cheapest.min(cost.cost_usd);
        is_cheaper
    })
}

/// Time and cost of a choice between two that were tried, as if they changed evenly.
fn place(costs: &[CostPoint], at: f64) -> Option<(f64, f64)> {
    let below = costs.iter().filter(|cost| cost.at <= at).max_by(|a, b| a.at.total_cmp(&b.at))?;
    let above = costs.iter().filter(|cost| cost.at >= at).min_by(|a, b| a.at.total_cmp(&b.at))?;
    let share = if above.at > below.at { (at - below.at) / (above.at - below.at) } else { 0.0 };
    let between = |low: f64, high: f64| low + share * (high - low);
    Some((between(below.finish_s, above.finish_s), between(below.cost_usd, above.cost_usd)))
}

fn description(input: &Costs, costs: &[CostPoint]) -> String {
    let all = || costs.iter().map(|cost| cost.cost_usd);
    let (low, high) = (all().fold(f64::INFINITY, f64::min), all().fold(0.0, f64::max));
    format!(
        "Cost against {} with each N, from {} to {}: the lower left is best, and the line joins what nothing beats on \
         both.",
        input.finish,
        usd(low),
        usd(high)
    )
}

/// How far the costs lie apart, as a share of the largest.
fn spread(costs: &[CostPoint]) -> f64 {
    let all = || costs.iter().map(|cost| cost.cost_usd);
    let (low, high) = (all().fold(f64::INFINITY, f64::min), all().fold(0.0, f64::max));
    if high > 0.0 { (high - low) / high } else { 0.0 }
}

fn table(input: &Costs, costs: &[CostPoint]) -> Table {
    let mut table = Table::new("Cost and finishing time", &[input.choice.name, "cost", input.finish]);
    for CostPoint { at, cost_usd, finish_s, .. } in costs {
        let finish = if finish_s.is_finite() { duration(*finish_s) } else { "does not end".into() };
        table.row([shortest(*at, 3), usd(*cost_usd), finish]);
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::drawing::{Frame, svg};

    fn costs(finish_s: &[f64]) -> Vec<CostPoint> {
        let cost = |(index, finish_s): (u32, &f64)| {
            let at = 1000.0 * f64::from(index + 1);
            CostPoint { at, cost_usd: 40.0 + at / 500.0, finish_s: *finish_s }
        };
        (0..).zip(finish_s).map(cost).collect()
    }

    fn chart(costs: &[CostPoint], deadline_s: Option<f64>) -> Option<Chart> {
        let choice = ChoiceAxis { name: "N, workers", chosen: Some((2500.0, "2,500 workers")), limits: &[] };
        cost(&Costs { choice, costs, finish: "finishing time, p99", deadline_s })
    }

    #[test]
    fn what_is_slower_and_dearer_is_off_the_frontier() {
        let chart = chart(&costs(&[1000.0, 700.0, 500.0, 550.0]), Some(600.0)).unwrap();
        let series = &chart.panels[0].series;
        assert_eq!(series[0].points, [(500.0, 46.0), (700.0, 44.0), (1000.0, 42.0)]);
        assert_eq!(series[1].points, [(550.0, 48.0)]);
        assert_eq!(series[2].points, [(600.0, 45.0)], "the chosen one lies between two that were tried");
        assert_eq!(chart.borders[0].label, "deadline 10m");
    }

    #[test]
    fn a_cost_that_does_not_depend_on_the_choice_is_not_drawn() {
        let flat: Vec<CostPoint> =
            costs(&[700.0, 500.0]).into_iter().map(|it| CostPoint { cost_usd: 1.0, ..it }).collect();
        assert!(chart(&flat, Some(600.0)).is_none() && chart(&costs(&[1.0]), None).is_none());
        assert!(chart(&costs(&[f64::INFINITY; 2]), Some(1.0)).is_none());
    }

    #[test]
    fn a_drawing() {
        let chart = chart(&costs(&[1400.0, 720.0, 505.0, 400.0]), Some(600.0)).unwrap();
        insta::assert_snapshot!(svg(&chart, Frame::Inline { width_px: 350 }).unwrap());
    }
}
