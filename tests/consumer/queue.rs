//! SNS → SQS → Lambda: nothing is lost, whatever happens to the function.

use std::collections::BTreeSet;

use planner_core::fan_out::copy_record::CopyOutcome;
use rustix::process::{Pid, Signal, kill_process};

use crate::stack::{Stack, until};

const LARGE: &str = "large/ü +";
const MIB: usize = 1 << 20;

#[tokio::test]
async fn the_queue_brings_all_objects_through_failures_and_a_killed_worker() {
    let parameters = [
        "Shape=queue",
        "ReservedConcurrency=2",
        "Timeout=4",
        "VisibilityTimeout=4",
        "MaximumReceives=100",
        "MultipartAbove=5MiB",
        "PartSize=5MiB",
        "ParallelParts=1",
    ];
    let stack = Stack::deploy("queue", &parameters, &["INJECT_FAILURES=0.3"]).await;
    let small = stack.put_small(40).await;
    // No two parts are alike.
    let large: Vec<u8> = (0..48 * MIB / 8).flat_map(|word| (word as u64).to_le_bytes()).collect();
    stack.put(LARGE, large).await;

    // Alone, so that there is one worker; killed while it copies, which an open upload shows.
    stack.publish_one(0, LARGE).await;
    until("an upload to begin", async || {
        let uploads = stack.s3.list_multipart_uploads().bucket(stack.target()).send().await.unwrap();
        !uploads.uploads().is_empty()
    })
    .await;
    let [worker] = stack.processes().try_into().unwrap();
    kill_process(Pid::from_raw(worker).unwrap(), Signal::KILL).unwrap();
    assert!(!stack.arrived().await.contains(LARGE), "the copy was over before its worker was killed");

    let objects: Vec<(u64, &str)> = (1..).zip(small.iter().map(String::as_str)).collect();
    stack.publish(&objects).await;
    let mut expected: BTreeSet<String> = small.into_iter().collect();
    expected.insert(LARGE.to_owned());
    until("all objects to arrive", async || stack.arrived().await == expected).await;
    for key in &expected {
        stack.check(key).await;
    }
    // Copies arrive a little before the lines about them.
    until("a line for each copy", async || done(&stack).await.len() == expected.len()).await;
    assert_eq!(stack.dead_letters().await, [""; 0]);
    assert_eq!(
        stack.counted("Throttles").await,
        0,
        "messages wait in the queue, not in front of the function"
    );

    let lines = stack.lines().await;
    let injected = lines.iter().filter(|line| line.code.as_deref() == Some("Injected")).count();
    assert!(injected > 0, "no failure was injected into {} deliveries", lines.len());
    let killed = lines.iter().find(|line| line.n == Some(0) && line.outcome.is_done()).unwrap();
    assert!(killed.delivery >= Some(2), "{killed:?}");
    for line in lines.iter().filter(|line| line.outcome == CopyOutcome::Copied) {
        let times = [line.sent_s.unwrap(), line.received_s, line.started_s, line.ended_s];
        assert!(times.is_sorted(), "{line:?}");
    }
}

/// Numbers of the objects that the function says it copied.
async fn done(stack: &Stack) -> BTreeSet<u64> {
    let lines = stack.lines().await;
    lines.iter().filter(|line| line.outcome.is_done()).filter_map(|line| line.n).collect()
}
