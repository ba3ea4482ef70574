//! The pure core of `planner`: units, laws, load, the service model, scenarios, simulation, measurements and checks.
//!
//! Nothing here reads a clock, a file, the environment or the network: time and randomness come in as values.

pub mod account;
pub mod audit;
pub mod check;
pub mod copy_log;
pub mod fan_out;
pub mod law;
pub mod load;
pub mod measure;
pub mod numeric;
pub mod random;
pub mod scenario;
pub mod service;
pub mod simulate;
pub mod units;
