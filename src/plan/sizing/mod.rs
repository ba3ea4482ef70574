//! `planner recommend`: from a wish to a recommendation with its reasons.

mod function;
mod infeasible;
mod limit_checks;
mod pool;
mod proof;
mod queue;
mod request;
mod sensitivity;

pub use request::SizingRequest;

use super::closed_form::mean_value_floor;
use super::copier::Copier;
use super::deployment::Deployment;
use super::goal_outcome::GoalOutcome;
use super::limitation::Limitation;
use super::plan_inputs::PlanInputs;
use super::sizing_document::{LambdaPlan, Recommendation, SCHEMA, WorkerPlan};
use infeasible::InfeasibleDeployment;
use planner_core::numeric::interval::CONFIDENCE;
use planner_core::numeric::proportion::lower_bound;
use planner_core::service::function::PipelineShape;
use planner_core::simulate::work::Order;
use proof::{StrategyLimits, is_proven};

/// The smallest concurrency that does what is wanted, for each way that was asked for.
#[must_use]
pub fn recommend(inputs: &PlanInputs, request: &SizingRequest) -> Recommendation {
    let pool = request.deployments.contains(&Deployment::Workers).then(|| pool::plan(inputs, request));
    let function = request.deployments.contains(&Deployment::Lambda).then(|| match request.shape {
        PipelineShape::Direct => function::plan(inputs, request),
        PipelineShape::Queue => queue::plan(inputs, request),
    });
    let (workers, no_pool) = split(pool);
    let (lambda, no_function) = split(function);
    let outcome = outcome(
        inputs,
        request,
        workers.as_ref().ok_or(no_pool.as_deref()),
        lambda.as_ref().ok_or(no_function.as_deref()),
    );
    let preface = inputs.preface(request.deadline_s);
    let workers_first =
        workers.as_ref().map(|plan| (plan.concurrency, plan.probability, plan.finish_s, &plan.cost));
    let lambda_first =
        lambda.as_ref().map(|plan| (plan.reserved_concurrency, plan.probability, plan.finish_s, &plan.cost));
    let first = workers_first.or(lambda_first);
    let concurrency = first.map(|first| first.0);
    let evidence = workers.iter().map(|plan| &plan.evidence).chain(lambda.iter().map(|plan| &plan.evidence));
    let evidence = evidence.min_by_key(|evidence| evidence.status).cloned();
    let cannot = || no_pool.iter().chain(&no_function);
    let binding_limits = limit_checks::limits(inputs, request, workers.as_ref(), lambda.as_ref());
    let most = workers.iter().map(|plan| plan.concurrency.value);
    let most = most.chain(lambda.iter().map(|plan| plan.reserved_concurrency.value)).max();
    let mut doubts = inputs.doubts(most);
    let is_direct = request.shape == PipelineShape::Direct;
    doubts.extend((lambda.is_some() && is_direct).then_some(Limitation::RetriesUndocumented));
    doubts.extend(other_copier(inputs, workers.is_some(), lambda.is_some()));
    let runs = workers.as_ref().map(|plan| plan.probability.replications);
    let few = runs.filter(|&runs| lower_bound(runs, runs, CONFIDENCE) < request.probability);
    doubts.extend(few.map(|runs| Limitation::FewRuns { runs }));
    let function_alone = lambda.as_ref().filter(|_| workers.is_none());
    let pace_per_s = function_alone.filter(|_| is_direct).map(|plan| plan.publish.rate_per_s);
    // What a queue feeds is a pool whose workers begin one after the other.
    let asked = match function_alone {
        Some(_) if !is_direct => SizingRequest { ramp: queue::ramp(inputs), order: Order::Fifo, ..*request },
        _ => *request,
    };
    Recommendation {
        schema: SCHEMA.into(),
        outcome,
        feasible: first.is_some(),
        evidence,
        within_limits: first.is_some() && binding_limits.is_empty(),
        concurrency,
        mean_value_floor: mean_value_floor(preface.job.objects, preface.residence.mean_s, request.deadline_s),
        probability: first.map_or_else(
            || {
                let likelier =
                    cannot().map(|it| it.probability).max_by(|a, b| a.estimate.total_cmp(&b.estimate));
                request.probability_of(likelier)
            },
            |first| first.1,
        ),
        finish_s: first.map(|first| first.2),
        rehearsed: None,
        publish: lambda.as_ref().map(|plan| plan.publish),
        reserved_concurrency: lambda.as_ref().map(|plan| plan.reserved_concurrency.value),
        part_size_bytes: inputs.batch.part_size_bytes,
        binding_limits,
        cost: first.map(|first| first.3.clone()).unwrap_or_default(),
        sensitivities: concurrency
            .map(|bound| sensitivity::of(inputs, &asked, pace_per_s, bound.value))
            .unwrap_or_default(),
        nearest: cannot().flat_map(|it| it.nearest.clone()).collect(),
        obstacles: distinct(cannot().map(|it| it.obstacle)),
        doubts,
        sources: inputs.sources(),
        workers,
        lambda,
        preface,
    }
}

/// Where what was measured was copied by something else than what is planned.
fn other_copier(inputs: &PlanInputs, by_workers: bool, by_function: bool) -> Option<Limitation> {
    let (measured, profile) = (inputs.model.basis.copier?, &inputs.model.profile);
    let is_other = match measured {
        Copier::Workers => by_function,
        Copier::Function => by_workers,
    };
    is_other.then_some(Limitation::OtherCopier {
        measured,
        delivery_s: profile.delivery.latency_s,
        cold_start_s: profile.function.cold_start_s,
    })
}

/// What both ways together come to; of a way that was not asked for, nothing.
fn outcome(
    inputs: &PlanInputs,
    request: &SizingRequest,
    workers: Result<&WorkerPlan, Option<&InfeasibleDeployment>>,
    lambda: Result<&LambdaPlan, Option<&InfeasibleDeployment>>,
) -> GoalOutcome {
    let missed = |allowed: &StrategyLimits, cannot: Option<&InfeasibleDeployment>| {
        let obstacle = cannot.map(|cannot| &cannot.obstacle);
        Err(GoalOutcome::missed(is_proven(inputs, request, allowed, obstacle)))
    };
    let reached = |evidence, estimate| Ok(GoalOutcome::of_way(evidence, estimate, request.probability));
    let pool = match workers {
        Ok(plan) => Some(reached(&plan.evidence, plan.probability.estimate)),
        Err(cannot) => cannot.map(|cannot| missed(&StrategyLimits::workers(inputs, request), Some(cannot))),
    };
    let function = match lambda {
        Ok(plan) if plan.within_limits.is_none() => Some(reached(&plan.evidence, plan.probability.estimate)),
        Ok(_) => Some(missed(&StrategyLimits::function(inputs, request), None)),
        Err(cannot) => cannot.map(|cannot| missed(&StrategyLimits::function(inputs, request), Some(cannot))),
    };
    GoalOutcome::of_all(&[pool, function].into_iter().flatten().collect::<Vec<_>>())
}

fn split<P>(
    deployment: Option<Result<P, Box<InfeasibleDeployment>>>,
) -> (Option<P>, Option<Box<InfeasibleDeployment>>) {
    match deployment {
        None => (None, None),
        Some(Ok(plan)) => (Some(plan), None),
        Some(Err(cannot)) => (None, Some(cannot)),
    }
}

/// What differs from all before it: both ways may fail alike.
fn distinct<T: PartialEq>(all: impl Iterator<Item = T>) -> Vec<T> {
    all.fold(Vec::new(), |mut seen, one| {
        if !seen.contains(&one) {
            seen.push(one);
        }
        seen
    })
}
