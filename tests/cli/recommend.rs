//! Plans through the command line: what is asked for, what comes out, and what is refused.

use std::path::Path;

use serde_json::{Value, json};

use crate::audited::only_folder;
use crate::planner::{CommandEnd, planner, run};
use planner_plan::evidence::NextMeasurement;
use planner_plan::goal_outcome::GoalOutcome;
use planner_plan::sizing_document::Recommendation;
use planner_report::plan::sizing::RecommendationText;

/// The daily backup: 250 objects, 25.2 s each.
const DAILY: [&str; 4] = ["--objects", "250", "--residence", "lognormal(25.2s, cv=0.5)"];

fn planned(command: &str, out: &Path, options: &[&str]) -> CommandEnd {
    let mut planner = planner();
    planner.arg(command).args(options).arg("--out").arg(out);
    run(planner)
}

fn json(command: &str, options: &[&str], code: i32) -> Value {
    let out = tempfile::tempdir().unwrap();
    let options: Vec<&str> = options.iter().copied().chain(["--format", "json"]).collect();
    serde_json::from_str(&planned(command, out.path(), &options).with_code(code).stdout).unwrap()
}

fn recommended(options: &[&str], code: i32) -> Value {
    json("recommend", &[&DAILY, options].concat(), code)
}

#[test]
fn the_contract_of_a_recommendation_holds() {
    let plan = recommended(&["--deadline", "3m"], 0);
    assert_eq!(plan["schema"], "planner/recommend/1");
    assert_eq!(plan["feasible"], true);
    // 250 · 25.2 s in 180 s: seven rounds of 36.
    assert_eq!(plan["mean_value_floor"], 36);
    let [low, value] = ["low", "value"].map(|name| plan["concurrency"][name].as_u64().unwrap());
    assert!(36 < low && low <= value && value < 110, "{}", plan["concurrency"]);
    assert_eq!(plan["probability"]["goal"], 0.99);
    assert!(plan["probability"]["stated"].as_f64().unwrap() >= 0.99, "{}", plan["probability"]);
    let [p50, p95, p99] = ["p50", "p95", "p99"].map(|name| plan["finish_s"][name].as_f64().unwrap());
    assert!(p50 < p95 && p95 < p99 && p99 <= 180.0, "{}", plan["finish_s"]);
    let rate = plan["publish"]["rate_per_s"].as_f64().unwrap();
    let reserved = plan["reserved_concurrency"].as_u64().unwrap() as f64;
    // Little's law: what is published at a rate and takes 25.2 s keeps so many busy; the peak is somewhat above.
    assert!((1.0..1.8).contains(&(reserved / (rate * 25.2))), "{rate}/s and {reserved}");
    assert!(plan["publish"]["threads"].as_u64().unwrap() >= 1);
    assert_eq!(plan["binding_limits"], Value::Array(Vec::new()));
    assert!(plan["cost"]["total_usd"].as_f64().unwrap() > 0.0);
    assert_eq!((plan["basis"]["kind"].as_str(), plan["basis"]["jobs"].as_u64()), (Some("assumed"), Some(0)));
    assert!(
        plan["doubts"]
            .as_array()
            .unwrap()
            .iter()
            .all(|doubt| doubt["kind"].is_string() && doubt["advice"].is_string())
    );
    let names: Vec<&str> =
        plan["sensitivities"].as_array().unwrap().iter().filter_map(|row| row["name"].as_str()).collect();
    assert_eq!(names, ["residence time", "spread of its logarithm", "failing attempts", "how workers begin"]);
}

#[test]
fn an_answer_depends_on_its_seed_and_on_nothing_else() {
    let with = |seed: &str, threads: &str| {
        let out = tempfile::tempdir().unwrap();
        let mut planner = planner();
        planner.arg("recommend").args(DAILY).args(["--deadline", "3m", "--format", "json", "--seed", seed]);
        planner.arg("--out").arg(out.path()).env("RAYON_NUM_THREADS", threads);
        let mut plan: Value = serde_json::from_str(&run(planner).with_code(0).stdout).unwrap();
        for name in ["created_at", "command", "seed"] {
            plan.as_object_mut().unwrap().remove(name);
        }
        plan
    };
    assert_eq!(with("5", "1"), with("5", "2"));
    assert_ne!(with("5", "1")["finish_s"], with("6", "1")["finish_s"]);
}

