//! What a load costs, and where its limits are found.

pub mod price;
pub mod search;
