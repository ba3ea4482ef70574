//! What each worker brings over the levels of a sweep, with the scalability law and simpler explanations.

use super::run;
use crate::RunView;
use crate::drawing::axis::{Axis, Scale};
use crate::drawing::palette::{BLUE, Colour, GREEN, ORANGE, PURPLE};
use crate::drawing::{Chart, GuideLine, Mark, Panel, Series, Whisker};
use crate::table::Table;
use planner_core::check::document::Reading;
use planner_core::law::candidate_models::ScalingModel;
use planner_core::law::usl::Usl;
use planner_core::measure::level::LevelSummary;
use planner_core::measure::scaling::UslSummary;
use planner_core::measure::steady::MeanEstimate;
use planner_core::units::human::{duration, number, rate};

/// Name of an axis of concurrencies.
const IN_FLIGHT: &str = "N, attempts in flight";
/// Levels further apart than by this factor are shown on logarithmic axes.
const WIDE: f64 = 8.0;
/// Corners of a curve.
const CORNERS: i32 = 60;
/// How far beyond the measured levels the law is drawn.
const BEYOND: f64 = 2.0;

/// What was measured at one level: the horizontal value, throughput and residence time.
struct SweepPoint {
    label: String,
    at: f64,
    throughput_per_s: MeanEstimate,
    residence_s: MeanEstimate,
}

impl SweepPoint {
    /// The steady part of a level, or all of it where it had none.
    fn of(level: &LevelSummary, closed: bool) -> Option<Self> {
        let certain = |mean| MeanEstimate { mean, low: None, high: None };
        let steady = level.steady.as_ref();
        let n = steady.map_or(level.in_flight_mean, |steady| steady.littles_law.n);
        Some(Self {
            label: level.label(),
            at: if closed { Some(n).filter(|&n| n > 0.0) } else { level.rate_per_s }?,
            throughput_per_s: steady
                .map_or(certain(level.throughput_per_s), |steady| steady.throughput_per_s),
            residence_s: steady.map_or(certain(level.residence_mean_s), |steady| steady.residence_s),
        })
    }
}

/// Throughput for each worker over the levels of a sweep, or all of it over the offered load.
pub fn sweep(view: &RunView) -> Option<Chart> {
    let levels = &view.document.levels;
    let closed = levels.iter().all(|level| level.concurrency.is_some());
    let measured: Vec<_> = levels.iter().filter_map(|level| SweepPoint::of(level, closed)).collect();
    if measured.len() < levels.len() {
        return None;
    }
    let law = view.document.usl.as_ref().filter(|_| closed);
    let name = if closed { IN_FLIGHT } else { "offered load, jobs per second" };
    Some(Chart { subtitle: run::subtitle(view), ..drawn(measured, law, name)? })
}

/// The same over somebody's measurements at several concurrencies; None for readings over time.
pub fn measurements(readings: &[Reading], law: Option<&UslSummary>) -> Option<Chart> {
    let certain = |mean| MeanEstimate { mean, low: None, high: None };
    let measured = |reading: &Reading| {
        let at = reading.n.filter(|_| reading.start_s.is_none())?;
        Some(SweepPoint {
            label: number(at),
            at,
            throughput_per_s: certain(reading.x_per_s?),
            residence_s: certain(reading.r_s?),
        })
    };
    drawn(readings.iter().filter_map(measured).collect(), law, IN_FLIGHT)
}

/// The measured points with the law and its rivals over an axis of this name; None for less than three.
fn drawn(mut measured: Vec<SweepPoint>, law: Option<&UslSummary>, name: &str) -> Option<Chart> {
    measured.sort_by(|a, b| a.at.total_cmp(&b.at));
    let (low, high) = (measured.first()?.at, measured.last()?.at);
    if measured.len() < 3 || high <= low {
        return None;
    }
    let curves = law.map_or_else(Curves::default, |law| Curves::of(law, high));
    let wide = low > 0.0 && high / low >= WIDE;
    let end = curves.extrapolated.map_or(high, |(_, end)| end);
    let x = if wide {
        Axis::between(name, Scale::Log, low / 1.15, end * 1.15)
    } else {
        Axis::from_zero(name, Scale::Linear, [end])
    };
    let spread = MeasuredRange { from: low, to: high, wide };
    let knee = law.and_then(|law| law.rivals.as_ref()).map(|rivals| rivals.bound.knee_n());
    let named = [(knee, "knee"), (curves.peak_n, "peak")];
    let borders = named.into_iter().filter_map(|(at, name)| {
        let at = at.filter(|at| (low..=end).contains(at))?;
        Some(GuideLine { at, label: format!("{name} at N = {}", number(at)) })
    });
    let borders = borders.collect();
    let counted = measured.len();
    let explained = if curves.drawn.is_empty() { "" } else { ", with the scalability law and its rivals" };
    let per_worker = name == IN_FLIGHT;
    let (title, what) = match per_worker {
        true => ("What does another worker bring?", "Attempts ended per second for each in flight"),
        false => ("How much of the load is done?", "Attempts ended per second"),
    };
    let description = format!("{what} at {counted} levels{explained}; what is dashed was not measured.");
    let words = (title, description);
    let panels = vec![throughput(&measured, &curves, &spread, per_worker)];
    Some(Chart { borders, ..Chart::new("sweep", words, x, panels, table(&measured)) })
}

