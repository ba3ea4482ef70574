//! The verdicts of an audit.

use serde::Serialize;

use super::function::Function;
use super::promise::Promise;
use super::tally::Tally;
use crate::law::finding::{Finding, Verdict};
use crate::service::function::Shape;
use crate::units::human::{count, counted, duration, shortest};

/// What there is to judge.
#[derive(Debug, Clone, Copy)]
pub struct Evidence<'a> {
    /// The counts.
    pub tally: &'a Tally,
    /// Whether both listings were read to their ends.
    pub complete: bool,
    /// When the backup began, in nanoseconds since 1970.
    pub since_ns: Option<i64>,
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
    pub(crate) fn of(evidence: Evidence) -> Self {
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
    Finding::new(verdict, ratio.filter(|ratio| ratio.is_finite()), advice)
}

fn no_metrics() -> Finding {
    Finding::not_available("no metrics; add --function NAME --since TIME, or --metrics FILE")
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
                "{} missing or wrong; findings.csv names each: copy those again and audit again",
                counted(wrong, "object")
            );
            finding(Verdict::Fail, ratio, advice)
        }
    }
}

fn invocations(evidence: &Evidence) -> Finding {
    let Some(function) = evidence.function else { return no_metrics() };
    if !evidence.complete {
        return Finding::not_available("the listings were not read to their ends");
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
    let given_up = function.events.lost().filter(|&number| number > 0);
    let given_up = given_up
        .map_or_else(String::new, |number| format!(", of which Lambda gave up {}", counted(number, "event")));
    let advice = format!(
        "{} fewer invocations than objects{given_up}: messages never reached the function; look at its throttles, the dead-letter queue and the topic's failed deliveries",
        count(expected - seen)
    );
    finding(Verdict::Fail, ratio, advice)
}

/// How long a whole backup took. Its objects' dates lack one copy's own time: that of the first, or of the last where
/// an object is dated by the beginning of its upload.
struct Took {
    /// By the dates alone.
    least_s: f64,
    /// With a copy on top, or from when the backup began, whichever is shorter; by the dates where neither is known.
    most_s: f64,
}

impl Took {
    fn of(evidence: &Evidence) -> Result<Self, &'static str> {
        let tally = evidence.tally;
        if !evidence.complete || tally.not_arrived() > 0 {
            return Err("not everything has arrived, so the backup is not over");
        }
        let least_s = tally.execution_time_s().ok_or("nothing was copied")?;
        let with_a_copy_s =
            evidence.promise.and_then(|promise| promise.residence_mean_s).map(|copy_s| least_s + copy_s);
        let since_s = tally.last_modified_ns.zip(evidence.since_ns);
        let since_s = since_s.map(|(last_ns, since_ns)| last_ns.saturating_sub(since_ns) as f64 / 1e9);
        let most_s = [with_a_copy_s, since_s].into_iter().flatten().reduce(f64::min).unwrap_or(least_s);
        Ok(Self { least_s, most_s: most_s.max(least_s) })
    }

    /// Whether that was within a time, as far as can be told.
    fn within(&self, time_s: f64) -> Verdict {
        if self.most_s <= time_s {
            Verdict::Pass
        } else if self.least_s > time_s {
            Verdict::Fail
        } else {
            Verdict::Inconclusive
        }
    }

    fn words(&self) -> String {
        let (least, most) = (duration(self.least_s), duration(self.most_s));
        if least == most { least } else { format!("{least} to {most}") }
    }
}

fn deadline(evidence: &Evidence) -> Finding {
    let Some(deadline_s) = evidence.promise.and_then(|promise| promise.deadline_s) else {
        return Finding::not_available("no plan with a deadline; name one with --plan");
    };
    match Took::of(evidence) {
        Err(reason) => Finding::not_available(reason),
        Ok(took) => {
            let verdict = took.within(deadline_s);
            let side = match verdict {
                Verdict::Pass => "within",
                Verdict::Fail => "longer than",
                _ => "about",
            };
            let advice = format!("{} is {side} the deadline of {}", took.words(), duration(deadline_s));
            finding(verdict, Some(took.most_s / deadline_s), advice)
        }
    }
}

fn finish(evidence: &Evidence) -> Finding {
    let promise = evidence.promise.copied().unwrap_or_default();
    let Some(latest_s) = promise.finish_p99_s.or(promise.finish_p95_s) else {
        return Finding::not_available("no plan with finishing times; name one with --plan");
    };
    let took = match Took::of(evidence) {
        Err(reason) => return Finding::not_available(reason),
        Ok(took) => took,
    };
    let ratio = promise.finish_p50_s.map(|median_s| took.most_s / median_s);
    let levels =
        [(promise.finish_p50_s, "p50"), (promise.finish_p95_s, "p95"), (promise.finish_p99_s, "p99")];
    let reached = levels.iter().find(|(level_s, _)| level_s.is_some_and(|level_s| took.most_s <= level_s));
    let (seen, latest) = (took.words(), duration(latest_s));
    let verdict = took.within(latest_s);
    let advice = match (reached, verdict) {
        (Some((_, name)), _) => format!("{seen} is within the plan's {name}"),
        (None, Verdict::Fail) => format!(
            "{seen} is later than the latest finish that the plan names, {latest}: measure R again and plan anew"
        ),
        (None, _) => format!("{seen} is about the latest finish that the plan names, {latest}"),
    };
    finding(verdict, ratio, advice)
}

fn concurrency(evidence: &Evidence) -> Finding {
    let Some(reserved) = evidence.promise.and_then(|promise| promise.reserved_concurrency) else {
        return Finding::not_available("no plan with a reserved concurrency; name one with --plan");
    };
    let Some(peak) = evidence.function.and_then(|function| function.concurrent_max) else {
        return Finding::not_available("no ConcurrentExecutions in the metrics");
    };
    let (verdict, words) = if peak > reserved {
        (Verdict::Fail, "more than the plan set aside: the reserved concurrency was not put in place")
    } else if peak == reserved {
        let waited = match evidence.promise.and_then(|promise| promise.shape) {
            Some(Shape::Queue) => {
                "all that the plan set aside was in use: what came on top waited in the queue"
            }
            _ => "all that the plan set aside was in use: what came on top was throttled",
        };
        (Verdict::Pass, waited)
    } else {
        (Verdict::Pass, "less than the plan set aside")
    };
    let advice = format!("{} at once of {}: {words}", shortest(peak, 4), shortest(reserved, 4));
    finding(verdict, Some(peak / reserved), advice)
}

#[cfg(test)]
#[path = "verdicts_tests.rs"]
mod tests;
