//! From a run to a service profile and back.

use std::path::Path;

use serde_json::{Value, json};

use crate::planner::{CommandEnd, measure, planner, run, write_scenario};
use crate::run_folder::RunFolder;

const LOAD: &str = "\
name = \"load\"
operation = \"copy\"

[objects]
count = 400
size = { uniform = [\"100MB\", \"900MB\"] }

[arrivals]
kind = \"closed\"
workers = 20
";

const SERVICE: &str = "
[target.service.copy]
base_s = 3.0
bandwidth_bytes_per_s = 50e6
noise = \"exponential\"
sigma = 0.0
kappa = 0.0

[target.service.request]
error_rate = 0.1
";

fn measured(out: &Path, scenario: &str) -> RunFolder {
    std::fs::create_dir(out).unwrap();
    let scenario = write_scenario(out, scenario);
    run(measure(&scenario, &out.join("runs"))).with_code(0);
    RunFolder::only(&out.join("runs"))
}

fn fit(folder: &Path, options: &[&str]) -> CommandEnd {
    let mut command = planner();
    command.arg("fit").arg(folder).args(options);
    run(command)
}

#[test]
fn a_fitted_profile_rehearses_what_was_measured() {
    let out = tempfile::tempdir().unwrap();
    let first = measured(&out.path().join("first"), &format!("{LOAD}{SERVICE}"));
    let fitted = fit(&first.0, &[]).with_code(0);
    assert!(fitted.stdout.starts_with("# A service profile from run "), "{}", fitted.stdout);
    assert!(fitted.stderr.contains("rehearsal"), "{}", fitted.stderr);

    let second = measured(&out.path().join("second"), &format!("{LOAD}\n{}", fitted.stdout));
    let level = |folder: &RunFolder| folder.document()["levels"][0].clone();
    let ratio = |of: &dyn Fn(&Value) -> f64| of(&level(&second)) / of(&level(&first));
    // The same jobs in the same order, but luck of their own: 400 exponential times, within 3 standard errors.
    let residence = ratio(&|level| level["residence_mean_s"].as_f64().unwrap());
    let median = ratio(&|level| level["service_s"]["p50"].as_f64().unwrap());
    let errors = ratio(&|level| level["errors"]["server_error"].as_f64().unwrap());
    assert!((residence - 1.0).abs() < 0.15, "mean {residence}");
    assert!((median - 1.0).abs() < 0.25, "median {median}");
    assert!((errors - 1.0).abs() < 0.5, "errors {errors}");
}

#[test]
fn the_profile_goes_to_a_file_and_to_programs() {
    let out = tempfile::tempdir().unwrap();
    let folder = measured(&out.path().join("run"), &format!("{LOAD}{SERVICE}"));
    let file = out.path().join("profile.toml");
    let written = fit(&folder.0, &["--out", file.to_str().unwrap()]).with_code(0);
    assert_eq!(written.stdout, "");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), fit(&folder.0, &[]).with_code(0).stdout);

    let json: Value =
        serde_json::from_str(&fit(&folder.0, &["--format", "json"]).with_code(0).stdout).unwrap();
    assert_eq!(json["schema"], "planner/fit/2");
    assert_eq!(json["basis"]["jobs"], 400);
    assert_eq!(json["basis"]["rehearsal"], true);
    assert_eq!(json["doubts"][0]["kind"], "rehearsal");

    // A plan from that file is the one from the run: it keeps what it rests on.
    let file = out.path().join("fitted.json");
    fit(&folder.0, &["--format", "json", "--out", file.to_str().unwrap()]).with_code(0);
    let planned = |basis: &[&str]| -> Value {
        let mut command = planner();
        command.args(["recommend", "--objects", "250", "--size", "500MB", "--deadline", "10m"]);
        command.args(["--as", "workers", "--out"]);
        command.arg(out.path().join("plans")).args(["--format", "json"]).args(basis);
        serde_json::from_str(&run(command).stdout).unwrap()
    };
    let from_run = planned(&["--from", folder.0.to_str().unwrap()]);
    let from_file = planned(&["--profile", file.to_str().unwrap()]);
    for part in ["concurrency", "probability", "evidence", "basis"] {
        assert_eq!(from_run[part], from_file[part], "{part}");
    }
}

