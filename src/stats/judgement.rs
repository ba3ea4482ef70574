//! Verdicts on a run: does its accounting hold, was the generator healthy, were its goals reached.

use super::histogram::Percentiles;
use super::summary::{Finding, LevelSummary, ThresholdResult, Verdict, Verdicts};
use crate::scenario::threshold::{Metric, Threshold};

/// A start may be late by this share of the mean residence time before the generator counts as saturated.
const LATENESS_SHARE: f64 = 0.02;
/// Lateness below this is never held against the generator.
const LATENESS_FLOOR_S: f64 = 0.005;
/// CPU time per real second of the generator's one thread above which it counts as saturated.
const CPU_LIMIT: f64 = 0.95;
/// X·R may differ from N by this share before the difference is worth an explanation.
const RAW_TOLERANCE: f64 = 0.02;

/// The verdicts on Little's law over all levels.
#[must_use]
pub fn verdicts(levels: &[LevelSummary]) -> Verdicts {
    Verdicts { accounting: accounting(levels), independent: independent(levels), raw: raw(levels) }
}

fn accounting(levels: &[LevelSummary]) -> Finding {
    let measured = levels.iter().any(|level| level.attempts > 0);
    let broken = levels.iter().position(|level| !level.littles_law.accounting_holds);
    let (verdict, advice) = match broken {
        _ if !measured => (Verdict::NotAvailable, "no attempt ended".into()),
        None => (
            Verdict::Pass,
            "the departure form N·T = ΣR + E(T) − E(0) holds to the nanosecond: no event was lost or doubled"
                .into(),
        ),
        Some(level) => (
            Verdict::Fail,
            format!(
                "level {} lost or doubled an event, or a clock went backwards: do not use this run",
                level + 1
            ),
        ),
    };
    Finding { verdict, ratio: None, low: None, high: None, advice }
}

/// The gauge and the client side by side. One ratio has no interval, so it gives no verdict.
fn independent(levels: &[LevelSummary]) -> Finding {
    let pairs: Vec<(f64, f64)> = levels
        .iter()
        .filter_map(|level| {
            Some((level.endpoint_in_flight_mean?, level.littles_law.departure_form_n, level.makespan_s))
        })
        .map(|(gauge, n, time_s)| (gauge * time_s, n * time_s))
        .collect();
    let (gauge, n) = pairs.iter().fold((0.0, 0.0), |sum, pair| (sum.0 + pair.0, sum.1 + pair.1));
    if n == 0.0 {
        let advice = "the target has no gauge of its own; N and X·R rest on the client's events alone".into();
        return Finding { verdict: Verdict::NotAvailable, ratio: None, low: None, high: None, advice };
    }
    let advice = "the endpoint's own count, read at random moments, against the client's N; one ratio has no interval, so it is no verdict".into();
    Finding { verdict: Verdict::NotAvailable, ratio: Some(gauge / n), low: None, high: None, advice }
}

fn raw(levels: &[LevelSummary]) -> Finding {
    let (xr, n) = levels
        .iter()
        .map(|level| &level.littles_law)
        .fold((0.0, 0.0), |sum, law| (sum.0 + law.xr * law.window_s, sum.1 + law.n * law.window_s));
    if n == 0.0 {
        let advice = "no attempt was in flight".into();
        return Finding { verdict: Verdict::NotAvailable, ratio: None, low: None, high: None, advice };
    }
    let ratio = xr / n;
    let (verdict, advice) = if (ratio - 1.0).abs() <= RAW_TOLERANCE {
        (Verdict::Pass, "X·R is within 2 % of N".to_owned())
    } else {
        (Verdict::Fail, "X·R is off N by more than 2 %: the window's edges explain the part given with it; what they leave is a ramp or a drift".to_owned())
    };
    Finding { verdict, ratio: Some(ratio), low: None, high: None, advice }
}

/// Whether the generator, and not the target, set the pace; and why.
///
/// `cpu_share` is CPU seconds per real second of the whole process, None in virtual time, where the generator
/// has all the time it needs.
#[must_use]
pub fn saturation(levels: &[LevelSummary], cpu_share: Option<f64>) -> (bool, String) {
    let Some(cpu_share) = cpu_share else {
        return (false, "virtual time: the generator always keeps up".into());
    };
    let worst = levels.iter().map(|level| (level, level.lateness_s.p99, lateness_limit_s(level)));
    let late = worst.filter(|(_, p99, limit)| p99 > limit).max_by(|a, b| a.1.total_cmp(&b.1));
    if let Some((level, p99, limit)) = late {
        return (
            true,
            format!(
                "at {} starts were late by {p99:.4} s at p99, more than {limit:.4} s: lower the rate or use a faster machine",
                level.label()
            ),
        );
    }
    if cpu_share > CPU_LIMIT {
        return (
            true,
            format!("the process used {cpu_share:.2} CPU seconds a second, and has one thread to use them"),
        );
    }
    (false, format!("starts were on time and the process used {cpu_share:.2} CPU seconds a second"))
}

