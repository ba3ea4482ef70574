//! How long a job takes: the makespans of its simulations against the deadline.

use crate::drawing::axis::{Axis, Scale};
use crate::drawing::palette::{BLUE, VERMILION};
use crate::drawing::{Chart, GuideLine, Mark, Panel, Series, Shades};
use crate::table::Table;
use planner_core::units::human::{count, duration, percent};

/// Steps of the distribution: more make a large page.
const STEPS_AT_MOST: usize = 300;
/// Bars of the histogram: more than these and the eye sees noise.
const BINS_AT_MOST: usize = 40;
/// Percentiles that are named beside the plot.
const NAMED: [(f64, &str); 3] = [(0.5, "p50"), (0.95, "p95"), (0.99, "p99")];

/// What simulations of one job came to.
#[derive(Debug, Clone, Copy)]
pub struct Makespans<'a> {
    /// Makespan of each in seconds, in any order; infinite where the job does not end.
    pub makespans_s: &'a [f64],
    /// When the job has to be done, in seconds.
    pub deadline_s: Option<f64>,
}

/// The distribution of makespans: how often each, and how many are done by then. None without one that ends.
#[must_use]
pub fn makespan(input: &Makespans) -> Option<Chart> {
    let sorted = Sorted::of(input.makespans_s);
    let (&least_s, &most_s) = (sorted.ended_s.first()?, sorted.ended_s.last()?);
    let deadline_s = input.deadline_s.filter(|deadline_s| deadline_s.is_finite());
    let low_s = deadline_s.map_or(least_s, |deadline_s| deadline_s.min(least_s));
    let high_s = deadline_s.map_or(most_s, |deadline_s| deadline_s.max(most_s));
    let room_s = (0.06 * (high_s - low_s)).max(0.02 * high_s);
    let x = Axis::between("finishing time", Scale::Time, (low_s - room_s).max(0.0), high_s + room_s);
    let done_by_then = sorted.steps(x.low, x.high);
    let rules = NAMED.iter().filter_map(|&(share, name)| {
        Some(GuideLine { at: share, label: format!("{name} {}", duration(sorted.quantile_s(share)?)) })
    });
    let how_often = sorted.bins();
    let most_often = how_often.iter().map(|&(_, share)| share).fold(0.0, f64::max);
    let panels = vec![
        panel(
            Axis::from_zero("Share of simulations", Scale::Share, [most_often]),
            110,
            Mark::Area,
            how_often,
        ),
        Panel {
            rules: rules.collect(),
            ..panel(Axis::between("Done by then", Scale::Share, 0.0, 1.0), 190, Mark::Line, done_by_then)
        },
    ];
    let borders = deadline_s.map(|at| GuideLine { at, label: format!("deadline {}", duration(at)) });
    let shades = deadline_s.filter(|&at| at < x.high).map(|at| Shades {
        label: "too late".into(),
        colour: VERMILION,
        stretches: vec![(at, x.high)],
    });
    let words = ("Finishing time", description(&sorted, deadline_s));
    Some(Chart {
        borders: borders.into_iter().collect(),
        shades,
        ..Chart::new("makespan", words, x, panels, table(&sorted, deadline_s))
    })
}

fn panel(y: Axis, height_px: u32, mark: Mark, points: Vec<(f64, f64)>) -> Panel {
    Panel::of(y, height_px, vec![Series { label: String::new(), mark, colour: BLUE, points }])
}

fn description(sorted: &Sorted, deadline_s: Option<f64>) -> String {
    let simulated = count(sorted.count as u64);
    let late = sorted.count - sorted.ended_s.len();
    let endless =
        if late > 0 { format!(" {} do not end at all.", count(late as u64)) } else { String::new() };
    let met = deadline_s.map_or(String::new(), |deadline_s| {
        let share = sorted.share_by(deadline_s);
        format!(" {} are done by the deadline of {}.", percent(share), duration(deadline_s))
    });
    format!(
        "How long {simulated} simulations of the job take, and which share is done by then.{met}{endless}"
    )
}

fn table(sorted: &Sorted, deadline_s: Option<f64>) -> Table {
    let head = ["percentile", "finishing time", "against the deadline"];
    let mut table = Table::new("Finishing times", &head);
    for (share, name) in [
        (0.0, "min"),
        (0.05, "p5"),
        (0.25, "p25"),
        (0.5, "p50"),
        (0.75, "p75"),
        (0.9, "p90"),
        (0.95, "p95"),
        (0.99, "p99"),
        (1.0, "max"),
    ] {
        let at_s = sorted.quantile_s(share);
        let against = at_s.zip(deadline_s).map_or_else(
            || "–".into(),
            |(at_s, deadline_s)| {
                let side = if at_s <= deadline_s { "before" } else { "late" };
                format!("{} {side}", duration((at_s - deadline_s).abs()))
            },
        );
        table.row([name.into(), at_s.map_or_else(|| "does not end".into(), duration), against]);
    }
    table
}

/// Makespans that end, from the shortest, and how many there are with the others.
struct Sorted {
    ended_s: Vec<f64>,
    count: usize,
}

