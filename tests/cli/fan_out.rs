//! A fan-out measured on the embedded endpoint: every object is accounted for, whatever happens to it.

use std::path::Path;

use serde_json::{Value, json};

use crate::planner::{CommandEnd, measure, planner, run, shipped, write_scenario};
use crate::run_folder::RunFolder;

/// 60 objects whose copies take about 10 s, with more of the scenario to follow.
const SMALL: &str = "\
name = \"small\"
operation = \"fan-out\"

[objects]
count = 60
size = { fixed = \"1MB\" }

[arrivals]
kind = \"closed\"
workers = 4

[target.service.copy]
base_s = 10.0
bandwidth_bytes_per_s = 1e12
";

fn measured(text: &str, out: &Path) -> (CommandEnd, RunFolder) {
    let scenario = write_scenario(out, text);
    let ended = run(measure(&scenario, &out.join("runs")));
    (ended, RunFolder::only(&out.join("runs")))
}

/// Rows of a table by the names of its columns.
fn rows(folder: &RunFolder, name: &str) -> Vec<std::collections::HashMap<String, String>> {
    let text = folder.text(name);
    csv::Reader::from_reader(text.as_bytes()).into_deserialize().collect::<Result<_, _>>().unwrap()
}

fn number(row: &std::collections::HashMap<String, String>, column: &str) -> f64 {
    row[column].parse().unwrap_or_else(|_| panic!("{column} is `{}`", row[column]))
}

#[test]
fn the_daily_job_takes_the_time_that_its_files_and_its_report_say() {
    let out = tempfile::tempdir().unwrap();
    run(measure(&shipped("fan-out"), out.path())).with_code(0);
    let folder = RunFolder::only(out.path());
    let found = &folder.document()["fan_out"];
    for (count, value) in
        [("objects", 250), ("copied", 250), ("lost", 0), ("throttles", 0), ("invocations", 250)]
    {
        assert_eq!(found[count], value, "{count}");
    }
    // The largest of 250 copies of 25.2 s and 12.45 s of publishing; nobody ends before all are published.
    let (finish_s, peak) = (found["finish_s"].as_f64().unwrap(), found["concurrency_peak"].as_u64().unwrap());
    assert!((38.0..75.0).contains(&finish_s), "{finish_s}");
    assert!((200..=250).contains(&peak), "{peak}");

    let objects = rows(&folder, "deliveries.csv");
    let column = |name: &str| objects.iter().map(|row| number(row, name)).collect::<Vec<_>>();
    let last = |times: &[f64]| times.iter().copied().fold(0.0, f64::max);
    let first = |times: &[f64]| times.iter().copied().fold(f64::INFINITY, f64::min);
    assert!((last(&column("copy_ended_s")) - first(&column("publish_started_s")) - finish_s).abs() < 1e-6);
    let modified = column("modified_s");
    let execution_time_s = found["execution_time_s"].as_f64().unwrap();
    assert!((last(&modified) - first(&modified) - execution_time_s).abs() < 1e-6);
    assert!(execution_time_s < finish_s - 5.0, "the talk's time leaves the first copy out");

    let seconds = rows(&folder, "function.csv");
    let area: f64 = seconds[..seconds.len() - 1].iter().map(|row| number(row, "concurrency_mean")).sum();
    let function = found["stages"].as_array().unwrap().iter().find(|it| it["stage"] == "function").unwrap();
    let law = |name: &str| function["law"][name].as_f64().unwrap();
    let in_function_s = law("n") * law("window_s");
    assert!((area / in_function_s - 1.0).abs() < 0.05, "{area} and {in_function_s}");
    assert_eq!(
        (&function["verdict"]["verdict"], &function["law"]["accounting_holds"]),
        (&json!("pass"), &json!(true))
    );
    // What CloudWatch would say: N = X·R on its Invocations, Duration and ConcurrentExecutions, cold starts apart.
    let ended = || seconds.iter().filter(|row| !row["duration_mean_s"].is_empty());
    let in_copies_s: f64 =
        ended().map(|row| number(row, "duration_mean_s") * number(row, "invocations")).sum();
    let duration_mean_s = found["duration_mean_s"].as_f64().unwrap();
    assert!((in_copies_s / 250.0 / duration_mean_s - 1.0).abs() < 1e-6, "{in_copies_s} {duration_mean_s}");
    let cold_s = law("r_s") - duration_mean_s;
    assert!((0.25..0.35).contains(&cold_s), "every invocation started cold, in 300 ms: {cold_s}");
    let longest_s = ended().map(|row| number(row, "duration_max_s")).fold(0.0, f64::max);
    assert_eq!(found["duration_max_s"].as_f64(), Some(longest_s));
    let oldest_s = found["async_event_age_max_s"].as_f64().unwrap();
    assert!((0.0..1.0).contains(&oldest_s), "nothing was throttled: {oldest_s}");

    let copied: f64 = seconds.iter().map(|row| number(row, "copied")).sum();
    assert_eq!(copied, 250.0);
    let page = folder.text("report.html");
    assert!(
        page.contains("250 of 250 objects copied through SNS and Lambda")
            && page.contains("throttled or queued")
    );
}

#[test]
fn lost_objects_are_named_and_make_the_run_invalid() {
    let out = tempfile::tempdir().unwrap();
    let text = format!(
        "{SMALL}[target.service.function]\nreserved_concurrency = 10\nmaximum_event_age_s = 5.0\ndead_letter_queue = false\n"
    );
    let (ended, folder) = measured(&text, out.path());
    ended.with_code(5);
    let found = &folder.document()["fan_out"];
    let lost = found["lost"].as_u64().unwrap();
    assert!(lost >= 45 && found["copied"].as_u64().unwrap() + lost == 60, "{found}");
    let named: Vec<u64> =
        found["lost_objects"].as_array().unwrap().iter().map(|it| it.as_u64().unwrap()).collect();
    let rows = rows(&folder, "deliveries.csv");
    let listed = rows.iter().filter(|row| row["outcome"] == "lost").map(|row| row["object"].parse().unwrap());
    assert_eq!(listed.collect::<Vec<u64>>(), named);
    let mut command = planner();
    command.arg("report").arg(&folder.0).args(["--format", "markdown"]);
    let text = run(command).with_code(0).stdout;
    assert!(text.contains(&format!("{lost} objects lost")), "{text}");
}

#[test]
fn dead_letters_are_told_apart_from_losses() {
    let out = tempfile::tempdir().unwrap();
    let text =
        format!("{SMALL}[target.service.function]\nreserved_concurrency = 10\nmaximum_event_age_s = 5.0\n");
    let (ended, folder) = measured(&text, out.path());
    ended.with_code(5);
    let found = &folder.document()["fan_out"];
    assert_ne!(found["dead_lettered"], 0, "{found}");
    assert_eq!(
        (&found["lost"], found["copied"].as_u64().unwrap() + found["dead_lettered"].as_u64().unwrap()),
        (&json!(0), 60)
    );
}

#[test]
fn whoever_does_not_wait_long_enough_does_not_know_the_end() {
    let out = tempfile::tempdir().unwrap();
    let text = SMALL.replace("[arrivals]", "[fan_out]\nwait = \"9s\"\n\n[arrivals]");
    let (ended, folder) = measured(&text, out.path());
    ended.with_code(5);
    let document = folder.document();
    let found = &document["fan_out"];
    let unfinished = found["unfinished"].as_u64().unwrap();
    assert!(
        unfinished > 0 && found["copied"].as_u64().unwrap() + unfinished == 60 && found["lost"] == 0,
        "{found}"
    );
    let stages: &Vec<Value> = found["stages"].as_array().unwrap();
    assert!(
        stages.iter().all(|stage| stage["law"]["accounting_holds"] == true),
        "the edges explain the rest"
    );
}

#[test]
fn a_seed_settles_what_becomes_of_every_object() {
    let out = tempfile::tempdir().unwrap();
    let text = format!("{SMALL}[target.service.function]\nreserved_concurrency = 10\nerror_rate = 0.05\n");
    let with = |folder: &str, seed: &str| {
        let folder = out.path().join(folder);
        std::fs::create_dir(&folder).unwrap();
        let scenario = write_scenario(&folder, &text);
        let mut command = measure(&scenario, &folder.join("runs"));
        command.args(["--seed", seed]);
        run(command).with_code(0);
        RunFolder::only(&folder.join("runs"))
    };
    let (first, again, other) = (with("first", "7"), with("again", "7"), with("other", "8"));
    for file in ["attempts.csv", "deliveries.csv", "function.csv"] {
        assert!(first.bytes(file) == again.bytes(file), "{file} differs with the same seed");
        assert!(first.bytes(file) != other.bytes(file), "{file} is the same with another seed");
    }
    assert_eq!(first.document()["fan_out"], again.document()["fan_out"]);
}
