//! The laws that a measurement must obey.

pub mod little;
