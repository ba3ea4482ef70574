//! Verdicts on a run: does its accounting hold, was the generator healthy, were its goals reached.

use super::histogram::Percentiles;
use super::steady;
use super::summary::{Finding, LevelSummary, ThresholdResult, Verdict, Verdicts};
use crate::law::tolerance::LITTLE_TOLERANCE;
use crate::report::human::grouped;
use crate::scenario::threshold::{Metric, Threshold};

/// A start may be late by this share of the mean residence time before the generator counts as saturated.
const LATENESS_SHARE: f64 = 0.02;
/// Lateness below this is never held against the generator.
const LATENESS_FLOOR_S: f64 = 0.005;
/// The edges of a window explain a difference when they come this close to all of it, in per cent.
const EXPLAINED_TOLERANCE: f64 = 2.0;
/// CPU time per real second of the generator's one thread above which it counts as saturated.
const CPU_LIMIT: f64 = 0.95;

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

/// The gravest finding of all levels on the endpoint's own count.
fn independent(levels: &[LevelSummary]) -> Finding {
    let gravity = |finding: &Finding| match finding.verdict {
        Verdict::Fail => 3,
        Verdict::Inconclusive => 2,
        Verdict::Pass => 1,
        Verdict::NotAvailable => 0,
    };
    let findings = levels.iter().filter(|level| level.endpoint_in_flight_mean.is_some()).map(|level| {
        let finding = level.steady.as_ref().map(|steady| steady.independent.clone());
        let mut finding = finding.unwrap_or_else(|| steady::too_short(level.residence_mean_s));
        if levels.len() > 1 {
            finding.advice = format!("{}: {}", level.label(), finding.advice);
        }
        finding
    });
    findings.max_by_key(gravity).unwrap_or_else(|| {
        let advice = "the target has no gauge of its own; N and X·R rest on the client's events alone";
        Finding::not_available(None, advice)
    })
}

/// X·R against N as it is usually computed, over the steady part of each level where there is one.
fn raw(levels: &[LevelSummary]) -> Finding {
    let law =
        |level: &LevelSummary| level.steady.as_ref().map_or(level.littles_law, |steady| steady.littles_law);
    let (mut xr, mut n, mut edges) = (0.0, 0.0, 0.0);
    for law in levels.iter().map(law) {
        xr += law.xr * law.window_s;
        n += law.n * law.window_s;
        edges += law.edges * law.window_s;
    }
    if n == 0.0 {
        return Finding::not_available(None, "no attempt was in flight");
    }
    let ratio = xr / n;
    let (verdict, advice) = if (ratio - 1.0).abs() <= LITTLE_TOLERANCE {
        (Verdict::Pass, "X·R is within 2 % of N".to_owned())
    } else {
        let explained = 100.0 * edges / (n - xr);
        let advice = format!(
            "X·R is off N by {} %; requests older at one edge of the window than at the other explain {} % of that, as a ramp or a drift does: use a longer or a steadier window",
            grouped(100.0 * (ratio - 1.0), 1),
            grouped(explained, 0)
        );
        // What the edges explain is no fault of the accounting, and says nothing about the law either.
        let is_explained = (explained - 100.0).abs() < EXPLAINED_TOLERANCE;
        (if is_explained { Verdict::Inconclusive } else { Verdict::Fail }, advice)
    };
    Finding { verdict, ratio: Some(ratio), low: None, high: None, advice }
}

/// What is known of the generator's time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Pace {
    /// Time is virtual: the generator has all it needs.
    Virtual,
    /// Time is real, and the process does other work besides, such as answering the requests.
    Shared,
    /// Time is real, and the process used so many CPU seconds a second.
    Own(f64),
}

/// Whether the generator, and not the target, set the pace; and why.
#[must_use]
pub fn saturation(levels: &[LevelSummary], pace: Pace) -> (bool, String) {
    if pace == Pace::Virtual {
        return (false, "virtual time: the generator always keeps up".into());
    }
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
    match pace {
        Pace::Own(share) if share > CPU_LIMIT => (
            true,
            format!("the process used {share:.2} CPU seconds a second, and has one thread to use them"),
        ),
        Pace::Own(share) => {
            (false, format!("starts were on time and the process used {share:.2} CPU seconds a second"))
        }
        _ => {
            (false, "starts were on time; the endpoint shares the process, so its CPU is not counted".into())
        }
    }
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
            let values: Vec<_> = levels.iter().map(|level| value(goal.metric, level, verdicts)).collect();
            let worst = values.iter().copied().flatten().reduce(|first, second| goal.worse(first, second));
            let all_known = values.iter().all(Option::is_some);
            ThresholdResult {
                threshold: goal.text.clone(),
                holds: all_known && worst.is_some_and(|value| goal.holds(value)),
                value: worst.unwrap_or(0.0),
            }
        })
        .collect()
}

