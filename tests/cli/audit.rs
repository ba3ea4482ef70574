//! `planner audit`: what is wrong with a backup is found, whatever it is and whatever the keys are called.

use serde_json::{Value, json};

use crate::audited::{Backup, Flaws, audited, document, findings, key, only_folder};
use crate::aws::{ACCOUNT, serve_identity};
use crate::localstack::{Buckets, boto3, ministack_url, url};
use crate::planner::{planner, run};

const FLAWS: Flaws = Flaws { missing: Some(1234), truncated: Some(5000), stale: Some(9999), extra: true };

#[test]
fn each_of_four_flaws_among_ten_thousand_objects_is_found() {
    let backup = Backup::new(10_000, FLAWS);
    let out = tempfile::tempdir().unwrap();
    let since = backup.since.to_string();
    for options in [&[][..], &["--since", &since]] {
        let out = out.path().join(options.len().to_string());
        let seen = audited(backup.audit(&out, options), 5);
        assert_eq!((&seen["schema"], &seen["complete"]), (&json!("planner/audit/1"), &json!(true)));
        assert_eq!((&seen["expected"], &seen["arrived"]), (&json!(10_000), &json!(9_997)));
        for (kind, key, reason) in [
            ("missing", format!("day/{}", key(1234)), "not_there"),
            ("differing", format!("day/{}", key(5000)), "size"),
            (
                "stale",
                format!("day/{}", key(9999)),
                if options.is_empty() { "before_source" } else { "before_since" },
            ),
            ("extra", "day/of somebody else".to_owned(), "not_at_source"),
        ] {
            assert_eq!(seen["counts"][kind], 1, "{kind}");
            assert_eq!((&seen[kind][0]["key"], &seen[kind][0]["reason"]), (&json!(key), &json!(reason)));
        }
        assert_eq!(findings(&only_folder(&out)).len(), 4);
        assert_eq!(seen["verdicts"]["complete"]["verdict"], "fail");
        assert_eq!(seen["list_requests"], 20);
        assert_eq!(
            (&seen["rehearsal"], &seen["verdicts"]["deadline"]["verdict"]),
            (&json!(true), &json!("not_available"))
        );
    }
}

#[test]
fn a_whole_backup_is_fine_and_what_else_is_there_is_no_failure() {
    let backup = Backup::new(1500, Flaws { extra: true, ..Flaws::default() });
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let seen = audited(backup.audit(&out, &[]), 0);
    assert_eq!((&seen["arrived"], &seen["counts"]["extra"]), (&json!(1500), &json!(1)));
    assert!(seen["execution_time_s"].as_f64().unwrap() >= 0.01, "half of the copies came 20 ms later");
    let audit = only_folder(&out);
    assert_eq!(findings(&audit).len(), 1);
    let written: Value = serde_json::from_slice(&std::fs::read(audit.join("audit.json")).unwrap()).unwrap();
    assert_eq!(written, seen);
    assert!(
        std::fs::read_to_string(audit.join("report.md")).unwrap().contains("All of 1,500 objects arrived")
    );
    assert!(!audit.join("progress.json").exists());
    assert!(std::fs::read_to_string(audit.join("report.html")).unwrap().contains("All of 1,500 objects"));
    assert!(
        std::fs::read_to_string(out.join("index.html")).unwrap().contains("All of 1,500 objects arrived")
    );
    let ended = run(backup.audit(&out, &[])).with_code(0);
    let mut lines = ended.stdout.lines();
    let title = lines.next().unwrap();
    assert!(title.starts_with("Rehearsed: All of 1,500 objects arrived in "), "{}", ended.stdout);
    assert!(lines.nth(1).unwrap().contains("The endpoint is not AWS"), "{}", ended.stdout);
    assert!(ended.stderr.contains("0.0100 USD per million objects"), "{}", ended.stderr);
}

#[test]
fn a_backup_one_folder_off_is_told() {
    let backup = Backup::new(40, Flaws { missing: Some(7), ..Flaws::default() });
    let out = tempfile::tempdir().unwrap();
    let mut command = planner();
    command.args(["audit", "--source", "s3://source/day/", "--dest", "s3://backup/", "--endpoint-url"]);
    command.arg(&backup.url).args(["--format", "json", "--out"]).arg(out.path());
    command.env("AWS_ACCESS_KEY_ID", "planner").env("AWS_SECRET_ACCESS_KEY", "planner-secret");
    let seen = document(&run(command).with_code(5));
    assert!(seen["notes"].to_string().contains("39 of 40 found under `day/`"), "{seen}");
}

