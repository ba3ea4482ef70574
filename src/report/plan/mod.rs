//! Plans for people: the answer first, its reasons after.

pub mod preface;
pub mod recommendation;
pub mod strategies;

use super::human::{count, number};
use super::table::Table;
use crate::plan::cost::Cost;
use crate::plan::preface::{Finish, Probability};
use crate::plan::recommendation::Bound;

/// US dollars, to the cent from ten cents on, to three digits below.
pub fn usd(amount: f64) -> String {
    let decimals = if amount.abs() >= 0.1 || amount == 0.0 { 2 } else { 4 };
    format!("${}", super::human::grouped(amount, decimals))
}

/// A probability, with as many digits as set it apart from 1.
pub fn probability(share: f64) -> String {
    let nines = -(1.0 - share).max(1e-6).log10();
    let digits = format!("{:.*}", nines.ceil() as usize, share * 100.0);
    let digits =
        if digits.contains('.') { digits.trim_end_matches('0').trim_end_matches('.') } else { &digits };
    format!("{digits} %")
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

/// Finishing times in one line.
pub fn finish(it: &Finish) -> String {
    let [p50, p95, p99] = [it.p50, it.p95, it.p99].map(super::human::duration);
    format!("p50 {p50}, p95 {p95}, p99 {p99}")
}

/// Cost by service, with the total.
pub fn cost_table(cost: &Cost) -> Table {
    let mut table = Table::new("Cost", &["cost", "quantity", "usd"]);
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
            (0.9995, "99.95 %"),
            (1.0, "100 %"),
        ] {
            assert_eq!(probability(share), text);
        }
        assert_eq!((usd(0.0225), usd(3.069), usd(0.0)), ("$0.0225".into(), "$3.07".into(), "$0.00".into()));
    }
}
