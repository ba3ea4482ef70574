//! How much reserved concurrency, and how fast to publish.

use super::cannot::Cannot;
use super::pool::{CURVE_PROFILES, around, nearest, spread};
use super::wish::Wish;
use crate::bound::Bound;
use crate::cost::{Usage, gigabyte_seconds};
use crate::evidence::Evidence;
use crate::forecast::{finish, thinned_s};
use crate::ground::Ground;
use crate::obstacle::Obstacle;
use crate::paced::{
    Answer, Confirmed, Form, Infeasible, Pace, Question, Reason, deadline_within, smallest_rate,
};
use crate::recommendation::{CurvePoint, LambdaPlan, PublishPlan, WithinLimits};
use crate::search::Goal;
use crate::tolerance::Tolerance;
use crate::way::Way;
use planner_core::numeric::proportion::Proportion;
use planner_core::service::Profile;
use planner_core::service::function::Shape;
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
    ground: &Ground,
    work: &'a Work,
    central: &'a Profile,
    resampled: &'a [Profile],
) -> Question<'a> {
    Question {
        work,
        central,
        resampled,
        batch_size: 1,
        prefixes: ground.batch.prefixes,
        most_per_s: None,
        most_concurrency: None,
        throttled_share: THROTTLED_SHARE,
        seed: ground.seed,
    }
}

pub(super) fn plan(ground: &Ground, wish: &Wish) -> Result<LambdaPlan, Box<Cannot>> {
    let work = ground.work(Order::Fifo);
    let on = |profile: &Profile| ground.on_account(profile);
    let central = on(&ground.model.profile);
    let resampled: Vec<Profile> = ground.model.resampled.iter().map(on).collect();
    let question =
        Question { most_concurrency: wish.max_concurrency, ..question(ground, &work, &central, &resampled) };
    let goal = Goal { deadline_s: wish.deadline_s, probability: wish.probability };
    let answer = smallest_rate(&question, goal).map_err(|infeasible| cannot(&question, wish, *infeasible))?;
    if answer.timeout_probability > TIMEOUT_SHARE.min(1.0 - wish.probability) {
        return Err(times_out(ground, &answer));
    }
    let reserved = answer.reserved.value;
    let pace = Pace {
        shape: Shape::Direct,
        rate_per_s: Some(answer.value_per_s),
        threads: answer.publisher.threads,
        reserved: u32::try_from(reserved).unwrap_or(u32::MAX),
    };
    let confirmed = Confirmed::of(&question, pace, wish.deadline_s, confirming_runs(work.jobs()));
    let limits = &ground.limits;
    let today = u64::from(limits.lambda.usable_concurrency());
    let quota_per_s = limits.publish_per_s(&ground.region);
    let is_within = reserved <= today && answer.value_per_s <= quota_per_s;
    let within_limits = (!is_within).then(|| {
        let allowed = today.min(wish.max_concurrency.unwrap_or(u64::MAX));
        let question = Question { most_per_s: Some(quota_per_s), ..question };
        let reachable = deadline_within(&question, wish.probability, allowed);
        WithinLimits {
            reserved_concurrency: allowed,
            publish_rate_per_s: reachable.rate_per_s,
            deadline_s: reachable.deadline_s,
        }
    });
    let form = Form::new(&work, &central, 1);
    let in_flight_mean = form.busy(answer.value_per_s);
    let met = |profile: &Profile| form.under(&work, &on(profile)).met(answer.value_per_s, wish.deadline_s);
    let tolerance = Tolerance::of(&ground.model, work.jobs(), wish.probability, met);
    let reserved_concurrency =
        Bound { value: reserved, low: answer.reserved.low, high: Some(answer.reserved.value) };
    let evidence =
        Evidence::of(&ground.model, &ground.batch, in_flight_mean, &reserved_concurrency, tolerance);
    Ok(LambdaPlan {
        shape: Shape::Direct,
        evidence,
        reserved_concurrency,
        memory_mb: ground.memory_mb,
        publish: PublishPlan { rate_per_s: answer.value_per_s, threads: u64::from(answer.publisher.threads) },
        probability: wish.probability_of(Some(answer.probability)),
        finish_s: finish(&answer.finishes),
        throttles_mean: confirmed.throttles,
        lost_mean: confirmed.dead_lettered + confirmed.lost,
        burst_environments: answer.reserved.burst_environments,
        cost: ground.fan_out_usage(confirmed.usage).cost(&ground.prices),
        in_flight_mean,
        curve: curve(ground, &question, wish.deadline_s, answer.value_per_s, confirmed.usage),
        makespans_s: thinned_s(&answer.finishes),
        within_limits,
    })
}

