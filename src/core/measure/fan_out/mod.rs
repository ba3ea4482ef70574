//! A fan-out object by object: what was published, what the function said, what arrived, and what that comes to.
//!
//! All times are seconds since the start of the run.

pub mod evidence;
pub mod object;
pub mod publications;
pub mod second;
pub mod stage;
pub mod stage_residence;
pub mod summary;

#[cfg(test)]
mod tests;
