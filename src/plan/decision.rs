//! What a recommendation decides: how it stands, which way to take, and why that one.

use serde::{Deserialize, Serialize};

use super::cost::Cost;
use super::deployment::Deployment;
use super::evidence::{EvidenceStatus, PlanEvidence};
use super::goal_outcome::GoalOutcome;
use super::limit::{BindingLimit, Limit};
use super::plan_header::Probability;
use super::sizing_document::Recommendation;

/// How a plan stands, in a word that is the same wherever it is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PlanState {
    /// The goal is reached within today's limits, and that is proven.
    Ready,
    /// The same on an emulated service, which says nothing about a real account.
    Rehearsed,
    /// The same on figures that nobody measured.
    Assumed,
    /// Something that a measurement can test is open.
    Unproven,
    /// The goal is out of reach, or a limit has to be raised for it.
    Blocked,
}

/// The way to take, and what speaks for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StrategyChoice {
    /// The way.
    #[serde(rename = "way")]
    pub deployment: Deployment,
    /// Its concurrency: workers, or what is reserved for a function.
    pub concurrency: u64,
    /// Why not the other one.
    pub reason: ChoiceReason,
}

/// What decides between two ways, the first that tells them apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChoiceReason {
    /// There is no other.
    Only,
    /// The other goes beyond today's limits.
    WithinLimits,
    /// The other is less proven.
    Proven,
    /// The other costs as much or more.
    Cheaper,
}

impl Recommendation {
    /// How the plan stands.
    #[must_use]
    pub fn state(&self) -> PlanState {
        let is_rehearsal = |evidence: &PlanEvidence| evidence.rehearsal;
        match (self.outcome, &self.evidence) {
            (GoalOutcome::Infeasible, _) => PlanState::Blocked,
            (GoalOutcome::Unproven, _) | (_, None) => PlanState::Unproven,
            (GoalOutcome::Reached, Some(evidence)) if is_rehearsal(evidence) => PlanState::Rehearsed,
            (GoalOutcome::Reached, Some(evidence)) if evidence.status == EvidenceStatus::Assumed => {
                PlanState::Assumed
            }
            (GoalOutcome::Reached, Some(_)) => PlanState::Ready,
        }
    }

    /// Which way to take: one within limits before one that is not, then one proven before one that is not, then the
    /// cheaper. None where no way is recommended.
    #[must_use]
    pub fn choice(&self) -> Option<StrategyChoice> {
        let deployments: Vec<Candidate> = self.candidates().collect();
        let taken = deployments
            .iter()
            .copied()
            .reduce(|first, second| if second.beats(&first) { second } else { first })?;
        let other = deployments.iter().find(|other| other.deployment != taken.deployment);
        let reason = match other {
            None => ChoiceReason::Only,
            Some(other) if other.is_within != taken.is_within => ChoiceReason::WithinLimits,
            Some(other) if other.is_proven != taken.is_proven => ChoiceReason::Proven,
            Some(_) => ChoiceReason::Cheaper,
        };
        Some(StrategyChoice { deployment: taken.deployment, concurrency: taken.concurrency, reason })
    }

    fn candidates(&self) -> impl Iterator<Item = Candidate> {
        let goal = self.probability.goal.unwrap_or_default();
        let candidate = move |deployment,
                              concurrency,
                              evidence: &PlanEvidence,
                              probability: &Probability,
                              cost: &Cost| {
            Candidate {
                deployment,
                concurrency,
                is_within: self.limits_of(deployment).next().is_none(),
                is_proven: evidence.status == EvidenceStatus::Proven && probability.estimate >= goal,
                cost_usd: cost.total_usd,
            }
        };
        let workers = self.workers.iter().map(move |plan| {
            candidate(
                Deployment::Workers,
                plan.concurrency.value,
                &plan.evidence,
                &plan.probability,
                &plan.cost,
            )
        });
        let lambda = self.lambda.iter().map(move |plan| {
            candidate(
                Deployment::Lambda,
                plan.reserved_concurrency.value,
                &plan.evidence,
                &plan.probability,
                &plan.cost,
            )
        });
        workers.chain(lambda)
    }

    /// The limits that stand in the way of one way.
    pub fn limits_of(&self, deployment: Deployment) -> impl Iterator<Item = &BindingLimit> {
        self.binding_limits.iter().filter(move |binding| binding.limit.is_of(deployment))
    }
}

#[derive(Clone, Copy)]
struct Candidate {
    deployment: Deployment,
    concurrency: u64,
    is_within: bool,
    is_proven: bool,
    cost_usd: f64,
}

impl Candidate {
    fn beats(&self, other: &Self) -> bool {
        (self.is_within, self.is_proven)
            .cmp(&(other.is_within, other.is_proven))
            .then(other.cost_usd.total_cmp(&self.cost_usd))
            .is_gt()
    }
}

impl Limit {
    /// Whether it stands in the way of one way: those of S3 do in that of both.
    #[must_use]
    pub fn is_of(&self, deployment: Deployment) -> bool {
        match self {
            Self::ReservableConcurrency { .. } | Self::ScalingEnvironments | Self::PublishRate { .. } => {
                deployment == Deployment::Lambda
            }
            Self::PrefixRate { .. } | Self::CopySize { .. } | Self::Parts { .. } => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_come_before_proof_and_proof_before_cost() {
        let candidate = |is_within, is_proven, cost_usd| Candidate {
            deployment: Deployment::Workers,
            concurrency: 1,
            is_within,
            is_proven,
            cost_usd,
        };
        assert!(candidate(true, false, 9.0).beats(&candidate(false, true, 1.0)));
        assert!(candidate(true, true, 9.0).beats(&candidate(true, false, 1.0)));
        assert!(candidate(true, true, 1.0).beats(&candidate(true, true, 2.0)));
        assert!(!candidate(true, true, 1.0).beats(&candidate(true, true, 1.0)), "of equals the first stays");
    }

    #[test]
    fn a_limit_of_lambda_does_not_hold_workers_up() {
        assert!(
            !Limit::ScalingEnvironments.is_of(Deployment::Workers)
                && Limit::ScalingEnvironments.is_of(Deployment::Lambda)
        );
        assert!(Limit::PrefixRate { prefixes: 2 }.is_of(Deployment::Workers));
    }
}
