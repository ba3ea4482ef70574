//! A way that cannot meet the deadline.

use crate::obstacle::Obstacle;
use crate::sizing_document::NearestGoal;
use planner_core::numeric::proportion::Proportion;

/// Why a way cannot meet the deadline, and what it can do.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct InfeasibleDeployment {
    /// Why.
    pub obstacle: Obstacle,
    /// How probable the deadline is with the concurrency that comes nearest.
    pub probability: Proportion,
    /// Goals within reach.
    pub nearest: Vec<NearestGoal>,
}
