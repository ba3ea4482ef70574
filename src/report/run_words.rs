//! What a run says, in sentences that every form of report shares.

use super::RunView;
use super::page::{Block, Judgement};
use planner_core::law::finding::{Finding, Verdict, Verdicts};
use planner_core::law::littles_law::LittlesLaw;
use planner_core::measure::document::{Generator, RunDocument, ThresholdResult};
use planner_core::measure::histogram::Ends;
use planner_core::measure::level::LevelSummary;
use planner_core::measure::steady::{MeanEstimate, Steady};
use planner_core::scenario::file::TargetKind;
use planner_core::scenario::threshold::{Metric, Threshold};
use planner_core::units::human::{bytes, capitalised, duration, grouped, number, percent, rate, shortest};

/// A verdict behind its state and behind the word that it was rehearsed, where that is so.
pub(crate) fn titled(rehearsal: bool, state: Option<&str>, verdict: &str) -> String {
    match (rehearsal, state) {
        (true, Some(state)) => format!("Rehearsed, {state}: {verdict}"),
        (true, None) => format!("Rehearsed: {verdict}"),
        (false, Some(state)) => format!("{}: {verdict}", capitalised(state)),
        (false, None) => capitalised(verdict),
    }
}

/// What a run was rehearsed against; nothing for a run against a real account.
pub(crate) fn rehearsal(document: &RunDocument) -> Option<String> {
    let endpoint = match document.target.kind {
        TargetKind::Embedded => "the embedded endpoint",
        TargetKind::Endpoint | TargetKind::Aws => "an emulated endpoint",
    };
    let time = if document.virtual_time { "virtual" } else { "real" };
    document.rehearsal.then(|| format!("against {endpoint} in {time} time"))
}

/// Says where an incomplete run was cut off.
pub(crate) fn cut_off(view: &RunView) -> Option<String> {
    let end_s = view.series.last().map_or(0.0, |row| row.end_s());
    (!view.document.complete).then(|| {
        format!("INCOMPLETE: cut off at {}; the numbers cover what was recorded until then.", duration(end_s))
    })
}

/// Says loudly when the generator set the pace.
pub(crate) fn saturation(document: &RunDocument) -> Option<String> {
    let generator = document.generator.as_ref().filter(|generator| generator.saturated)?;
    Some(match document.fan_out {
        Some(_) => format!(
            "PUBLISHER LATE: {}. The publish stage measures the generator; what arrived is measured all the same.",
            generator.reason
        ),
        None => format!(
            "GENERATOR SATURATED: {}. The run measures the generator, not the target.",
            generator.reason
        ),
    })
}

/// The intervals of a level's latency percentiles, which are open where there are too few values.
pub(crate) fn intervals(level: &LevelSummary) -> String {
    let between = |name: &str, ends: Ends| match (ends.low, ends.high) {
        (Some(low), Some(high)) => format!("{name} {} to {}", duration(low), duration(high)),
        (Some(low), None) => format!("{name} at least {}", duration(low)),
        (None, Some(high)) => format!("{name} at most {}", duration(high)),
        (None, None) => format!("{name} not known"),
    };
    let found = level.latency_intervals_s;
    let all = [between("p50", found.p50), between("p90", found.p90), between("p99", found.p99)];
    let is_too_narrow = level.steady.as_ref().is_some_and(|steady| !steady.batches_independent);
    let confidence = match is_too_narrow {
        true => "too narrow, because times depend on those before them",
        false => "95 % confidence if times are independent",
    };
    format!("{} ({confidence})", all.join(", "))
}

/// The steady part of a level with its intervals.
pub(crate) fn steady(steady: &Steady) -> String {
    let interval = |estimate: &MeanEstimate, show: fn(f64) -> String| match (estimate.low, estimate.high) {
        (Some(low), Some(high)) => format!("{} ({} to {})", show(estimate.mean), show(low), show(high)),
        _ => show(estimate.mean),
    };
    let holds = if steady.throughput_per_s.low.is_some() { "; intervals hold with 95 %" } else { "" };
    let converged = if steady.converged { "" } else { ", where the warm-up had not ended" };
    format!(
        "from {} to {}{converged}: X {}, N {}, R {}{holds}",
        duration(steady.start_s),
        duration(steady.end_s),
        interval(&steady.throughput_per_s, rate),
        number(steady.littles_law.n),
        interval(&steady.residence_s, duration),
    )
}

/// N = X·R with its numbers, and what the window's edges explain of the difference.
pub(crate) fn law(law: &LittlesLaw) -> String {
    if law.window_s == 0.0 {
        return "nothing was recorded".into();
    }
    let [xr, n, difference, edges] = sides(law);
    format!(
        "X {}/s × R {} s = {xr}, N = {n}, difference {difference}, of which the window's edges explain {edges}",
        shortest(law.x_per_s, 5),
        shortest(law.r_s, 5),
    )
}

