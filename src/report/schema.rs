//! The JSON schemas of the documents that programs read.

/// A run: `run.json`.
pub const RUN: &str = include_str!("schema/run.json");
/// A recommendation, a simulation or a comparison of strategies: `plan.json`.
pub const PLAN: &str = include_str!("schema/plan.json");
/// A check: `check.json`.
pub const CHECK: &str = include_str!("schema/check.json");
/// An audit: `audit.json`.
pub const AUDIT: &str = include_str!("schema/audit.json");
/// A comparison: `compare.json`.
pub const COMPARE: &str = include_str!("schema/compare.json");
