//! How sure a deadline is, over what is chosen.

use super::choice::Choice;
use crate::drawing::axis::{Axis, Scale};
use crate::drawing::palette::BLUE;
use crate::drawing::{Band, Chart, Mark, Panel, Rule, Series};
use crate::table::Table;
use planner_core::units::human::probability;
use planner_core::units::human::{percent, shortest};

/// Points that are drawn one by one; more are a line.
const DOTS_AT_MOST: usize = 40;

/// How sure the deadline is, over what may be chosen.
#[derive(Debug, Clone, Copy)]
pub struct Chances<'a> {
    /// What may be chosen.
    pub choice: Choice<'a>,
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

/// P(deadline) over what may be chosen; None for fewer than two choices.
#[must_use]
pub fn chance(input: &Chances) -> Option<Chart> {
    let mut chances = input.chances.to_vec();
    chances.retain(|chance| [chance.at, chance.met, chance.low, chance.high].into_iter().all(f64::is_finite));
    chances.sort_by(|a, b| a.at.total_cmp(&b.at));
    if chances.len() < 2 {
        return None;
    }
    let (x, borders) = input.choice.axis(chances.iter().map(|chance| chance.at));
    let mark = if chances.len() > DOTS_AT_MOST { Mark::Line } else { Mark::Joined };
    let points = chances.iter().map(|chance| (chance.at, chance.met)).collect();
    let band = Band {
        label: "under 95 % of the fits".into(),
        colour: BLUE,
        corners: chances.iter().map(|chance| (chance.at, chance.low, chance.high)).collect(),
    };
    let wanted = Rule { at: input.wanted, label: format!("wanted {}", percent(input.wanted)) };
    // Room above 100 %, where most of the curve lies.
    let y = Axis::between("P(deadline)", Scale::Share, 0.0, 1.04);
    let panel = Panel {
        bands: if is_uncertain(&chances) { vec![band] } else { Vec::new() },
        rules: vec![wanted],
        ..Panel::of(y, 240, vec![Series { label: String::new(), mark, colour: BLUE, points }])
    };
    let words = ("How sure the deadline is", description(input, &chances));
    let table = table(input.choice.name, &chances);
    Some(Chart { borders, ..Chart::new("chance", words, x, vec![panel], table) })
}

fn description(input: &Chances, chances: &[Chance]) -> String {
    let Choice { chosen, floor, .. } = input.choice;
    let floor = floor.map_or(String::new(), |at| {
        format!(" The floor, {}, is what the mean answer asks for.", shortest(at, 3))
    });
    let chosen = chosen.map_or(String::new(), |at| format!(" Chosen: {}.", shortest(at, 3)));
    let reached = chances.iter().find(|chance| chance.met >= input.wanted).map_or_else(
        || "No choice that was tried reaches it.".to_owned(),
        |chance| format!("From {} on it is reached.", shortest(chance.at, 3)),
    );
    let wanted = percent(input.wanted);
    format!("How probable it is to meet the deadline, where {wanted} is wanted. {reached}{floor}{chosen}")
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
    let mut table = Table::new(caption, &[name, "P(deadline)", "under 95 % of the fits"]);
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
        let choice = Choice { name: "N, workers", chosen: Some(2420.0), floor: Some(1890.0), limits };
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
    fn the_choice_the_floor_and_what_was_wanted_are_marked() {
        let chart = chance(&input(&curve(17), &[])).unwrap();
        let borders: Vec<&str> = chart.borders.iter().map(|border| border.label.as_str()).collect();
        assert_eq!(borders, ["floor 1,890", "chosen 2,420"]);
        assert_eq!(chart.panels[0].rules[0].label, "wanted 99 %");
        assert!(chart.description.contains("From 2,400 on it is reached."), "{}", chart.description);
        let mut hopeless = curve(17);
        hopeless.truncate(5);
        assert!(chance(&input(&hopeless, &[])).unwrap().description.contains("No choice"));
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
