//! A job that is to be planned, on a service of which a plan sees 250 jobs.

use std::sync::Arc;

use planner_core::load::attempt::{Attempt, JobEnd, Outcome, Request, Start};
use planner_core::load::retry::RetryPolicy;
use planner_core::measure::document::{RunDocument, SCHEMA};
use planner_core::measure::recorder::Recorder;
use planner_core::random;
use planner_core::service::Profile;
use planner_core::simulate::pool::Ramp;
use planner_core::simulate::work::{Order, Work};
use planner_core::units::quantity::nanoseconds;
use planner_plan::closed_form::ClosedForm;
use planner_plan::fit::{FittedModel, Observations, fit};
use planner_plan::workers::Goal;

use super::truth::{Family, service};

/// Jobs of the measured run, and workers that it had.
const MEASURED_JOBS: u64 = 250;
const MEASURED_WORKERS: u32 = 25;
const RETRY: RetryPolicy = RetryPolicy { max_attempts: 5, base_ns: 1_000_000_000, cap_ns: 20_000_000_000 };

#[derive(Debug)]
pub(crate) struct Case {
    pub number: u64,
    pub family: Family,
    pub cv: f64,
    pub truth: Profile,
    pub work: Work,
    pub ramp: Ramp,
    pub goal: Goal,
    seed: u64,
}

/// A copy of the measured run.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Copied {
    pub bytes: u64,
    pub seconds: f64,
}

impl Case {
    /// Case number `number`: families and kinds of sizes take turns, all else is drawn.
    pub(crate) fn new(number: u64, seed: u64) -> Self {
        let seed = random::word(seed, &[number]);
        let between =
            |purpose: u64, low: f64, high: f64| low + (high - low) * random::uniform(seed, &[purpose]);
        let between_logs = |purpose, low: f64, high: f64| between(purpose, low.ln(), high.ln()).exp();
        let one_in = |purpose: u64, count: u64| random::word(seed, &[purpose]).is_multiple_of(count);
        let family = Family::ALL[(number % 5) as usize];
        let cv = between(1, 0.2, 1.0);
        let mean_s = between_logs(2, 10.0, 60.0);
        let mut truth = service(family.noise(cv), mean_s, between(3, 0.0, 5.0));
        if one_in(4, 3) {
            (truth.request.error_rate, truth.request.refusal_s) =
                (between(5, 0.002, 0.03), between(6, 0.1, 2.0));
        }
        let jobs = between_logs(7, 250.0, 45_000.0) as u64;
        let work = Work::new(sizes_bytes(number, jobs, seed), Order::Fifo, RETRY);
        let probability = [0.9, 0.95, 0.99][(random::word(seed, &[8]) % 3) as usize];
        let form = ClosedForm::new(&work, &truth, Ramp::default());
        let job_s = form.mean_s(1);
        let (shortest, longest) = ((jobs as f64 / 3000.0).max(6.0), (jobs as f64 / 5.0).min(60.0));
        let mut deadline_s = job_s * between_logs(9, shortest, longest.max(shortest));
        // Single jobs that miss the deadline take at most a tenth of the chance to be late.
        while form.largest_probability(deadline_s) < 1.0 - (1.0 - probability) / 10.0 {
            deadline_s *= 1.25;
        }
        // The last worker begins in the first third.
        let least = jobs as f64 * job_s / deadline_s;
        let per_s = one_in(10, 4).then(|| least / (deadline_s * between(11, 0.02, 0.3)));
        Self {
            number,
            family,
            cv,
            truth,
            work,
            ramp: Ramp { per_s },
            goal: Goal { deadline_s, probability },
            seed,
        }
    }

    /// What a run of 250 jobs would have shown, as a model and as its plain times.
    pub(crate) fn measured(&self) -> (FittedModel, Vec<Copied>) {
        let document = document();
        let mut observations = Observations::of(&document);
        let sizes_bytes = sizes_bytes(self.number, MEASURED_JOBS, random::word(self.seed, &[20]));
        let factor = self.truth.copy.factor();
        let mut copies = Vec::new();
        for (job, &bytes) in (0..).zip(&sizes_bytes[..]) {
            let fails =
                |attempt| random::uniform(self.seed, &[21, job, attempt]) < self.truth.request.error_rate;
            for number in (0..4).take_while(|&attempt| fails(attempt)) {
                let refusal_s = self.truth.request.refusal_s;
                observations.add(&attempt(job, number as u32 + 1, bytes, refusal_s, Outcome::ServerError));
            }
            let seconds = self.truth.copy.mean_s(bytes, 1) * factor.draw(self.seed, &[22, job]);
            observations.add(&attempt(job, 5, bytes, seconds, Outcome::Ok));
            copies.push(Copied { bytes, seconds });
        }
        (fit(&document, &observations, self.seed).expect("250 copies are enough to fit"), copies)
    }

    /// A seed of its own for a purpose.
    pub(crate) fn seed(&self, purpose: u64) -> u64 {
        random::word(self.seed, &[30, purpose])
    }
}

/// Constant, uniform from 600 to 800 MB, or lognormal sizes, by the number of the case.
fn sizes_bytes(number: u64, jobs: u64, seed: u64) -> Arc<[u64]> {
    let size_bytes = |job| match number / 5 % 3 {
        0 => 700e6,
        1 => 600e6 + 200e6 * random::uniform(seed, &[40, job]),
        _ => random::lognormal(seed, &[40, job], 700e6, 0.5),
    };
    (0..jobs).map(|job| size_bytes(job) as u64).collect()
}

fn attempt(job: u64, number: u32, bytes: u64, lasted_s: f64, outcome: Outcome) -> Attempt {
    let start = Start {
        job,
        object: job,
        request: Request::Copy,
        attempt: number,
        worker: None,
        job_intended_ns: 0,
        intended_ns: 0,
        bytes,
        items: 1,
    };
    let job_end = (outcome == Outcome::Ok).then_some(JobEnd::Done);
    Attempt { level: 0, start, started_ns: 0, ended_ns: nanoseconds(lasted_s), outcome, code: None, job_end }
}

/// A run of one level.
fn document() -> RunDocument {
    let document = serde_json::json!({
        "schema": SCHEMA, "run": "r", "name": "n", "started_at": "2026-11-23T00:00:00Z", "version": "",
        "command": [], "target": { "kind": "embedded" }, "rehearsal": true, "virtual_time": true, "seed": 1,
        "complete": true, "machine": "", "levels": [],
        "scenario": {
            "name": "n", "operation": "copy", "objects": {}, "arrivals": { "kind": "closed", "workers": 1 },
        },
    });
    let mut document: RunDocument = serde_json::from_value(document).expect("a document of this schema");
    let mut level = Recorder::new(0, 0).summary();
    (level.concurrency, level.in_flight_mean) = (Some(MEASURED_WORKERS), f64::from(MEASURED_WORKERS));
    document.levels.push(level);
    document
}
