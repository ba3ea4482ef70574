//! What several answers say of a plan.

use planner_core::units::human::{duration, usd};

use crate::cost::Cost;

/// What copying from a machine costs; the machine itself only where its price is known.
#[must_use]
pub fn pool_cost(cost: &Cost) -> String {
    let machine = if cost.has_machine() { "" } else { " and the machine" };
    format!("{}{machine}", usd(cost.total_usd))
}

/// When something is done, if ever.
#[must_use]
pub fn time(time_s: Option<f64>) -> String {
    time_s.map_or_else(|| "never".into(), duration)
}
