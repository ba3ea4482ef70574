//! Plans from logs that this program did not write.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::Value;

use crate::planner::{CommandEnd, planner, run};

/// Copies of 20 s or so, ten at a time, of 600 to 800 MB.
const COPIES: u32 = 400;

/// Milliseconds since the first start, and how long a copy took, without chance: quantiles in a mixed order.
fn times(copy: u32) -> (u32, u32) {
    (copy * 2000, 16_000 + (copy * 7919 % COPIES) * 8_000 / COPIES)
}

fn file(folder: &Path, name: &str, text: &str) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, text).unwrap();
    path
}

fn access_log(folder: &Path) -> PathBuf {
    let mut text = String::new();
    for copy in 0..COPIES {
        let (start_ms, lasted_ms) = times(copy);
        let (hour, minute, second) = (start_ms / 3_600_000, start_ms / 60_000 % 60, start_ms / 1000 % 60);
        let size_bytes = 600_000_000 + copy * 500_000;
        writeln!(
            text,
            "o b [27/Nov/2026:{hour:02}:{minute:02}:{second:02} +0000] ip who id REST.COPY.OBJECT key{copy} \"PUT /k \
             HTTP/1.1\" 200 - 234 {size_bytes} {lasted_ms} 9 \"-\" \"sdk\" -"
        )
        .unwrap();
    }
    file(folder, "access.log", &text)
}

fn reports(folder: &Path, has_times: bool) -> PathBuf {
    let mut text = String::new();
    for copy in 0..COPIES {
        let (start_ms, lasted_ms) = times(copy);
        let ended_ms = start_ms + lasted_ms;
        if has_times {
            let [hour, minute, second, ms] =
                [ended_ms / 3_600_000, ended_ms / 60_000 % 60, ended_ms / 1000 % 60, ended_ms % 1000];
            write!(text, "2026-11-27T{hour:02}:{minute:02}:{second:02}.{ms:03}Z ").unwrap();
        }
        let init = if copy % 20 == 0 { "Init Duration: 412.00 ms\t" } else { "" };
        writeln!(
            text,
            "REPORT RequestId: {copy}\tDuration: {lasted_ms}.00 ms\tBilled Duration: 1 ms\t{init}"
        )
        .unwrap();
    }
    file(folder, "reports.log", &text)
}

fn planned(command: &str, log: &Path, options: &[&str]) -> CommandEnd {
    let out = tempfile::tempdir().unwrap();
    let mut command_line = planner();
    command_line.args([command, "--objects", "400", "--format", "json"]).args(options);
    command_line.arg("--from").arg(log).arg("--out").arg(out.path());
    run(command_line)
}

fn document(ended: &CommandEnd) -> Value {
    serde_json::from_str(&ended.stdout).unwrap_or_else(|error| panic!("{error}: {}", ended.stdout))
}

#[test]
fn an_access_log_is_planned_from_like_a_run() {
    let folder = tempfile::tempdir().unwrap();
    let log = access_log(folder.path());
    let goal = ["--deadline", "20m", "--as", "workers"];
    let plan = document(&planned("recommend", &log, &goal).with_code(0));
    assert_eq!(plan["evidence"]["status"], "proven");
    assert_eq!(plan["basis"]["source"], "access log access.log");
    assert_eq!(
        (&plan["basis"]["jobs"], &plan["basis"]["rehearsal"]),
        (&Value::from(400), &Value::from(false))
    );
    let in_flight = plan["basis"]["measured_n_max"].as_f64().unwrap();
    assert!((9.0..11.0).contains(&in_flight), "{in_flight}");
    // Beyond what was logged nothing is known.
    let plan = document(&planned("recommend", &log, &["--deadline", "6m", "--as", "workers"]).with_code(7));
    assert_eq!(plan["evidence"]["conditions"][0]["kind"], "contention");
    // Compressed it says the same.
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(&std::fs::read(&log).unwrap()).unwrap();
    let packed = folder.path().join("access.log.gz");
    std::fs::write(&packed, encoder.finish().unwrap()).unwrap();
    let again = document(&planned("recommend", &packed, &goal).with_code(0));
    assert_eq!(again["concurrency"], document(&planned("recommend", &log, &goal))["concurrency"]);
    let forecast = document(&planned("simulate", &log, &["--workers", "10"]).with_code(0));
    assert!((600.0..1000.0).contains(&forecast["makespan_s"]["p50"].as_f64().unwrap()), "{forecast}");
}