#[test]
fn a_queue_needs_a_concurrency_of_its_own() {
    let queue = ["--as", "lambda", "--shape", "queue"];
    let plan = recommended(&[&["--deadline", "6m"], &queue[..]].concat(), 0);
    assert_eq!(plan["lambda"]["shape"], "queue");
    let reserved = plan["reserved_concurrency"].as_u64().unwrap();
    // The mean alone asks for 250 · 25.2 s in 360 s: rounds of 14, so 18.
    assert!((20..60).contains(&reserved), "{reserved}");
    assert_eq!(plan["lambda"]["throttles_mean"], 0.0);
    let said = plan["verdict"].as_str().unwrap();
    assert!(
        said.starts_with(&format!("Assumed: {reserved} concurrent executions would finish by ")),
        "{said}"
    );
    // What is planned is what is simulated: nearly all runs of the pipeline are in time.
    let reserved = reserved.to_string();
    let options = ["--reserved", &reserved, "--shape", "queue", "--deadline", "6m", "--replications", "400"];
    let forecast = json("simulate", &[&DAILY[..], &options].concat(), 0);
    assert!(forecast["probability"].as_f64().unwrap() > 0.97, "{}", forecast["verdict"]);

    let cannot = json(
        "recommend",
        &[&["--objects", "45000", "--residence", "25.2s", "--deadline", "10m"], &queue[..]].concat(),
        4,
    );
    assert!(cannot["infeasible"].as_str().unwrap().contains("without the queue"), "{}", cannot["infeasible"]);
}

#[test]
fn what_cannot_be_met_says_why_and_what_can() {
    let too_short = recommended(&["--deadline", "20s"], 4);
    assert_eq!((&too_short["feasible"], &too_short["concurrency"]), (&false.into(), &Value::Null));
    assert!(too_short["infeasible"].as_str().unwrap().contains("by itself"), "{}", too_short["infeasible"]);
    let nearest = too_short["nearest"][0]["deadline_s"].as_f64().unwrap();
    assert!(nearest > 20.0, "{nearest}");

    let capped = recommended(&["--deadline", "3m", "--as", "workers", "--max-concurrency", "20"], 4);
    let why = capped["infeasible"].as_str().unwrap();
    assert!(why.contains("20 workers are allowed"), "{why}");
    let said = capped["verdict"].as_str().unwrap();
    assert!(said.starts_with("No, as assumed: 3m cannot be met; "), "{said}");
    let goal = &capped["nearest"][0];
    let later = goal["deadline_s"].as_f64().unwrap();
    // With the deadline that is said to be within reach, it is.
    let again = format!("{}s", later.ceil());
    let kept = recommended(&["--deadline", &again, "--as", "workers", "--max-concurrency", "21"], 0);
    assert!(kept["concurrency"]["value"].as_u64().unwrap() <= 21);
}

/// Of the rehearsed sweep that comes with the program, for which no sample is missing.
#[test]
fn the_exit_code_says_what_is_known_of_the_goal() {
    let bulk = ["--objects", "45000", "--deadline", "10m"];
    for (options, code, outcome) in [
        (&["--as", "workers"][..], 0, "reached"),
        (&["--as", "workers", "--require", "measured"], 7, "reached"),
        (&["--as", "workers", "--max-concurrency", "1000"], 4, "infeasible"),
        (&["--as", "workers", "--max-concurrency", "2900"], 7, "unproven"),
        (&["--as", "workers", "--max-concurrency", "2900", "--accept", "unproven"], 7, "unproven"),
        (&["--as", "lambda"], 4, "infeasible"),
    ] {
        let plan = json("recommend", &[&bulk[..], options].concat(), code);
        assert_eq!(plan["outcome"], outcome, "{options:?}");
        let is_yes = plan["verdict"].as_str().unwrap().starts_with("Yes");
        assert!(!is_yes, "a rehearsal is no yes: {}", plan["verdict"]);
        assert_eq!(plan["basis"]["rehearsal"], true);
    }
    let plan = json("recommend", &[&bulk[..], &["--as", "workers"]].concat(), 0);
    assert_eq!(plan["evidence"], plan["workers"]["evidence"]);
    assert_eq!(
        (&plan["evidence"]["status"], &plan["evidence"]["rehearsal"]),
        (&"proven".into(), &true.into())
    );
    assert!(plan["verdict"].as_str().unwrap().starts_with("Rehearsed: "), "{}", plan["verdict"]);
}

