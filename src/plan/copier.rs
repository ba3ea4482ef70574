//! Who copies.

use serde::{Deserialize, Serialize};

use planner_core::measure::document::RunDocument;

/// Who made the copies of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Copier {
    /// Workers of the load generator.
    Workers,
    /// A function behind a topic.
    Function,
}

impl Copier {
    /// That of a run.
    #[must_use]
    pub fn of(document: &RunDocument) -> Self {
        if document.fan_out.is_some() { Self::Function } else { Self::Workers }
    }
}
