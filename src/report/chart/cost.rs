//! What a job costs and when it is done, over what is chosen.

use super::choice::Choice;
use crate::drawing::axis::{Axis, Scale};
use crate::drawing::palette::{BLUE, GREEN, VERMILION};
use crate::drawing::{Chart, Mark, Panel, Rule, Series, Shades};
use crate::table::Table;
use planner_core::units::human::{capitalised, duration, shortest, usd};

/// Costs that lie closer together than this share are alike.
const SPREAD_AT_LEAST: f64 = 0.005;

/// What a job costs over what may be chosen.
#[derive(Debug, Clone, Copy)]
pub struct Costs<'a> {
    /// What may be chosen.
    pub choice: Choice<'a>,
    /// One a choice, in any order.
    pub costs: &'a [Cost],
    /// What the finishing times are: `finishing time, p99`.
    pub finish: &'a str,
    /// When the job has to be done, in seconds.
    pub deadline_s: Option<f64>,
}

/// What a job costs with one choice.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cost {
    /// What was chosen.
    pub at: f64,
    /// Cost in US dollars.
    pub cost_usd: f64,
    /// When the job is done, in seconds; infinite where it does not end.
    pub finish_s: f64,
    /// P(deadline) less what is wanted: below 0 where it falls short.
    pub margin: f64,
}

/// Cost and finishing time over what may be chosen, with the stretch that meets the deadline shaded; None for fewer
/// than two choices.
#[must_use]
pub fn cost(input: &Costs) -> Option<Chart> {
    let mut costs = input.costs.to_vec();
    costs.retain(|cost| cost.at.is_finite() && cost.cost_usd.is_finite());
    costs.sort_by(|a, b| a.at.total_cmp(&b.at));
    if costs.len() < 2 {
        return None;
    }
    let (x, borders) = input.choice.axis(costs.iter().map(|cost| cost.at));
    let ended = || costs.iter().filter(|cost| cost.finish_s.is_finite());
    let line = |points, colour| vec![Series { label: String::new(), mark: Mark::Joined, colour, points }];
    let dollars = line(costs.iter().map(|cost| (cost.at, cost.cost_usd)).collect(), BLUE);
    let y = Axis::from_zero("Cost in US dollars", Scale::Linear, costs.iter().map(|cost| cost.cost_usd));
    let has_times = ended().next().is_some();
    let mut panels = Vec::new();
    // What does not depend on the choice is told, not drawn.
    if spread(&costs) > SPREAD_AT_LEAST || !has_times {
        panels.push(Panel::of(y, 160, dollars));
    }
    if has_times {
        let times = line(ended().map(|cost| (cost.at, cost.finish_s)).collect(), VERMILION);
        let values = ended().map(|cost| cost.finish_s).chain(input.deadline_s);
        let name = capitalised(input.finish);
        let rule = |at| Rule { at, label: format!("deadline {}", duration(at)) };
        let rules = input.deadline_s.map(rule).into_iter().collect();
        panels.push(Panel { rules, ..Panel::of(Axis::from_zero(name, Scale::Time, values), 160, times) });
    }
    let stretches = input.deadline_s.map_or_else(Vec::new, |_| feasible(&costs));
    let label = "as sure as wanted".into();
    let words = ("Cost and finishing time", description(input, &costs, &stretches));
    let shades = (!stretches.is_empty()).then_some(Shades { label, colour: GREEN, stretches });
    let table = table(input, &costs);
    Some(Chart { borders, shades, ..Chart::new("cost", words, x, panels, table) })
}

/// From the first to the last of neighbouring choices that meet the deadline surely enough; the border lies where the
/// straight line between two choices crosses what is wanted.
fn feasible(costs: &[Cost]) -> Vec<(f64, f64)> {
    let mut stretches: Vec<(f64, f64)> = Vec::new();
    let crossing =
        |from: &Cost, to: &Cost| from.at + from.margin / (from.margin - to.margin) * (to.at - from.at);
    for (index, cost) in costs.iter().enumerate() {
        let before = index.checked_sub(1).map(|index| &costs[index]);
        match (before.filter(|before| before.margin >= 0.0), cost.margin >= 0.0) {
            (None, true) => {
                stretches.push((before.map_or(cost.at, |before| crossing(before, cost)), cost.at));
            }
            (Some(before), met) => {
                if let Some(last) = stretches.last_mut() {
                    last.1 = if met { cost.at } else { crossing(before, cost) };
                }
            }
            (None, false) => {}
        }
    }
    stretches
}

