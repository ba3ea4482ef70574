//! The verdicts of an audit.

use serde::Serialize;

use super::function::Function;
use super::promise::Promise;
use super::tally::Tally;
use crate::report::human::{count, counted, duration, shortest};
use crate::stats::summary::{Finding, Verdict};

/// What there is to judge.
#[derive(Debug, Clone, Copy)]
pub struct Evidence<'a> {
    /// The counts.
    pub tally: &'a Tally,
    /// Whether both listings were read to their ends.
    pub complete: bool,
    /// The metrics.
    pub function: Option<&'a Function>,
    /// The plan.
    pub promise: Option<&'a Promise>,
}

/// The verdicts.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AuditVerdicts {
    /// Every expected object arrived as it should have.
    pub complete: Finding,
    /// The function ran at least once an object.
    pub invocations: Finding,
    /// The execution time is within the plan's deadline.
    pub deadline: Finding,
    /// The execution time is one that the plan expects.
    pub finish: Finding,
    /// No more executed at once than the plan set aside.
    pub concurrency: Finding,
    /// N = X·R of the function, in batches of periods.
    pub independent: Finding,
    /// X·R beside N of the function over the whole time.
    pub raw: Finding,
}

impl AuditVerdicts {
    /// Judges.
    #[must_use]
    pub fn of(evidence: Evidence) -> Self {
        let law = |of: fn(&Function) -> &Finding| {
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
    pub fn named(&self) -> [(&'static str, &Finding); 7] {
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

fn finding(verdict: Verdict, ratio: Option<f64>, advice: impl Into<String>) -> Finding {
    Finding {
        verdict,
        ratio: ratio.filter(|ratio| ratio.is_finite()),
        low: None,
        high: None,
        advice: advice.into(),
    }
}

fn no_metrics() -> Finding {
    Finding::not_available(None, "no metrics; add --function NAME --since TIME, or --metrics FILE")
}

fn completeness(evidence: &Evidence) -> Finding {
    let tally = evidence.tally;
    let ratio = Some(tally.arrived as f64 / tally.expected as f64);
    let wrong = tally.not_arrived();
    match (evidence.complete, tally.expected, wrong) {
        (true, 0, _) => {
            finding(Verdict::Inconclusive, None, "there is nothing at the source: check bucket and prefix")
        }
        (true, _, 0) => finding(Verdict::Pass, ratio, "every object arrived"),
        (false, _, 0) => {
            finding(Verdict::Inconclusive, None, "the listings were not read to their ends; --resume goes on")
        }
        _ => {
            let advice = format!(
                "{} did not arrive as it should have; findings.csv names each: copy those again and audit again",
                counted(wrong, "object")
            );
            finding(Verdict::Fail, ratio, advice)
        }
    }
}

fn invocations(evidence: &Evidence) -> Finding {
    let Some(function) = evidence.function else { return no_metrics() };
    if !evidence.complete {
        return Finding::not_available(None, "the listings were not read to their ends");
    }
    let (expected, seen) = (evidence.tally.expected, function.invocations);
    let ratio = Some(seen as f64 / expected as f64);
    if seen >= expected {
        return finding(Verdict::Pass, ratio, "the function ran at least once an object");
    }
    if evidence.tally.not_arrived() == 0 {
        return finding(
            Verdict::Inconclusive,
            ratio,
            "fewer invocations than objects, though all are there: one invocation copies several, the metrics are a few minutes behind, or --since is later than the first copy",
        );
    }
    let advice = format!(
        "{} fewer invocations than objects: messages never reached the function; look at its throttles, the dead-letter queue and the topic's failed deliveries",
        count(expected - seen)
    );
    finding(Verdict::Fail, ratio, advice)
}

/// The execution time, where it is that of a whole backup.
fn whole_execution_time_s(evidence: &Evidence) -> Result<f64, &'static str> {
    let is_whole = evidence.complete && evidence.tally.not_arrived() == 0;
    let time_s = evidence.tally.execution_time_s();
    if is_whole {
        time_s.ok_or("nothing arrived")
    } else {
        Err("not everything has arrived, so the backup is not over")
    }
}

fn deadline(evidence: &Evidence) -> Finding {
    let Some(deadline_s) = evidence.promise.and_then(|promise| promise.deadline_s) else {
        return Finding::not_available(None, "no plan with a deadline; name one with --plan");
    };
    match whole_execution_time_s(evidence) {
        Err(reason) => Finding::not_available(None, reason),
        Ok(time_s) => {
            let within = time_s <= deadline_s;
            let verdict = if within { Verdict::Pass } else { Verdict::Fail };
            let side = if within { "within" } else { "longer than" };
            let advice = format!("{} is {side} the deadline of {}", duration(time_s), duration(deadline_s));
            finding(verdict, Some(time_s / deadline_s), advice)
        }
    }
}

fn finish(evidence: &Evidence) -> Finding {
    let promise = evidence.promise.copied().unwrap_or_default();
    let Some(latest_s) = promise.finish_p99_s.or(promise.finish_p95_s) else {
        return Finding::not_available(None, "no plan with finishing times; name one with --plan");
    };
    let time_s = match whole_execution_time_s(evidence) {
        Err(reason) => return Finding::not_available(None, reason),
        Ok(time_s) => time_s,
    };
    let ratio = promise.finish_p50_s.map(|median_s| time_s / median_s);
    let levels =
        [(promise.finish_p50_s, "p50"), (promise.finish_p95_s, "p95"), (promise.finish_p99_s, "p99")];
    let reached =
        levels.iter().find_map(|(level_s, name)| level_s.filter(|level_s| time_s <= *level_s).map(|_| *name));
    let seen = duration(time_s);
    match reached {
        Some(name) => finding(Verdict::Pass, ratio, format!("{seen} is within the plan's {name}")),
        None => {
            let latest = duration(latest_s);
            let advice = format!(
                "{seen} is later than the latest finish that the plan names, {latest}: measure R again and plan anew"
            );
            finding(Verdict::Fail, ratio, advice)
        }
    }
}

fn concurrency(evidence: &Evidence) -> Finding {
    let Some(reserved) = evidence.promise.and_then(|promise| promise.reserved_concurrency) else {
        return Finding::not_available(None, "no plan with a reserved concurrency; name one with --plan");
    };
    let Some(peak) = evidence.function.and_then(|function| function.concurrent_max) else {
        return Finding::not_available(None, "no ConcurrentExecutions in the metrics");
    };
    let (verdict, words) = if peak > reserved {
        (Verdict::Fail, "more than the plan set aside: the reserved concurrency was not put in place")
    } else if peak == reserved {
        (Verdict::Pass, "all that the plan set aside was in use: what came on top was throttled")
    } else {
        (Verdict::Pass, "less than the plan set aside")
    };
    let advice = format!("{} at once of {}: {words}", shortest(peak, 4), shortest(reserved, 4));
    finding(verdict, Some(peak / reserved), advice)
}

#[cfg(test)]
#[path = "verdicts_tests.rs"]
mod tests;
