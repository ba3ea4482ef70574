//! How far N is from X·R.

use super::run;
use crate::drawing::axis::{Axis, Scale};
use crate::drawing::palette::{BLUE, MUTED};
use crate::drawing::{Band, Chart, LabelSide, Mark, Panel, PanelNote, Series, Whisker};
use crate::merged_rows::merged;
use crate::table::Table;
use crate::{RunView, run_limitations, run_words};
use planner_core::law::in_flight_window::Window;
use planner_core::law::tolerance::LITTLE_TOLERANCE;
use planner_core::measure::level::LevelSummary;
use planner_core::measure::series::{SeriesSecond, of_level};
use planner_core::numeric::interval::{CONFIDENCE, Mean};
use planner_core::units::human::{counted, duration, number};
use planner_core::units::quantity::{NS_PER_S, nanoseconds};

/// Windows of a level.
const WINDOWS_AT_MOST: f64 = 60.0;
/// Windows of all levels together, as long as every level has one.
const ALL_WINDOWS_AT_MOST: f64 = 240.0;
/// Room for a name beside a point, as a share of the axis.
const NAME_ROOM: f64 = 0.14;
/// What the axis shows on both sides at least.
const EDGE: f64 = 2.0 * LITTLE_TOLERANCE;
/// Levels whose N lie further apart than by this factor are shown on logarithmic axes.
const WIDE: f64 = 30.0;
/// Windows in the table.
const ROWS_AT_MOST: usize = 60;

/// How far N is from X·R in windows long enough to compare them: level by level, or over time where there is only one.
pub fn little(view: &RunView) -> Option<Chart> {
    let levels = &view.document.levels;
    let windows: Vec<Vec<SeriesSecond>> =
        (0..).zip(levels).map(|(index, level)| windows(view, index, level)).collect();
    let is_sweep = levels.len() > 1;
    let point = |stretch: &SeriesSecond| {
        let middle_s = f64::midpoint(stretch.start_s(), stretch.end_s());
        let at = if is_sweep { stretch.window.n() } else { middle_s };
        Some((at, residual(&stretch.window)?)).filter(|(at, _)| !is_sweep || *at > 0.0)
    };
    let of_level = |windows: &Vec<SeriesSecond>| windows.iter().filter_map(point).collect::<Vec<_>>();
    let points: Vec<Vec<(f64, f64)>> = windows.iter().map(of_level).collect();
    let ends = |of: fn(&(f64, f64)) -> f64| {
        let all = points.iter().flatten().map(of);
        all.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), it| (low.min(it), high.max(it)))
    };
    let (low, high) = ends(|point| point.0);
    if low > high {
        return None;
    }
    let x = if is_sweep && high / low >= WIDE {
        Axis::between("N, attempts in flight", Scale::Log, low / 1.15, high * 1.3)
    } else if is_sweep {
        Axis::from_zero("N, attempts in flight", Scale::Linear, [high * 1.08])
    } else {
        let end_s = windows.iter().flatten().map(SeriesSecond::end_s).fold(high, f64::max);
        Axis::between("time since the start", Scale::Time, 0.0, end_s)
    };
    let (least, most) = ends(|point| point.1);
    let y = Axis::between("N ÷ X·R − 1", Scale::Share, least.min(-EDGE) - 0.005, most.max(EDGE) + 0.005);
    let corners = [x.low, x.high].map(|at| (at, -LITTLE_TOLERANCE, LITTLE_TOLERANCE)).into();
    let band = Band { label: "±2 %".into(), colour: BLUE, corners };
    let zero = vec![(x.low, 0.0), (x.high, 0.0)];
    let mut series = vec![Series { label: String::new(), mark: Mark::Line, colour: MUTED, points: zero }];
    let means: Vec<Option<LevelWindows>> = points.iter().map(|points| LevelWindows::of(points)).collect();
    let dots = points.iter().zip(&means).map(|(points, mean)| {
        // Of a sweep the level's mean stands for its windows.
        let points = match mean {
            Some(mean) if is_sweep => vec![(mean.at, mean.share)],
            _ => points.clone(),
        };
        Series { label: String::new(), mark: Mark::Points, colour: BLUE, points }
    });
    series.extend(dots);
    let swept = || {
        means
            .iter()
            .enumerate()
            .filter_map(|(index, mean)| Some((index, mean.as_ref()?)))
            .filter(|_| is_sweep)
    };
    let note = |(index, mean): (usize, &LevelWindows)| PanelNote {
        at: (mean.at, mean.share),
        side: LabelSide::Right,
        words: run::name(levels, index).trim_end_matches(" workers").into(),
    };
    let whisker = |(_, mean): (usize, &LevelWindows)| {
        let half = mean.half.filter(|half| half.is_finite())?;
        Some(Whisker { at: mean.at, low: mean.share - half, high: mean.share + half, colour: BLUE })
    };
    // A name has room where the one before it is far enough away.
    let mut named_to = f64::NEG_INFINITY;
    let mut has_room = |note: &PanelNote| {
        let is_free = !note.words.is_empty() && x.place(note.at.0) >= named_to;
        named_to = if is_free { x.place(note.at.0) + NAME_ROOM } else { named_to };
        is_free
    };
    let notes = swept().map(note).filter(|note| has_room(note)).collect();
    let panel = Panel {
        bands: vec![band],
        whiskers: swept().filter_map(whisker).collect(),
        notes,
        ..Panel::of(y, 240, series)
    };
    let description = format!(
        "How far the mean in flight is from throughput × residence time, in {}{}: within ±2 % the law holds, and what lies \
         outside is explained by the window's edges, or wrong.",
        counted(points.iter().flatten().count() as u64, "window"),
        if is_sweep { ", as the mean of each level with its 95 % interval" } else { "" }
    );
    let subtitle = run::subtitle(view).into_iter().chain(run_words::verdicts(view.document)).collect();
    let words = ("Does N = X·R hold?", description);
    Some(Chart { subtitle, ..Chart::new("littles-law", words, x, vec![panel], table(levels, &windows)) })
}

