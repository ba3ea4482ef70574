//! `planner recommend`: from a wish to a recommendation with its reasons.

mod bind;
mod cannot;
mod function;
mod pool;
mod proof;
mod queue;
mod sensitivity;
mod wish;

pub use wish::Wish;

use super::closed_form::mean_value_floor;
use super::copier::Copier;
use super::doubt::Doubt;
use super::ground::Ground;
use super::outcome::Outcome;
use super::recommendation::{LambdaPlan, Recommendation, SCHEMA, WorkerPlan};
use super::way::Way;
use cannot::Cannot;
use planner_core::numeric::interval::CONFIDENCE;
use planner_core::numeric::proportion::lower_bound;
use planner_core::service::function::Shape;
use planner_core::simulate::work::Order;
use proof::{Allowed, is_proven};

/// The smallest concurrency that does what is wanted, for each way that was asked for.
#[must_use]
pub fn recommend(ground: &Ground, wish: &Wish) -> Recommendation {
    let pool = wish.ways.contains(&Way::Workers).then(|| pool::plan(ground, wish));
    let function = wish.ways.contains(&Way::Lambda).then(|| match wish.shape {
        Shape::Direct => function::plan(ground, wish),
        Shape::Queue => queue::plan(ground, wish),
    });
    let (workers, no_pool) = split(pool);
    let (lambda, no_function) = split(function);
    let outcome = outcome(
        ground,
        wish,
        workers.as_ref().ok_or(no_pool.as_deref()),
        lambda.as_ref().ok_or(no_function.as_deref()),
    );
    let preface = ground.preface(wish.deadline_s);
    let workers_first =
        workers.as_ref().map(|plan| (plan.concurrency, plan.probability, plan.finish_s, &plan.cost));
    let lambda_first =
        lambda.as_ref().map(|plan| (plan.reserved_concurrency, plan.probability, plan.finish_s, &plan.cost));
    let first = workers_first.or(lambda_first);
    let concurrency = first.map(|first| first.0);
    let evidence = workers.iter().map(|plan| &plan.evidence).chain(lambda.iter().map(|plan| &plan.evidence));
    let evidence = evidence.min_by_key(|evidence| evidence.status).cloned();
    let cannot = || no_pool.iter().chain(&no_function);
    let binding_limits = bind::limits(ground, wish, workers.as_ref(), lambda.as_ref());
    let most = workers.iter().map(|plan| plan.concurrency.value);
    let most = most.chain(lambda.iter().map(|plan| plan.reserved_concurrency.value)).max();
    let mut doubts = ground.doubts(most);
    let is_direct = wish.shape == Shape::Direct;
    doubts.extend((lambda.is_some() && is_direct).then_some(Doubt::RetriesUndocumented));
    doubts.extend(other_copier(ground, workers.is_some(), lambda.is_some()));
    let runs = workers.as_ref().map(|plan| plan.probability.replications);
    let few = runs.filter(|&runs| lower_bound(runs, runs, CONFIDENCE) < wish.probability);
    doubts.extend(few.map(|runs| Doubt::FewRuns { runs }));
    let function_alone = lambda.as_ref().filter(|_| workers.is_none());
    let pace_per_s = function_alone.filter(|_| is_direct).map(|plan| plan.publish.rate_per_s);
    // What a queue feeds is a pool whose workers begin one after the other.
    let asked = match function_alone {
        Some(_) if !is_direct => Wish { ramp: queue::ramp(ground), order: Order::Fifo, ..*wish },
        _ => *wish,
    };
    Recommendation {
        schema: SCHEMA.into(),
        outcome,
        feasible: first.is_some(),
        evidence,
        within_limits: first.is_some() && binding_limits.is_empty(),
        concurrency,
        mean_value_floor: mean_value_floor(preface.job.objects, preface.residence.mean_s, wish.deadline_s),
        probability: first.map_or_else(
            || {
                let likelier =
                    cannot().map(|it| it.probability).max_by(|a, b| a.estimate.total_cmp(&b.estimate));
                wish.probability_of(likelier)
            },
            |first| first.1,
        ),
        finish_s: first.map(|first| first.2),
        rehearsed: None,
        publish: lambda.as_ref().map(|plan| plan.publish),
        reserved_concurrency: lambda.as_ref().map(|plan| plan.reserved_concurrency.value),
        part_size_bytes: ground.batch.part_size_bytes,
        binding_limits,
        cost: first.map(|first| first.3.clone()).unwrap_or_default(),
        sensitivities: concurrency
            .map(|bound| sensitivity::of(ground, &asked, pace_per_s, bound.value))
            .unwrap_or_default(),
        nearest: cannot().flat_map(|it| it.nearest.clone()).collect(),
        obstacles: distinct(cannot().map(|it| it.obstacle)),
        doubts,
        sources: ground.sources(),
        workers,
        lambda,
        preface,
    }
}

/// Where what was measured was copied by something else than what is planned.
fn other_copier(ground: &Ground, by_workers: bool, by_function: bool) -> Option<Doubt> {
    let (measured, profile) = (ground.model.basis.copier?, &ground.model.profile);
    let is_other = match measured {
        Copier::Workers => by_function,
        Copier::Function => by_workers,
    };
    is_other.then_some(Doubt::OtherCopier {
        measured,
        delivery_s: profile.delivery.latency_s,
        cold_start_s: profile.function.cold_start_s,
    })
}

/// What both ways together come to; of a way that was not asked for, nothing.
fn outcome(
    ground: &Ground,
    wish: &Wish,
    workers: Result<&WorkerPlan, Option<&Cannot>>,
    lambda: Result<&LambdaPlan, Option<&Cannot>>,
) -> Outcome {
    let missed = |allowed: &Allowed, cannot: Option<&Cannot>| {
        let obstacle = cannot.map(|cannot| &cannot.obstacle);
        Err(Outcome::missed(is_proven(ground, wish, allowed, obstacle)))
    };
    let reached = |evidence, estimate| Ok(Outcome::of_way(evidence, estimate, wish.probability));
    let pool = match workers {
        Ok(plan) => Some(reached(&plan.evidence, plan.probability.estimate)),
        Err(cannot) => cannot.map(|cannot| missed(&Allowed::workers(ground, wish), Some(cannot))),
    };
    let function = match lambda {
        Ok(plan) if plan.within_limits.is_none() => Some(reached(&plan.evidence, plan.probability.estimate)),
        Ok(_) => Some(missed(&Allowed::function(ground, wish), None)),
        Err(cannot) => cannot.map(|cannot| missed(&Allowed::function(ground, wish), Some(cannot))),
    };
    Outcome::of_all(&[pool, function].into_iter().flatten().collect::<Vec<_>>())
}

fn split<P>(way: Option<Result<P, Box<Cannot>>>) -> (Option<P>, Option<Box<Cannot>>) {
    match way {
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
