//! Ways of copying a job, side by side: the document of `planner strategies`.

use serde::{Deserialize, Serialize};

use super::caveat::Caveat;
use super::limitation::Limitation;
use super::plan_header::PlanHeader;

/// The name and version of the document's form.
pub const SCHEMA: &str = "planner/strategies/1";

/// A job and the ways of doing it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Strategies {
    /// [`SCHEMA`].
    pub schema: String,
    /// The objects, and what the answer rests on.
    #[serde(flatten)]
    pub preface: PlanHeader,
    /// The ways, in the order in which a team usually comes to them.
    pub strategies: Vec<Strategy>,
    /// What an observed finishing time implies.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub observed: Option<Observed>,
    /// What the comparison cannot be sure of.
    pub doubts: Vec<Limitation>,
    /// Limits and prices that were used, with their dates.
    pub sources: Vec<String>,
}

/// One way of copying.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Strategy {
    /// Which, and with which settings.
    #[serde(flatten)]
    pub strategy: StrategyKind,
    /// Median of the time from the first start to the last end; absent where it never ends or is not known.
    pub finish_p50_s: Option<f64>,
    /// Its 99th percentile.
    pub finish_p99_s: Option<f64>,
    /// Share of the simulated runs that copied everything by the deadline; absent without one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by_deadline: Option<f64>,
    /// Most copies in progress at once.
    pub in_flight_peak: Option<u64>,
    /// Mean number of throttled invocations; absent where there are none to throttle.
    pub throttles: Option<f64>,
    /// What it costs.
    pub cost_usd: f64,
    /// Share of the objects that are copied.
    pub copied: f64,
    /// Simulated runs behind the numbers.
    pub runs: u64,
    /// What breaks, or what to know.
    pub caveats: Vec<Caveat>,
}

/// A way of copying with its settings.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum StrategyKind {
    /// One copy after the other.
    Loop,
    /// A pool of threads.
    Pool {
        /// Threads.
        threads: u64,
    },
    /// Pools in a pool, each with objects of its own.
    NestedPools {
        /// Pools beside each other.
        pools: u64,
        /// Threads of each.
        threads: u64,
    },
    /// One function that copies everything.
    OneFunction {
        /// Threads.
        threads: u64,
        /// Its memory.
        memory_mb: u32,
    },
    /// A pool of threads on a rented machine.
    RentedMachine {
        /// Threads.
        threads: u64,
        /// Price of the machine, where it is known.
        usd_per_hour: Option<f64>,
    },
    /// A message for each object, as fast as publishing goes.
    FanOutUnpaced {
        /// Threads that publish.
        threads: u64,
        /// Concurrency to reserve; 0 for none.
        reserved: u32,
    },
    /// A message for each object, at a pace.
    FanOutPaced {
        /// The pace, messages per second.
        rate_per_s: f64,
        /// Concurrency to reserve; 0 for none.
        reserved: u32,
    },
    /// A message for each object, through a queue.
    FanOutQueued {
        /// Maximum concurrency of the event source.
        maximum_concurrency: u32,
    },
    /// One job of S3 Batch Operations.
    BatchOperations,
}

/// What an observed finishing time implies by N = X·R.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Observed {
    /// The time.
    pub finish_s: f64,
    /// Objects per second.
    pub x_per_s: f64,
    /// Mean copies in flight at the mean residence time alone.
    pub in_flight: f64,
    /// Mean residence time that was taken.
    pub residence_s: f64,
}

/// A way is done by the deadline when so large a share of its runs is.
pub const SURE: f64 = 0.99;

impl Strategies {
    /// Whether one of the ways is done by the deadline; true without a deadline.
    #[must_use]
    pub fn some_way_meets_the_deadline(&self) -> bool {
        self.preface.job.deadline_s <= 0.0 || self.strategies.iter().any(Strategy::meets_the_deadline)
    }
}

impl Strategy {
    /// Whether nearly all simulated runs copied everything by the deadline.
    #[must_use]
    pub fn meets_the_deadline(&self) -> bool {
        self.by_deadline.is_some_and(|share| share >= SURE)
    }
}