/// N ÷ X·R − 1; None where nothing ended.
fn residual(window: &Window) -> Option<f64> {
    let residual = window.n() / window.xr() - 1.0;
    Some(residual).filter(|residual| residual.is_finite())
}

/// The windows of a level together.
struct LevelWindows {
    /// Mean N.
    at: f64,
    /// Mean of N ÷ X·R − 1.
    share: f64,
    /// Half of its 95 % interval; None for a single window.
    half: Option<f64>,
}

impl LevelWindows {
    fn of(points: &[(f64, f64)]) -> Option<Self> {
        let shares: Vec<f64> = points.iter().map(|point| point.1).collect();
        let mean = Mean::of(&shares, CONFIDENCE)?;
        let at = points.iter().map(|point| point.0).sum::<f64>() / points.len() as f64;
        Some(Self { at, share: mean.mean, half: (points.len() > 1).then_some(mean.half_width) })
    }
}

fn table(levels: &[LevelSummary], windows: &[Vec<SeriesSecond>]) -> Table {
    let every = windows.iter().flatten().count().div_ceil(ROWS_AT_MOST).max(1);
    let caption = if every == 1 { "Windows".into() } else { format!("Windows, 1 of {every}") };
    let mut table = Table::new(caption, &["level", "window", "X·R", "N", "N ÷ X·R − 1", "edges explain"]);
    for (level, windows) in levels.iter().zip(windows) {
        for stretch in windows.iter().step_by(every) {
            table.row([
                level.label(),
                format!("{} to {}", duration(stretch.start_s()), duration(stretch.end_s())),
                number(stretch.window.xr()),
                number(stretch.window.n()),
                residual(&stretch.window).map_or_else(|| "–".into(), |it| format!("{:+.2} %", 100.0 * it)),
                number(stretch.window.edges()),
            ]);
        }
    }
    table
}

/// The rows of the steady part, or all of them where there is none.
fn steady<'a>(rows: &'a [SeriesSecond], level: &LevelSummary) -> &'a [SeriesSecond] {
    let Some(part) = &level.steady else { return rows };
    let [start_s, end_s] = [part.start_s, part.end_s].map(|at_s| level.start_s + at_s);
    let first = rows.partition_point(|row| row.start_s() < start_s);
    let last = rows.partition_point(|row| row.end_s() <= end_s);
    rows.get(first..last).filter(|part| !part.is_empty()).unwrap_or(rows)
}

/// Windows of one level that are long against R, without the shorter rest; the whole level if there is none.
fn windows(view: &RunView, index: u32, level: &LevelSummary) -> Vec<SeriesSecond> {
    let rows = steady(of_level(view.series, index), level);
    // Refusals are short and many: what fills the window's edges are the requests that are served.
    let residence_s = level.residence_mean_s.max(level.service_s.mean);
    let share = ALL_WINDOWS_AT_MOST / view.document.levels.len() as f64;
    let per_level = share.clamp(1.0, WINDOWS_AT_MOST);
    let length_s = (run_limitations::RESIDENCES_AT_LEAST * residence_s).max(level.makespan_s / per_level);
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
    use crate::sample_run::SampleRun;

    #[test]
    fn windows_are_long_against_the_residence_time_and_few() {
        let sample = SampleRun::sweep();
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
        let long = SampleRun::long(100_000);
        let count = windows(&long.view(), 0, &long.document.levels[0]).len();
        assert!((50..=60).contains(&count), "{count}");
    }

    #[test]
    fn a_level_of_a_sweep_is_one_point_with_its_name_and_its_interval() {
        let sample = SampleRun::sweep();
        let chart = little(&sample.view()).unwrap();
        let [panel] = chart.panels.as_slice() else { panic!("one panel") };
        let levels = sample.document.levels.len();
        assert!(panel.series.len() - 1 == levels && !panel.notes.is_empty());
        assert!(panel.series[1..].iter().all(|series| series.points.len() == 1));
        for whisker in &panel.whiskers {
            assert!(whisker.low < whisker.high && (whisker.low + whisker.high).abs() < 0.1, "{whisker:?}");
        }
        assert!(panel.y.low <= -0.04 && panel.y.high >= 0.04);
    }

    #[test]
    fn a_run_that_ends_full_is_off_by_what_its_edges_explain() {
        let sample = SampleRun::incomplete();
        let chart = little(&sample.view()).unwrap();
        let [(_, share)] = chart.panels[0].series[1].points[..] else { panic!("one window") };
        let law = sample.document.levels[0].littles_law;
        assert!((share - law.edges / law.xr).abs() < 1e-9 && law.edges > 8.0);
    }
}
