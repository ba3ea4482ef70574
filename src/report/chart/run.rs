//! The charts of a run: over time, N against X·R, and over the levels of a sweep.

use super::axis::{Axis, Scale};
use super::palette::{BLUE, GREEN, MUTED, VERMILION, level as shade};
use super::{Band, Chart, Mark, Panel, Rule, Series, spectrum};
use crate::report::human::{count, counted, duration, length, number, rate};
use crate::report::stretch::{Stretch, merged, merged_with_rests, readable_length_s};
use crate::report::table::Table;
use crate::report::{RunView, tables, words};
use crate::scenario::quantity::{NS_PER_S, nanoseconds, seconds};
use crate::stats::summary::LevelSummary;

/// Points of a line over time.
const STRETCHES_AT_MOST: u64 = 400;
/// Fewer completions in a stretch make a line of noise.
const ENDED_AT_LEAST: f64 = 10.0;
/// Windows in which N is held against X·R.
const WINDOWS_AT_MOST: f64 = 240.0;
/// Levels that are named in a chart.
const NAMES_AT_MOST: usize = 10;
/// How far from N = X·R still counts as equal.
const TOLERANCE: f64 = 0.02;

/// All charts that the run has data for.
#[must_use]
pub fn charts(view: &RunView) -> Vec<Chart> {
    [timeline(view), spectrum::spectrum(view), law(view), sweep(view)].into_iter().flatten().collect()
}

/// The name of a level beside its line or dots; of many levels, some have none, and a single one needs none.
pub(super) fn name(levels: &[LevelSummary], index: usize) -> String {
    let every = levels.len().div_ceil(NAMES_AT_MOST);
    let named = levels.len() > 1 && (index % every == 0 || index + 1 == levels.len());
    levels.get(index).filter(|_| named).map_or_else(String::new, LevelSummary::label)
}

/// What every chart was taken from.
pub(super) fn subtitle(view: &RunView) -> Vec<String> {
    let document = view.document;
    let run = format!("{}, {}, seed {}", document.run, words::target(document), document.seed);
    [Some(run), words::rehearsal(document), words::cut_off(view)].into_iter().flatten().collect()
}

/// Throughput and requests in flight over time.
fn timeline(view: &RunView) -> Option<Chart> {
    let length_s = readable_length_s(view.series, STRETCHES_AT_MOST, ENDED_AT_LEAST);
    let stretches = merged_with_rests(view.series, length_s * NS_PER_S);
    let end_s = stretches.last()?.end_s();
    let mut throughput = vec![Series {
        label: String::new(),
        mark: Mark::Area,
        colour: BLUE,
        points: held(&stretches, |stretch| stretch.window.x_per_s()),
    }];
    if stretches.iter().any(|stretch| stretch.throttled > 0) {
        throughput[0].label = "ended".into();
        throughput.push(Series {
            label: "throttled".into(),
            mark: Mark::Area,
            colour: VERMILION,
            points: held(&stretches, Stretch::throttled_per_s),
        });
    }
    let in_flight = Series {
        label: String::new(),
        mark: Mark::Area,
        colour: GREEN,
        points: held(&stretches, |stretch| stretch.window.n()),
    };
    let means = length(length_s);
    let mut panels = vec![
        panel(format!("Attempts ended per second, means over {means}"), 170, throughput),
        panel("Attempts in flight".into(), 130, vec![in_flight]),
    ];
    if let [level] = view.document.levels.as_slice() {
        let mean = |at: f64| Rule { at, label: format!("mean {}", number(at)) };
        panels[0].rules.push(mean(level.throughput_per_s));
        panels[1].rules.push(mean(level.in_flight_mean));
    }
    Some(Chart {
        id: "timeline",
        title: "Throughput and requests in flight".into(),
        subtitle: subtitle(view),
        description: format!(
            "Attempts ended per second and mean attempts in flight, in steps of {means} over {}.",
            duration(end_s)
        ),
        x: Axis::between("time since the start", Scale::Time, 0.0, end_s),
        borders: borders(view),
        panels,
        table: tables::timeline(view),
    })
}

fn panel(name: String, height_px: u32, series: Vec<Series>) -> Panel {
    let values = series.iter().flat_map(|series| series.points.iter().map(|&(_, y)| y));
    let y = Axis::from_zero(name, Scale::Linear, values);
    Panel { y, height_px, series, bands: Vec::new(), rules: Vec::new() }
}

