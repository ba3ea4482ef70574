//! Ctrl-C and a request to end: stop starting, let attempts in flight end, write the run, clean up.

use std::path::Path;

use rustix::process::Signal;
use serde_json::{Value, json};

use crate::localstack::Buckets;
use crate::planner::{QUICK, Running, measure, shipped, until, write_scenario};
use crate::run_folder::{RunFolder, runs};

/// Starts a run in real time and waits until it has measured a second.
fn started(folder: &Path, scenario: &str) -> (Running, RunFolder) {
    let out = folder.join("runs");
    let mut command = measure(&write_scenario(folder, scenario), &out);
    command.args(["--real-time", "--duration", "1h"]);
    let program = Running::start(command, folder);
    let run = until_measured(&out);
    (program, run)
}

fn until_measured(out: &Path) -> RunFolder {
    until("a second is measured", || {
        let run = runs(out).pop()?;
        let series = std::fs::read_to_string(run.file("series.csv")).ok()?;
        (series.lines().count() > 1).then_some(run)
    })
}

fn stderr(folder: &Path) -> String {
    std::fs::read_to_string(folder.join("stderr")).unwrap()
}

/// Checks a run whose attempts could all end after the user had stopped it.
fn check_drained(run: &RunFolder) {
    let document = run.document();
    let level = &document["levels"][0];
    let attempts = run.attempts();
    assert_eq!((&document["complete"], &level["stop_reason"]), (&json!(true), &json!("interrupted")));
    assert_eq!(level["attempts"], attempts.len());
    let jobs = attempts.iter().filter(|attempt| !attempt.job_end.is_empty()).count();
    assert_eq!(level["jobs"], jobs, "every job that was started has ended");
    assert_eq!(run.series().last().unwrap().in_flight_end, 0);
    assert!(run.file("report.html").exists());
}

#[test]
fn one_signal_stops_the_run_in_good_order() {
    for signal in [Signal::INT, Signal::TERM] {
        let folder = tempfile::tempdir().unwrap();
        let (mut program, run) = started(folder.path(), QUICK);
        program.signal(signal);
        assert_eq!(program.wait().code(), Some(130), "{signal:?}");
        check_drained(&run);
        assert_eq!(run.document()["levels"][0]["jobs_failed"], 0);
        assert!(stderr(folder.path()).contains("stopping"), "{signal:?}");
    }
}

/// The copies take ten minutes and the first signal waits half a minute for them, so only the second one can
/// have ended the run any sooner.
#[test]
fn a_second_signal_leaves_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let scenario = QUICK.replace("base_s = 0.05", "base_s = 600.0");
    let (mut program, run) = started(folder.path(), &scenario);
    program.signal(Signal::INT);
    until("the first signal has been heard", || stderr(folder.path()).contains("stopping").then_some(()));
    assert!(program.goes_on(), "attempts are in flight");
    program.signal(Signal::TERM);
    assert_eq!(program.wait().code(), Some(130));
    let document = run.document();
    let level = &document["levels"][0];
    assert_eq!((&document["complete"], &level["stop_reason"]), (&json!(true), &json!("interrupted")));
    assert_eq!((&level["jobs"], &level["jobs_done"], &level["attempts"]), (&json!(4), &json!(0), &json!(0)));
    assert!(level["makespan_s"].as_f64().unwrap() < 30.0, "{level}");
    assert!(stderr(folder.path()).contains("4 attempts were left in flight"));
}

#[test]
fn an_interrupted_run_leaves_nothing_on_localstack() {
    let buckets = Buckets::new("interrupted");
    buckets.ask(
        "for bucket in (source, destination):
    s3.create_bucket(Bucket=bucket)
    s3.put_object(Bucket=bucket, Key='planner-runs/of-somebody-else', Body=b'stays')
answer(None)",
    );
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("runs");
    let mut command = buckets.measure(&shipped("localstack"), &out);
    command.args(["--duration", "1h"]);
    let mut program = Running::start(command, folder.path());
    let run = until_measured(&out);
    program.signal(Signal::INT);
    assert_eq!(program.wait().code(), Some(130), "{}", stderr(folder.path()));
    check_drained(&run);
    let left: Value = buckets.ask(
        "uploads = lambda bucket: len(s3.list_multipart_uploads(Bucket=bucket).get('Uploads', []))
answer([[list(objects(bucket)), uploads(bucket)] for bucket in (source, destination)])",
    );
    let foreign = json!([["planner-runs/of-somebody-else"], 0]);
    assert_eq!(left, json!([foreign, foreign]));
}