fn description(input: &Costs, costs: &[Cost], feasible: &[(f64, f64)]) -> String {
    let met = match (input.deadline_s, feasible) {
        (None, _) => String::new(),
        (Some(deadline_s), []) => {
            format!(" None of them is as sure as wanted to meet the deadline of {}.", duration(deadline_s))
        }
        (Some(deadline_s), [(from, _), ..]) => format!(
            " The deadline of {} is met as surely as wanted from about {} on.",
            duration(deadline_s),
            shortest(*from, 3)
        ),
    };
    let finish = input.finish;
    let [first, last] = [&costs[0], &costs[costs.len() - 1]].map(|cost| usd(cost.cost_usd));
    if spread(costs) > SPREAD_AT_LEAST {
        format!("What the job costs, from {first} to {last}, and when it is done ({finish}).{met}")
    } else {
        format!("The job costs about {first} whatever is chosen; when it is done is shown ({finish}).{met}")
    }
}

/// How far the costs lie apart, as a share of the largest.
fn spread(costs: &[Cost]) -> f64 {
    let all = || costs.iter().map(|cost| cost.cost_usd);
    let (low, high) = (all().fold(f64::INFINITY, f64::min), all().fold(0.0, f64::max));
    if high > 0.0 { (high - low) / high } else { 0.0 }
}

fn table(input: &Costs, costs: &[Cost]) -> Table {
    let mut table = Table::new("Cost and finishing time", &[input.choice.name, "cost", input.finish]);
    for Cost { at, cost_usd, finish_s, .. } in costs {
        let finish = if finish_s.is_finite() { duration(*finish_s) } else { "does not end".into() };
        table.row([shortest(*at, 3), usd(*cost_usd), finish]);
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::drawing::{Frame, svg};

    fn costs(finish_s: &[f64]) -> Vec<Cost> {
        let cost = |(index, finish_s): (u32, &f64)| {
            let at = 1000.0 * f64::from(index + 1);
            let margin = ((600.0 - finish_s) / 1000.0).max(-1.0);
            Cost { at, cost_usd: 40.0 + at / 500.0, finish_s: *finish_s, margin }
        };
        (0..).zip(finish_s).map(cost).collect()
    }

    fn chart(costs: &[Cost], deadline_s: Option<f64>) -> Option<Chart> {
        let choice = Choice { name: "N, workers", chosen: Some(2420.0), floor: None, limits: &[] };
        cost(&Costs { choice, costs, finish: "finishing time, p99", deadline_s })
    }

    #[test]
    fn the_stretch_that_is_sure_is_shaded_from_where_the_line_crosses_what_is_wanted() {
        let shaded = |finish_s: &[f64]| {
            let shades = chart(&costs(finish_s), Some(600.0)).unwrap().shades;
            shades.map_or_else(Vec::new, |shades| shades.stretches)
        };
        assert_eq!(shaded(&[1000.0, 700.0, 500.0, 450.0]), [(2500.0, 4000.0)]);
        assert_eq!(shaded(&[500.0, 500.0]), [(1000.0, 2000.0)]);
        assert_eq!(shaded(&[800.0, 600.0, 800.0]), [(2000.0, 2000.0)]);
        assert_eq!(shaded(&[700.0, 500.0, 700.0, 500.0]), [(1500.0, 2500.0), (3500.0, 4000.0)]);
        assert_eq!(shaded(&[700.0, 700.0]), []);
    }

    #[test]
    fn words_say_what_can_be_done() {
        let told = |finish_s: &[f64]| chart(&costs(finish_s), Some(600.0)).unwrap().description;
        assert!(
            told(&[700.0, 500.0])
                .ends_with("The deadline of 10m is met as surely as wanted from about 1,500 on.")
        );
        assert!(
            told(&[700.0, 700.0]).ends_with("None of them is as sure as wanted to meet the deadline of 10m.")
        );
        assert!(chart(&costs(&[1.0]), None).is_none());
        assert_eq!(chart(&costs(&[f64::INFINITY; 2]), Some(1.0)).unwrap().panels.len(), 1);
    }

    #[test]
    fn a_drawing() {
        let chart = chart(&costs(&[1400.0, 720.0, 505.0, 400.0]), Some(600.0)).unwrap();
        insta::assert_snapshot!(svg(&chart, Frame::Inline { width_px: 350 }).unwrap());
    }
}
