//! The dispatcher on a virtual clock: hours of load in the time it takes to count them.

pub mod batch;
mod copies;
pub mod cut_off;
pub mod fan_out;
pub mod nested;
pub mod pool;
pub mod work;

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};

use crate::load::attempt::{Attempt, AttemptOutcome, Start};
use crate::load::dispatch::{Action, Dispatcher, StopReason};
use crate::load::job::Jobs;

/// The retries of the tests.
#[cfg(test)]
const RETRY: crate::load::retry::RetryPolicy =
    crate::load::retry::RetryPolicy { max_attempts: 5, base_ns: 1_000_000_000, cap_ns: 20_000_000_000 };

/// What happens in a simulated level, in the order of time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LevelEvent {
    /// An attempt started.
    Started(Start),
    /// An attempt ended.
    Ended(Attempt),
    /// An arrival found too many jobs in progress and was not started.
    Skipped {
        /// When it should have started.
        intended_ns: u64,
    },
}

/// Runs a level to its end. `service` says how long an attempt takes and how it ends; `observe` sees every
/// event with its time.
pub fn run<J: Jobs>(
    mut dispatcher: Dispatcher<J>,
    mut service: impl FnMut(u64, &Start) -> (u64, AttemptOutcome),
    mut observe: impl FnMut(u64, LevelEvent),
) -> StopReason {
    let mut now_ns = 0;
    let mut flights: BinaryHeap<Reverse<(u64, u64)>> = BinaryHeap::new();
    let mut open = HashMap::new();
    let mut flight = 0u64;
    loop {
        let until_ns = match dispatcher.poll(now_ns) {
            Action::Start(start) => {
                let (duration_ns, outcome) = service(now_ns, &start);
                flight += 1;
                flights.push(Reverse((now_ns.saturating_add(duration_ns), flight)));
                open.insert(flight, (now_ns, start, outcome));
                observe(now_ns, LevelEvent::Started(start));
                continue;
            }
            Action::Skip { intended_ns } => {
                observe(now_ns, LevelEvent::Skipped { intended_ns });
                continue;
            }
            Action::Wait(until_ns) => until_ns.unwrap_or(u64::MAX),
            Action::Finished(reason) => return reason,
        };
        let next = flights.peek().map(|&Reverse(next)| next).filter(|&(ended_ns, _)| ended_ns <= until_ns);
        match next.and_then(|(ended_ns, flight)| Some((ended_ns, open.remove(&flight)?))) {
            Some((ended_ns, (started_ns, start, outcome))) => {
                flights.pop();
                now_ns = ended_ns;
                let job_end = dispatcher.ended(now_ns, &start, outcome);
                let attempt = Attempt { level: 0, start, started_ns, ended_ns, outcome, code: None, job_end };
                observe(now_ns, LevelEvent::Ended(attempt));
            }
            None => {
                assert!(until_ns != u64::MAX, "the dispatcher waits for an end though nothing is in flight");
                now_ns = until_ns;
            }
        }
    }
}
