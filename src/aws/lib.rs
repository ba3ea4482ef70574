//! What stands at the other end: clients, the operations on them, and what keeps a real account safe.

mod answer_limit;
pub mod claim;
pub mod cleanup;
pub mod clients;
pub mod clock;
pub mod copy;
pub mod created;
pub mod data_set;
pub mod file_error;
pub mod listing;
pub mod metrics;
pub mod operation;
pub mod pipeline;
pub mod preflight;
pub mod reply;
#[cfg(test)]
mod stub;
mod target_error;
pub mod whole_lines;

pub use self::target_error::TargetError;
