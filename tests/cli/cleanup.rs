//! Clean-up deletes what the run's list names and is unchanged, and nothing else.

use rustix::process::Signal;
use serde_json::json;

use crate::localstack::Buckets;
use crate::planner::{planner, quick_with_data_set, run, shipped, write_scenario};
use crate::run_folder::RunFolder;
use crate::served::{copying, serve};

#[test]
fn foreign_and_overwritten_objects_stay() {
    let buckets = Buckets::new("cleanup");
    buckets.ask(
        "for bucket in (source, destination):
    s3.create_bucket(Bucket=bucket)
    for key in ('foreign', 'planner-runs/foreign'):
        s3.put_object(Bucket=bucket, Key=key, Body=b'mine')
answer(None)",
    );
    let out = tempfile::tempdir().unwrap();
    let mut command = buckets.measure(&shipped("localstack"), out.path());
    command.args(["--objects", "12", "--keep"]);
    let ended = run(command);
    let folder = RunFolder::only(out.path());
    let saturated = folder.document()["generator"]["saturated"] == true;
    ended.with_code(if saturated { 5 } else { 0 });

    let changed = buckets.ask(&format!(
        "copies = sorted(objects(destination, 'planner-runs/{}/copies/'))
s3.put_object(Bucket=destination, Key=copies[3], Body=b'other content')
s3.put_object(Bucket=destination, Key=copies[4] + '.bak', Body=b'beside a copy')
answer([len(copies), copies[3], copies[4] + '.bak'])",
        folder.name()
    ));
    assert_eq!(changed[0], 12);
    let cleanup = || {
        let mut command = planner();
        command.arg("cleanup").arg(&folder.0).arg("--unconditional");
        run(command)
    };
    // LocalStack has no conditional deletes, and nothing else is done behind the user's back.
    let mut command = planner();
    command.arg("cleanup").arg(&folder.0);
    let ended = run(command).with_code(1);
    assert!(ended.stderr.contains("25 kept") && ended.stderr.contains("--unconditional"), "{}", ended.stderr);
    let ended = cleanup().with_code(0);
    // Twelve objects and a claim in each bucket, less the copy that is changed.
    assert!(ended.stderr.contains("25 deleted"), "{}", ended.stderr);
    assert!(ended.stderr.contains(changed[1].as_str().unwrap()), "{}", ended.stderr);
    let left = buckets.ask("answer([sorted(objects(source)), sorted(objects(destination))])");
    let foreign = json!(["foreign", "planner-runs/foreign"]);
    assert_eq!(left, json!([foreign, ["foreign", changed[1], changed[2], "planner-runs/foreign"]]));

    // Once more finds only what it must not touch.
    assert!(cleanup().with_code(0).stderr.contains(changed[1].as_str().unwrap()));
    assert_eq!(buckets.ask("answer([sorted(objects(source)), sorted(objects(destination))])"), left);
    // Nor does it touch an object that has taken the place of one that is gone.
    buckets.ask(&format!(
        "s3.delete_object(Bucket=destination, Key={})
s3.put_object(Bucket=source, Key='planner-runs/{}/objects/2026-01-01/object-000000', Body=b'new')
answer(None)",
        changed[1],
        folder.name()
    ));
    cleanup().with_code(0);
    let left = buckets.ask("answer([sorted(objects(source)), sorted(objects(destination))])");
    assert_eq!(left[0].as_array().unwrap().len(), 3);
    assert_eq!(left[1], json!(["foreign", changed[2], "planner-runs/foreign"]));
}

/// A run makes the buckets that an emulator lacks, and takes them away again unless somebody uses them.
#[test]
fn buckets_that_a_run_made_go_with_it() {
    let buckets = Buckets::new("made");
    let out = tempfile::tempdir().unwrap();
    let mut command = buckets.measure(&shipped("localstack"), out.path());
    command.args(["--objects", "4", "--keep"]);
    run(command);
    buckets.ask("answer(s3.put_object(Bucket=source, Key='foreign', Body=b'mine')['ETag'])");
    let mut command = planner();
    command.arg("cleanup").arg(&RunFolder::only(out.path()).0).arg("--unconditional");
    let ended = run(command).with_code(0);
    assert!(ended.stderr.contains("11 deleted") && ended.stderr.contains("not empty"), "{}", ended.stderr);
    let left = buckets.ask(
        "there = [bucket['Name'] for bucket in s3.list_buckets()['Buckets']]
answer([destination in there, list(objects(source))])",
    );
    assert_eq!(left, json!([false, ["foreign", "planner-runs/made-by"]]), "the bucket stays the run's");
}

