//! Verdicts on a run: does its accounting hold, was the generator healthy, were its goals reached.

use super::series::{Row, of_level};
use super::steady;
use crate::law::finding::{Finding, Verdict, Verdicts};
use crate::law::tolerance::LITTLE_TOLERANCE;
use crate::measure::document::ThresholdResult;
use crate::measure::level::LevelSummary;
use crate::scenario::threshold::{Metric, Threshold};
use crate::units::human::grouped;
use crate::units::quantity::seconds;

/// A start may be late by this share of the mean residence time and still be on time.
const LATENESS_SHARE: f64 = 0.02;
/// Lateness below this is never held against the generator.
const LATENESS_FLOOR_S: f64 = 0.005;
/// Lateness below this share of the median residence time is harmless where the rate was kept.
const HARMLESS_SHARE: f64 = 0.1;
/// Share of the intended rate that may be missed over the steady part.
const MISSED_RATE: f64 = 0.01;
/// Lateness grows where it is so many times as large in the last third of the steady part as in the first.
const GROWTH: f64 = 2.0;
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
    let sound =
        "the departure form N·T = ΣR + E(T) − E(0) holds to the nanosecond: no event was lost or doubled";
    match broken.map(|level| level + 1) {
        _ if !measured => Finding::not_available("no attempt ended"),
        None => Finding::new(Verdict::Pass, None, sound),
        Some(level) => {
            let advice = format!(
                "level {level} lost or doubled an event, or a clock went backwards: do not use this run"
            );
            Finding::new(Verdict::Fail, None, advice)
        }
    }
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
    let no_gauge = "the target has no gauge of its own; N and X·R rest on the client's events alone";
    findings.max_by_key(gravity).unwrap_or_else(|| Finding::not_available(no_gauge))
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
        return Finding::not_available("no attempt was in flight");
    }
    let ratio = xr / n;
    if (ratio - 1.0).abs() <= LITTLE_TOLERANCE {
        return Finding::new(Verdict::Pass, Some(ratio), "X·R is within 2 % of N");
    }
    let explained = 100.0 * edges / (n - xr);
    let advice = format!(
        "X·R is off N by {} %; requests older at one edge of the window than at the other explain {} % of that, as a ramp or a drift does: use a longer or a steadier window",
        grouped(100.0 * (ratio - 1.0), 1),
        grouped(explained, 0)
    );
    // What the edges explain is no fault of the accounting, and says nothing about the law either.
    let is_explained = (explained - 100.0).abs() < EXPLAINED_TOLERANCE;
    Finding::new(if is_explained { Verdict::Inconclusive } else { Verdict::Fail }, Some(ratio), advice)
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

/// How the generator did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Health {
    /// Whether it, and not the target, set the pace.
    pub saturated: bool,
    /// Whether it was late without changing what was measured: the rate was kept and the lateness is small.
    pub late: bool,
    /// Why.
    pub reason: String,
}

/// How the generator did: whether it was late and, if so, whether that changed what was measured. `rows` are those of
/// all levels.
#[must_use]
pub fn health(levels: &[LevelSummary], rows: &[Row], pace: Pace) -> Health {
    let health = |saturated, late, reason| Health { saturated, late, reason };
    if pace == Pace::Virtual {
        return health(false, false, "virtual time: the generator always keeps up".into());
    }
    let late = (0..).zip(levels).filter(|(_, level)| level.lateness_s.p99 > on_time_limit_s(level));
    let late: Vec<Lateness> =
        late.map(|(number, level)| Lateness::of(level, of_level(rows, number))).collect();
    let worst = |is_harmless| {
        let of_kind = late.iter().filter(|late| late.is_harmless() == is_harmless);
        of_kind.max_by(|a, b| a.level.lateness_s.p99.total_cmp(&b.level.lateness_s.p99))
    };
    if let Some(late) = worst(false) {
        return health(true, false, format!("{}: lower the rate or use a faster machine", late.words()));
    }
    let is_busy = match pace {
        Pace::Own(share) if share > CPU_LIMIT => Some(share),
        _ => None,
    };
    // Workers start when the one before has ended, so a generator without time to spare slows them unseen.
    if let Some(share) = is_busy.filter(|_| levels.iter().any(|level| level.concurrency.is_some())) {
        let reason =
            format!("the process used {share:.2} CPU seconds a second, and has one thread to use them");
        return health(true, false, reason);
    }
    let used = match pace {
        Pace::Own(share) => format!("the process used {share:.2} CPU seconds a second"),
        _ => "the endpoint shares the process, so its CPU is not counted".into(),
    };
    match worst(true) {
        Some(late) => health(false, true, format!("{}; {used}", late.words())),
        None => health(false, is_busy.is_some(), format!("starts were on time; {used}")),
    }
}

/// A level whose starts were late.
struct Lateness<'a> {
    level: &'a LevelSummary,
    /// Share of the intended rate that was not achieved over the steady part.
    missed: f64,
    grows: bool,
}

