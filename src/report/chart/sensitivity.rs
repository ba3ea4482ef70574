//! What an answer rests on: how far it moves when one assumption changes, the strongest first (a tornado).

use crate::drawing::axis::{Axis, Scale};
use crate::drawing::palette::{BLUE, ORANGE};
use crate::drawing::{Bar, Chart, GuideLine, LabelSide, Mark, Panel, PanelNote, Series};
use crate::table::Table;
use planner_core::units::human::{duration, shortest};

/// Height of one row.
const ROW_PX: u32 = 44;
/// What is said where there is no answer.
const OUT_OF_REACH: &str = "out of reach";
/// What is said where the answer does not move.
const UNMOVED: &str = "no change";
/// Room beside the bars for the values at their ends, as a share of their whole reach.
const ROOM: f64 = 0.4;

/// How far an answer moves.
#[derive(Debug, Clone, Copy)]
pub struct Sensitivities<'a> {
    /// The answer with its unit: `workers needed`, `cost in US dollars`, `finishing time`.
    pub answer: &'a str,
    /// What kind of value it is.
    pub kind: ValueKind,
    /// The answer as everything is assumed.
    pub base: f64,
    /// One an assumption, in any order.
    pub sensitivities: &'a [SensitivityBar],
}

/// What kind of value an answer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ValueKind {
    /// A plain number.
    Number,
    /// Seconds.
    Time,
}

/// How far the answer moves with one assumption.
#[derive(Debug, Clone, PartialEq)]
pub struct SensitivityBar {
    /// What is assumed: `residence time`.
    pub name: String,
    /// The assumption at its low end, in words: `24 s`.
    pub low_setting: String,
    /// The answer there; None where there is none.
    pub low: Option<f64>,
    /// The assumption at its high end, in words: `36 s`.
    pub high_setting: String,
    /// The answer there; None where there is none.
    pub high: Option<f64>,
}

impl SensitivityBar {
    /// How far the answer moves; without an answer at one end, further than any other.
    fn reach(&self, base: f64) -> f64 {
        [self.low, self.high]
            .into_iter()
            .map(|end| end.map_or(f64::INFINITY, |end| (end - base).abs()))
            .fold(0.0, f64::max)
    }

    fn words(&self) -> String {
        format!("{}, {} to {}", self.name, self.low_setting, self.high_setting)
    }
}

/// The answer with each assumption at its low and at its high end; None without assumptions.
#[must_use]
pub fn sensitivity(input: &Sensitivities) -> Option<Chart> {
    let base = input.base;
    let mut rows = input.sensitivities.to_vec();
    for row in &mut rows {
        row.low = row.low.filter(|end| end.is_finite());
        row.high = row.high.filter(|end| end.is_finite());
    }
    rows.sort_by(|a, b| b.reach(base).total_cmp(&a.reach(base)));
    let strongest = rows.first()?;
    let ends = || rows.iter().flat_map(|row| [row.low, row.high]).flatten().chain([base]);
    let (low, high) = (ends().fold(base, f64::min), ends().fold(base, f64::max));
    let room = ROOM * (high - low).max(0.1 * base.abs());
    let x = match input.kind {
        ValueKind::Number => Axis::between(input.answer, Scale::Linear, low - room, high + room),
        ValueKind::Time => Axis::between(input.answer, Scale::Time, low - room, high + room),
    };
    let description = format!(
        "How far the answer of {} moves when one assumption changes and the others stay; most with {}.",
        show(input.kind, base),
        strongest.words(),
    );
    let table = table(input, &rows);
    let words = ("What the answer rests on", description);
    let border = GuideLine { at: base, label: format!("as assumed {}", show(input.kind, base)) };
    let panel = panel(input, &rows, x.low);
    Some(Chart { borders: vec![border], ..Chart::new("sensitivity", words, x, vec![panel], table) })
}

