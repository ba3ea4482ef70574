//! Who copies.

use serde::{Deserialize, Serialize};

/// Who made the copies of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Copier {
    /// Workers of the load generator.
    Workers,
    /// A function behind a topic.
    Function,
}
