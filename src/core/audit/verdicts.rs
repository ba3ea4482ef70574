//! The verdicts of an audit.

use serde::Serialize;

use super::execution_time::ExecutionTime;
use super::function::AuditedFunction;
use super::plan_expectation::PlanExpectation;
use super::tally::Tally;
use super::verdict_reason::AuditReason;
use crate::law::finding::{Finding, Verdict};
use crate::service::function::PipelineShape;

/// What there is to judge.
#[derive(Debug, Clone, Copy)]
pub struct AuditEvidence<'a> {
    /// The counts.
    pub tally: &'a Tally,
    /// Whether both listings were read to their ends.
    pub complete: bool,
    /// When the backup began, in nanoseconds since 1970.
    pub since_ns: Option<i64>,
    /// The metrics.
    pub function: Option<&'a AuditedFunction>,
    /// The plan.
    pub promise: Option<&'a PlanExpectation>,
}

/// The verdicts.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AuditVerdicts {
    /// Every expected object arrived as it should have.
    pub complete: Finding<AuditReason>,
    /// The function ran at least once an object.
    pub invocations: Finding<AuditReason>,
    /// The execution time is within the plan's deadline.
    pub deadline: Finding<AuditReason>,
    /// The execution time is one that the plan expects.
    pub finish: Finding<AuditReason>,
    /// No more executed at once than the plan set aside.
    pub concurrency: Finding<AuditReason>,
    /// N = X·R of the function, in batches of periods.
    pub independent: Finding<AuditReason>,
    /// X·R beside N of the function over the whole time.
    pub raw: Finding<AuditReason>,
}

impl AuditVerdicts {
    /// Judges.
    pub(crate) fn of(evidence: AuditEvidence) -> Self {
        let law = |of: fn(&AuditedFunction) -> &Finding<AuditReason>| {
            evidence.function.map_or_else(no_metrics, |function| of(function).clone())
        };
        Self {
            complete: completeness(&evidence),
            invocations: invocations(&evidence),
            deadline: deadline(&evidence),
            finish: finish(&evidence),
            concurrency: concurrency(&evidence),
            independent: law(|function| &function.independent),
            raw: law(|function| &function.raw),
        }
    }

