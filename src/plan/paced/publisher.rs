//! How many threads a publisher needs to keep its pace.

use serde::{Deserialize, Serialize};
use statrs::distribution::{DiscreteCDF, Poisson};

use planner_core::service::PublishProfile;

/// The chance that a publish request finds a free thread.
const FREE: f64 = 0.99;

/// The threads of a publisher.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct PublisherThreads {
    /// Publish requests per second.
    pub requests_per_s: f64,
    /// Mean number of them in flight: N = X·R.
    pub in_flight_mean: f64,
    /// Threads, so that 99 of 100 requests find one free.
    pub threads: u32,
}

impl PublisherThreads {
    /// For messages at a rate, so many to a request.
    ///
    /// Requests in flight are Poisson around N = X·R where they come at random and each has its own thread (M/G/∞);
    /// at an even pace they vary less.
    #[must_use]
    pub fn new(rate_per_s: f64, batch_size: u32, publish: &PublishProfile) -> Self {
        let requests_per_s = rate_per_s / f64::from(batch_size.max(1));
        let in_flight_mean = requests_per_s * publish.base_s;
        let quantile = Poisson::new(in_flight_mean).map_or(0, |in_flight| in_flight.inverse_cdf(FREE));
        let threads = u32::try_from(quantile).unwrap_or(u32::MAX);
        Self { requests_per_s, in_flight_mean, threads: threads.max(u32::from(rate_per_s > 0.0)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn threads(rate_per_s: f64, batch_size: u32, base_s: f64) -> u32 {
        let publish = PublishProfile { base_s, ..PublishProfile::default() };
        PublisherThreads::new(rate_per_s, batch_size, &publish).threads
    }

    #[test]
    fn six_hundred_in_the_mean_are_658_at_most() {
        assert_eq!(threads(20.0, 1, 30.0), 658);
        assert_eq!(threads(200.0, 10, 30.0), 658);
    }

    #[test]
    fn a_slow_pace_needs_one_thread_and_none_needs_none() {
        assert_eq!([threads(0.1, 1, 0.015), threads(20.0, 1, 0.0), threads(0.0, 1, 0.015)], [1, 1, 0]);
        assert_eq!(threads(120.0, 1, 0.015), 6);
        assert_eq!(threads(120.0, 10, 0.015), 2);
    }
}
