//! From a measured run to a service model, with what is not known about it.
//!
//! R = (a + size/bandwidth) · slowdown(N) · factor. Factors are multiplied because times scale and are never
//! negative. How sure the model is follows from the law of the mean and from refits to resampled jobs (Efron and
//! Tibshirani 1993).

mod dependence;
mod factors;
mod failures;
mod family;
mod findings;
mod level;
mod line;
pub mod model_file;
mod nelder_mead;
mod observations;
pub mod reference;
mod sample;
mod scaling;
mod slow_path;
mod slowest;

use serde::{Deserialize, Serialize};

use self::failures::Failures;
use self::line::LineForm;
use self::observations::Observation;
use self::sample::CopySample;
use self::scaling::Scaling;
use super::copier::Copier;
use super::limitation::Limitation;
use planner_core::measure::document::RunDocument;
use planner_core::service::Profile;

pub use findings::{Findings, SlowCopies};
pub use observations::Observations;
pub use slowest::Slowest;

/// Services that could have given the sample.
const RESAMPLES: u64 = 400;
/// Jobs below which a sample counts as small.
const SMALL_SAMPLE: u64 = 30;
/// Standard error of the elasticity of time by size from which on sizes count as too alike.
const ELASTICITY_ERROR: f64 = 0.25;
/// Small requests from which on their own times are used instead of the built-in ones.
const SMALL_REQUESTS: u64 = 10;

/// A service model with its uncertainty.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FittedModel {
    /// The best model.
    pub profile: Profile,
    /// As good models, each from another sample of the same jobs; empty where nothing was measured.
    pub resampled: Vec<Profile>,
    /// What it rests on.
    pub basis: Basis,
    /// What it cannot know.
    pub doubts: Vec<Limitation>,
    /// What its sample showed of itself; None where nothing was measured.
    pub findings: Option<Findings>,
    /// Its slowest copies; None where nothing was measured.
    pub slowest: Option<Slowest>,
}

impl FittedModel {
    /// A model that somebody gave, and `source` names.
    #[must_use]
    pub fn assumed(profile: Profile, source: String) -> Self {
        let basis = Basis {
            kind: BasisKind::Assumed,
            source,
            started_at: None,
            rehearsal: false,
            jobs: 0,
            attempts: 0,
            measured_n_max: None,
            measured_size_bytes: None,
            copier: None,
        };
        Self {
            profile,
            resampled: Vec::new(),
            basis,
            doubts: vec![Limitation::Assumed],
            findings: None,
            slowest: None,
        }
    }
}

/// Whether a model was measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BasisKind {
    /// Fitted to a run.
    Measured,
    /// Given by the user.
    Assumed,
}

/// What a model rests on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Basis {
    /// Whether it was measured.
    pub kind: BasisKind,
    /// The run or the words that it was taken from.
    pub source: String,
    /// When the run started, RFC 3339.
    pub started_at: Option<String>,
    /// Whether the numbers say nothing about a real account.
    pub rehearsal: bool,
    /// Jobs done in the levels that were used.
    pub jobs: u64,
    /// Attempts at copies in those levels.
    pub attempts: u64,
    /// Most requests in flight in those levels, as their mean over time; None where nothing was measured.
    pub measured_n_max: Option<f64>,
    /// Smallest and largest copy or part, in bytes; None where size does not matter.
    pub measured_size_bytes: Option<[u64; 2]>,
    /// Who copied, where something was measured.
    #[serde(default)]
    pub copier: Option<Copier>,
}

/// Why there is no model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ModelFitError {
    /// No copy succeeded.
    #[error("no copy succeeded in the run; measure a scenario with `operation = \"copy\"`")]
    NoCopies,
    /// One job has no spread.
    #[error("{jobs} job is not enough to fit a model to; measure 30 or more")]
    TooFew {
        /// Jobs of use.
        jobs: usize,
    },
}

