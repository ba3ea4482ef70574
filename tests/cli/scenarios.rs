//! The scenarios that come with the program run, each on the target it is written for.

use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use crate::localstack::Buckets;
use crate::planner::{CommandEnd, measure, run, shipped};
use crate::run_folder::RunFolder;

/// Makes the largest ones small enough for a test.
fn shorter(name: &str) -> &'static [&'static str] {
    match name {
        "bulk" => &["--objects", "3000", "--workers", "300"],
        "sweep" => &["--duration", "30s"],
        "ramp" => &["--duration", "2m"],
        _ => &[],
    }
}

/// Names of the scenarios with this kind of target.
fn with_target(kind: &str) -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let files = files.filter(|file| file.extension().is_some_and(|extension| extension == "toml"));
    let mut names: Vec<String> =
        files.map(|file| file.file_stem().unwrap().to_str().unwrap().to_owned()).collect();
    names.sort();
    names.retain(|name| {
        let text = std::fs::read_to_string(shipped(name)).unwrap();
        let scenario: toml::Table = text.parse().unwrap();
        assert_eq!(scenario["name"].as_str(), Some(name.as_str()), "a scenario is named like its file");
        let target = scenario.get("target").and_then(|target| target.get("kind")?.as_str());
        target.unwrap_or("embedded") == kind
    });
    names
}

/// Checks that a run folder has everything that a complete run leaves.
fn check_complete(folder: &RunFolder, name: &str) {
    let document = folder.document();
    assert_eq!(document["schema"], "planner/run/1");
    assert_eq!((&document["complete"], &document["rehearsal"]), (&json!(true), &json!(true)));
    assert_eq!((&document["name"], &document["run"]), (&json!(name), &json!(folder.name())));
    let levels = document["levels"].as_array().unwrap();
    let attempts: u64 = levels.iter().map(|level| level["attempts"].as_u64().unwrap()).sum();
    assert_eq!(folder.attempts().len() as u64, attempts);
    assert!(attempts > 0);
    assert!(!folder.series().is_empty());
    assert!(folder.text("latency.hlog").starts_with("#[Histogram log format version 1.3]"));
    let html = folder.text("report.html");
    assert!(html.contains(name) && html.trim_end().ends_with("</html>"));
    let files = std::fs::read_dir(&folder.0).unwrap().map(|entry| entry.unwrap().path());
    let charts: Vec<_> =
        files.filter(|path| path.extension().is_some_and(|extension| extension == "png")).collect();
    assert!(charts.len() >= 3, "{charts:?}");
    for chart in charts {
        let bytes = std::fs::read(&chart).unwrap();
        assert!(bytes.starts_with(b"\x89PNG\r\n\x1a\n") && bytes.ends_with(b"IEND\xaeB`\x82"), "{chart:?}");
    }
}

#[test]
fn every_scenario_for_the_embedded_endpoint_runs() {
    let names = with_target("embedded");
    assert!(!names.is_empty());
    for name in names {
        let out = tempfile::tempdir().unwrap();
        let mut command = measure(&shipped(&name), out.path());
        command.args(shorter(&name));
        let ended = run(command).with_code(0);
        assert_eq!((ended.stdout.as_str(), ended.stderr.as_str()), ("", ""), "{name}: --quiet");
        check_complete(&RunFolder::only(out.path()), &name);
    }
}

#[test]
fn there_is_a_test_for_every_scenario_for_an_endpoint() {
    assert_eq!(with_target("endpoint"), ["localstack", "localstack-publish", "ministack-fan-out"]);
    assert!(with_target("aws").is_empty(), "nothing that comes with the program reaches for an account");
}

/// On a busy machine a run in real time may say that the generator was too slow; nothing else may be wrong.
fn run_in_real_time(command: Command, out: &Path) -> (CommandEnd, RunFolder) {
    let ended = run(command);
    let folder = RunFolder::only(out);
    let saturated = folder.document()["generator"]["saturated"] == true;
    (ended.with_code(if saturated { 5 } else { 0 }), folder)
}

