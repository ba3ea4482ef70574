//! How much reserved concurrency, and how fast to publish.

use super::infeasible::InfeasibleDeployment;
use super::pool::{CURVE_PROFILES, around, nearest, spread};
use super::request::SizingRequest;
use crate::concurrency_interval::ConcurrencyInterval;
use crate::cost::{Usage, gigabyte_seconds};
use crate::deployment::Deployment;
use crate::evidence::PlanEvidence;
use crate::forecast::{finish, thinned_s};
use crate::obstacle::Obstacle;
use crate::paced::{
    Confirmed, FanOutSetting, PacedClosedForm, RateInfeasible, RateLimit, RateQuestion, RateSizing,
    deadline_within, smallest_rate,
};
use crate::plan_inputs::PlanInputs;
use crate::search::Goal;
use crate::sizing_document::{CurvePoint, LambdaPlan, PublishPlan, WithinLimits};
use crate::tolerance::Tolerance;
use planner_core::numeric::proportion::Proportion;
use planner_core::service::Profile;
use planner_core::service::function::PipelineShape;
use planner_core::simulate::work::{Order, Work};

/// Share of the runs in which something may be throttled.
const THROTTLED_SHARE: f64 = 0.01;
/// Messages of the runs of the whole pipeline that show what becomes of the plan: what two cores do in a fifth of a
/// second; and how many runs that may be.
const CONFIRMING_MESSAGES: u64 = 200_000;
const CONFIRMING_RUNS: [u64; 2] = [2, 400];
/// Hardly any object may take longer than a function may run.
const TIMEOUT_SHARE: f64 = 0.01;

/// Runs of the whole pipeline for so many jobs.
pub(super) fn confirming_runs(jobs: u64) -> u64 {
    let [least, most] = CONFIRMING_RUNS;
    (CONFIRMING_MESSAGES / jobs.max(1)).clamp(least, most)
}

/// What is asked of a function that nothing holds back but the account.
pub(super) fn question<'a>(
    inputs: &PlanInputs,
    work: &'a Work,
    central: &'a Profile,
    resampled: &'a [Profile],
) -> RateQuestion<'a> {
    RateQuestion {
        work,
        central,
        resampled,
        batch_size: 1,
        prefixes: inputs.batch.prefixes,
        most_per_s: None,
        most_concurrency: None,
        throttled_share: THROTTLED_SHARE,
        seed: inputs.seed,
    }
}

pub(super) fn plan(
    inputs: &PlanInputs,
    request: &SizingRequest,
) -> Result<LambdaPlan, Box<InfeasibleDeployment>> {
    let work = inputs.work(Order::Fifo);
    let central = inputs.on_account(&inputs.model.profile);
    let resampled = inputs.each_on_account(&inputs.model.resampled);
    let question = RateQuestion {
        most_concurrency: request.max_concurrency,
        ..question(inputs, &work, &central, &resampled)
    };
    let goal = Goal { deadline_s: request.deadline_s, probability: request.probability };
    let answer =
        smallest_rate(&question, goal).map_err(|infeasible| out_of_reach(&question, request, *infeasible))?;
    if answer.timeout_probability > TIMEOUT_SHARE.min(1.0 - request.probability) {
        return Err(times_out(inputs, &answer));
    }
    let reserved = answer.reserved.value;
    let pace = FanOutSetting {
        shape: PipelineShape::Direct,
        rate_per_s: Some(answer.value_per_s),
        threads: answer.publisher.threads,
        reserved: u32::try_from(reserved).unwrap_or(u32::MAX),
    };
    let confirmed = Confirmed::of(&question, pace, request.deadline_s, confirming_runs(work.jobs()));
    let limits = &inputs.limits;
    let today = u64::from(limits.lambda.usable_concurrency());
    let quota_per_s = limits.publish_per_s(&inputs.region);
    let is_within = reserved <= today && answer.value_per_s <= quota_per_s;
    let within_limits = (!is_within).then(|| {
        let allowed = today.min(request.max_concurrency.unwrap_or(u64::MAX));
        let question = RateQuestion { most_per_s: Some(quota_per_s), ..question };
        let reachable = deadline_within(&question, request.probability, allowed);
        WithinLimits {
            reserved_concurrency: allowed,
            publish_rate_per_s: reachable.rate_per_s,
            deadline_s: reachable.deadline_s,
        }
    });
    let form = PacedClosedForm::new(&work, &central, 1);
    let in_flight_mean = form.busy(answer.value_per_s);
    let met = |profile: &Profile| {
        form.under(&work, &inputs.on_account(profile)).met(answer.value_per_s, request.deadline_s)
    };
    let tolerance = Tolerance::of(&inputs.model, work.jobs(), request.probability, met);
    let reserved_concurrency =
        ConcurrencyInterval { value: reserved, low: answer.reserved.low, high: Some(answer.reserved.value) };
    let evidence =
        PlanEvidence::of(&inputs.model, &inputs.batch, in_flight_mean, &reserved_concurrency, tolerance);
    Ok(LambdaPlan {
        shape: PipelineShape::Direct,
        evidence,
        reserved_concurrency,
        memory_mb: inputs.memory_mb,
        publish: PublishPlan { rate_per_s: answer.value_per_s, threads: u64::from(answer.publisher.threads) },
        probability: request.probability_of(Some(answer.probability)),
        finish_s: finish(&answer.finishes),
        throttles_mean: confirmed.throttles,
        lost_mean: confirmed.dead_lettered + confirmed.lost,
        burst_environments: answer.reserved.burst_environments,
        cost: inputs.fan_out_usage(confirmed.usage).cost(&inputs.prices),
        in_flight_mean,
        curve: curve(inputs, &question, request.deadline_s, answer.value_per_s, confirmed.usage),
        makespans_s: thinned_s(&answer.finishes),
        within_limits,
    })
}

