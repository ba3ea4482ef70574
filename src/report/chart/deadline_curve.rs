//! What more concurrency would bring: finishing times over N, between what a quota allows and what a deadline needs.

use crate::drawing::axis::{Axis, Scale};
use crate::drawing::palette::{BLUE, VERMILION};
use crate::drawing::{Chart, GuideLine, Mark, Panel, Series};
use crate::table::Table;
use planner_core::units::human::{count, duration};

/// What a quota and a deadline allow.
#[derive(Debug, Clone, Copy)]
pub struct DeadlineCurve<'a> {
    /// What N counts.
    pub name: &'a str,
    /// Finishing times, in seconds, of each N that was tried.
    pub tried: &'a [(f64, f64)],
    /// What the quota allows, and when the job is done with it.
    pub today: (f64, f64),
    /// What would meet the deadline, and how it is written.
    pub needed: (f64, &'a str),
    /// When the job has to be done, in seconds.
    pub deadline_s: f64,
}

/// Finishing times over N with the quota and the deadline; None without an N that was tried beyond the quota.
#[must_use]
pub fn reach(input: &DeadlineCurve) -> Option<Chart> {
    let (quota, today_s) = input.today;
    let mut tried: Vec<(f64, f64)> =
        input.tried.iter().copied().filter(|(n, finish_s)| *n > quota && finish_s.is_finite()).collect();
    tried.sort_by(|a, b| a.0.total_cmp(&b.0));
    let &first = tried.first()?;
    let most = tried.iter().map(|(n, _)| *n).fold(input.needed.0, f64::max);
    let times = || tried.iter().map(|(_, finish_s)| *finish_s).chain([today_s, input.deadline_s]);
    let x = Axis::from_zero(input.name, Scale::Linear, [most]);
    let y = Axis::from_zero("Finishing time", Scale::Time, times());
    let quota_border = GuideLine { at: quota, label: format!("quota {}", count(quota as u64)) };
    let needed = GuideLine { at: input.needed.0, label: format!("needed: {}", input.needed.1) };
    let line = |mark, colour, points| Series { label: String::new(), mark, colour, points };
    let deadline =
        GuideLine { at: input.deadline_s, label: format!("deadline {}", duration(input.deadline_s)) };
    let description = format!(
        "The quota of {} is done in {}; what is dashed was not simulated. The deadline of {} takes {}.",
        count(quota as u64),
        duration(today_s),
        duration(input.deadline_s),
        input.needed.1
    );
    let mut table = Table::new("Finishing times", &[input.name, "done in"]);
    for (n, finish_s) in [input.today].iter().chain(&tried) {
        table.row([count(n.round() as u64), duration(*finish_s)]);
    }
    let series = vec![
        line(Mark::Dashed, BLUE, vec![input.today, first]),
        line(Mark::Triangles, VERMILION, vec![input.today]),
        line(Mark::Joined, BLUE, tried),
    ];
    let panel = Panel { rules: vec![deadline], ..Panel::of(y, 220, series) };
    let words = ("How far does the quota reach?", description);
    let chart = Chart::new("reach", words, x, vec![panel], table);
    Some(Chart { borders: vec![quota_border, needed], ..chart })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quota_and_need_are_marked_and_what_lies_between_is_dashed() {
        let tried = [(800.0, 1600.0), (2000.0, 720.0), (2600.0, 580.0)];
        let input = DeadlineCurve {
            name: "N",
            tried: &tried,
            today: (900.0, 1500.0),
            needed: (2500.0, "2,600 at once"),
            deadline_s: 600.0,
        };
        let chart = reach(&input).unwrap();
        let borders: Vec<&str> = chart.borders.iter().map(|border| border.label.as_str()).collect();
        assert_eq!(borders, ["quota 900", "needed: 2,600 at once"]);
        let dashed = &chart.panels[0].series[0];
        assert_eq!(
            (dashed.mark, &dashed.points[..]),
            (Mark::Dashed, &[(900.0, 1500.0), (2000.0, 720.0)][..])
        );
        assert!(reach(&DeadlineCurve { tried: &tried[..1], ..input }).is_none());
    }
}
