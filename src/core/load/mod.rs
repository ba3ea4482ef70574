//! When to start what: arrivals, pools, retries, and the one dispatcher that every driver obeys.
//!
//! Nothing here waits or reads a clock. Times are nanoseconds since the level's start, given by the caller.

pub mod arrival;
pub mod attempt;
pub mod dispatch;
pub mod job;
pub mod pool;
pub mod retry;
