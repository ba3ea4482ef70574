//! What plans from 250 measured jobs come to on the service that they were measured on.

use planner_core::service::{Noise, Profile};
use planner_core::simulate::batch::simulate_pool;
use planner_core::simulate::work::Sampler;
use planner_plan::closed_form::{ClosedForm, mean_value_floor};
use planner_plan::critical::Critical;
use planner_plan::fit::FittedModel;
use planner_plan::workers::{Question, smallest_pool};

use super::case::{Case, Copied};

/// Job times drawn to find the true probability of a plan, and least and most replications.
const DRAWS: u64 = 20_000_000;
const REPLICATIONS: [u64; 2] = [500, 4000];

/// A number of workers and what came of it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Outcome {
    pub workers: u64,
    /// Share of fresh replications of the truth that ended by the deadline.
    pub realised: f64,
}

/// A plan's promise.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Promise {
    pub estimate: f64,
    pub at_least: f64,
}

#[derive(Debug)]
pub(crate) struct Judgement {
    pub case: Case,
    /// The smallest number of workers that reaches the goal on the true service; None where none does.
    pub oracle: Option<u64>,
    /// The plan; None where it says that the goal cannot be reached.
    pub plan: Option<(Outcome, Promise)>,
    /// Jobs times mean time by deadline.
    pub floor: Option<Outcome>,
    /// The best estimate with the measured times themselves, drawn with replacement.
    pub plain: Option<Outcome>,
}

/// Plans a case in three ways and tries each plan out.
pub(crate) fn judge(case: Case) -> Judgement {
    let (model, copies) = case.measured();
    let oracle = best_estimate(&case, &case.truth, 1);
    let question = Question {
        work: &case.work,
        central: &model.profile,
        resampled: &model.resampled,
        ramp: case.ramp,
        most: None,
        seed: case.seed(2),
    };
    let plan = smallest_pool(&question, case.goal).ok().map(|answer| {
        let stated = answer.probability;
        (tried(&case, answer.value), Promise { estimate: stated.estimate, at_least: stated.at_least })
    });
    let mean_s = ClosedForm::new(&case.work, &model.profile, case.ramp).mean_s(1);
    let floor = mean_value_floor(case.work.jobs(), mean_s, case.goal.deadline_s);
    let floor = floor.map(|workers| tried(&case, workers));
    let plain = best_estimate(&case, &plain(&model, &copies), 3).map(|workers| tried(&case, workers));
    Judgement { oracle, plan, floor, plain, case }
}

/// The model with the measured factors alone for noise: nothing is slower than the slowest that was seen.
fn plain(model: &FittedModel, copies: &[Copied]) -> Profile {
    let mut profile = model.profile.clone();
    let factor = |copy: &Copied| copy.seconds / profile.copy.mean_s(copy.bytes, 1);
    let mut factors: Vec<f64> = copies.iter().map(factor).collect();
    factors.sort_by(f64::total_cmp);
    profile.copy.noise = Some(Noise::Factors(factors));
    profile
}

fn best_estimate(case: &Case, profile: &Profile, purpose: u64) -> Option<u64> {
    let (form, most) = (ClosedForm::new(&case.work, profile, case.ramp), case.work.jobs());
    let (deadline_s, probability) = (case.goal.deadline_s, case.goal.probability);
    let sampler = Sampler::new(&case.work, profile, case.seed(purpose));
    let guess = form.smallest_pool(deadline_s, probability, most).unwrap_or(most);
    let critical = Critical { sampler: &sampler, form: &form, ramp: case.ramp, deadline_s, guess, most };
    let count = replications(case);
    critical.at_ranks(&[(probability * count as f64).ceil() as u64], count)[0]
}

fn tried(case: &Case, workers: u64) -> Outcome {
    let truth = std::slice::from_ref(&case.truth);
    let finishes = simulate_pool(&case.work, truth, workers, case.ramp, replications(case), case.seed(4));
    Outcome { workers, realised: finishes.by(case.goal.deadline_s).estimate }
}

fn replications(case: &Case) -> u64 {
    let [least, most] = REPLICATIONS;
    (DRAWS / case.work.jobs()).clamp(least, most)
}
