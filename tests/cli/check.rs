//! `planner check`: every form, good and bad, through the command line.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::Command;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};

use crate::planner::{CommandEnd, QUICK, measure, planner, run, write_scenario};
use crate::run_folder::RunFolder;

const SIX: &str = "start,end,outcome\n-2,3,ok\n1,4,ok\n2,12,ok\n5,6,failed\n8,15,ok\n-1,11,ok\n";
const CISCO: [f64; 32] = [
    955.16, 1878.91, 2688.01, 3548.68, 4315.54, 5130.43, 5931.37, 6531.08, 7219.8, 7867.61, 8278.71, 8646.7,
    9047.84, 9426.55, 9645.37, 9897.24, 10097.6, 10240.5, 10532.39, 10798.52, 11151.43, 11518.63, 11806.0,
    12089.37, 12075.41, 12177.29, 12211.41, 12158.93, 12155.27, 12118.04, 12140.4, 12074.39,
];
const RAYTRACER: &str =
    "n,x\n1,20\n4,78\n8,130\n12,170\n16,190\n20,200\n24,210\n28,230\n32,260\n48,280\n64,310\n";

/// `planner check FILE --out OUT`.
fn command(file: &Path, out: &Path) -> Command {
    let mut command = planner();
    command.arg("check").arg(file).arg("--out").arg(out);
    command
}

/// Checks a file and leaves nothing behind.
fn check_file(file: &Path, arguments: &[&str]) -> CommandEnd {
    let out = tempfile::tempdir().unwrap();
    let mut command = command(file, out.path());
    command.args(arguments);
    run(command)
}

/// Checks bytes given in a file.
fn check_bytes(content: &[u8], arguments: &[&str]) -> CommandEnd {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(content).unwrap();
    check_file(file.path(), arguments)
}

fn check(text: &str, arguments: &[&str]) -> CommandEnd {
    check_bytes(text.as_bytes(), arguments)
}

fn document(text: &str, arguments: &[&str], code: i32) -> Value {
    let ended = check(text, &[&["--format", "json"], arguments].concat()).with_code(code);
    assert!(ended.stderr.trim().starts_with("report "), "{}", ended.stderr);
    serde_json::from_str(&ended.stdout).unwrap()
}

#[track_caller]
fn near(value: &Value, expected: f64) {
    let seen = value.as_f64().unwrap();
    assert!((seen / expected - 1.0).abs() < 1e-5, "{seen} is not {expected}");
}

#[test]
fn the_six_requests_come_out_of_the_command() {
    let seen = document(SIX, &["--window", "0s..10s"], 7);
    assert_eq!((&seen["schema"], &seen["form"]), (&json!("planner/check/1"), &json!("requests")));
    let law = &seen["littles_law"];
    for (name, value) in [
        ("window_s", 10.0),
        ("n", 2.7),
        ("x_per_s", 0.3),
        ("r_s", 3.0),
        ("xr", 0.9),
        ("departure_form_n", 2.7),
        ("age_start_s", 3.0),
        ("age_end_s", 21.0),
    ] {
        near(&law[name], value);
    }
    let verdicts = &seen["verdicts"];
    assert_eq!(
        (&verdicts["accounting"]["verdict"], &verdicts["independent"]["verdict"]),
        (&json!("pass"), &json!("not_available"))
    );
    near(&verdicts["raw"]["ratio"], 1.0 / 3.0);
    assert_eq!(seen["outcomes"], json!({ "failed": 1, "ok": 5 }));
    let whole = document(SIX, &[], 7);
    near(&whole["littles_law"]["n"], whole["littles_law"]["xr"].as_f64().unwrap());
}

/// What is true of any requests, whatever the service did, is no PASS of the law.
#[test]
fn a_tautology_does_not_pass() {
    let one = document("start,end\n0,2\n", &[], 7);
    assert_eq!(one["verdicts"]["raw"]["verdict"], "inconclusive");
    let verdict = one["verdict"].as_str().unwrap();
    assert!(verdict.contains("Undecided") && verdict.contains("1 request over 2.00 s"), "{one}");
    let rows: String = (0..100).map(|i| format!("{i},{}\n", i + 1 + i % 3)).collect();
    let many = document(&format!("start,end\n{rows}"), &[], 0);
    assert_eq!(many["verdicts"]["raw"]["verdict"], "not_available");
    assert!(many["verdict"].as_str().unwrap().contains("was not asked"), "{many}");
}