/// p99 of lateness that a level may have: it must be small beside what is measured.
fn lateness_limit_s(level: &LevelSummary) -> f64 {
    LATENESS_FLOOR_S.max(LATENESS_SHARE * level.residence_mean_s)
}

/// Every threshold with the value in the level where it came off worst.
#[must_use]
pub fn thresholds(goals: &[Threshold], levels: &[LevelSummary], verdicts: &Verdicts) -> Vec<ThresholdResult> {
    goals
        .iter()
        .map(|goal| {
            let values = levels.iter().map(|level| value(goal.metric, level, verdicts));
            let worst = values.reduce(|first, second| goal.worse(first, second));
            ThresholdResult {
                threshold: goal.text.clone(),
                holds: worst.is_some_and(|value| goal.holds(value)),
                value: worst.unwrap_or(0.0),
            }
        })
        .collect()
}

fn value(metric: Metric, level: &LevelSummary, verdicts: &Verdicts) -> f64 {
    let percentile = |times: &Percentiles, per_mille| times.per_mille(per_mille).unwrap_or(f64::INFINITY);
    let share = |part: u64, whole: u64| if whole == 0 { 0.0 } else { part as f64 / whole as f64 };
    match metric {
        Metric::Latency(per_mille) => percentile(&level.latency_s, per_mille),
        Metric::Service(per_mille) => percentile(&level.service_s, per_mille),
        Metric::Mean => level.residence_mean_s,
        Metric::Makespan => level.makespan_s,
        Metric::Lateness => level.lateness_s.p99,
        Metric::Throughput => level.throughput_per_s,
        Metric::Goodput => level.goodput_per_s,
        Metric::Throttles => share(level.throttles, level.attempts),
        Metric::Errors => share(level.error_count(), level.attempts),
        Metric::Failed => share(level.jobs_failed, level.jobs),
        Metric::NotStarted => share(level.not_started_count(), level.jobs + level.not_started_count()),
        Metric::Verdict => {
            let findings = [&verdicts.accounting, &verdicts.independent, &verdicts.raw];
            let refuted = findings
                .iter()
                .any(|finding| matches!(finding.verdict, Verdict::Fail | Verdict::Inconclusive));
            if refuted || verdicts.accounting.verdict != Verdict::Pass { 0.0 } else { 1.0 }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::recorder::Recorder;

    fn level() -> LevelSummary {
        let mut level = Recorder::new(0, 0).summary();
        level.attempts = 100;
        level.jobs = 100;
        level.residence_mean_s = 0.1;
        level.throttles = 3;
        level.latency_s.p99 = 39.0;
        level
    }

    #[test]
    fn a_late_or_busy_generator_is_saturated_and_virtual_time_never_is() {
        let mut late = level();
        late.lateness_s.p99 = 0.006;
        assert!(saturation(&[level(), late.clone()], Some(0.2)).0);
        late.residence_mean_s = 25.0;
        assert!(!saturation(&[late.clone()], Some(0.2)).0, "6 ms are nothing beside 25 s");
        assert!(saturation(&[late], Some(0.99)).0);
        assert!(!saturation(&[level()], None).0);
    }

    #[test]
    fn a_threshold_is_judged_where_it_came_off_worst() {
        let goals = ["p99 < 40s", "throttles < 4%", "goodput > 1/s", "verdict = 'pass'"]
            .map(|text| text.parse().unwrap());
        let mut slow = level();
        slow.latency_s.p99 = 41.0;
        let mut slowest = level();
        (slowest.latency_s.p99, slowest.goodput_per_s) = (90.0, 5.0);
        let levels = [level(), slow, slowest];
        let results = thresholds(&goals, &levels, &verdicts(&levels));
        let seen: Vec<_> = results.iter().map(|result| (result.holds, result.value)).collect();
        assert_eq!(seen[..3], [(false, 90.0), (true, 0.03), (false, 0.0)]);
        assert!(thresholds(&goals, &[], &verdicts(&[])).iter().all(|result| !result.holds));
    }

    #[test]
    fn broken_accounting_fails_and_a_lone_gauge_gives_no_verdict() {
        let mut broken = level();
        broken.littles_law.accounting_holds = false;
        broken.endpoint_in_flight_mean = Some(10.2);
        broken.littles_law.departure_form_n = 10.0;
        broken.makespan_s = 5.0;
        let found = verdicts(&[broken]);
        assert_eq!(found.accounting.verdict, Verdict::Fail);
        assert_eq!(found.independent.verdict, Verdict::NotAvailable);
        assert!((found.independent.ratio.unwrap() - 1.02).abs() < 1e-12);
    }
}
