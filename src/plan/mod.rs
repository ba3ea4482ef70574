//! What a load costs, what limits it, and the service model that a run shows.

pub mod closed_form;
pub mod cost;
pub mod critical;
mod estimate;
pub mod fit;
pub mod limits;
pub mod mixture;
mod overlay;
pub mod paced;
pub mod price;
pub mod residence;
pub mod search;
pub mod workers;
