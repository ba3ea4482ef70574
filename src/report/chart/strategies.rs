//! When each way of doing a job is done, the fastest first: a row each, from the median to the 99th percentile.

use crate::drawing::axis::{Axis, Scale};
use crate::drawing::palette::{BLUE, Colour, GREEN, INK, VERMILION};
use crate::drawing::{Bar, Chart, GuideLine, LabelSide, Mark, Panel, PanelNote, Series};
use crate::table::Table;
use planner_core::units::human::{duration, usd};

/// Height of one row.
const ROW_PX: u32 = 44;
/// Room beside the fastest and the slowest, as factors: the words at a bar's end need the more.
const ROOM: (f64, f64) = (0.6, 3.0);

/// One way.
#[derive(Debug, Clone, PartialEq)]
pub struct StrategyBar {
    /// Its name, with what sets it apart: `pool, 100 threads`.
    pub name: String,
    /// When it is done, seconds: the median and the 99th percentile; None where it never is or nobody knows.
    pub finish_s: Option<[f64; 2]>,
    /// Whether it meets the deadline; None without one.
    pub meets: Option<bool>,
    /// What it costs, in US dollars.
    pub cost_usd: f64,
}

impl StrategyBar {
    fn colour(&self) -> Colour {
        match self.meets {
            None => BLUE,
            Some(true) => GREEN,
            Some(false) => VERMILION,
        }
    }
}

/// The ways from the fastest on, on a logarithmic scale; None where none of them is ever done.
#[must_use]
pub fn strategies(all: &[StrategyBar], deadline_s: Option<f64>) -> Option<Chart> {
    let mut all = all.to_vec();
    let end_s = |strategy: &StrategyBar| strategy.finish_s.map_or(f64::INFINITY, |it| it[1]);
    all.sort_by(|a, b| end_s(a).total_cmp(&end_s(b)));
    let all = all.as_slice();
    let times =
        || all.iter().filter_map(|strategy| strategy.finish_s).filter(|it| it[0] > 0.0 && it[1].is_finite());
    let fastest = all
        .iter()
        .filter_map(|strategy| Some((strategy, strategy.finish_s?[1])))
        .filter(|(_, p99_s)| *p99_s > 0.0)
        .min_by(|a, b| a.1.total_cmp(&b.1))?;
    let ends = || times().flatten().chain(deadline_s);
    let (low, high) = (ends().fold(f64::INFINITY, f64::min), ends().fold(0.0, f64::max));
    let x = Axis::between("finishing time", Scale::LogTime, low * ROOM.0, high * ROOM.1);
    let description = format!(
        "When each way is done, from the median to the 99th percentile of its simulated runs; each mark of the scale is \
         several times as far as the last. Fastest: {}, within {} with probability 99 %.",
        fastest.0.name,
        duration(fastest.1)
    );
    let border = deadline_s.map(|at| GuideLine { at, label: format!("deadline {}", duration(at)) });
    let words = ("Which way is fast enough?", description);
    let panel = panel(all, &x, deadline_s.is_some());
    let chart = Chart::new("ways", words, x, vec![panel], table(all));
    Some(Chart { borders: border.into_iter().collect(), ..chart })
}