/// On the embedded endpoint a client that is gone takes its copies with it, so nothing appears later.
#[test]
fn a_killed_run_is_cleaned_up_later() {
    let folder = tempfile::tempdir().unwrap();
    let scenario = write_scenario(folder.path(), &quick_with_data_set());
    let served = serve(&scenario, folder.path());
    let out = folder.path().join("runs");
    let beside = tempfile::tempdir().unwrap();
    let (mut program, run_folder) = copying(&served, &scenario, &out, beside.path());
    program.signal(Signal::KILL);
    program.wait();

    let before = served.objects_of_runs();
    assert_eq!(before[0], 41, "the data set and the claim");
    assert!(before[1].as_u64().unwrap() > 0, "{before}");
    let cleanup = |options: &[&str]| {
        let mut command = planner();
        command.arg("cleanup").arg(&run_folder.0).args(options);
        served.reach(&mut command);
        run(command)
    };
    // The same gate as for a run, and before anything is asked.
    for (url, code) in
        [("https://s3.eu-west-1.amazonaws.com", 6), ("http://user:secret@127.0.0.1:1", 3), ("nonsense", 3)]
    {
        let refused = cleanup(&["--endpoint-url", url]).with_code(code);
        assert!(!refused.stderr.contains("secret"), "{}", refused.stderr);
    }
    let list = run_folder.text("created.csv");
    std::fs::write(run_folder.file("created.csv"), format!("{list}bucket,somebody-elses,,,,\n")).unwrap();
    let refused = cleanup(&["--unconfirmed"]).with_code(6);
    assert!(refused.stderr.contains("bucket somebody-elses"), "{}", refused.stderr);
    std::fs::write(run_folder.file("created.csv"), list).unwrap();
    assert_eq!(served.objects_of_runs(), before);

    cleanup(&["--unconfirmed"]).with_code(0);
    assert_eq!(served.objects_of_runs(), json!([0, 0]));
    let again = cleanup(&[]).with_code(0);
    assert!(again.stderr.contains("nothing to clean up"), "{}", again.stderr);
    assert_eq!(served.terminate(), Some(0));
}

/// Parts must come in their order and keys may hold anything: the content is what shows it.
#[test]
fn copies_in_parts_have_the_same_content() {
    let buckets = Buckets::new("content");
    let made = buckets.ask(
        "import hashlib
s3.create_bucket(Bucket=source)
s3.create_bucket(Bucket=destination)
made = {}
for number, key in enumerate(['plain', 'a b/c+d%20&e?#', 'ü/\u{65e5}\u{672c}\"', 'small']):
    size = 1000 if key == 'small' else 11 * 2**20 + number
    body = b''.join(hashlib.sha256(b'%d %d' % (number, block)).digest() for block in range(size // 32 + 1))[:size]
    s3.put_object(Bucket=source, Key=key, Body=body)
    made[key] = [size, hashlib.sha256(body).hexdigest()]
answer(made)",
    );
    let folder = tempfile::tempdir().unwrap();
    let mut list = csv::Writer::from_path(folder.path().join("list.csv")).unwrap();
    list.write_record(["key", "size"]).unwrap();
    for (key, facts) in made.as_object().unwrap() {
        list.write_record([key, &facts[0].to_string()]).unwrap();
    }
    list.flush().unwrap();
    let text = std::fs::read_to_string(shipped("localstack")).unwrap();
    let objects = text.find("[objects]").unwrap()..text.find("[arrivals]").unwrap();
    let text =
        [&text[..objects.start], "[objects]\nmanifest = \"list.csv\"\n\n", &text[objects.end..]].concat();
    let out = folder.path().join("runs");
    let mut command = buckets.measure(&write_scenario(folder.path(), &text), &out);
    command.arg("--keep");
    let ended = run(command);
    let run_folder = RunFolder::only(&out);
    let saturated = run_folder.document()["generator"]["saturated"] == true;
    ended.with_code(if saturated { 5 } else { 0 });
    let copied = buckets.ask(&format!(
        "import hashlib
base, copied = 'planner-runs/{}/copies/', {{}}
for key in objects(destination, base):
    body = content(destination, key)
    copied[key[len(base):]] = [len(body), hashlib.sha256(body).hexdigest()]
answer(copied)",
        run_folder.name()
    ));
    assert_eq!(copied, made);
    let mut command = planner();
    command.arg("cleanup").arg(&run_folder.0).arg("--unconditional");
    run(command).with_code(0);
    let left = buckets.ask("answer([len(objects(source)), len(objects(destination))])");
    assert_eq!(left, json!([4, 0]), "what was there before stays");
}
