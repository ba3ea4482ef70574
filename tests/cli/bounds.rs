//! Numbers that nobody means, and text that is more than text: refused with a reason or shown as it is, never a panic,
//! and never a program that does not end.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::planner::{CommandEnd, QUICK, measure, planner, run, write_scenario};
use crate::run_folder::{RunFolder, runs};

/// What a scenario that does not fit is refused with.
fn refused(folder: &Path, text: &str) -> String {
    let out = folder.join("runs");
    let ended = run(measure(&write_scenario(folder, text), &out)).with_code(3);
    assert!(runs(&out).is_empty(), "{text}");
    assert!(!ended.stderr.contains("panicked"), "{}", ended.stderr);
    unwrapped(&ended.stderr)
}

/// A message without the frame that it is wrapped in.
fn unwrapped(message: &str) -> String {
    message.split_whitespace().filter(|word| *word != "│").collect::<Vec<_>>().join(" ")
}

#[test]
fn what_a_scenario_cannot_mean_is_refused_with_its_bounds() {
    let folder = tempfile::tempdir().unwrap();
    let open = QUICK.replace("kind = \"closed\"\nworkers = 4", "kind = \"constant\"\nrate = \"RATE\"");
    let at = |rate: &str| open.replace("RATE", rate);
    let ramp = QUICK.replace(
        "kind = \"closed\"\nworkers = 4",
        "kind = \"ramp\"\nfrom = \"0/s\"\nto = \"1/s\"\nover = \"32d\"",
    );
    let function = |line: &str| format!("{QUICK}[target.service.function]\n{line}\n");
    for (text, says) in [
        (at("0.000001/h"), "after more than a year"),
        (at("1/h").replace("count = 40", "count = 9000"), "after more than a year"),
        (format!("{QUICK}[stop]\nduration = \"584y\""), "duration is"),
        (ramp, "over is"),
        (format!("{QUICK}[retry]\nbase = \"1ns\""), "base is 1ns"),
        (format!("{QUICK}[retry]\ncap = \"584y\""), "cap is"),
        (format!("{QUICK}[retry]\nattempt_timeout = \"584y\""), "attempt_timeout is"),
        (format!("{QUICK}[retry]\nmax_attempts = 4000000000"), "max_attempts is 4000000000"),
        (QUICK.replace("base_s = 0.05", "base_s = 1e18"), "`copy.base_s` is 1e18"),
        (function("retry_base_s = 1e-308"), "`function.retry_base_s` is 1e-308"),
        (function("retry_cap_s = 0.0"), "`function.retry_cap_s` is 0"),
        (function("cold_start_s = 1e6"), "`function.cold_start_s` is 1000000"),
        (function("scaling_period_s = 1e-308"), "`function.scaling_period_s` is 1e-308"),
        (function("maximum_retry_attempts = 4000000000"), "`function.maximum_retry_attempts`"),
        (format!("{QUICK}[target.service.queue]\nthrottle_base_s = 1e-9"), "`queue.throttle_base_s` is 1e-9"),
        (format!("{QUICK}[target.service.queue]\nretention_s = 1e9"), "14 days"),
    ] {
        let message = refused(folder.path(), &text);
        assert!(message.contains(says), "{says}: {message}");
    }
}

/// The longest line that a message shows is far shorter than what its printer can count.
#[test]
fn a_mistake_far_to_the_right_is_told_by_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let blanks = " ".repeat(70_000);
    let message = refused(folder.path(), &QUICK.replace("workers = 4", &format!("workers ={blanks}\"x\"")));
    assert!(message.contains("scenario.toml:10:70010: invalid type"), "{message}");
    let long = refused(folder.path(), &QUICK.replace("quick", &"x".repeat(100_000)));
    assert!(long.contains("scenario.toml:1:8: ") && long.len() < 1000, "{}", long.len());
}

#[test]
fn what_a_plan_cannot_mean_is_refused() {
    let plan = |command: &str, arguments: &[&str], code: i32| {
        let mut program = planner();
        program.arg(command).args(arguments);
        run(program).with_code(code).stderr
    };
    let copies = ["--objects", "250", "--residence"];
    let with = |residence: &'static str, more: &[&'static str]| [&copies[..], &[residence], more].concat();
    for (command, arguments, code, says) in [
        ("recommend", with("584y", &["--deadline", "10m"]), 2, "longer than a week"),
        ("recommend", with("30s", &["--deadline", "584y"]), 2, "more than a year"),
        ("recommend", with("30s", &["--deadline", "10m", "--max-attempts", "4000000000"]), 2, "1000"),
        ("simulate", with("30s", &["--reserved", "5", "--rate", "0.000001/h"]), 3, "more than 31 days"),
        (
            "recommend",
            vec!["--objects", "45000", "--residence", "6d", "--deadline", "10m"],
            3,
            "more than a century",
        ),
    ] {
        let message = plan(command, &arguments, code);
        assert!(unwrapped(&message).contains(says), "{says}: {message}");
    }
    let folder = tempfile::tempdir().unwrap();
    let profile = folder.path().join("profile.toml");
    std::fs::write(&profile, "[copy]\nbandwidth_bytes_per_s = 1e-300\n").unwrap();
    let profile = profile.to_str().unwrap();
    let message = plan("recommend", &["--objects", "1", "--deadline", "1h", "--profile", profile], 3);
    assert!(message.contains("more than a week"), "{message}");
}

/// What may stand in a file or come from a server: a colour, a title of the window, a turn of the text.
const HOSTILE: &str = "\u{1b}[31m\u{1b}]0;owned\u{7}\u{9b}2J\u{202e}";

