//! What shows whose something is: claims, versions, dates, markers and tags.

use rustix::process::Signal;
use serde_json::{Value, json};

use crate::localstack::{boto3, ministack_url, url};
use crate::planner::{
    CommandEnd, QUICK, Running, measure, planner, quick_with_data_set, run, write_scenario,
};
use crate::run_folder::RunFolder;
use crate::served::{copying, serve};

/// A run of four small copies on a server, between buckets of the test's own, that is kept.
pub(crate) struct KeptRun {
    pub url: String,
    pub buckets: [String; 2],
    pub folder: RunFolder,
    _out: tempfile::TempDir,
}

impl KeptRun {
    /// `prepare` runs before it and knows the buckets as `source` and `destination`.
    pub(crate) fn new(test: &str, url: String, prepare: &str) -> Self {
        let own = format!("{test}-{}", std::process::id());
        let buckets = [format!("{own}-source"), format!("{own}-destination")];
        let out = tempfile::tempdir().unwrap();
        let names = [("source", buckets[0].as_str()), ("destination", buckets[1].as_str())];
        boto3(&url, ("test", "test"), &names, &format!("{prepare}\nanswer(None)"));
        let text = QUICK.replace("count = 40", "count = 4\nprepare = true");
        let mut command = measure(&write_scenario(out.path(), &text), &out.path().join("runs"));
        command.args(["--target", "endpoint", "--endpoint-url", &url, "--keep"]);
        command.args(["--source-bucket", &buckets[0], "--destination-bucket", &buckets[1]]);
        let ended = run(command);
        let folder = RunFolder::only(&out.path().join("runs"));
        let saturated = folder.document()["generator"]["saturated"] == true;
        ended.with_code(if saturated { 5 } else { 0 });
        Self { url, buckets, folder, _out: out }
    }

    pub(crate) fn ask(&self, script: &str) -> Value {
        let base = format!("planner-runs/{}/", self.folder.name());
        let [source, destination] = &self.buckets;
        let names = [("source", source.as_str()), ("destination", destination), ("base", &base)];
        boto3(&self.url, ("test", "test"), &names, script)
    }

    pub(crate) fn clean_up(&self, options: &[&str]) -> CommandEnd {
        let mut command = planner();
        command.arg("cleanup").arg(&self.folder.0).args(options);
        run(command)
    }
}

/// Every version and delete marker of both buckets that is left, as how many of each key.
const VERSIONS: &str = "
def left(bucket):
    listed = s3.list_object_versions(Bucket=bucket)
    return sorted(v['Key'].removeprefix(base) for kind in ('Versions', 'DeleteMarkers') for v in listed.get(kind, []))
answer([left(source), left(destination)])";

const VERSIONED: &str = "
for bucket in (source, destination):
    s3.create_bucket(Bucket=bucket)
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={'Status': 'Enabled'})";

/// The version that the run wrote is deleted by its id, whatever anybody wrote over it since, and leaves no marker.
#[test]
fn in_a_versioned_bucket_the_runs_own_versions_go_and_no_others() {
    for url in [url(), ministack_url()] {
        let kept = KeptRun::new("versions", url, VERSIONED);
        let copy = kept.ask(
            "copies = sorted(objects(destination, base + 'copies/'))
# The same bytes from somebody else, and something under another name.
s3.put_object(Bucket=destination, Key=copies[1], Body=content(destination, copies[1]))
s3.put_object(Bucket=destination, Key=copies[1] + '.bak', Body=b'mine')
answer(copies[1][len(base):])",
        );
        let ended = kept.clean_up(&[]).with_code(0);
        assert!(ended.stderr.contains("10 deleted"), "{}", ended.stderr);
        let copy = copy.as_str().unwrap();
        assert_eq!(kept.ask(VERSIONS), json!([[], [copy, format!("{copy}.bak")]]), "{}", kept.url);
    }
}

/// In a bucket without versions the date of a copy tells a third party's equal bytes from the run's.
#[test]
fn equal_bytes_of_a_later_date_are_somebody_elses() {
    let kept = KeptRun::new("dates", ministack_url(), "");
    let copy = kept.ask(
        "import time
copy = sorted(objects(destination, base + 'copies/'))[2]
time.sleep(1.1)
s3.put_object(Bucket=destination, Key=copy, Body=content(destination, copy))
answer(copy)",
    );
    let ended = kept.clean_up(&[]).with_code(0);
    assert!(ended.stderr.contains(copy.as_str().unwrap()), "{}", ended.stderr);
    assert_eq!(kept.ask("answer(list(objects(destination, base)))"), json!([copy]));
}

/// A killed run may have written versions that it never saw confirmed.
#[test]
fn a_version_that_is_not_known_stays_and_is_named() {
    let kept = KeptRun::new("unknown", ministack_url(), VERSIONED);
    let list = kept.folder.text("created.csv");
    // As where the answer never came, and as a list of an older version of the program has it.
    let forgotten: String = list
        .lines()
        .map(|line| line.split(',').take(4).collect::<Vec<_>>().join(","))
        .filter(|line| !(line.starts_with("written") && line.contains("object-000001")))
        .fold(String::new(), |text, line| text + &line + "\n");
    std::fs::write(kept.folder.file("created.csv"), forgotten).unwrap();
    let ended = kept.clean_up(&[]).with_code(1);
    assert!(ended.stderr.contains("does not know which version"), "{}", ended.stderr);
    assert!(ended.stderr.contains("never saw them written"), "{}", ended.stderr);
    let left = kept.ask(VERSIONS);
    assert_eq!((left[0].as_array().unwrap().len(), left[1].as_array().unwrap().len()), (5, 5), "{left}");
    kept.clean_up(&["--unconfirmed"]).with_code(0);
    assert_eq!(kept.ask(VERSIONS), json!([[], []]));
}