#[test]
fn several_runs_are_fitted_together() {
    let out = tempfile::tempdir().unwrap();
    let run_of = |name: &str, workers: u32| {
        let load = LOAD.replace("workers = 20", &format!("workers = {workers}"));
        measured(&out.path().join(name), &format!("{load}{SERVICE}"))
    };
    let (first, second) = (run_of("first", 20), run_of("second", 20));
    let together = |folders: &[&Path], code: i32| {
        let mut command = planner();
        command.arg("fit").args(folders).args(["--format", "json"]);
        run(command).with_code(code)
    };
    let model: Value = serde_json::from_str(&together(&[&first.0, &second.0], 0).stdout).unwrap();
    assert_eq!(model["basis"]["jobs"], 800);
    for folder in [&first, &second] {
        let name = folder.document()["run"].as_str().unwrap().to_owned();
        assert!(model["basis"]["source"].as_str().unwrap().contains(&name), "{}", model["basis"]);
    }
    // Without a law of scaling only what was measured with most in flight is of use.
    let third = run_of("third", 5);
    let model: Value = serde_json::from_str(&together(&[&third.0, &first.0], 0).stdout).unwrap();
    assert_eq!(model["basis"]["jobs"], 400);
    assert!(together(&[&first.0, &first.0], 3).stderr.contains("given twice"));
}

#[test]
fn runs_that_no_plan_may_rest_on_are_refused() {
    let out = tempfile::tempdir().unwrap();
    let folder = measured(&out.path().join("run"), &format!("{LOAD}{SERVICE}"));
    let document = folder.document();
    let refused = |change: &dyn Fn(&mut Value), code: i32, told: &str| {
        let mut changed = document.clone();
        change(&mut changed);
        std::fs::write(folder.0.join("run.json"), changed.to_string()).unwrap();
        let stderr = fit(&folder.0, &[]).with_code(code).stderr;
        // Long lines are broken for the terminal.
        let words = stderr.split_whitespace().filter(|word| *word != "│").collect::<Vec<_>>().join(" ");
        assert!(words.contains(told), "{stderr}");
    };
    refused(&|it| it["generator"]["saturated"] = json!(true), 5, "the generator was saturated");
    refused(&|it| it["verdicts"]["accounting"]["verdict"] = json!("fail"), 5, "lost or doubled");
    refused(&|it| it["verdicts"]["independent"]["verdict"] = json!("fail"), 5, "own count");
    refused(&|it| it["levels"][0]["jobs_done"] = json!(0), 5, "nothing succeeded");
    refused(&|it| it["scenario"]["operation"] = json!("publish"), 5, "copied nothing");
    refused(&|it| it["schema"] = json!("planner/run/9"), 3, "schema");
    refused(&|_| {}, 0, "rehearsal");
    std::fs::write(folder.0.join("attempts.csv"), "nonsense\nmore\nstill more\n").unwrap();
    refused(&|_| {}, 3, "attempts.csv");
    fit(&out.path().join("nowhere"), &[]).with_code(3);
}

#[test]
fn without_a_run_the_newest_valid_one_is_taken() {
    let out = tempfile::tempdir().unwrap();
    let newest = || {
        let mut command = planner();
        command.arg("fit").current_dir(out.path());
        run(command)
    };
    assert!(newest().with_code(3).stderr.contains("planner measure"));
    let scenario = write_scenario(out.path(), &format!("{LOAD}{SERVICE}"));
    let parent = out.path().join("reports");
    for name in ["a", "b", "c"] {
        run(measure(&scenario, &parent.join(name))).with_code(0);
        std::fs::rename(RunFolder::only(&parent.join(name)).0, parent.join(format!("run-{name}"))).unwrap();
    }
    let change = |name: &str, change: &dyn Fn(&mut Value)| {
        let path = parent.join(format!("run-{name}/run.json"));
        let mut document: Value = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        change(&mut document);
        std::fs::write(&path, document.to_string()).unwrap();
    };
    change("a", &|it| (it["started_at"], it["run"]) = (json!("2026-01-02T00:00:00Z"), json!("older")));
    change("b", &|it| (it["started_at"], it["run"]) = (json!("2026-01-03T00:00:00Z"), json!("newer")));
    change("c", &|it| it["generator"]["saturated"] = json!(true));
    assert!(newest().with_code(0).stdout.contains("run newer of"));
}
