//! The laws that a measurement must obey.

mod least_squares;
pub mod little;
pub mod refusal;
pub mod tolerance;
pub mod usl;
pub mod usl_fit;
