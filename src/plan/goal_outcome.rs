//! What a plan comes to, in a word.

use serde::{Deserialize, Serialize};

use super::evidence::{EvidenceStatus, PlanEvidence};

/// Whether the goal is reached; the worse, the later.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GoalOutcome {
    /// Some way reaches the goal on all that is known, and no condition of it is open.
    Reached,
    /// The goal is reached only under an open condition, or no way is shown to reach it and none is shown not to.
    Unproven,
    /// No way can reach the goal, which is proven.
    Infeasible,
}

impl GoalOutcome {
    /// Of a way that misses the goal.
    pub(crate) fn missed(is_proven: bool) -> Self {
        if is_proven { Self::Infeasible } else { Self::Unproven }
    }

    /// Of a way that gives the goal this probability within today's limits.
    pub(crate) fn of_way(evidence: &PlanEvidence, estimate: f64, goal: f64) -> Self {
        if evidence.status == EvidenceStatus::Unproven || estimate < goal {
            Self::Unproven
        } else {
            Self::Reached
        }
    }

    /// Of several ways, of which `Ok` are recommended and `Err` are not to be had: any way that is recommended keeps the
    /// whole from being infeasible, and what is proven of the others counts more than what is not.
    pub(crate) fn of_all(ways: &[Result<Self, Self>]) -> Self {
        let recommended = ways.iter().filter_map(|way| way.ok()).max();
        recommended.or_else(|| ways.iter().filter_map(|way| way.err()).max()).unwrap_or(Self::Infeasible)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use GoalOutcome::{Infeasible, Reached, Unproven};

    #[test]
    fn a_way_that_can_be_taken_prevents_infeasible_and_a_proof_outweighs_a_doubt() {
        for (ways, whole) in [
            ([Ok(Reached), Err(Infeasible)], Reached),
            ([Ok(Reached), Ok(Unproven)], Unproven),
            ([Err(Infeasible), Ok(Unproven)], Unproven),
            ([Err(Infeasible), Err(Unproven)], Infeasible),
            ([Err(Unproven), Err(Unproven)], Unproven),
        ] {
            assert_eq!(GoalOutcome::of_all(&ways), whole, "{ways:?}");
        }
    }
}
