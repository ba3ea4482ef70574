//! A concurrency with its interval.

use serde::{Deserialize, Serialize};

/// A concurrency with its interval; the upper end is the one to use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConcurrencyInterval {
    /// The one to use.
    pub value: u64,
    /// Lower end of the interval of the smallest sufficient concurrency.
    pub low: u64,
    /// Its upper end; None where it lies beyond what is allowed or helps.
    pub high: Option<u64>,
}
