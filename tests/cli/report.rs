//! `planner report`: one run or several, in every form, and the list of runs beside them.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::planner::{CommandEnd, QUICK, measure, planner, run, write_scenario};
use crate::run_folder::{RunFolder, runs};

/// Two runs of the same scenario in one folder.
fn two_runs(folder: &Path) -> [RunFolder; 2] {
    let (scenario, out) = (write_scenario(folder, QUICK), folder.join("runs"));
    for _ in 0..2 {
        run(measure(&scenario, &out)).with_code(0);
    }
    runs(&out).try_into().unwrap()
}

fn report<'a>(runs: impl IntoIterator<Item = &'a RunFolder>, options: &[&str]) -> Command {
    let mut command = planner();
    command.arg("report").args(runs.into_iter().map(|run| &run.0)).args(options);
    command
}

#[test]
fn several_runs_come_on_one_page_and_in_one_document() {
    let folder = tempfile::tempdir().unwrap();
    let both = two_runs(folder.path());
    let page = folder.path().join("both.html");
    let options = ["--format", "html", "--out", page.to_str().unwrap()];
    assert_eq!(run(report(&both, &options)).with_code(0).stdout, format!("{}\n", page.display()));
    let text = fs::read_to_string(page).unwrap();
    for run in &both {
        assert!(text.contains(run.name()), "{}", run.name());
    }
    run(report(&both, &["--quiet"])).with_code(0);
    assert!(folder.path().join("runs/runs.html").exists());

    let printed = |format| run(report(&both, &["--format", format])).with_code(0).stdout;
    let documents: Vec<Value> = serde_json::from_str(&printed("json")).unwrap();
    assert_eq!(documents, both.each_ref().map(RunFolder::document));
    let (csv, table) = (printed("csv"), printed("table"));
    let named: Vec<&str> = csv.lines().filter_map(|line| line.rsplit(',').next()).collect();
    assert_eq!(named, ["run", both[0].name(), both[1].name()]);
    assert!(table.lines().all(|line| line.chars().count() <= 80), "{table}");
    assert!(both.iter().all(|run| table.contains(run.name()) && printed("markdown").contains(run.name())));
}

#[test]
fn pages_and_pictures_are_written_and_their_paths_printed() {
    let folder = tempfile::tempdir().unwrap();
    let [one, _] = two_runs(folder.path());
    let printed = |format| {
        let CommandEnd { stdout, .. } = run(report([&one], &["--format", format])).with_code(0);
        stdout.lines().map(|path| fs::read(path).unwrap()).collect::<Vec<_>>()
    };
    assert!(printed("html")[0].starts_with(b"<!DOCTYPE html>"));
    assert!(printed("svg").len() > 2 && printed("svg").iter().all(|file| file.starts_with(b"<svg")));
    assert!(printed("png").len() > 2 && printed("png").iter().all(|file| file.starts_with(b"\x89PNG")));
}

#[test]
fn every_measurement_is_listed_beside_its_run() {
    let folder = tempfile::tempdir().unwrap();
    let both = two_runs(folder.path());
    let index = folder.path().join("runs/index.html");
    let listed = |folders: &[RunFolder]| {
        let text = fs::read_to_string(&index).unwrap();
        folders.iter().all(|run| text.contains(&format!(">{}</a>", run.name())))
    };
    assert!(listed(&both));
    fs::remove_file(&index).unwrap();
    fs::create_dir(folder.path().join("runs/plan")).unwrap();
    let plan = r#"{"schema": "planner/recommend/1", "verdict": "Set it to 600.", "feasible": true}"#;
    fs::write(folder.path().join("runs/plan/plan.json"), plan).unwrap();
    let mut command = planner();
    command.arg("report").arg("--index").arg(folder.path().join("runs"));
    assert_eq!(run(command).with_code(0).stdout, format!("{}\n", index.display()));
    assert!(listed(&both) && fs::read_to_string(&index).unwrap().contains("Set it to 600."));
}

#[test]
fn a_page_that_somebody_else_made_is_not_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("site");
    fs::create_dir(&out).unwrap();
    fs::write(out.join("index.html"), "home").unwrap();
    let measured = run(measure(&write_scenario(folder.path(), QUICK), &out)).with_code(0);
    assert!(measured.stderr.contains("index.html"), "{}", measured.stderr);
    assert_eq!(fs::read_to_string(out.join("index.html")).unwrap(), "home");
    let mut command = planner();
    command.arg("report").arg("--index").arg(&out);
    run(command).with_code(6);
}

#[test]
fn a_page_is_opened_with_what_the_desktop_has() {
    let folder = tempfile::tempdir().unwrap();
    let [one, _] = two_runs(folder.path());
    let opener = folder.path().join(if cfg!(target_os = "macos") { "open" } else { "xdg-open" });
    let opened = folder.path().join("opened");
    fs::write(&opener, format!("#!/bin/sh\nprintf %s \"$1\" >{}\n", opened.display())).unwrap();
    fs::set_permissions(&opener, fs::Permissions::from_mode(0o755)).unwrap();
    let mut command = report([&one], &["--open", "--quiet"]);
    command.env("PATH", folder.path());
    run(command).with_code(0);
    assert_eq!(fs::read_to_string(opened).unwrap(), one.file("report.html").to_str().unwrap());

    let mut command = report([&one], &["--open", "--quiet"]);
    command.env("PATH", folder.path().join("nothing"));
    let ended = run(command).with_code(1);
    assert!(ended.stderr.contains("failed to open") && ended.stderr.contains("open it yourself"));
}

#[test]
fn without_a_run_there_is_nothing_to_report() {
    let mut command = planner();
    command.arg("report");
    run(command).with_code(2);
}
