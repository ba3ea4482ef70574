//! What changes the answer by how much, in closed form.

use super::function::{self, confirming_runs};
use super::request::SizingRequest;
use crate::closed_form::ClosedForm;
use crate::paced::{CONFIRMED_JOBS, Confirmed, FanOutSetting, PacedClosedForm, PublisherThreads};
use crate::plan_inputs::PlanInputs;
use crate::sizing_document::{AssumptionChange, Sensitivity, SensitivityCase};
use planner_core::service::function::PipelineShape;
use planner_core::service::{CopyProfile, Factor, Noise, Profile, Tailed};
use planner_core::simulate::pool::Ramp;
use planner_core::simulate::work::{Order, Work};

/// Resampled profiles that a probability is averaged over.
const PROFILES: usize = 20;
/// Workers that begin per second, where nothing was said about it.
const RAMP_PER_S: f64 = 100.0;
/// A function is throttled where it is busy with so many times as many copies as planned.
const MARGIN: f64 = 1.01;
/// How much further the logarithms of times spread.
const SPREAD: f64 = 1.5;
/// Values of the body of a stretched distribution, and the probability at which its tail begins.
const BODY: u32 = 256;
const ABOVE: f64 = 0.9;
/// Halvings of its tail: to a share of 2⁻⁴⁰ of it.
const HALVINGS: i32 = 40;

const ROWS: [(Option<AssumptionChange>, AssumptionChange); 3] = [
    (Some(AssumptionChange::ResidenceTime { times: 0.8 }), AssumptionChange::ResidenceTime { times: 1.2 }),
    (Some(AssumptionChange::Spread { times: 1.0 / SPREAD }), AssumptionChange::Spread { times: SPREAD }),
    (None, AssumptionChange::FailingAttempts { more: 0.02 }),
];
const RAMP: (Option<AssumptionChange>, AssumptionChange) =
    (None, AssumptionChange::Ramp { per_s: RAMP_PER_S });

/// A service under other circumstances.
fn changed(change: AssumptionChange, profile: &Profile) -> Profile {
    match change {
        AssumptionChange::ResidenceTime { times } => scaled(profile, times),
        AssumptionChange::Spread { times } => stretched(profile, times),
        AssumptionChange::FailingAttempts { more } => failing(profile, more),
        AssumptionChange::Ramp { .. } => profile.clone(),
    }
}

/// What each row does to an answer of `value`: workers of a pool, or executions of a function whose messages are
/// published at `pace_per_s`.
pub(super) fn of(
    inputs: &PlanInputs,
    request: &SizingRequest,
    pace_per_s: Option<f64>,
    value: u64,
) -> Vec<Sensitivity> {
    let is_pool = pace_per_s.is_none();
    let work = inputs.work(if is_pool { request.order } else { Order::Fifo });
    let pool = ClosedForm::new(&work, &inputs.model.profile, request.ramp);
    let paced = PacedClosedForm::new(&work, &inputs.model.profile, 1);
    let asks = Asks { inputs, request, work: &work, pool, paced, pace_per_s, value, base: 1.0 };
    let base = asks.needed(&inputs.model.profile, request.ramp).unwrap_or(value as f64).max(1e-9);
    let asks = Asks { base, ..asks };
    let ramp = (is_pool && request.ramp.per_s.is_none()).then_some(RAMP);
    let sensitivity = |(low, high): (Option<AssumptionChange>, AssumptionChange)| Sensitivity {
        low: low.map(|low| asks.case(low)),
        high: asks.case(high),
    };
    ROWS.into_iter().chain(ramp).map(sensitivity).collect()
}

/// A plan and its answer, to be asked what would be otherwise.
struct Asks<'a> {
    inputs: &'a PlanInputs,
    request: &'a SizingRequest,
    work: &'a Work,
    /// The batch in closed form, drained by a pool and published at a pace.
    pool: ClosedForm,
    paced: PacedClosedForm,
    /// None for a pool.
    pace_per_s: Option<f64>,
    /// The recommended concurrency.
    value: u64,
    /// What the closed form needs as things are.
    base: f64,
}

