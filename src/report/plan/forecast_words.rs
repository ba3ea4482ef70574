//! A forecast in words.

use planner_core::service::function::Shape;
use planner_core::simulate::work::Order;
use planner_core::units::human::{count, counted, duration, number, probability, usd};
use planner_plan::forecast::{Choice, Forecast, FunctionChoice, PoolChoice};

use super::doubt;

/// The way of copying.
pub(super) fn way(choice: &Choice) -> String {
    match *choice {
        Choice::Pool(PoolChoice { workers, ramp, order }) => {
            let begin =
                ramp.per_s.map_or_else(String::new, |per_s| format!(", {}/s of them begin", number(per_s)));
            let order = if order == Order::LongestFirst { ", the largest object first" } else { "" };
            format!("a pool of {}{begin}{order}", counted(workers, "worker"))
        }
        Choice::Function(FunctionChoice { reserved, rate_per_s, threads, shape }) => {
            let pace = match rate_per_s {
                Some(per_s) => format!("published at {}/s", number(per_s)),
                None => format!("published by {} as fast as they can", counted(u64::from(threads), "thread")),
            };
            let queue = if shape == Shape::Queue { " behind a queue" } else { "" };
            format!("a function with a reserved concurrency of {}{queue}, {pace}", count(u64::from(reserved)))
        }
    }
}

/// When it finishes and what goes wrong, in a sentence or two.
pub(super) fn verdict(forecast: &Forecast) -> String {
    let makespan = &forecast.makespan_s;
    let runs = count(forecast.replications);
    let by =
        forecast.probability.zip(forecast.probability_at_least).map_or_else(String::new, |(by, at_least)| {
            let how = match by {
                0.0 => format!("is met in none of {runs} simulated runs"),
                1.0 => format!(
                    "is met in all {runs} simulated runs: with probability {} or more",
                    probability(at_least)
                ),
                _ => format!("is met with probability {}", probability(by)),
            };
            format!(" The deadline of {} {how}.", duration(forecast.preface.job.deadline_s))
        });
    let throttles = (forecast.throttles > 0.0)
        .then(|| format!(" {} throttled attempts on average.", count(forecast.throttles.round() as u64)));
    let failed = (forecast.failed > 0.0)
        .then(|| format!(" {} objects are not copied in the end, on average.", number(forecast.failed)));
    let proviso = doubt::proviso(&forecast.doubts)
        .map_or_else(String::new, |proviso| format!(" This holds {proviso}."));
    // Fewer runs have no 99th percentile but their longest.
    let done = match (makespan.p50, makespan.p99, forecast.replications) {
        (None, ..) => format!("some are never copied in most of {runs} simulated runs"),
        (Some(p50_s), None, _) => {
            format!("done in {} at the median, but in some runs never", duration(p50_s))
        }
        (Some(p50_s), Some(p99_s), 0..100) => format!(
            "done in {} at the median, in {} in the longest of {runs} simulated runs",
            duration(p50_s),
            duration(p99_s)
        ),
        (Some(p50_s), Some(p99_s), _) => {
            format!("done in {} at the median, in {} with probability 99 %", duration(p50_s), duration(p99_s))
        }
    };
    format!(
        "{} by {}: {done}, at {}.{by}{}{}{proviso}",
        counted(forecast.preface.job.objects, "object"),
        way(&forecast.choice),
        usd(forecast.cost.total_usd),
        throttles.unwrap_or_default(),
        failed.unwrap_or_default()
    )
}
