//! SNS → Lambda: works while nothing is throttled; what an emulator drops under throttling is found by name.
//!
//! On AWS a throttled message waits in Lambda's queue instead, and is lost only when it is too old.

use std::collections::BTreeSet;

use planner_core::fan_out::copy_record::CopyOutcome;

use crate::stack::{Stack, until};

const OBJECTS: usize = 40;

#[tokio::test]
async fn what_a_throttled_topic_drops_is_found_and_sent_again() {
    let parameters = ["Shape=direct", "ReservedConcurrency=2", "Timeout=30"];
    let stack = Stack::deploy("direct", &parameters, &[]).await;
    let keys = stack.put_small(OBJECTS).await;
    let objects: Vec<(u64, &str)> = (0..).zip(keys.iter().map(String::as_str)).collect();

    stack.publish(&objects).await;
    until("every message to be worked on or throttled", async || {
        stack.lines().await.len() + stack.counted("Throttles").await == OBJECTS
    })
    .await;
    let arrived = stack.arrived().await;
    let lost: Vec<(u64, &str)> = objects.iter().copied().filter(|(_, key)| !arrived.contains(*key)).collect();
    assert!(!lost.is_empty(), "nothing was throttled at two in progress");
    assert_eq!(lost.len(), stack.counted("Throttles").await, "each lost object was a throttled message");
    let told: BTreeSet<u64> = stack.lines().await.iter().filter_map(|line| line.n).collect();
    assert!(lost.iter().all(|(n, _)| !told.contains(n)), "no line speaks of a lost object");

    // One after the other, as a paced publisher sends them.
    for &(n, key) in &lost {
        stack.publish_one(n, key).await;
        until("a lost object to arrive", async || stack.arrived().await.contains(key)).await;
        until("its line", async || stack.lines().await.iter().any(|line| line.n == Some(n))).await;
    }
    for key in &keys {
        stack.check(key).await;
    }
    // Once more, as a topic may: nothing is copied twice.
    let (n, key) = objects[0];
    stack.publish_one(n, key).await;
    until("the second delivery", async || stack.lines().await.len() == OBJECTS + 1).await;
    let again = stack.lines().await.into_iter().filter(|line| line.n == Some(n));
    assert!(again.map(|line| line.outcome).any(|outcome| outcome == CopyOutcome::Already));
}