#[test]
fn a_window_may_be_dates_and_reach_below_zero() {
    let dated =
        "start,end\n2016-05-12T10:00:00Z,2016-05-12T10:00:04Z\n2016-05-12T10:00:01Z,2016-05-12T10:00:30Z\n";
    let seen = document(dated, &["--window", "2016-05-12T10:00:00Z..2016-05-12T10:00:10Z"], 7);
    near(&seen["littles_law"]["n"], 1.3);
    near(&document(SIX, &["--window", "-2..15"], 7)["littles_law"]["window_s"], 17.0);
    for wrong in ["10s", "10..5", "soon..5"] {
        let ended = check(SIX, &["--window", wrong]).with_code(2);
        assert!(ended.stderr.contains(wrong), "{}", ended.stderr);
    }
    check(SIX, &["--window", "100..200"]).with_code(3);
}

#[test]
fn compressed_files_and_standard_input_are_read() {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(SIX.as_bytes()).unwrap();
    let plain = check(SIX, &[]).with_code(7).stdout;
    assert_eq!(check_bytes(&encoder.finish().unwrap(), &[]).with_code(7).stdout, plain);
    let out = tempfile::tempdir().unwrap();
    let from_input = command(Path::new("-"), out.path());
    let output = assert_cmd::Command::from_std(from_input).write_stdin(SIX).output().unwrap();
    assert_eq!(String::from_utf8(output.stdout).unwrap(), plain);
}

#[test]
fn a_sound_table_gives_the_published_law_and_a_straight_one_is_refused() {
    let rows: String = CISCO.iter().zip(1..).map(|(x, n)| format!("{n},{x}\n")).collect();
    let cisco = format!("n,x\n{rows}");
    let usl = &document(&cisco, &[], 0)["usl"];
    near(&usl["lambda"], 995.6486);
    near(&usl["sigma"], 0.02671591);
    near(&usl["kappa"], 7.690945e-4);
    assert_eq!(usl["refused"], Value::Null);
    assert!(usl["advice"].as_str().unwrap().contains("N = 36"), "{usl}");
    assert!(usl["intervals"]["kappa"]["low"].as_f64().unwrap() > 0.0);
    let straight = &document(RAYTRACER, &[], 0)["usl"];
    assert!(straight["refused"].as_str().unwrap().starts_with("no peak identifiable"));
    near(&straight["lambda"], 21.848843);
    assert_eq!(document("n,x\n1,2\n2,4\n", &[], 0)["usl"], Value::Null);
    let csv = check(&cisco, &["--format", "csv"]).with_code(0).stdout;
    assert_eq!(csv.lines().count(), 33);
    assert!(csv.starts_with("start_s,length_s,n,x_per_s,"), "{csv}");
}

#[test]
fn a_contradiction_ends_with_5_and_a_short_record_with_7() {
    let seen = document("n,x,r\n10,5,2\n20,5,5\n", &[], 5);
    assert_eq!(seen["verdicts"]["raw"]["verdict"], "fail");
    let short = "t,count,n,r\n0,0,75,1\n2,150,75,1\n";
    document(short, &["--accept", "undecided"], 0);
    document(short, &["--accept", "inconclusive"], 0);
    document("n,x,r\n10,5,2\n20,5,5\n", &["--accept", "undecided"], 5);
    let seen = document(short, &[], 7);
    assert_eq!(seen["verdicts"]["raw"]["verdict"], "not_available", "no verdict on one bin of 2 s");
    assert_eq!(seen["verdicts"]["independent"]["verdict"], "inconclusive");
    near(&seen["means"]["x_noise_per_s"], 150f64.sqrt() / 2.0);
}

/// An hour of a function's metrics by the minute.
fn metrics(concurrent: f64) -> String {
    let row = |minute: u32| {
        let stamp = format!("2016-05-12T10:{minute:02}:00Z");
        format!("{stamp},1200,2500,{},0,0\n", concurrent + f64::from(minute % 3) * 0.01)
    };
    let rows: String = (0..60).map(row).collect();
    format!("Timestamp,Invocations,Duration,ConcurrentExecutions,Throttles,Errors\n{rows}")
}

#[test]
fn metrics_of_a_function_are_judged() {
    let seen = document(&metrics(50.0), &[], 0);
    assert_eq!(
        (&seen["form"], &seen["verdicts"]["independent"]["verdict"]),
        (&json!("cloudwatch"), &json!("pass"))
    );
    near(&seen["means"]["xr"], 50.0);
    assert_eq!(seen["readings"].as_array().unwrap().len(), 60);
    let failed = document(&metrics(60.0), &[], 5);
    assert_eq!(failed["verdicts"]["independent"]["verdict"], "fail");
    let part = document(&metrics(50.0), &["--window", "2016-05-12T10:10:00Z..2016-05-12T10:20:00Z"], 7);
    assert_eq!(part["rows"], 10);
}

