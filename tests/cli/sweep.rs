//! Many kills and many attacks on the clean-up, on a real server: nothing is touched that is not the run's.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use planner_core::random;
use rustix::process::Signal;
use serde_json::{Value, json};

use crate::localstack::{boto3, ministack_url};
use crate::ownership::KeptRun;
use crate::planner::{Running, measure, planner, quick_with_data_set, run, write_scenario};
use crate::run_folder::{RunFolder, runs};

/// Changing it changes when the programs are killed; it is printed on failure.
const SEED: u64 = 11;
/// Sweeps beside each other, and kills in each.
const SWEEPS: u64 = 3;
const KILLS: u64 = 20;
/// Longer than a run and its clean-up take, so that kills fall on every part of them.
const LONGEST: Duration = Duration::from_millis(1500);

/// What others have in both buckets: beside the runs, and under names much like theirs.
const OTHERS: &str = "
for bucket in (source, destination):
    s3.create_bucket(Bucket=bucket)
    for number, key in enumerate(others):
        s3.put_object(Bucket=bucket, Key=key, Body=b'of somebody else %d' % number)";
const KEYS: [&str; 5] = [
    "object-000000",
    "planner-runs",
    "planner-runs/of-somebody-else",
    "planner-runs/20260101T000000Z-quick-00000000/claim",
    "planner-runs/20260101T000000Z-quick-00000000/copies/2026-01-01/object-000000",
];
/// All there is, with everything that a write would change.
const ALL: &str = "
def everything(bucket):
    pages = s3.get_paginator('list_objects_v2').paginate(Bucket=bucket)
    return [[o['Key'], o['ETag'], o['LastModified'].isoformat()] for page in pages for o in page.get('Contents', [])]
uploads = lambda bucket: len(s3.list_multipart_uploads(Bucket=bucket).get('Uploads', []))
answer([[sorted(everything(bucket)), uploads(bucket)] for bucket in (source, destination)])";

fn clean_up(run_folder: &RunFolder) -> Option<i32> {
    let mut command = planner();
    command.arg("cleanup").arg(&run_folder.0).arg("--unconfirmed");
    run(command).code
}

/// Runs that are killed at drawn moments, each cleaned up after, with other people's objects around them.
#[expect(clippy::disallowed_methods, reason = "a kill falls at a moment in real time")]
fn kill(sweep: u64, folder: &Path) {
    let url = ministack_url();
    let buckets =
        ["source", "destination"].map(|side| format!("kills-{}-{sweep}-{side}", std::process::id()));
    let ask = |script: &str| {
        let names = [("source", buckets[0].as_str()), ("destination", buckets[1].as_str())];
        boto3(&url, ("test", "test"), &names, script)
    };
    let others = format!("others = {KEYS:?}{OTHERS}{ALL}");
    let before = ask(&others);
    let scenario = write_scenario(folder, &quick_with_data_set());
    let out = folder.join("runs");
    let mut seen = BTreeSet::new();
    for number in 0..KILLS {
        let mut command = measure(&scenario, &out);
        command.args(["--target", "endpoint", "--endpoint-url", &url]);
        command.args(["--source-bucket", &buckets[0], "--destination-bucket", &buckets[1]]);
        let mut program = Running::start(command, folder);
        let draw = |purpose: u64| random::uniform(SEED, &[sweep, number, purpose]);
        std::thread::sleep(LONGEST.mul_f64(draw(0)));
        if program.goes_on() && number % 4 == 3 {
            // Into the clean-up of a run that was asked to end.
            program.signal(Signal::TERM);
            std::thread::sleep(LONGEST.mul_f64(0.2 * draw(1)));
        }
        if program.goes_on() {
            program.signal(Signal::KILL);
        }
        program.wait();
        let (now, all) = (ask(ALL), number % 5 == 4);
        assert!(!all || holds(&now, &before), "seed {SEED}, sweep {sweep}, kill {number}: {now:#}");
        for killed in runs(&out) {
            if seen.insert(killed.name().to_owned()) {
                clean_up(&killed);
            }
        }
    }
    // A request may have been on its way when its run was cleaned up after.
    let codes: Vec<_> = runs(&out).iter().map(clean_up).collect();
    assert_eq!(ask(ALL), before, "seed {SEED}, sweep {sweep}: {codes:?}");
}

/// Whether everything that others have is there unchanged.
fn holds(now: &Value, before: &Value) -> bool {
    (0..2).all(|side| {
        let now = now[side][0].as_array().unwrap();
        before[side][0].as_array().unwrap().iter().all(|object| now.contains(object))
    })
}

#[test]
fn sixty_kills_touch_nothing_of_others() {
    let folders: Vec<_> = (0..SWEEPS).map(|_| tempfile::tempdir().unwrap()).collect();
    std::thread::scope(|scope| {
        for (sweep, folder) in (0..).zip(&folders) {
            scope.spawn(move || kill(sweep, folder.path()));
        }
    });
}