/// Fixed times leave nothing to chance: a job that ends at the deadline is in time.
#[test]
fn what_ends_at_the_deadline_is_in_time_and_larger_objects_take_longer() {
    let fixed = |objects: &str, deadline: &str| {
        let options = ["--objects", objects, "--size", "700MB", "--residence", "fixed(30s)"];
        json("recommend", &[&options[..], &["--deadline", deadline, "--as", "workers"]].concat(), 0)
    };
    assert_eq!(fixed("1000", "10m")["concurrency"]["value"], 50);
    assert_eq!(fixed("7", "30s")["concurrency"]["value"], 7);
    let folder = tempfile::tempdir().unwrap();
    let manifest = folder.path().join("objects.csv");
    std::fs::write(&manifest, "key,size\na,60000000000\nb,650000000\nc,700000000\n").unwrap();
    let options = ["--manifest", manifest.to_str().unwrap(), "--residence", "fixed(25s) at 700MB"];
    let of = |deadline, code| {
        json("recommend", &[&options[..], &["--deadline", deadline, "--as", "workers"]].concat(), code)
    };
    // 60 GB at 28 MB/s take 35 m 43 s.
    assert_eq!(of("36m", 0)["feasible"], true);
    assert_eq!(of("35m", 4)["feasible"], false);
}

#[test]
fn limits_that_bind_come_with_what_to_do() {
    let out = tempfile::tempdir().unwrap();
    let limits = out.path().join("limits.toml");
    std::fs::write(&limits, "[lambda]\naccount_concurrency = 130\n").unwrap();
    let plan = recommended(&["--deadline", "3m", "--limits", limits.to_str().unwrap()], 0);
    assert_eq!((&plan["feasible"], &plan["within_limits"]), (&true.into(), &false.into()));
    let limit = &plan["binding_limits"][0];
    assert_eq!(limit["have"], 30.0);
    assert!(limit["remedy"].as_str().unwrap().contains("from 130 to 300"), "{limit}");
    let today = &plan["lambda"]["within_limits"];
    assert!(today["deadline_s"].as_f64().unwrap() > 180.0, "{today}");
}

#[test]
fn a_plan_leaves_its_document_and_its_pages() {
    let out = tempfile::tempdir().unwrap();
    let options = [&DAILY[..], &["--deadline", "3m", "--as", "workers"]].concat();
    let ended = planned("recommend", out.path(), &options).with_code(0);
    assert!(
        ended.stdout.contains("workers") && ended.stdout.lines().all(|line| line.chars().count() <= 80),
        "{}",
        ended.stdout
    );
    let folder = only_folder(out.path());
    let page = std::fs::read_to_string(folder.join("report.html")).unwrap();
    assert!(
        page.contains("role=\"img\"") && !page.contains("<script"),
        "a page without charts or with scripts"
    );
    for file in ["plan.json", "report.md", "chance-workers.png", "makespan-workers.png", "sensitivity.png"] {
        assert!(folder.join(file).metadata().is_ok_and(|file| file.len() > 0), "{file}");
    }
}

#[test]
fn every_form_of_a_plan_says_the_same_and_the_decision_fits_a_screen() {
    let out = tempfile::tempdir().unwrap();
    let ended = planned("recommend", out.path(), &["--objects", "45000", "--deadline", "10m"]).with_code(0);
    assert!(ended.stdout.lines().count() <= 24, "{}", ended.stdout);
    let folder = only_folder(out.path());
    let read = |path: &Path| std::fs::read_to_string(path).unwrap();
    let plan: Value = serde_json::from_str(&read(&folder.join("plan.json"))).unwrap();
    let verdict = plan["verdict"].as_str().unwrap();
    assert_eq!((&plan["state"], &plan["choice"]["reason"]), (&"rehearsed".into(), &"within_limits".into()));
    let n = plan["choice"]["concurrency"].as_u64().unwrap();
    assert_eq!(plan["concurrency"]["value"], n);
    assert!(verdict.starts_with("Rehearsed: ") && ended.stdout.starts_with(verdict), "{verdict}");
    assert!(read(&folder.join("report.html")).contains(&format!("<h1>{verdict}</h1>")));
    assert!(read(&folder.join("report.md")).starts_with(&format!("## {verdict}\n")));
    let list = read(&out.path().join("index.html"));
    assert!(
        list.contains("45,000 in 10m</a> <b class=\"state open\">rehearsed</b>") && list.contains(verdict)
    );
    assert!(ended.stdout.ends_with("more: --long, or report.html\n"));
    assert!(!ended.stdout.contains("What that probability rests on"));
    let mut again = planner();
    again.arg("report").arg(&folder).args(["--long", "--print", "full"]);
    assert!(run(again).with_code(0).stdout.contains("What that probability rests on"));
    assert!(read(&folder.join("report.html")).contains("<body class=\"full\">"));
}