/// P(deadline) and finishing times against the mean concurrency of a pace, in closed form, over what the service may
/// be like.
fn curve(
    inputs: &PlanInputs,
    question: &RateQuestion<'_>,
    deadline_s: f64,
    rate_per_s: f64,
    usage: Usage,
) -> Vec<CurvePoint> {
    let RateQuestion { work, central, resampled, batch_size, .. } = *question;
    let central = PacedClosedForm::new(work, central, batch_size as usize);
    let chosen = resampled.iter().step_by(resampled.len().div_ceil(CURVE_PROFILES).max(1));
    let forms: Vec<PacedClosedForm> = chosen.map(|profile| central.under(work, profile)).collect();
    let objects = inputs.batch.objects() as f64;
    let point = |rate_per_s: f64| {
        let met = forms.iter().map(|form| form.met(rate_per_s, deadline_s)).collect();
        let (probability, interval) = spread(met, || central.met(rate_per_s, deadline_s));
        let busy = central.busy(rate_per_s);
        let x86_gb_s = gigabyte_seconds(objects, busy / rate_per_s, inputs.memory_mb);
        let usage = Usage { x86_gb_s, ..usage };
        CurvePoint {
            n: busy,
            probability,
            interval,
            finish_p50_s: central.finish_s(rate_per_s, 0.5),
            finish_p99_s: central.finish_s(rate_per_s, 0.99),
            cost_usd: inputs.fan_out_usage(usage).cost(&inputs.prices).total_usd,
        }
    };
    around(objects / deadline_s, rate_per_s).map(point).collect()
}

fn times_out(inputs: &PlanInputs, answer: &RateSizing) -> Box<InfeasibleDeployment> {
    let (probability, timeout_s) = (answer.timeout_probability, inputs.limits.lambda.timeout_s);
    let obstacle = Obstacle::TimesOut { probability, timeout_s };
    Box::new(InfeasibleDeployment { obstacle, probability: Proportion::of(0, 0), nearest: Vec::new() })
}

fn out_of_reach(
    question: &RateQuestion<'_>,
    request: &SizingRequest,
    infeasible: RateInfeasible,
) -> Box<InfeasibleDeployment> {
    let RateInfeasible { reason, mut probability, mut deadline_s, .. } = infeasible;
    let peak = infeasible.finishes.in_flight_peak;
    let (obstacle, mut best) = match reason {
        RateLimit::JobTooLong { .. } => (Obstacle::JobTooLong, peak),
        RateLimit::ThroughputTooLow { needed_per_s } => (Obstacle::NoPace { needed_per_s }, peak),
        RateLimit::RateTooLow { most_per_s, needed_per_s } => {
            (Obstacle::RateTooLow { most_per_s, needed_per_s }, peak)
        }
        RateLimit::ConcurrencyTooLow { most, needed } => (Obstacle::ConcurrencyTooLow { most, needed }, most),
    };
    if let Some(allowed) = request.max_concurrency.filter(|&allowed| allowed < best) {
        // What can be reached keeps to what is allowed.
        deadline_s = deadline_within(question, request.probability, allowed).deadline_s;
        (best, probability) = (allowed, Proportion::of(0, 0));
    }
    let nearest = nearest(request, (Deployment::Lambda, best), deadline_s, probability);
    Box::new(InfeasibleDeployment { obstacle, probability, nearest })
}