#[test]
fn reports_of_a_function_are_planned_from_and_say_what_they_leave_open() {
    let folder = tempfile::tempdir().unwrap();
    let kinds = |plan: &Value| -> Vec<String> {
        plan["doubts"].as_array().unwrap().iter().map(|it| it["kind"].as_str().unwrap().to_owned()).collect()
    };
    let goal = ["--deadline", "20m", "--as", "lambda"];
    let plan = document(&planned("recommend", &reports(folder.path(), true), &goal).with_code(0));
    assert_eq!(plan["basis"]["copier"], "function");
    assert!(kinds(&plan).contains(&"sizes_unknown".into()) && !kinds(&plan).contains(&"other_copier".into()));
    // Without times nothing says how many ran at once.
    let plan = document(&planned("recommend", &reports(folder.path(), false), &goal).with_code(7));
    assert!(kinds(&plan).contains(&"times_unknown".into()), "{plan}");
    assert!((plan["basis"]["measured_n_max"].as_f64().unwrap() - 1.0).abs() < 1e-6);
}

#[test]
fn several_logs_are_planned_from_together_and_what_is_none_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let (log, other) = (access_log(folder.path()), reports(folder.path(), true));
    let both = ["--deadline", "20m", "--from", other.to_str().unwrap()];
    assert!(planned("recommend", &log, &both).with_code(3).stderr.contains("same operation"));
    let twice = ["--deadline", "20m", "--from", log.to_str().unwrap()];
    assert!(planned("recommend", &log, &twice).with_code(3).stderr.contains("given twice"));
    let nonsense = file(folder.path(), "notes.txt", "Dear diary\n");
    let told = planned("recommend", &nonsense, &["--deadline", "20m"]).with_code(3).stderr;
    assert!(told.contains("no copy in it") && told.contains("REST.COPY.OBJECT"), "{told}");
    let mut fit = planner();
    fit.arg("fit").arg(&log);
    assert!(run(fit).with_code(0).stdout.contains("access log access.log"));
}

#[test]
fn logs_are_compared_like_runs() {
    let folder = tempfile::tempdir().unwrap();
    let compared = |before: &Path, after: &Path, code: i32| -> Value {
        let mut command = planner();
        command.args(["compare", "--fail-on-regression", "10%", "--format", "json"]).args([before, after]);
        command.arg("--out").arg(folder.path().join("out"));
        document(&run(command).with_code(code))
    };
    let log = access_log(folder.path());
    let same = compared(&log, &log, 0);
    assert!(same["verdict"].as_str().unwrap().contains("access.log"), "{same}");
    // Every copy takes three times as long.
    let rows = |slower: u32| -> String {
        let row = |copy: u32| {
            let (start_ms, lasted_ms) = times(copy);
            format!("{start_ms}e-3,{}e-3\n", start_ms + slower * lasted_ms)
        };
        "start,end\n".to_owned() + &(0..COPIES).map(row).collect::<String>()
    };
    let (usual, slow) =
        (file(folder.path(), "usual.csv", &rows(1)), file(folder.path(), "slow.csv", &rows(3)));
    let regression = compared(&usual, &slow, 99);
    assert!(!regression["regressions"].as_array().unwrap().is_empty());
    let long = file(folder.path(), "long.csv", "start,end\n0,1\n9000000,9000001\n");
    let mut command = planner();
    command.arg("compare").args([&usual, &long]).arg("--out").arg(folder.path().join("out"));
    assert!(run(command).with_code(3).stderr.contains("more than 31 days"));
}
