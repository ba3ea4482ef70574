//! A concurrency planner and load-generation harness for large S3 copies.
//!
//! The pure core (this crate without the `cli` feature) takes time and randomness as values.
//! Everything that reads a clock, a file, the environment or the network sits behind `cli`.

pub mod audit;
pub mod check;
#[cfg(feature = "cli")]
pub mod cli;
#[cfg(feature = "cli")]
pub mod cloud;
#[cfg(feature = "consumer")]
pub mod consumer;
#[cfg(feature = "cli")]
pub mod drive;
pub mod fan_out;
pub mod law;
pub mod load;
pub mod plan;
pub mod random;
pub mod report;
#[cfg(feature = "cli")]
pub mod runs;
pub mod scenario;
pub mod service;
pub mod simulate;
pub mod stats;
#[cfg(feature = "cli")]
pub mod target;