impl<'a> Lateness<'a> {
    fn of(level: &'a LevelSummary, rows: &[Row]) -> Self {
        let origin_ns = rows.first().map_or(0, |row| row.start_ns);
        let is_steady = |row: &&Row| {
            level.steady.as_ref().is_none_or(|steady| {
                let [from_s, to_s] =
                    [row.start_ns, row.end_ns()].map(|time_ns| seconds(time_ns.saturating_sub(origin_ns)));
                from_s >= steady.start_s && to_s <= steady.end_s
            })
        };
        let steady: Vec<&Row> = rows.iter().filter(is_steady).collect();
        let length_s: f64 = steady.iter().map(|row| seconds(row.window.length_ns)).sum();
        let third = steady.len().div_ceil(3);
        let mean_s = |rows: &[&Row]| {
            rows.iter().map(|row| seconds(row.lateness_max_ns)).sum::<f64>() / rows.len().max(1) as f64
        };
        let (first_s, last_s) = (mean_s(&steady[..third]), mean_s(&steady[steady.len() - third..]));
        // What waits at the end and did not at the beginning was due and has not started.
        let behind = if length_s > 0.0 { (last_s - first_s).max(0.0) / length_s } else { 0.0 };
        let due = level.jobs + level.not_started_count();
        let not_started = level.not_started_count() as f64 / due.max(1) as f64;
        Self {
            level,
            missed: if level.concurrency.is_some() { 0.0 } else { behind + not_started },
            grows: last_s > GROWTH * first_s && last_s > on_time_limit_s(level),
        }
    }

    /// Whether what was measured is the target all the same. Latency counts from the intended start anyway.
    fn is_harmless(&self) -> bool {
        let limit_s = LATENESS_FLOOR_S.max(HARMLESS_SHARE * self.level.service_s.p50);
        self.level.lateness_s.p99 < limit_s && self.missed <= MISSED_RATE && !self.grows
    }

    fn words(&self) -> String {
        let level = self.level;
        let kept = match level.concurrency {
            Some(_) => String::new(),
            None if self.missed <= MISSED_RATE => ", and the rate was kept within 1 %".into(),
            None => format!(", and {:.1} % of the rate was missed", 100.0 * self.missed),
        };
        let grows = if self.grows { ", more and more" } else { "" };
        format!(
            "at {} starts were late by {:.4} s at p99{grows}, beside a median of {:.4} s on the wire{kept}",
            level.label(),
            level.lateness_s.p99,
            level.service_s.p50,
        )
    }
}

/// p99 of lateness up to which starts count as on time: it must be small beside what is measured.
fn on_time_limit_s(level: &LevelSummary) -> f64 {
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
    let share = |part: u64, whole: u64| (whole > 0).then(|| part as f64 / whole as f64);
    let any_done = level.jobs_done > 0;
    match metric {
        Metric::Latency(per_mille) => level.latency_s.per_mille(per_mille).filter(|_| any_done),
        // The parts of a job that is not done have service times too.
        Metric::Service(per_mille) => {
            level.service_s.per_mille(per_mille).filter(|_| any_done || level.size_bytes > 0)
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
    use crate::law::little::Window;
    use crate::measure::recorder::Recorder;
    use crate::units::quantity::{NS_PER_S, nanoseconds};

    fn level() -> LevelSummary {
        let mut level = Recorder::new(0, 0).summary();
        level.attempts = 100;
        (level.jobs, level.jobs_done) = (100, 100);
        level.residence_mean_s = 0.1;
        level.throttles = 3;
        level.latency_s.p99 = 39.0;
        level
    }

    /// Rows of a second each whose latest starts were so late.
    fn rows(lateness_s: impl Fn(u64) -> f64) -> Vec<Row> {
        let row = |second: u64| Row {
            start_ns: second * NS_PER_S,
            window: Window { length_ns: NS_PER_S, ..Window::default() },
            lateness_max_ns: nanoseconds(lateness_s(second)),
            ..Row::default()
        };
        (0..60).map(row).collect()
    }

    fn judged(level: &LevelSummary, lateness_s: impl Fn(u64) -> f64, share: f64) -> (bool, bool) {
        let health = health(std::slice::from_ref(level), &rows(lateness_s), Pace::Own(share));
        (health.saturated, health.late)
    }

    #[test]
    fn a_late_generator_is_saturated_only_where_that_changes_what_is_measured() {
        let mut late = level();
        (late.rate_per_s, late.lateness_s.p99, late.service_s.p50) = (Some(40.0), 0.006, 0.1);
        assert_eq!(judged(&level(), |_| 0.0, 0.2), (false, false), "on time");
        assert_eq!(judged(&late, |_| 0.01, 0.2), (false, true), "6 ms beside 100 ms on the wire");
        assert_eq!(judged(&late, |second| second as f64 * 0.001, 0.2), (true, false), "more and more");
        assert_eq!(
            judged(&late, |second| second as f64 * 0.02, 0.2),
            (true, false),
            "2 % of the rate missed"
        );
        late.not_started = [("limit".to_owned(), 2)].into();
        assert_eq!(judged(&late, |_| 0.01, 0.2), (true, false), "2 of 102 arrivals not started");
        late.not_started.clear();
        late.service_s.p50 = 0.05;
        assert_eq!(judged(&late, |_| 0.01, 0.2), (true, false), "6 ms beside 50 ms on the wire");
        late.residence_mean_s = 25.0;
        assert_eq!(judged(&late, |_| 0.01, 0.2), (false, false), "6 ms are nothing beside 25 s");
        assert!(!health(&[late], &[], Pace::Virtual).saturated);
    }

    #[test]
    fn a_busy_generator_slows_workers_unseen_and_arrivals_only_where_it_shows() {
        let mut busy = level();
        busy.rate_per_s = Some(40.0);
        assert_eq!(judged(&busy, |_| 0.0, 0.99), (false, true));
        (busy.rate_per_s, busy.concurrency) = (None, Some(64));
        assert_eq!(judged(&busy, |_| 0.0, 0.99), (true, false));
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
