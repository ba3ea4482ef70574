//! What a stated probability rests on: conditions, each with its number, and whether the measurement tested them.
//!
//! A probability averages over what the sample leaves open. It still holds only if what no average covers is so: that
//! copies take no longer at a concurrency that was never measured, that times neither drift nor hang together, that no
//! slow way exists of which the sample shows nothing. A plan is proven when all of these that the sample can test were
//! tested and hold.

use serde::{Deserialize, Serialize};

use super::concurrency_interval::ConcurrencyInterval;
use super::fit::{BasisKind, FittedModel};
use super::limitation::Limitation;
use super::plan_inputs::{EXTRAPOLATION, ObjectBatch};
use super::tolerance::Tolerance;

/// Copies that stand apart from which on their share is known well enough to plan with.
const SLOW_COPIES: u64 = 5;
/// Share by which recent times may exceed all unseen in a sample that is said to show a drift.
const UNSEEN_DRIFT: f64 = EXTRAPOLATION - 1.0;
/// Days from which on their spread says how another day may differ.
const ENOUGH_DAYS: u64 = 5;
/// Jobs that a measurement should have at least.
const ENOUGH_JOBS: u64 = 250;

/// How far the promise of a plan is covered by what was measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EvidenceStatus {
    /// Nothing was measured: the promise is as good as what was assumed.
    Assumed,
    /// Some condition that a measurement can test was not tested, or does not hold.
    Unproven,
    /// Every condition that a measurement can test was tested and holds.
    Proven,
}

/// What the promise of one way of copying rests on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlanEvidence {
    /// How far it is covered by what was measured.
    pub status: EvidenceStatus,
    /// Whether what was measured was an emulated service, which says nothing about a real account.
    pub rehearsal: bool,
    /// What has to hold.
    pub conditions: Vec<Condition>,
    /// What the plan survives of slow copies that no sample excludes.
    pub tolerance: Tolerance,
    /// How much concurrency it takes, by what is open; None where nothing is.
    pub bracket: Option<Bracket>,
    /// What to measure to settle what is open; None where nothing is.
    pub next_measurement: Option<NextMeasurement>,
}

/// Something that has to hold.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Condition {
    /// What it is about.
    pub kind: ConditionKind,
    /// Its number; the kind says of what.
    pub value: f64,
    /// Whether it does.
    pub status: ConditionStatus,
}

/// What a condition is about, and what its number is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConditionKind {
    /// Times grow with concurrency as they did where it was measured. The number: planned concurrency over the largest
    /// mean in flight that was measured.
    Contention,
    /// Objects are as large as measured ones. The number: how many times larger, or smaller, the farthest is.
    Sizes,
    /// Times do not drift. The number: recent times over all; where there are too few jobs to see a drift, the least that
    /// would be seen.
    SteadyTimes,
    /// Times do not depend on those before. The number: the correlation with the one before.
    IndependentTimes,
    /// The share of copies that go a slow way is known. The number: such copies that were seen.
    SlowWayShare,
    /// There are jobs enough to know how skewed times are. The number: jobs that it takes.
    JobsForSkewness,
    /// Times are as on the measured days, whose spread is in the probability from the second on. The number: days.
    MeasuredDay,
    /// No larger share than this takes ten times as long, on a way that the sample does not show. No sample excludes it.
    UnseenSlowWay,
}

/// Whether a condition holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConditionStatus {
    /// It was tested and holds.
    Held,
    /// The measurement could not test it.
    Untested,
    /// It was tested and does not hold.
    Failed,
}

/// In what a plan goes beyond what was measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Beyond {
    /// More copies at once.
    Concurrency,
    /// Other sizes.
    Sizes,
}

/// How much concurrency a goal takes where a condition is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bracket {
    /// If what is not known makes no difference.
    pub harmless: u64,
    /// If it is as bad as the data allow; None where they set no limit.
    pub worst: Option<u64>,
}

/// A measurement that would settle what is open.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct NextMeasurement {
    /// The concurrency that it has to reach; None where that does not matter.
    pub concurrency: Option<u64>,
    /// Jobs that it has to do.
    pub jobs: u64,
}

impl ConditionKind {
    /// Whether a sample of one day can test it.
    #[must_use]
    pub fn is_testable(self) -> bool {
        !matches!(self, Self::MeasuredDay | Self::UnseenSlowWay)
    }
}

impl Condition {
    /// Whether it keeps a plan from being proven.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.kind.is_testable() && self.status != ConditionStatus::Held
    }
}

impl PlanEvidence {
    /// For copying a batch with so many copies in flight, where a goal takes the concurrency `needed`.
    #[must_use]
    pub(crate) fn of(
        model: &FittedModel,
        batch: &ObjectBatch,
        in_flight: f64,
        needed: &ConcurrencyInterval,
        tolerance: Tolerance,
    ) -> Self {
        let mut conditions = measured_conditions(model, batch, in_flight);
        conditions.push(Condition {
            kind: ConditionKind::UnseenSlowWay,
            value: tolerance.ten_times_share,
            status: ConditionStatus::Untested,
        });
        let is_open = conditions.iter().any(Condition::is_open);
        let status = match model.basis.kind {
            BasisKind::Assumed => EvidenceStatus::Assumed,
            BasisKind::Measured if is_open => EvidenceStatus::Unproven,
            BasisKind::Measured => EvidenceStatus::Proven,
        };
        let is_unproven = status == EvidenceStatus::Unproven;
        let next_measurement = is_unproven.then(|| next(&conditions, model, in_flight));
        let bracket = is_unproven.then(|| bracket(&conditions, model, needed));
        Self { status, rehearsal: model.basis.rehearsal, conditions, tolerance, bracket, next_measurement }
    }

