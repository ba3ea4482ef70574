//! Data on standard output, everything else on standard error.

use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::planner::{CommandEnd, planner, run, shipped};
use crate::run_folder::RunFolder;

fn daily(out: &Path, options: &[&str]) -> Command {
    let mut command = planner();
    command.arg("measure").arg(shipped("daily")).arg("--out").arg(out).args(options);
    command
}

#[test]
fn json_is_the_run_document_and_nothing_else() {
    let out = tempfile::tempdir().unwrap();
    let CommandEnd { stdout, stderr, .. } = run(daily(out.path(), &["--format", "json"])).with_code(0);
    let printed: Value = serde_json::from_str(&stdout).unwrap();
    let folder = RunFolder::only(out.path());
    assert_eq!(printed, folder.document());
    assert_eq!(stderr, format!("run folder: {}\n", folder.0.display()));

    let mut again = planner();
    again.arg("report").arg(&folder.0).args(["--format", "json"]);
    assert_eq!(run(again).with_code(0).stdout, stdout);
}

#[test]
fn csv_has_one_row_a_level() {
    let out = tempfile::tempdir().unwrap();
    let mut command = planner();
    command.arg("measure").arg(shipped("sweep")).arg("--out").arg(out.path());
    command.args(["--duration", "5s", "--format", "csv"]);
    let stdout = run(command).with_code(0).stdout;
    let mut reader = csv::Reader::from_reader(stdout.as_bytes());
    let at = reader.headers().unwrap().iter().position(|name| name == "concurrency").unwrap();
    let levels: Vec<String> = reader.records().map(|row| row.unwrap()[at].to_owned()).collect();
    assert_eq!(levels, ["1", "4", "16", "64", "256", "1024", "2048", "4096"]);
}

#[test]
fn rehearsals_say_so_first_and_colours_stay_out_of_pipes() {
    let out = tempfile::tempdir().unwrap();
    for format in ["table", "markdown"] {
        let stdout = run(daily(out.path(), &["--format", format])).with_code(0).stdout;
        let beginning: Vec<&str> = stdout.lines().take(6).collect();
        assert!(beginning.join(" ").to_lowercase().contains("rehearsal"), "{beginning:?}");
        assert!(!stdout.contains('\u{1b}'), "an escape sequence in {format}");
    }
}

#[test]
fn quiet_is_silent() {
    let out = tempfile::tempdir().unwrap();
    let ended = run(daily(out.path(), &["--quiet"])).with_code(0);
    assert_eq!((ended.stdout.as_str(), ended.stderr.as_str()), ("", ""));
    let mut report = planner();
    report.arg("report").arg(&RunFolder::only(out.path()).0).arg("--quiet");
    let ended = run(report).with_code(0);
    assert_eq!((ended.stdout.as_str(), ended.stderr.as_str()), ("", ""));
}

/// As `| head -1` does it: reads one line and hangs up.
#[test]
fn a_reader_that_leaves_early_is_no_failure() {
    let out = tempfile::tempdir().unwrap();
    let commands: [(&str, &[&str]); 4] = [
        ("table", &[]),
        ("json", &["--format", "json"]),
        ("csv", &["--format", "csv"]),
        ("md", &["--format", "markdown"]),
    ];
    let mut commands: Vec<(&str, Command)> =
        commands.into_iter().map(|(name, options)| (name, daily(out.path(), options))).collect();
    for name in ["schema", "man", "help"] {
        let mut command = planner();
        command.arg(name);
        commands.push((name, command));
    }
    for (name, mut command) in commands {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut stdout = BufReader::with_capacity(1, child.stdout.take().unwrap());
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        drop(stdout);
        let mut stderr = String::new();
        child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(0), "{name}: {stderr}");
        assert!(!line.trim().is_empty(), "{name}");
        let only_the_folder = stderr.lines().all(|line| line.starts_with("run folder: "));
        assert!(only_the_folder, "{name}: {stderr}");
    }
    // And readers that were never there, as with `2>&1 | true`.
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let mut command = daily(out.path(), &[]);
    command.stdout(writer.try_clone().unwrap()).stderr(writer);
    assert_eq!(command.status().unwrap().code(), Some(0));
}

#[test]
fn the_schema_is_json_and_the_other_pages_are_there() {
    let print = |arguments: &[&str]| {
        let mut command = planner();
        command.args(arguments);
        let ended = run(command).with_code(0);
        assert_eq!(ended.stderr, "", "{arguments:?}");
        ended.stdout
    };
    let schema: Value = serde_json::from_str(&print(&["schema"])).unwrap();
    let properties = schema["properties"].as_object().unwrap();
    for name in ["name", "operation", "objects", "arrivals", "target", "thresholds"] {
        assert!(properties.contains_key(name), "{name}");
    }
    assert!(print(&["man"]).contains(".TH planner"));
    assert!(print(&["completions", "bash"]).contains("planner"));
    assert!(print(&["--help"]).contains("130 interrupted"));
}

#[test]
fn a_threshold_that_is_crossed_ends_with_99() {
    let out = tempfile::tempdir().unwrap();
    let text = std::fs::read_to_string(shipped("daily")).unwrap();
    let scenario = |thresholds: &str| {
        let text = text.replace("operation =", &format!("thresholds = [{thresholds}]\noperation ="));
        crate::planner::write_scenario(out.path(), &text)
    };
    let measure = |path: &Path| run(crate::planner::measure(path, &out.path().join("runs")));
    measure(&scenario("\"makespan < 2m\", \"failed = 0%\"")).with_code(0);
    measure(&scenario("\"makespan < 1m\"")).with_code(99);
}
