//! The analysis of what was counted over time: samples of a running count, and metrics by the period.

use super::batches::{self, Stint};
use super::cloudwatch::{CloudWatchExport, CloudWatchPeriod};
use super::note::CheckNote;
use super::quantity::Quantity;
use super::samples::{SampleInterval, Samples};
use super::verdict_reason::CheckReason;
use super::window::FileWindow;
use super::{CheckError, drift};
use crate::check::document::{CheckDocument, FileFormat, Reading, WindowMeans};
use crate::law::finding::{Finding, Verdict, Verdicts};
use crate::law::gauge_verdict::{Bin, Independent, independent};
use crate::law::tolerance::{BATCHES, LITTLE_TOLERANCE};

/// Checks samples of a running count.
///
/// # Errors
/// Where no two readings lie in the window.
pub(super) fn samples(samples: &Samples, window: Option<&FileWindow>) -> Result<CheckDocument, CheckError> {
    let inside = |stretch: &&SampleInterval| {
        let start_ns = samples.first_ns.saturating_add((stretch.start_s * 1e9).round() as i64);
        is_inside(window, start_ns, stretch.length_s)
    };
    let stretches: Vec<SampleInterval> = samples.stretches.iter().filter(inside).copied().collect();
    let chosen = Samples { first_ns: samples.first_ns, stretches };
    if chosen.stretches.is_empty() {
        return Err(nothing_inside("readings", samples.first_ns, samples.length_s()));
    }
    let stints: Vec<Stint> = chosen
        .stretches
        .iter()
        .map(|it| Stint {
            length_s: it.length_s,
            completed: it.completed,
            residence_s: it.r_s.map_or(0.0, |r_s| r_s * it.completed),
        })
        .collect();
    let gauges: Option<Vec<f64>> = chosen.stretches.iter().map(|stretch| stretch.n).collect();
    Ok(CheckDocument {
        readings: chosen.stretches.iter().map(stretch_reading).collect(),
        notes: std::iter::once(counting_noise(&stints)).chain(drift::of_throughput(&stints)).collect(),
        ..judged(FileFormat::Samples, &stints, gauges.as_deref(), chosen.n(), chosen.r_s())
    })
}

/// Checks metrics of a Lambda function.
///
/// # Errors
/// Where no whole period lies in the window.
pub(super) fn metrics(
    metrics: &CloudWatchExport,
    window: Option<&FileWindow>,
) -> Result<CheckDocument, CheckError> {
    let inside = |period: &&CloudWatchPeriod| is_inside(window, period.start_ns, metrics.period_s);
    let periods: Vec<&CloudWatchPeriod> = metrics.periods.iter().filter(inside).collect();
    let first_ns = metrics.periods.first().map_or(0, |period| period.start_ns);
    let (Some(first), Some(last)) = (periods.first(), periods.last()) else {
        let length_s = metrics.periods.last().map_or(0.0, |last| (last.start_ns - first_ns) as f64 / 1e9);
        return Err(nothing_inside("periods", first_ns, length_s + metrics.period_s));
    };
    let stints: Vec<Stint> = periods.iter().map(|period| period_stint(period, metrics.period_s)).collect();
    // CloudWatch leaves out the count of a period in which nothing ran.
    let gauge = |period: &&CloudWatchPeriod| {
        period.concurrent.or((period.invocations.unwrap_or(0.0) == 0.0).then_some(0.0))
    };
    let counted = periods.iter().any(|period| period.concurrent.is_some());
    let gauges = periods.iter().map(gauge).collect::<Option<Vec<f64>>>().filter(|_| counted);
    let timed =
        |period: &&CloudWatchPeriod| period.duration_s.is_some() || period.invocations.unwrap_or(0.0) == 0.0;
    let r_s = Stint::sum(&stints).r_s().filter(|_| periods.iter().all(timed));
    let n = gauges.as_ref().map(|gauges| gauges.iter().sum::<f64>() / gauges.len() as f64);
    let mut document = judged(FileFormat::CloudWatch, &stints, gauges.as_deref(), n, r_s);
    document.readings = periods.iter().map(|it| period_reading(it, first_ns, metrics.period_s)).collect();
    if let Some(means) = &mut document.means {
        means.throttles = total(&periods, |period| period.throttles);
        means.errors = total(&periods, |period| period.errors);
    }
    document.notes =
        metric_notes((last.start_ns - first.start_ns) as f64 / 1e9, metrics.period_s, periods.len());
    Ok(document)
}

fn metric_notes(span_s: f64, period_s: f64, present: usize) -> Vec<CheckNote> {
    let periods = ((span_s / period_s).round() as usize + 1).saturating_sub(present);
    let missing = (periods > 0).then_some(CheckNote::PeriodsMissing(periods));
    [Some(CheckNote::DurationsOfTheEnded), missing].into_iter().flatten().collect()
}

/// Means, batches and verdicts, which both forms have in common.
fn judged(
    form: FileFormat,
    stints: &[Stint],
    gauges: Option<&[f64]>,
    n: Option<f64>,
    r_s: Option<f64>,
) -> CheckDocument {
    let whole = Stint::sum(stints);
    let xr = r_s.map(|r_s| whole.x_per_s() * r_s);
    let means = WindowMeans {
        window_s: whole.length_s,
        n,
        x_per_s: whole.x_per_s(),
        x_noise_per_s: whole.completed.sqrt() / whole.length_s,
        r_s: r_s.or_else(|| n.filter(|_| whole.completed > 0.0).map(|n| n / whole.x_per_s())),
        xr,
        throttles: None,
        errors: None,
    };
    CheckDocument {
        means: Some(means),
        batches: r_s.and_then(|_| batches::batches(stints)),
        ..CheckDocument::new(form, stints.len(), verdicts(stints, gauges, n.zip(xr), r_s))
    }
}

