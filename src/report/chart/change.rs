//! How far measures moved from one run to another: a bar each over the interval of the change, a dot on the change.

use crate::drawing::axis::{Axis, Scale};
use crate::drawing::palette::{BLUE, Colour, GREEN, INK, VERMILION};
use crate::drawing::{Bar, Chart, GuideLine, LabelSide, Mark, Panel, PanelNote, Series};
use crate::table::Table;
use planner_core::measure::run_comparison::ComparisonOutcome;
use planner_core::units::human::signed_percent;

/// Height of one row.
const ROW_PX: u32 = 44;
/// Room beside the bars for the values at their ends, as a share of their whole reach.
const ROOM: f64 = 0.3;
/// Changes smaller than this are not drawn as large as the chart.
const REACH_AT_LEAST: f64 = 0.02;

/// How far one measure moved, as shares of what it was: −0.1 is 10 % less.
#[derive(Debug, Clone, PartialEq)]
pub struct Changed {
    /// The measure.
    pub name: String,
    /// The change.
    pub change: f64,
    /// Lower end of where it lies with 95 % confidence.
    pub low: f64,
    /// Upper end.
    pub high: f64,
    /// What it comes to.
    pub outcome: ComparisonOutcome,
}

impl Changed {
    fn colour(&self) -> Colour {
        match self.outcome {
            ComparisonOutcome::Better => GREEN,
            ComparisonOutcome::Worse => VERMILION,
            ComparisonOutcome::NoDifferenceShown | ComparisonOutcome::TooShort | ComparisonOutcome::Same => {
                BLUE
            }
        }
    }

    fn words(&self) -> String {
        format!("{}, {}: {}", self.name, signed_percent(self.change), self.outcome.words())
    }
}

/// The changes of measures in their order; None without any.
#[must_use]
pub fn change(changes: &[Changed]) -> Option<Chart> {
    let is_finite = |it: &&Changed| [it.change, it.low, it.high].into_iter().all(f64::is_finite);
    let changes: Vec<&Changed> = changes.iter().filter(is_finite).collect();
    let furthest = changes.iter().max_by(|a, b| a.change.abs().total_cmp(&b.change.abs()))?;
    let ends = || changes.iter().flat_map(|it| [it.low, it.change, it.high]);
    let (low, high) = (ends().fold(0.0, f64::min), ends().fold(0.0, f64::max));
    let room = ROOM * (high - low).max(REACH_AT_LEAST);
    let x = Axis::between("change against the first run", Scale::Share, low - room, high + room);
    let description = format!(
        "How far each measure moved, and where the change lies with 95 % confidence; a change is shown where the \
         interval does not reach 0. Furthest moved {}.",
        furthest.words(),
    );
    let words = ("What changed", description);
    let border = GuideLine { at: 0.0, label: "no change".into() };
    let (panel, table) = (panel(&changes, x.low), table(&changes));
    Some(Chart { borders: vec![border], ..Chart::new("change", words, x, vec![panel], table) })
}

/// A row each: its words above its bar, and the values at the bar's ends.
fn panel(changes: &[&Changed], left: f64) -> Panel {
    let (mut bars, mut notes, mut dots) = (Vec::new(), Vec::new(), Vec::new());
    for (index, it) in changes.iter().enumerate() {
        let top = (changes.len() - index) as f64;
        let at = top - 0.66;
        notes.push(PanelNote { at: (left, top - 0.26), side: LabelSide::Right, words: it.words() });
        notes.push(PanelNote { at: (it.low, at), side: LabelSide::Left, words: signed_percent(it.low) });
        notes.push(PanelNote { at: (it.high, at), side: LabelSide::Right, words: signed_percent(it.high) });
        bars.push(Bar { at, from: it.low, to: it.high, colour: it.colour() });
        dots.push((it.change, at));
    }
    let key =
        |label: &str, colour| Series { label: label.into(), mark: Mark::Points, colour, points: Vec::new() };
    let series = vec![
        key("better", GREEN),
        key("worse", VERMILION),
        key("no difference shown", BLUE),
        Series { label: String::new(), mark: Mark::Points, colour: INK, points: dots },
    ];
    let y = Axis::between("Measure, 95 % interval", Scale::Rows, 0.0, changes.len() as f64);
    Panel { bars, notes, ..Panel::of(y, ROW_PX * changes.len() as u32, series) }
}

fn table(changes: &[&Changed]) -> Table {
    let mut table = Table::new("What changed", &["measure", "change", "from", "to", "verdict"]).words_from(4);
    for it in changes {
        let [change, low, high] = [it.change, it.low, it.high].map(signed_percent);
        table.row([it.name.clone(), change, low, high, it.outcome.words().into()]);
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::drawing::{Frame, svg};

    fn changed(name: &str, [low, change, high]: [f64; 3], outcome: ComparisonOutcome) -> Changed {
        Changed { name: name.into(), change, low, high, outcome }
    }

    fn sample() -> [Changed; 3] {
        [
            changed("throughput X", [-0.18, -0.167, -0.15], ComparisonOutcome::Worse),
            changed("residence R", [0.18, 0.2, 0.21], ComparisonOutcome::Worse),
            changed("latency p99", [-0.02, 0.001, 0.03], ComparisonOutcome::NoDifferenceShown),
        ]
    }

    #[test]
    fn rows_keep_their_order_and_the_furthest_is_told() {
        let chart = change(&sample()).unwrap();
        assert_eq!(
            chart.table.rows[0],
            ["throughput X", "−16.7 %", "−18 %", "−15 %", "worse"].map(str::to_owned)
        );
        assert!(
            chart.description.ends_with("Furthest moved residence R, +20 %: worse."),
            "{}",
            chart.description
        );
        assert!(chart.x.low < -0.18 && chart.x.high > 0.21);
    }

    #[test]
    fn odd_changes_make_drawings_or_none() {
        assert!(change(&[]).is_none());
        assert!(change(&[changed("x", [0.0, f64::NAN, 1.0], ComparisonOutcome::TooShort)]).is_none());
        let odd = [
            changed("same", [0.0; 3], ComparisonOutcome::NoDifferenceShown),
            changed(&"long ".repeat(40), [-1.0, 5e3, 9e9], ComparisonOutcome::Worse),
        ];
        for frame in [Frame::Card, Frame::Inline { width_px: 350 }] {
            let drawing = svg(&change(&odd).unwrap(), frame).unwrap();
            assert!(!drawing.contains("NaN") && drawing.contains('…'), "{drawing}");
        }
        assert!(svg(&change(&odd[..1]).unwrap(), Frame::Card).is_ok());
    }

    #[test]
    fn a_drawing() {
        insta::assert_snapshot!(svg(&change(&sample()).unwrap(), Frame::Inline { width_px: 350 }).unwrap());
    }
}
