//! What a plan says of itself, and what of that is false.

use planner_plan::evidence::{
    Condition, ConditionKind, ConditionStatus, EvidenceStatus as Status, PlanEvidence,
};
use planner_plan::fit::Findings;
use planner_plan::goal_outcome::GoalOutcome;
use planner_plan::sizing_document::Recommendation;

use super::truth::{Name, Truth};

/// A path is as good as ten times slower from so many times on: midway between three and ten.
const MUCH_SLOWER: f64 = 5.5;
/// Skewness over √n that a sample can know.
const MOST_SKEW: f64 = 0.3;

/// How a plan stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PlanStanding {
    /// Every condition that can be tested was tested and holds.
    Proven,
    /// A condition was not tested or does not hold.
    Unproven,
    /// The goal is said to be out of reach.
    Refused,
}

impl PlanStanding {
    pub(crate) fn of(plan: &Recommendation) -> Self {
        match plan.evidence.as_ref().map(|evidence| evidence.status) {
            None => Self::Refused,
            Some(Status::Proven) => Self::Proven,
            Some(Status::Unproven | Status::Assumed) => Self::Unproven,
        }
    }

    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::Proven => "proven",
            Self::Unproven => "unproven",
            Self::Refused => "refused",
        }
    }
}

/// The exit code that a plan deserves.
pub(crate) fn exit(plan: &Recommendation) -> u8 {
    match plan.outcome {
        GoalOutcome::Reached => 0,
        GoalOutcome::Infeasible => 4,
        GoalOutcome::Unproven => 7,
    }
}

/// All that plans may rest on.
pub(crate) const ALL: [ConditionKind; 8] = [
    ConditionKind::Contention,
    ConditionKind::SteadyTimes,
    ConditionKind::IndependentTimes,
    ConditionKind::SlowWayShare,
    ConditionKind::JobsForSkewness,
    ConditionKind::Sizes,
    ConditionKind::MeasuredDay,
    ConditionKind::UnseenSlowWay,
];

pub(crate) fn words(kind: ConditionKind) -> &'static str {
    match kind {
        ConditionKind::Contention => "contention",
        ConditionKind::SteadyTimes => "steady times",
        ConditionKind::IndependentTimes => "independent times",
        ConditionKind::SlowWayShare => "share of the slow way",
        ConditionKind::JobsForSkewness => "jobs for the skewness",
        ConditionKind::Sizes => "sizes",
        ConditionKind::MeasuredDay => "measured day",
        ConditionKind::UnseenSlowWay => "unseen slow way",
    }
}

/// A condition of a plan, and whether it is false on the true service.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ListedCondition {
    pub condition: Condition,
    pub is_false: bool,
}

impl ListedCondition {
    /// Whether the plan says that it was not tested or does not hold.
    pub(crate) fn is_named(&self) -> bool {
        self.condition.status != ConditionStatus::Held
    }
}

/// The conditions of a plan from so many measured jobs, held against the truth.
pub(crate) fn listed(
    evidence: &PlanEvidence,
    truth: &Truth,
    measured: u64,
    findings: Option<Findings>,
) -> Vec<ListedCondition> {
    let is_shown = findings.is_some_and(|findings| findings.slow.is_some());
    let has_slow_way = matches!(truth.name, Name::SlowSeen | Name::SlowUnseen | Name::PowerTail);
    let is_false = |condition: &Condition| match condition.kind {
        ConditionKind::Contention => {
            condition.status != ConditionStatus::Held && matches!(truth.name, Name::Contention | Name::Cap)
        }
        ConditionKind::SteadyTimes => truth.name == Name::Drift,
        ConditionKind::IndependentTimes => truth.name == Name::Autocorrelation,
        ConditionKind::SlowWayShare => condition.status != ConditionStatus::Held && has_slow_way,
        // What stands apart from the sample is a condition of its own.
        ConditionKind::JobsForSkewness => {
            !(is_shown && has_slow_way) && truth.law.skewness() > MOST_SKEW * (measured as f64).sqrt()
        }
        ConditionKind::Sizes => condition.status != ConditionStatus::Held,
        ConditionKind::MeasuredDay => truth.name == Name::BetweenDays,
        ConditionKind::UnseenSlowWay => {
            has_slow_way && !is_shown && truth.law.beyond_median(MUCH_SLOWER) > condition.value
        }
    };
    evidence
        .conditions
        .iter()
        .map(|condition| ListedCondition { condition: *condition, is_false: is_false(condition) })
        .collect()
}