#[test]
fn a_verdict_says_no_more_than_its_evidence_and_the_way_to_take_why() {
    let plan = json("recommend", &["--objects", "45000", "--deadline", "10m"], 0);
    let told = |change: &dyn Fn(&mut Recommendation)| {
        let mut plan: Recommendation = serde_json::from_value(plan.clone()).unwrap();
        change(&mut plan);
        let document = RecommendationText::of(&plan).document().unwrap();
        let of = |value: &Value| value.as_str().unwrap().to_owned();
        [&document["verdict"], &document["state"], &document["choice"]["way"], &document["choice"]["reason"]]
            .map(of)
    };
    let real = |plan: &mut Recommendation| {
        plan.preface.basis.rehearsal = false;
        let of_ways = [
            plan.workers.as_mut().map(|it| &mut it.evidence),
            plan.lambda.as_mut().map(|it| &mut it.evidence),
        ];
        of_ways
            .into_iter()
            .flatten()
            .chain(&mut plan.evidence)
            .for_each(|evidence| evidence.rehearsal = false);
    };
    let workers = "2,951 workers finish by 9m 59s, deadline 10m, 99.09 %";
    let [verdict, rest @ ..] = told(&real);
    assert_eq!(
        (verdict.as_str(), rest),
        (&*format!("Yes: {workers}"), ["ready", "workers", "within_limits"].map(str::to_owned))
    );
    let [verdict, rest @ ..] = told(&|plan| {
        real(plan);
        plan.binding_limits.clear();
        plan.workers.as_mut().unwrap().cost.total_usd = 9.0;
    });
    assert!(verdict.starts_with("Yes: 3,259 concurrent executions finish by "), "{verdict}");
    assert_eq!(rest, ["ready", "lambda", "cheaper"].map(str::to_owned));
    let [verdict, rest @ ..] = told(&|plan| {
        real(plan);
        plan.workers = None;
        plan.outcome = GoalOutcome::Infeasible;
    });
    assert_eq!(verdict, "Not today: 25m 15s within your quota; 10m needs 3,259 concurrent executions");
    assert_eq!(rest, ["blocked", "lambda", "only"].map(str::to_owned));
    let [verdict, state, ..] = told(&|plan| {
        plan.outcome = GoalOutcome::Unproven;
        let next = NextMeasurement { concurrency: Some(2361), jobs: 250 };
        plan.workers.as_mut().unwrap().evidence.next_measurement = Some(next);
    });
    assert!(
        verdict.starts_with("Unproven: measure at N = 2,361 first (about ") && state == "unproven",
        "{verdict}"
    );
}

#[test]
fn a_plan_is_reported_again_from_its_document() {
    let out = tempfile::tempdir().unwrap();
    for (command, options) in [
        ("recommend", &["--deadline", "3m"][..]),
        ("simulate", &["--workers", "60"]),
        ("strategies", &["--deadline", "3m"]),
    ] {
        let out = out.path().join(command);
        planned(command, &out, &[&DAILY[..], options].concat()).with_code(0);
        let folder = only_folder(&out);
        let of = |file: &str| std::fs::read(folder.join(file)).unwrap();
        let made = ["report.html", "report.md"].map(of);
        let report = |format: &str, code: i32| {
            let mut command = planner();
            command.arg("report").arg(&folder).args(["--format", format]);
            run(command).with_code(code).stdout
        };
        assert_eq!(report("markdown", 0).as_bytes(), made[1], "{command}");
        assert_eq!(report("json", 0).as_bytes(), of("plan.json"));
        assert_eq!(["report.html", "report.md"].map(of), made, "and nothing else has changed");
        assert!(report("svg", 0).lines().all(|path| std::fs::read_to_string(path).unwrap().contains("<svg")));
        assert_eq!(report("csv", 3), "");
        std::fs::write(folder.join("plan.json"), "{\"schema\": \"planner/recommend/1\"}").unwrap();
        assert_eq!(report("table", 3), "");
    }
}

