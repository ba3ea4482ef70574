//! The ways of copying that can be simulated.

use serde::{Deserialize, Serialize};

use planner_core::service::function::PipelineShape;
use planner_core::simulate::pool::Ramp;
use planner_core::simulate::work::Order;

/// A way of copying.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum ForecastSetting {
    /// A pool of workers.
    Pool(PoolSetting),
    /// A function behind a topic.
    Function(FunctionSetting),
}

/// A pool of workers.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct PoolSetting {
    /// How many.
    pub workers: u64,
    /// When they begin.
    pub ramp: Ramp,
    /// In which order they take the objects.
    pub order: Order,
}

/// A function behind a topic.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct FunctionSetting {
    /// Concurrency that is reserved for it.
    pub reserved: u32,
    /// Messages per second; None for as many as the threads can publish.
    pub rate_per_s: Option<f64>,
    /// Threads that publish.
    pub threads: u32,
    /// What lies between the topic and the function.
    pub shape: PipelineShape,
}
