//! Plans for people: the answer first, its reasons after.

mod charts;
pub mod forecast;
pub mod preface;
pub mod recommendation;
pub mod strategies;

pub use super::human::usd;
use super::human::{count, number};
use super::table::Table;
use crate::plan::cost::Cost;
use crate::plan::preface::{Finish, Probability};
use crate::plan::recommendation::Bound;

/// A probability in per cent, rounded down: it is not stated higher than it is.
pub fn probability(share: f64) -> String {
    // A hair of tolerance: 0.29 · 100 is 28.999….
    let hundredths = (share * 1e4 + 1e-6).floor();
    match hundredths as u64 {
        9999 if share > 0.9999 => "over 99.99 %".into(),
        0 if share > 0.0 => "below 0.01 %".into(),
        whole if whole.is_multiple_of(100) => format!("{} %", whole / 100),
        whole if whole.is_multiple_of(10) => format!("{:.1} %", hundredths / 100.0),
        _ => format!("{:.2} %", hundredths / 100.0),
    }
}

/// What copying from a machine costs; the machine itself only where its price is known.
pub fn pool_cost(cost: &Cost) -> String {
    let machine = if cost.has_machine() { "" } else { " and the machine" };
    format!("{}{machine}", usd(cost.total_usd))
}

/// `3,380 (3,351 to 3,468)`.
pub fn bound(bound: &Bound) -> String {
    if bound.high == Some(bound.low) {
        return count(bound.value);
    }
    let high = bound.high.map_or_else(|| "more than is allowed".into(), count);
    format!("{} (smallest enough: {} to {high})", count(bound.value), count(bound.low))
}

/// What is stated about a probability and on what.
pub fn stated(it: &Probability) -> String {
    format!(
        "at least {} with 95 % confidence ({} of {} simulated runs)",
        probability(it.stated),
        probability(it.estimate),
        count(it.replications)
    )
}

/// When something is done, if ever.
pub fn time(time_s: Option<f64>) -> String {
    time_s.map_or_else(|| "never".into(), super::human::duration)
}

/// Finishing times in one line.
pub fn finish(it: &Finish) -> String {
    let [p50, p95, p99] = [it.p50, it.p95, it.p99].map(time);
    format!("p50 {p50}, p95 {p95}, p99 {p99}")
}

/// Cost of a way by service, with the total.
pub fn cost_table(way: &str, cost: &Cost) -> Table {
    let head = format!("cost of {way}");
    let mut table = Table::new(format!("Cost by service: {way}"), &[&head, "quantity", "usd"]);
    for item in &cost.items {
        let quantity = format!("{} {}", number(item.quantity), item.unit);
        table.row([format!("{}, {}", item.service, item.what), quantity, usd(item.usd)]);
    }
    table.row(["total".into(), String::new(), usd(cost.total_usd)]);
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn probabilities_keep_what_sets_them_apart() {
        for (share, text) in [
            (0.5, "50 %"),
            (0.95, "95 %"),
            (0.99, "99 %"),
            (0.9903, "99.03 %"),
            (0.99599, "99.59 %"),
            (0.999999, "over 99.99 %"),
            (0.000001, "below 0.01 %"),
            (0.29, "29 %"),
            (1.0, "100 %"),
        ] {
            assert_eq!(probability(share), text);
        }
        assert_eq!((usd(0.0225), usd(3.069), usd(0.0)), ("$0.0225".into(), "$3.07".into(), "$0.00".into()));
    }
}