#[test]
fn deployments_take_their_parameters_from_a_plan() {
    let out = tempfile::tempdir().unwrap();
    let emitted = |form: &str, options: &[&str], code: i32| {
        let options = [&DAILY[..], options, &["--emit", form]].concat();
        planned("recommend", out.path(), &options).with_code(code)
    };
    let deadline = ["--deadline", "3m", "--as", "lambda"];
    let stack: Value = serde_json::from_str(&emitted("cfn-params", &deadline, 0).stdout).unwrap();
    let keys: Vec<&str> =
        stack.as_array().unwrap().iter().filter_map(|row| row["ParameterKey"].as_str()).collect();
    let parameters =
        ["Shape", "ReservedConcurrency", "PublishRate", "PublisherThreads", "PartSize", "MemorySize"];
    assert_eq!(keys, parameters);
    let variables = emitted("tfvars", &deadline, 0).stdout;
    assert!(variables.starts_with("shape ") && variables.contains("\nreserved_concurrency ="), "{variables}");
    assert!(emitted("env", &deadline, 0).stdout.contains("PUBLISH_RATE="));
    assert!(emitted("env", &["--deadline", "3m", "--as", "workers"], 3).stderr.contains("no function"));
    assert_eq!(emitted("env", &["--deadline", "20s", "--as", "lambda"], 4).stdout, "");
}

#[test]
fn what_cannot_be_planned_is_told() {
    let out = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = out.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_string_lossy().into_owned()
    };
    let garbage = file("garbage.csv", "key,size\na,1\nb,big\n");
    let contradiction = file("limits.toml", "[lambda]\naccount_concurrency = 50\n");
    let unknown = file("prices.toml", "[s3]\ncopies = 1\n");
    let base = ["--objects", "250", "--deadline", "3m", "--residence", "30s"];
    for (options, code, told) in [
        (vec!["--objects", "0", "--deadline", "3m"], 2, "nothing to copy"),
        (vec!["--objects", "250", "--deadline", "0s"], 2, "no time at all"),
        (vec!["--objects", "250", "--deadline", "3m", "--confidence", "1"], 2, "between 0 and 1"),
        (vec!["--objects", "250", "--deadline", "3m", "--confidence", "1.5"], 2, "--confidence"),
        (vec!["--objects", "250"], 2, "--deadline"),
        (vec!["--deadline", "3m"], 2, "--objects"),
        (vec!["--objects", "250", "--deadline", "3m", "--residence", "lognormal(30s)"], 2, "no cv"),
        (vec!["--manifest", &garbage, "--deadline", "3m"], 3, "line 3"),
        (vec!["--manifest", "/nowhere.csv", "--deadline", "3m"], 3, "/nowhere.csv"),
        ([&base[..], &["--limits", &contradiction]].concat(), 3, "`lambda.unreserved_minimum` is larger"),
        ([&base[..], &["--prices", &unknown]].concat(), 3, "copies"),
        ([&base[..], &["--memory", "64"]].concat(), 3, "between 128 and"),
        ([&base[..], &["--part-size", "1MB"]].concat(), 3, "--part-size"),
        (vec!["--objects", "250", "--deadline", "3m", "--from", "/nowhere"], 3, "/nowhere"),
    ] {
        let ended = planned("recommend", &out.path().join("reports"), &options).with_code(code);
        assert!(ended.stderr.contains(told), "{options:?}: {}", ended.stderr);
        assert_eq!(ended.stdout, "", "{options:?}");
    }
    assert!(!out.path().join("reports").exists());
}

#[test]
fn a_simulation_says_what_a_choice_comes_to() {
    let pool = json("simulate", &[&DAILY[..], &["--workers", "100", "--deadline", "3m"]].concat(), 0);
    assert_eq!(pool["schema"], "planner/simulate/1");
    let [p50, p95, p99, mean] =
        ["p50", "p95", "p99", "mean"].map(|name| pool["makespan_s"][name].as_f64().unwrap());
    assert!(63.0 < p50 && p50 < p95 && p95 < p99 && mean > 63.0, "{}", pool["makespan_s"]);
    assert!((0.0..=1.0).contains(&pool["probability"].as_f64().unwrap()));
    assert_eq!((pool["in_flight_peak"].as_f64(), pool["throttles"].as_f64()), (Some(100.0), Some(0.0)));
    assert!(pool["retries"].is_number() && pool["cost"]["total_usd"].is_number());

    let narrow = json("simulate", &[&DAILY[..], &["--reserved", "100", "--rate", "20/s"]].concat(), 0);
    assert!(narrow["throttles"].as_f64().unwrap() > 0.0 && narrow["in_flight_peak"].as_f64() == Some(100.0));
    let wide = json("simulate", &[&DAILY[..], &["--reserved", "600", "--rate", "20/s"]].concat(), 0);
    assert_eq!(wide["throttles"].as_f64(), Some(0.0));
    assert!(wide["makespan_s"]["p50"].as_f64() < narrow["makespan_s"]["p50"].as_f64());
    assert_eq!(wide["probability"], Value::Null);
}

