//! What a sample shows of itself: whether it can carry what is built on it.

use serde::{Deserialize, Serialize};

use super::level::MOST_SKEW;
use super::sample::CopySample;

/// What was looked for in a sample, and found or not.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Findings {
    /// Jobs that the mean time rests on: after a trend the recent ones, and without those that went a slow way.
    pub jobs: u64,
    /// Independent jobs that they are worth.
    pub effective_jobs: f64,
    /// After a trend, how many times as long as on average the recent jobs took; None where none shows.
    pub trend: Option<f64>,
    /// By how much longer than on average the recent jobs may take, as a share, so that it seldom remains unseen; 9 at
    /// most.
    pub unseen_drift: f64,
    /// Correlation of times with those before them; None where none shows.
    pub correlation: Option<f64>,
    /// Copies that stand apart.
    pub slow: Option<SlowCopies>,
    /// Jobs that it takes to know the skewness of such times; None where there are enough.
    pub jobs_for_skewness: Option<u64>,
    /// Days on which jobs were measured.
    #[serde(default = "one")]
    pub days: u64,
}

fn one() -> u64 {
    1
}

/// Copies that stand apart from the others, as if they went another way.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct SlowCopies {
    /// How many.
    pub copies: u64,
    /// Of how many.
    pub of: u64,
    /// How many times as long as the others they took, in the mean.
    pub times: f64,
}

impl CopySample {
    /// What it shows of itself.
    pub(super) fn findings(&self) -> Findings {
        let (dependence, skew) = (self.dependence(), self.level().skew());
        let jobs = self.level_jobs();
        let needed = jobs as f64 * (skew / MOST_SKEW).powi(2);
        Findings {
            jobs: jobs as u64,
            effective_jobs: dependence.effective(jobs),
            trend: dependence.has_trend.then(|| self.level().mean()),
            unseen_drift: dependence.unseen_drift,
            correlation: Some(dependence.correlation).filter(|&correlation| correlation > 0.0),
            slow: self.slow().map(|slow| SlowCopies {
                copies: slow.copies as u64,
                of: slow.of as u64,
                times: slow.times,
            }),
            jobs_for_skewness: (skew > MOST_SKEW).then(|| needed.ceil() as u64),
            days: self.days() as u64,
        }
    }
}
