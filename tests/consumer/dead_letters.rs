//! Messages that cannot be followed are put aside, and say why.

use planner_core::fan_out::copy_record::CopyOutcome;

use crate::stack::{Stack, until};

#[tokio::test]
async fn a_message_of_another_version_is_put_aside() {
    let parameters =
        ["Shape=queue", "ReservedConcurrency=2", "Timeout=3", "VisibilityTimeout=3", "MaximumReceives=1"];
    let stack = Stack::deploy("dead", &parameters, &[]).await;
    let newer = r#"{"v":2,"objects":["a"]}"#;
    stack.publish_text(newer).await;
    until("the dead letter", async || !stack.dead_letters().await.is_empty()).await;
    assert_eq!(stack.dead_letters().await, [newer]);
    let [line] = stack.lines().await.try_into().unwrap();
    assert_eq!((line.outcome, line.run, line.n), (CopyOutcome::Rejected, None, None));
    assert!(line.code.unwrap().contains("version 2"));
}