#[test]
fn a_plan_is_held_to_and_a_list_stands_for_the_source() {
    let backup = Backup::new(30, Flaws::default());
    let folder = tempfile::tempdir().unwrap();
    let (out, plan) = (folder.path().join("out"), folder.path().join("plan.json"));
    std::fs::write(&plan, r#"{"deadline_s": 600, "finish_s": {"p50": 0, "p95": 0, "p99": 0.000001}}"#)
        .unwrap();
    let seen = audited(backup.audit(&out, &["--plan", folder.path().to_str().unwrap()]), 5);
    let verdict = |name: &str| seen["verdicts"][name]["verdict"].clone();
    assert_eq!([verdict("deadline"), verdict("finish")], ["pass", "fail"]);
    assert_eq!(seen["plan"]["deadline_s"], 600.0);

    // Not in order, of another prefix too, and with one object more than there is.
    let list = folder.path().join("list.csv");
    let rows: String = (0..31).rev().map(|number| format!("\"day/{}\",700000000\n", key(number))).collect();
    std::fs::write(&list, format!("key,size\n{rows}elsewhere,5\n")).unwrap();
    let ended =
        run(backup.audit(&out, &["--manifest", list.to_str().unwrap(), "--format", "json"])).with_code(5);
    let seen = document(&ended);
    assert_eq!((&seen["expected"], &seen["counts"]["missing"]), (&json!(31), &json!(1)));
    assert_eq!(seen["missing"][0]["key"], format!("day/{}", key(30)));
    assert_eq!((&seen["list_requests"], &seen["compared_by"]), (&json!(1), &json!("size")));
    assert!(ended.stderr.contains("1 keys of the list are not under"), "{}", ended.stderr);
}

/// Names that a URL, XML, CSV or a terminal could take for something else.
const STRANGE: &str = r#"
prefix = 'of the day+/'
names = ['a b', 'a+b', 'a%2Bb', '100%', 'é', 'e\u0301', '日本', 'line\nbreak', 'tab\t', 'q?x=1&y#z', '<&>"', "it's",
    '\uff5e', '\U00010000', 'x' * 900, '../up', '//', 'trailing ', 'comma,"quote"', '\x1b[2J', '=1+1']
"#;

#[test]
fn strange_keys_on_localstack_are_told_apart() {
    let buckets = Buckets::new("audit-keys");
    let script = "
for bucket, folder in ((source, prefix), (destination, 'copy/')):
    s3.create_bucket(Bucket=bucket)
    for number, name in enumerate(names):
        if not (bucket == destination and name == 'line\\nbreak'):
            s3.put_object(Bucket=bucket, Key=folder + name, Body=b'x' * number)
s3.put_object(Bucket=destination, Key='copy/a+b', Body=b'y')
answer(len(names))";
    let number = buckets.ask(&format!("{STRANGE}{script}"));
    let out = tempfile::tempdir().unwrap();
    let mut command = planner();
    command.args(["audit", "--out"]).arg(out.path()).env("AWS_ENDPOINT_URL", url());
    command.args(["--source", &format!("s3://{}/of the day+/", buckets.source)]);
    command.args(["--dest", &format!("s3://{}/copy/", buckets.destination)]);
    let seen = audited(command, 5);
    assert_eq!(seen["expected"], number);
    assert_eq!(seen["arrived"], number.as_u64().unwrap() - 2);
    let expected = [("differs", "of the day+/a+b"), ("missing", "of the day+/line\nbreak")];
    let expected = expected.map(|(kind, key)| (kind.replace("differs", "differing"), key.to_owned()));
    assert_eq!(findings(&only_folder(out.path())), expected);
    assert_eq!(seen["differing"][0]["reason"], "etag", "as long as its source, with another content");
    assert_eq!(seen["extra"], json!([]));
}

/// An hour of a function, put into a CloudWatch that the audit then asks.
#[test]
fn the_functions_metrics_are_read_from_cloudwatch_and_checked() {
    let backup = Backup::new(30, Flaws::default());
    let script = "
import datetime
cloudwatch = boto3.client('cloudwatch', config=config)
start = (datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(hours=1)).replace(second=0, microsecond=0)
def put(name, unit, minute, values):
    cloudwatch.put_metric_data(Namespace='AWS/Lambda', MetricData=[dict(
        MetricName=name, Unit=unit, Dimensions=[dict(Name='FunctionName', Value=function)],
        Timestamp=start + datetime.timedelta(minutes=minute), Value=value) for value in values])
for minute in range(50):
    put('Invocations', 'Count', minute, [600, 600])
    put('Throttles', 'Count', minute, [1] if minute == 7 else [0])
    put('Errors', 'Count', minute, [0])
    put('Duration', 'Milliseconds', minute, [2000, 3000])
    put('ConcurrentExecutions', 'Count', minute, [49, 51])
answer(start.isoformat())";
    let function = format!("copy-{}", std::process::id());
    let ministack = ministack_url();
    let since = boto3(&ministack, ("test", "test"), &[("function", &function)], script);
    let since = since.as_str().unwrap().replace("+00:00", "Z");
    let out = tempfile::tempdir().unwrap();
    // Copies of this very minute are not older than an hour.
    let options = ["--function", &function, "--since", &since];
    let mut command = backup.audit(out.path(), &options);
    command.env("AWS_ENDPOINT_URL_CLOUDWATCH", &ministack);
    let seen = audited(command, 0);
    assert_eq!(
        (&seen["invocations"], &seen["throttles"], &seen["errors"]),
        (&json!(60_000), &json!(1), &json!(0))
    );
    let metrics = &seen["function"];
    assert_eq!((&metrics["duration_mean_s"], &metrics["duration_max_s"]), (&json!(2.5), &json!(3.0)));
    assert_eq!((&metrics["concurrent_mean"], &metrics["concurrent_max"]), (&json!(50.0), &json!(51.0)));
    let verdict = |name: &str| seen["verdicts"][name]["verdict"].clone();
    let verdicts = [verdict("independent"), verdict("raw"), verdict("invocations")];
    assert_eq!(verdicts, ["pass", "pass", "inconclusive"], "no 60,000 of them for 30 objects");

    let mut command = backup.audit(out.path(), &["--function", "nobody", "--since", &since]);
    command.env("AWS_ENDPOINT_URL_CLOUDWATCH", &ministack);
    let notes = audited(command, 0)["notes"].to_string();
    assert!(notes.contains("knows nothing of function nobody"), "{notes}");
}

#[test]
fn exported_metrics_do_instead_and_lost_messages_are_an_alarm() {
    let backup = Backup::new(30, Flaws { missing: Some(3), ..Flaws::default() });
    let folder = tempfile::tempdir().unwrap();
    let export = folder.path().join("metrics.csv");
    let rows = "Timestamp,Invocations,Duration,ConcurrentExecutions,Throttles\n\
                2026-11-01T10:00:00Z,20,30000,10,4\n2026-11-01T10:01:00Z,9,30000,4.5,0\n";
    std::fs::write(&export, rows).unwrap();
    let plan = folder.path().join("plan.json");
    std::fs::write(&plan, r#"{"reserved_concurrency": 9}"#).unwrap();
    let options = ["--metrics", export.to_str().unwrap(), "--plan", plan.to_str().unwrap()];
    let seen = audited(backup.audit(&folder.path().join("out"), &options), 5);
    assert_eq!((&seen["invocations"], &seen["throttles"]), (&json!(29), &json!(4)));
    let verdict = |name: &str| seen["verdicts"][name]["verdict"].clone();
    assert_eq!([verdict("invocations"), verdict("concurrency")], ["fail", "fail"]);
}

#[test]
fn an_account_is_only_looked_at_by_its_name_and_never_written_down() {
    let backup = Backup::new(30, Flaws::default());
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let identity = serve_identity();
    let audit = |options: &[&str]| {
        let mut command = planner();
        command.args(["audit", "--source", "s3://source/day/", "--dest", "s3://backup/day/"]);
        command.args(["--target", "aws", "--out"]).arg(&out).args(options);
        command.env("AWS_ACCESS_KEY_ID", "planner").env("AWS_SECRET_ACCESS_KEY", "planner-secret");
        command.env("AWS_ENDPOINT_URL", &backup.url).env("AWS_ENDPOINT_URL_STS", &identity);
        command.env("AWS_REGION", "us-east-1");
        run(command)
    };
    for options in [&[][..], &["--account", "210987654321"]] {
        audit(options).with_code(6);
        assert!(!out.exists());
    }
    let ended = audit(&["--account", ACCOUNT]).with_code(0);
    assert!(ended.stdout.starts_with("Rehearsed: "), "{}", ended.stdout);
    for entry in std::fs::read_dir(only_folder(&out)).unwrap() {
        let text = std::fs::read_to_string(entry.unwrap().path()).unwrap();
        assert!(!text.contains(ACCOUNT), "{text}");
    }
}

#[test]
fn a_bucket_that_is_not_there_leaves_no_folder() {
    let backup = Backup::new(3, Flaws::default());
    let out = tempfile::tempdir().unwrap();
    let mut command = planner();
    command.args([
        "audit",
        "--source",
        "s3://nowhere/",
        "--dest",
        "s3://backup/",
        "--endpoint-url",
        &backup.url,
    ]);
    command.arg("--out").arg(out.path());
    command.env("AWS_ACCESS_KEY_ID", "planner").env("AWS_SECRET_ACCESS_KEY", "planner-secret");
    let ended = run(command).with_code(1);
    assert!(ended.stderr.contains("failed to list s3://nowhere/: NoSuchBucket"), "{}", ended.stderr);
    assert_eq!(std::fs::read_dir(out.path()).unwrap().count(), 0);
}
