//! Places that cannot be written and disks that fill up.

use std::path::Path;
use std::process::Command;

use crate::planner::{QUICK, measure, planner, run, shipped, write_scenario};
use crate::run_folder::{RunFolder, runs};
use crate::served::serve;

/// The command with files limited to so many KiB. Going beyond fails as on a full disk, for root too.
fn limited(command: &Command, limit_kib: u32) -> Command {
    let mut shell = Command::new("bash");
    shell.arg("-c").arg(format!("ulimit -f {limit_kib}; exec \"$0\" \"$@\""));
    shell.arg(command.get_program()).args(command.get_args());
    shell.env_clear();
    for (name, value) in command.get_envs() {
        shell.env(name, value.unwrap());
    }
    shell.current_dir(command.get_current_dir().unwrap()).stdin(std::process::Stdio::null());
    shell
}

fn bulk(out: &Path) -> Command {
    let mut command = measure(&shipped("bulk"), out);
    command.args(["--objects", "3000", "--workers", "300"]);
    command
}

#[test]
fn what_was_measured_before_the_disk_was_full_is_kept() {
    let out = tempfile::tempdir().unwrap();
    let ended = run(limited(&bulk(out.path()), 100)).with_code(1);
    assert!(
        ended.stderr.contains("attempts.csv") && ended.stderr.contains("planner report"),
        "{}",
        ended.stderr
    );
    let folder = RunFolder::only(out.path());
    assert_eq!(folder.document()["complete"], false);
    let seconds = folder.series().len();
    assert!(folder.attempts().len() > 500 && seconds > 50);
    let names = std::fs::read_dir(&folder.0).unwrap().map(|entry| entry.unwrap().file_name());
    let hidden: Vec<_> = names.filter(|name| name.to_str().unwrap().starts_with('.')).collect();
    assert!(hidden.is_empty(), "temporary files are left: {hidden:?}");

    let mut report = planner();
    report.arg("report").arg(&folder.0);
    let printed = run(report).with_code(0).stdout;
    assert!(printed.contains("INCOMPLETE"), "{printed}");
}

#[test]
fn a_disk_that_is_full_from_the_start_keeps_no_folder() {
    let out = tempfile::tempdir().unwrap();
    let ended = run(limited(&bulk(out.path()), 0)).with_code(1);
    assert!(ended.stderr.contains("run.json"), "{}", ended.stderr);
    assert!(runs(out.path()).is_empty());
}

/// The list of what a run created is what its clean-up goes by: what cannot be listed is not made.
#[test]
fn nothing_is_made_that_cannot_be_listed() {
    let folder = tempfile::tempdir().unwrap();
    let text = QUICK.replace("count = 40", "count = 400\nprepare = true");
    let scenario = write_scenario(folder.path(), &text);
    let served = serve(&scenario, folder.path());
    let out = folder.path().join("runs");
    let mut command = measure(&scenario, &out);
    command.args(["--target", "endpoint"]);
    served.reach(&mut command);
    let ended = run(limited(&command, 20)).with_code(1);
    assert!(ended.stderr.contains("failed to list what is created"), "{}", ended.stderr);
    // The disk is as full for the clean-up; with room again it goes on where it was.
    let kept = RunFolder::only(&out);
    let mut command = planner();
    command.arg("cleanup").arg(&kept.0).arg("--unconfirmed");
    served.reach(&mut command);
    run(command).with_code(0);
    let keys = (crate::served::ACCESS_KEY, crate::served::SECRET_KEY);
    let script = "answer([key for key in objects('planner-source') if key.startswith('planner-runs/')])";
    assert_eq!(crate::localstack::boto3(&served.url, keys, &[], script), serde_json::json!([]));
}

/// What is full takes no page, and the answer is on the screen all the same.
#[test]
fn a_report_is_printed_though_its_folder_is_full() {
    let out = tempfile::tempdir().unwrap();
    run(measure(&shipped("daily"), out.path())).with_code(0);
    let report = |folders: &[&str], format: &str| {
        let mut command = planner();
        command.arg("report").args(folders).args(["--format", format]);
        run(limited(&command, 0))
    };
    let folder = RunFolder::only(out.path());
    let daily = folder.0.to_str().unwrap();
    for folders in [&[daily][..], &[daily, daily]] {
        let ended = report(folders, "json").with_code(0);
        serde_json::from_str::<serde_json::Value>(&ended.stdout).unwrap();
        assert!(ended.stderr.contains("printed only: failed to write"), "{}", ended.stderr);
        assert!(report(folders, "html").with_code(1).stdout.is_empty());
    }
}

#[test]
fn data_that_cannot_be_printed_is_a_failure() {
    let full = std::fs::File::create("/dev/full").unwrap();
    let out = tempfile::tempdir().unwrap();
    run(measure(&shipped("daily"), out.path())).with_code(0);
    let mut report = planner();
    report.arg("report").arg(&RunFolder::only(out.path()).0);
    let output = report.stdout(full).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("standard output") && said.contains("No space left"), "{said}");
}