/// P(deadline) and finishing times against the mean concurrency of a pace, in closed form, over what the service may
/// be like.
fn curve(
    ground: &Ground,
    question: &Question<'_>,
    deadline_s: f64,
    rate_per_s: f64,
    usage: Usage,
) -> Vec<CurvePoint> {
    let Question { work, central, resampled, batch_size, .. } = *question;
    let central = Form::new(work, central, batch_size as usize);
    let chosen = resampled.iter().step_by(resampled.len().div_ceil(CURVE_PROFILES).max(1));
    let forms: Vec<Form> = chosen.map(|profile| central.under(work, profile)).collect();
    let objects = ground.batch.objects() as f64;
    let point = |rate_per_s: f64| {
        let met = forms.iter().map(|form| form.met(rate_per_s, deadline_s)).collect();
        let (probability, interval) = spread(met, || central.met(rate_per_s, deadline_s));
        let busy = central.busy(rate_per_s);
        let x86_gb_s = gigabyte_seconds(objects, busy / rate_per_s, ground.memory_mb);
        let usage = Usage { x86_gb_s, ..usage };
        CurvePoint {
            n: busy,
            probability,
            interval,
            finish_p50_s: central.finish_s(rate_per_s, 0.5),
            finish_p99_s: central.finish_s(rate_per_s, 0.99),
            cost_usd: ground.fan_out_usage(usage).cost(&ground.prices).total_usd,
        }
    };
    around(objects / deadline_s, rate_per_s).map(point).collect()
}

fn times_out(ground: &Ground, answer: &Answer) -> Box<Cannot> {
    let (probability, timeout_s) = (answer.timeout_probability, ground.limits.lambda.timeout_s);
    let obstacle = Obstacle::TimesOut { probability, timeout_s };
    Box::new(Cannot { obstacle, probability: Proportion::of(0, 0), nearest: Vec::new() })
}

fn cannot(question: &Question<'_>, wish: &Wish, infeasible: Infeasible) -> Box<Cannot> {
    let Infeasible { reason, mut probability, mut deadline_s, .. } = infeasible;
    let peak = infeasible.finishes.in_flight_peak;
    let (obstacle, mut best) = match reason {
        Reason::JobTooLong { .. } => (Obstacle::JobTooLong, peak),
        Reason::ThroughputTooLow { needed_per_s } => (Obstacle::NoPace { needed_per_s }, peak),
        Reason::RateTooLow { most_per_s, needed_per_s } => {
            (Obstacle::RateTooLow { most_per_s, needed_per_s }, peak)
        }
        Reason::ConcurrencyTooLow { most, needed } => (Obstacle::ConcurrencyTooLow { most, needed }, most),
    };
    if let Some(allowed) = wish.max_concurrency.filter(|&allowed| allowed < best) {
        // What can be reached keeps to what is allowed.
        deadline_s = deadline_within(question, wish.probability, allowed).deadline_s;
        (best, probability) = (allowed, Proportion::of(0, 0));
    }
    let nearest = nearest(wish, (Way::Lambda, best), deadline_s, probability);
    Box::new(Cannot { obstacle, probability, nearest })
}