#[test]
fn localstack_holds_the_copies_and_then_nothing_of_the_run() {
    let buckets = Buckets::new("copies");
    let out = tempfile::tempdir().unwrap();
    let mut command = buckets.measure(&shipped("localstack"), out.path());
    command.arg("--keep");
    let (_, folder) = run_in_real_time(command, out.path());
    check_complete(&folder, "localstack");
    let run_name = folder.name();
    let found = buckets.ask(&format!(
        "base = 'planner-runs/{run_name}/'
made, copies = objects(source, base + 'objects/'), objects(destination, base + 'copies/')
sizes = lambda found: {{key.split('/', 3)[3]: size for key, (size, _) in found.items()}}
answer({{
    'same': sizes(made) == sizes(copies), 'count': len(copies), 'bytes': sum(sizes(copies).values()),
    'elsewhere': [key for bucket in (source, destination) for key in objects(bucket)
                  if not key.startswith(base) and key != 'planner-runs/made-by'],
    'in_parts': sorted(size for size, tag in copies.values() if '-' in tag),
    'whole': sorted(size for size, tag in copies.values() if '-' not in tag),
    'same_tags': all(made[key.replace('/copies/', '/objects/')][1] == tag
                     for key, (_, tag) in copies.items() if '-' not in tag),
    'zeros': all(not any(content(destination, key)) for key in list(copies)[:20]),
}})"
    ));
    assert_eq!((&found["same"], &found["count"]), (&json!(true), &json!(120)));
    assert_eq!(found["elsewhere"], json!([]));
    assert_eq!(found["same_tags"], true, "the ETag of a whole object is the MD5 of its content");
    assert_eq!(found["zeros"], true);
    let sizes = |name: &str| found[name].as_array().unwrap().iter().map(|size| size.as_u64().unwrap());
    assert!(sizes("in_parts").len() > 0 && sizes("in_parts").all(|size| size > 5 << 20), "{found}");
    assert!(sizes("whole").len() > 0 && sizes("whole").all(|size| size <= 5 << 20), "{found}");
    assert_eq!(folder.document()["levels"][0]["size_bytes"], found["bytes"]);

    let mut command = crate::planner::planner();
    command.arg("cleanup").arg(&folder.0).arg("--unconditional");
    run(command).with_code(0);
    let left = buckets.ask(
        "names = [bucket['Name'] for bucket in s3.list_buckets()['Buckets']]
answer([name for name in names if name in (source, destination)])",
    );
    assert_eq!(left, json!([]), "the run had made its buckets too");
}

#[test]
fn localstack_takes_the_messages_and_loses_the_topic() {
    let out = tempfile::tempdir().unwrap();
    let mut command = measure(&shipped("localstack-publish"), out.path());
    command.args(["--endpoint-url", &crate::localstack::url()]);
    let (_, folder) = run_in_real_time(command, out.path());
    check_complete(&folder, "localstack-publish");
    assert_eq!(folder.document()["levels"][0]["items_done"], 200);
    let topics = Buckets::new("none").ask("answer(sns.list_topics()['Topics'])");
    let left = topics.as_array().unwrap().iter().filter_map(|topic| topic["TopicArn"].as_str());
    assert_eq!(left.filter(|arn| arn.ends_with(":planner-copies")).count(), 0, "{topics}");
}

#[test]
fn a_topic_that_was_there_gets_every_message_once_and_stays() {
    let out = tempfile::tempdir().unwrap();
    let topic = format!("planner-stays-{}", std::process::id());
    let text = std::fs::read_to_string(shipped("localstack-publish")).unwrap();
    let text =
        text.replace("[target]", &format!("[target]\ntopic = \"{topic}\"")).replace("prepare = true", "");
    let scenario = crate::planner::write_scenario(out.path(), &text);
    let buckets = Buckets::new("stays");
    let queue = "sqs = boto3.client('sqs', config=config)\n";
    let arn = buckets.ask(&format!(
        "{queue}arn = sns.create_topic(Name='{topic}')['TopicArn']
url = sqs.create_queue(QueueName='{topic}')['QueueUrl']
queue = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=['QueueArn'])['Attributes']['QueueArn']
sns.subscribe(TopicArn=arn, Protocol='sqs', Endpoint=queue, Attributes={{'RawMessageDelivery': 'true'}})
answer(arn)"
    ));
    let mut command = measure(&scenario, &out.path().join("runs"));
    command.args(["--endpoint-url", &crate::localstack::url()]);
    run_in_real_time(command, &out.path().join("runs"));
    let received = buckets.ask(&format!(
        "{queue}url, bodies = sqs.get_queue_url(QueueName='{topic}')['QueueUrl'], []
while len(bodies) < 200:
    batch = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=20).get('Messages', [])
    if not batch:
        break
    bodies += [json.loads(message['Body']) for message in batch]
    for message in batch:
        sqs.delete_message(QueueUrl=url, ReceiptHandle=message['ReceiptHandle'])
sns.get_topic_attributes(TopicArn={arn})
answer(bodies)"
    ));
    let bodies: &Vec<Value> = received.as_array().unwrap();
    let keys: std::collections::HashSet<&str> =
        bodies.iter().map(|body| body["source"][1].as_str().unwrap()).collect();
    assert_eq!((bodies.len(), keys.len()), (200, 200));
    assert!(bodies.iter().all(|body| body["size_bytes"] == 1024 && body["source"][0] == "planner-source"));
}