    /// The verdicts under their names.
    #[must_use]
    pub fn named(&self) -> [(&'static str, &Finding<AuditReason>); 7] {
        [
            ("complete", &self.complete),
            ("invocations", &self.invocations),
            ("deadline", &self.deadline),
            ("finish", &self.finish),
            ("concurrency", &self.concurrency),
            ("independent", &self.independent),
            ("raw", &self.raw),
        ]
    }

    /// Whether everything arrived and nothing speaks against the rest.
    #[must_use]
    pub fn holds(&self) -> bool {
        let failed = self.named().iter().any(|(_, finding)| finding.verdict == Verdict::Fail);
        self.complete.verdict == Verdict::Pass && !failed
    }
}

fn no_metrics() -> Finding<AuditReason> {
    Finding::not_available(AuditReason::NoMetrics)
}

fn completeness(evidence: &AuditEvidence) -> Finding<AuditReason> {
    let (expected, objects) = (evidence.tally.expected, evidence.tally.not_arrived());
    let (verdict, why) = match (evidence.complete, expected, objects) {
        (true, 0, _) => (Verdict::Inconclusive, AuditReason::NothingAtSource),
        (true, _, 0) => (Verdict::Pass, AuditReason::AllArrived),
        (false, _, 0) => (Verdict::Inconclusive, AuditReason::ListingsCutOff),
        _ => (Verdict::Fail, AuditReason::NotArrived(objects)),
    };
    let has_ratio = matches!(why, AuditReason::AllArrived | AuditReason::NotArrived(_));
    Finding::new(verdict, has_ratio.then(|| evidence.tally.arrived as f64 / expected as f64), why)
}

fn invocations(evidence: &AuditEvidence) -> Finding<AuditReason> {
    let Some(function) = evidence.function else { return no_metrics() };
    if !evidence.complete {
        return Finding::not_available(AuditReason::NotAllListed);
    }
    let (expected, seen) = (evidence.tally.expected, function.invocations);
    let (verdict, why) = if seen > expected_at_most(expected, function.errors) {
        (Verdict::Inconclusive, AuditReason::RanForOthers(seen - expected))
    } else if seen >= expected {
        (Verdict::Pass, AuditReason::RanForEach)
    } else if evidence.tally.not_arrived() == 0 {
        (Verdict::Inconclusive, AuditReason::RanForSeveral)
    } else {
        let given_up = function.events.lost().filter(|&number| number > 0);
        (Verdict::Fail, AuditReason::RanTooRarely(expected - seen, given_up))
    };
    Finding::new(verdict, (expected > 0).then(|| seen as f64 / expected as f64), why)
}

/// Invocations that objects explain: one each, one more for each that failed or else the two more that Lambda tries, and
/// one in a hundred for messages that are delivered twice.
fn expected_at_most(expected: u64, errors: Option<u64>) -> u64 {
    let again = errors.unwrap_or(expected.saturating_mul(2));
    expected.saturating_add(again).saturating_add(expected.div_ceil(100))
}

/// How long a whole backup took, or why that is not known.
fn took(evidence: &AuditEvidence) -> Result<ExecutionTime, AuditReason> {
    let tally = evidence.tally;
    if !evidence.complete || tally.not_arrived() > 0 {
        return Err(AuditReason::NotOver);
    }
    let least_s = tally.execution_time_s().ok_or(AuditReason::NothingCopied)?;
    let with_a_copy_s =
        evidence.promise.and_then(|promise| promise.residence_mean_s).map(|copy_s| least_s + copy_s);
    let since_s = tally.last_modified_ns.zip(evidence.since_ns);
    let since_s = since_s.map(|(last_ns, since_ns)| last_ns.saturating_sub(since_ns) as f64 / 1e9);
    let most_s = [with_a_copy_s, since_s].into_iter().flatten().reduce(f64::min).unwrap_or(least_s);
    Ok(ExecutionTime { least_s, most_s: most_s.max(least_s) })
}

fn deadline(evidence: &AuditEvidence) -> Finding<AuditReason> {
    let Some(deadline_s) = evidence.promise.and_then(|promise| promise.deadline_s) else {
        return Finding::not_available(AuditReason::NoDeadline);
    };
    took(evidence).map_or_else(Finding::not_available, |took| {
        let ratio = finite(took.most_s / deadline_s);
        Finding::new(took.within(deadline_s), ratio, AuditReason::Deadline(took, deadline_s))
    })
}

fn finish(evidence: &AuditEvidence) -> Finding<AuditReason> {
    let promise = evidence.promise.copied().unwrap_or_default();
    let Some(latest_s) = promise.finish_p99_s.or(promise.finish_p95_s) else {
        return Finding::not_available(AuditReason::NoFinish);
    };
    let levels =
        [(promise.finish_p50_s, "p50"), (promise.finish_p95_s, "p95"), (promise.finish_p99_s, "p99")];
    took(evidence).map_or_else(Finding::not_available, |took| {
        let reached =
            levels.iter().find(|(level_s, _)| level_s.is_some_and(|level_s| took.most_s <= level_s));
        let why = reached
            .map_or(AuditReason::LateFinish(took, latest_s), |(_, name)| AuditReason::Finish(took, name));
        let ratio = promise.finish_p50_s.and_then(|median_s| finite(took.most_s / median_s));
        Finding::new(took.within(latest_s), ratio, why)
    })
}

fn concurrency(evidence: &AuditEvidence) -> Finding<AuditReason> {
    let Some(reserved) = evidence.promise.and_then(|promise| promise.reserved_concurrency) else {
        return Finding::not_available(AuditReason::NoReserve);
    };
    let Some(peak) = evidence.function.and_then(|function| function.concurrent_max) else {
        return Finding::not_available(AuditReason::NoPeak);
    };
    let verdict = if peak > reserved { Verdict::Fail } else { Verdict::Pass };
    let queued = evidence.promise.and_then(|promise| promise.shape) == Some(PipelineShape::Queue);
    Finding::new(verdict, finite(peak / reserved), AuditReason::Peak { peak, reserved, queued })
}

/// A ratio to nothing is none.
fn finite(ratio: f64) -> Option<f64> {
    Some(ratio).filter(|ratio| ratio.is_finite())
}

#[cfg(test)]
#[path = "verdicts_tests.rs"]
mod tests;