impl Sorted {
    fn of(makespans_s: &[f64]) -> Self {
        let mut ended_s: Vec<f64> = makespans_s.iter().copied().filter(|at| at.is_finite()).collect();
        ended_s.sort_unstable_by(f64::total_cmp);
        Self { ended_s, count: makespans_s.len() }
    }

    /// The shortest makespan that at least this share does not exceed; None where so many do not end.
    fn quantile_s(&self, share: f64) -> Option<f64> {
        let rank = ((share * self.count as f64).ceil() as usize).max(1);
        self.ended_s.get(rank - 1).copied()
    }

    fn share_by(&self, at_s: f64) -> f64 {
        self.ended_s.partition_point(|&end_s| end_s <= at_s) as f64 / self.count as f64
    }

    /// The share done by each time, as a stair.
    fn steps(&self, from_s: f64, to_s: f64) -> Vec<(f64, f64)> {
        let last = self.ended_s.len();
        let every = last.div_ceil(STEPS_AT_MOST).max(1);
        let ranks = (1..last).step_by(every).chain([last]);
        let share = |rank: usize| rank as f64 / self.count as f64;
        let mut stair = vec![(from_s, 0.0)];
        for rank in ranks {
            let at_s = self.ended_s[rank - 1];
            let below = stair.last().map_or(0.0, |&(_, below)| below);
            stair.extend([(at_s, below), (at_s, share(rank))]);
        }
        stair.push((to_s, share(last)));
        stair
    }

    /// The share in each of some bins of equal length, as many as Rice's rule says (twice the cube root of the count).
    fn bins(&self) -> Vec<(f64, f64)> {
        let (Some(&least_s), Some(&most_s)) = (self.ended_s.first(), self.ended_s.last()) else {
            return Vec::new();
        };
        let bins = ((2.0 * (self.count as f64).cbrt()).ceil() as usize).min(BINS_AT_MOST);
        // A fixed time still has a bin that can be seen.
        let length_s = ((most_s - least_s) / bins as f64).max(2e-3 * most_s);
        let mut shares = vec![0.0; bins];
        for at_s in &self.ended_s {
            let bin = ((at_s - least_s) / length_s) as usize;
            shares[bin.min(bins - 1)] += 1.0 / self.count as f64;
        }
        let edge = |bin: usize| least_s + bin as f64 * length_s;
        let bars = shares.into_iter().enumerate().map(|(bin, share)| (edge(bin), share));
        [(least_s, 0.0)].into_iter().chain(bars).chain([(edge(bins), 0.0)]).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::drawing::{Frame, svg};

    fn chart(makespans_s: &[f64], deadline_s: Option<f64>) -> Chart {
        makespan(&Makespans { makespans_s, deadline_s }).unwrap()
    }

    #[test]
    fn percentiles_are_named_and_the_share_in_time_is_told() {
        let makespans_s: Vec<f64> = (1..=1000).rev().map(|rank| 500.0 + f64::from(rank) / 10.0).collect();
        let chart = chart(&makespans_s, Some(590.0));
        let names: Vec<&str> = chart.panels[1].rules.iter().map(|rule| rule.label.as_str()).collect();
        assert_eq!(names, ["p50 9m 10s", "p95 9m 55s", "p99 9m 59s"]);
        assert!(
            chart.description.contains("90 % are done by the deadline of 9m 50s"),
            "{}",
            chart.description
        );
        assert_eq!(chart.table.rows[3], ["p50", "9m 10s", "40.0 s before"]);
        assert_eq!(chart.table.rows[8], ["max", "10m", "10.0 s late"]);
        assert!(chart.panels[1].series[0].points.len() <= 2 * STEPS_AT_MOST + 4);
        let bars: f64 = chart.panels[0].series[0].points.iter().map(|&(_, share)| share).sum();
        assert!((bars - 1.0).abs() < 1e-9);
    }

    #[test]
    fn odd_samples_make_drawings() {
        assert!(makespan(&Makespans { makespans_s: &[], deadline_s: None }).is_none());
        assert!(makespan(&Makespans { makespans_s: &[f64::INFINITY], deadline_s: Some(1.0) }).is_none());
        for (makespans_s, deadline_s) in [
            (vec![600.0], None),
            (vec![600.0; 100], Some(600.0)),
            (vec![0.0, 0.0], Some(0.0)),
            (vec![1e-3, 3e8, f64::INFINITY], Some(60.0)),
        ] {
            let drawing = svg(&chart(&makespans_s, deadline_s), Frame::Card).unwrap();
            assert!(!drawing.contains("NaN") && !drawing.contains("inf"), "{drawing}");
        }
        let endless = chart(&[1.0, 2.0, f64::INFINITY, f64::INFINITY], None);
        assert!(endless.description.contains("2 do not end at all"), "{}", endless.description);
        assert_eq!(endless.panels[1].rules.len(), 1, "{:?}", endless.panels[1].rules);
    }

    #[test]
    fn a_drawing() {
        let makespans_s: Vec<f64> = (0..60).map(|n| 560.0 + f64::from(n * n) / 60.0).collect();
        insta::assert_snapshot!(
            svg(&chart(&makespans_s, Some(600.0)), Frame::Inline { width_px: 760 }).unwrap()
        );
    }
}
