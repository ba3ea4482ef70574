//! Whether a plan keeps its promise, by a run that was driven at its setting.
//!
//! A run at the setting itself needs no law of contention: its copies took as long as they do there. Each service that
//! it could have come from meets the deadline with a probability of its own. The plan is kept where it is the wanted
//! one at least for all but one in twenty of these services, too optimistic where it is for no more than that, and
//! undecided between. So each of the two verdicts is a test of its own at 5 % (two one-sided tests: Schuirmann 1987).
//!
//! Of 200 seeded runs of 500 copies each (lognormal, cv 0.4), for a plan of 2,000 objects and a probability of 0.95: with
//! just the time that it takes 17 said kept and 4 too optimistic; with a tenth more 199 said kept and none too optimistic;
//! with 5 % less 169 said too optimistic and none kept.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::closed_form::ClosedForm;
use super::deployment::Deployment;
use super::fit::FittedModel;
use super::forecast::{ForecastSetting, FunctionSetting, PoolSetting};
use super::paced::PacedClosedForm;
use super::search::batch_law::BatchLaw;
use super::search::services;
use super::sizing_document::Recommendation;
use planner_core::load::retry::RetryPolicy;
use planner_core::service::Profile;
use planner_core::simulate::work::{Order, Work};

/// The name and version of the document's form.
pub const SCHEMA: &str = "planner/verify/1";

/// Share of the services on which a verdict may be wrong.
const WRONG: f64 = 0.05;
/// Jobs that a verifying run has at least.
const ENOUGH_JOBS: u64 = 250;
/// Rounds of the jobs in flight: enough for a stretch in which all are busy between the first ends and the last starts.
const ROUNDS: f64 = 10.0;
/// Jobs for each that the plan rests on: with as many the verdict on a plan that is true is open too often.
const TIMES_THE_BASIS: u64 = 2;

/// What a plan says of one way, as far as a run can test it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlanPromise {
    /// What is set.
    pub setting: ForecastSetting,
    /// Objects of the whole job.
    pub objects: u64,
    /// All their bytes.
    pub size_bytes: u64,
    /// From the first start to the last end of the whole job.
    pub deadline_s: f64,
    /// Wanted probability of that.
    pub probability: f64,
    /// Copies at once to expect on average.
    pub in_flight: f64,
    /// Mean time of a copy that the plan expects.
    pub residence_mean_s: f64,
    /// Jobs that the plan rests on.
    pub basis_jobs: u64,
}

/// What became of a promise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VerificationOutcome {
    /// What was measured reaches the wanted probability.
    Kept,
    /// It does not reach it.
    TooOptimistic,
    /// It may or may not.
    Undecided,
}

/// The verdict on a plan: `verify.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Verification {
    /// [`SCHEMA`].
    pub schema: String,
    /// Path of the plan.
    pub plan: String,
    /// What it promises.
    pub promise: PlanPromise,
    /// What became of that.
    pub outcome: VerificationOutcome,
    /// Whether an emulated service was measured, which says nothing about a real account.
    pub rehearsal: bool,
    /// Jobs that were measured for it.
    pub jobs: u64,
    /// Share of the jobs of the run that failed for good.
    pub failed_share: f64,
    /// Mean time of a copy as measured; behind a topic from the publishing of its object on.
    pub residence_mean_s: f64,
    /// Probability of the deadline at that setting, over all services that fit what was measured.
    pub probability: f64,
    /// Nine in ten of these services have one in between.
    pub interval: [f64; 2],
    /// When the whole job is done with the wanted probability, by the likeliest service, if no job fails.
    pub finish_s: f64,
}

impl PlanPromise {
    /// Of one way of a plan, where the plan has it.
    #[must_use]
    pub fn of(plan: &Recommendation, deployment: Deployment) -> Option<Self> {
        let (setting, in_flight) = match deployment {
            Deployment::Workers => {
                let plan = plan.workers.as_ref()?;
                let (workers, ramp, order) = (plan.concurrency.value, plan.ramp, plan.order);
                (ForecastSetting::Pool(PoolSetting { workers, ramp, order }), workers as f64)
            }
            Deployment::Lambda => {
                let plan = plan.lambda.as_ref()?;
                let choice = FunctionSetting {
                    reserved: u32::try_from(plan.reserved_concurrency.value).ok()?,
                    rate_per_s: Some(plan.publish.rate_per_s),
                    threads: u32::try_from(plan.publish.threads).ok()?,
                    shape: plan.shape,
                };
                (ForecastSetting::Function(choice), plan.in_flight_mean)
            }
        };
        let (job, residence) = (&plan.preface.job, &plan.preface.residence);
        Some(Self {
            setting,
            objects: job.objects,
            size_bytes: job.size_bytes,
            deadline_s: job.deadline_s,
            probability: plan.probability.goal?,
            in_flight,
            residence_mean_s: residence.mean_at_most_in_flight_s.unwrap_or(residence.mean_s),
            basis_jobs: plan.preface.basis.jobs,
        })
    }

