//! Ctrl-C and a request to end: stop starting, let attempts in flight end, write the run, clean up.

use std::path::Path;

use rustix::process::Signal;
use serde_json::{Value, json};

use crate::localstack::{Buckets, boto3};
use crate::planner::{QUICK, Running, measure, planner, quick_with_data_set, shipped, until, write_scenario};
use crate::run_folder::{RunFolder, runs};
use crate::served::{ACCESS_KEY, SECRET_KEY, Served, serve};

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

/// A run on `planner cloud` that uploads a thousand objects before its first request.
fn preparing(folder: &Path, served: &Served, scenario: &Path) -> (Running, RunFolder) {
    let out = folder.join("runs");
    let mut command = measure(scenario, &out);
    command.args(["--target", "endpoint", "--objects", "20000"]);
    served.reach(&mut command);
    let beside = folder.join("beside");
    std::fs::create_dir(&beside).unwrap();
    let program = Running::start(command, &beside);
    let run = until_listed(&out, "written", 1000);
    (program, run)
}

/// Waits until the list of what a run created has so many events of a kind.
fn until_listed(out: &Path, event: &str, count: usize) -> RunFolder {
    until(&format!("{count} objects are {event}"), || {
        let run = runs(out).pop()?;
        let list = std::fs::read_to_string(run.file("created.csv")).ok()?;
        (list.lines().filter(|line| line.starts_with(event)).count() >= count).then_some(run)
    })
}

#[test]
fn an_interrupt_before_the_first_request_leaves_nothing_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let scenario = write_scenario(folder.path(), &quick_with_data_set());
    let served = serve(&scenario, folder.path());
    let (mut program, run) = preparing(folder.path(), &served, &scenario);
    program.signal(Signal::INT);
    assert_eq!(program.wait().code(), Some(130));
    assert!(!run.0.exists(), "nothing was measured");
    let left = boto3(
        &served.url,
        (ACCESS_KEY, SECRET_KEY),
        &[],
        "answer([key for key in objects('planner-source') if key.startswith('planner-runs/')])",
    );
    assert_eq!(left, json!([]));
}

#[test]
fn an_interrupt_stops_the_clean_up_and_another_one_finishes_it() {
    let folder = tempfile::tempdir().unwrap();
    let scenario = write_scenario(folder.path(), &quick_with_data_set());
    let served = serve(&scenario, folder.path());
    let (mut program, run) = preparing(folder.path(), &served, &scenario);
    program.signal(Signal::INT);
    until_listed(&folder.path().join("runs"), "deleted", 1);
    program.signal(Signal::INT);
    assert_eq!(program.wait().code(), Some(130));
    let said = stderr(&folder.path().join("beside"));
    assert!(said.contains("`planner cleanup ") && said.contains("goes on with it"), "{said}");
    let mut command = planner();
    command.arg("cleanup").arg(&run.0);
    served.reach(&mut command);
    crate::planner::run(command).with_code(0);
    let script = "answer(len(objects('planner-source', 'planner-runs/')))";
    assert_eq!(boto3(&served.url, (ACCESS_KEY, SECRET_KEY), &[], script), json!(0));
}

/// Each of them computes for far longer than the test waits.
#[test]
fn a_computation_ends_at_the_first_signal() {
    let plan = ["recommend", "--deadline", "10m", "--confidence", "0.9999"];
    let simulation = ["simulate", "--workers", "500", "--replications", "1000000"];
    for (command, signal) in
        [(&plan[..], Signal::TERM), (&simulation[..], Signal::INT), (&plan[..], Signal::HUP)]
    {
        let folder = tempfile::tempdir().unwrap();
        let mut program = planner();
        let batch = ["--objects", "10000000", "--residence", "lognormal(30s, cv=2)"];
        program.args(command).args(batch).arg("--out").arg(folder.path().join("plans"));
        let mut program = Running::start(program, folder.path());
        until("it hears signals", || program.hears(signal).then_some(()));
        program.signal(signal);
        assert_eq!(program.wait().code(), Some(130), "{command:?}, {signal:?}");
        assert!(stderr(folder.path()).contains("nothing was left half-written"));
        assert!(runs(&folder.path().join("plans")).is_empty());
    }
}
