//! The laws that a measurement must obey.

pub mod cap;
#[cfg(test)]
mod edges;
pub mod finding;
pub mod intervals;
mod least_squares;
pub mod little;
pub mod littles_law;
#[cfg(test)]
pub(crate) mod queueing;
pub mod refusal;
pub mod rivals;
pub mod tolerance;
pub mod usl;
pub mod usl_fit;
pub mod verdict;