impl Asks<'_> {
    /// What the closed form leaves out, and the margin for what is not known, stay in proportion.
    fn case(&self, change: AssumptionChange) -> SensitivityCase {
        let ramp = match change {
            AssumptionChange::Ramp { per_s } => Ramp { per_s: Some(per_s) },
            _ => self.request.ramp,
        };
        let most = self.most() as f64;
        let in_proportion = |needed: f64| (needed * self.value as f64 / self.base).round().min(most) as u64;
        let model = &self.inputs.model;
        let central = changed(change, &model.profile);
        let chosen = model.resampled.iter().step_by(model.resampled.len().div_ceil(PROFILES).max(1));
        let mut profiles: Vec<Profile> = chosen.map(|profile| changed(change, profile)).collect();
        if profiles.is_empty() {
            profiles.push(central.clone());
        }
        let met =
            || profiles.iter().map(|profile| self.met(profile, ramp)).sum::<f64>() / profiles.len() as f64;
        let throttled_pace = self.pace_per_s.filter(|&pace_per_s| self.is_throttled(&central, pace_per_s));
        SensitivityCase {
            change,
            concurrency: self.needed(&central, ramp).map(in_proportion),
            probability: throttled_pace
                .map_or_else(met, |pace_per_s| self.met_throttled(&central, &profiles, pace_per_s)),
        }
    }

    /// Whether a pace keeps more of the function busy than was planned with.
    fn is_throttled(&self, profile: &Profile, pace_per_s: f64) -> bool {
        self.paced.under(self.work, profile).busy(pace_per_s) > MARGIN * self.paced.busy(pace_per_s)
    }

    /// Probability of the deadline where the recommended concurrency is too small for the pace, which no closed form
    /// knows. What is throttled waits for minutes, so that with more jobs than can be run through the pipeline it is late.
    fn met_throttled(&self, central: &Profile, profiles: &[Profile], pace_per_s: f64) -> f64 {
        let inputs = self.inputs;
        if self.work.jobs() > CONFIRMED_JOBS {
            let is_met = |profile: &&Profile| !self.is_throttled(profile, pace_per_s);
            let met = profiles.iter().filter(is_met).map(|profile| self.met(profile, self.request.ramp));
            return met.sum::<f64>() / profiles.len().max(1) as f64;
        }
        let central = inputs.on_account(central);
        let resampled = inputs.each_on_account(profiles);
        let question = function::question(inputs, self.work, &central, &resampled);
        let pace = FanOutSetting {
            shape: PipelineShape::Direct,
            rate_per_s: Some(pace_per_s),
            threads: PublisherThreads::new(pace_per_s, 1, &central.publish).threads,
            reserved: u32::try_from(self.value).unwrap_or(u32::MAX),
        };
        Confirmed::of(&question, pace, self.request.deadline_s, confirming_runs(self.work.jobs()))
            .in_time
            .estimate
    }

    fn most(&self) -> u64 {
        self.request.max_concurrency.unwrap_or(u64::MAX).min(self.work.jobs())
    }

    /// Concurrency that the closed form needs: workers, or what paced publishing keeps busy.
    fn needed(&self, profile: &Profile, ramp: Ramp) -> Option<f64> {
        let SizingRequest { deadline_s, probability, .. } = *self.request;
        if self.pace_per_s.is_none() {
            let form = self.pool.under(self.work, profile).with(ramp);
            let most = form.most_that_help(probability, self.most());
            let all_done = self.work.all_done_probability(profile);
            return form.smallest_pool(deadline_s, probability / all_done, most).map(|n| n as f64);
        }
        let form = self.paced.under(self.work, profile);
        let rate_per_s = form.smallest_rate(deadline_s, probability, f64::INFINITY)?;
        Some(form.busy(rate_per_s)).filter(|needed| *needed <= self.most() as f64)
    }

    /// Probability of the deadline with the recommended concurrency.
    fn met(&self, profile: &Profile, ramp: Ramp) -> f64 {
        let SizingRequest { deadline_s, .. } = *self.request;
        match self.pace_per_s {
            None => {
                let form = self.pool.under(self.work, profile).with(ramp);
                form.probability(self.value, deadline_s) * self.work.all_done_probability(profile)
            }
            Some(pace_per_s) => self.paced.under(self.work, profile).met(pace_per_s, deadline_s),
        }
    }
}

/// Every copy takes so many times as long.
fn scaled(profile: &Profile, times: f64) -> Profile {
    let copy = &profile.copy;
    let copy = CopyProfile {
        base_s: copy.base_s * times,
        bandwidth_bytes_per_s: (copy.bandwidth_bytes_per_s / times).min(CopyProfile::NO_LIMIT_BYTES_PER_S),
        ..copy.clone()
    };
    Profile { copy, ..profile.clone() }
}

/// The logarithms of the times spread so many times as far, and their mean stays.
fn stretched(profile: &Profile, exponent: f64) -> Profile {
    let factor = profile.copy.factor();
    if matches!(factor, Factor::Lognormal { sigma: 0.0 }) {
        return profile.clone();
    }
    let at = |u: f64| factor.at(u).powf(exponent);
    let body = (0..=BODY).map(|cell| at((ABOVE * f64::from(cell) / f64::from(BODY)).max(1e-9))).collect();
    let tail = (1..=HALVINGS).map(|halvings| at(1.0 - (1.0 - ABOVE) * f64::from(-halvings).exp2())).collect();
    let noise = Noise::Tailed(Tailed { above: ABOVE, body, tail }.with_mean_1());
    Profile { copy: CopyProfile { noise: Some(noise), ..profile.copy.clone() }, ..profile.clone() }
}

/// A further share of the attempts fails.
fn failing(profile: &Profile, more: f64) -> Profile {
    let mut profile = profile.clone();
    profile.request.error_rate = (profile.request.error_rate + more).min(1.0);
    profile
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stretched_lognormal_is_a_wider_lognormal() {
        let mut profile = Profile::default();
        (profile.copy.noise, profile.copy.noise_cv) = (None, 0.5);
        let sigma = 1.5 * (1.25f64.ln()).sqrt();
        let wide = Factor::Lognormal { sigma };
        let seen = stretched(&profile, 1.5).copy.factor();
        for u in [0.01, 0.3, 0.5, 0.9, 0.99, 0.99999] {
            assert!((seen.at(u) / wide.at(u) - 1.0).abs() < 0.02, "{u}: {} for {}", seen.at(u), wide.at(u));
        }
    }

    #[test]
    fn scaled_times_are_scaled_whatever_the_size() {
        let profile = Profile::default();
        for bytes in [0, 1 << 30] {
            let ratio = scaled(&profile, 1.2).copy.mean_s(bytes, 7) / profile.copy.mean_s(bytes, 7);
            assert!((ratio - 1.2).abs() < 1e-9);
        }
    }
}