/// A row each: its words above its bar, and the values at the bar's ends.
fn panel(input: &Sensitivities, rows: &[SensitivityBar], left: f64) -> Panel {
    let (mut bars, mut notes) = (Vec::new(), Vec::new());
    for (index, row) in rows.iter().enumerate() {
        let top = (rows.len() - index) as f64;
        notes.push(PanelNote { at: (left, top - 0.26), side: LabelSide::Right, words: row.words() });
        let at = top - 0.66;
        let mut ends: Vec<Bar> = [(row.low, BLUE), (row.high, ORANGE)]
            .into_iter()
            .filter_map(|(end, colour)| Some(Bar { at, from: input.base, to: end?, colour }))
            .collect();
        // The longer first, so that one on the same side does not hide the other.
        ends.sort_by(|a, b| (b.to - b.from).abs().total_cmp(&(a.to - a.from).abs()));
        let value = |to: f64, side: LabelSide| PanelNote { at: (to, at), side, words: show(input.kind, to) };
        let beyond = |side: LabelSide| PanelNote { at: (input.base, at), side, words: OUT_OF_REACH.into() };
        let below = ends.iter().map(|bar| bar.to).filter(|&to| to < input.base).fold(input.base, f64::min);
        let above = ends.iter().map(|bar| bar.to).filter(|&to| to > input.base).fold(input.base, f64::max);
        notes.extend((below < input.base).then(|| value(below, LabelSide::Left)));
        notes.extend((above > input.base).then(|| value(above, LabelSide::Right)));
        // An end without an answer is told on the side that the other end leaves free.
        let free = if above > input.base { LabelSide::Left } else { LabelSide::Right };
        notes.extend((row.low.is_none() || row.high.is_none()).then(|| beyond(free)));
        let is_still = row.reach(input.base) == 0.0;
        notes.extend(is_still.then(|| PanelNote {
            at: (input.base, at),
            side: LabelSide::Right,
            words: UNMOVED.into(),
        }));
        bars.extend(ends);
    }
    // Without points: they name the colours of the bars.
    let key =
        |label: &str, colour| Series { label: label.into(), mark: Mark::Points, colour, points: Vec::new() };
    let keys = vec![key("at the low end", BLUE), key("at the high end", ORANGE)];
    let y = Axis::between("Assumption", Scale::Rows, 0.0, rows.len() as f64);
    Panel { bars, notes, ..Panel::of(y, ROW_PX * rows.len() as u32, keys) }
}

fn table(input: &Sensitivities, rows: &[SensitivityBar]) -> Table {
    let head = ["assumption", "from", "answer", "to", "answer"];
    let mut table = Table::new("The answer when one assumption changes", &head);
    let answer = |end: Option<f64>| end.map_or_else(|| OUT_OF_REACH.into(), |end| show(input.kind, end));
    for row in rows {
        let (low, high) = (answer(row.low), answer(row.high));
        table.row([row.name.clone(), row.low_setting.clone(), low, row.high_setting.clone(), high]);
    }
    table
}

fn show(kind: ValueKind, value: f64) -> String {
    match kind {
        ValueKind::Number => shortest(value, 3),
        ValueKind::Time => duration(value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::drawing::{Frame, svg};

    fn row(name: &str, low: Option<f64>, high: Option<f64>) -> SensitivityBar {
        let (low_setting, high_setting) = ("−20 %".into(), "+20 %".into());
        SensitivityBar { name: name.into(), low_setting, low, high_setting, high }
    }

    fn chart(sensitivities: &[SensitivityBar]) -> Option<Chart> {
        let (answer, kind) = ("workers needed", ValueKind::Number);
        sensitivity(&Sensitivities { answer, kind, base: 2420.0, sensitivities })
    }

    #[test]
    fn the_strongest_comes_first_and_what_cannot_be_done_before_it() {
        let rows = [
            row("failures", Some(2420.0), Some(2510.0)),
            row("residence time", Some(1940.0), Some(2900.0)),
            row("deadline", None, Some(2010.0)),
        ];
        let chart = chart(&rows).unwrap();
        let names: Vec<&str> = chart.table.rows.iter().map(|row| row[0].as_str()).collect();
        assert_eq!(names, ["deadline", "residence time", "failures"]);
        assert_eq!(chart.table.rows[0][2], "out of reach");
        let values: Vec<&str> = chart.panels[0].notes.iter().map(|note| note.words.as_str()).collect();
        assert_eq!(
            values,
            [
                "deadline, −20 % to +20 %",
                "2,010",
                "out of reach",
                "residence time, −20 % to +20 %",
                "1,940",
                "2,900",
                "failures, −20 % to +20 %",
                "2,510",
            ]
        );
    }

    #[test]
    fn odd_answers_make_drawings() {
        assert!(chart(&[]).is_none());
        let odd = [
            row("both up", Some(2500.0), Some(9e9)),
            row("none", None, Some(f64::NAN)),
            row(&"long ".repeat(40), Some(2420.0), Some(2420.0)),
        ];
        for frame in [Frame::Card, Frame::Inline { width_px: 350 }] {
            let drawing = svg(&chart(&odd).unwrap(), frame).unwrap();
            assert!(!drawing.contains("NaN") && drawing.contains('…'), "{drawing}");
        }
    }

    #[test]
    fn a_drawing() {
        let rows =
            [row("residence time", Some(1940.0), Some(2900.0)), row("failures", Some(2420.0), Some(2510.0))];
        insta::assert_snapshot!(svg(&chart(&rows).unwrap(), Frame::Inline { width_px: 350 }).unwrap());
    }
}
