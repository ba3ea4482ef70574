//! `plan.json`: how many workers or how much reserved concurrency a deadline needs, how sure that is, and why.

use serde::{Deserialize, Serialize};

use super::concurrency_interval::ConcurrencyInterval;
use super::cost::Cost;
use super::deployment::Deployment;
use super::evidence::PlanEvidence;
use super::goal_outcome::GoalOutcome;
use super::limit::BindingLimit;
use super::limitation::Limitation;
use super::obstacle::Obstacle;
use super::plan_header::{Finish, PlanHeader, Probability};
use planner_core::service::function::PipelineShape;
use planner_core::simulate::pool::Ramp;
use planner_core::simulate::work::Order;

/// The name and version of the document's form.
pub const SCHEMA: &str = "planner/recommend/1";

/// A recommendation, enough to act on it and to make it again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Recommendation {
    /// [`SCHEMA`].
    pub schema: String,
    /// The objects, and what the answer rests on.
    #[serde(flatten)]
    pub preface: PlanHeader,
    /// What it comes to: the goal is reached, not proven to be, or proven out of reach.
    pub outcome: GoalOutcome,
    /// Whether some concurrency meets the deadline with the wanted probability.
    pub feasible: bool,
    /// Whether no limit has to be raised for it.
    pub within_limits: bool,
    /// Concurrency to use: workers, or reserved concurrency where only that was asked for. Absent when nothing
    /// meets the deadline.
    pub concurrency: Option<ConcurrencyInterval>,
    /// J·R/D, the mean-value answer, a floor that the tail lifts; None where the mean copy takes longer than that.
    pub mean_value_floor: Option<u64>,
    /// Probability of meeting the deadline at that concurrency, or at the one that comes nearest.
    pub probability: Probability,
    /// What the probability rests on: the weakest evidence of the recommended ways. Absent when nothing meets the
    /// deadline.
    pub evidence: Option<PlanEvidence>,
    /// When the last copy is done at that concurrency.
    pub finish_s: Option<Finish>,
    /// What one run of the whole job as planned came to on the embedded service; it proves nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rehearsed: Option<Rehearsal>,
    /// Workers, where asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workers: Option<WorkerPlan>,
    /// A function behind a topic, where asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lambda: Option<LambdaPlan>,
    /// How fast to publish, for a function.
    pub publish: Option<PublishPlan>,
    /// Concurrency to reserve for the function.
    pub reserved_concurrency: Option<u64>,
    /// Size of the parts that larger objects are copied in.
    pub part_size_bytes: u64,
    /// Limits that stand in the way, and what to do about each.
    pub binding_limits: Vec<BindingLimit>,
    /// What the recommended way costs.
    pub cost: Cost,
    /// What changes the answer by how much.
    pub sensitivities: Vec<Sensitivity>,
    /// Goals that can be reached, where this one cannot.
    pub nearest: Vec<NearestGoal>,
    /// Why the deadline cannot be met, or not by one of the ways.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub obstacles: Vec<Obstacle>,
    /// What the plan cannot be sure of.
    pub doubts: Vec<Limitation>,
    /// Limits and prices that were used, with their dates.
    pub sources: Vec<String>,
}

/// One run of a whole job on the embedded service.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Rehearsal {
    /// The way that was rehearsed.
    #[serde(rename = "way")]
    pub deployment: Deployment,
    /// From the first start to the last end, seconds.
    pub makespan_s: f64,
    /// Objects that were copied.
    pub objects_copied: u64,
}

/// What workers come to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WorkerPlan {
    /// Workers.
    pub concurrency: ConcurrencyInterval,
    /// When they begin.
    #[serde(default, skip_serializing_if = "is_usual")]
    pub ramp: Ramp,
    /// In which order they take objects.
    #[serde(default, skip_serializing_if = "is_usual")]
    pub order: Order,
    /// Probability of meeting the deadline with them.
    pub probability: Probability,
    /// When the last copy is done.
    pub finish_s: Finish,
    /// What that probability rests on.
    pub evidence: PlanEvidence,
    /// What it costs, machines excluded.
    pub cost: Cost,
    /// P(deadline) against the number of workers, ascending.
    pub curve: Vec<CurvePoint>,
    /// Times of the last end in the simulated runs, ascending, evenly thinned to a thousand.
    pub makespans_s: Vec<f64>,
}

