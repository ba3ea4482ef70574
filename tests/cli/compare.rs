//! `planner compare`: two runs of the embedded endpoint.

use std::path::Path;

use serde_json::{Value, json};

use crate::planner::{Ended, measure, planner, run, write_scenario};
use crate::run_folder::RunFolder;

/// A minute and more of copies that take `base_s` and a little.
pub(crate) fn scenario(base_s: f64, count: u32, load: &str) -> String {
    format!(
        "name = \"compared\"\noperation = \"copy\"\n\n[objects]\ncount = {count}\nsize = {{ fixed = \"1MB\" }}\n\n\
         [arrivals]\nkind = \"closed\"\n{load}\n\n\
         [target.service.copy]\nbase_s = {base_s}\nbandwidth_bytes_per_s = 1e8\n"
    )
}

/// Measures a scenario into a folder of its own.
pub(crate) fn measured(out: &Path, name: &str, text: &str, seed: &str) -> RunFolder {
    let folder = out.join(name);
    std::fs::create_dir(&folder).unwrap();
    let mut command = measure(&write_scenario(&folder, text), &folder.join("runs"));
    command.args(["--seed", seed]);
    run(command).with_code(0);
    RunFolder::only(&folder.join("runs"))
}

/// A comparison that is left beside the second run.
fn compare(before: &RunFolder, after: &RunFolder, arguments: &[&str]) -> Ended {
    let mut command = planner();
    command.arg("compare").arg(&before.0).arg(&after.0).args(arguments);
    command.arg("--out").arg(after.0.parent().unwrap());
    run(command)
}

fn document(ended: &Ended) -> Value {
    serde_json::from_str(&ended.stdout).unwrap()
}

#[test]
fn a_slower_service_is_a_regression_and_the_way_back_is_none() {
    let out = tempfile::tempdir().unwrap();
    let fast = measured(out.path(), "fast", &scenario(0.1, 3000, "workers = 4"), "1");
    let slow = measured(out.path(), "slow", &scenario(0.12, 3000, "workers = 4"), "2");
    let json = ["--format", "json"];
    let limited = [&json[..], &["--fail-on-regression", "5%"]].concat();
    let seen = document(&compare(&fast, &slow, &limited).with_code(99));
    assert_eq!((&seen["schema"], &seen["limit"]), (&json!("planner/compare/1"), &json!(0.05)));
    let level = &seen["levels"][0];
    assert_eq!((&level["concurrency"], &level["too_short"]), (&json!(4), &Value::Null));
    let residence = &level["residence_mean_s"];
    assert_eq!(residence["outcome"], "worse");
    let ends = |name: &str| residence[name].as_f64().unwrap();
    assert!(ends("low") > 0.0 && ends("low") <= ends("difference") && ends("difference") <= ends("high"));
    assert!((ends("after") - ends("before") - ends("difference")).abs() < 1e-12);
    assert!(seen["regressions"].as_array().unwrap().contains(&json!("residence R with 4 workers")));
    compare(&fast, &slow, &["--fail-on-regression", "50%"]).with_code(0);
    compare(&fast, &slow, &[]).with_code(0);
    let back = document(&compare(&slow, &fast, &limited).with_code(0));
    assert_eq!(back["levels"][0]["throughput_per_s"]["outcome"], "better");

    let text = compare(&fast, &slow, &[]).stdout;
    assert!(text.contains("worse") && text.contains("rehearsal"), "{text}");
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    let markdown =
        compare(&fast, &slow, &["--format", "markdown", "--fail-on-regression", "5%"]).with_code(99);
    assert!(
        markdown.stdout.starts_with("## ") && markdown.stdout.contains("| residence R |"),
        "{}",
        markdown.stdout
    );
    assert_eq!(compare(&fast, &slow, &json).stdout, compare(&fast, &slow, &json).stdout, "seeded");
    leaves_its_pages(&slow);
}

/// The first comparison with a run and a limit left its documents, and is listed.
fn leaves_its_pages(run: &RunFolder) {
    let out = run.0.parent().unwrap();
    let mut places: Vec<_> = std::fs::read_dir(out).unwrap().map(|place| place.unwrap().path()).collect();
    places.retain(|place| place.join("compare.json").exists());
    places.sort_by_key(|place| std::fs::metadata(place.join("compare.json")).unwrap().modified().unwrap());
    let folder = places.remove(0);
    let written: Value =
        serde_json::from_slice(&std::fs::read(folder.join("compare.json")).unwrap()).unwrap();
    assert_eq!((&written["holds"], &written["rehearsal"]), (&json!(false), &json!(true)));
    let read = |path: std::path::PathBuf| std::fs::read_to_string(path).unwrap();
    let page = read(folder.join("report.html"));
    assert!(
        page.contains("What changed with 4 workers") && page.contains("Worse by more than 5 %"),
        "{page}"
    );
    assert!(folder.join("report.md").exists() && folder.join("change-1.png").exists());
    let verdict = written["verdict"].as_str().unwrap().split_once(": ").unwrap().1;
    assert!(read(out.join("index.html")).contains(verdict), "the comparison is not listed");
}

#[test]
fn a_run_does_not_differ_from_itself_and_a_short_one_cannot_tell() {
    let out = tempfile::tempdir().unwrap();
    let run = measured(out.path(), "run", &scenario(0.1, 3000, "workers = 4"), "1");
    let seen =
        document(&compare(&run, &run, &["--format", "json", "--fail-on-regression", "0%"]).with_code(0));
    let outcomes = &seen["levels"][0];
    assert_eq!(outcomes["latency_s"]["p99"]["difference"], 0.0);
    let short = measured(out.path(), "short", &scenario(0.1, 100, "workers = 4"), "1");
    let ended = compare(&run, &short, &["--fail-on-regression", "0%"]).with_code(0);
    assert!(
        ended.stdout.contains("too short to compare") && ended.stdout.contains("second run has"),
        "{}",
        ended.stdout
    );
}

#[test]
fn levels_are_matched_by_their_workers() {
    let out = tempfile::tempdir().unwrap();
    let one = measured(out.path(), "one", &scenario(0.1, 400, "[sweep]\nworkers = [2, 4]"), "1");
    let other = measured(out.path(), "other", &scenario(0.1, 400, "[sweep]\nworkers = [4, 8]"), "1");
    let seen = document(&compare(&one, &other, &["--format", "json"]).with_code(0));
    let levels = seen["levels"].as_array().unwrap();
    assert_eq!((levels.len(), &levels[0]["concurrency"]), (1, &json!(4)));
    assert_eq!(seen["unmatched"].as_array().unwrap().len(), 2);
}

#[test]
fn what_is_no_run_is_refused() {
    let out = tempfile::tempdir().unwrap();
    let nothing = RunFolder(out.path().to_owned());
    let ended = compare(&nothing, &nothing, &[]).with_code(3);
    assert!(ended.stderr.contains("run.json"), "{}", ended.stderr);
    compare(&nothing, &nothing, &["--format", "csv"]).with_code(2);
    compare(&nothing, &nothing, &["--fail-on-regression", "much"]).with_code(2);
}
