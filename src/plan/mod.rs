//! What a load costs, where its limits are found, and the service model that a run shows.

pub mod closed_form;
pub mod fit;
pub mod mixture;
pub mod price;
pub mod search;