/// Fits a model to a run. The same run and seed give the same model on any number of cores.
///
/// # Errors
/// Where fewer than two jobs were copied.
pub fn fit(
    document: &RunDocument,
    observations: &Observations,
    seed: u64,
) -> Result<FittedModel, ModelFitError> {
    let unfinished: u64 =
        document.levels.iter().map(|level| level.jobs - level.jobs_done - level.jobs_failed).sum();
    let is_cut_off = !document.complete || unfinished > 0;
    let copies = observations.copies(is_cut_off);
    match copies.chunk_by(|a, b| a.job == b.job).count() {
        0 => return Err(ModelFitError::NoCopies),
        1 => return Err(ModelFitError::TooFew { jobs: 1 }),
        _ => {}
    }
    let sizes = || copies.iter().map(|copy| copy.bytes);
    let size_range = [sizes().min().unwrap_or(0), sizes().max().unwrap_or(0)];
    let form = form(&copies, size_range);
    let known_scaling = Scaling::of(document);
    let sample = CopySample::new(&copies, form, known_scaling.unwrap_or_default());
    let rest = rest(observations);
    let (copy, is_apart) = sample.central();
    let slowest = Slowest::of(&copies, &copy);
    let profile = Profile { copy, ..rest.clone() };
    let failures = Failures::of(observations);
    let resampled = (0..)
        .zip(sample.resampled(RESAMPLES, seed))
        .map(|(number, copy)| failures.drawn(Profile { copy, ..rest.clone() }, seed, number))
        .collect();
    let mut doubts = doubts(document, observations, form, size_range, is_cut_off.then_some(unfinished));
    let refused = || document.usl.as_ref().and_then(|law| law.refused.clone());
    let no_scaling = || Limitation::NoScaling { n: observations.n_max(), refused: refused() };
    doubts.extend(known_scaling.is_none().then(no_scaling));
    doubts.extend(is_apart.then_some(Limitation::SlowestApart { jobs: observations.jobs }));
    let basis = Basis {
        kind: BasisKind::Measured,
        source: format!("run {} of scenario {}", document.run, document.name),
        started_at: Some(document.started_at.clone()),
        rehearsal: document.rehearsal,
        jobs: observations.jobs,
        attempts: observations.attempts,
        measured_n_max: Some(observations.n_max()),
        measured_size_bytes: Some(size_range).filter(|range| range[1] > 0),
        copier: Some(Copier::of(document)),
    };
    Ok(FittedModel {
        profile,
        resampled,
        basis,
        doubts,
        findings: Some(sample.findings()),
        slowest: Some(slowest),
    })
}

/// What the sizes allow to fit. Inside the measured range all forms that they allow say nearly the same.
fn form(copies: &[Observation], [smallest_bytes, largest_bytes]: [u64; 2]) -> LineForm {
    if largest_bytes == 0 {
        LineForm::Flat
    } else if smallest_bytes > 0 && line::elasticity_error(copies) > ELASTICITY_ERROR {
        LineForm::Proportional
    } else {
        LineForm::Line
    }
}

/// Everything but the copies; what the run did not show stays as it is built in.
fn rest(observations: &Observations) -> Profile {
    let mut profile = Profile::default();
    let admitted = observations.attempts - observations.throttled;
    if admitted > 0 {
        profile.request.error_rate = observations.failed as f64 / admitted as f64;
    }
    if observations.refusals.count > 0 {
        profile.request.refusal_s = observations.refusals.mean();
    }
    let small = observations.metadata;
    if small.count >= SMALL_REQUESTS && small.mean() > 0.0 {
        (profile.request.metadata_s, profile.request.metadata_noise_cv) = (small.mean(), small.cv());
    }
    let publish = observations.publishes;
    if publish.count >= SMALL_REQUESTS && publish.mean() > 0.0 {
        (profile.publish.base_s, profile.publish.noise_cv) = (publish.mean(), publish.cv());
    }
    // What was throttled or met a cold start waited for something else.
    profile.delivery.latency_s = median(&observations.deliveries_s).unwrap_or(profile.delivery.latency_s);
    let cold_start_s = median(&observations.cold_starts_s);
    profile.function.cold_start_s = cold_start_s.unwrap_or(profile.function.cold_start_s);
    profile
}

/// The median of enough small requests.
fn median(values: &[f64]) -> Option<f64> {
    let (mut values, middle) = (values.to_vec(), values.len() / 2);
    let is_enough = values.len() as u64 >= SMALL_REQUESTS;
    is_enough.then(|| *values.select_nth_unstable_by(middle, f64::total_cmp).1)
}

fn doubts(
    document: &RunDocument,
    observations: &Observations,
    form: LineForm,
    [smallest_bytes, largest_bytes]: [u64; 2],
    cut_off: Option<u64>,
) -> Vec<Limitation> {
    let share = |count: u64| count as f64 / observations.attempts as f64;
    let jobs = observations.jobs;
    [
        document.rehearsal.then_some(Limitation::Rehearsal),
        (jobs < SMALL_SAMPLE).then_some(Limitation::SmallSample { jobs }),
        (largest_bytes == 0).then_some(Limitation::SizesUnknown),
        (form == LineForm::Proportional)
            .then_some(Limitation::SizesTooAlike { smallest_bytes, largest_bytes }),
        cut_off.map(|unfinished| Limitation::CutOff { unfinished }),
        (observations.throttled > 0).then(|| Limitation::Throttled { share: share(observations.throttled) }),
        (observations.client_errors > 0)
            .then(|| Limitation::ClientErrors { share: share(observations.client_errors) }),
    ]
    .into_iter()
    .flatten()
    .collect()
}

#[cfg(test)]
#[path = "fit_tests.rs"]
mod tests;
