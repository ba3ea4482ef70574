//! What changes the answer by how much, in closed form.

use super::Wish;
use crate::plan::closed_form::ClosedForm;
use crate::plan::ground::Ground;
use crate::plan::recommendation::Sensitivity;
use crate::service::{CopyProfile, Factor, Noise, Profile, Tailed};
use crate::simulate::pool::Ramp;

/// Resampled profiles that a probability is averaged over.
const PROFILES: usize = 20;
/// Workers that begin per second, where nothing was said about it.
const RAMP_PER_S: f64 = 100.0;
/// Values of the body of a stretched distribution, and the probability at which its tail begins.
const BODY: u32 = 256;
const ABOVE: f64 = 0.9;
/// Halvings of its tail: to a share of 2⁻⁴⁰ of it.
const HALVINGS: i32 = 40;

/// Something that may be otherwise.
struct Change {
    what: &'static str,
    profile: fn(&Profile) -> Profile,
    ramp: Option<Ramp>,
}

const CHANGES: [Change; 5] = [
    Change { what: "copies take 20 % longer", profile: |profile| scaled(profile, 1.2), ramp: None },
    Change { what: "copies take 20 % less", profile: |profile| scaled(profile, 0.8), ramp: None },
    Change { what: "times spread 1.5 times as far", profile: stretched, ramp: None },
    Change { what: "5 % more attempts fail", profile: failing, ramp: None },
    Change {
        what: "workers begin at 100/s",
        profile: Profile::clone,
        ramp: Some(Ramp { per_s: Some(RAMP_PER_S) }),
    },
];

/// What each change does to an answer of `value`.
pub(super) fn of(ground: &Ground, wish: &Wish, value: u64) -> Vec<Sensitivity> {
    let model = &ground.model;
    let work = ground.work(wish.order);
    let most = wish.max_concurrency.unwrap_or(u64::MAX).min(work.jobs());
    let needed = |profile: &Profile, ramp: Ramp| {
        ClosedForm::new(&work, profile, ramp).smallest_pool(wish.deadline_s, wish.probability, most)
    };
    let base = needed(&model.profile, wish.ramp).unwrap_or(value).max(1);
    // What the closed form leaves out, and the margin for what is not known, stay in proportion.
    let in_proportion = |n: u64| (n as f64 * value as f64 / base as f64).round().min(most as f64) as u64;
    let is_new = |change: &&Change| change.ramp.is_none() || (wish.workers && wish.ramp.per_s.is_none());
    let sensitivity = |change: &Change| {
        let ramp = change.ramp.unwrap_or(wish.ramp);
        let stands_for = |profile: &Profile| {
            ClosedForm::new(&work, &(change.profile)(profile), ramp).probability(value, wish.deadline_s)
        };
        let resampled = &model.resampled;
        let chosen = resampled.iter().step_by(resampled.len().div_ceil(PROFILES).max(1));
        let probabilities: Vec<f64> = chosen.map(stands_for).collect();
        Sensitivity {
            change: change.what.into(),
            concurrency: needed(&(change.profile)(&model.profile), ramp).map(in_proportion),
            probability: match probabilities.len() {
                0 => stands_for(&model.profile),
                count => probabilities.iter().sum::<f64>() / count as f64,
            },
        }
    };
    CHANGES.iter().filter(is_new).map(sensitivity).collect()
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

/// The logarithms of the times spread 1.5 times as far, and their mean stays.
fn stretched(profile: &Profile) -> Profile {
    const EXPONENT: f64 = 1.5;
    let factor = profile.copy.factor();
    if matches!(factor, Factor::Lognormal { sigma: 0.0 }) {
        return profile.clone();
    }
    let at = |u: f64| factor.at(u).powf(EXPONENT);
    let body = (0..=BODY).map(|cell| at((ABOVE * f64::from(cell) / f64::from(BODY)).max(1e-9))).collect();
    let tail = (1..=HALVINGS).map(|halvings| at(1.0 - (1.0 - ABOVE) * f64::from(-halvings).exp2())).collect();
    let noise = Noise::Tailed(Tailed { above: ABOVE, body, tail }.with_mean_1());
    Profile { copy: CopyProfile { noise: Some(noise), ..profile.copy.clone() }, ..profile.clone() }
}

/// Of a hundred attempts five more fail.
fn failing(profile: &Profile) -> Profile {
    let mut profile = profile.clone();
    profile.request.error_rate = (profile.request.error_rate + 0.05).min(1.0);
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
        let seen = stretched(&profile).copy.factor();
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
