//! `--target aws`, without AWS: S3 is `planner cloud`, and STS a few lines here. Nothing leaves this machine.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use crate::localstack::boto3;
use crate::planner::{CommandEnd, QUICK, measure, planner, run, write_scenario};
use crate::run_folder::{RunFolder, runs};
use crate::served::{ACCESS_KEY, SECRET_KEY, Served, serve};

pub(crate) const ACCOUNT: &str = "123456789012";

/// Answers every request as GetCallerIdentity does. It ends with the tests.
pub(crate) fn serve_identity() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let body = format!(
        "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><GetCallerIdentityResult>\
         <Arn>arn:aws:iam::{ACCOUNT}:user/test</Arn><UserId>U</UserId><Account>{ACCOUNT}</Account>\
         </GetCallerIdentityResult></GetCallerIdentityResponse>"
    );
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let headers = BufReader::new(stream.try_clone().unwrap()).lines();
            headers.map_while(Result::ok).take_while(|line| !line.is_empty()).for_each(drop);
            // A client that has hung up has its reasons.
            let _ = write!(
                stream,
                "HTTP/1.1 200 OK\r\ncontent-type: text/xml\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
                body.len()
            );
        }
    });
    url
}

/// An account that has what the scenario names.
struct AwsAccount {
    cloud: Served,
    identity: String,
}

impl AwsAccount {
    fn new(scenario: &Path, folder: &Path) -> Self {
        Self { cloud: serve(scenario, folder), identity: serve_identity() }
    }

    fn reach(&self, command: &mut Command) {
        self.cloud.reach(command);
        command.env("AWS_ENDPOINT_URL_STS", &self.identity);
    }

    fn measure(&self, scenario: &Path, out: &Path, options: &[&str]) -> CommandEnd {
        let mut command = measure(scenario, out);
        command.args(["--target", "aws"]).args(options);
        self.reach(&mut command);
        run(command)
    }

    /// Keys under `planner-runs/` in both buckets.
    fn objects(&self) -> Value {
        let script = "answer([len(objects(bucket, 'planner-runs/')) for bucket in ('planner-source', 'planner-destination')])";
        boto3(&self.cloud.url, (ACCESS_KEY, SECRET_KEY), &[], script)
    }
}

#[test]
fn nothing_is_touched_before_the_account_is_named_right_and_somebody_agrees() {
    let folder = tempfile::tempdir().unwrap();
    let scenario = write_scenario(folder.path(), QUICK);
    let account = AwsAccount::new(&scenario, folder.path());
    let out = folder.path().join("runs");
    for (options, reason) in [
        (&["--yes"][..], "must be named"),
        (&["--account", "210987654321", "--yes"], "another account"),
        (&["--account", ACCOUNT], "nobody is there to confirm it"),
    ] {
        let ended = account.measure(&scenario, &out, options).with_code(6);
        assert!(ended.stderr.contains(reason), "{}", ended.stderr);
        assert!(runs(&out).is_empty());
        assert_eq!(account.objects(), json!([0, 0]), "{reason}");
    }
}

#[test]
fn an_account_that_was_named_is_measured_and_cleaned_up_and_not_written_down() {
    let folder = tempfile::tempdir().unwrap();
    let scenario = write_scenario(folder.path(), QUICK);
    let account = AwsAccount::new(&scenario, folder.path());
    let out = folder.path().join("runs");
    let ended = account.measure(&scenario, &out, &["--account", ACCOUNT, "--yes", "--keep"]);
    let run_folder = RunFolder::only(&out);
    let document = run_folder.document();
    ended.with_code(if document["generator"]["saturated"] == true { 5 } else { 0 });
    // What answers instead of AWS makes it a rehearsal, whatever the target is called.
    assert_eq!((&document["rehearsal"], &document["target"]["kind"]), (&json!(true), &json!("aws")));
    assert_eq!(document["levels"][0]["jobs_done"], 40);
    assert_eq!(account.objects(), json!([0, 41]), "the copies and the claim of their prefix");
    for entry in std::fs::read_dir(&run_folder.0).unwrap() {
        let path = entry.unwrap().path();
        let text = String::from_utf8_lossy(&std::fs::read(&path).unwrap()).into_owned();
        assert!(!text.contains(ACCOUNT), "the account's number stands in {}", path.display());
        assert!(!text.contains(SECRET_KEY), "the secret stands in {}", path.display());
    }

    let cleanup = |options: &[&str]| {
        let mut command = planner();
        command.arg("cleanup").arg(&run_folder.0).args(options);
        account.reach(&mut command);
        run(command)
    };
    for options in [&["--yes"][..], &["--account", ACCOUNT], &["--account", "210987654321", "--yes"]] {
        cleanup(options).with_code(6);
        assert_eq!(account.objects(), json!([0, 41]));
    }
    cleanup(&["--account", ACCOUNT, "--yes"]).with_code(0);
    assert_eq!(account.objects(), json!([0, 0]));
}

/// A bucket is never made in an account, and what would cost too much is not begun.
#[test]
fn an_account_keeps_its_buckets_and_its_money() {
    let folder = tempfile::tempdir().unwrap();
    let scenario = write_scenario(folder.path(), QUICK);
    let account = AwsAccount::new(&scenario, folder.path());
    let out = folder.path().join("runs");
    let agreed = ["--account", ACCOUNT, "--yes"];
    let with = |options: &[&str]| {
        let options: Vec<&str> = agreed.iter().chain(options).copied().collect();
        account.measure(&scenario, &out, &options)
    };
    let ended = with(&["--destination-bucket", "not-there"]).with_code(1);
    assert!(ended.stderr.contains("not-there"), "{}", ended.stderr);
    with(&["--max-cost", "0.0000001"]).with_code(6);
    // Nothing but a limit would end it.
    let ended = with(&["--duration", "1h"]).with_code(6);
    assert!(ended.stderr.contains("--max-requests"), "{}", ended.stderr);
    assert!(runs(&out).is_empty());
    let limited = with(&["--duration", "1h", "--max-requests", "25"]);
    let document = RunFolder::only(&out).document();
    limited.with_code(if document["generator"]["saturated"] == true { 5 } else { 0 });
    let level = &document["levels"][0];
    assert_eq!((&level["stop_reason"], &level["attempts"]), (&json!("max_requests"), &json!(25)));
    assert_eq!(account.objects(), json!([0, 0]), "cleaned up");
}