    /// Jobs that a run needs for a verdict, never more than the whole job has.
    #[must_use]
    pub fn jobs(&self) -> u64 {
        let rounds = (ROUNDS * self.in_flight).ceil() as u64;
        ENOUGH_JOBS.max(rounds).max(TIMES_THE_BASIS.saturating_mul(self.basis_jobs)).min(self.objects)
    }

    /// Jobs at the beginning of a run of so many that met fewer in flight than the others, and say nothing of the
    /// setting. The whole job begins in the same way.
    #[must_use]
    pub fn jobs_to_skip(&self, jobs: u64) -> u64 {
        let skipped = self.in_flight.ceil() as u64;
        if jobs >= self.objects || 2 * skipped > jobs { 0 } else { skipped }
    }

    /// How many times as large as the planned objects those of a run are, in the mean.
    #[must_use]
    pub fn size_ratio(&self, sizes_bytes: &[u64]) -> f64 {
        let mean = |bytes: f64, objects: u64| (bytes / objects.max(1) as f64).max(1.0);
        let measured = mean(sizes_bytes.iter().map(|&bytes| bytes as f64).sum(), sizes_bytes.len() as u64);
        measured / mean(self.size_bytes as f64, self.objects)
    }

    /// The whole job with objects like those of a run, as many bytes in all as were planned.
    #[must_use]
    pub fn work(&self, sizes_bytes: &[u64], retry: RetryPolicy) -> Work {
        let times = self.size_ratio(sizes_bytes).recip();
        let planned = sizes_bytes.iter().map(|&bytes| (bytes as f64 * times) as u64);
        let order = match self.setting {
            ForecastSetting::Pool(PoolSetting { order, .. }) => order,
            ForecastSetting::Function(_) => Order::Fifo,
        };
        Work::new(planned.cycle().take(self.objects as usize).collect(), order, retry)
    }

    /// The verdict on a plan by the model of a run, a share of whose jobs failed for good. Behind a topic its copies
    /// last from the publishing of their object to their end.
    #[must_use]
    pub fn verified(
        &self,
        plan: String,
        model: &FittedModel,
        work: &Work,
        failed_share: f64,
    ) -> Verification {
        let (mut probabilities, residence_mean_s, finish_s) = match self.setting {
            ForecastSetting::Pool(pool) => self.by_pool(pool, model, work),
            ForecastSetting::Function(function) => {
                self.by_pace(function.rate_per_s.unwrap_or(f64::MAX), model, work)
            }
        };
        // As large a share fails there, and a job that lacks an object is not done.
        let none_fails = (1.0 - failed_share).powf(self.objects as f64);
        probabilities.iter_mut().for_each(|probability| *probability *= none_fails);
        probabilities.sort_by(f64::total_cmp);
        let at = |share: f64| probabilities[(share * (probabilities.len() - 1) as f64).round() as usize];
        let interval = [at(WRONG), at(1.0 - WRONG)];
        Verification {
            schema: SCHEMA.into(),
            plan,
            promise: *self,
            outcome: match interval {
                [low, _] if low >= self.probability => VerificationOutcome::Kept,
                [_, high] if high < self.probability => VerificationOutcome::TooOptimistic,
                _ => VerificationOutcome::Undecided,
            },
            rehearsal: model.basis.rehearsal,
            jobs: model.basis.jobs,
            failed_share,
            residence_mean_s,
            probability: probabilities.iter().sum::<f64>() / probabilities.len() as f64,
            interval,
            finish_s,
        }
    }

    /// Probabilities of the deadline by service, mean time of a copy and time of the last end.
    fn by_pool(&self, pool: PoolSetting, model: &FittedModel, work: &Work) -> (Vec<f64>, f64, f64) {
        let central = ClosedForm::new(work, &model.profile, pool.ramp);
        let met = |profile: &Profile| {
            let form = central.under(work, profile);
            form.probability(pool.workers, self.deadline_s) * form.all_done()
        };
        let probabilities = services(&model.profile, &model.resampled).par_iter().map(met).collect();
        (probabilities, central.mean_s(pool.workers), central.finish_s(pool.workers, self.probability))
    }

    /// The same at a pace. What was measured begins with the publishing, so nothing is added to it.
    fn by_pace(&self, per_s: f64, model: &FittedModel, work: &Work) -> (Vec<f64>, f64, f64) {
        let whole = |profile: &Profile| {
            let mut profile = profile.clone();
            (profile.publish.base_s, profile.delivery.latency_s) = (0.0, 0.0);
            profile.function.cold_start_s = 0.0;
            profile
        };
        let central = PacedClosedForm::new(work, &whole(&model.profile), 1);
        let met = |profile: &Profile| {
            let form = central.under(work, &whole(profile));
            form.met(per_s, self.deadline_s) * form.all_done()
        };
        let probabilities = services(&model.profile, &model.resampled).par_iter().map(met).collect();
        (probabilities, central.busy(per_s) / per_s, central.finish_s(per_s, self.probability))
    }
}

#[cfg(test)]
#[path = "verify_tests.rs"]
mod tests;
