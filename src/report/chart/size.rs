//! Residence time against object size.

use super::run;
use crate::RunView;
use crate::drawing::axis::{Axis, Scale};
use crate::drawing::palette::{VERMILION, level as shade};
use crate::drawing::{Band, Chart, Mark, Panel, Series};
use crate::table::Table;
use planner_core::measure::size_sample::{SPREAD, SizeLine, SizePoint};
use planner_core::units::human::{bytes, bytes_per_s, count, duration};

/// Dots of all levels together: more make a large page and one blot.
const DOTS_AT_MOST: usize = 500;
/// Sizes further apart than by this factor are shown on logarithmic axes.
const WIDE: f64 = 30.0;
/// Corners of a line, which bends on logarithmic axes.
const CORNERS: i32 = 40;

/// Residence time of copies against their size; None where all have about the same.
pub fn size(view: &RunView) -> Option<Chart> {
    let share = DOTS_AT_MOST / view.levels.len().max(1);
    let dots: Vec<Vec<SizePoint>> = view.levels.iter().map(|level| level.sizes.points(share)).collect();
    let all = || dots.iter().flatten();
    let low = all().map(|point| point.size_bytes).fold(f64::INFINITY, f64::min);
    let high = all().map(|point| point.size_bytes).fold(0.0, f64::max);
    if all().count() < 2 || high < SPREAD * low {
        return None;
    }
    let wide = high / low >= WIDE;
    let times = || all().map(|point| point.residence_s);
    let name = "Residence time";
    let (x, y) = if wide {
        let least = times().fold(f64::INFINITY, f64::min);
        let y = Axis::between(name, Scale::LogTime, least / 1.3, times().fold(0.0, f64::max) * 1.3);
        (Axis::between("size", Scale::LogBytes, low / 1.1, high * 1.1), y)
    } else {
        let room = 0.05 * (high - low);
        let from = if low < 0.3 * high { 0.0 } else { low - room };
        (Axis::between("size", Scale::Bytes, from, high + room), Axis::from_zero(name, Scale::Time, times()))
    };
    let levels = &view.document.levels;
    let (mut series, mut bands) = (Vec::new(), Vec::new());
    for (index, points) in dots.iter().enumerate() {
        let points = points.iter().map(|point| (point.size_bytes, point.residence_s)).collect();
        let colour = shade(index, dots.len());
        series.push(Series { label: run::name(levels, index), mark: Mark::Points, colour, points });
    }
    let lines: Vec<Option<SizeLine>> = view.levels.iter().map(|level| level.sizes.line()).collect();
    if let [Some(line)] = lines.as_slice() {
        let points = corners(line, (low, high));
        bands.extend(spread(line, &dots, &points));
        let label = format!("{} each", bytes_per_s(1.0 / line.s_per_byte));
        series.push(Series { label, mark: Mark::Line, colour: VERMILION, points });
    }
    let seen: u64 = view.levels.iter().map(|level| level.sizes.seen()).sum();
    let description = format!(
        "Residence times of {} of {} copies between {} and {}, and the line R = base + size / bandwidth where \
         one fits.",
        count(all().count() as u64),
        count(seen),
        bytes(low as u64),
        bytes(high as u64),
    );
    let words = ("How does time grow with size?", description);
    let panel = Panel { bands, ..Panel::of(y, 260, series) };
    Some(Chart {
        subtitle: run::subtitle(view),
        ..Chart::new("size", words, x, vec![panel], table(view, &lines))
    })
}

/// Where nine of ten copies lie around the line, as shares of its time.
fn spread(line: &SizeLine, dots: &[Vec<SizePoint>], line_points: &[(f64, f64)]) -> Option<Band> {
    let ratio = |point: &SizePoint| point.residence_s / line.residence_s(point.size_bytes);
    let mut ratios: Vec<f64> = dots.iter().flatten().map(ratio).filter(|ratio| ratio.is_finite()).collect();
    ratios.sort_unstable_by(f64::total_cmp);
    let at =
        |share: f64| ratios.get(((ratios.len().checked_sub(1)?) as f64 * share).round() as usize).copied();
    let (low, high) = (at(0.05)?, at(0.95)?);
    let corners = line_points.iter().map(|&(size, time_s)| (size, low * time_s, high * time_s)).collect();
    Some(Band { label: "nine of ten copies".into(), colour: VERMILION, corners })
}

fn corners(line: &SizeLine, (low, high): (f64, f64)) -> Vec<(f64, f64)> {
    let at = |corner: i32| low * (high / low).powf(f64::from(corner) / f64::from(CORNERS));
    (0..=CORNERS).map(at).map(|size_bytes| (size_bytes, line.residence_s(size_bytes))).collect()
}

/// Every level in thirds by size, and its line.
fn table(view: &RunView, lines: &[Option<SizeLine>]) -> Table {
    let head = ["level", "sizes", "median R", "p90 R", "line"];
    let mut table = Table::new("Thirds of the sample by size", &head);
    for ((level, summary), line) in view.levels.iter().zip(&view.document.levels).zip(lines) {
        let points = level.sizes.points(usize::MAX);
        let line = line.map_or_else(
            || "–".into(),
            |line| format!("{} + size / ({})", duration(line.base_s), bytes_per_s(1.0 / line.s_per_byte)),
        );
        for third in points.chunks(points.len().div_ceil(3).max(1)) {
            let mut times: Vec<f64> = third.iter().map(|point| point.residence_s).collect();
            times.sort_unstable_by(f64::total_cmp);
            let quantile = |share: f64| duration(times[((times.len() - 1) as f64 * share).round() as usize]);
            let [from, to] = [&third[0], &third[third.len() - 1]].map(|point| bytes(point.size_bytes as u64));
            let sizes = format!("{from} – {to}");
            table.row([summary.label(), sizes, quantile(0.5), quantile(0.9), line.clone()]);
        }
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample_run::SampleRun;

    #[test]
    fn dots_are_few_and_their_line_is_drawn() {
        let sample = SampleRun::sizes();
        let chart = size(&sample.view()).unwrap();
        let [dots, line] = chart.panels[0].series.as_slice() else { panic!("dots and a line") };
        assert_eq!((dots.points.len(), line.mark), (DOTS_AT_MOST, Mark::Line));
        let band = &chart.panels[0].bands[0];
        let within = |&(size_bytes, residence_s): &(f64, f64)| {
            let corner = band.corners.iter().rev().find(|corner| corner.0 <= size_bytes);
            corner.is_some_and(|&(_, low, high)| (0.9 * low..=1.1 * high).contains(&residence_s))
        };
        let share = dots.points.iter().filter(|point| within(point)).count() as f64 / DOTS_AT_MOST as f64;
        assert!((0.8..1.0).contains(&share), "{share}");
        assert!(chart.table.rows.iter().all(|row| row[4].contains("MB/s")), "{:?}", chart.table.rows);
    }

    #[test]
    fn one_size_makes_no_chart() {
        assert!(size(&SampleRun::one_level().view()).is_none());
    }
}
