//! The comparison in a sentence or two.

use super::scene::Wish;
use crate::strategy::{SURE, Strategy};
use planner_core::units::human::duration;
use planner_core::units::human::{probability, usd};

/// Which ways do it, the fastest and the cheapest of them.
pub(super) fn of(ways: &[Strategy], wish: &Wish) -> String {
    let done: Vec<&Strategy> = ways.iter().filter(|way| way.finish_p99_s.is_some()).collect();
    let Some(deadline_s) = wish.deadline_s else {
        return compared(&done).unwrap_or_else(|| "No way copies all of it under today's limits.".into());
    };
    let deadline = duration(deadline_s);
    let in_time: Vec<&Strategy> = done.iter().copied().filter(|way| way.meets_the_deadline()).collect();
    match compared(&in_time) {
        Some(sentence) => {
            let names: Vec<&str> = in_time.iter().map(|way| way.name.as_str()).collect();
            let sure = probability(SURE);
            format!(
                "Done within {deadline} in {sure} of the simulated runs: {}. {sentence}",
                names.join(", ")
            )
        }
        None => {
            let nearest = fastest(&done)
                .map_or_else(String::new, |way| format!(" The nearest: {} ({}).", way.name, finish(way)));
            format!("No way is done within {deadline} under today's limits.{nearest}")
        }
    }
}

fn compared(ways: &[&Strategy]) -> Option<String> {
    let fastest = fastest(ways)?;
    let cheapest = ways.iter().copied().min_by(|a, b| key(a).total_cmp(&key(b)).then(order(a, b)))?;
    let told =
        |way: &Strategy| format!("{} ({}, {}, {})", way.name, way.setting, finish(way), usd(way.cost_usd));
    Some(if fastest.name == cheapest.name {
        format!("Fastest and cheapest: {}.", told(fastest))
    } else {
        format!("Fastest: {}. Cheapest: {}.", told(fastest), told(cheapest))
    })
}

fn fastest<'a>(ways: &[&'a Strategy]) -> Option<&'a Strategy> {
    ways.iter().copied().min_by(|a, b| order(a, b))
}

fn order(a: &Strategy, b: &Strategy) -> std::cmp::Ordering {
    let finish_s = |way: &Strategy| way.finish_p99_s.unwrap_or(f64::INFINITY);
    finish_s(a).total_cmp(&finish_s(b))
}

/// Costs that print alike are alike.
fn key(way: &Strategy) -> f64 {
    (way.cost_usd * 100.0).round()
}

fn finish(way: &Strategy) -> String {
    way.finish_p99_s.map_or_else(|| "never".into(), |finish_s| format!("p99 {}", duration(finish_s)))
}
