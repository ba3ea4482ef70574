//! The ways of doing a job, through the command line.

use std::path::Path;

use serde_json::Value;

use crate::audited::only_folder;
use crate::planner::{CommandEnd, planner, run};

/// `planner strategies` with the daily job, outside of any folder of runs.
fn strategies(folder: &Path, options: &[&str]) -> CommandEnd {
    let mut command = planner();
    command.arg("strategies").args(options).current_dir(folder);
    run(command)
}

const DAILY: [&str; 8] =
    ["--objects", "250", "--size", "700MB", "--residence", "fixed(25.2s)", "--replications", "20"];

fn daily(folder: &Path, options: &[&str]) -> CommandEnd {
    strategies(folder, &[&DAILY, options].concat())
}

#[test]
fn the_daily_job_side_by_side() {
    let folder = tempfile::tempdir().unwrap();
    let ended = daily(folder.path(), &["--observed", "2m40s"]).with_code(0);
    let row = |name: &str| {
        let line = ended.stdout.lines().find(|line| line.trim_start().starts_with(name)).unwrap();
        line.split("  ").map(str::trim).filter(|cell| !cell.is_empty()).map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(row("for loop")[..4], ["for loop", "1h 45m", "1h 45m", "1"]);
    assert_eq!(row("pool ")[..4], ["pool", "1m 16s", "1m 16s", "100"]);
    assert_eq!(row("Batch Operations")[1..4], ["–", "–", "–"]);
    let words = ended.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        words.contains("X = 1.5625/s; at R = 25.2 s for one copy alone N = X·R = 39.4"),
        "{}",
        ended.stdout
    );
    assert!(ended.stdout.lines().all(|line| line.chars().count() <= 80), "{}", ended.stdout);
}

#[test]
fn the_document_and_the_page_stand_in_a_folder() {
    let folder = tempfile::tempdir().unwrap();
    let ended = daily(folder.path(), &["--format", "json", "--deadline", "3m"]).with_code(0);
    let json: Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!(
        (&json["schema"], &json["job"]["deadline_s"]),
        (&"planner/strategies/1".into(), &180.0.into())
    );
    let ways = json["strategies"].as_array().unwrap();
    assert_eq!(ways.len(), 9);
    assert!((ways[0]["finish_p50_s"].as_f64().unwrap() - 6300.0).abs() < 1e-6, "{}", ways[0]);
    assert_eq!(ways[0]["by_deadline"], 0.0);
    assert_eq!((&ways[5]["throttles"], &ways[5]["by_deadline"]), (&0.0.into(), &1.0.into()));
    assert!(ways[8]["finish_p50_s"].is_null() && json["observed"].is_null());
    let plan = only_folder(&folder.path().join("reports"));
    assert!(plan.file_name().unwrap().to_string_lossy().contains("strategies"));
    let read = |name: &str| std::fs::read_to_string(plan.join(name)).unwrap();
    assert_eq!(serde_json::from_str::<Value>(&read("plan.json")).unwrap(), json);
    assert!(
        read("report.html").contains("Against the for loop") && read("report.md").contains("| for loop |")
    );
}

#[test]
fn a_deadline_that_no_way_meets_ends_with_its_code() {
    let folder = tempfile::tempdir().unwrap();
    let ended = daily(folder.path(), &["--deadline", "10s", "--format", "markdown"]).with_code(4);
    assert!(ended.stdout.contains("Assumed: no way is done within 10.0 s; nearest "), "{}", ended.stdout);
}

#[test]
fn what_cannot_be_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    for (options, told) in [
        (&["--threads", "0"][..], "--threads"),
        (&["--pools", "1001"], "1..=1000"),
        (&["--rate", "0/s"], "nothing ever starts"),
        (&["--machine-usd-per-hour", "-1"], "is not a price"),
        (&["--machine-usd-per-hour", "nan"], "is not a price"),
        (&["--observed", "0s"], "no time at all"),
        (&["--deadline", "soon"], "is not a length of time"),
    ] {
        let ended = daily(folder.path(), options).with_code(2);
        assert!(ended.stderr.contains(told), "{}", ended.stderr);
    }
    strategies(folder.path(), &["--residence", "25.2s"]).with_code(2);
    let ended = daily(folder.path(), &["--limits", "nowhere.toml"]).with_code(3);
    assert!(ended.stderr.contains("nowhere.toml"), "{}", ended.stderr);
    assert!(!folder.path().join("reports").exists(), "nothing is written where nothing was worked out");
}
