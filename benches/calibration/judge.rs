//! A plan as a user would get it, held against the service that it is about.

use planner_core::account::{DEFAULT_REGION, Limits, Prices};
use planner_core::service::function::PipelineShape;
use planner_core::simulate::pool::Ramp;
use planner_core::simulate::work::Order;
use planner_plan::deployment::Deployment;
use planner_plan::plan_inputs::{EXTRAPOLATION, ObjectBatch, PlanInputs};
use planner_plan::sizing::{SizingRequest, recommend};
use statrs::function::erf::erfc_inv;

use super::case::{Case, CaseKind};
use super::measured::measured;
use super::standing::{ListedCondition, PlanStanding, exit, listed};
use super::trial::{Oracle, Trial};
use super::truth::{Name, RETRY};

/// What the planner's draws are for.
const PLAN: u64 = 4;
/// A plan is short whose probability comes out so much below what it states.
const SHORT: f64 = 0.03;
/// A goal is far out of reach where the largest probability is so much below it.
const FAR: f64 = 0.1;

/// A number of workers, what was said of it and what came of it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plan {
    pub workers: u64,
    /// The best estimate, and what is stated for sure.
    pub estimate: f64,
    pub stated: f64,
    pub realised: f64,
    /// Whether more are in flight than was measured.
    pub is_beyond: bool,
}

impl Plan {
    pub(crate) fn is_short(&self) -> bool {
        self.realised < self.estimate - SHORT
    }
}

/// What came of a case.
#[derive(Debug)]
pub(crate) struct CaseResult {
    pub number: u64,
    pub name: Name,
    pub kind: CaseKind,
    pub jobs: u64,
    pub measured: u64,
    pub measured_workers: u64,
    pub probability: f64,
    pub deadline_s: f64,
    pub mean_s: f64,
    pub cv: f64,
    pub standing: PlanStanding,
    /// The exit code that the plan deserves: 0, 7 or 4.
    pub exit: u8,
    /// What the plan rests on; nothing where there is none.
    pub conditions: Vec<ListedCondition>,
    pub oracle: Oracle,
    /// None where the goal is said to be out of reach.
    pub plan: Option<Plan>,
}

impl CaseResult {
    pub(crate) fn is_feasible(&self) -> bool {
        self.oracle.best >= self.probability
    }

    /// Whether the goal is out of reach beyond doubt.
    pub(crate) fn is_far(&self) -> bool {
        self.oracle.best < self.probability - FAR
    }

    /// Whether the service meets every condition of its plan.
    pub(crate) fn meets_all(&self) -> bool {
        !self.conditions.iter().any(|listed| listed.is_false)
    }

    /// Whether a condition that is false here is said not to be tested or not to hold.
    pub(crate) fn is_warned(&self) -> bool {
        self.conditions.iter().any(|listed| listed.is_false && listed.is_named())
    }

    /// Workers over the fewest that do, where throughput decides.
    pub(crate) fn ratio(&self) -> Option<f64> {
        let is_bound = matches!(self.kind, CaseKind::Throughput | CaseKind::Within);
        let (plan, least) = (self.plan.filter(|_| is_bound)?, self.oracle.least?);
        Some(plan.workers as f64 / least as f64)
    }

    /// What that ratio may be: the sample does not know the mean better.
    pub(crate) fn allowance(&self) -> f64 {
        let errors = std::f64::consts::SQRT_2 * erfc_inv(2.0 * (1.0 - self.probability));
        1.03 + 1.25 * errors * self.cv / (self.measured as f64).sqrt()
    }
}

/// Measures, plans and tries a case, with so many job times drawn for the trial.
pub(crate) fn judge(case: &Case, draws: u64) -> CaseResult {
    let inputs = inputs(case);
    let measured_n = inputs.model.basis.measured_n_max.unwrap_or(0.0);
    let recommended = recommend(&inputs, &request(case));
    let trial = Trial::new(case, draws);
    let planned = recommended.workers.as_ref().map(|workers| Plan {
        workers: workers.concurrency.value,
        estimate: workers.probability.estimate,
        stated: workers.probability.stated,
        realised: trial.realised(workers.concurrency.value),
        is_beyond: workers.concurrency.value as f64 > EXTRAPOLATION * measured_n,
    });
    CaseResult {
        number: case.number,
        name: case.truth.name,
        kind: case.kind,
        jobs: case.jobs(),
        measured: case.measured,
        measured_workers: case.levels.iter().map(|level| level.workers).max().unwrap_or(0),
        probability: case.probability,
        deadline_s: case.deadline_s,
        mean_s: case.mean_s(),
        cv: trial.cv,
        standing: PlanStanding::of(&recommended),
        exit: exit(&recommended),
        conditions: recommended.workers.as_ref().map_or_else(Vec::new, |workers| {
            listed(&workers.evidence, &case.truth, case.measured, inputs.model.findings)
        }),
        oracle: trial.oracle(),
        plan: planned,
    }
}

fn inputs(case: &Case) -> PlanInputs {
    let (limits, prices) = (Limits::built_in().clone(), Prices::built_in());
    PlanInputs {
        batch: ObjectBatch {
            sizes_bytes: case.sizes_bytes.clone(),
            prefixes: 1,
            multipart_above_bytes: limits.s3.copy_max_bytes,
            fewest: None,
            archived: 0,
            part_size_bytes: limits.s3.part_max_bytes,
        },
        model: measured(case),
        retry: RETRY,
        limits,
        prices,
        region: DEFAULT_REGION.into(),
        between_regions: false,
        memory_mb: 128,
        seed: case.seed(PLAN),
    }
}

fn request(case: &Case) -> SizingRequest {
    SizingRequest {
        deadline_s: case.deadline_s,
        probability: case.probability,
        deployments: &[Deployment::Workers],
        shape: PipelineShape::Direct,
        max_concurrency: None,
        ramp: Ramp::default(),
        order: Order::Fifo,
    }
}
