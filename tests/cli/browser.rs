//! Report pages in a real browser: light, dark, on a telephone and on paper, and to a screen reader.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::answer_pages::answer_pages;
use crate::plan_page::plan_pages;
use crate::planner::{QUICK, measure, planner, run, shipped, write_scenario};
use crate::run_folder::{RunFolder, runs};

/// What is wrong with the pages, one line each.
fn offences(pages: &[PathBuf]) -> String {
    let variable =
        |name: &str| std::env::var_os(name).unwrap_or_else(|| panic!("{name} is not set: run scripts/test"));
    let checked = Command::new("node")
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/browser/check.mjs"))
        .args(pages)
        .env("PLANNER_TEST_CHROMIUM", variable("PLANNER_TEST_CHROMIUM"))
        .env("PLANNER_TEST_NODE_MODULES", variable("PLANNER_TEST_NODE_MODULES"))
        .stderr(Stdio::inherit())
        .output()
        .unwrap();
    assert!(checked.status.success(), "the browser could not be driven: {checked:?}");
    String::from_utf8(checked.stdout).unwrap()
}

/// A run in a folder of its own; what it came to is not asked.
fn measured(folder: &Path, name: &str, scenario: &Path, options: &[&str]) -> RunFolder {
    let out = folder.join(name);
    let mut command = measure(scenario, &out);
    command.args(options);
    run(command);
    RunFolder::only(&out)
}

/// A run of a scenario that is like [`QUICK`] but for `changes`.
fn quick(folder: &Path, name: &str, changes: &[(&str, &str)]) -> RunFolder {
    let text = changes.iter().fold(QUICK.to_owned(), |text, (from, to)| {
        assert!(text.contains(from));
        text.replace(from, to)
    });
    let place = folder.join(format!("{name}.scenario"));
    fs::create_dir(&place).unwrap();
    measured(folder, name, &write_scenario(&place, &text), &[])
}

/// Changes the document of a run and reports on it again.
fn changed(run: RunFolder, change: impl FnOnce(&mut Value)) -> RunFolder {
    let mut document = run.document();
    change(&mut document);
    fs::write(run.file("run.json"), document.to_string()).unwrap();
    reported(&[&run]);
    run
}

fn reported(folders: &[&RunFolder]) {
    let mut command = planner();
    command.arg("report").arg("--quiet").args(folders.iter().map(|folder| &folder.0));
    run(command).with_code(0);
}

#[test]
fn every_page_is_fit_to_be_read() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path();
    let service = "[target.service.copy]";
    let refusing =
        "[target.service.request]\nprefix_rate_per_s = 20.0\nerror_rate = 0.05\n\n[target.service.copy]";
    let failing = "[target.service.request]\nerror_rate = 1.0\n\n[target.service.copy]";
    let runs_of = vec![
        measured(place, "daily", &shipped("daily"), &[]),
        measured(place, "sweep", &shipped("sweep"), &["--duration", "1m"]),
        measured(place, "ramp", &shipped("ramp"), &[]),
        measured(place, "publish", &shipped("publish"), &["--duration", "30s"]),
        quick(place, "one", &[("count = 40", "count = 1"), ("workers = 4", "workers = 1")]),
        quick(place, "refused", &[("count = 40", "count = 2000"), (service, refusing)]),
        quick(place, "failed", &[(service, failing)]),
        quick(place, "slow", &[("base_s = 0.05", "base_s = 600000.0")]),
        changed(quick(place, "cut-off", &[]), |document| document["complete"] = json!(false)),
        changed(quick(place, "hostile", &[(service, failing)]), |document| {
            document["name"] = json!("<script>alert('name')</script>".repeat(4));
            document["command"] = json!(["planner", "measure", "<img src=x onerror=alert(1)>"]);
            document["levels"][0]["error_codes"] = json!({ "\"><svg onload=alert(2)>": 7 });
        }),
        empty(quick(place, "empty", &[])),
    ];
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("reports/examples");
    reported(&runs_of[..4].iter().collect::<Vec<_>>());
    let together = [runs_of[0].0.with_file_name("runs.html"), runs_of[0].0.with_file_name("index.html")];
    let pages = runs_of.into_iter().chain(runs(&examples)).map(|run| run.file("report.html"));
    let pages = pages.chain(together).chain(plan_pages(place));
    let pages: Vec<PathBuf> = pages.chain(answer_pages(place)).collect();
    for page in &pages {
        let size_bytes = fs::metadata(page).unwrap().len();
        assert!(size_bytes < 1_000_000, "{} has {size_bytes} bytes", page.display());
    }
    let offences = offences(&pages);
    assert!(offences.is_empty(), "\n{offences}");
}

/// Cut off before its first second was over.
fn empty(run: RunFolder) -> RunFolder {
    for file in ["attempts.csv", "series.csv"] {
        let path = run.file(file);
        let text = fs::read_to_string(&path).unwrap();
        fs::write(path, text.split_inclusive('\n').next().unwrap()).unwrap();
    }
    changed(run, |document| {
        document["complete"] = json!(false);
        document["levels"] = json!([]);
    })
}

#[test]
fn planted_offences_are_found() {
    let folder = tempfile::tempdir().unwrap();
    let page = folder.path().join("page.html");
    fs::write(
        &page,
        r#"<html><body><main><h1>x</h1><p style="color: #999">pale</p>
        <div style="width: 2000px">wide</div><p style="width: 40px">unbreakable-words</p>
        <figure id="f"><svg width="90" height="20" role="img"><text y="12">one</text><text y="14">two</text>
        <text x="85" y="12">three</text></svg></figure>
        <script>console.error("planted")</script><img src="absent.png"></main></body></html>"#,
    )
    .unwrap();
    let found = offences(&[page]);
    for planted in [
        "console: planted",
        "loads file:",
        "scrolls sideways",
        "\"unbreakable-words\" overflows its box",
        "f: no numbers below the drawing",
        "f: its numbers are not printed",
        "\"three\" leaves its drawing",
        "\"one\" lies on \"two\"",
        "a drawing named",
        "color-contrast",
        "image-alt",
        "html-has-lang",
    ] {
        assert!(found.contains(planted), "{planted} is not among\n{found}");
    }
}
