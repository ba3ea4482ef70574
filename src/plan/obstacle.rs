//! Why a deadline cannot be met.

use serde::{Deserialize, Serialize};

use crate::deployment::Deployment;

/// A reason why no concurrency meets the deadline with the wanted probability.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Obstacle {
    /// The slowest of the copies takes longer than the deadline too often.
    JobTooLong,
    /// Copies slow each other down, and more at once do fewer.
    ThroughputTooLow {
        /// Which way.
        #[serde(rename = "way")]
        deployment: Deployment,
        /// Concurrency at which most is done.
        best: u64,
        /// What is done then, objects per second.
        x_per_s: f64,
        /// What the deadline needs, objects per second.
        needed_per_s: f64,
    },
    /// Copies slow each other down at every pace.
    NoPace {
        /// What the deadline needs, objects per second.
        needed_per_s: f64,
    },
    /// More workers are needed than are allowed.
    TooFewWorkers {
        /// How many are allowed.
        most: u64,
    },
    /// More invocations behind a queue are needed than it has.
    TooFewInvocations {
        /// How many it has.
        most: u64,
        /// How many begin in a minute.
        begin_per_min: u32,
    },
    /// So many attempts fail that some object is not copied.
    GivenUp {
        /// Probability that every object is.
        largest_probability: f64,
        /// Attempts at each.
        attempts: u32,
    },
    /// Workers or invocations begin too late.
    RampTooSlow {
        /// Which way.
        #[serde(rename = "way")]
        deployment: Deployment,
        /// How many begin per second.
        per_s: f64,
    },
    /// Messages cannot be published so fast.
    RateTooLow {
        /// The highest rate allowed, messages per second.
        most_per_s: f64,
        /// The rate that the deadline needs, messages per second.
        needed_per_s: f64,
    },
    /// The function may not run so often at once.
    ConcurrencyTooLow {
        /// The largest concurrency allowed.
        most: u64,
        /// The one that the deadline needs.
        needed: u64,
    },
    /// Some copy takes longer than a function may run.
    TimesOut {
        /// With which probability.
        probability: f64,
        /// How long a function may run.
        timeout_s: f64,
    },
    /// What comes before the first copy takes longer than the deadline.
    OverheadTooLong {
        /// Publishing, delivery and a cold start.
        before_s: f64,
    },
}