fn verdicts(
    stints: &[Stint],
    gauges: Option<&[f64]>,
    sides: Option<(f64, f64)>,
    r_s: Option<f64>,
) -> Verdicts<CheckReason> {
    let accounting = Finding::not_available(CheckReason::NoRequests);
    let (Some(gauges), Some(r_s), Some((n, xr))) = (gauges, r_s, sides) else {
        let [independent, raw] = [CheckReason::FewerThanThree; 2].map(Finding::not_available);
        return Verdicts { accounting, independent, raw };
    };
    // Weighted by length, so that stints of different lengths count for the time that they cover.
    let bins: Vec<Bin> = stints
        .iter()
        .zip(gauges)
        .map(|(stint, gauge)| Bin { gauge: gauge * stint.length_s, closed_form: stint.residence_s })
        .collect();
    let bin_s = Stint::sum(stints).length_s / stints.len() as f64;
    let seen = independent(&bins, bin_s, r_s);
    Verdicts {
        accounting,
        raw: raw(n, xr, &seen),
        independent: seen.finding().map(|&gauge| CheckReason::Gauge(gauge)),
    }
}

/// X·R against N over all; a verdict only where the record is long enough for the independent one.
fn raw(n: f64, xr: f64, independent: &Independent) -> Finding<CheckReason> {
    let ratio = (n > 0.0).then(|| xr / n);
    let long_enough = independent.ratio.is_some_and(|mean| mean.count >= BATCHES);
    let (verdict, why) = match ratio.filter(|_| long_enough) {
        Some(ratio) if (ratio - 1.0).abs() <= LITTLE_TOLERANCE => (Verdict::Pass, CheckReason::WholeNear),
        Some(_) => (Verdict::Fail, CheckReason::WholeOff),
        None => (Verdict::NotAvailable, CheckReason::TooFewBatches),
    };
    Finding::new(verdict, ratio, why)
}

fn stretch_reading(stretch: &SampleInterval) -> Reading {
    let derived = match (stretch.n, stretch.r_s) {
        (None, Some(_)) => Some(Quantity::N),
        (Some(_), None) if stretch.completed > 0.0 => Some(Quantity::RS),
        _ => None,
    };
    let x_per_s = stretch.x_per_s();
    let xr = stretch.r_s.map(|r_s| x_per_s * r_s);
    Reading {
        start_s: Some(stretch.start_s),
        length_s: Some(stretch.length_s),
        n: stretch.n.or(xr),
        x_per_s: Some(x_per_s),
        x_noise_per_s: Some(stretch.completed.sqrt() / stretch.length_s),
        r_s: stretch.r_s.or_else(|| stretch.n.filter(|_| derived.is_some()).map(|n| n / x_per_s)),
        ratio: ratio(xr, stretch.n),
        derived,
        ..Reading::default()
    }
}

fn period_stint(period: &CloudWatchPeriod, period_s: f64) -> Stint {
    let completed = period.invocations.unwrap_or(0.0);
    Stint { length_s: period_s, completed, residence_s: completed * period.duration_s.unwrap_or(0.0) }
}

fn period_reading(period: &CloudWatchPeriod, first_ns: i64, period_s: f64) -> Reading {
    let x_per_s = period.invocations.map(|invocations| invocations / period_s);
    let xr = x_per_s.zip(period.duration_s).map(|(x_per_s, r_s)| x_per_s * r_s);
    Reading {
        start_s: Some((period.start_ns - first_ns) as f64 / 1e9),
        length_s: Some(period_s),
        n: period.concurrent.or(xr),
        x_per_s,
        x_noise_per_s: period.invocations.map(|invocations| invocations.sqrt() / period_s),
        r_s: period.duration_s,
        ratio: ratio(xr, period.concurrent),
        derived: (period.concurrent.is_none() && xr.is_some()).then_some(Quantity::N),
        throttles: period.throttles,
        errors: period.errors,
    }
}

fn ratio(xr: Option<f64>, n: Option<f64>) -> Option<f64> {
    xr.zip(n.filter(|&n| n > 0.0)).map(|(xr, n)| xr / n)
}

/// The sum over the periods that have the metric; None when none has.
fn total(periods: &[&CloudWatchPeriod], of: fn(&CloudWatchPeriod) -> Option<f64>) -> Option<f64> {
    let known: Vec<f64> = periods.iter().filter_map(|period| of(period)).collect();
    (!known.is_empty()).then(|| known.iter().sum())
}

fn counting_noise(stints: &[Stint]) -> CheckNote {
    let mean = Stint::sum(stints).completed / stints.len() as f64;
    if mean < 1.0 { CheckNote::MostlyNoCompletion } else { CheckNote::CountingNoise(mean) }
}

/// Whether a stretch lies wholly in the window, give or take a microsecond.
fn is_inside(window: Option<&FileWindow>, start_ns: i64, length_s: f64) -> bool {
    const SLACK_NS: i64 = 1000;
    let end_ns = start_ns.saturating_add((length_s * 1e9).round() as i64);
    window.is_none_or(|FileWindow(window)| {
        start_ns >= window.start.saturating_sub(SLACK_NS) && end_ns <= window.end.saturating_add(SLACK_NS)
    })
}

fn nothing_inside(what: &str, first_ns: i64, length_s: f64) -> CheckError {
    CheckError::File(format!(
        "too few {what} lie in the window; the file begins at {} s and covers {length_s} s",
        first_ns as f64 / 1e9
    ))
}
