//! How likely it is to be late, over what is chosen.

use super::choice_axis::ChoiceAxis;
use crate::drawing::axis::{Axis, Scale};
use crate::drawing::palette::BLUE;
use crate::drawing::{Band, Chart, GuideLine, Mark, Panel, Series};
use crate::table::Table;
use planner_core::units::human::probability;
use planner_core::units::human::{percent, shortest};

/// Points that are drawn one by one; more are a line.
const DOTS_AT_MOST: usize = 40;

/// A risk above this is almost sure.
const HOPELESS: f64 = 0.95;
/// Where a goal allows no risk at all, the axis ends near this one.
const LEAST_RISK: f64 = 1e-5;

/// How sure the deadline is, over what may be chosen.
#[derive(Debug, Clone, Copy)]
pub struct Chances<'a> {
    /// What may be chosen.
    pub choice: ChoiceAxis<'a>,
    /// One a choice that was tried, in any order.
    pub chances: &'a [Chance],
    /// The probability that was asked for, from 0 to 1.
    pub wanted: f64,
}

/// How sure the deadline is with one choice.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Chance {
    /// What was chosen.
    pub at: f64,
    /// Probability of the deadline over all that the service may be like, from 0 to 1.
    pub met: f64,
    /// What it is at least under 95 % of the services that explain the measurement about as well.
    pub low: f64,
    /// What it is at most under those.
    pub high: f64,
}

/// The risk of being late over what may be chosen, where it falls from likely to negligible; None for fewer than two
/// choices.
#[must_use]
pub fn chance(input: &Chances) -> Option<Chart> {
    let mut chances = input.chances.to_vec();
    chances.retain(|chance| [chance.at, chance.met, chance.low, chance.high].into_iter().all(f64::is_finite));
    chances.sort_by(|a, b| a.at.total_cmp(&b.at));
    if chances.len() < 2 {
        return None;
    }
    let allowed = (1.0 - input.wanted).max(LEAST_RISK);
    let shown = cliff(&chances, allowed / 10.0);
    let (x, borders) = input.choice.axis(shown.iter().map(|chance| chance.at));
    let mark = if shown.len() > DOTS_AT_MOST { Mark::Line } else { Mark::Joined };
    let y = Axis::between("Risk of being late", Scale::LogShare, allowed / 20.0, 1.3);
    // What is never late lies on the lower edge, not at minus infinity.
    let risk = |met: f64| (1.0 - met).max(y.low);
    let points = shown.iter().map(|chance| (chance.at, risk(chance.met))).collect();
    let band = Band {
        label: "95 % uncertainty band".into(),
        colour: BLUE,
        corners: shown.iter().map(|chance| (chance.at, risk(chance.high), risk(chance.low))).collect(),
    };
    let goal = GuideLine { at: allowed, label: format!("goal {}", y.read(allowed)) };
    let panel = Panel {
        bands: if is_uncertain(&chances) { vec![band] } else { Vec::new() },
        rules: vec![goal],
        ..Panel::of(y, 220, vec![Series { label: String::new(), mark, colour: BLUE, points }])
    };
    let words = ("How likely is it to be late?", description(input, &chances));
    let table = table(input.choice.name, &chances);
    Some(Chart { borders, ..Chart::new("chance", words, x, vec![panel], table) })
}

/// The choices between which the risk falls: from the last that is almost sure to be late to the first whose risk is
/// `negligible`, and one on each side.
fn cliff(chances: &[Chance], negligible: f64) -> &[Chance] {
    let is_hopeless = |chance: &Chance| 1.0 - chance.met > HOPELESS;
    let first = chances.iter().rposition(is_hopeless).unwrap_or(0);
    let is_safe = |chance: &Chance| 1.0 - chance.met <= negligible;
    let last = chances.iter().skip(first).position(is_safe).map_or(chances.len(), |index| first + index + 2);
    let shown = &chances[first..last.min(chances.len())];
    if shown.len() < 2 { chances } else { shown }
}

