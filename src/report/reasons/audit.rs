//! Why the verdicts of an audit came out as they did, in words, and what to know beside them.

use planner_core::audit::execution_time::ExecutionTime;
use planner_core::audit::misplaced::MisplacedObjects;
use planner_core::audit::note::AuditNote;
use planner_core::audit::tally::LISTED_AT_MOST;
use planner_core::audit::verdict_reason::AuditReason;
use planner_core::law::finding::Verdict;
use planner_core::units::human::{count, counted, duration, shortest};

/// Why a verdict came out as it did.
pub(crate) fn words(why: &AuditReason) -> String {
    match why {
        AuditReason::NothingAtSource => "there is nothing at the source: check bucket and prefix".into(),
        AuditReason::AllArrived => "every object arrived".into(),
        AuditReason::ListingsCutOff => "the listings were not read to their ends; --resume goes on".into(),
        AuditReason::NotArrived(objects) => format!(
            "{} missing or wrong; findings.csv names each: copy those again and audit again",
            counted(*objects, "object")
        ),
        AuditReason::NoMetrics => "no metrics; add --function NAME --since TIME, or --metrics FILE".into(),
        AuditReason::NotAllListed => "the listings were not read to their ends".into(),
        AuditReason::RanForEach => "the function ran at least once an object".into(),
        AuditReason::RanForOthers(more) => format!(
            "{} more invocations than objects, which failed ones do not explain: the function does other work too, or --since is too early, so the count shows nothing",
            count(*more)
        ),
        AuditReason::RanForSeveral => {
            "fewer invocations than objects, though all are there: one invocation copies several, the metrics are a few minutes behind, or --since is later than the first copy".into()
        }
        AuditReason::RanTooRarely(fewer, given_up) => {
            let given_up = given_up.map_or_else(String::new, |number| {
                format!(", of which Lambda gave up {}", counted(number, "event"))
            });
            format!(
                "{} fewer invocations than objects{given_up}: messages never reached the function; look at its throttles, the dead-letter queue and the topic's failed deliveries",
                count(*fewer)
            )
        }
        AuditReason::NoDeadline => "no plan with a deadline; name one with --plan".into(),
        AuditReason::NoFinish => "no plan with finishing times; name one with --plan".into(),
        AuditReason::NoReserve => "no plan with a reserved concurrency; name one with --plan".into(),
        AuditReason::NotOver => "not everything has arrived, so the backup is not over".into(),
        AuditReason::NothingCopied => "nothing was copied".into(),
        AuditReason::Deadline(took, deadline_s) => {
            let side = match took.within(*deadline_s) {
                Verdict::Pass => "within",
                Verdict::Fail => "longer than",
                _ => "about",
            };
            format!("{} is {side} the deadline of {}", time(took), duration(*deadline_s))
        }
        AuditReason::Finish(took, name) => format!("{} is within the plan's {name}", time(took)),
        AuditReason::LateFinish(took, latest_s) => late_finish(took, *latest_s),
        AuditReason::NoPeak => "no ConcurrentExecutions in the metrics".into(),
        AuditReason::Peak { peak, reserved, queued } => {
            let [most, of] = [peak, reserved].map(|&value| shortest(value, 4));
            format!("{most} at once of {of}: {}", reserve(*peak, *reserved, *queued))
        }
        AuditReason::Metrics(why) => super::check::words(why),
        AuditReason::TooFewPeriods(needed_s) => {
            let needed = needed_s.map_or_else(String::new, |needed_s| format!(", {}", duration(needed_s)));
            format!("not enough minutes, or too uneven ones: a verdict takes 20 batches of 10 mean durations{needed}")
        }
    }
}

/// Where the missing lie.
pub(crate) fn found(elsewhere: &MisplacedObjects) -> String {
    let MisplacedObjects { found, missing, folder } = elsewhere;
    let (found, missing) = (count(*found), count(*missing));
    format!(
        "{found} of {missing} found under `{folder}`: add that folder to --dest, if that is where they belong"
    )
}

/// How long a backup took.
fn time(took: &ExecutionTime) -> String {
    let (least, most) = (duration(took.least_s), duration(took.most_s));
    if least == most { least } else { format!("{least} to {most}") }
}

/// A time beyond the percentiles of the plan.
fn late_finish(took: &ExecutionTime, latest_s: f64) -> String {
    let (time, latest) = (time(took), duration(latest_s));
    if took.within(latest_s) == Verdict::Fail {
        format!(
            "{time} is later than the latest finish that the plan names, {latest}: measure R again and plan anew"
        )
    } else {
        format!("{time} is about the latest finish that the plan names, {latest}")
    }
}

/// What was in use of what the plan set aside.
fn reserve(peak: f64, reserved: f64, queued: bool) -> &'static str {
    if peak > reserved {
        "more than the plan set aside: the reserved concurrency was not put in place"
    } else if peak < reserved {
        "less than the plan set aside"
    } else if queued {
        "all that the plan set aside was in use: what came on top waited in the queue"
    } else {
        "all that the plan set aside was in use: what came on top was throttled"
    }
}

/// What to know when reading the numbers.
pub(crate) fn note(note: &AuditNote) -> String {
    match note {
        AuditNote::FirstCopyLeftOut => {
            "execution time is the latest minus the earliest LastModified, so it lacks the first copy's own time".into()
        }
        AuditNote::Unchanged(objects) => format!(
            "of what arrived, {} there from before, with the content of the source: nobody had to copy that, and the execution time leaves it out",
            counted(*objects, "object")
        ),
        AuditNote::Elsewhere(elsewhere) => found(elsewhere),
        AuditNote::MissingNew(objects) => format!(
            "of the missing, {} came to the source after the backup had begun: it may not have known them",
            counted(*objects, "object")
        ),
        AuditNote::InParts(objects) => format!(
            "of what was copied, {} written in parts: LastModified is when their upload began, so the execution time may lack the last copy too",
            counted(*objects, "object")
        ),
        AuditNote::ComparedBySize(objects) => format!(
            "{} compared by size alone: the ETags of objects written in different parts cannot be compared",
            counted(*objects, "object")
        ),
        AuditNote::EtagsDiffer => {
            "under KMS encryption an ETag is no digest, and copies differ by it that are alike: --compare size leaves it out".into()
        }
        AuditNote::Duplicates(keys) => format!("{} listed twice and counted once", counted(*keys, "key")),
        AuditNote::Throttled(requests) => format!(
            "{} throttled: an asynchronous invocation waits 1 s and up to 5 min before each new try; publish more slowly rather than reserve more",
            counted(*requests, "request")
        ),
        AuditNote::PlannedFor(objects) => format!("the plan was made for {} objects", count(*objects)),
        AuditNote::NotAllNamed => format!(
            "the document names the first {} of a kind; findings.csv names all",
            count(LISTED_AT_MOST as u64)
        ),
        AuditNote::NoMetrics(reason) => format!("no metrics: {reason}"),
    }
}
