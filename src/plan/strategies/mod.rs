//! `planner strategies`: the ways of doing a job, side by side, each simulated under today's limits.

mod fan_out;
mod function;
mod outside;
mod pools;
mod scene;

pub use scene::Wish;

use super::doubt::Doubt;
use super::ground::Ground;
use super::mixture::Mixture;
use super::strategy::{Observed, SCHEMA, Strategies};
use planner_core::simulate::work::Order;
use scene::Scene;

/// The ways of doing the job, in the order in which a team usually comes to them.
#[must_use]
pub fn strategies(ground: &Ground, wish: &Wish) -> Strategies {
    let work = ground.work(Order::Fifo);
    let times = Mixture::new(&work, &ground.model.profile);
    let scene = Scene { ground, wish, work, times };
    let mut ways = pools::on_the_machine_at_hand(&scene);
    ways.extend([function::one(&scene), pools::rented(&scene)]);
    ways.extend(fan_out::ways(&scene));
    ways.push(outside::batch_operations(ground));
    let peak = ways.iter().filter_map(|way| way.in_flight_peak).max();
    let is_throttled = ways.iter().any(|way| way.throttles.is_some_and(|throttles| throttles > 0.0));
    let doubts = ground.doubts(peak).into_iter().chain(is_throttled.then_some(Doubt::RetriesUndocumented));
    let preface = ground.preface(wish.deadline_s.unwrap_or(0.0));
    Strategies {
        schema: SCHEMA.into(),
        observed: wish
            .observed_s
            .map(|finish_s| observed(finish_s, preface.job.objects, preface.residence.mean_s)),
        strategies: ways,
        doubts: doubts.collect(),
        sources: ground.sources(),
        preface,
    }
}

/// N = X·R of a job that was seen to end after `finish_s`.
fn observed(finish_s: f64, objects: u64, residence_s: f64) -> Observed {
    let x_per_s = if finish_s > 0.0 { objects as f64 / finish_s } else { 0.0 };
    Observed { finish_s, x_per_s, in_flight: x_per_s * residence_s, residence_s }
}

#[cfg(test)]
mod tests;
