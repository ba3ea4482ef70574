//! The JSON schemas: what the program writes is as they say, and what is not is refused.

use std::path::Path;

use serde_json::{Value, json};

use crate::audited::{Backup, Flaws};
use crate::compare::{measured, scenario};
use crate::planner::{planner, run, shipped};

fn schema(kind: &str) -> Value {
    let mut command = planner();
    command.args(["schema", kind]);
    serde_json::from_str(&run(command).with_code(0).stdout).unwrap()
}

/// What is wrong with a document by the schema of its kind, one line a finding.
fn wrong(kind: &str, document: &Value) -> String {
    let validator = jsonschema::validator_for(&schema(kind)).unwrap();
    let findings =
        validator.iter_errors(document).map(|error| format!("{}: {error}\n", error.instance_path()));
    findings.collect()
}

/// What a command prints as JSON, with --quiet, which does not keep it from that.
fn printed(arguments: &[&str], out: &Path, code: i32) -> Value {
    let mut command = planner();
    command.args(arguments).args(["-q", "--format", "json", "--out"]).arg(out);
    let ended = run(command).with_code(code);
    assert_eq!(ended.stderr, "", "{arguments:?}");
    serde_json::from_str(&ended.stdout).unwrap()
}

/// A list in the place of a word, a number or a flag is not valid, and neither is a document that does not say what it is.
fn refuses(kind: &str, document: &Value) {
    for (name, value) in document.as_object().unwrap() {
        let mut changed = document.clone();
        changed[name] = json!([[]]);
        let is_plain = value.is_string() || value.is_number() || value.is_boolean();
        assert!(!is_plain || !wrong(kind, &changed).is_empty(), "{kind}: {name}");
    }
    let mut without = document.clone();
    without.as_object_mut().unwrap().remove("schema");
    assert!(!wrong(kind, &without).is_empty(), "{kind}");
}

#[test]
fn documents_are_as_their_schemas_say() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path();
    let steady = measured(out, "steady", &scenario(0.1, 3000, "workers = 4"), "1");
    let short = measured(out, "short", &scenario(2.0, 100, "workers = 4"), "2");
    let [steady, short] = [&steady, &short].map(|run| run.0.to_str().unwrap());
    let six = "tests/cli/fixtures/six-requests.csv";
    let shipped = shipped("publish");
    let publish = shipped.to_str().unwrap();
    let lambda = ["simulate", "--objects", "250", "--reserved", "50", "--deadline", "9m"];
    let assumed = ["recommend", "--objects", "90", "--deadline", "10m", "--residence", "25s"];
    let clock =
        ["recommend", "--objects", "80..90", "--start", "05:50", "--by", "06:00", "--residence", "25s"];
    let late = ["recommend", "--objects", "45000", "--deadline", "1m", "--as", "workers"];
    for (kind, code, arguments) in [
        ("run", 0, &["measure", publish][..]),
        ("check", 7, &["check", six, "--window", "0s..10s"]),
        ("check", 0, &["check", steady]),
        ("compare", 0, &["compare", steady, steady]),
        ("compare", 0, &["compare", steady, short]),
        ("compare", 99, &["compare", steady, short, "--fail-on-regression", "5%"]),
        ("plan", 0, &["simulate", "--objects", "250", "--workers", "100"]),
        ("plan", 0, &lambda),
        ("plan", 0, &assumed),
        ("plan", 0, &clock),
        ("plan", 7, &late),
        ("plan", 0, &["strategies", "--objects", "250", "--deadline", "10m", "--observed", "2m"]),
    ] {
        let document = printed(arguments, &out.join("answers"), code);
        assert_eq!(wrong(kind, &document), "", "{arguments:?}");
        refuses(kind, &document);
    }
    let backup = Backup::new(40, Flaws { missing: Some(7), extra: true, ..Flaws::default() });
    let ended = run(backup.audit(out, &["-q", "--format", "json"])).with_code(5);
    let audit: Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!(wrong("audit", &audit), "");
    refuses("audit", &audit);
}

#[test]
fn shipped_examples_and_scenarios_are_as_their_schemas_say() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut seen = 0;
    for place in std::fs::read_dir(root.join("reports/examples")).unwrap().flatten() {
        for kind in ["run", "plan", "check", "audit"] {
            let Ok(text) = std::fs::read_to_string(place.path().join(format!("{kind}.json"))) else {
                continue;
            };
            assert_eq!(wrong(kind, &serde_json::from_str(&text).unwrap()), "", "{kind} of {place:?}");
            seen += 1;
        }
    }
    assert!(seen >= 7, "{seen}");
    let ours = schema("scenario");
    let beside = std::fs::read_to_string(root.join("scenarios/schema.json")).unwrap();
    assert_eq!(
        serde_json::from_str::<Value>(&beside).unwrap(),
        ours,
        "renew it: planner schema >scenarios/schema.json"
    );
    for file in std::fs::read_dir(root.join("scenarios")).unwrap().map(|file| file.unwrap().path()) {
        if file.extension().is_some_and(|extension| extension == "toml") {
            let text = std::fs::read_to_string(&file).unwrap();
            assert!(text.starts_with("#:schema ./schema.json\n"), "{file:?}");
            let scenario: Value = toml::from_str(&text).unwrap();
            assert_eq!(wrong("scenario", &scenario), "", "{file:?}");
            let mut misspelt = scenario;
            misspelt["arivals"] = json!({});
            assert!(!wrong("scenario", &misspelt).is_empty(), "{file:?}");
        }
    }
    let ids =
        ["scenario", "run", "plan", "check", "audit", "compare"].map(|kind| schema(kind)["$id"].clone());
    assert!(ids.iter().all(|id| id.as_str().unwrap().starts_with("urn:planner:")), "{ids:?}");
}
