//! A function behind a topic: Lambda by the service model, and in it the consumer that is deployed on AWS.
//!
//! The consumer copies through an SDK client of this endpoint and logs its lines, with times since the endpoint's start.

mod account;
mod drive;
mod host;
mod work;

pub use account::{DeployedFunction, FunctionActivity};
pub(super) use drive::start;
pub(super) use host::Host;

#[cfg(test)]
mod tests;