#[test]
fn what_cannot_be_read_is_named_by_its_line() {
    for (text, hint) in [
        ("", "the file is empty"),
        ("a,b\n1,2\n", "none of the forms"),
        ("start,stop\n1,2\n", "none of the forms"),
        ("start,end\n", "no request"),
        ("start,end\n1,1\n", "same moment"),
        ("start,end\n1,2\n3,NaN\n", "line 3: end is `NaN`"),
        ("start,end\n1,2\n3\n", "line 3: there is no end"),
        ("start,end\n5,2\n", "line 2: it ends 3 s before it starts"),
        ("t,count\n0,1\n4,2\n2,3\n", "line 4: its time is not after"),
        ("t,count\n0,5\n2,3\n", "line 3: the count goes back"),
        ("t,count\n0,5\n2,-3\n", "line 3: count is `-3`"),
        ("n,x\n1,2\n2,\n", "line 3: two of n, x and r"),
        ("timestamp,Invocations,Duration\n0,1,-5\n60,1,5\n", "line 2: duration is `-5`"),
        ("timestamp,Invocations\n0,1\n", "two periods"),
        ("{\"MetricDataResults\": 3}", "get-metric-data"),
    ] {
        let ended = check(text, &[]).with_code(3);
        assert_eq!(ended.stdout, "");
        let told = ended.stderr.split_whitespace().filter(|word| *word != "│").collect::<Vec<_>>().join(" ");
        assert!(told.contains(hint), "{text:?}: {}", ended.stderr);
    }
    check_file(Path::new("/nonexistent/file.csv"), &[]).with_code(3);
    check_bytes(b"start,end\n\xff,2\n", &[]).with_code(3);
    check(SIX, &["--format", "csv"]).with_code(3);
}

#[test]
fn the_order_of_requests_does_not_matter() {
    let sorted = "start,end\n0,2\n1,4\n3,9\n";
    let shuffled = "start,end\n3,9\n0,2\n1,4\n";
    assert_eq!(check(sorted, &[]).with_code(7).stdout, check(shuffled, &[]).with_code(7).stdout);
}

#[test]
fn a_million_requests_are_read() {
    let rows: String = (0..1_000_000u32).map(|i| format!("{}.5,{}.75\n", i / 100, i / 100 + i % 7)).collect();
    let seen = document(&format!("start,end\n{rows}"), &["--window", "1000s..9000s"], 0);
    near(&seen["littles_law"]["x_per_s"], 100.0);
    assert_eq!(seen["verdicts"]["raw"]["verdict"], "pass");
    assert_eq!(seen["batches"]["x_per_s"]["count"], 20);
}

#[test]
fn a_check_leaves_its_page_and_is_listed() {
    let out = tempfile::tempdir().unwrap();
    let file = out.path().join("metrics.csv");
    fs::write(&file, metrics(50.0)).unwrap();
    let reports = out.path().join("reports");
    let CommandEnd { stdout, .. } = run(command(&file, &reports)).with_code(0);
    let folder = RunFolder::only(&reports);
    let read = |name: &str| fs::read_to_string(folder.file(name)).unwrap();
    let document: Value = serde_json::from_str(&read("check.json")).unwrap();
    assert_eq!((&document["schema"], &document["holds"]), (&json!("planner/check/1"), &json!(true)));
    let verdict = document["verdict"].as_str().unwrap();
    assert_eq!(verdict, "N = X·R holds: 60 CloudWatch periods over 1h");
    assert!(stdout.starts_with(verdict), "{stdout}");
    assert!(read("report.md").contains(verdict) && read("report.html").contains("<figure id=\"stages\""));
    assert!(fs::read(folder.file("stages.png")).unwrap().starts_with(b"\x89PNG"));
    let list = fs::read_to_string(reports.join("index.html")).unwrap();
    assert!(list.contains("Checks") && list.contains(verdict), "{list}");
    let told = run({
        let mut quiet = command(&file, &reports);
        quiet.arg("--quiet");
        quiet
    });
    assert_eq!((told.stdout.as_str(), told.stderr.as_str()), ("", ""));
}

#[test]
fn text_fits_80_columns_in_every_form() {
    for text in [SIX, RAYTRACER, "t,count,r\n0,0,\n2,150,8\n4,300,8\n", &metrics(50.0)] {
        let ended = check(text, &[]);
        assert!(ended.stdout.lines().all(|line| line.chars().count() <= 80), "{}", ended.stdout);
        assert!(check(text, &["--format", "markdown"]).stdout.starts_with("## "));
    }
}

#[test]
fn a_run_folder_and_its_attempts_say_the_same() {
    let out = tempfile::tempdir().unwrap();
    run(measure(&write_scenario(out.path(), QUICK), &out.path().join("runs"))).with_code(0);
    let folder = RunFolder::only(&out.path().join("runs"));
    let text = |path: &Path| check_file(path, &["--format", "json"]).with_code(0).stdout;
    let seen: Value = serde_json::from_str(&text(&folder.0)).unwrap();
    assert_eq!((&seen["rows"], &seen["outcomes"]), (&json!(40), &json!({ "ok": 40 })));
    assert_eq!(text(&folder.0), text(&folder.file("attempts.csv")));
}
