//! The laws that a measurement must obey.

pub mod candidate_models;
pub mod finding;
pub mod fit_refusal;
pub mod gauge_verdict;
pub mod in_flight_window;
pub mod intervals;
mod least_squares;
pub mod littles_law;
#[cfg(test)]
pub(crate) mod queueing;
pub mod throughput_cap;
pub mod tolerance;
pub mod usl;
pub mod usl_fit;
#[cfg(test)]
mod window_edges;