/// Points of a step: the value of each stretch at its beginning, and the last also at its end.
fn held(stretches: &[Stretch], value: impl Fn(&Stretch) -> f64) -> Vec<(f64, f64)> {
    let starts = stretches.iter().map(|stretch| (stretch.start_s(), value(stretch)));
    let end = stretches.last().map(|stretch| (stretch.end_s(), value(stretch)));
    starts.chain(end).collect()
}

fn borders(view: &RunView) -> Vec<Rule> {
    let levels = &view.document.levels;
    if levels.len() < 2 {
        return Vec::new();
    }
    let short = |(index, level): (usize, &LevelSummary)| {
        let label =
            level.concurrency.filter(|_| index > 0).map_or_else(|| level.label(), |w| count(w.into()));
        Rule { at: level.start_s, label }
    };
    levels.iter().enumerate().map(short).collect()
}

/// N against X·R in windows long enough to compare them.
fn law(view: &RunView) -> Option<Chart> {
    let levels = &view.document.levels;
    let mut series = Vec::new();
    let mut table = Table::new("Windows", &["level", "window", "X·R", "N", "edges explain"]);
    for (index, level) in levels.iter().enumerate() {
        let windows = windows(view, index as u32, level);
        for stretch in &windows {
            let window = &stretch.window;
            table.row([
                level.label(),
                format!("{} to {}", duration(stretch.start_s()), duration(stretch.end_s())),
                number(window.xr()),
                number(window.n()),
                number(window.edges()),
            ]);
        }
        series.push(Series {
            label: name(levels, index),
            mark: Mark::Points,
            colour: shade(index, levels.len()),
            points: windows.iter().map(|stretch| (stretch.window.xr(), stretch.window.n())).collect(),
        });
    }
    let values: Vec<f64> =
        series.iter().flat_map(|series| &series.points).flat_map(|&(x, y)| [x, y]).collect();
    let high = values.iter().copied().fold(0.0, f64::max) * 1.05;
    let least = values.iter().copied().fold(f64::INFINITY, f64::min);
    if !(high > 0.0) {
        return None;
    }
    let low = if least < 0.3 * high { 0.0 } else { least * 0.95 };
    series.insert(
        0,
        Series {
            label: "N = X·R".into(),
            mark: Mark::Line,
            colour: MUTED,
            points: vec![(low, low), (high, high)],
        },
    );
    // The band's edges bend where they leave the plot.
    let bends = [low, low / (1.0 - TOLERANCE), high / (1.0 + TOLERANCE), high];
    let corner = |xr: f64| (xr, (xr * (1.0 - TOLERANCE)).max(low), (xr * (1.0 + TOLERANCE)).min(high));
    let band = Band { label: "±2 %".into(), colour: BLUE, corners: bends.map(corner).into() };
    let y = Axis::between("N, attempts in flight", Scale::Linear, low, high);
    Some(Chart {
        id: "littles-law",
        title: "N against X·R".into(),
        subtitle: subtitle(view),
        description: format!(
            "Mean attempts in flight against throughput times residence time in {}; \
             where the law holds and the edges of a window weigh little, they lie on the diagonal.",
            counted(table.rows.len() as u64, "window")
        ),
        x: Axis::between("X·R, throughput × residence time", Scale::Linear, low, high),
        borders: Vec::new(),
        panels: vec![Panel { y, height_px: 320, series, bands: vec![band], rules: Vec::new() }],
        table,
    })
}

/// Windows of one level that are long against R, without the shorter rest; the whole level if there is none.
fn windows(view: &RunView, index: u32, level: &LevelSummary) -> Vec<Stretch> {
    let first = view.series.partition_point(|row| row.level < index);
    let last = view.series.partition_point(|row| row.level <= index);
    let rows = &view.series[first..last];
    // Refusals are short and many: what fills the window's edges are the requests that are served.
    let residence_s = level.residence_mean_s.max(level.service_s.mean);
    let per_level = (WINDOWS_AT_MOST / view.document.levels.len() as f64).max(1.0);
    let length_s = (words::RESIDENCES_AT_LEAST * residence_s).max(level.makespan_s / per_level);
    let length_ns = nanoseconds(length_s.max(seconds(NS_PER_S)));
    let mut windows = merged(rows, length_ns);
    if windows.len() > 1 {
        windows.retain(|stretch| stretch.window.length_ns >= length_ns);
    }
    windows
}

