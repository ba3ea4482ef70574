use super::*;
use crate::fit::{Observations, fit};
use planner_core::load::attempt::{Attempt, AttemptOutcome as Ending, JobEnd, RequestKind, Start};
use planner_core::measure::document::{RunDocument, SCHEMA as RUN_SCHEMA};
use planner_core::measure::recorder::Recorder;
use planner_core::service::function::PipelineShape;
use planner_core::simulate::pool::Ramp;
use planner_core::units::quantity::nanoseconds;

const RETRY: RetryPolicy = RetryPolicy { max_attempts: 5, base_ns: 1_000_000_000, cap_ns: 20_000_000_000 };
const WORKERS: u64 = 40;

/// 2,000 copies with 40 workers within so long, with a probability of 0.95.
fn promise(deadline_s: f64) -> PlanPromise {
    PlanPromise {
        setting: ForecastSetting::Pool(PoolSetting {
            workers: WORKERS,
            ramp: Ramp::default(),
            order: Order::Fifo,
        }),
        objects: 2000,
        size_bytes: 2000,
        deadline_s,
        probability: 0.95,
        in_flight: WORKERS as f64,
        residence_mean_s: 30.0,
        basis_jobs: 250,
    }
}

fn lognormal(mean_s: f64) -> Profile {
    let mut profile = Profile::default();
    (profile.copy.base_s, profile.copy.noise_cv) = (mean_s, 0.4);
    (profile.copy.sigma, profile.copy.kappa) = (0.0, 0.0);
    profile
}

/// The model of a run with 500 copies of a service.
fn measured(truth: &Profile, seed: u64) -> FittedModel {
    let mut document: RunDocument = serde_json::from_value(serde_json::json!({
        "schema": RUN_SCHEMA, "run": "r", "name": "n", "started_at": "2026-11-23T00:00:00Z", "version": "",
        "command": [], "target": { "kind": "embedded" }, "rehearsal": true, "virtual_time": true, "seed": 1,
        "complete": true, "machine": "", "levels": [],
        "scenario": { "name": "n", "operation": "copy", "objects": {}, "arrivals": { "kind": "closed" } },
    }))
    .unwrap();
    document.levels.push(Recorder::new(0, 0).summary());
    let mut observations = Observations::of(&document);
    for job in 0..500 {
        let (started_ns, request, job_end) = (job * 1_000_000_000, RequestKind::Copy, Some(JobEnd::Done));
        let [job_intended_ns, intended_ns] = [started_ns; 2];
        let lasted_s = truth.copy.mean_s(1, WORKERS) * truth.copy.factor().draw(seed, &[job]);
        let ended_ns = started_ns + nanoseconds(lasted_s);
        let (object, attempt, worker, bytes, items) = (job, 1, None, 1, 1);
        let start =
            Start { job, object, request, attempt, worker, job_intended_ns, intended_ns, bytes, items };
        let (level, outcome, code) = (0, Ending::Ok, None);
        observations.add(&Attempt { level, start, started_ns, ended_ns, outcome, code, job_end });
    }
    fit(&document, &observations, seed).unwrap()
}

fn verified(promise: &PlanPromise, model: &FittedModel, failed_share: f64) -> Verification {
    promise.verified("plan.json".into(), model, &promise.work(&[1], RETRY), failed_share)
}

/// The deadline that 40 workers keep on a service with just the wanted probability.
fn border_s(truth: &Profile) -> f64 {
    ClosedForm::new(&promise(1.0).work(&[1], RETRY), truth, Ramp::default()).finish_s(WORKERS, 0.95)
}

#[test]
fn a_plan_is_kept_or_too_optimistic_as_the_truth_is_and_seldom_wrong_at_the_border() {
    let border_s = border_s(&lognormal(30.0));
    let models = |mean_s| (0..16).map(|seed| measured(&lognormal(mean_s), seed)).collect::<Vec<_>>();
    let count = |models: &[FittedModel], deadline_s: f64| {
        let outcome = |model| verified(&promise(deadline_s), model, 0.0).outcome;
        let outcomes: Vec<VerificationOutcome> = models.iter().map(outcome).collect();
        [VerificationOutcome::Kept, VerificationOutcome::Undecided, VerificationOutcome::TooOptimistic]
            .map(|wanted| outcomes.iter().filter(|&&outcome| outcome == wanted).count())
    };
    let as_planned = models(30.0);
    let [kept, _, optimistic] = count(&as_planned, 1.1 * border_s);
    assert!(kept >= 14 && optimistic == 0, "a tenth more time than it takes: {kept}, {optimistic}");
    let [kept, _, optimistic] = count(&models(36.0), 1.1 * border_s);
    assert!(kept == 0 && optimistic >= 14, "copies are slower with as many in flight: {kept}, {optimistic}");
    let [kept, undecided, optimistic] = count(&as_planned, border_s);
    assert!(undecided >= 12, "the plan is just true: {kept}, {optimistic}");
}

#[test]
fn a_verdict_says_by_how_much_and_is_never_better_than_what_failed() {
    let truth = lognormal(36.0);
    let (model, border_s) = (measured(&truth, 1), border_s(&truth));
    let late = verified(&promise(0.8 * border_s), &model, 0.0);
    assert_eq!(late.outcome, VerificationOutcome::TooOptimistic);
    assert!((late.finish_s / border_s - 1.0).abs() < 0.05, "{} and {border_s}", late.finish_s);
    assert!((late.residence_mean_s / 36.0 - 1.0).abs() < 0.05 && late.probability < 0.1, "{late:?}");
    let [all, without_one] = [0.0, 0.002].map(|failed| verified(&promise(1.2 * border_s), &model, failed));
    assert_eq!(
        [all.outcome, without_one.outcome],
        [VerificationOutcome::Kept, VerificationOutcome::TooOptimistic]
    );
    // At a pace all copies take from the publishing on what was measured.
    let function =
        FunctionSetting { reserved: 200, rate_per_s: Some(5.0), threads: 1, shape: PipelineShape::Direct };
    let paced = |deadline_s: f64| {
        let promise = PlanPromise { setting: ForecastSetting::Function(function), ..promise(deadline_s) };
        verified(&promise, &model, 0.0)
    };
    let finish_s = paced(1.0).finish_s;
    assert!((400.0 + 36.0..400.0 + 120.0).contains(&finish_s), "2,000 at 5/s, and the last: {finish_s}");
    let outcomes = [0.8, 1.2].map(|times| paced(times * finish_s).outcome);
    assert_eq!(outcomes, [VerificationOutcome::TooOptimistic, VerificationOutcome::Kept]);
}

#[test]
fn a_run_is_as_long_as_its_verdict_needs_and_no_longer_than_the_job() {
    let jobs = |in_flight, objects, basis_jobs| {
        let promise = PlanPromise { in_flight, objects, basis_jobs, ..promise(1.0) };
        (promise.jobs(), promise.jobs_to_skip(promise.jobs()))
    };
    assert_eq!(jobs(5.0, 45_000, 0), (250, 5));
    assert_eq!(jobs(2000.0, 45_000, 250), (20_000, 2000));
    assert_eq!(jobs(20.0, 45_000, 1000), (2000, 20));
    assert_eq!(jobs(75.0, 250, 1000), (250, 0), "the whole job begins as it does");
}
