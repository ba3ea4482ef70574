//! A concurrency planner and load-generation harness for large S3 copies.
//!
//! The pure core (this crate without the `cli` feature) takes time and randomness as values.
//! Everything that reads a clock, a file, the environment or the network sits behind `cli`.

pub mod law;
pub mod load;
pub mod random;
pub mod report;
pub mod scenario;
pub mod service;
pub mod simulate;
pub mod stats;