/// A row each: its name above its bar, and the times at the end of the bar that has more room.
fn panel(all: &[StrategyBar], x: &Axis, has_deadline: bool) -> Panel {
    let left = x.low;
    let (mut bars, mut notes) = (Vec::new(), Vec::new());
    let [mut met, mut missed] = [Vec::new(), Vec::new()];
    for (index, strategy) in all.iter().enumerate() {
        let top = (all.len() - index) as f64;
        let at = top - 0.66;
        let cost = usd(strategy.cost_usd);
        notes.push(PanelNote {
            at: (left, top - 0.26),
            side: LabelSide::Right,
            words: strategy.name.clone(),
        });
        match strategy.finish_s {
            Some([p50_s, p99_s]) => {
                bars.push(Bar { at, from: p50_s, to: p99_s, colour: strategy.colour() });
                let points = if strategy.meets == Some(false) { &mut missed } else { &mut met };
                points.push((p50_s, at));
                let times = if p50_s == p99_s {
                    duration(p50_s)
                } else {
                    format!("{} to {}", duration(p50_s), duration(p99_s))
                };
                let is_late = x.held(p50_s) > 1.0 - x.held(p99_s);
                let (end_s, side) =
                    if is_late { (p50_s, LabelSide::Left) } else { (p99_s, LabelSide::Right) };
                notes.push(PanelNote { at: (end_s, at), side, words: format!("{times} · {cost}") });
            }
            None => {
                let words = format!("never, or not known · {cost}");
                notes.push(PanelNote { at: (left, at), side: LabelSide::Right, words });
            }
        }
    }
    let marked = |label: &str, mark, colour, points| Series {
        label: if has_deadline { label.into() } else { String::new() },
        mark,
        colour,
        points,
    };
    let mut series =
        vec![marked("meets the deadline", Mark::Points, if has_deadline { GREEN } else { INK }, met)];
    if has_deadline {
        series.push(marked("misses it", Mark::Triangles, VERMILION, missed));
    }
    let y = Axis::between("Way", Scale::Rows, 0.0, all.len() as f64);
    Panel { bars, notes, ..Panel::of(y, ROW_PX * all.len() as u32, series) }
}

fn table(all: &[StrategyBar]) -> Table {
    let mut table = Table::new("How long each way takes", &["way", "p50", "p99", "cost"]);
    for strategy in all {
        let [p50, p99] = strategy.finish_s.map_or_else(|| ["–".into(), "–".into()], |it| it.map(duration));
        table.row([strategy.name.clone(), p50, p99, usd(strategy.cost_usd)]);
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::drawing::{Frame, svg};

    fn strategy(name: &str, finish_s: Option<[f64; 2]>, meets: Option<bool>) -> StrategyBar {
        StrategyBar { name: name.into(), finish_s, meets, cost_usd: 0.23 }
    }

    fn sample() -> [StrategyBar; 4] {
        [
            strategy("for loop", Some([6300.0, 6540.0]), Some(false)),
            strategy("pool, 100 threads", Some([88.0, 104.0]), Some(true)),
            strategy("one function, 100 threads in 128 MB", None, Some(false)),
            strategy("fan-out, paced", Some([53.2, 68.0]), Some(true)),
        ]
    }

    #[test]
    fn the_fastest_comes_first_and_shapes_tell_met_from_missed() {
        let chart = strategies(&sample(), Some(600.0)).unwrap();
        let order: Vec<&str> = chart.table.rows.iter().map(|row| row[0].as_str()).collect();
        assert_eq!((order[0], order[2]), ("fan-out, paced", "for loop"));
        assert_eq!(chart.table.rows[2][1..], ["1h 45m", "1h 49m", "$0.23"].map(str::to_owned));
        assert_eq!(chart.table.rows[3][1], "–");
        let [met, missed] = chart.panels[0].series.as_slice() else { panic!("met and missed") };
        assert_eq!((met.mark, met.points.len()), (Mark::Points, 2));
        assert_eq!((missed.mark, missed.points.len()), (Mark::Triangles, 1));
        assert!(
            chart.description.ends_with("Fastest: fan-out, paced, within 1m 8s with probability 99 %."),
            "{}",
            chart.description
        );
        assert!(chart.x.low < 53.2 && chart.x.high > 6540.0);
        assert_eq!(chart.borders[0].label, "deadline 10m");
    }

    #[test]
    fn odd_ways_make_drawings_or_none() {
        assert!(strategies(&[], None).is_none());
        assert!(strategies(&[strategy("never", None, None)], Some(60.0)).is_none());
        let odd = [
            strategy("at once", Some([0.0; 2]), None),
            strategy(&"long ".repeat(40), Some([1e-6, 4e9]), None),
        ];
        for frame in [Frame::Card, Frame::Inline { width_px: 350 }] {
            let drawing = svg(&strategies(&odd, None).unwrap(), frame).unwrap();
            assert!(!drawing.contains("NaN") && drawing.contains('…'), "{drawing}");
        }
    }

    #[test]
    fn a_drawing() {
        insta::assert_snapshot!(
            svg(&strategies(&sample(), Some(600.0)).unwrap(), Frame::Inline { width_px: 350 }).unwrap()
        );
    }
}