/// X·R, N, their difference and what the edges explain of it, with as many decimals each.
pub(crate) fn sides(law: &LittlesLaw) -> [String; 4] {
    let decimals = match law.n.max(law.xr) {
        n if n >= 1000.0 => 1,
        n if n >= 1.0 => 2,
        _ => 4,
    };
    [law.xr, law.n, law.difference, law.edges].map(|value| grouped(value, decimals))
}

/// The three verdicts on one line.
pub(crate) fn verdicts(document: &RunDocument) -> Option<String> {
    let verdicts = document.verdicts.as_ref()?;
    Some(verdicts.named().map(|(name, finding)| format!("{name} {}", finding.verdict.word())).join(" · "))
}

/// The three verdicts on Little's law, each with what stands behind it.
pub(crate) fn judgements(verdicts: &Verdicts) -> Block {
    Block::Judgements(verdicts.named().into_iter().map(|(name, finding)| judgement(name, finding)).collect())
}

/// A finding under a name.
pub(crate) fn judgement(name: &str, finding: &Finding) -> Judgement {
    Judgement { name: name.into(), verdict: finding.verdict, details: details(finding) }
}

/// The sign of a verdict.
pub(crate) fn mark(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "✓",
        Verdict::Fail => "✗",
        Verdict::Inconclusive | Verdict::NotAvailable => "?",
    }
}

/// What stands behind a verdict: ratio, interval and advice.
fn details(finding: &Finding) -> String {
    let interval = match (finding.low, finding.high) {
        (Some(low), Some(high)) => format!(" (between {} and {})", grouped(low, 4), grouped(high, 4)),
        _ => String::new(),
    };
    let ratio = finding.ratio.map(|ratio| format!("ratio {}{interval}", grouped(ratio, 4)));
    let why = Some(finding.why.clone()).filter(|why| !why.is_empty());
    ratio.into_iter().chain(why).collect::<Vec<_>>().join("; ")
}

/// The generator's health with its numbers.
pub(crate) fn generator(generator: &Generator) -> String {
    let state = match generator {
        Generator { saturated: true, .. } => "SATURATED",
        Generator { late: true, .. } => "LATE",
        _ => "healthy",
    };
    let lag = generator.loop_lag_s.map_or_else(String::new, |lag| {
        format!("; event loop late by {} at p99, {} at most", duration(lag.p99), duration(lag.max))
    });
    let memory = generator
        .peak_memory_bytes
        .map_or_else(String::new, |peak_bytes| format!("; {} of memory at most", bytes(peak_bytes)));
    format!(
        "{state}, {}; CPU {} in {}, {} an attempt{lag}{memory}",
        generator.reason,
        duration(generator.cpu_s),
        duration(generator.real_s),
        duration(generator.cpu_us_per_attempt / 1e6),
    )
}

/// A command as a shell takes it.
pub(crate) fn quoted(command: &[String]) -> String {
    // A command that was run has no NUL, the one character that cannot be quoted.
    shlex::try_join(command.iter().map(String::as_str)).unwrap_or_else(|_| command.join(" "))
}

/// Where a run comes from: target, real or rehearsal, date, seed, version.
pub(crate) fn provenance(document: &RunDocument) -> Vec<String> {
    vec![
        document.run.clone(),
        target(document),
        if document.rehearsal { "rehearsal" } else { "real" }.into(),
        date(&document.started_at),
        format!("seed {}", document.seed),
        format!("planner {}", document.version),
    ]
}

/// Where the load went.
pub(crate) fn target(document: &RunDocument) -> String {
    let target = &document.target;
    let kind = match target.kind {
        TargetKind::Embedded => "embedded endpoint",
        TargetKind::Endpoint => "endpoint",
        TargetKind::Aws => "AWS account",
    };
    let details = [target.endpoint_url.as_deref(), target.region.as_deref()];
    std::iter::once(kind).chain(details.into_iter().flatten()).collect::<Vec<_>>().join(", ")
}

/// An RFC 3339 date for people; as it is when it cannot be read.
pub(crate) fn date(rfc3339: &str) -> String {
    rfc3339
        .parse::<jiff::Timestamp>()
        .map_or_else(|_| rfc3339.to_owned(), |time| time.strftime("%-d %B %Y, %H:%M:%S UTC").to_string())
}

/// The value that a threshold met, in the unit of its metric.
pub(crate) fn threshold_value(result: &ThresholdResult) -> String {
    match result.threshold.parse::<Threshold>().map(|threshold| threshold.metric) {
        Ok(Metric::Throughput | Metric::Goodput) => rate(result.value),
        Ok(Metric::Throttles | Metric::Errors | Metric::Failed | Metric::NotStarted) => percent(result.value),
        Ok(Metric::Verdict) => if result.value == 1.0 { "pass" } else { "no pass" }.into(),
        Ok(_) => duration(result.value),
        Err(_) => number(result.value),
    }
}
