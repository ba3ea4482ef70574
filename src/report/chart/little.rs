//! N against X·R.

use super::run;
use crate::drawing::axis::{Axis, Scale};
use crate::drawing::palette::{BLUE, MUTED, level as shade};
use crate::drawing::{Band, Chart, Mark, Panel, Series};
use crate::stretch::merged;
use crate::table::Table;
use crate::{RunView, doubts, words};
use planner_core::law::little::Window;
use planner_core::law::tolerance::LITTLE_TOLERANCE;
use planner_core::measure::level::LevelSummary;
use planner_core::measure::series::{Row, of_level};
use planner_core::units::human::{counted, duration, number};
use planner_core::units::quantity::{NS_PER_S, nanoseconds};

/// Windows of a level.
const WINDOWS_AT_MOST: f64 = 60.0;
/// Windows of all levels together, as long as every level has one.
const ALL_WINDOWS_AT_MOST: f64 = 240.0;
/// Levels whose N lie further apart than by this factor are shown on logarithmic axes.
const WIDE: f64 = 30.0;
/// Windows in the table.
const ROWS_AT_MOST: usize = 60;

/// N against X·R in windows long enough to compare them.
pub fn little(view: &RunView) -> Option<Chart> {
    let levels = &view.document.levels;
    let windows: Vec<Vec<Row>> =
        (0..).zip(levels).map(|(index, level)| windows(view, index, level)).collect();
    let sides = || windows.iter().flatten().flat_map(|stretch| [stretch.window.xr(), stretch.window.n()]);
    let high = sides().fold(0.0, f64::max) * 1.05;
    if high == 0.0 {
        return None;
    }
    let least = sides().filter(|&side| side > 0.0).fold(high, f64::min);
    let wide = levels.len() > 1 && high / least >= WIDE;
    let (low, scale) = match (wide, least < 0.3 * high) {
        (true, _) => (least / 1.3, Scale::Log),
        (false, true) => (0.0, Scale::Linear),
        (false, false) => (least * 0.95, Scale::Linear),
    };
    let dots = |of: fn(&Window) -> (f64, f64)| {
        windows.iter().enumerate().map(move |(index, windows)| Series {
            label: run::name(levels, index),
            mark: Mark::Points,
            colour: shade(index, levels.len()),
            points: windows
                .iter()
                .map(|stretch| of(&stretch.window))
                .filter(|&(xr, _)| xr > 0.0 || !wide)
                .collect(),
        })
    };
    let y = Axis::between("N, attempts in flight", scale, low, high);
    let both = |window: &Window| (window.xr(), window.n());
    let series = std::iter::once(diagonal(low, high)).chain(dots(both)).collect();
    let panel = Panel { bands: vec![tolerance(low, high)], ..Panel::of(y, 320, series) };
    let mut panels = vec![panel];
    if wide {
        // A logarithmic axis hides 2 %.
        panels.push(ratios((low, high), dots(|window| (window.xr(), window.n() / window.xr())).collect()));
    }
    let description = format!(
        "Mean attempts in flight against throughput times residence time in {}, from the steady part of a level \
         where it has one; where the law holds and the edges of a window weigh little, they lie on the diagonal.",
        counted(windows.iter().flatten().count() as u64, "window")
    );
    let subtitle = run::subtitle(view).into_iter().chain(words::verdicts(view.document)).collect();
    let x = Axis::between("X·R, throughput × residence time", scale, low, high);
    let words = ("N against X·R", description);
    Some(Chart { subtitle, ..Chart::new("littles-law", words, x, panels, table(levels, &windows)) })
}

/// How far N is from X·R, as a ratio.
fn ratios((low, high): (f64, f64), dots: Vec<Series>) -> Panel {
    let all = || dots.iter().flat_map(|series| series.points.iter().map(|&(_, ratio)| ratio));
    let bounds = [1.0 - 2.0 * LITTLE_TOLERANCE, 1.0 + 2.0 * LITTLE_TOLERANCE];
    let (least, most) = (all().fold(bounds[0], f64::min), all().fold(bounds[1], f64::max));
    let room = 0.05 * (most - least);
    let corners = [low, high].map(|xr| (xr, 1.0 - LITTLE_TOLERANCE, 1.0 + LITTLE_TOLERANCE)).into();
    let band = Band { label: String::new(), colour: BLUE, corners };
    let one = Series {
        label: String::new(),
        mark: Mark::Line,
        colour: MUTED,
        points: vec![(low, 1.0), (high, 1.0)],
    };
    let unnamed = dots.into_iter().map(|series| Series { label: String::new(), ..series });
    let y = Axis::between("N ÷ X·R", Scale::Linear, least - room, most + room);
    Panel { bands: vec![band], ..Panel::of(y, 110, std::iter::once(one).chain(unnamed).collect()) }
}

fn diagonal(low: f64, high: f64) -> Series {
    let points = vec![(low, low), (high, high)];
    Series { label: "N = X·R".into(), mark: Mark::Line, colour: MUTED, points }
}

