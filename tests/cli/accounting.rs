//! What `series.csv` and `run.json` say is recomputed from `attempts.csv`, to the nanosecond.

use std::path::Path;

use serde_json::Value;

use crate::planner::{QUICK, measure, run, shipped, write_scenario};
use crate::run_folder::{AttemptRow, RunFolder, SeriesRow};

/// Throttles, server errors, retries and parts: everything that an attempt can be.
const TROUBLED: &str = "\
name = \"troubled\"
operation = \"copy\"

[objects]
count = 600
size = { lognormal = { mean = \"300MB\", cv = 0.8 } }
prefixes = 3

[arrivals]
kind = \"poisson\"
rate = \"30/s\"
max_in_flight = 50

[copy]
multipart_above = \"400MB\"
part_size = \"100MB\"
parallel_parts = 2

[retry]
max_attempts = 3

[target.service.request]
prefix_rate_per_s = 12.0
error_rate = 0.1
";

/// Runs a scenario and gives its folder.
fn measured(scenario: &Path, out: &Path, options: &[&str]) -> RunFolder {
    let mut command = measure(scenario, out);
    command.args(options);
    run(command).with_code(0);
    RunFolder::only(out)
}

/// Checks every second of a run against its attempts.
fn check_series(attempts: &[AttemptRow], series: &[SeriesRow]) {
    assert!(!series.is_empty());
    for (index, row) in series.iter().enumerate() {
        let (from, to) = (row.start_ns, row.end_ns());
        let follows = series.get(index + 1).filter(|next| next.level == row.level);
        if let Some(next) = follows {
            assert_eq!((next.start_ns, next.age_start_ns), (to, row.age_end_ns), "a gap after {row:?}");
        }
        // What happens on a border belongs to what comes after it.
        let is_in = |time: i128| from <= time && (time < to || follows.is_none() && time == to);
        let level = || attempts.iter().filter(|attempt| attempt.level == row.level);
        let ended: Vec<&AttemptRow> = level().filter(|attempt| is_in(attempt.ended_ns)).collect();
        let with = |outcomes: &[&str]| {
            ended.iter().filter(|attempt| outcomes.contains(&attempt.outcome.as_str())).count()
        };
        let ages_at = |time: i128| -> i128 {
            let in_flight = level().filter(|attempt| attempt.started_ns <= time && time <= attempt.ended_ns);
            in_flight.map(|attempt| time - attempt.started_ns).sum()
        };
        let integral_ns: i128 =
            level().map(|attempt| (attempt.ended_ns.min(to) - attempt.started_ns.max(from)).max(0)).sum();
        let residence_ns: i128 = ended.iter().map(|attempt| attempt.ended_ns - attempt.started_ns).sum();
        let done = ended.iter().filter(|attempt| attempt.job_end == "done");
        let age_end_ns = if follows.is_none() { row.age_end_ns } else { ages_at(to) };

        assert_eq!(row.ended, ended.len(), "{row:?}");
        assert_eq!(row.ok, with(&["ok"]), "{row:?}");
        assert_eq!(row.throttled, with(&["throttled"]), "{row:?}");
        assert_eq!(row.errors, with(&["client_error", "server_error", "timeout", "connection"]), "{row:?}");
        assert_eq!(row.items_done, done.map(|attempt| attempt.items).sum::<u64>(), "{row:?}");
        assert_eq!(row.started, level().filter(|attempt| is_in(attempt.started_ns)).count(), "{row:?}");
        assert_eq!(row.in_flight_time_ns, integral_ns, "{row:?}");
        assert_eq!(row.residence_ns, residence_ns, "{row:?}");
        assert_eq!((row.age_start_ns, row.age_end_ns), (ages_at(from), age_end_ns), "{row:?}");
        assert_eq!(integral_ns, residence_ns + age_end_ns - row.age_start_ns, "the departure form: {row:?}");
    }
    let last = series.last().unwrap();
    assert_eq!((last.in_flight_end, last.age_end_ns), (0, 0), "the run ends with nothing in flight");
}

/// Checks the levels of a run's document against its attempts.
fn check_levels(attempts: &[AttemptRow], series: &[SeriesRow], document: &Value) {
    let levels = document["levels"].as_array().unwrap();
    assert_eq!(levels.len(), series.last().unwrap().level + 1);
    for (index, level) in levels.iter().enumerate() {
        let own: Vec<&AttemptRow> = attempts.iter().filter(|attempt| attempt.level == index).collect();
        let rows = || series.iter().filter(|row| row.level == index);
        let length_s = rows().map(|row| row.length_ns).sum::<i128>() as f64 / 1e9;
        let busy_s =
            own.iter().map(|attempt| attempt.ended_ns - attempt.started_ns).sum::<i128>() as f64 / 1e9;
        let count = |ends: &str| own.iter().filter(|attempt| attempt.job_end == ends).count();
        let number = |name: &str| level[name].as_f64().unwrap();
        let close = |name: &str, expected: f64| {
            assert!(
                (number(name) / expected - 1.0).abs() < 1e-9,
                "{name}: {} is not {expected}",
                number(name)
            );
        };
        let throttled = own.iter().filter(|attempt| attempt.outcome == "throttled").count();
        let jobs: std::collections::HashSet<u64> = own.iter().map(|attempt| attempt.job).collect();

        close("throughput_per_s", own.len() as f64 / length_s);
        close("residence_mean_s", busy_s / own.len() as f64);
        close("in_flight_mean", busy_s / length_s);
        close("makespan_s", length_s);
        assert_eq!(level["attempts"], own.len());
        assert_eq!(level["jobs"], jobs.len());
        assert_eq!(level["jobs_done"], count("done"));
        assert_eq!(level["jobs_failed"], count("failed"));
        assert_eq!(jobs.len(), count("done") + count("failed"), "every job ended once");
        assert_eq!(level["throttles"], throttled);
        let not_started = level["not_started"].as_object().unwrap().values();
        let not_started: u64 = not_started.map(|count| count.as_u64().unwrap()).sum();
        assert_eq!(not_started, rows().map(|row| row.not_started).sum::<u64>());
        assert_eq!(level["littles_law"]["accounting_holds"], true);
    }
    assert_eq!(document["verdicts"]["accounting"]["verdict"], "pass");
}

fn check(folder: &RunFolder) {
    let (attempts, series) = (folder.attempts(), folder.series());
    check_series(&attempts, &series);
    check_levels(&attempts, &series, &folder.document());
}

#[test]
fn every_second_and_every_level_adds_up() {
    for (name, options) in [
        ("daily", &[][..]),
        ("thread-pool", &[]),
        ("publish", &[]),
        ("sweep", &["--duration", "10s"]),
        ("bulk", &["--objects", "1500", "--workers", "300"]),
    ] {
        let out = tempfile::tempdir().unwrap();
        check(&measured(&shipped(name), out.path(), options));
    }
}

#[test]
fn throttles_errors_retries_and_arrivals_that_found_no_room_add_up() {
    let out = tempfile::tempdir().unwrap();
    let scenario = write_scenario(out.path(), TROUBLED);
    let folder = measured(&scenario, &out.path().join("runs"), &[]);
    check(&folder);
    let level = &folder.document()["levels"][0];
    let requests: std::collections::HashSet<String> =
        folder.attempts().into_iter().map(|attempt| attempt.request).collect();
    // Otherwise the scenario would not be the trouble that it is meant to be.
    assert!(level["throttles"].as_u64().unwrap() > 0, "{level}");
    assert!(level["errors"]["server_error"].as_u64().unwrap() > 0, "{level}");
    assert!(level["jobs_failed"].as_u64().unwrap() > 0, "{level}");
    assert!(level["not_started"]["max_in_flight"].as_u64().unwrap_or(0) > 0, "{level}");
    assert_eq!(requests.len(), 5, "{requests:?}");
}

#[test]
fn real_time_adds_up_too() {
    let out = tempfile::tempdir().unwrap();
    let scenario = write_scenario(out.path(), QUICK);
    let mut command = measure(&scenario, &out.path().join("runs"));
    command.args(["--real-time", "--objects", "100"]);
    run(command);
    check(&RunFolder::only(&out.path().join("runs")));
}

/// Arrivals are those that started and those that could not.
#[test]
fn a_ramp_has_all_its_arrivals() {
    let out = tempfile::tempdir().unwrap();
    let text = std::fs::read_to_string(shipped("ramp")).unwrap();
    let arrivals = |name: &str, text: &str| {
        let folder = out.path().join(name);
        std::fs::create_dir(&folder).unwrap();
        let run = measured(&write_scenario(&folder, text), &folder.join("runs"), &[]);
        let level = run.document()["levels"][0].clone();
        (level["jobs"].as_u64().unwrap(), level["not_started"]["max_in_flight"].as_u64().unwrap_or(0))
    };
    let small = text.replace("over = \"5m\"", "over = \"1m\"").replace("= 1000", "= 500");
    let (jobs, not_started) = arrivals("even", &small.replace("\"poisson\"", "\"even\""));
    // From 0/s to 60/s in 60 s.
    assert_eq!(jobs + not_started, 1800);
    assert!(not_started > 0);
    let (jobs, not_started) = arrivals("capped", &small);
    let (all_jobs, none) = arrivals("uncapped", &small.replace("= 500", "= 100000"));
    assert_eq!((jobs + not_started, 0), (all_jobs, none), "the cap does not change when jobs arrive");
}
