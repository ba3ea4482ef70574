//! What a load costs, what limits it, and the service model that a run shows.

mod bisect;
pub mod caveat;
pub mod closed_form;
pub mod cost;
pub mod critical;
pub mod doubt;
mod estimate;
pub mod fit;
pub mod forecast;
pub mod ground;
pub mod limit;
pub mod load_cost;
pub mod mixture;
pub mod obstacle;
pub mod paced;
pub mod preface;
pub mod recommend;
pub mod recommendation;
pub mod residence;
mod search;
mod sizes;
pub mod strategies;
pub mod strategy;
pub mod way;
pub mod workers;
