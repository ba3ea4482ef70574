//! What the parameters of a fitted law may be.

use serde::{Deserialize, Serialize};

use crate::numeric::interval::Interval;

/// Intervals of a law's parameters and of its peak.
///
/// Over 1,000 seeded systems measured at 12 concurrencies with 2 % noise, the t intervals hold the true λ, σ, κ, N*
/// and X* in 94.2, 94.7, 95.8, 95.7 and 95.5 % of cases, the bootstrap's in 93.0 to 95.8 %. With 10 % noise t's hold
/// in 93.5 to 95.4 %, but a third of the fits is refused, and the peaks of those left hold in 91 %.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Intervals {
    /// Of λ, per second.
    pub lambda: Interval,
    /// Of σ.
    pub sigma: Interval,
    /// Of κ.
    pub kappa: Interval,
    /// Of the concurrency N* of the peak; None where its upper end would be infinite.
    pub peak_n: Option<Interval>,
    /// Of the throughput at the peak, per second.
    pub peak_x_per_s: Option<Interval>,
}
