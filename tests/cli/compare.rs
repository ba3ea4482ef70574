//! `planner compare`: two runs of the embedded endpoint.

use std::path::Path;

use serde_json::{Value, json};

use crate::planner::{CommandEnd, measure, planner, run, write_scenario};
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
fn compare(before: &RunFolder, after: &RunFolder, arguments: &[&str]) -> CommandEnd {
    let mut command = planner();
    command.arg("compare").arg(&before.0).arg(&after.0).args(arguments);
    command.arg("--out").arg(after.0.parent().unwrap());
    run(command)
}

fn document(ended: &CommandEnd) -> Value {
    serde_json::from_str(&ended.stdout).unwrap()
}

/// What is said, wherever its lines end.
fn words(text: &str) -> String {
    text.split_whitespace().filter(|word| *word != "│").collect::<Vec<_>>().join(" ")
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
fn a_run_is_the_same_as_itself_and_a_short_one_is_undecided() {
    let out = tempfile::tempdir().unwrap();
    let run = measured(out.path(), "run", &scenario(0.1, 3000, "workers = 4"), "1");
    let seen =
        document(&compare(&run, &run, &["--format", "json", "--fail-on-regression", "0%"]).with_code(0));
    let p99 = &seen["levels"][0]["latency_s"]["p99"];
    assert_eq!(
        (&p99["difference"], &p99["outcome"], &seen["holds"]),
        (&json!(0.0), &json!("same"), &json!(true))
    );
    assert!(seen["verdict"].as_str().unwrap().contains(": the same: "), "{seen}");
    assert!(compare(&run, &run, &[]).with_code(0).stdout.starts_with("Rehearsed: the same"));
    let short = measured(out.path(), "short", &scenario(0.1, 100, "workers = 4"), "1");
    let ended = compare(&run, &short, &["--fail-on-regression", "5%"]).with_code(7);
    for said in ["too short to compare", "second run has", "Not decided whether worse by more than 5 %"] {
        assert!(words(&ended.stdout).contains(said), "{said}: {}", ended.stdout);
    }
    compare(&run, &short, &["--fail-on-regression", "5%", "--accept", "undecided"]).with_code(0);
    compare(&run, &short, &[]).with_code(0);
    compare(&run, &short, &["--accept", "undecided"]).with_code(2);
    let again = measured(out.path(), "again", &scenario(0.1, 100, "workers = 4"), "1");
    let same = compare(&short, &again, &["--fail-on-regression", "0%"]).with_code(0);
    assert!(words(&same.stdout).contains("the same: every second"), "{}", same.stdout);
}

#[test]
fn twenty_times_slower_is_a_regression_in_a_hundred_jobs_and_twice_as_slow_is_left_open() {
    let out = tempfile::tempdir().unwrap();
    let run = |name: &str, base_s: f64, seed: &str| {
        measured(out.path(), name, &scenario(base_s, 100, "workers = 4"), seed)
    };
    let (fast, slow, slower) = (run("fast", 0.1, "1"), run("slow", 0.2, "2"), run("slower", 2.0, "3"));
    let gate = ["--fail-on-regression", "5%", "--format", "json"];
    let seen = document(&compare(&fast, &slower, &gate).with_code(99));
    assert_eq!(seen["regressions"], json!(["latency p50 with 4 workers"]));
    assert!(
        seen["verdict"].as_str().unwrap().ends_with(" times as long; too short to compare more."),
        "{seen}"
    );
    let apart = &seen["levels"][0]["apart"];
    let [low, high] = ["low", "high"].map(|end| apart["ratio"][end].as_f64().unwrap());
    assert!(low < 20.0 && 18.0 < high && low > 10.0, "{apart}");
    assert_eq!((&apart["confidence"], &apart["jobs"]), (&json!(0.99), &json!([100, 100])));
    assert_eq!(seen["levels"][0]["residence_mean_s"]["outcome"], "too_short");
    compare(&slower, &fast, &gate).with_code(0);
    let open = document(&compare(&fast, &slow, &gate).with_code(7));
    assert_eq!((&open["undecided"], &open["holds"]), (&json!(["4 workers"]), &Value::Null));
    let text = compare(&fast, &slower, &["--fail-on-regression", "5%"]).with_code(99).stdout;
    assert!(words(&text).contains("Mann–Whitney test of 100 and 100 jobs"), "{text}");
    assert!(text.starts_with("Rehearsed: latency ") && text.contains("times that of before"), "{text}");
}

#[test]
fn a_measure_that_may_be_worse_by_more_than_the_limit_is_no_pass() {
    let out = tempfile::tempdir().unwrap();
    let one = measured(out.path(), "one", &scenario(0.1, 3000, "workers = 4"), "1");
    let other = measured(out.path(), "other", &scenario(0.1, 3000, "workers = 4"), "2");
    let seen =
        document(&compare(&one, &other, &["--format", "json", "--fail-on-regression", "0%"]).with_code(7));
    assert!(!seen["undecided"].as_array().unwrap().is_empty() && seen["regressions"] == json!([]), "{seen}");
    compare(&one, &other, &["--fail-on-regression", "20%"]).with_code(0);
}

#[test]
fn a_baseline_outlasts_its_run_and_an_unknown_one_is_told_with_those_there_are() {
    let out = tempfile::tempdir().unwrap();
    let fast = measured(out.path(), "fast", &scenario(0.1, 3000, "workers = 4"), "1");
    let slow = measured(out.path(), "slow", &scenario(0.12, 3000, "workers = 4"), "2");
    let against = |arguments: &[&str], folder: &RunFolder| {
        let mut command = planner();
        command.arg("compare").args(arguments).arg(&folder.0).arg("--out").arg(out.path());
        run(command)
    };
    let unknown = against(&["--baseline", "main"], &slow).with_code(3);
    assert!(words(&unknown.stderr).contains("no baseline main; none is saved here"), "{}", unknown.stderr);
    let saved = against(&["--save-baseline", "main"], &fast).with_code(0);
    assert!(saved.stdout.is_empty() && saved.stderr.contains("baselines/main.json"), "{saved:?}");
    let direct = compare(&fast, &slow, &["--format", "json"]);
    std::fs::remove_dir_all(&fast.0).unwrap();
    let gate = ["--baseline", "main", "--fail-on-regression", "5%", "--format", "json"];
    let seen = document(&against(&gate, &slow).with_code(99));
    assert_eq!(seen["levels"], document(&direct)["levels"]);
    let unknown = against(&["--baseline", "mian"], &slow).with_code(3);
    assert!(words(&unknown.stderr).contains("known are main"), "{}", unknown.stderr);
    against(&["--save-baseline", "main"], &slow).with_code(0);
    against(&gate, &slow).with_code(0);
    for wrong in [&["--baseline", "../main"][..], &["--save-baseline", "a", "--baseline", "main"], &[]] {
        against(wrong, &slow).with_code(2);
    }
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