fn description(input: &Chances, chances: &[Chance]) -> String {
    let allowed = percent(1.0 - input.wanted);
    let reached = if chances.iter().any(|chance| chance.met >= input.wanted) {
        "met to the right of where the line crosses it"
    } else {
        "which no choice that was tried reaches"
    };
    let chosen = input.choice.chosen.map_or_else(String::new, |(_, what)| format!(" Chosen: {what}."));
    format!("The goal is a risk of at most {allowed} of being late, {reached}.{chosen}")
}

/// Whether the intervals are wider than nothing: a closed form knows its probabilities exactly.
fn is_uncertain(chances: &[Chance]) -> bool {
    chances.iter().any(|chance| chance.high - chance.low > 1e-6)
}

fn table(name: &str, chances: &[Chance]) -> Table {
    let caption = "Probability of meeting the deadline";
    if !is_uncertain(chances) {
        let mut table = Table::new(caption, &[name, "P(deadline)"]);
        chances.iter().for_each(|chance| table.row([shortest(chance.at, 3), probability(chance.met)]));
        return table;
    }
    let mut table = Table::new(caption, &[name, "P(deadline)", "95 % uncertainty band"]);
    for Chance { at, met, low, high } in chances {
        let [met, low, high] = [met, low, high].map(|&share| probability(share));
        let range = if low == high { low } else { format!("{low} – {high}") };
        table.row([shortest(*at, 3), met, range]);
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::drawing::{Frame, svg};

    fn input<'a>(chances: &'a [Chance], limits: &'a [(String, f64)]) -> Chances<'a> {
        let choice = ChoiceAxis { name: "N, workers", chosen: Some((2420.0, "2,420 workers")), limits };
        Chances { choice, chances, wanted: 0.99 }
    }

    fn curve(count: u32) -> Vec<Chance> {
        let chance = |step: u32| {
            let at = 1800.0 + 800.0 * f64::from(step) / f64::from(count - 1);
            let met = 1.0 / (1.0 + (-(at - 2150.0) / 50.0).exp());
            Chance { at, met, low: (met - 0.02).max(0.0), high: (met + 0.02).min(1.0) }
        };
        (0..count).map(chance).collect()
    }

    #[test]
    fn one_choice_and_the_goal_are_marked_and_only_the_cliff_is_shown() {
        let chart = chance(&input(&curve(17), &[])).unwrap();
        let borders: Vec<&str> = chart.borders.iter().map(|border| border.label.as_str()).collect();
        assert_eq!(borders, ["chosen: 2,420 workers"]);
        let panel = &chart.panels[0];
        assert_eq!((panel.rules[0].label.as_str(), panel.y.scale), ("goal 1 %", Scale::LogShare));
        let points = &panel.series[0].points;
        // Still late with 95 % at 2,000; less than one in a thousand is left at 2,500.
        assert_eq!((points[0].0, points.len() < 17), (2000.0, true), "{points:?}");
        assert!(chart.x.low > 1900.0 && chart.table.rows.len() == 17, "the table has all");
        let mut hopeless = curve(17);
        hopeless.truncate(5);
        assert!(chance(&input(&hopeless, &[])).unwrap().description.contains("no choice"));
    }

    #[test]
    fn what_is_known_exactly_has_no_interval() {
        let exact: Vec<Chance> = curve(3)
            .into_iter()
            .map(|chance| Chance { low: chance.met, high: chance.met, ..chance })
            .collect();
        let chart = chance(&input(&exact, &[])).unwrap();
        assert!(chart.panels[0].bands.is_empty() && chart.table.rows.iter().all(|row| row.len() == 2));
        assert_eq!(chart.table.rows[2][1], "99.98 %");
    }

    #[test]
    fn one_choice_makes_no_chart_and_what_is_no_number_no_point() {
        let mut chances = curve(2);
        chances[0].met = f64::NAN;
        assert!(chance(&input(&chances, &[])).is_none());
    }

    #[test]
    fn a_drawing() {
        let limits = [("account limit".into(), 2300.0)];
        let chart = chance(&input(&curve(17), &limits)).unwrap();
        insta::assert_snapshot!(svg(&chart, Frame::Inline { width_px: 350 }).unwrap());
    }
}
