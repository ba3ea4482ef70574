//! What a load costs, and where its limits are found.

pub mod closed_form;
pub mod critical;
pub mod mixture;
pub mod price;
pub mod search;
pub mod workers;
