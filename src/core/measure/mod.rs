//! From attempts to numbers: what is counted while a run goes on, second by second and level by level.

pub mod analysis;
pub mod block_bootstrap;
pub mod convergence;
pub mod document;
pub mod fan_out;
mod full_load;
pub mod histogram;
pub mod judgement;
pub mod latency_shift;
pub mod level;
pub mod precision;
pub mod recorder;
pub mod run_blocks;
pub mod run_comparison;
pub mod scaling;
pub mod search;
pub mod series;
pub mod size_sample;
pub mod steady;
pub mod verdict_reason;
pub mod warm_up;
