//! What the program says about input that cannot be used: a clear reason, a documented exit code, no run folder.

use std::path::Path;

use crate::localstack::{Buckets, url};
use crate::planner::{CommandEnd, QUICK, measure, planner, run, shipped, write_scenario};
use crate::run_folder::runs;
use crate::served::{ACCESS_KEY, Served, serve};

/// The messages stand in these files for people to judge; `TRYCMD=overwrite` renews them.
#[test]
fn messages_say_what_is_wrong_where_and_what_to_do() {
    let cases = trycmd::TestCases::new();
    // No credentials, endpoints or settings of whoever runs the tests.
    for name in ["AWS_ENDPOINT_URL", "AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "NO_PROXY"]
    {
        cases.env(name, "");
    }
    cases.env("HOME", "/nonexistent").env("AWS_EC2_METADATA_DISABLED", "true");
    cases.case("tests/cli/messages/*.md");
}

/// Messages go to standard error, and the files above leave nothing beside them.
#[test]
fn a_failure_prints_nothing_on_standard_output_and_leaves_no_folder() {
    let messages = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cli/messages");
    let out = tempfile::tempdir().unwrap();
    for (file, options, code) in [
        ("scenarios.in/no-workers.toml", &[][..], 3),
        ("manifests.in/cut-off.toml", &[], 3),
        ("targets.in/copy.toml", &[], 1),
        ("targets.in/publish.toml", &[], 1),
        ("targets.in/copy.toml", &["--target", "aws", "--account", "123456789012", "--yes"], 1),
        ("targets.in/large.toml", &[], 6),
    ] {
        let mut command = measure(&messages.join(file), out.path());
        command.args(options).args(["--format", "json"]);
        let ended = run(command).with_code(code);
        assert_eq!(ended.stdout, "", "{file}");
        assert!(!ended.stderr.is_empty(), "{file}");
        assert!(runs(out.path()).is_empty(), "{file}");
    }
}

#[test]
fn missing_buckets_and_topics_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let text = std::fs::read_to_string(shipped("localstack")).unwrap().replace("prepare = true", "");
    let buckets = Buckets::new("missing");
    let out = folder.path().join("runs");
    let copy = |options: &[&str]| {
        let mut command = buckets.measure(&write_scenario(folder.path(), &text), &out);
        command.args(options);
        run(command).with_code(1)
    };
    let says = |ended: CommandEnd, facts: &[&str]| {
        let words = ended.stderr.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(facts.iter().all(|fact| words.contains(fact)), "{}", ended.stderr);
        assert!(runs(&out).is_empty());
    };
    says(copy(&[]), &[&buckets.source, "does not exist", "prepare = true"]);
    buckets.ask("answer(s3.create_bucket(Bucket=source)['Location'])");
    says(copy(&[]), &[&buckets.destination, "does not exist"]);

    let text = std::fs::read_to_string(shipped("localstack-publish")).unwrap().replace("prepare = true", "");
    let text = text.replace("[target]", "[target]\ntopic = \"nobody-made-it\"");
    let mut command = measure(&write_scenario(folder.path(), &text), &out);
    command.args(["--endpoint-url", &url()]);
    says(run(command).with_code(1), &["topic nobody-made-it", "does not exist"]);
}

#[test]
fn wrong_credentials_are_told_from_other_failures() {
    let folder = tempfile::tempdir().unwrap();
    let served = serve(&write_scenario(folder.path(), QUICK), folder.path());
    let out = folder.path().join("runs");
    for scenario in ["localstack", "localstack-publish"] {
        for (key, secret) in [(ACCESS_KEY, "another secret"), ("another-key", "another secret")] {
            let mut command = measure(&shipped(scenario), &out);
            reach(&served, &mut command, key, secret);
            let ended = run(command).with_code(1);
            assert!(ended.stderr.contains("AWS_SECRET_ACCESS_KEY"), "{scenario}: {}", ended.stderr);
            assert!(!ended.stderr.contains(secret), "{scenario}: {}", ended.stderr);
            assert!(runs(&out).is_empty());
        }
    }
}

fn reach(served: &Served, command: &mut std::process::Command, key: &str, secret: &str) {
    served.reach(command);
    command.env("AWS_ACCESS_KEY_ID", key).env("AWS_SECRET_ACCESS_KEY", secret);
}

#[test]
fn a_run_folder_that_is_damaged_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("runs");
    run(measure(&write_scenario(folder.path(), QUICK), &out)).with_code(0);
    let run_folder = crate::run_folder::RunFolder::only(&out);
    for (file, content, facts) in [
        ("series.csv", "level,start_s\n0,x\n0,y\n", &["series.csv"][..]),
        ("run.json", "{\"schema\": \"planner/run/99\"}", &["run.json"]),
        ("run.json", "no json", &["run.json"]),
    ] {
        let whole = run_folder.bytes(file);
        std::fs::write(run_folder.file(file), content).unwrap();
        let mut command = planner();
        command.arg("report").arg(&run_folder.0);
        let ended = run(command).with_code(3);
        assert!(facts.iter().all(|fact| ended.stderr.contains(fact)), "{}", ended.stderr);
        std::fs::write(run_folder.file(file), whole).unwrap();
    }
}
