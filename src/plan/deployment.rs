//! The ways that a recommendation is for.

use serde::{Deserialize, Serialize};

/// A way to copy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Deployment {
    /// Workers on a machine.
    Workers,
    /// A function behind a topic.
    Lambda,
}

impl Deployment {
    /// Every way.
    pub const ALL: &[Self] = &[Self::Workers, Self::Lambda];
}
