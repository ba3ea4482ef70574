//! `planner measure` drives the deployed pipeline and finds out what became of every object.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use crate::stack::{Stack, url};

/// The shipped scenario on a stack and its buckets, in the queue's shape as it is.
fn scenario(stack: &Stack, folder: &Path, changes: &[(&str, &str)]) -> PathBuf {
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/ministack-fan-out.toml");
    let mut text = std::fs::read_to_string(shipped).unwrap();
    let stack_line = format!("stack = \"{}\"", stack.name());
    let buckets = format!(
        "[target]\nsource_bucket = \"{}\"\ndestination_bucket = \"{}\"",
        stack.source(),
        stack.target()
    );
    for (from, to) in [("stack = \"planner\"", &*stack_line), ("[target]", &*buckets)].iter().chain(changes) {
        assert!(text.contains(from), "{from}");
        text = text.replace(from, to);
    }
    let path = folder.join("scenario.toml");
    std::fs::write(&path, text).unwrap();
    path
}

/// Runs the scenario; gives the exit code, the document and the outcomes of all objects.
fn measure(scenario: &Path, folder: &Path) -> (Option<i32>, Value, Vec<String>) {
    let output = Command::new(env!("CARGO_BIN_EXE_planner"))
        .arg("measure")
        .arg(scenario)
        .args(["--quiet", "--endpoint-url", &url(), "--out"])
        .arg(folder.join("runs"))
        .env_clear()
        .output()
        .unwrap();
    let entries = std::fs::read_dir(folder.join("runs")).unwrap().map(|entry| entry.unwrap().path());
    let run = entries.into_iter().find(|path| path.is_dir());
    let run = run.unwrap_or_else(|| panic!("{}", String::from_utf8_lossy(&output.stderr)));
    let document = serde_json::from_slice(&std::fs::read(run.join("run.json")).unwrap()).unwrap();
    let mut reader = csv::Reader::from_path(run.join("deliveries.csv")).unwrap();
    let outcomes = reader.records().map(|row| row.unwrap()[1].to_owned()).collect();
    (output.status.code(), document, outcomes)
}

#[tokio::test]
async fn the_queue_brings_every_object_and_the_planner_sees_each() {
    let parameters =
        ["Shape=queue", "ReservedConcurrency=2", "Timeout=30", "DestinationPrefix=planner-runs/"];
    let stack = Stack::deploy("mq", &parameters, &[]).await;
    let folder = tempfile::tempdir().unwrap();
    let (code, document, outcomes) = measure(&scenario(&stack, folder.path(), &[]), folder.path());
    let found = &document["fan_out"];
    assert_eq!((&found["copied"], &found["timed"]), (&json!(60), &json!(60)), "{found:#}");
    assert!(outcomes.len() == 60 && outcomes.iter().all(|outcome| outcome == "copied"));
    // However late it was published on a busy machine: a fan-out is judged by what arrived.
    assert_eq!(code, Some(0), "{found:#}");
    assert!(found["concurrency_peak"].as_u64().unwrap() <= 2);
    let stages = found["stages"].as_array().unwrap();
    let held = stages.iter().all(|stage| stage["law"]["accounting_holds"] == true);
    assert!(stages.len() == 5 && held, "{found:#}");
    assert!(stack.s3.list_objects_v2().bucket(stack.target()).send().await.unwrap().contents().is_empty());
}

#[tokio::test]
async fn what_the_topic_alone_drops_is_reported_object_by_object() {
    let parameters =
        ["Shape=direct", "ReservedConcurrency=2", "Timeout=30", "DestinationPrefix=planner-runs/"];
    let stack = Stack::deploy("md", &parameters, &[]).await;
    let folder = tempfile::tempdir().unwrap();
    let changes = [("shape = \"queue\"", "shape = \"direct\""), ("wait = \"2m\"", "wait = \"5s\"")];
    let (code, document, outcomes) = measure(&scenario(&stack, folder.path(), &changes), folder.path());
    assert_eq!(code, Some(5));
    let found = &document["fan_out"];
    // Off AWS nobody knows whether the messages are lost, only that their objects have not arrived.
    let (lost, copied) = (found["unfinished"].as_u64().unwrap(), found["copied"].as_u64().unwrap());
    assert!(lost > 0 && copied > 0 && lost + copied == 60, "{found:#}");
    let named =
        outcomes.iter().enumerate().filter(|(_, outcome)| *outcome == "unfinished").map(|(n, _)| n as u64);
    assert_eq!(json!(named.collect::<Vec<_>>()), found["unfinished_objects"]);
    assert_eq!(found["throttles"], json!(lost), "each was a throttled message");
    let unknown = found["unknown"].as_array().unwrap();
    assert!(unknown.iter().any(|text| text.as_str().unwrap().contains("CloudWatch counts")), "{found:#}");
}
