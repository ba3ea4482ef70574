//! The part of a level that speaks for the system: neither filling up nor running empty.

use serde::{Deserialize, Serialize};

use super::series::SeriesSecond;
use super::verdict_reason::RunReason;
use super::warm_up::mser5;
use crate::law::finding::{Finding, Verdict};
use crate::law::gauge_verdict::{Bin, GaugeAgreement, independent_of};
use crate::law::in_flight_window::Window;
use crate::law::littles_law::LittlesLaw;
use crate::law::tolerance::{BATCH_RESIDENCES, BATCHES, LAG_1_SIGNIFICANCE};
use crate::numeric::batch_means::{batch_means, effective_size, lag_1, may_be_independent};
use crate::numeric::interval::{CONFIDENCE, Mean};
use crate::units::quantity::{nanoseconds, seconds};

/// How the steady part was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SteadyRule {
    /// From every worker having finished a job to one starting its last.
    Workers,
    /// From the end of the warm-up (MSER-5) to the last start.
    WarmUp,
}

/// A mean with its 95 % interval, where there are enough batches for one.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct MeanEstimate {
    /// The mean.
    pub mean: f64,
    /// Lower end.
    pub low: Option<f64>,
    /// Upper end.
    pub high: Option<f64>,
}

/// The steady part of a level.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Steady {
    /// Beginning, since the start of the level.
    pub start_s: f64,
    /// End, since the start of the level.
    pub end_s: f64,
    /// How it was found.
    pub rule: SteadyRule,
    /// Whether the warm-up ended before half of the level; true for workers.
    pub converged: bool,
    /// Little's law over it.
    pub littles_law: LittlesLaw,
    /// Attempts ended per second.
    pub throughput_per_s: MeanEstimate,
    /// Mean residence time.
    pub residence_s: MeanEstimate,
    /// Seconds of independent counts that the counted seconds are worth, by their lag-1 autocorrelation; at most all.
    pub effective_s: f64,
    /// Whether the batches behind the intervals could be independent.
    pub batches_independent: bool,
    /// The endpoint's own count against the client's.
    pub independent: Finding,
}

/// The steady part of a level, from its rows and the time under full load, since the start of the level. None where it
/// had none. `levels` are judged together, in these words.
#[must_use]
pub fn steady(
    rule: SteadyRule,
    full_load_s: [f64; 2],
    rows: &[SeriesSecond],
    levels: usize,
    words: fn(&RunReason) -> String,
) -> Option<Steady> {
    let origin_ns = rows.first()?.start_ns;
    let [from_s, to_s] = full_load_s;
    let [from_ns, to_ns] = [from_s, to_s].map(|time_s| nanoseconds(time_s).saturating_add(origin_ns));
    let inside = |row: &&SeriesSecond| row.start_ns >= from_ns && row.end_ns() <= to_ns;
    let loaded: Vec<&SeriesSecond> = rows.iter().filter(inside).collect();
    let (converged, used) = match rule {
        SteadyRule::Workers => (true, loaded.as_slice()),
        SteadyRule::WarmUp => {
            let (skipped, converged) = warm_up(&loaded);
            (converged, &loaded[skipped..])
        }
    };
    let (first, last) = (used.first()?, used.last()?);
    let whole = fold(used)?;
    if whole.ended == 0 {
        return None;
    }
    let (throughput_per_s, x_independent) = estimate(used, whole.x_per_s(), Window::x_per_s);
    let (residence_s, r_independent) = estimate(used, whole.r_s(), Window::r_s);
    Some(Steady {
        start_s: seconds(first.start_ns - origin_ns),
        end_s: seconds(last.end_ns() - origin_ns),
        rule,
        converged,
        littles_law: LittlesLaw::from(&whole),
        throughput_per_s,
        residence_s,
        effective_s: effective_s(used, seconds(whole.length_ns)),
        batches_independent: x_independent && r_independent,
        independent: against_gauge(used, &whole, levels).map(|&gauge| words(&RunReason::Gauge(gauge))),
    })
}

/// The finding on a level that had no steady part: how long one would have to be.
#[must_use]
pub fn too_short(residence_mean_s: f64) -> Finding<RunReason> {
    let needed_s = BATCHES as f64 * BATCH_RESIDENCES * residence_mean_s;
    Finding::new(Verdict::Inconclusive, None, RunReason::LevelTooShort(needed_s))
}

/// Rows to skip at the beginning, and whether the rest is settled: throughput and requests in flight must be.
fn warm_up(rows: &[&SeriesSecond]) -> (usize, bool) {
    let of = |value: fn(&Window) -> f64| {
        let values: Vec<f64> = rows.iter().map(|row| value(&row.window)).collect();
        mser5(&values)
    };
    match (of(Window::x_per_s), of(Window::n)) {
        (Some(x), Some(n)) => (x.observations.max(n.observations), x.converged && n.converged),
        _ => (0, false),
    }
}

fn fold(rows: &[&SeriesSecond]) -> Option<Window> {
    rows.iter().map(|row| row.window).reduce(|whole, next| whole.then(&next))
}

