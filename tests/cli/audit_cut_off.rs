//! An audit that is stopped goes on where it was, and comes to the same end.

use std::path::Path;

use rustix::process::Signal;
use serde_json::{Value, json};

use crate::audited::{Backup, Flaws, audited, findings, only_folder};
use crate::planner::{Running, run, until};

const FLAWS: Flaws = Flaws { missing: Some(10), truncated: Some(15_000), stale: Some(24_000), extra: true };
const OBJECTS: u64 = 25_000;
/// Pages of both listings; the copies are one less and one more.
const PAGES: u64 = 50;

/// What must be the same however often an audit was stopped.
fn substance(mut document: Value) -> Value {
    for name in ["audited_at", "command", "list_requests"] {
        document.as_object_mut().unwrap().remove(name);
    }
    document
}

/// How far the audit in `out` says it has come, once it has counted a key.
fn progress(out: &Path) -> Option<Value> {
    let folder = std::fs::read_dir(out).ok()?.next()?.unwrap().path();
    let text = std::fs::read(folder.join("progress.json")).ok()?;
    let progress: Value = serde_json::from_slice(&text).unwrap();
    progress["cursor"].is_string().then_some(progress)
}

#[test]
fn a_killed_or_interrupted_audit_goes_on_and_finds_the_same() {
    let backup = Backup::new(OBJECTS, FLAWS);
    let folder = tempfile::tempdir().unwrap();
    let whole_out = folder.path().join("whole");
    let whole = audited(backup.audit(&whole_out, &[]), 5);
    assert_eq!(whole["list_requests"], PAGES);
    for signal in [Signal::KILL, Signal::TERM] {
        let beside = folder.path().join(format!("{signal:?}"));
        std::fs::create_dir(&beside).unwrap();
        let out = beside.join("out");
        let hold = backup.hold({
            let out = out.clone();
            move || progress(&out).is_some()
        });
        let mut program = Running::start(backup.audit(&out, &[]), &beside);
        let saved = until("it is saved how far the audit has come", || progress(&out));
        assert!(program.goes_on(), "{signal:?}");
        program.signal(signal);
        let code = program.wait().code();
        drop(hold);
        let audit = only_folder(&out);
        if signal == Signal::TERM {
            assert_eq!(code, Some(130));
            let document: Value =
                serde_json::from_slice(&std::fs::read(audit.join("audit.json")).unwrap()).unwrap();
            assert_eq!(document["complete"], false);
            assert_eq!(document["verdicts"]["complete"]["verdict"], "fail", "one is missing already");
        }
        let seen = audited(backup.audit(&out, &["--resume", audit.to_str().unwrap()]), 5);
        assert_eq!(only_folder(&out), audit);
        assert_eq!(findings(&audit), findings(&only_folder(&whole_out)), "{signal:?}");
        let asked = seen["list_requests"].as_u64().unwrap();
        let before = saved["list_requests"].as_u64().unwrap();
        assert!(
            before >= 20 && asked < PAGES + before,
            "{signal:?}: {asked} requests, {before} of them before"
        );
        assert_eq!(substance(seen), substance(whole.clone()), "{signal:?}");
    }
}

#[test]
fn an_audit_stops_at_its_limit_of_requests_and_goes_on_from_there() {
    let backup = Backup::new(3500, Flaws::default());
    let out = tempfile::tempdir().unwrap();
    let seen = audited(backup.audit(out.path(), &["--max-requests", "5"]), 5);
    assert_eq!((&seen["complete"], &seen["list_requests"]), (&json!(false), &json!(5)));
    assert_eq!(seen["verdicts"]["complete"]["verdict"], "inconclusive");
    assert!(seen["expected"].as_u64().unwrap() < 3500);
    let audit = only_folder(out.path());
    let resume = ["--resume", audit.to_str().unwrap()];
    let other = run(backup.audit(out.path(), &[&resume[..], &["--compare", "size"]].concat())).with_code(3);
    assert!(other.stderr.contains("repeat its command line"), "{}", other.stderr);
    let seen = audited(backup.audit(out.path(), &resume), 0);
    assert_eq!((&seen["complete"], &seen["arrived"]), (&json!(true), &json!(3500)));
    let ended = run(backup.audit(out.path(), &resume)).with_code(3);
    assert!(ended.stderr.contains("only an audit that was cut off can go on"), "{}", ended.stderr);
}
