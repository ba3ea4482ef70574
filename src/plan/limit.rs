//! Limits that stand in the way of a plan.

use serde::{Deserialize, Serialize};

/// A limit that a plan goes beyond.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BindingLimit {
    /// Which, and the numbers to ask for.
    #[serde(flatten)]
    pub limit: Limit,
    /// What it is.
    pub have: f64,
    /// What the plan needs.
    pub need: f64,
}

/// Which limit, and what its remedy takes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Limit {
    /// Lambda concurrency that can be reserved.
    ReservableConcurrency {
        /// Concurrency of the account.
        account: u32,
        /// What to raise it to.
        raise_to: u64,
        /// Where.
        #[serde(default)]
        region: String,
    },
    /// Environments that Lambda starts at once.
    ScalingEnvironments,
    /// SNS messages per second.
    PublishRate {
        /// Where.
        region: String,
    },
    /// S3 requests per second and prefix.
    PrefixRate {
        /// Prefixes that are enough.
        prefixes: u64,
    },
    /// Bytes in one CopyObject request.
    CopySize {
        /// Objects that are larger.
        objects: u64,
        /// Parts to copy them in.
        part_size_bytes: u64,
    },
    /// Parts of one object.
    Parts {
        /// The smallest parts that are few enough.
        part_size_bytes: u64,
    },
}
