//! What a load costs, where its limits are found, and the service model that a run shows.

pub mod fit;
pub mod price;
pub mod search;