#[test]
fn questions_are_asked_as_people_ask_them() {
    let out = tempfile::tempdir().unwrap();
    let assumed = ["--residence", "lognormal(25s,cv=0.4)", "--as", "workers", "--format", "json"];
    let plan = |options: &[&str]| -> Value {
        let mut command = planner();
        command.arg("recommend").args(options).args(assumed).arg("--out").arg(out.path());
        serde_json::from_str(&run(command).with_code(0).stdout).unwrap()
    };
    let workers = |options: &[&str]| plan(options)["concurrency"]["value"].as_u64().unwrap();
    // Numbers.
    let plain = workers(&["--objects", "4500", "--deadline", "10m"]);
    for text in ["4,500", "4.5k", "4_500"] {
        assert_eq!(workers(&["--objects", text, "--deadline", "10m"]), plain, "{text}");
    }
    let range = plan(&["--objects", "4000..4500", "--deadline", "10m"]);
    let least = workers(&["--objects", "4000", "--deadline", "10m"]);
    let value = range["concurrency"]["value"].as_u64().unwrap();
    assert!(least < value && value <= plain, "{least} {value} {plain}");
    assert_eq!((&range["job"]["objects"], &range["job"]["objects_at_least"]), (&json!(4500), &json!(4000)));
    // Times by the clock.
    let by = ["--objects", "4500", "--start", "2026-12-01 23:55 UTC", "--by", "00:05 UTC"];
    let clock = plan(&by);
    assert_eq!(
        (&clock["job"]["deadline_s"], clock["concurrency"]["value"].as_u64()),
        (&json!(600.0), Some(plain))
    );
    assert_eq!(clock["job"]["clock"]["due"], "2026-12-02T00:05:00+00:00[UTC]");
    let refused = |options: &[&str], code: i32, told: &str| {
        let mut command = planner();
        command.arg("recommend").args(options).args(assumed).arg("--out").arg(out.path());
        let ended = run(command).with_code(code);
        assert!(ended.stderr.contains(told), "{}", ended.stderr);
    };
    refused(&["--objects", "4500"], 2, "--deadline");
    refused(&["--objects", "4500", "--by", "soon"], 3, "not a time");
    refused(&["--objects", "45,00", "--deadline", "10m"], 2, "45k");
    refused(&["--objects", "50..40", "--deadline", "10m"], 2, "ends before it begins");
    refused(&["--objects", "4500", "--deadline", "10m", "--by", "06:00"], 2, "cannot be used with");
}

#[test]
fn archived_objects_and_a_small_account_are_called_out() {
    let out = tempfile::tempdir().unwrap();
    let row = |key: u32| {
        let class = if key < 12 { "DEEP_ARCHIVE" } else { "STANDARD" };
        format!("\"b\",\"key-{key}\",\"1000\",\"2026-11-27T00:00:00.000Z\",\"{class}\"\n")
    };
    let list = out.path().join("inventory.csv");
    std::fs::write(&list, (0..400).map(row).collect::<String>()).unwrap();
    let mut command = planner();
    command.args([
        "recommend",
        "--deadline",
        "10m",
        "--residence",
        "lognormal(25s,cv=0.4)",
        "--format",
        "json",
    ]);
    command.args(["--account-concurrency", "110"]).arg("--manifest").arg(&list).arg("--out").arg(out.path());
    let plan: Value = serde_json::from_str(&run(command).with_code(0).stdout).unwrap();
    let doubts = plan["doubts"].as_array().unwrap();
    assert!(doubts.iter().any(|it| it["kind"] == "archived" && it["objects"] == 12), "{doubts:?}");
    let within = &plan["lambda"]["within_limits"];
    assert_eq!(within["reserved_concurrency"], 10, "110 less the 100 that cannot be reserved");
}