/// A bucket that another run made, or that somebody else made anew under the same name, is not the run's.
#[test]
fn a_bucket_without_the_marker_of_the_run_stays() {
    let kept = KeptRun::new("maker", ministack_url(), "");
    kept.ask(
        "for bucket in (source, destination):
    for key in objects(bucket):
        s3.delete_object(Bucket=bucket, Key=key)
s3.put_object(Bucket=source, Key='planner-runs/made-by', Body=b'another run')
answer(None)",
    );
    let ended = kept.clean_up(&[]).with_code(0);
    assert!(
        ended.stderr.contains("2 kept because it does not show that this run made them"),
        "{}",
        ended.stderr
    );
    let left = kept.ask(
        "there = [bucket['Name'] for bucket in s3.list_buckets()['Buckets']]
answer([source in there, destination in there])",
    );
    assert_eq!(left, json!([true, true]));
}

/// Two runs of one scenario, begun in the same second in different places.
#[test]
fn two_runs_at_once_touch_nothing_of_each_other() {
    let folder = tempfile::tempdir().unwrap();
    let scenario = write_scenario(folder.path(), &quick_with_data_set());
    let served = serve(&scenario, folder.path());
    let started: Vec<_> = ["a", "b", "c"]
        .map(|name| {
            let beside = folder.path().join(name);
            std::fs::create_dir(&beside).unwrap();
            let mut command = measure(&scenario, &beside.join("runs"));
            command.args(["--target", "endpoint"]);
            served.reach(&mut command);
            (Running::start(command, &beside), beside)
        })
        .into();
    for (mut program, beside) in started {
        program.wait();
        let level = &RunFolder::only(&beside.join("runs")).document()["levels"][0];
        assert_eq!((&level["jobs_done"], &level["jobs_failed"]), (&json!(40), &json!(0)));
    }
    assert_eq!(served.objects_of_runs(), json!([0, 0]));
}

#[test]
fn a_run_that_goes_on_is_not_cleaned_up() {
    let folder = tempfile::tempdir().unwrap();
    let scenario = write_scenario(folder.path(), &quick_with_data_set());
    let served = serve(&scenario, folder.path());
    let out = folder.path().join("runs");
    let beside = tempfile::tempdir().unwrap();
    let (mut program, run_folder) = copying(&served, &scenario, &out, beside.path());
    let mut command = planner();
    command.arg("cleanup").arg(&run_folder.0).args(["--unconfirmed", "--unconditional"]);
    served.reach(&mut command);
    let refused = run(command).with_code(6);
    assert!(refused.stderr.contains("is going on"), "{}", refused.stderr);
    // Nothing of its list is lost, and it still cleans up after itself.
    program.signal(Signal::HUP);
    assert_eq!(program.wait().code(), Some(130), "a terminal that is gone ends it like Ctrl-C");
    let document = run_folder.document();
    assert_eq!((&document["complete"], &document["levels"][0]["jobs_failed"]), (&json!(true), &json!(0)));
    assert_eq!(served.objects_of_runs(), json!([0, 0]));
}

/// Of two runs that publish to a topic that is missing, one makes it and takes it away when it is done.
#[test]
fn a_topic_is_taken_away_only_by_the_run_that_made_it() {
    let topic = format!("owned-{}", std::process::id());
    let folder = tempfile::tempdir().unwrap();
    let text = std::fs::read_to_string(crate::planner::shipped("localstack-publish")).unwrap();
    let scenario = write_scenario(folder.path(), &format!("{text}topic = \"{topic}\"\n"));
    for (url, name) in [(url(), "localstack"), (ministack_url(), "ministack")] {
        let ask = |script: &str| boto3(&url, ("test", "test"), &[("topic", &topic)], script);
        let out = folder.path().join(name);
        let mut command = measure(&scenario, &out);
        command.args(["--endpoint-url", &url, "--keep"]);
        run(command);
        let kept = RunFolder::only(&out);
        let clean_up = || {
            let mut command = planner();
            command.arg("cleanup").arg(&kept.0);
            run(command).with_code(0).stderr
        };
        // As if another run had been first: the topic is another topic then, though its name is the same.
        let made_by = |run: &str| {
            ask(&format!(
                "arn, tag = sns.create_topic(Name=topic)['TopicArn'], {{'Key': 'planner-run', 'Value': '{run}'}}
answer(sns.tag_resource(ResourceArn=arn, Tags=[tag]) and None)"
            ));
        };
        let is_there = || ask("answer(topic in str(sns.list_topics()['Topics']))");
        made_by("another-run");
        assert!(clean_up().contains("does not show that this run made"), "{url}");
        assert_eq!(is_there(), true, "{url}");
        made_by(kept.name());
        assert!(clean_up().contains("1 deleted"), "{url}");
        assert_eq!(is_there(), false, "{url}");
    }
}