/// The models that are drawn, and how far.
#[derive(Default)]
struct Curves {
    drawn: Vec<(String, Colour, ScalingModel)>,
    /// The law and the concurrency up to which it is drawn beyond the levels.
    extrapolated: Option<(Usl, f64)>,
    peak_n: Option<f64>,
}

impl Curves {
    fn of(law: &UslSummary, high: f64) -> Self {
        let rivals = law.rivals.iter().flat_map(|comparison| &comparison.rivals).map(|rival| rival.fitted);
        let usl = match (law.lambda, law.sigma, law.kappa) {
            (Some(lambda), Some(sigma), Some(kappa)) => Some(Usl { lambda, sigma, kappa }),
            _ => None,
        };
        let sound = usl.filter(|_| law.refused.is_none());
        let drawn = rivals.filter_map(|model| match model {
            ScalingModel::Linear { .. } => Some((model.name().to_owned(), ORANGE, model)),
            ScalingModel::BandwidthCap { .. } => Some((model.name().to_owned(), PURPLE, model)),
            ScalingModel::Amdahl(_) => Some((model.name().to_owned(), GREEN, model)),
            ScalingModel::Usl(_) => None,
        });
        let name = if sound.is_some() { "scalability law" } else { "law, not to be used" };
        let law_itself = usl.map(|usl| (name.to_owned(), BLUE, ScalingModel::Usl(usl)));
        Self {
            drawn: drawn.chain(law_itself).collect(),
            extrapolated: sound.map(|usl| (usl, BEYOND * high)),
            peak_n: sound.and_then(|usl| usl.peak_n()),
        }
    }
}

/// The measured stretch of the horizontal axis.
struct MeasuredRange {
    from: f64,
    to: f64,
    wide: bool,
}

impl MeasuredRange {
    /// Corners from one value to another, evenly spaced on the axis.
    fn curve(&self, (from, to): (f64, f64), y: impl Fn(f64) -> f64) -> Vec<(f64, f64)> {
        let at = |corner: i32| {
            let share = f64::from(corner) / f64::from(CORNERS);
            if self.wide { from * (to / from).powf(share) } else { from + share * (to - from) }
        };
        (0..=CORNERS).map(at).map(|n| (n, y(n))).take_while(|(_, y)| y.is_finite()).collect()
    }
}

/// Throughput, or what each worker has of it, which falls where they hinder each other.
fn throughput(measured: &[SweepPoint], curves: &Curves, spread: &MeasuredRange, per_worker: bool) -> Panel {
    let share = |n: f64, x_per_s: f64| if per_worker { x_per_s / n } else { x_per_s };
    let each = |each: &SweepPoint| {
        let MeanEstimate { mean, low, high } = each.throughput_per_s;
        let of = |value| share(each.at, value);
        (each.at, MeanEstimate { mean: of(mean), low: low.map(of), high: high.map(of) })
    };
    let estimates: Vec<(f64, MeanEstimate)> = measured.iter().map(each).collect();
    let most = estimates.iter().map(|(_, it)| it.high.unwrap_or(it.mean)).fold(0.0, f64::max);
    let name = if per_worker { "Attempts per second and worker" } else { "Attempts ended per second" };
    let y = Axis::from_zero(name, Scale::Linear, [1.1 * most]);
    let mut series = Vec::new();
    for (name, colour, model) in &curves.drawn {
        let points = spread.curve((spread.from, spread.to), |n| share(n, model.x_per_s(n)));
        series.push(Series { label: name.clone(), mark: Mark::Line, colour: *colour, points });
    }
    if let Some((usl, end)) = curves.extrapolated {
        let points = spread.curve((spread.to, end), |n| share(n, usl.x_per_s(n)));
        series.push(Series { label: String::new(), mark: Mark::Dashed, colour: BLUE, points });
    }
    let whisker = |(at, it): &(f64, MeanEstimate)| {
        Some(Whisker { at: *at, low: it.low?, high: it.high?, colour: BLUE })
    };
    // Joined where no curve explains them.
    let mark = if series.is_empty() { Mark::Joined } else { Mark::Points };
    let points = estimates.iter().map(|(at, it)| (*at, it.mean)).collect();
    series.push(Series { label: String::new(), mark, colour: BLUE, points });
    let whiskers = estimates.iter().filter_map(whisker).collect();
    Panel { whiskers, ..Panel::of(y, 240, series) }
}