/// The band around the diagonal; its edges bend where they leave the plot.
fn tolerance(low: f64, high: f64) -> Band {
    let bends = [low, low / (1.0 - LITTLE_TOLERANCE), high / (1.0 + LITTLE_TOLERANCE), high];
    let corner =
        |xr: f64| (xr, (xr * (1.0 - LITTLE_TOLERANCE)).max(low), (xr * (1.0 + LITTLE_TOLERANCE)).min(high));
    Band { label: "±2 %".into(), colour: BLUE, corners: bends.map(corner).into() }
}

fn table(levels: &[LevelSummary], windows: &[Vec<Row>]) -> Table {
    let every = windows.iter().flatten().count().div_ceil(ROWS_AT_MOST).max(1);
    let caption = if every == 1 { "Windows".into() } else { format!("Windows, 1 of {every}") };
    let mut table = Table::new(caption, &["level", "window", "X·R", "N", "edges explain"]);
    for (level, windows) in levels.iter().zip(windows) {
        for stretch in windows.iter().step_by(every) {
            table.row([
                level.label(),
                format!("{} to {}", duration(stretch.start_s()), duration(stretch.end_s())),
                number(stretch.window.xr()),
                number(stretch.window.n()),
                number(stretch.window.edges()),
            ]);
        }
    }
    table
}

/// The rows of the steady part, or all of them where there is none.
fn steady<'a>(rows: &'a [Row], level: &LevelSummary) -> &'a [Row] {
    let Some(part) = &level.steady else { return rows };
    let [start_s, end_s] = [part.start_s, part.end_s].map(|at_s| level.start_s + at_s);
    let first = rows.partition_point(|row| row.start_s() < start_s);
    let last = rows.partition_point(|row| row.end_s() <= end_s);
    rows.get(first..last).filter(|part| !part.is_empty()).unwrap_or(rows)
}

/// Windows of one level that are long against R, without the shorter rest; the whole level if there is none.
fn windows(view: &RunView, index: u32, level: &LevelSummary) -> Vec<Row> {
    let rows = steady(of_level(view.series, index), level);
    // Refusals are short and many: what fills the window's edges are the requests that are served.
    let residence_s = level.residence_mean_s.max(level.service_s.mean);
    let share = ALL_WINDOWS_AT_MOST / view.document.levels.len() as f64;
    let per_level = share.clamp(1.0, WINDOWS_AT_MOST);
    let length_s = (doubts::RESIDENCES_AT_LEAST * residence_s).max(level.makespan_s / per_level);
    let length_ns = nanoseconds(length_s).max(NS_PER_S);
    let mut windows = merged(rows, length_ns);
    if windows.len() > 1 {
        windows.retain(|stretch| stretch.window.length_ns >= length_ns);
    }
    windows
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::Sample;

    #[test]
    fn windows_are_long_against_the_residence_time_and_few() {
        let sample = Sample::sweep();
        let levels = &sample.document.levels;
        for (index, level) in (0..).zip(levels) {
            let windows = windows(&sample.view(), index, level);
            assert!(windows.iter().all(|stretch| stretch.level == index));
            let shortest_s = windows
                .iter()
                .map(|stretch| stretch.end_s() - stretch.start_s())
                .fold(f64::INFINITY, f64::min);
            assert!(shortest_s >= (10.0 * level.residence_mean_s).min(level.makespan_s) - 1e-9);
        }
        let long = Sample::long(100_000);
        let count = windows(&long.view(), 0, &long.document.levels[0]).len();
        assert!((50..=60).contains(&count), "{count}");
    }

    #[test]
    fn levels_far_apart_have_a_panel_that_shows_two_per_cent() {
        let mut sample = Sample::sweep();
        assert_eq!(little(&sample.view()).unwrap().panels.len(), 1);
        // As if level 0 had had one worker in a hundred: both sides of the law shrink alike.
        let first = sample.series.partition_point(|row| row.level < 1);
        for row in &mut sample.series[..first] {
            let window = &mut row.window;
            for sum in [&mut window.in_flight_time_ns, &mut window.residence_ns] {
                *sum /= 100;
            }
        }
        let chart = little(&sample.view()).unwrap();
        let [wide, ratios] = chart.panels.as_slice() else { panic!("two panels") };
        assert_eq!((wide.y.scale, ratios.y.scale), (Scale::Log, Scale::Linear));
        assert!(ratios.y.low < 0.97 && ratios.y.high > 1.03, "{:?}", ratios.y);
    }

    #[test]
    fn a_run_that_ends_full_lies_off_the_diagonal_by_what_its_edges_explain() {
        let sample = Sample::incomplete();
        let chart = little(&sample.view()).unwrap();
        let [(xr, n)] = chart.panels[0].series[1].points[..] else { panic!("one window") };
        let law = sample.document.levels[0].littles_law;
        assert!((n - xr - law.edges).abs() < 1e-9 && law.edges > 8.0);
    }
}