/// A row that a run cannot have written, and the code that clean-up ends with.
const ROWS: [&str; 14] = [
    "written,DESTINATION,object-000000,TAG,,",
    "written,DESTINATION,planner-runs/of-somebody-else,TAG,,",
    "written,DESTINATION,planner-runs/20260101T000000Z-quick-00000000/claim,TAG,,",
    "written,DESTINATION,planner-runs/RUN-other/copies/x,TAG,,",
    "written,DESTINATION,planner-runs/RUN,TAG,,",
    "intended,DESTINATION,planner-runs/of-somebody-else,,,",
    "written,ELSEWHERE,planner-runs/RUN/copies/x,TAG,,",
    "written,ELSEWHERE,planner-runs/RUN/copies/x,TAG,null,",
    "upload_begun,DESTINATION,object-000000,UPLOAD,,",
    "upload_intended,ELSEWHERE,planner-runs/RUN/copies/x,,,",
    "bucket,ELSEWHERE,,,,",
    "bucket,EMPTY,,,,",
    "topic,,arn:aws:sns:us-east-1:000000000000:TOPIC,,,",
    "topic,,https://sqs.us-east-1.amazonaws.com/000000000000/TOPIC,,,",
];
/// Each row is tried with each of these.
const OPTIONS: [&[&str]; 3] = [&[], &["--unconfirmed"], &["--unconfirmed", "--unconditional"]];

#[test]
fn forty_five_attacks_on_the_clean_up_touch_nothing_of_others() {
    let others = format!("others = {KEYS:?}{OTHERS}");
    let kept = KeptRun::new("attacks", ministack_url(), &others);
    let name = |what: &str| format!("{what}-{}", std::process::id());
    let (elsewhere, empty, topic) = (name("elsewhere"), name("empty"), name("topic"));
    let strangers = format!(
        "
elsewhere, empty, topic = {elsewhere:?}, {empty:?}, {topic:?}
def state():
    listed = lambda bucket: sorted([o['Key'], o['ETag'], o['LastModified'].isoformat()] for o in s3.list_objects_v2(Bucket=bucket).get('Contents', []))
    there = [b['Name'] for b in s3.list_buckets()['Buckets']]
    mine = [[o for o in listed(bucket) if not o[0].startswith(base)] for bucket in (source, destination)]
    uploads = [u['UploadId'] for u in s3.list_multipart_uploads(Bucket=destination).get('Uploads', [])]
    return [mine, listed(elsewhere), empty in there, topic in str(sns.list_topics()['Topics']), uploads]
"
    );
    let ask = |script: &str| kept.ask(&format!("{strangers}{script}"));
    let made = ask("
s3.create_bucket(Bucket=elsewhere)
s3.create_bucket(Bucket=empty)
s3.put_object(Bucket=elsewhere, Key=base + 'copies/x', Body=b'of somebody else')
s3.put_object(Bucket=destination, Key=base[:-1] + '-other/copies/x', Body=b'of somebody else')
sns.create_topic(Name=topic)
upload = s3.create_multipart_upload(Bucket=destination, Key='object-000000')['UploadId']
answer([upload, s3.head_object(Bucket=destination, Key='object-000000')['ETag']])");
    let before = ask("answer(state())");
    let list = kept.folder.text("created.csv");
    let names = [
        ("DESTINATION", kept.buckets[1].as_str()),
        ("ELSEWHERE", &elsewhere),
        ("EMPTY", &empty),
        ("TOPIC", &topic),
        ("UPLOAD", made[0].as_str().unwrap()),
        ("TAG", &made[1].as_str().unwrap().replace('"', "\"\"")),
        ("RUN", kept.folder.name()),
    ];
    let filled = |row: &str| {
        let row = names.iter().fold(row.to_owned(), |row, (name, value)| row.replace(name, value));
        row.split(',')
            .map(|cell| if cell.contains('"') { format!("\"{cell}\"") } else { cell.into() })
            .collect::<Vec<_>>()
            .join(",")
    };
    let mut attacks = 0;
    for row in ROWS {
        let row = filled(row);
        for options in OPTIONS {
            std::fs::write(kept.folder.file("created.csv"), format!("{list}{row}\n")).unwrap();
            let refused = kept.clean_up(options).with_code(6);
            assert!(refused.stderr.contains("nothing was deleted"), "{row}: {}", refused.stderr);
            attacks += 1;
        }
        assert_eq!(ask("answer(state())"), before, "{row}");
    }
    // Torn by hand: what stands behind the tear is not looked at, and what stands before it is the run's.
    let foreign = filled(ROWS[0]);
    for options in OPTIONS {
        let torn = format!("{list}\0\0\0\0\n{foreign}\n");
        std::fs::write(kept.folder.file("created.csv"), torn).unwrap();
        let ended = kept.clean_up(options).with_code(1);
        assert!(ended.stderr.contains("torn"), "{}", ended.stderr);
        attacks += 1;
    }
    assert_eq!((attacks, ask("answer(state())")), (45, before));
    assert_eq!(
        ask("answer([list(objects(bucket, base)) for bucket in (source, destination)])"),
        json!([[], []])
    );
}
