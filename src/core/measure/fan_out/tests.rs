//! Objects reconciled from sources that leave things out or contradict each other.

use super::evidence::{FanOutEvidence, FunctionCounts};
use super::object::{ObjectOutcome, reconcile};
use super::publications::Publications;
use super::second::{count_copies, of_invocations};
use super::stage::window;
use super::summary::FanOutSummary;
use crate::fan_out::copy_record::{CopyOutcome, CopyRecord};
use crate::load::attempt::{self, Attempt, JobEnd, RequestKind, Start};
use crate::measure::recorder::Recorder;
use crate::service::function::PipelineShape;
use crate::units::quantity::NS_PER_S;

/// One attempt at a batch of messages.
fn attempt(object: u64, items: u32, number: u32, ended_s: u64, job_end: Option<JobEnd>) -> Attempt {
    let start = Start { request: RequestKind::Publish, attempt: number, items, ..Start::of_copy(object) };
    let ended_ns = ended_s * NS_PER_S;
    let (outcome, started_ns) = (attempt::AttemptOutcome::Ok, ended_ns - NS_PER_S);
    Attempt { level: 0, start, started_ns, ended_ns, outcome, code: None, job_end }
}

/// A line about an object, with times since 1970; the run began at 1000.
fn line(n: u64, outcome: CopyOutcome, received_s: f64, ended_s: f64) -> CopyRecord {
    CopyRecord {
        outcome,
        code: (outcome == CopyOutcome::Failed).then(|| "NoSuchKey".into()),
        throttles: 1,
        ..CopyRecord::of_object(n, received_s, ended_s)
    }
}

#[test]
fn every_object_has_one_end_and_the_destination_has_the_last_word() {
    let mut publishes = Publications::default();
    // A batch of five in two attempts, then one that was never taken.
    publishes.add(&attempt(0, 5, 1, 1, None));
    publishes.add(&attempt(0, 5, 2, 3, Some(JobEnd::Done)));
    publishes.add(&attempt(5, 1, 1, 4, Some(JobEnd::Failed)));
    assert_eq!((publishes.done(), publishes.ended_s()), (5, 4.0));
    let mut evidence = FanOutEvidence {
        epoch_s: 1000.0,
        lines: vec![
            // Copied twice, and found there a third time; lines come in any order.
            line(0, CopyOutcome::Already, 1030.0, 1031.0),
            line(0, CopyOutcome::Failed, 1004.0, 1005.0),
            line(0, CopyOutcome::Copied, 1010.0, 1020.0),
            line(0, CopyOutcome::Copied, 1009.0, 1025.0),
            // Somebody removed the copy.
            line(1, CopyOutcome::Copied, 1004.0, 1014.0),
            line(2, CopyOutcome::Failed, 1004.0, 1014.0),
        ],
        // Nothing is known of how object 3 came there.
        modified_s: [(0, 25.0), (3, 12.5)].into(),
        dead_lettered: [2].into(),
        counts: FunctionCounts { invocations: Some(6), ..FunctionCounts::default() },
        ..FanOutEvidence::default()
    };
    let outcomes = |evidence: &FanOutEvidence| {
        reconcile(&publishes, evidence, |_| 1).iter().map(|it| it.outcome).collect::<Vec<_>>()
    };
    use ObjectOutcome::{Copied as Done, DeadLettered, Lost, Unfinished, Unpublished};
    assert_eq!(outcomes(&evidence), [Done, Unfinished, DeadLettered, Done, Unfinished, Unpublished]);
    evidence.is_over = true;
    assert_eq!(outcomes(&evidence), [Done, Lost, DeadLettered, Done, Lost, Unpublished]);

    let records = reconcile(&publishes, &evidence, |_| 1);
    let first = &records[0];
    assert_eq!((first.publish_started_s, first.publish_ended_s, first.received_s), (0.0, 3.0, Some(4.0)));
    assert_eq!(
        (first.copy_started_s, first.copy_ended_s, first.latency_s()),
        (Some(10.0), Some(20.0), Some(20.0))
    );
    assert_eq!((first.deliveries, first.failures, first.duplicates, first.slow_downs), (4, 1, 2, 4));
    assert_eq!((first.code.as_deref(), records[3].latency_s()), (Some("NoSuchKey"), None));

    let summary =
        FanOutSummary::of(PipelineShape::Queue, &Recorder::new(0, 0).summary(), &records, &evidence, |why| {
            format!("{why:?}")
        });
    let sum =
        summary.copied + summary.dead_lettered + summary.lost + summary.unfinished + summary.unpublished;
    assert_eq!((summary.objects, sum, summary.lost_objects.as_slice()), (6, 6, &[1, 4][..]));
    assert_eq!((summary.execution_time_s, summary.finish_s, summary.timed), (Some(12.5), Some(20.0), 2));
    assert!(summary.misses_objects() && summary.unknown.len() == 2, "{:?}", summary.unknown);
}

