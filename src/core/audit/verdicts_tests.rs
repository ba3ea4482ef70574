use super::*;
use crate::audit::function::Peaks;
use crate::audit::tally::List;
use crate::check::cloudwatch::{CloudWatchExport, CloudWatchPeriod};
use crate::service::function::PipelineShape;

fn tally(expected: u64, missing: u64, execution_time_s: i64) -> Tally {
    Tally {
        expected,
        arrived: expected - missing,
        missing: List { count: missing, first: Vec::new() },
        first_modified_ns: Some(0),
        last_modified_ns: Some(execution_time_s * 1_000_000_000),
        ..Tally::default()
    }
}

fn function(invocations: f64, peak: f64) -> AuditedFunction {
    let period = CloudWatchPeriod {
        invocations: Some(invocations),
        duration_s: Some(25.0),
        ..CloudWatchPeriod::default()
    };
    let metrics = CloudWatchExport { period_s: 60.0, periods: vec![period] };
    let peaks = Peaks { concurrent: Some(peak), ..Peaks::default() };
    AuditedFunction::of(Some("copy".into()), &metrics, peaks, None).unwrap()
}

const PROMISE: PlanExpectation = PlanExpectation {
    objects: Some(250.0),
    deadline_s: Some(600.0),
    finish_p50_s: Some(150.0),
    finish_p95_s: Some(160.0),
    finish_p99_s: Some(170.0),
    reserved_concurrency: Some(55.0),
    residence_mean_s: None,
    shape: Some(PipelineShape::Direct),
};

/// Two listings read to their ends, and nothing else.
fn listed(tally: &Tally) -> AuditEvidence<'_> {
    AuditEvidence { tally, complete: true, since_ns: None, function: None, promise: None }
}

fn judged(tally: &Tally, function: Option<&AuditedFunction>) -> AuditVerdicts {
    AuditVerdicts::of(AuditEvidence { function, promise: Some(&PROMISE), ..listed(tally) })
}

/// The talk's daily job: 250 objects in 2 min 40 s.
#[test]
fn a_backup_that_kept_its_plan_passes() {
    let verdicts = judged(&tally(250, 0, 160), Some(&function(251.0, 55.0)));
    assert!(verdicts.holds(), "{verdicts:?}");
    let took = ExecutionTime { least_s: 160.0, most_s: 160.0 };
    assert_eq!(verdicts.finish.why, AuditReason::Finish(took, "p95"));
    assert_eq!(verdicts.concurrency.why, AuditReason::Peak { peak: 55.0, reserved: 55.0, queued: false });
    assert!((verdicts.deadline.ratio.unwrap() - 160.0 / 600.0).abs() < 1e-12);
    let none = AuditVerdicts::of(listed(&tally(250, 0, 160)));
    assert!(none.holds());
    assert_eq!(none.named().iter().filter(|(_, it)| it.verdict == Verdict::NotAvailable).count(), 6);
}

#[test]
fn a_broken_promise_fails_alone() {
    for (time_s, peak, broken) in [
        (165, 50.0, &[][..]),
        (171, 50.0, &["finish"]),
        (601, 50.0, &["deadline", "finish"]),
        (100, 56.0, &["concurrency"]),
    ] {
        let verdicts = judged(&tally(250, 0, time_s), Some(&function(250.0, peak)));
        let failed: Vec<&str> = verdicts
            .named()
            .into_iter()
            .filter(|(_, finding)| finding.verdict == Verdict::Fail)
            .map(|(name, _)| name)
            .collect();
        assert_eq!((failed, verdicts.holds()), (broken.to_vec(), broken.is_empty()), "{time_s} {peak}");
    }
}

#[test]
fn fewer_invocations_than_objects_are_an_alarm_only_where_objects_are_missing() {
    let few = function(249.0, 50.0);
    let lost = judged(&tally(250, 1, 160), Some(&few));
    assert_eq!([lost.complete.verdict, lost.invocations.verdict], [Verdict::Fail; 2]);
    assert_eq!(lost.deadline.verdict, Verdict::NotAvailable, "the backup is not over");
    assert_eq!(lost.complete.why, AuditReason::NotArrived(1));
    let arrived = judged(&tally(250, 0, 160), Some(&few));
    assert_eq!(arrived.invocations.verdict, Verdict::Inconclusive);
    assert!(arrived.holds());
}

#[test]
fn more_invocations_than_retries_explain_show_nothing() {
    let seen = |invocations: f64| judged(&tally(40, 0, 160), Some(&function(invocations, 50.0))).invocations;
    assert_eq!((seen(41.0).verdict, seen(121.0).verdict), (Verdict::Pass, Verdict::Pass));
    let foreign = seen(45_000.0);
    assert_eq!((foreign.verdict, foreign.why), (Verdict::Inconclusive, AuditReason::RanForOthers(44_960)));
    let with_errors = AuditedFunction { errors: Some(3), ..function(50.0, 50.0) };
    assert_eq!(judged(&tally(40, 0, 160), Some(&with_errors)).invocations.verdict, Verdict::Inconclusive);
}

#[test]
fn what_was_not_looked_at_is_not_called_complete() {
    let verdicts = AuditVerdicts::of(AuditEvidence { complete: false, ..listed(&tally(250, 0, 160)) });
    assert_eq!((verdicts.complete.verdict, verdicts.holds()), (Verdict::Inconclusive, false));
    let nothing = judged(&Tally::default(), None);
    assert_eq!((nothing.complete.verdict, nothing.complete.ratio), (Verdict::Inconclusive, None));
    assert_eq!(nothing.complete.why, AuditReason::NothingAtSource);
}

/// The dates of 160 s leave out a copy of some 25 s, unless it is known that the backup took less.
#[test]
fn what_the_dates_leave_out_makes_a_close_deadline_uncertain() {
    let judged = |deadline_s: f64, since_s: Option<i64>| {
        let promise = PlanExpectation {
            residence_mean_s: Some(25.0),
            deadline_s: Some(deadline_s),
            ..PlanExpectation::default()
        };
        let since_ns = since_s.map(|since_s| since_s * 1_000_000_000);
        let tally = tally(250, 0, 160);
        let verdicts =
            AuditVerdicts::of(AuditEvidence { since_ns, promise: Some(&promise), ..listed(&tally) });
        (verdicts.deadline.verdict, verdicts.deadline.why)
    };
    for (deadline_s, since_s, verdict) in [
        (159.0, None, Verdict::Fail),
        (170.0, None, Verdict::Inconclusive),
        (185.0, None, Verdict::Pass),
        (170.0, Some(-10), Verdict::Pass),
        (185.0, Some(-3600), Verdict::Pass),
    ] {
        assert_eq!(judged(deadline_s, since_s).0, verdict, "{deadline_s} {since_s:?}");
    }
    let took = ExecutionTime { least_s: 160.0, most_s: 185.0 };
    assert_eq!(judged(170.0, None).1, AuditReason::Deadline(took, 170.0));
}

#[test]
fn what_was_not_to_be_copied_leaves_no_time_to_judge() {
    let unchanged = Tally { expected: 9, arrived: 9, unchanged: 9, ..Tally::default() };
    let verdicts = judged(&unchanged, None);
    assert_eq!(verdicts.complete.verdict, Verdict::Pass);
    assert_eq!(verdicts.deadline.why, AuditReason::NothingCopied);
}
