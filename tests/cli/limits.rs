//! What a run may use up whatever the scenario says, and the limits of the account that it is checked by.

use std::path::Path;

use serde_json::{Value, json};

use crate::planner::{QUICK, measure, planner, run, shipped, write_scenario};
use crate::run_folder::{RunFolder, runs};

/// The levels of a run with these options.
fn levels(scenario: &Path, options: &[&str], code: i32) -> Vec<Value> {
    let out = tempfile::tempdir().unwrap();
    let mut command = measure(scenario, out.path());
    command.args(options);
    run(command).with_code(code);
    let document = RunFolder::only(out.path()).document();
    assert_eq!(document["complete"], true);
    document["levels"].as_array().unwrap().clone()
}

fn total(levels: &[Value], name: &str) -> u64 {
    levels.iter().map(|level| level[name].as_u64().unwrap()).sum()
}

#[test]
fn a_number_of_requests_is_never_passed() {
    for (name, limit) in [("daily", 57), ("thread-pool", 100), ("sweep", 2100), ("publish", 7)] {
        let levels = levels(&shipped(name), &["--max-requests", &limit.to_string()], 0);
        let last = levels.last().unwrap();
        assert_eq!(last["stop_reason"], "max_requests", "{name}");
        // An upload that was begun is aborted even when nothing else may be asked any more.
        let attempts = total(&levels, "attempts");
        if name == "thread-pool" {
            assert!((limit..limit + 100).contains(&attempts), "{name}: {attempts}");
        } else {
            assert_eq!(attempts, limit, "{name}");
        }
        assert_eq!(
            total(&levels, "jobs"),
            total(&levels, "jobs_done") + total(&levels, "jobs_failed"),
            "{name}"
        );
    }
}

#[test]
fn a_duration_holds_over_all_levels() {
    let levels = levels(&shipped("sweep"), &["--max-duration", "7m"], 0);
    let last = levels.last().unwrap();
    assert_eq!((levels.len(), &last["stop_reason"]), (2, &json!("max_duration")));
    assert_eq!(levels[0]["stop_reason"], "duration");
    // Two minutes are left after the first level; what is in flight then may end.
    assert!((120.0..200.0).contains(&last["makespan_s"].as_f64().unwrap()), "{last}");
}

#[test]
fn a_cost_is_never_passed() {
    // 0.005 USD for a thousand copies; bytes may cost up to 0.02 USD a GB and 1 KiB is next to nothing.
    let folder = tempfile::tempdir().unwrap();
    let scenario = write_scenario(folder.path(), &QUICK.replace("count = 40", "count = 4000"));
    let levels = levels(&scenario, &["--max-cost", "0.01"], 0);
    assert_eq!(levels[0]["stop_reason"], "max_cost");
    let attempts = total(&levels, "attempts");
    assert!((1900..=2000).contains(&attempts), "{attempts}");
}

#[test]
fn a_dry_run_says_what_would_be_done_and_writes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let dry = |options: &[&str], code| {
        let mut command = planner();
        command.current_dir(folder.path()).arg("measure").args(options).arg("--dry-run");
        let ended = run(command).with_code(code);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
        ended
    };
    let bulk = shipped("bulk");
    let said = dry(&[bulk.to_str().unwrap()], 0);
    assert_eq!(said.stderr, "");
    for fact in ["45,000 jobs", "225,000 at most", "31.5 TB", "planner-source", "rehearsal"] {
        assert!(said.stdout.contains(fact), "{fact} is not in:\n{}", said.stdout);
    }
    // Nobody listens there, and nobody is asked.
    let local = shipped("localstack");
    let said = dry(&[local.to_str().unwrap(), "--endpoint-url", "http://127.0.0.1:1"], 0);
    assert!(said.stdout.contains("http://127.0.0.1:1") && said.stdout.contains("USD"), "{}", said.stdout);
    dry(&[local.to_str().unwrap(), "--destination-bucket", "planner-source"], 6);
}

#[test]
fn a_run_that_costs_too_much_is_refused_before_it_starts() {
    let out = tempfile::tempdir().unwrap();
    for options in [&["--max-cost", "0.0001"][..], &["--objects", "1000"]] {
        let mut command = measure(&shipped("localstack"), out.path());
        command.args(["--endpoint-url", "http://127.0.0.1:1"]).args(options);
        let ended = run(command).with_code(6);
        assert!(ended.stderr.contains("refused"), "{}", ended.stderr);
    }
    assert!(runs(out.path()).is_empty());
}

#[test]
fn a_run_is_held_to_the_limits_in_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let limits = folder.path().join("limits.toml");
    let out = folder.path().join("runs");
    let run_under = |own: &str, scenario: &str, code: i32| {
        std::fs::write(&limits, own).unwrap();
        let mut command = measure(&write_scenario(folder.path(), scenario), &out);
        command.arg("--limits").arg(&limits);
        run(command).with_code(code)
    };
    let large = QUICK.replace("1KiB", "150MB");
    let parts = format!("{large}[copy]\npart_size = \"100MiB\"\n");
    for (own, scenario, says) in [
        ("[s3]\nparts_max = 0\n", QUICK, "limits.toml as a list of limits: `s3.parts_max` is 0"),
        ("[s3]\nparts = 3\n", QUICK, "unknown field `parts`"),
        ("[s3]\npart_max_bytes = 99999999\n", &parts, "use 5MiB to 99999999B"),
        ("[s3]\ncopy_max_bytes = 99999999\nparts_max = 1\n", &parts, "more than 1 parts"),
        ("[lambda]\ntimeout_s = 1e9\n", QUICK, "`function.timeout_s` is 1000000000"),
        ("[lambda]\nreserved = 3\n", QUICK, "unknown field `reserved`"),
    ] {
        let ended = run_under(own, scenario, 3);
        let words: Vec<&str> = ended.stderr.split_whitespace().filter(|word| *word != "│").collect();
        let message = words.join(" ");
        assert!(message.contains(says) && message.contains("limits.toml"), "{message}");
    }
    assert!(runs(&out).is_empty());
    // What the scenario leaves unsaid follows the file: objects are copied in parts, and prefixes take less.
    run_under("[s3]\ncopy_max_bytes = 104857600\nrequests_per_s_per_prefix = 20.0\n", &large, 0);
    let document = RunFolder::only(&out).document();
    let level = &document["levels"][0];
    assert!(
        level["attempts"].as_u64().unwrap() >= 40 * 3 && level["throttles"].as_u64().unwrap() > 0,
        "{level}"
    );
    assert_eq!(document["scenario"]["copy"]["multipart_above"], "100MiB");
    assert_eq!(document["scenario"]["target"]["service"]["copy"]["base_s"], 0.05);
}
