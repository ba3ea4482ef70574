//! A way of copying that a recommendation proposes: what to set, when it is done and what it costs.

use planner_core::service::function::PipelineShape;
use planner_core::units::human::{count, counted, number, rate, usd};
use planner_plan::cost::Cost;
use planner_plan::deployment::Deployment;
use planner_plan::evidence::PlanEvidence;
use planner_plan::plan_header::{Finish, Probability};
use planner_plan::sizing_document::{CurvePoint, LambdaPlan, Recommendation, WorkerPlan};

use super::{bound, finish, stated};

/// A proposed way in words and cells.
#[derive(Debug)]
pub(super) struct Proposal<'a> {
    /// Its name, which ends the identifiers of its charts.
    pub name: &'static str,
    /// Head of its column.
    pub head: &'static str,
    /// Which way it is.
    pub deployment: Deployment,
    /// Its concurrency with what that counts.
    pub number: String,
    /// What to set, as a clause.
    pub clause: String,
    /// When it is done.
    pub finish: &'a Finish,
    /// How sure it is to be done in time.
    pub probability: &'a Probability,
    /// What that rests on.
    pub evidence: &'a PlanEvidence,
    /// What it costs in all.
    pub price: String,
    /// Its column under the head.
    pub cells: [String; 6],
    /// What it costs by service.
    pub cost: &'a Cost,
    /// What the horizontal axis of its charts counts.
    pub axis: &'static str,
    /// What is chosen on that axis.
    pub chosen: f64,
    /// Limits on it by their names.
    pub limits: Vec<(String, f64)>,
    /// Chance, finishing times and cost at each concurrency.
    pub curve: &'a [CurvePoint],
    /// Times of the last end.
    pub makespans_s: &'a [f64],
}

/// The ways that are proposed.
pub(super) fn proposals(plan: &Recommendation) -> Vec<Proposal<'_>> {
    plan.workers.iter().map(workers).chain(plan.lambda.iter().map(lambda)).collect()
}

fn workers(plan: &WorkerPlan) -> Proposal<'_> {
    let price = pool_price(&plan.cost);
    let workers = plan.concurrency.value;
    Proposal {
        name: "workers",
        head: "workers",
        deployment: Deployment::Workers,
        number: counted(workers, "worker"),
        clause: counted(workers, "worker"),
        finish: &plan.finish_s,
        probability: &plan.probability,
        evidence: &plan.evidence,
        cells: [
            bound(&plan.concurrency),
            "–".into(),
            stated(&plan.probability),
            finish(&plan.finish_s),
            "–".into(),
            price.clone(),
        ],
        price,
        cost: &plan.cost,
        axis: "N, workers",
        chosen: workers as f64,
        limits: Vec::new(),
        curve: &plan.curve,
        makespans_s: &plan.makespans_s,
    }
}

fn lambda(plan: &LambdaPlan) -> Proposal<'_> {
    let price = usd(plan.cost.total_usd);
    let (reserved, pace) = (count(plan.reserved_concurrency.value), rate(plan.publish.rate_per_s));
    let (head, axis, how) = match plan.shape {
        PipelineShape::Direct => (
            "lambda",
            "N, executions at once on average",
            format!("reserve {reserved} for Lambda, publish {pace}"),
        ),
        PipelineShape::Queue => (
            "lambda behind a queue",
            "N, executions at once",
            format!("reserve {reserved} for Lambda behind a queue"),
        ),
    };
    let lost = if plan.lost_mean > 0.0 {
        format!(", {} objects lost", number(plan.lost_mean))
    } else {
        String::new()
    };
    let today = plan.within_limits.iter();
    Proposal {
        name: "lambda",
        head,
        deployment: Deployment::Lambda,
        number: counted(plan.reserved_concurrency.value, "concurrent execution"),
        clause: how,
        finish: &plan.finish_s,
        probability: &plan.probability,
        evidence: &plan.evidence,
        cells: [
            format!("reserve {}", bound(&plan.reserved_concurrency)),
            format!("{pace} with {}", counted(plan.publish.threads, "thread")),
            stated(&plan.probability),
            finish(&plan.finish_s),
            format!("{} expected{lost}", number(plan.throttles_mean)),
            price.clone(),
        ],
        price,
        cost: &plan.cost,
        axis,
        chosen: plan.in_flight_mean,
        limits: today.map(|today| ("today's limit".into(), today.reserved_concurrency as f64)).collect(),
        curve: &plan.curve,
        makespans_s: &plan.makespans_s,
    }
}

/// What copying from a machine costs; the machine itself only where its price is known.
fn pool_price(cost: &Cost) -> String {
    let machine = if cost.has_machine() { "" } else { " and the machine" };
    format!("{}{machine}", usd(cost.total_usd))
}