/// A batch is one job, and yet its messages may be taken one by one.
#[test]
fn a_message_that_was_taken_from_a_failed_batch_can_be_lost() {
    let mut publishes = Publications::default();
    publishes.add(&attempt(0, 3, 1, 1, Some(JobEnd::Failed)));
    publishes.taken([0, 2, 7]);
    assert_eq!((publishes.done(), publishes.iter().count()), (2, 3), "nobody was to publish object 7");
    let evidence =
        FanOutEvidence { modified_s: [(0, 5.0)].into(), is_over: true, ..FanOutEvidence::default() };
    let outcomes: Vec<_> =
        reconcile(&publishes, &evidence, |_| 1).iter().map(|record| record.outcome).collect();
    assert_eq!(outcomes, [ObjectOutcome::Copied, ObjectOutcome::Unpublished, ObjectOutcome::Lost]);
}

#[test]
fn objects_are_missed_whatever_became_of_them() {
    let mut publishes = Publications::default();
    publishes.add(&attempt(0, 2, 1, 1, Some(JobEnd::Done)));
    publishes.add(&attempt(2, 1, 1, 1, Some(JobEnd::Failed)));
    let misses = |arrived: &[u64], dead_letters: &[u64]| {
        let evidence = FanOutEvidence {
            modified_s: arrived.iter().map(|&object| (object, 5.0)).collect(),
            dead_lettered: dead_letters.iter().copied().collect(),
            ..FanOutEvidence::default()
        };
        let records = reconcile(&publishes, &evidence, |_| 1);
        FanOutSummary::of(PipelineShape::Queue, &Recorder::new(0, 0).summary(), &records, &evidence, |why| {
            format!("{why:?}")
        })
        .misses_objects()
    };
    assert!(misses(&[0, 2], &[1]), "a dead letter is no copy");
    assert!(misses(&[0, 1], &[]), "what was never published is no copy either");
    assert!(!misses(&[0, 1, 2], &[]));
}

#[test]
fn invocations_are_shared_out_to_the_seconds_they_run_in() {
    let mut rows = of_invocations(&[(0.5, 2.5), (2.5, 2.75), (1.0, 1.5)]);
    count_copies(&mut rows, [1.5, 2.5, 2.75]);
    let seen: Vec<_> = rows.iter().map(|row| (row.concurrency_mean, row.concurrency_max)).collect();
    assert_eq!(seen, [(0.5, 1), (1.5, 2), (0.75, 1)]);
    assert_eq!(
        rows.iter().map(|row| (row.invocations, row.copied)).collect::<Vec<_>>(),
        [(0, 0), (1, 1), (2, 2)]
    );
    assert!(of_invocations(&[]).is_empty());
    // One that ends with the last second, and one that ends on the border of two.
    let edges = of_invocations(&[(0.0, 5.0), (1.5, 3.0)]);
    assert_eq!(edges.iter().map(|row| row.invocations).collect::<Vec<_>>(), [0, 0, 0, 1, 1]);
    assert_eq!(edges.iter().map(|row| row.concurrency_mean).sum::<f64>(), 6.5);
}

#[test]
fn a_stay_that_ends_before_it_begins_takes_no_time() {
    let seen = window(&[(1.0, 3.0), (2.0, 1.9)], 4.0).unwrap();
    assert_eq!((seen.n(), seen.ended, seen.accounting_holds()), (0.5, 2, true));
    assert_eq!(window(&[], 4.0), None);
}
