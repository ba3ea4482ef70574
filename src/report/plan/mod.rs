//! Plans for people: the answer first, its reasons after.

pub(crate) mod decision;
pub mod emit;
pub mod evidence;
pub mod forecast;
mod json;
pub mod limitation;
mod plan_header;
pub mod profile;
mod proposal;
mod quota;
pub mod sizing;
mod sizing_words;
pub mod strategies;
mod strategy_words;
pub mod verify;

use super::table::Table;
use planner_core::units::human::{count, duration, number, probability, usd};
use planner_plan::concurrency_interval::ConcurrencyInterval;
use planner_plan::cost::Cost;
use planner_plan::plan_header::{Finish, Probability};

/// `3,380 (3,351 to 3,468)`.
fn bound(bound: &ConcurrencyInterval) -> String {
    if bound.high == Some(bound.low) {
        return count(bound.value);
    }
    let high = bound.high.map_or_else(|| "more than is allowed".into(), count);
    format!("{} (smallest enough: {} to {high})", count(bound.value), count(bound.low))
}

/// What is stated about a probability and on what.
fn stated(it: &Probability) -> String {
    format!(
        "{} ({} or more, by the error of {} simulated runs)",
        probability(it.estimate),
        probability(it.stated),
        count(it.replications)
    )
}

/// When something is done, if ever.
fn time(time_s: Option<f64>) -> String {
    time_s.map_or_else(|| "never".into(), duration)
}

/// Finishing times in one line.
fn finish(it: &Finish) -> String {
    let [p50, p95, p99] = [it.p50, it.p95, it.p99].map(time);
    if p50 == p99 {
        return p50;
    }
    format!("p50 {p50}, p95 {p95}, p99 {p99}")
}

/// Cost of a way by service, with the total.
fn cost_table(way: &str, cost: &Cost) -> Table {
    let head = format!("cost of {way}");
    let mut table = Table::new(format!("Cost by service: {way}"), &[&head, "quantity", "usd"]);
    for item in &cost.items {
        let quantity = format!("{} {}", number(item.quantity), item.unit);
        table.row([format!("{}, {}", item.service, item.what), quantity, usd(item.usd)]);
    }
    table.row(["total".into(), String::new(), usd(cost.total_usd)]);
    table
}