/// The whole window's value with a t interval over 20 batches of rows, and whether those could be independent.
fn estimate(rows: &[&SeriesSecond], mean: f64, value: fn(&Window) -> f64) -> (MeanEstimate, bool) {
    let length = rows.len() / BATCHES;
    let batches: Vec<f64> = match length {
        0 => Vec::new(),
        _ => rows[rows.len() % length..]
            .chunks_exact(length)
            .filter_map(fold)
            .map(|batch| value(&batch))
            .collect(),
    };
    let means = batch_means(&batches, BATCHES).unwrap_or_default();
    let interval = Mean::of(&means, CONFIDENCE).map(|mean| mean.half_width);
    let estimate = MeanEstimate {
        mean,
        low: interval.map(|half_width| (mean - half_width).max(0.0)),
        high: interval.map(|half_width| mean + half_width),
    };
    (estimate, may_be_independent(&means, LAG_1_SIGNIFICANCE))
}

fn effective_s(rows: &[&SeriesSecond], length_s: f64) -> f64 {
    let counts: Vec<f64> = rows.iter().map(|row| row.window.x_per_s()).collect();
    let row_s = length_s / rows.len() as f64;
    (effective_size(counts.len(), lag_1(&counts)) * row_s).min(length_s)
}

fn against_gauge(rows: &[&SeriesSecond], whole: &Window, levels: usize) -> Finding<GaugeAgreement> {
    let bin = |row: &&SeriesSecond| {
        let gauge = row.endpoint_in_flight? as f64;
        Some(Bin { gauge, closed_form: row.window.departure_form_n() })
    };
    let bins: Vec<Bin> = rows.iter().filter_map(bin).collect();
    let bin_s = seconds(whole.length_ns) / rows.len() as f64;
    independent_of(levels, &bins, bin_s, whole.r_s()).finding()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random;
    use crate::units::quantity::NS_PER_S;

    /// Seconds with 100 in flight, ten ends of 10 s each, and a gauge that is off by `bias`.
    fn rows(count: u64, bias: f64) -> Vec<SeriesSecond> {
        let row = |second: u64| SeriesSecond {
            start_ns: (7 + second) * NS_PER_S,
            window: Window {
                length_ns: NS_PER_S,
                ended: 10,
                in_flight_time_ns: 100 * u128::from(NS_PER_S),
                residence_ns: 100 * u128::from(NS_PER_S),
                ..Window::default()
            },
            endpoint_in_flight: Some((100.0 * bias + random::normal(3, &[second])).round() as u64),
            ..SeriesSecond::default()
        };
        (0..count).map(row).collect()
    }

    fn found(rule: SteadyRule, full_load_s: [f64; 2], rows: &[SeriesSecond]) -> Option<Steady> {
        steady(rule, full_load_s, rows, 1, |why| format!("{why:?}"))
    }

    #[test]
    fn only_whole_rows_under_full_load_count() {
        let steady = found(SteadyRule::Workers, [2.5, 60.5], &rows(100, 1.0)).unwrap();
        assert_eq!((steady.start_s, steady.end_s, steady.rule), (3.0, 60.0, SteadyRule::Workers));
        assert_eq!((steady.littles_law.n, steady.littles_law.x_per_s), (100.0, 10.0));
        assert_eq!(steady.residence_s.mean, 10.0);
        assert_eq!(steady.effective_s, 57.0, "counts that do not vary are not correlated");
        assert_eq!(found(SteadyRule::Workers, [2.5, 3.0], &rows(100, 1.0)), None);
    }

    #[test]
    fn a_stretch_is_worth_its_own_seconds_at_most_however_long_its_rows() {
        let worth =
            |rows: &[SeriesSecond]| found(SteadyRule::Workers, [0.0, 100.0], rows).unwrap().effective_s;
        let mut rows = rows(100, 1.0);
        let pairs: Vec<SeriesSecond> = rows.chunks(2).map(|pair| pair[0].then(&pair[1])).collect();
        assert_eq!((worth(&rows), worth(&pairs)), (100.0, 100.0), "rows of 1 s and of 2 s");
        for (index, row) in rows.iter_mut().enumerate() {
            row.window.ended = 9 + 2 * (index as u64 % 2);
        }
        assert_eq!(worth(&rows), 100.0, "counts that make up for each other");
        for (index, row) in rows.iter_mut().enumerate() {
            row.window.ended = 9 + index as u64 / 50;
        }
        assert!(worth(&rows) < 10.0, "counts that last");
    }

    #[test]
    fn the_gauge_is_judged_when_there_are_enough_batches_and_not_before() {
        let judged = |seconds: u64, bias| {
            found(SteadyRule::Workers, [0.0, seconds as f64], &rows(seconds, bias))
                .unwrap()
                .independent
                .verdict
        };
        assert_eq!(judged(2100, 1.0), Verdict::Pass);
        assert_eq!(judged(2100, 1.1), Verdict::Fail);
        assert_eq!(judged(1500, 1.1), Verdict::Inconclusive, "15 batches of 10 residence times");
    }

    #[test]
    fn the_warm_up_of_open_arrivals_is_left_out() {
        let mut rows = rows(400, 1.0);
        for (index, row) in rows.iter_mut().enumerate().take(60) {
            row.window.in_flight_time_ns = row.window.in_flight_time_ns * index as u128 / 60;
            row.window.ended = index as u64 / 6;
        }
        let steady = found(SteadyRule::WarmUp, [0.0, 400.0], &rows).unwrap();
        assert!(steady.converged && steady.rule == SteadyRule::WarmUp);
        assert!((40.0..=60.0).contains(&steady.start_s), "{}", steady.start_s);
    }
}