/// The value of a metric in a level; None where nothing happened that it could be taken from.
fn value(metric: Metric, level: &LevelSummary, verdicts: &Verdicts) -> Option<f64> {
    let percentile = |times: &Percentiles, per_mille| times.per_mille(per_mille);
    let share = |part: u64, whole: u64| (whole > 0).then(|| part as f64 / whole as f64);
    let any_done = level.jobs_done > 0;
    match metric {
        Metric::Latency(per_mille) => percentile(&level.latency_s, per_mille).filter(|_| any_done),
        // The parts of a job that is not done have service times too.
        Metric::Service(per_mille) => {
            percentile(&level.service_s, per_mille).filter(|_| any_done || level.size_bytes > 0)
        }
        Metric::Mean => (level.attempts > 0).then_some(level.residence_mean_s),
        Metric::Makespan => any_done.then_some(level.makespan_s),
        Metric::Lateness => (level.jobs > 0).then_some(level.lateness_s.p99),
        Metric::Throughput => Some(level.throughput_per_s),
        Metric::Goodput => Some(level.goodput_per_s),
        Metric::Throttles => share(level.throttles, level.attempts),
        Metric::Errors => share(level.error_count(), level.attempts),
        Metric::Failed => share(level.jobs_failed, level.jobs),
        Metric::NotStarted => share(level.not_started_count(), level.jobs + level.not_started_count()),
        Metric::Verdict => {
            // X·R off N is a matter of the window's edges, which the accounting covers.
            let independent = matches!(verdicts.independent.verdict, Verdict::Pass | Verdict::NotAvailable);
            Some(if independent && verdicts.accounting.verdict == Verdict::Pass { 1.0 } else { 0.0 })
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
        (level.jobs, level.jobs_done) = (100, 100);
        level.residence_mean_s = 0.1;
        level.throttles = 3;
        level.latency_s.p99 = 39.0;
        level
    }

    #[test]
    fn a_late_or_busy_generator_is_saturated_and_virtual_time_never_is() {
        let mut late = level();
        late.lateness_s.p99 = 0.006;
        assert!(saturation(&[level(), late.clone()], Pace::Own(0.2)).0);
        late.residence_mean_s = 25.0;
        assert!(!saturation(&[late.clone()], Pace::Own(0.2)).0, "6 ms are nothing beside 25 s");
        assert!(saturation(&[late], Pace::Own(0.99)).0);
        assert!(!saturation(&[level()], Pace::Virtual).0);
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
    fn what_was_not_measured_holds_nothing() {
        let held = |text: &str, level: &LevelSummary| {
            let levels = [self::level(), level.clone()];
            thresholds(&[text.parse().unwrap()], &levels, &verdicts(&levels))[0].holds
        };
        let idle = Recorder::new(0, 0).summary();
        let mut failed = level();
        (failed.jobs_done, failed.jobs_failed) = (0, 100);
        let mut unfinished = level();
        (unfinished.jobs_done, unfinished.size_bytes) = (0, 5);
        for (text, of_failed, of_unfinished) in [
            ("p99 < 40s", false, false),
            ("service_p99 < 40s", false, true),
            ("makespan < 40s", false, false),
            ("mean < 40s", true, true),
            ("lateness_p99 < 40s", true, true),
            ("throttles < 50%", true, true),
            ("failed <= 100%", true, true),
            ("not_started < 50%", true, true),
        ] {
            assert!(held(text, &level()), "{text}");
            assert!(!held(text, &idle), "{text} without a job");
            let seen = (held(text, &failed), held(text, &unfinished));
            assert_eq!(seen, (of_failed, of_unfinished), "{text} without a job that was done");
        }
        assert!(held("throughput < 5/s", &idle), "nothing a second is a throughput");
    }

    #[test]
    fn a_difference_that_the_edges_explain_is_undecided() {
        let raw_of = |edges: f64| {
            let mut ramp = level();
            let law = &mut ramp.littles_law;
            (law.window_s, law.n, law.xr, law.edges) = (100.0, 40.0, 30.0, edges);
            verdicts(&[ramp]).raw
        };
        let explained = raw_of(9.9);
        assert_eq!((explained.verdict, explained.ratio), (Verdict::Inconclusive, Some(0.75)));
        assert!(explained.advice.starts_with("X·R is off N by −25.0 %"), "{}", explained.advice);
        assert_eq!(raw_of(5.0).verdict, Verdict::Fail);
    }

    #[test]
    fn broken_accounting_fails_and_a_gauge_without_a_steady_part_decides_nothing() {
        let mut broken = level();
        broken.littles_law.accounting_holds = false;
        broken.endpoint_in_flight_mean = Some(10.2);
        broken.littles_law.departure_form_n = 10.0;
        broken.makespan_s = 5.0;
        let found = verdicts(&[broken]);
        assert_eq!(found.accounting.verdict, Verdict::Fail);
        assert_eq!(found.independent.verdict, Verdict::Inconclusive);
        assert!(found.independent.advice.contains("20 s"), "{}", found.independent.advice);
    }
}
