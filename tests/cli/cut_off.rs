//! A run that was killed keeps what it measured, and nobody takes it for a whole one.

use std::fs;
use std::path::Path;

use rustix::process::Signal;
use serde_json::Value;

use crate::planner::{QUICK, Running, measure, planner, run, until, write_scenario};
use crate::run_folder::{AttemptRow, RunFolder, SeriesRow, runs};

/// A run in real time that would go on for an hour, killed after three seconds of its series.
fn killed(folder: &Path) -> RunFolder {
    let out = folder.join("runs");
    let mut command = measure(&write_scenario(folder, QUICK), &out);
    command.args(["--real-time", "--duration", "1h"]);
    let mut program = Running::start(command, folder);
    let run = until("three seconds are measured", || {
        let run = runs(&out).pop()?;
        let series = fs::read_to_string(run.file("series.csv")).ok()?;
        (series.lines().count() > 3).then_some(run)
    });
    program.signal(Signal::KILL);
    program.wait();
    run
}

/// What `planner report` says of a run folder.
fn reported(run: &RunFolder, format: &str) -> String {
    let mut command = planner();
    command.arg("report").arg(&run.0).args(["--format", format]);
    crate::planner::run(command).with_code(0).stdout
}

/// Checks a report against the rows that are whole: those that ended up to the last whole second.
fn check_report(run: &RunFolder) {
    let document: Value = serde_json::from_str(&reported(run, "json")).unwrap();
    let (attempts, series) = (run.attempts(), run.series());
    let level = &document["levels"][0];
    let end_ns = series.last().map_or(0, SeriesRow::end_ns);
    let counted: Vec<&AttemptRow> = attempts.iter().filter(|attempt| attempt.ended_ns <= end_ns).collect();
    let done = counted.iter().filter(|attempt| attempt.job_end == "done").count();
    let in_flight_ns: i128 = series.iter().map(|row| row.in_flight_time_ns).sum();
    let length_ns: i128 = series.iter().map(|row| row.length_ns).sum();
    assert_eq!(document["complete"], false);
    assert_eq!(level["attempts"], series.iter().map(|row| row.ended).sum::<usize>());
    assert_eq!(level["jobs_done"], done);
    assert_eq!(level["size_bytes"], counted.iter().map(|attempt| attempt.size_bytes).sum::<u64>());
    assert_eq!(level["stop_reason"], Value::Null);
    let close = |name: &str, expected: f64| {
        assert!((level[name].as_f64().unwrap() / expected - 1.0).abs() < 1e-9, "{name} of {level}");
    };
    close("makespan_s", length_ns as f64 / 1e9);
    close("in_flight_mean", in_flight_ns as f64 / length_ns as f64);
    let late_ns = counted.iter().map(|attempt| attempt.started_ns - attempt.intended_ns);
    let late_mean_s = late_ns.sum::<i128>() as f64 / counted.len() as f64 / 1e9;
    let lateness_s = level["lateness_s"]["mean"].as_f64().unwrap();
    // The histogram keeps three digits.
    assert!((lateness_s / late_mean_s - 1.0).abs() < 0.01, "{lateness_s} is not {late_mean_s}");
}

#[test]
fn a_killed_run_is_readable_and_marked_incomplete() {
    let folder = tempfile::tempdir().unwrap();
    let run = killed(folder.path());
    assert_eq!(run.document()["complete"], false);
    assert!(run.attempts().len() > 40 && run.series().len() >= 3);
    assert_eq!(run.series().iter().map(|row| row.ended).sum::<usize>(), {
        let end_ns = run.series().last().unwrap().end_ns();
        run.attempts().iter().filter(|attempt| attempt.ended_ns < end_ns).count()
    });
    check_report(&run);
    assert!(reported(&run, "table").contains("INCOMPLETE"));
    assert!(reported(&run, "markdown").to_lowercase().contains("incomplete"));
    assert!(run.text("report.html").to_lowercase().contains("incomplete"));
    assert_eq!(run.document()["complete"], false, "a report does not make it whole");
}

#[test]
fn a_torn_last_line_is_left_out_wherever_it_was_torn() {
    let folder = tempfile::tempdir().unwrap();
    let run = killed(folder.path());
    let whole = ["attempts.csv", "series.csv", "latency.hlog"].map(|name| (name, whole_lines(&run, name)));
    // At 1 only the line's end is missing; at 2 and more its last cells are cut short or gone.
    for torn_bytes in [1, 2, 3, 7, 20, 60] {
        for (torn, _) in &whole {
            for (name, text) in &whole {
                let missing = if name == torn { torn_bytes } else { 0 };
                fs::write(run.file(name), &text[..text.len() - missing]).unwrap();
            }
            check_report(&run);
        }
    }
}

fn whole_lines(run: &RunFolder, name: &str) -> String {
    let mut text = run.text(name);
    text.truncate(text.rfind('\n').unwrap() + 1);
    text
}

/// The moment before the first second is over, and the one before the files have their headers.
#[test]
fn a_run_that_was_killed_at_once_is_readable() {
    let folder = tempfile::tempdir().unwrap();
    let run = killed(folder.path());
    for lines in [1, 0] {
        for name in ["attempts.csv", "series.csv", "latency.hlog"] {
            let text = run.text(name);
            let kept: String = text.split_inclusive('\n').take(lines).collect();
            fs::write(run.file(name), kept).unwrap();
        }
        let document: Value = serde_json::from_str(&reported(&run, "json")).unwrap();
        assert_eq!((&document["complete"], document["levels"].as_array().unwrap().len()), (&false.into(), 0));
        assert!(reported(&run, "table").contains("INCOMPLETE"));
    }
}

#[test]
fn a_folder_that_is_no_run_is_refused_with_a_reason() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = planner();
    command.arg("report").arg(folder.path());
    let ended = run(command).with_code(3);
    assert!(
        ended.stderr.contains("run.json") && ended.stderr.contains("planner measure"),
        "{}",
        ended.stderr
    );
}
