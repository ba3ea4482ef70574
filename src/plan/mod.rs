//! What a load costs, what limits it, where those limits are found, and the service model that a run shows.

pub mod cost;
pub mod fit;
pub mod limits;
mod overlay;
pub mod price;
pub mod residence;
pub mod search;
