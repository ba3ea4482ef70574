//! Verdicts on a run: does its accounting hold, was the generator healthy, were its goals reached.

use super::series::{SeriesSecond, of_level};
use super::steady;
use super::verdict_reason::RunReason;
use crate::law::finding::{Finding, Verdict, Verdicts};
use crate::law::tolerance::LITTLE_TOLERANCE;
use crate::measure::document::ThresholdResult;
use crate::measure::level::LevelSummary;
use crate::scenario::threshold::{Metric, Threshold};
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
/// The edges of a window explain a difference when they come this close to all of it.
const EXPLAINED_TOLERANCE: f64 = 0.02;
/// CPU time per real second of the generator's one thread above which it counts as saturated.
const CPU_LIMIT: f64 = 0.95;

/// The verdicts on Little's law over all levels.
#[must_use]
pub fn verdicts(levels: &[LevelSummary]) -> Verdicts<RunReason> {
    Verdicts { accounting: accounting(levels), independent: independent(levels), raw: raw(levels) }
}

fn accounting(levels: &[LevelSummary]) -> Finding<RunReason> {
    if levels.iter().all(|level| level.attempts == 0) {
        return Finding::not_available(RunReason::NothingEnded);
    }
    match levels.iter().position(|level| !level.littles_law.accounting_holds) {
        None => Finding::new(Verdict::Pass, None, RunReason::Accounted),
        Some(index) => Finding::new(Verdict::Fail, None, RunReason::EventLost(index + 1)),
    }
}

/// The gravest finding of all levels on the endpoint's own count.
fn independent(levels: &[LevelSummary]) -> Finding<RunReason> {
    let gauged = levels.iter().filter(|level| level.endpoint_in_flight_mean.is_some());
    let findings = gauged.map(|level| {
        let finding = match &level.steady {
            Some(steady) => steady.independent.map(|said| RunReason::Said(said.clone())),
            None => steady::too_short(level.residence_mean_s),
        };
        let of_level = |why: &RunReason| RunReason::OfLevel(level.label(), Box::new(why.clone()));
        if levels.len() > 1 { finding.map(of_level) } else { finding }
    });
    findings
        .max_by_key(|finding| finding.verdict)
        .unwrap_or_else(|| Finding::not_available(RunReason::NoGauge))
}

/// X·R against N as it is usually computed, over the steady part of each level where there is one.
fn raw(levels: &[LevelSummary]) -> Finding<RunReason> {
    let law =
        |level: &LevelSummary| level.steady.as_ref().map_or(level.littles_law, |steady| steady.littles_law);
    let (mut xr, mut n, mut edges) = (0.0, 0.0, 0.0);
    for law in levels.iter().map(law) {
        xr += law.xr * law.window_s;
        n += law.n * law.window_s;
        edges += law.edges * law.window_s;
    }
    if n == 0.0 {
        return Finding::not_available(RunReason::NothingInFlight);
    }
    let (ratio, explained) = (xr / n, edges / (n - xr));
    let (verdict, why) = if (ratio - 1.0).abs() <= LITTLE_TOLERANCE {
        (Verdict::Pass, RunReason::Near)
    } else if (explained - 1.0).abs() < EXPLAINED_TOLERANCE {
        // What the edges explain is no fault of the accounting, and says nothing about the law either.
        (Verdict::Inconclusive, RunReason::Off { ratio, explained })
    } else {
        (Verdict::Fail, RunReason::Off { ratio, explained })
    };
    Finding::new(verdict, Some(ratio), why)
}

/// What is known of the generator's time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum GeneratorTime {
    /// Time is virtual: the generator has all it needs.
    Virtual,
    /// Time is real, and the process does other work besides, such as answering the requests.
    Shared,
    /// Time is real, and the process used so many CPU seconds a second.
    Own(f64),
}

/// How the generator did.
#[derive(Debug, Clone, PartialEq)]
pub struct Health {
    /// Whether it, and not the target, set the pace.
    pub saturated: bool,
    /// Whether it was late without changing what was measured: the rate was kept and the lateness is small.
    pub late: bool,
    /// The latest starts that speak for this, where any were late.
    pub lateness: Option<Lateness>,
    /// What is known of its time.
    pub pace: GeneratorTime,
}

/// How the generator did: whether it was late and, if so, whether that changed what was measured. `rows` are those of
/// all levels.
#[must_use]
pub fn health(levels: &[LevelSummary], rows: &[SeriesSecond], pace: GeneratorTime) -> Health {
    let health = |saturated, late, lateness| Health { saturated, late, lateness, pace };
    if pace == GeneratorTime::Virtual {
        return health(false, false, None);
    }
    let late = (0..).zip(levels).filter(|(_, level)| level.lateness_s.p99 > on_time_limit_s(level));
    let late: Vec<Lateness> =
        late.map(|(number, level)| Lateness::of(level, of_level(rows, number))).collect();
    let worst = |is_harmless| {
        let of_kind = late.iter().filter(|late| late.is_harmless() == is_harmless);
        of_kind.max_by(|a, b| a.p99_s.total_cmp(&b.p99_s)).cloned()
    };
    if let Some(late) = worst(false) {
        return health(true, false, Some(late));
    }
    let is_busy = matches!(pace, GeneratorTime::Own(share) if share > CPU_LIMIT);
    // Workers start when the one before has ended, so a generator without time to spare slows them unseen.
    if is_busy && levels.iter().any(|level| level.concurrency.is_some()) {
        return health(true, false, None);
    }
    let late = worst(true);
    health(false, is_busy || late.is_some(), late)
}

