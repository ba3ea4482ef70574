//! A sweep over its levels.

use super::axis::{Axis, Scale};
use super::palette::{BLUE, Colour, VERMILION};
use super::{Chart, Mark, Panel, Series, run};
use crate::report::RunView;
use crate::report::human::{duration, rate};
use crate::report::table::Table;
use crate::stats::summary::LevelSummary;

/// Levels further apart than by this factor are shown on a logarithmic axis.
const WIDE: f64 = 8.0;

/// Throughput and residence time over the levels of a sweep.
pub fn sweep(view: &RunView) -> Option<Chart> {
    let levels = &view.document.levels;
    let closed = levels.iter().all(|level| level.concurrency.is_some());
    let key = |level: &LevelSummary| level.concurrency.map(f64::from).or(level.rate_per_s);
    let mut keyed: Vec<(f64, &LevelSummary)> =
        levels.iter().filter_map(|level| Some((key(level)?, level))).collect();
    keyed.sort_by(|(a, _), (b, _)| a.total_cmp(b));
    let (&(low, _), &(high, _)) = (keyed.first()?, keyed.last()?);
    if keyed.len() < 3 || keyed.len() < levels.len() {
        return None;
    }
    let name = if closed { "workers" } else { "offered load, jobs per second" };
    let wide = low > 0.0 && high / low >= WIDE;
    let x = if wide {
        Axis::between(name, Scale::Log, low / 1.15, high * 1.15)
    } else {
        Axis::from_zero(name, Scale::Linear, [high])
    };
    let x = Axis { marks: keyed.iter().map(|(key, _)| *key).collect(), ..x };
    let throughput = joined(&keyed, BLUE, |level| level.throughput_per_s);
    let residence = joined(&keyed, VERMILION, |level| level.residence_mean_s);
    let mut table = Table::new("Levels", &["level", "throughput X", "residence R"]);
    for (_, level) in &keyed {
        table.row([level.label(), rate(level.throughput_per_s), duration(level.residence_mean_s)]);
    }
    let levels = keyed.len();
    Some(Chart {
        id: "sweep".into(),
        title: "Throughput and residence time over the sweep".into(),
        subtitle: run::subtitle(view),
        description: format!("Attempts ended per second and their mean residence time at {levels} levels."),
        x,
        borders: Vec::new(),
        panels: vec![
            panel("Attempts ended per second", Scale::Linear, throughput),
            panel("Mean residence time", Scale::Time, residence),
        ],
        table,
    })
}

fn joined(levels: &[(f64, &LevelSummary)], colour: Colour, value: fn(&LevelSummary) -> f64) -> Series {
    let points = levels.iter().map(|(key, level)| (*key, value(level))).collect();
    Series { label: String::new(), mark: Mark::Joined, colour, points }
}

fn panel(name: &str, scale: Scale, series: Series) -> Panel {
    let y = Axis::from_zero(name, scale, series.points.iter().map(|&(_, y)| y));
    Panel::of(y, 160, vec![series])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::chart::{Frame, svg};
    use crate::report::png;
    use crate::report::sample::Sample;

    #[test]
    fn pixels_are_twice_the_drawing() {
        let chart = sweep(&Sample::sweep().view()).unwrap();
        let drawing = svg(&chart, Frame::Card).unwrap();
        let image = png::render(&drawing).unwrap();
        assert_eq!(image[..8], *b"\x89PNG\r\n\x1a\n");
        let width = u32::from_be_bytes(image[16..20].try_into().unwrap());
        assert_eq!(width, 1600);
        assert!(png::render("no drawing").is_err());
    }
}