/// Throughput and residence time over the levels of a sweep.
fn sweep(view: &RunView) -> Option<Chart> {
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
    let wide = low > 0.0 && high / low >= 8.0;
    let x = if wide {
        Axis::between(name, Scale::Log, low / 1.15, high * 1.15)
    } else {
        Axis::from_zero(name, Scale::Linear, [high])
    };
    let x = Axis { marks: keyed.iter().map(|(key, _)| *key).collect(), ..x };
    let joined = |value: fn(&LevelSummary) -> f64, colour| Series {
        label: String::new(),
        mark: Mark::Joined,
        colour,
        points: keyed.iter().map(|(key, level)| (*key, value(level))).collect(),
    };
    let residence = joined(|level| level.residence_mean_s, VERMILION);
    let mut table = Table::new("Levels", &["level", "throughput X", "residence R"]);
    for (_, level) in &keyed {
        table.row([level.label(), rate(level.throughput_per_s), duration(level.residence_mean_s)]);
    }
    let residence_y =
        Axis::from_zero("Mean residence time", Scale::Time, residence.points.iter().map(|&(_, y)| y));
    Some(Chart {
        id: "sweep",
        title: "Throughput and residence time over the sweep".into(),
        subtitle: subtitle(view),
        description: format!(
            "Attempts ended per second and their mean residence time at {} levels.",
            keyed.len()
        ),
        x,
        borders: Vec::new(),
        panels: vec![
            panel(
                "Attempts ended per second".into(),
                170,
                vec![joined(|level| level.throughput_per_s, BLUE)],
            ),
            Panel {
                y: residence_y,
                height_px: 150,
                series: vec![residence],
                bands: Vec::new(),
                rules: Vec::new(),
            },
        ],
        table,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::chart::{Frame, svg};
    use crate::report::png;
    use crate::report::sample::Sample;

    fn ids(sample: &Sample) -> Vec<&'static str> {
        charts(&sample.view()).iter().map(|chart| chart.id).collect()
    }

    #[test]
    fn a_run_has_the_charts_that_it_has_data_for() {
        assert_eq!(ids(&Sample::empty()), [""; 0]);
        assert_eq!(ids(&Sample::one_attempt()), ["timeline", "littles-law"]);
        assert_eq!(ids(&Sample::one_level()), ["timeline", "latency", "littles-law"]);
        assert_eq!(ids(&Sample::sweep()), ["timeline", "latency", "littles-law", "sweep"]);
    }

    #[test]
    fn every_chart_of_every_run_can_be_drawn_and_says_that_it_is_a_rehearsal() {
        for sample in Sample::all() {
            for chart in charts(&sample.view()) {
                let drawing = svg(&chart, Frame::Card).unwrap();
                assert!(!drawing.contains("NaN") && !drawing.contains("inf"), "{drawing}");
                assert_eq!(drawing.contains("REHEARSAL"), sample.document.rehearsal);
            }
        }
    }

    #[test]
    fn a_month_of_seconds_makes_a_small_drawing_that_keeps_every_completion() {
        let sample = Sample::long(3_000_000);
        let chart = timeline(&sample.view()).unwrap();
        let line = &chart.panels[0].series[0].points;
        assert!(line.len() <= STRETCHES_AT_MOST as usize + 1, "{}", line.len());
        assert!(line.iter().all(|&(_, per_s)| (per_s - 75.0).abs() < 1e-9));
        assert!(svg(&chart, Frame::Card).unwrap().len() < 50_000);
    }

    #[test]
    fn throttles_have_their_own_line() {
        let throughput = |sample: &Sample| timeline(&sample.view()).unwrap().panels.remove(0).series.len();
        assert_eq!((throughput(&Sample::one_level()), throughput(&Sample::refused())), (1, 2));
    }

    #[test]
    fn a_small_drawing() {
        let chart = timeline(&Sample::one_attempt().view()).unwrap();
        insta::assert_snapshot!(svg(&chart, Frame::Inline { width_px: 350 }).unwrap());
    }

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
