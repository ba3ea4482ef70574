//! What a run on the true service would have shown, from its attempts to the fitted model.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use planner_core::load::attempt::{Attempt, AttemptOutcome, JobEnd, RequestKind, Start};
use planner_core::measure::analysis::analyse;
use planner_core::measure::document::{RunDocument, SCHEMA};
use planner_core::measure::level::LevelSummary;
use planner_core::measure::recorder::Recorder;
use planner_core::measure::series::SeriesSecond;
use planner_core::units::quantity::{NS_PER_S, nanoseconds};
use planner_plan::fit::{FittedModel, Observations, fit};

use super::case::{Case, MeasuredLevel};
use super::truth::RETRY;

/// Words that set the measured run's draws apart.
const MEASURED: u64 = 1;
const FIT: u64 = 2;

/// The model that a run of the case's levels gives.
pub(crate) fn measured(case: &Case) -> FittedModel {
    let mut document = document();
    let (mut rows, mut attempts, mut start_ns) = (Vec::new(), Vec::new(), 0);
    for (number, &level) in (0..).zip(&case.levels) {
        let drained = drain(case, number, level);
        let (summary, seconds) = recorded(number, start_ns, level, &drained);
        start_ns = seconds.last().map_or(start_ns, SeriesSecond::end_ns);
        document.levels.push(summary);
        rows.extend(seconds);
        attempts.extend(drained);
    }
    analyse(&mut document, &rows, planner_report::reasons::run::words);
    let mut observations = Observations::of(&document);
    attempts.iter().for_each(|attempt| observations.add(attempt));
    fit(&document, &observations, case.seed(FIT)).expect("copies enough to fit were measured")
}

/// The attempts of a level, in order of start: whoever is free first takes the next job and keeps it until it is done.
fn drain(case: &Case, level: u32, MeasuredLevel { workers, jobs }: MeasuredLevel) -> Vec<Attempt> {
    let (truth, seed) = (&case.truth, case.seed(MEASURED + (u64::from(level) << 8)));
    let slowdown = truth.slowdown.at(workers);
    let sizes_bytes = truth.sizes_bytes(seed, jobs);
    let mut free: BinaryHeap<Reverse<(u64, u32)>> =
        (0..workers as u32).map(|worker| Reverse((0, worker))).collect();
    let mut attempts = Vec::new();
    for ((job, &bytes), factor) in (0..).zip(&sizes_bytes).zip(truth.factors(seed, jobs)) {
        let Some(Reverse((free_ns, worker))) = free.pop() else { break };
        let mut started_ns = free_ns;
        let mut push = |number: u32, started_ns: u64, lasts_s: f64, outcome: AttemptOutcome| {
            let start = Start {
                job,
                object: job,
                request: RequestKind::Copy,
                attempt: number,
                worker: Some(worker),
                job_intended_ns: free_ns,
                intended_ns: started_ns,
                bytes,
                items: 1,
            };
            let job_end = (outcome == AttemptOutcome::Ok).then_some(JobEnd::Done);
            let ended_ns = started_ns + nanoseconds(lasts_s).max(1);
            attempts.push(Attempt { level, start, started_ns, ended_ns, outcome, code: None, job_end });
            ended_ns
        };
        let failed = truth.failures(seed, job).min(RETRY.max_attempts - 1);
        for number in 1..=failed {
            let lasts_s = truth.failure.map_or(0.0, |failure| failure.lasts_s);
            started_ns = push(number, started_ns, lasts_s, AttemptOutcome::ServerError);
            started_ns += RETRY.back_off_ns(seed, job, 0, number).unwrap_or(0);
        }
        let grown = truth.grown(job as f64 / jobs as f64);
        let lasts_s = truth.copy_s(bytes) * factor * grown * slowdown;
        let ended_ns = push(failed + 1, started_ns, lasts_s, AttemptOutcome::Ok);
        free.push(Reverse((ended_ns, worker)));
    }
    attempts.sort_by_key(|attempt| attempt.started_ns);
    attempts
}

/// The level as a recorder sees it go by, with its seconds.
fn recorded(
    number: u32,
    start_ns: u64,
    level: MeasuredLevel,
    attempts: &[Attempt],
) -> (LevelSummary, Vec<SeriesSecond>) {
    let mut events: Vec<(u64, bool, &Attempt)> = attempts
        .iter()
        .flat_map(|attempt| [(attempt.started_ns, true, attempt), (attempt.ended_ns, false, attempt)])
        .collect();
    events.sort_by_key(|&(at_ns, is_start, _)| (at_ns, is_start));
    let mut recorder = Recorder::new(number, start_ns);
    let mut rows = Vec::new();
    for &(at_ns, is_start, attempt) in &events {
        while recorder.second_ends_ns() <= at_ns {
            let ends_ns = recorder.second_ends_ns();
            rows.push(recorder.close_second(ends_ns, |second| second.row.clone()));
        }
        if is_start {
            recorder.started(at_ns, &attempt.start);
        } else {
            recorder.ended(attempt);
        }
    }
    let ended_ns = events.last().map_or(0, |&(at_ns, ..)| at_ns);
    if ended_ns + NS_PER_S > recorder.second_ends_ns() {
        rows.push(recorder.close_second(ended_ns, |second| second.row.clone()));
    }
    let mut summary = recorder.summary();
    summary.concurrency = Some(level.workers as u32);
    (summary, rows)
}

/// A run without levels.
fn document() -> RunDocument {
    let document = serde_json::json!({
        "schema": SCHEMA, "run": "r", "name": "n", "started_at": "2026-11-23T00:00:00Z", "version": "",
        "command": [], "target": { "kind": "embedded" }, "rehearsal": false, "virtual_time": true, "seed": 1,
        "complete": true, "machine": "", "levels": [],
        "scenario": {
            "name": "n", "operation": "copy", "objects": {}, "arrivals": { "kind": "closed", "workers": 1 },
        },
    });
    serde_json::from_value(document).expect("a document of this schema")
}