    /// In what the plan goes beyond the measurement, if it does.
    #[must_use]
    pub fn beyond(&self) -> Option<Beyond> {
        self.conditions.iter().filter(|condition| condition.is_open()).find_map(|condition| {
            match condition.kind {
                ConditionKind::Contention => Some(Beyond::Concurrency),
                ConditionKind::Sizes => Some(Beyond::Sizes),
                _ => None,
            }
        })
    }

    /// The first condition that keeps it from being proven.
    #[must_use]
    pub fn first_open(&self) -> Option<&Condition> {
        self.conditions.iter().find(|condition| condition.is_open())
    }
}

fn measured_conditions(model: &FittedModel, batch: &ObjectBatch, concurrency: f64) -> Vec<Condition> {
    let (Some(findings), Some(measured_n)) = (&model.findings, model.basis.measured_n_max) else {
        return Vec::new();
    };
    let untested = |kind, value, holds| {
        let status = if holds { ConditionStatus::Held } else { ConditionStatus::Untested };
        Condition { kind, value, status }
    };
    let failed = |kind, found: Option<f64>, usual| {
        let status = if found.is_none() { ConditionStatus::Held } else { ConditionStatus::Failed };
        Condition { kind, value: found.unwrap_or(usual), status }
    };
    let beyond_n = concurrency / measured_n;
    let mut conditions = vec![
        untested(ConditionKind::Contention, beyond_n, beyond_n <= EXTRAPOLATION),
        match findings.trend {
            None if findings.unseen_drift > UNSEEN_DRIFT => {
                untested(ConditionKind::SteadyTimes, 1.0 + findings.unseen_drift, false)
            }
            _ => failed(ConditionKind::SteadyTimes, findings.trend, 1.0),
        },
        failed(ConditionKind::IndependentTimes, findings.correlation, 0.0),
    ];
    let slow = findings.slow.map(|slow| slow.copies);
    conditions.extend(
        slow.map(|copies| untested(ConditionKind::SlowWayShare, copies as f64, copies >= SLOW_COPIES)),
    );
    let jobs = findings.jobs_for_skewness;
    let (needed, is_known) = (jobs.unwrap_or(findings.jobs) as f64, jobs.is_none());
    conditions.push(untested(ConditionKind::JobsForSkewness, needed, is_known));
    if let Some(measured) = model.basis.measured_size_bytes {
        let ratio = beyond(measured, batch.size_range_bytes());
        conditions.push(untested(ConditionKind::Sizes, ratio, ratio <= EXTRAPOLATION));
    }
    let days = findings.days;
    conditions.push(untested(ConditionKind::MeasuredDay, days as f64, days >= ENOUGH_DAYS));
    conditions
}

/// How many times larger than the largest measured size, or smaller than the smallest, a planned one is; 1 where none
/// is.
fn beyond(measured_bytes: [u64; 2], planned_bytes: [u64; 2]) -> f64 {
    let ratio = |more: u64, less: u64| more.max(1) as f64 / less.max(1) as f64;
    ratio(planned_bytes[1], measured_bytes[1]).max(ratio(measured_bytes[0], planned_bytes[0])).max(1.0)
}

/// One measured concurrency says nothing of how times grow with it.
fn bracket(conditions: &[Condition], model: &FittedModel, needed: &ConcurrencyInterval) -> Bracket {
    let is_beyond =
        |condition: &Condition| condition.kind == ConditionKind::Contention && condition.is_open();
    let is_unbounded = conditions.iter().any(is_beyond)
        && model.doubts.iter().any(|doubt| matches!(doubt, Limitation::NoScaling { .. }));
    match is_unbounded {
        true => Bracket { harmless: needed.value, worst: None },
        false => Bracket { harmless: needed.low, worst: needed.high },
    }
}

fn next(conditions: &[Condition], model: &FittedModel, concurrency: f64) -> NextMeasurement {
    let is_open = |kind| conditions.iter().any(|condition| condition.kind == kind && condition.is_open());
    let skewness = model.findings.and_then(|findings| findings.jobs_for_skewness).unwrap_or(0);
    // What is unseen falls with the root of the jobs.
    let unseen = model.findings.map_or(0.0, |findings| findings.unseen_drift);
    let drift = (model.basis.jobs as f64 * (unseen / UNSEEN_DRIFT).powi(2)).ceil() as u64;
    // A share that so few copies show is known once there are enough of them.
    let slow = model.findings.and_then(|findings| findings.slow).filter(|slow| slow.copies < SLOW_COPIES);
    let slow_jobs = slow.map_or(0, |slow| slow.of.saturating_mul(SLOW_COPIES).div_ceil(slow.copies.max(1)));
    let correlated = if is_open(ConditionKind::IndependentTimes) { 4 * model.basis.jobs } else { 0 };
    NextMeasurement {
        concurrency: is_open(ConditionKind::Contention).then(|| (concurrency / EXTRAPOLATION).ceil() as u64),
        jobs: ENOUGH_JOBS.max(drift).max(skewness).max(slow_jobs).max(correlated),
    }
}
