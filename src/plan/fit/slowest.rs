//! The slowest copies of a sample, which limit what any concurrency can do.

use serde::{Deserialize, Serialize};

use super::observations::Observation;
use planner_core::numeric::proportion::lower_bound;
use planner_core::service::CopyProfile;

/// Copies that are kept.
const KEPT: usize = 200;

/// How much longer than the mean the slowest copies took.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Slowest {
    /// Copies in all.
    pub copies: u64,
    /// How many times as long as the mean of their size the slowest took, descending.
    pub factors: Vec<f64>,
}

impl Slowest {
    /// Of these copies by a service fitted to them.
    pub(super) fn of(copies: &[Observation], service: &CopyProfile) -> Self {
        let factor = |copy: &Observation| copy.seconds / service.mean_s(copy.bytes, copy.n.round() as u64);
        let mut factors: Vec<f64> = copies.iter().map(factor).collect();
        factors.sort_unstable_by(|a, b| b.total_cmp(a));
        factors.truncate(KEPT);
        Self { copies: copies.len() as u64, factors }
    }

    /// A lower limit, with this confidence, of the share of copies that take more than so many times the mean (Clopper
    /// and Pearson 1934).
    #[must_use]
    pub fn share_beyond(&self, factor: f64, confidence: f64) -> f64 {
        let beyond = self.factors.partition_point(|&one| one > factor) as u64;
        lower_bound(beyond, self.copies, confidence)
    }
}