fn table(measured: &[SweepPoint]) -> Table {
    let head = ["level", "throughput X", "between", "residence R", "between"];
    let mut table = Table::new("Levels, in their steady part", &head);
    for each in measured {
        table.row([
            each.label.clone(),
            rate(each.throughput_per_s.mean),
            between(&each.throughput_per_s, rate),
            duration(each.residence_s.mean),
            between(&each.residence_s, duration),
        ]);
    }
    table
}

/// The interval that holds with 95 %, where there is one.
fn between(estimate: &MeanEstimate, show: fn(f64) -> String) -> String {
    match (estimate.low, estimate.high) {
        (Some(low), Some(high)) => format!("{} – {}", show(low), show(high)),
        _ => "–".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::drawing::{Frame, svg};
    use crate::png;
    use crate::sample_run::SampleRun;
    use planner_core::law::usl_fit::Point;
    use planner_core::measure::scaling::scaling;

    #[test]
    fn pixels_are_twice_the_drawing() {
        let chart = sweep(&SampleRun::sweep().view()).unwrap();
        let drawing = svg(&chart, Frame::Card).unwrap();
        let image = png::render(&drawing).unwrap();
        assert_eq!(image[..8], *b"\x89PNG\r\n\x1a\n");
        let width = u32::from_be_bytes(image[16..20].try_into().unwrap());
        assert_eq!(width, 1600);
        assert!(png::render("no drawing").is_err());
    }

    /// A law that fits, up to N = 32 with its peak at 35.
    fn cisco() -> Option<UslSummary> {
        let usl = Usl { lambda: 995.6486, sigma: 0.02671591, kappa: 7.690945e-4 };
        let noise = |n: i32| 1.0 + 0.002 * f64::from(n % 3 - 1);
        let points = (1..=32).map(|n| Point::new(n.into(), usl.x_per_s(n.into()) * noise(n)));
        scaling(&points.collect::<Vec<_>>())
    }

    #[test]
    fn a_sound_law_is_dashed_where_nothing_was_measured_and_shows_its_peak() {
        let mut sample = SampleRun::sweep();
        sample.document.usl = cisco();
        let high = sample.document.levels.iter().map(|level| level.in_flight_mean).fold(0.0, f64::max);
        let chart = sweep(&sample.view()).unwrap();
        let [.., peak] = chart.borders.as_slice() else { panic!("no peak: {:?}", chart.borders) };
        assert!((peak.at - 35.6).abs() < 1.0 && peak.label.starts_with("peak at N = "), "{peak:?}");
        let dashed: Vec<_> =
            chart.panels[0].series.iter().filter(|series| series.mark == Mark::Dashed).collect();
        let from = dashed[0].points.first().map(|&(n, _)| n);
        assert!(dashed.len() == 1 && from.is_none_or(|from| from >= high - 1e-9));
    }

    #[test]
    fn a_refused_law_is_named_so_and_ends_where_the_measurements_do() {
        let mut sample = SampleRun::sweep();
        sample.document.usl = cisco().map(|law| UslSummary { refused: Some("too few".into()), ..law });
        let chart = sweep(&sample.view()).unwrap();
        let panel = &chart.panels[0];
        assert!(panel.series.iter().any(|series| series.label == "law, not to be used"));
        assert!(
            panel.series.iter().all(|series| series.mark != Mark::Dashed)
                && chart.borders.iter().all(|border| !border.label.starts_with("peak"))
        );
    }
}
