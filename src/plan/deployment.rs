//! What a recommendation is for: workers, or a function.

use serde::{Deserialize, Serialize};

/// Where the copies are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Deployment {
    /// Workers on a machine.
    Workers,
    /// A function behind a topic.
    Lambda,
}

impl Deployment {
    /// Every deployment.
    pub const ALL: &[Self] = &[Self::Workers, Self::Lambda];
}