fn is_usual<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// What a function behind a topic comes to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LambdaPlan {
    /// What lies between the topic and the function.
    #[serde(default)]
    pub shape: PipelineShape,
    /// Concurrency to reserve, with the interval of what paced publishing needs; behind a queue also the maximum
    /// concurrency of the event source.
    pub reserved_concurrency: ConcurrencyInterval,
    /// Memory of the function, in MB: what is billed for every second of it.
    pub memory_mb: u32,
    /// How fast to publish.
    pub publish: PublishPlan,
    /// Probability of meeting the deadline so.
    pub probability: Probability,
    /// When the last copy is done.
    pub finish_s: Finish,
    /// Throttled invocations to expect.
    pub throttles_mean: f64,
    /// Objects that are not copied in the end, to expect.
    pub lost_mean: f64,
    /// What that probability rests on.
    pub evidence: PlanEvidence,
    /// Environments that Lambda would have to start at once.
    pub burst_environments: u64,
    /// What it costs.
    pub cost: Cost,
    /// When the last copy would be done with today's limits, at the wanted probability, and how fast to publish then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub within_limits: Option<WithinLimits>,
    /// Executions at once to expect on average while messages are published; behind a queue all that are reserved.
    pub in_flight_mean: f64,
    /// P(deadline) against the mean executions at once that a pace makes, or behind a queue against the concurrency,
    /// ascending.
    pub curve: Vec<CurvePoint>,
    /// Times of the last end in the simulated runs, ascending, evenly thinned to a thousand.
    pub makespans_s: Vec<f64>,
}

/// What today's limits allow.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct WithinLimits {
    /// Concurrency that may be reserved today.
    pub reserved_concurrency: u64,
    /// Messages per second that keep to it.
    pub publish_rate_per_s: f64,
    /// The deadline that this meets with the wanted probability.
    pub deadline_s: f64,
}

/// How fast to publish, and with how many threads.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct PublishPlan {
    /// Messages per second.
    pub rate_per_s: f64,
    /// Threads that publish.
    pub threads: u64,
}

/// One concurrency and what it gives.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct CurvePoint {
    /// Concurrency.
    pub n: f64,
    /// Probability of meeting the deadline.
    pub probability: f64,
    /// The same with the services that are as good an explanation of what was measured: 95 % of them lie between.
    pub interval: [f64; 2],
    /// Median of the last end.
    pub finish_p50_s: f64,
    /// 99th percentile of the last end.
    pub finish_p99_s: f64,
    /// What it costs.
    pub cost_usd: f64,
}

/// What happens to the answer when something is otherwise, one way and the other.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Sensitivity {
    /// One way; None where that is how it is planned.
    pub low: Option<SensitivityCase>,
    /// The other way.
    pub high: SensitivityCase,
}

/// An answer under other circumstances.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct SensitivityCase {
    /// The circumstances.
    #[serde(flatten)]
    pub change: AssumptionChange,
    /// Concurrency that is then needed; None when none is enough.
    pub concurrency: Option<u64>,
    /// Probability of meeting the deadline when the concurrency stays as recommended.
    pub probability: f64,
}

/// What is otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum AssumptionChange {
    /// Every copy takes so many times as long.
    ResidenceTime {
        /// How many.
        times: f64,
    },
    /// The logarithms of the times spread so many times as far, and their mean stays.
    Spread {
        /// How many.
        times: f64,
    },
    /// A further share of all attempts fails.
    FailingAttempts {
        /// The share.
        more: f64,
    },
    /// Workers begin one after the other.
    Ramp {
        /// How many per second.
        per_s: f64,
    },
}

impl Recommendation {
    /// Probability of the deadline that every recommended way has at least; where there is none, of the one that comes
    /// nearest. What the sample leaves open is averaged in; the error of the simulation is not taken off.
    #[must_use]
    pub fn predicted(&self) -> f64 {
        let workers = self.workers.iter().map(|plan| plan.probability.estimate);
        let deployments = workers.chain(self.lambda.iter().map(|plan| plan.probability.estimate));
        deployments.reduce(f64::min).unwrap_or(self.probability.estimate)
    }
}

/// A goal that can be reached.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NearestGoal {
    /// What is relaxed.
    pub kind: Relaxed,
    /// Deadline.
    pub deadline_s: f64,
    /// Probability.
    pub probability: f64,
    /// What reaches it.
    #[serde(rename = "way")]
    pub deployment: Deployment,
    /// Its concurrency.
    pub concurrency: u64,
}

/// What gives way in a goal that can be reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Relaxed {
    /// The deadline.
    Deadline,
    /// The probability.
    Probability,
}
