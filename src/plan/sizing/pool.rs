//! How many workers.

use super::infeasible::InfeasibleDeployment;
use super::request::SizingRequest;
use crate::closed_form::ClosedForm;
use crate::concurrency_interval::ConcurrencyInterval;
use crate::cost::{Cost, Usage};
use crate::deployment::Deployment;
use crate::evidence::PlanEvidence;
use crate::forecast::{finish, thinned_s};
use crate::obstacle::Obstacle;
use crate::plan_inputs::PlanInputs;
use crate::sizing_document::{CurvePoint, NearestGoal, Relaxed, WorkerPlan};
use crate::tolerance::Tolerance;
use crate::workers::{Goal, PoolInfeasible, PoolLimit, PoolQuestion, smallest_pool};
use planner_core::numeric::proportion::Proportion;
use planner_core::service::Profile;

/// Points of the curve.
const CURVE_POINTS: u32 = 25;
/// Where it begins and ends, in terms of the mean-value floor and of the answer.
const CURVE: [f64; 2] = [0.9, 1.2];
/// Resampled profiles that its closed form is averaged over.
pub(super) const CURVE_PROFILES: usize = 40;

pub(super) fn plan(
    inputs: &PlanInputs,
    request: &SizingRequest,
) -> Result<WorkerPlan, Box<InfeasibleDeployment>> {
    let work = inputs.work(request.order);
    let question = PoolQuestion {
        work: &work,
        central: &inputs.model.profile,
        resampled: &inputs.model.resampled,
        ramp: request.ramp,
        most: request.max_concurrency,
        seed: inputs.seed,
    };
    let goal = Goal { deadline_s: request.deadline_s, probability: request.probability };
    let answer = smallest_pool(&question, goal).map_err(|infeasible| out_of_reach(request, *infeasible))?;
    let form = ClosedForm::new(&work, &inputs.model.profile, request.ramp);
    let met = |profile: &Profile| form.under(&work, profile).probability(answer.value, request.deadline_s);
    let tolerance = Tolerance::of(&inputs.model, work.jobs(), request.probability, met);
    let concurrency = ConcurrencyInterval { value: answer.value, low: answer.low, high: answer.high };
    let in_flight = answer.value as f64;
    Ok(WorkerPlan {
        evidence: PlanEvidence::of(&inputs.model, &inputs.batch, in_flight, &concurrency, tolerance),
        concurrency,
        ramp: request.ramp,
        order: request.order,
        probability: request.probability_of(Some(answer.probability)),
        finish_s: finish(&answer.finishes),
        cost: cost(inputs, answer.finishes.mean_s(), answer.finishes.failed_attempts),
        curve: curve(inputs, &question, request.deadline_s, answer.value),
        makespans_s: thinned_s(&answer.finishes),
    })
}

fn cost(inputs: &PlanInputs, makespan_s: f64, failed_attempts: f64) -> Cost {
    let machine_hours = makespan_s / 3600.0;
    Usage { machine_hours, ..inputs.copy_usage(failed_attempts) }.cost(&inputs.prices)
}

/// P(deadline) and finishing times around the answer, in closed form, over what the service may be like.
pub(super) fn curve(
    inputs: &PlanInputs,
    question: &PoolQuestion<'_>,
    deadline_s: f64,
    value: u64,
) -> Vec<CurvePoint> {
    let PoolQuestion { work, central, resampled, ramp, most, .. } = *question;
    let central = ClosedForm::new(work, central, ramp);
    let chosen = resampled.iter().step_by(resampled.len().div_ceil(CURVE_PROFILES).max(1));
    let forms: Vec<ClosedForm> = chosen.map(|profile| central.under(work, profile)).collect();
    let most = most.unwrap_or(u64::MAX).min(work.jobs()).max(1);
    let floor = work.jobs() as f64 * central.mean_s(1) / deadline_s;
    let mut numbers: Vec<u64> =
        around(floor, value as f64).map(|n| (n.round() as u64).clamp(1, most)).collect();
    numbers.dedup();
    let point = |n: u64| {
        let finish_p50_s = central.finish_s(n, 0.5);
        let met = forms.iter().map(|form| form.probability(n, deadline_s)).collect();
        let (probability, interval) = spread(met, || central.probability(n, deadline_s));
        CurvePoint {
            n: n as f64,
            probability,
            interval,
            finish_p50_s,
            finish_p99_s: central.finish_s(n, 0.99),
            cost_usd: cost(inputs, finish_p50_s, 0.0).total_usd,
        }
    };
    numbers.into_iter().map(point).collect()
}

/// Evenly spaced concurrencies or rates from somewhat below the floor to somewhat above the answer.
pub(super) fn around(floor: f64, value: f64) -> impl Iterator<Item = f64> {
    let [low, high] = [CURVE[0] * floor.min(value), CURVE[1] * value];
    (0..CURVE_POINTS).map(move |point| low + (high - low) * f64::from(point) / f64::from(CURVE_POINTS - 1))
}

/// Mean of the probabilities and what lies between which 95 % of them lie.
pub(super) fn spread(mut met: Vec<f64>, central: impl FnOnce() -> f64) -> (f64, [f64; 2]) {
    if met.is_empty() {
        met.push(central());
    }
    met.sort_by(f64::total_cmp);
    let at = |share: f64| met[(share * (met.len() - 1) as f64).round() as usize];
    (met.iter().sum::<f64>() / met.len() as f64, [at(0.025), at(0.975)])
}

fn out_of_reach(request: &SizingRequest, infeasible: PoolInfeasible) -> Box<InfeasibleDeployment> {
    let PoolInfeasible { reason, best, probability, deadline_s, .. } = infeasible;
    let obstacle = obstacle(Deployment::Workers, best, &reason);
    let nearest = nearest(request, (Deployment::Workers, best), deadline_s, probability);
    Box::new(InfeasibleDeployment { obstacle, probability, nearest })
}

/// What a pool cannot do, and what stands for one.
pub(super) fn obstacle(deployment: Deployment, best: u64, reason: &PoolLimit) -> Obstacle {
    match *reason {
        PoolLimit::JobTooLong { .. } => Obstacle::JobTooLong,
        PoolLimit::ThroughputTooLow { x_per_s, needed_per_s } => {
            Obstacle::ThroughputTooLow { deployment, best, x_per_s, needed_per_s }
        }
        PoolLimit::TooFewWorkers { most } => Obstacle::TooFewWorkers { most },
        PoolLimit::GivenUp { largest_probability, attempts } => {
            Obstacle::GivenUp { largest_probability, attempts }
        }
        PoolLimit::RampTooSlow { per_s } => Obstacle::RampTooSlow { deployment, per_s },
    }
}

/// The two goals within reach: a later deadline as sure, or the same one less sure.
pub(super) fn nearest(
    request: &SizingRequest,
    (deployment, best): (Deployment, u64),
    deadline_s: f64,
    probability: Proportion,
) -> Vec<NearestGoal> {
    let later = Some(deadline_s).filter(|deadline_s| deadline_s.is_finite()).map(|deadline_s| NearestGoal {
        kind: Relaxed::Deadline,
        deadline_s,
        probability: request.probability,
        deployment,
        concurrency: best,
    });
    let less_sure = NearestGoal {
        kind: Relaxed::Probability,
        deadline_s: request.deadline_s,
        probability: probability.at_least,
        deployment,
        concurrency: best,
    };
    let is_of_use = less_sure.probability > 0.005;
    [later, is_of_use.then_some(less_sure)].into_iter().flatten().collect()
}
