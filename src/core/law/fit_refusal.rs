//! Why a fitted scalability law is not to be used, and what to measure so that it can be.

use serde::{Deserialize, Serialize};

use super::intervals::Intervals;
use super::least_squares::{Point, distinct};
use super::throughput_cap::Cap;
use super::usl::Usl;
use crate::law::tolerance::{USL_CONCURRENCIES, USL_EXTRAPOLATION, USL_RANGE};
use crate::units::human::{count, number};

/// A reason not to use a fit.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "reason", rename_all = "snake_case")]
pub enum FitRefusal {
    /// Workers help each other, which this law has no term for.
    #[error("throughput grows faster than the number of workers: σ would be below 0")]
    Superlinear,
    /// Throughput meets a limit, which explains the data far better than a peak.
    #[error(
        "no peak but a limit: throughput stays at {} a second from N = {} on",
        number(*cap_per_s),
        whole(*knee_n)
    )]
    Limit {
        /// Completions per second that are not exceeded.
        cap_per_s: f64,
        /// The concurrency from which on more adds nothing.
        knee_n: f64,
    },
    /// The data are as well explained without a peak.
    #[error("no peak identifiable: κ may be 0")]
    NoPeak {
        /// Largest concurrency measured.
        largest_n: f64,
    },
    /// The peak lies where nothing was measured.
    #[error(
        "no peak identifiable: it would be at N = {}, far beyond the largest measured N = {}",
        whole(*peak_n),
        whole(*largest_n)
    )]
    PeakBeyondData {
        /// Where the fit puts the peak.
        peak_n: f64,
        /// Largest concurrency measured.
        largest_n: f64,
    },
    /// Too few different concurrencies.
    #[error("unidentifiable: {concurrencies} different concurrencies, fewer than 6")]
    TooFewConcurrencies {
        /// Different concurrencies measured.
        concurrencies: usize,
    },
    /// The concurrencies lie too close together.
    #[error(
        "unidentifiable: concurrencies from {} to {} span less than a factor of 8",
        whole(*smallest_n),
        whole(*largest_n)
    )]
    NarrowRange {
        /// Smallest concurrency measured.
        smallest_n: f64,
        /// Largest concurrency measured.
        largest_n: f64,
    },
}

impl FitRefusal {
    /// Whether all that is open is where throughput has its peak, so that the fit still describes what was measured.
    pub(crate) fn is_about_the_peak(&self) -> bool {
        matches!(self, Self::NoPeak { .. } | Self::PeakBeyondData { .. })
    }

    /// What to measure next.
    #[must_use]
    pub fn advice(&self) -> String {
        match *self {
            Self::Superlinear => {
                "warm caches and connections before the first level, measure the small concurrencies again, and check that every level does the same work".into()
            }
            Self::Limit { knee_n, .. } => format!(
                "more than N = {} in flight adds nothing; find out what sets the limit, such as a bandwidth or a rate of requests",
                whole(knee_n.ceil())
            ),
            Self::NoPeak { largest_n } => format!(
                "measure at N = {} and {}: if throughput still grows there, plan with what was measured and not with a peak; repeat the largest levels if they scatter",
                whole(1.5 * largest_n),
                whole(2.0 * largest_n)
            ),
            Self::PeakBeyondData { peak_n, .. } => format!(
                "measure at N = {} or more, or do not plan beyond what was measured",
                whole((peak_n / USL_EXTRAPOLATION).ceil())
            ),
            Self::TooFewConcurrencies { concurrencies } => format!(
                "measure at {} or more further concurrencies, each about 1.5 to 2 times the one before",
                USL_CONCURRENCIES.saturating_sub(concurrencies)
            ),
            Self::NarrowRange { smallest_n, largest_n } => format!(
                "measure from N = {} up to {}, or down from {} to {}",
                whole(smallest_n),
                whole((smallest_n * USL_RANGE).ceil()),
                whole(largest_n),
                whole((largest_n / USL_RANGE).floor().max(1.0))
            ),
        }
    }
}

/// A concurrency in words.
fn whole(n: f64) -> String {
    count(n.round() as u64)
}

/// The reasons against a fit, gravest first.
pub(super) fn refusals(points: &[Point], usl: &Usl, intervals: &Intervals) -> Vec<FitRefusal> {
    let largest_n = points.iter().map(|point| point.n).fold(f64::MIN, f64::max);
    let smallest_n = points.iter().map(|point| point.n).fold(f64::MAX, f64::min);
    let concurrencies = distinct(points);
    let superlinear = (intervals.sigma.high <= 0.0).then_some(FitRefusal::Superlinear);
    let limit = Cap::instead_of(usl, points)
        .map(|cap| FitRefusal::Limit { cap_per_s: cap.cap_per_s, knee_n: cap.knee_n() });
    let no_peak =
        (usl.kappa == 0.0 || intervals.kappa.low <= 0.0).then_some(FitRefusal::NoPeak { largest_n });
    let beyond = usl
        .peak_n()
        .filter(|&peak_n| no_peak.is_none() && peak_n > USL_EXTRAPOLATION * largest_n)
        .map(|peak_n| FitRefusal::PeakBeyondData { peak_n, largest_n });
    let few =
        (concurrencies < USL_CONCURRENCIES).then_some(FitRefusal::TooFewConcurrencies { concurrencies });
    let narrow =
        (largest_n < USL_RANGE * smallest_n).then_some(FitRefusal::NarrowRange { smallest_n, largest_n });
    [superlinear, limit, no_peak, beyond, few, narrow].into_iter().flatten().collect()
}