fn is_tame(text: &str) -> bool {
    !text.chars().any(|c| (c.is_control() && !matches!(c, '\n' | '\t')) || c == '\u{202e}')
}

#[track_caller]
fn check_tame(ended: &CommandEnd) {
    assert!(is_tame(&ended.stdout), "{:?}", ended.stdout);
    assert!(is_tame(&ended.stderr), "{:?}", ended.stderr);
}

#[test]
fn control_characters_reach_no_terminal_and_no_drawing() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("runs");
    let scenario = folder.path().join("scenario.toml");
    let written = |text: &str| std::fs::write(&scenario, text).unwrap();
    // In a scenario, as they are and as TOML writes them.
    written(&format!("{QUICK}# {HOSTILE}\n[nonsense]\n"));
    check_tame(&run(measure(&scenario, &out)).with_code(3));
    written(&QUICK.replace("\"quick\"", r#""a\u001b[31m\u0007\u202e""#));
    let ended = run(measure(&scenario, &out)).with_code(3);
    check_tame(&ended);
    assert!(ended.stderr.contains(r"a\u{1b}[31m\u{7}\u{202e}"), "{}", ended.stderr);
    // In an argument.
    let mut command = planner();
    command.args(["recommend", "--objects", "1", "--residence", "1s", "--deadline"]).arg(HOSTILE);
    let ended = run(command).with_code(2);
    check_tame(&ended);
    assert!(ended.stderr.contains(r"\u{1b}[31m"), "{}", ended.stderr);
    let mut command = planner();
    command.arg("report").arg(HOSTILE);
    check_tame(&run(command).with_code(3));
    let mut command = planner();
    command.arg("recommend").arg("--deadline").arg(OsStr::from_bytes(b"10\xffm"));
    check_tame(&run(command).with_code(2));
    // In a document: the target, the codes of errors, the name of the run.
    written(QUICK);
    run(measure(&scenario, &out)).with_code(0);
    let kept = RunFolder::only(&out);
    let mut document = kept.document();
    document["run"] = json!(format!("=cmd{HOSTILE}"));
    document["scenario"]["name"] = json!(HOSTILE);
    document["target"]["region"] = json!(HOSTILE);
    document["levels"][0]["errors"] = json!({ HOSTILE: 3 });
    std::fs::write(kept.file("run.json"), document.to_string()).unwrap();
    for format in ["table", "markdown", "html", "csv"] {
        let mut command = planner();
        command.arg("report").arg(&kept.0).args(["--format", format]);
        let ended = run(command).with_code(0);
        if format == "csv" {
            assert!(ended.stdout.lines().nth(1).unwrap().contains("'=cmd"), "{}", ended.stdout);
        } else {
            check_tame(&ended);
        }
    }
    assert!(is_tame(&kept.text("report.html")), "{HOSTILE:?} in the page");
}

/// Every number of a plan is replaced by one that is far too large.
#[test]
fn the_page_of_a_plan_with_huge_numbers_can_be_drawn() {
    let out = tempfile::tempdir().unwrap();
    let mut command = planner();
    command.args(["recommend", "--objects", "250", "--residence", "30s", "--deadline", "10m", "--out"]);
    command.arg(out.path());
    run(command).with_code(0);
    let plan = RunFolder::only(out.path());
    let text = plan.text("plan.json");
    for huge in [json!(1e300), json!(1e18), json!(-1e300), json!(0)] {
        let mut document: Value = serde_json::from_str(&text).unwrap();
        enlarge(&mut document, &huge);
        std::fs::write(plan.file("plan.json"), document.to_string()).unwrap();
        let mut command = planner();
        command.arg("report").arg(&plan.0);
        let ended = run(command);
        assert!(matches!(ended.code, Some(0 | 1 | 3)), "{huge}: {}", ended.stderr);
        assert!(!ended.stderr.contains("panicked"), "{huge}: {}", ended.stderr);
    }
}

fn enlarge(value: &mut Value, huge: &Value) {
    match value {
        Value::Number(number) if number.is_f64() => *value = huge.clone(),
        Value::Array(items) => items.iter_mut().for_each(|item| enlarge(item, huge)),
        Value::Object(fields) => fields.values_mut().for_each(|field| enlarge(field, huge)),
        _ => {}
    }
}

/// A line of a log that says that four gigabytes follow.
#[test]
fn a_histogram_that_says_it_is_huge_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("runs");
    run(measure(&write_scenario(folder.path(), QUICK), &out)).with_code(0);
    let kept = RunFolder::only(&out);
    let inner = [
        &0x1c84_9313_u32.to_be_bytes()[..],
        &u32::MAX.to_be_bytes(),
        &0u32.to_be_bytes(),
        &3u32.to_be_bytes(),
        &1u64.to_be_bytes(),
        &u64::MAX.to_be_bytes(),
        &1f64.to_be_bytes(),
    ]
    .concat();
    let mut packed = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut packed, &inner).unwrap();
    let packed = packed.finish().unwrap();
    let encoded =
        [&0x1c84_9314_u32.to_be_bytes()[..], &(packed.len() as u32).to_be_bytes(), &packed].concat();
    let line = format!("0.0,1.0,1.0,{}\n", STANDARD.encode(encoded));
    std::fs::write(kept.file("latency.hlog"), kept.text("latency.hlog") + &line).unwrap();
    let mut command = planner();
    command.arg("report").arg(&kept.0);
    let ended = run(command).with_code(3);
    assert!(ended.stderr.contains("latency.hlog") && ended.stderr.contains("4294967295"), "{}", ended.stderr);
}