/// How late the starts of a level were.
#[derive(Debug, Clone, PartialEq)]
pub struct Lateness {
    /// What the level is called.
    pub label: String,
    /// 99th percentile of the lateness.
    pub p99_s: f64,
    /// Median of the time on the wire.
    pub service_p50_s: f64,
    /// Share of the intended rate that was not achieved over the steady part; None for workers, who have no rate.
    pub missed: Option<f64>,
    /// Whether it grew.
    pub grows: bool,
}

impl Lateness {
    fn of(level: &LevelSummary, rows: &[SeriesSecond]) -> Self {
        let origin_ns = rows.first().map_or(0, |row| row.start_ns);
        let is_steady = |row: &&SeriesSecond| {
            level.steady.as_ref().is_none_or(|steady| {
                let [from_s, to_s] =
                    [row.start_ns, row.end_ns()].map(|time_ns| seconds(time_ns.saturating_sub(origin_ns)));
                from_s >= steady.start_s && to_s <= steady.end_s
            })
        };
        let steady: Vec<&SeriesSecond> = rows.iter().filter(is_steady).collect();
        let length_s: f64 = steady.iter().map(|row| seconds(row.window.length_ns)).sum();
        let third = steady.len().div_ceil(3);
        let mean_s = |rows: &[&SeriesSecond]| {
            rows.iter().map(|row| seconds(row.lateness_max_ns)).sum::<f64>() / rows.len().max(1) as f64
        };
        let (first_s, last_s) = (mean_s(&steady[..third]), mean_s(&steady[steady.len() - third..]));
        // What waits at the end and did not at the beginning was due and has not started.
        let behind = if length_s > 0.0 { (last_s - first_s).max(0.0) / length_s } else { 0.0 };
        let due = level.jobs + level.not_started_count();
        let not_started = level.not_started_count() as f64 / due.max(1) as f64;
        Self {
            label: level.label(),
            p99_s: level.lateness_s.p99,
            service_p50_s: level.service_s.p50,
            missed: level.concurrency.is_none().then_some(behind + not_started),
            grows: last_s > GROWTH * first_s && last_s > on_time_limit_s(level),
        }
    }

    /// Whether the intended rate was kept.
    #[must_use]
    pub fn kept_rate(&self) -> bool {
        self.missed.is_none_or(|missed| missed <= MISSED_RATE)
    }

    /// Whether what was measured is the target all the same. Latency counts from the intended start anyway.
    fn is_harmless(&self) -> bool {
        let limit_s = LATENESS_FLOOR_S.max(HARMLESS_SHARE * self.service_p50_s);
        self.p99_s < limit_s && self.kept_rate() && !self.grows
    }
}

/// p99 of lateness up to which starts count as on time: it must be small beside what is measured.
fn on_time_limit_s(level: &LevelSummary) -> f64 {
    LATENESS_FLOOR_S.max(LATENESS_SHARE * level.residence_mean_s)
}

/// Every threshold with the value in the level where it came off worst.
#[must_use]
pub fn thresholds<W>(
    goals: &[Threshold],
    levels: &[LevelSummary],
    verdicts: &Verdicts<W>,
) -> Vec<ThresholdResult> {
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
fn value<W>(metric: Metric, level: &LevelSummary, verdicts: &Verdicts<W>) -> Option<f64> {
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
    use crate::law::in_flight_window::Window;
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
    fn rows(lateness_s: impl Fn(u64) -> f64) -> Vec<SeriesSecond> {
        let row = |second: u64| SeriesSecond {
            start_ns: second * NS_PER_S,
            window: Window { length_ns: NS_PER_S, ..Window::default() },
            lateness_max_ns: nanoseconds(lateness_s(second)),
            ..SeriesSecond::default()
        };
        (0..60).map(row).collect()
    }

    fn judged(level: &LevelSummary, lateness_s: impl Fn(u64) -> f64, share: f64) -> (bool, bool) {
        let health = health(std::slice::from_ref(level), &rows(lateness_s), GeneratorTime::Own(share));
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
        assert!(!health(&[late], &[], GeneratorTime::Virtual).saturated);
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
        assert!(matches!(explained.why, RunReason::Off { ratio: 0.75, .. }), "{explained:?}");
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
        assert_eq!(found.independent.why, RunReason::LevelTooShort(20.0));
    }
}
