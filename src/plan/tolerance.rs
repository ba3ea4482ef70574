//! What a plan survives of copies that go a slow way of which its sample shows nothing.
//!
//! Of n jobs, none shows a way that a share of up to 1 − 0.05^(1/n), about 3/n, goes (with 95 % confidence). So a plan
//! says what share it would survive, and how many jobs it takes to exclude more.

use serde::{Deserialize, Serialize};

use super::fit::FittedModel;
use planner_core::numeric::interval::CONFIDENCE;
use planner_core::service::{Noise, NoisePaths, Profile};

/// Services that the chance is averaged over.
const PROFILES: usize = 12;
/// Halvings of the ratio of two shares.
const HALVINGS: usize = 12;
/// Shares between which the one that is survived is looked for.
const SHARES: [f64; 2] = [1e-12, 0.5];
/// How many times as probable as planned it may become to be late.
const LATER: f64 = 2.0;
/// How many times as probable as wanted it may be in closed form to be late, for that form to be of use.
const OFF: f64 = 5.0;

/// Shares of slow copies: what is survived and what is excluded.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Tolerance {
    /// Share of the copies that may take three times as long with the chance to be late at most twice as planned.
    pub three_times_share: f64,
    /// The same of copies that take ten times as long.
    pub ten_times_share: f64,
    /// The share that the sample excludes, with 95 % confidence; None where nothing was measured.
    pub excluded_share: Option<f64>,
    /// Jobs that exclude more than is survived of copies that take ten times as long.
    pub jobs_to_exclude: u64,
    /// Probability of the deadline if as many take ten times as long as the sample cannot exclude.
    pub at_excluded: Option<f64>,
}

impl Tolerance {
    /// Of a plan for so many jobs that meets its deadline with probability `met` on a service, in closed form, and that is
    /// wanted to with `goal`.
    pub(crate) fn of(model: &FittedModel, jobs: u64, goal: f64, met: impl Fn(&Profile) -> f64) -> Self {
        let all: &[Profile] =
            if model.resampled.is_empty() { std::slice::from_ref(&model.profile) } else { &model.resampled };
        let some: Vec<&Profile> = all.iter().step_by(all.len().div_ceil(PROFILES).max(1)).collect();
        let mean = |share: f64, times: f64| {
            let slowed = some.iter().map(|profile| met(&slowed(profile, share, times)));
            slowed.sum::<f64>() / some.len() as f64
        };
        let unchanged = some.iter().map(|profile| met(profile)).sum::<f64>() / some.len() as f64;
        let least = unchanged.min(goal) - (LATER - 1.0) * (1.0 - goal);
        // Where the closed form does not hold, as for times that do not vary, any slow job may be one too many.
        let is_off = unchanged < 1.0 - OFF * (1.0 - goal);
        let none_is_slow = (LATER - 1.0) * (1.0 - goal) / jobs.max(1) as f64;
        let survived = |times: f64| {
            if is_off {
                return none_is_slow;
            }
            let [mut low, mut high] = SHARES;
            if mean(low, times) < least {
                return 0.0;
            }
            for _ in 0..HALVINGS {
                let middle = (low * high).sqrt();
                if mean(middle, times) >= least { low = middle } else { high = middle }
            }
            low
        };
        let ten_times_share = survived(10.0);
        let jobs = model.findings.map(|findings| findings.effective_jobs);
        let excluded_share = jobs.map(excluded);
        Self {
            three_times_share: survived(3.0),
            ten_times_share,
            excluded_share,
            jobs_to_exclude: jobs_to_exclude(ten_times_share),
            at_excluded: excluded_share.map(|share| mean(share, 10.0)),
        }
    }
}

/// The largest share of which so many jobs show nothing with a chance of one in twenty.
fn excluded(jobs: f64) -> f64 {
    1.0 - (1.0 - CONFIDENCE).powf(jobs.max(1.0).recip())
}

/// Jobs that exclude a share: the smallest number of which [`excluded`] is no larger; 0 for a share of none, which no
/// number excludes.
fn jobs_to_exclude(share: f64) -> u64 {
    if share > 0.0 { ((1.0 - CONFIDENCE).ln() / (-share).ln_1p()).ceil() as u64 } else { 0 }
}

/// A service of which a share of the copies takes so many times as long, and the others as long as before.
pub(crate) fn slowed(profile: &Profile, slow_share: f64, slow_times: f64) -> Profile {
    let mut slowed = profile.clone();
    let copy = &mut slowed.copy;
    let mean = 1.0 + slow_share * (slow_times - 1.0);
    copy.base_s *= mean;
    copy.bandwidth_bytes_per_s /= mean;
    let usual = copy.noise.take().map(Box::new);
    copy.noise =
        Some(Noise::Paths(NoisePaths { slow_share, slow_times, slow_cv: profile.copy.factor().cv(), usual }));
    slowed
}

#[cfg(test)]
mod tests {
    use super::*;
    use planner_core::account::Limits;

    /// Zero of 250 and of 50 jobs: 1.2 % and 5.8 % are the shares that are still possible.
    #[test]
    fn the_rule_of_three() {
        assert!((excluded(250.0) - 0.0119).abs() < 1e-4 && (excluded(50.0) - 0.0582).abs() < 1e-4);
        for jobs in [50, 250, 1000] {
            assert_eq!(jobs_to_exclude(excluded(jobs as f64)), jobs);
        }
        assert_eq!(jobs_to_exclude(0.0), 0);
    }

    #[test]
    fn a_slowed_service_takes_as_much_longer_as_its_slow_copies() {
        let profile = Profile::default();
        let slowed = slowed(&profile, 0.05, 10.0);
        assert_eq!(slowed.validate(Limits::built_in()), Ok(()));
        let mean_s = |profile: &Profile| profile.copy.mean_s(700_000_000, 1);
        assert!((mean_s(&slowed) / mean_s(&profile) - 1.45).abs() < 1e-9);
        // The median is nearly what it was.
        let median_s = |profile: &Profile| mean_s(profile) * profile.copy.factor().at(0.5);
        assert!((median_s(&slowed) / median_s(&profile) - 1.0).abs() < 0.03);
    }

    #[test]
    fn the_share_that_doubles_the_chance_to_be_late_is_found() {
        let model = FittedModel::assumed(Profile::default(), "a test".into());
        // Late with a chance of 1 %, and as much more as the mean grows.
        let alone_s = Profile::default().copy.mean_s(1_000_000, 1);
        let met = |profile: &Profile| 0.99 - 0.1 * (profile.copy.mean_s(1_000_000, 1) / alone_s - 1.0);
        let tolerance = Tolerance::of(&model, 100, 0.99, met);
        assert!((tolerance.ten_times_share / (0.1 / 9.0) - 1.0).abs() < 0.01, "{tolerance:?}");
        assert!((tolerance.three_times_share / 0.05 - 1.0).abs() < 0.01, "{tolerance:?}");
        assert_eq!((tolerance.excluded_share, tolerance.at_excluded), (None, None));
        let late_once_slow = |profile: &Profile| if profile.copy.noise.is_some() { 0.5 } else { 0.99 };
        assert_eq!(Tolerance::of(&model, 100, 0.99, late_once_slow).ten_times_share, 0.0);
        let bound = Tolerance::of(&model, 100, 0.99, |_| 0.5).ten_times_share;
        assert!((bound - 1e-4).abs() < 1e-9, "the closed form does not hold: {bound}");
    }
}
