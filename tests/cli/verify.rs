//! Measure, recommend, verify, recommend: a plan is driven at its own setting and judged by that, on the embedded
//! service in virtual time.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use crate::localstack::Buckets;
use crate::planner::{CommandEnd, measure, planner, run, write_scenario};
use crate::run_folder::{RunFolder, runs};
use crate::served::serve;

/// Copies of 10 s.
const COPY: &str = "\
name = \"loop\"
operation = \"copy\"

[objects]
count = 300
size = { fixed = \"1KiB\" }

[arrivals]
kind = \"closed\"
workers = 8

[target.service.copy]
base_s = 10.0
bandwidth_bytes_per_s = 1e12
noise_cv = 0.4
sigma = 0.0
kappa = 0.0
";

struct EndpointKind(tempfile::TempDir);

impl EndpointKind {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// A plan for 400 objects within three minutes, assumed to take 10 s each.
    fn assumed(options: &[&str]) -> Self {
        let place = Self::new();
        let assumed =
            "--size 1KiB --deadline 3m --residence lognormal(10s,cv=0.4)".split(' ').collect::<Vec<_>>();
        place.recommended(&[&assumed, options].concat()).with_code(0);
        place
    }

    fn out(&self) -> PathBuf {
        self.0.path().join("runs")
    }

    fn recommended(&self, options: &[&str]) -> CommandEnd {
        let mut command = planner();
        command.args(["recommend", "--objects", "400", "--confidence", "0.9"]).args(options);
        command.arg("--out").arg(self.out());
        run(command)
    }

    /// The plan that was made last, with something changed.
    fn plan(&self, change: impl FnOnce(&mut Value)) -> PathBuf {
        let made = runs(&self.out()).into_iter().rev().find(|folder| folder.file("plan.json").exists());
        let mut plan = serde_json::from_slice(&made.unwrap().bytes("plan.json")).unwrap();
        change(&mut plan);
        let path = self.0.path().join("plan.json");
        std::fs::write(&path, plan.to_string()).unwrap();
        path
    }

    fn plan_within(&self, deadline_s: f64) -> PathBuf {
        self.plan(|plan| plan["job"]["deadline_s"] = json!(deadline_s))
    }

    /// Runs a scenario for a plan; what happened and the verdict.
    fn verified(&self, text: &str, plan: &Path, options: &[&str]) -> (CommandEnd, Value) {
        let out = tempfile::tempdir_in(self.0.path()).unwrap();
        let mut command = measure(&write_scenario(self.0.path(), text), out.path());
        command.arg("--plan").arg(plan).args(options);
        let ended = run(command);
        let of = |run: &RunFolder| std::fs::read(run.file("verify.json")).ok();
        let verdict = runs(out.path()).first().and_then(of);
        (ended, verdict.map_or(Value::Null, |verdict| serde_json::from_slice(&verdict).unwrap()))
    }
}

#[test]
fn a_plan_that_was_verified_is_proven() {
    let place = EndpointKind::new();
    let scenario = write_scenario(place.0.path(), COPY);
    run(measure(&scenario, &place.out())).with_code(0);
    let first = runs(&place.out()).remove(0).0;
    let from = ["--deadline", "6m", "--as", "workers", "--from", first.to_str().unwrap()];
    let told = place.recommended(&from).with_code(7).stdout;
    assert!(told.contains("Unproven: measure at N = "), "{told}");
    // A little more time than planned settles it, whatever chance does to the run.
    let mut command = measure(&scenario, &place.out());
    command.arg("--plan").arg(place.plan_within(450.0));
    run(command).with_code(0);
    let verified = runs(&place.out()).into_iter().find(|run| run.file("verify.json").exists()).unwrap();
    assert!(verified.text("report.html").contains("Rehearsed, plan kept: "), "on the page of the run");
    // Without --from the newest run is planned from, which now reaches the concurrency.
    let told = place.recommended(&["--deadline", "7m", "--as", "workers"]).with_code(0).stdout;
    assert!(told.contains(verified.name()) && !told.contains("Unproven"), "{told}");
}

/// As many workers as objects are hardly ever all in flight, and still the run at the setting settles it.
#[test]
fn a_small_job_is_proven_by_being_done() {
    let place = EndpointKind::new();
    let scenario = write_scenario(place.0.path(), &COPY.replace("count = 300", "count = 400"));
    run(measure(&scenario, &place.out())).with_code(0);
    let goal = ["--deadline", "40s", "--as", "workers"];
    let first = runs(&place.out()).remove(0).0;
    place.recommended(&[&goal[..], &["--from", first.to_str().unwrap()]].concat()).with_code(7);
    let mut command = measure(&scenario, &place.out());
    command.arg("--plan").arg(place.plan(|_| {})).args(["--accept", "undecided"]);
    run(command);
    let verified = runs(&place.out()).into_iter().find(|run| run.file("verify.json").exists()).unwrap();
    let told = place.recommended(&[&goal[..], &["--from", verified.0.to_str().unwrap()]].concat());
    assert!(!told.stdout.contains("nobody has seen"), "{}", told.stdout);
}

#[test]
fn a_function_that_was_verified_is_proven() {
    let place = EndpointKind::new();
    let scenario = write_scenario(place.0.path(), COPY);
    run(measure(&scenario, &place.out())).with_code(0);
    let first = runs(&place.out()).remove(0).0;
    let goal = ["--deadline", "6m", "--as", "lambda"];
    let told = place.recommended(&[&goal[..], &["--from", first.to_str().unwrap()]].concat());
    let plan = place.plan(|_| {});
    let planned: Value = serde_json::from_slice(&std::fs::read(&plan).unwrap()).unwrap();
    let doubts = planned["doubts"].as_array().unwrap();
    let other = doubts.iter().find(|doubt| doubt["kind"] == "other_copier").expect("workers copied");
    assert_eq!((&other["measured"], &other["delivery_s"]), (&json!("workers"), &json!(0.05)));
    assert!(told.with_code(7).stdout.contains("Unproven: measure at N = "));
    let fan_out = format!(
        "{}[target.service.function]\nreserved_concurrency = {}\n[target.service.delivery]\nlatency_s = 0.4\n",
        COPY.replace("\"copy\"", "\"fan-out\"").replace("count = 300", "count = 400"),
        planned["reserved_concurrency"]
    );
    let mut command = measure(&write_scenario(place.0.path(), &fan_out), &place.out());
    command.arg("--plan").arg(place.plan_within(450.0));
    run(command).with_code(0);
    // Without --from the newest run is planned from, if a function is asked for.
    let verified = runs(&place.out()).into_iter().find(|run| run.file("verify.json").exists()).unwrap();
    let told = place.recommended(&["--deadline", "7m", "--as", "lambda"]).with_code(0).stdout;
    assert!(told.contains(verified.name()) && !told.contains("Unproven"), "{told}");
    let again: Value = serde_json::from_slice(&std::fs::read(place.plan(|_| {})).unwrap()).unwrap();
    assert!(again["doubts"].as_array().unwrap().iter().all(|doubt| doubt["kind"] != "other_copier"));
    let told = place.recommended(&["--deadline", "7m", "--as", "workers"]).with_code(0).stdout;
    assert!(!told.contains(verified.name()), "a function says less about workers: {told}");
    // Both kinds of runs do not go together.
    let both = ["--from", first.to_str().unwrap(), "--from", verified.0.to_str().unwrap()];
    let refused = place.recommended(&[&goal[..], &both].concat()).with_code(3).stderr;
    assert!(refused.contains("give runs of the same operation"), "{refused}");
}

/// Measure, recommend, verify, recommend, with commands that `measure` gives. Whether a plan is proven depends on a real
/// server's times, so the test holds what is said together.
fn goes_round(place: &EndpointKind, measure: impl Fn(&Path, &Path) -> Command) {
    let copy = COPY.replace("workers = 8", "workers = 2").replace("base_s = 10.0", "base_s = 0.1");
    let copy =
        copy.split("[target.service").next().unwrap().replace("[objects]", "[objects]\nprepare = true");
    let scenario = write_scenario(place.0.path(), &copy);
    run(measure(&scenario, &place.out())).with_code(0);
    let folders = || runs(&place.out()).into_iter().filter(|run| run.file("run.json").exists());
    let first = folders().next().unwrap();
    let mean_s = first.document()["levels"][0]["residence_mean_s"].as_f64().unwrap();
    let deadline = format!("{}ms", (400.0 * mean_s * 1000.0 / 4.0).ceil());
    let goal = ["--deadline", &deadline, "--as", "workers", "--size", "1KiB"];
    let recommended =
        |run: &RunFolder| place.recommended(&[&goal[..], &["--from", run.0.to_str().unwrap()]].concat());
    assert!(recommended(&first).with_code(7).stdout.contains("Unproven: "));
    let mut command = measure(&scenario, &place.out());
    command.arg("--plan").arg(place.plan(|_| {}));
    let ended = run(command);
    let verified = folders().find(|run| run.file("verify.json").exists()).unwrap();
    let verdict: Value = serde_json::from_slice(&verified.bytes("verify.json")).unwrap();
    let code = match verdict["outcome"].as_str().unwrap() {
        "kept" => 0,
        "too_optimistic" => 4,
        _ => 7,
    };
    ended.with_code(code);
    let again = recommended(&verified);
    let plan: Value = serde_json::from_slice(&std::fs::read(place.plan(|_| {})).unwrap()).unwrap();
    match plan["evidence"]["status"].as_str() {
        Some("proven") => assert!(!again.stdout.contains("Unproven"), "{}", again.stdout),
        _ => assert!(again.with_code(7).stdout.contains("Unproven: ")),
    }
}

#[test]
fn the_loop_goes_round_over_http() {
    let place = EndpointKind::new();
    let service = COPY.replace("base_s = 10.0", "base_s = 0.1");
    let served = serve(&write_scenario(place.0.path(), &service), place.0.path());
    goes_round(&place, |scenario, out| {
        let mut command = measure(scenario, out);
        command.args(["--target", "endpoint"]);
        served.reach(&mut command);
        command
    });
}

#[test]
fn the_loop_goes_round_on_localstack() {
    let buckets = Buckets::new("loop");
    goes_round(&EndpointKind::new(), |scenario, out| {
        let mut command = buckets.measure(scenario, out);
        command.args(["--target", "endpoint"]);
        command
    });
}

#[test]
fn a_verdict_follows_from_what_was_measured_at_the_setting() {
    let place = EndpointKind::assumed(&["--as", "workers"]);
    let (ended, verdict) = place.verified(COPY, &place.plan_within(300.0), &[]);
    ended.with_code(0);
    assert_eq!((&verdict["schema"], &verdict["outcome"]), (&json!("planner/verify/1"), &json!("kept")));
    let number = |name: &str| verdict[name].as_f64().unwrap();
    assert!((8.0..12.0).contains(&number("residence_mean_s")), "{verdict}");
    assert!(number("probability") >= 0.9 && number("jobs") < 400.0, "a part of the job is enough");
    let finish_s = number("finish_s");

    let (ended, verdict) = place.verified(COPY, &place.plan_within(0.8 * finish_s), &[]);
    ended.with_code(4);
    assert!(verdict["verdict"].as_str().unwrap().starts_with("Rehearsed, plan too optimistic"), "{verdict}");
    // The deadline that the likeliest service keeps with just the wanted probability.
    let border = place.plan_within(finish_s);
    place.verified(COPY, &border, &[]).0.with_code(7);
    let (ended, verdict) = place.verified(COPY, &border, &["--accept", "undecided"]);
    ended.with_code(0);
    assert_eq!(verdict["outcome"], "undecided");

    // With so many in flight copies take half as long again, which no run with fewer shows.
    let slower = COPY.replace("sigma = 0.0", "sigma = 0.02");
    let (ended, verdict) = place.verified(&slower, &place.plan_within(180.0), &[]);
    ended.with_code(4);
    assert!(verdict["residence_mean_s"].as_f64().unwrap() > 12.0, "{verdict}");
    let failing = format!("{COPY}[target.service.request]\nerror_rate = 1.0\n[retry]\nmax_attempts = 1\n");
    let (ended, verdict) = place.verified(&failing, &place.plan_within(300.0), &[]);
    assert!(ended.with_code(5).stderr.contains("the plan is not verified") && verdict == Value::Null);
}

#[test]
fn a_function_is_driven_at_the_pace_of_the_plan_and_never_reserved_otherwise() {
    let place = EndpointKind::assumed(&["--as", "lambda"]);
    let plan = place.plan_within(300.0);
    let planned: Value = serde_json::from_slice(&std::fs::read(&plan).unwrap()).unwrap();
    let reserved = planned["reserved_concurrency"].as_u64().unwrap();
    let fan_out = COPY.replace("operation = \"copy\"", "operation = \"fan-out\"");
    let with =
        |reserved: u64| format!("{fan_out}[target.service.function]\nreserved_concurrency = {reserved}\n");
    for text in [&fan_out, &with(reserved + 1)] {
        let told = place.verified(text, &plan, &[]).0.with_code(6).stderr;
        assert!(told.contains(&format!("reserved_concurrency = {reserved}")), "{told}");
    }
    let (ended, verdict) = place.verified(&with(reserved), &plan, &[]);
    ended.with_code(0);
    assert_eq!(
        (&verdict["outcome"], &verdict["promise"]["setting"]["kind"]),
        (&json!("kept"), &json!("function"))
    );
    let (ended, verdict) = place.verified(&with(reserved), &place.plan_within(120.0), &[]);
    ended.with_code(4);
    assert_eq!(verdict["outcome"], "too_optimistic");
}

#[test]
fn what_cannot_be_verified_is_told() {
    let place = EndpointKind::assumed(&[]);
    let (both, workers) = (place.plan(|_| {}), ["--as", "workers"]);
    let told = |text: &str, plan: &Path, options: &[&str], code: i32, what: &str| {
        let (ended, verdict) = place.verified(text, plan, options);
        let said = ended.with_code(code);
        let said = said.stdout + &said.stderr;
        // Without spaces, since lines break where the width says.
        let bare = |text: &str| text.replace(char::is_whitespace, "").replace('│', "");
        assert!(bare(&said).contains(&bare(what)) && verdict == Value::Null, "{what}: {said}");
    };
    // What would be done is told first.
    let dry_run = ["--as", "workers", "--dry-run"];
    told(COPY, &both, &dry_run, 0, "verifies a plan for 400 objects with");
    told(COPY, &both, &[], 3, "add --as workers or --as lambda");
    told(COPY, &both, &["--as", "lambda"], 3, "another operation than \"fan-out\"");
    told(COPY, &both, &["--as", "both"], 2, "[possible values: workers, lambda]");
    told(COPY, &both, &["--as", "workers", "--jobs", "3"], 2, "--jobs");
    told(&COPY.replace("1KiB", "2KiB"), &both, &workers, 3, "2.00 times as large as the planned ones");
    told(COPY, Path::new("/nowhere"), &workers, 3, "failed to read the plan /nowhere");
    let alone = place.plan(|plan| drop(plan.as_object_mut().unwrap().remove("workers")));
    told(COPY, &alone, &workers, 3, "planner recommend --as workers");
    let other = place.plan(|plan| plan["schema"] = json!("planner/simulate/1"));
    told(COPY, &other, &workers, 3, "its schema is `planner/simulate/1`");
    std::fs::write(&other, "{}").unwrap();
    told(COPY, &other, &workers, 3, "it is no plan");
    let queue = place.plan(|plan| plan["lambda"]["shape"] = json!("queue"));
    let fan_out = COPY.replace("operation = \"copy\"", "operation = \"fan-out\"");
    told(&fan_out, &queue, &["--as", "lambda"], 3, "`planner audit` says whether the plan was kept");
}

#[test]
fn a_rehearsal_runs_the_whole_job_and_proves_nothing() {
    for way in ["workers", "lambda"] {
        let place = EndpointKind::assumed(&["--as", way, "--rehearse"]);
        let plan = std::fs::read(place.plan(|_| {})).unwrap();
        let plan: Value = serde_json::from_slice(&plan).unwrap();
        let rehearsed = &plan["rehearsed"];
        assert_eq!((&rehearsed["way"], &rehearsed["objects_copied"]), (&json!(way), &json!(400)));
        let makespan_s = rehearsed["makespan_s"].as_f64().unwrap();
        assert!((0.8 * 180.0..1.1 * 180.0).contains(&makespan_s), "{way}: {makespan_s}");
        assert_eq!(plan["evidence"]["status"], "assumed");
    }
}
