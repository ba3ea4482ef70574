//! The pages that plans, comparisons, audits and checks leave, made by the commands themselves.

use std::fs;
use std::path::{Path, PathBuf};

use crate::audited::{Backup, Flaws};
use crate::compare::{measured, scenario};
use crate::planner::{planner, run};

const DAILY: [&str; 4] = ["--objects", "250", "--residence", "lognormal(25.2s, cv=0.5)"];

/// Pages of the answers and of the list that the commands made of them.
pub(crate) fn answer_pages(folder: &Path) -> Vec<PathBuf> {
    let out = folder.join("answers");
    let limits = folder.join("limits.toml");
    fs::write(&limits, "[lambda]\naccount_concurrency = 130\n").unwrap();
    let limits = limits.to_str().unwrap();
    for (code, command, options) in [
        (0, "recommend", vec!["--deadline", "3m"]),
        (0, "recommend", vec!["--deadline", "3m", "--limits", limits]),
        (4, "recommend", vec!["--deadline", "20s"]),
        (0, "simulate", vec!["--workers", "100", "--deadline", "3m"]),
        (0, "simulate", vec!["--reserved", "40", "--rate", "2/s", "--deadline", "10m"]),
    ] {
        let mut planner = planner();
        planner.arg(command).args(DAILY).args(options).arg("--quiet").arg("--out").arg(&out);
        run(planner).with_code(code);
    }
    compared(folder, &out);
    audited(folder, &out);
    checked(folder, &out);
    let places = fs::read_dir(&out).unwrap().map(|entry| entry.unwrap().path());
    let pages = places.map(|place| if place.is_dir() { place.join("report.html") } else { place });
    let pages: Vec<PathBuf> = pages.collect();
    assert_eq!(pages.len(), 11, "five plans, two comparisons, an audit, two checks and the list: {pages:?}");
    pages
}

/// A comparison of runs that differ, and one of runs that are too short.
fn compared(folder: &Path, out: &Path) {
    let run_of = |name: &str, base_s: f64, count: u32| {
        measured(folder, name, &scenario(base_s, count, "workers = 4"), "1")
    };
    let [before, after] = [run_of("before", 0.1, 3000), run_of("after", 0.12, 3000)];
    for (other, code) in [(after, 99), (run_of("short", 0.1, 40), 7)] {
        let mut command = planner();
        command.arg("compare").arg(&before.0).arg(&other.0).args(["--fail-on-regression", "5%", "--quiet"]);
        command.arg("--out").arg(out);
        run(command).with_code(code);
    }
}

/// An audit of a backup with every flaw, with metrics and a plan.
fn audited(folder: &Path, out: &Path) {
    let flaws = Flaws { missing: Some(3), truncated: Some(4), stale: Some(5), extra: true };
    let backup = Backup::new(30, flaws);
    let (metrics, plan) = (folder.join("metrics.csv"), folder.join("promise.json"));
    let periods = "2026-11-23T10:00:00Z,90,25200,37.8,4,0\n2026-11-23T10:01:00Z,100,25200,42,30,1\n\
                   2026-11-23T10:02:00Z,60,25200,25.2,0,0\n";
    let head = "timestamp,Invocations,Duration,ConcurrentExecutions,Throttles,Errors\n";
    fs::write(&metrics, format!("{head}{periods}")).unwrap();
    fs::write(&plan, r#"{"objects": 250, "deadline_s": 600, "reserved_concurrency": 45}"#).unwrap();
    let options = ["--quiet", "--metrics", metrics.to_str().unwrap(), "--plan", plan.to_str().unwrap()];
    run(backup.audit(out, &options)).with_code(5);
}

/// Checks of metrics over time and of a table of concurrencies.
fn checked(folder: &Path, out: &Path) {
    let table = folder.join("table.csv");
    fs::write(&table, "n,x\n1,20\n4,78\n8,130\n16,190\n32,260\n64,310\n").unwrap();
    for (file, code) in [(table, 0), (folder.join("metrics.csv"), 7)] {
        let mut command = planner();
        command.arg("check").arg(file).arg("--quiet").arg("--out").arg(out);
        run(command).with_code(code);
    }
}
