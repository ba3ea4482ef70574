//! How long a backup took, as far as the dates of its objects tell.

use serde::Serialize;

use crate::law::finding::Verdict;

/// How long a whole backup took. Its objects' dates lack one copy's own time: that of the first, or of the last where
/// an object is dated by the beginning of its upload.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct ExecutionTime {
    /// By the dates alone.
    pub least_s: f64,
    /// With a copy on top, or from when the backup began, whichever is shorter; by the dates where neither is known.
    pub most_s: f64,
}

impl ExecutionTime {
    /// Whether that was within a time, as far as can be told.
    #[must_use]
    pub fn within(&self, time_s: f64) -> Verdict {
        if self.most_s <= time_s {
            Verdict::Pass
        } else if self.least_s > time_s {
            Verdict::Fail
        } else {
            Verdict::Inconclusive
        }
    }
}
