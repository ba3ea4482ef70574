//! Publish → topic → (queue) → function → copy for a set of objects, on the virtual clock.

mod event;
mod outcome;
mod publisher;
mod worker;

pub use outcome::{FanOutOutcome, FanOutWindows};
pub use publisher::Publisher;

use crate::account::MB_PER_GB;
use crate::load::retry::RetryPolicy;
use crate::random;
use crate::service::function::{FunctionPipeline, MessageOutcome, PipelineAction, PipelineShape};
use crate::service::{Profile, Timers};
use crate::simulate::copies::CopyService;
use crate::units::quantity::{NS_PER_S, seconds};
use event::FanOutEvent;
use publisher::{PublishResult, Publishing};
use worker::Workers;

/// Words that set this file's draws apart from all others.
const REPLICATION: u64 = 0x7265_706c;

/// Metrics are kept per minute, as CloudWatch keeps them for functions.
const METRICS_PERIOD_S: u64 = 60;

/// A fan-out of one message per object.
#[derive(Clone, Copy, Debug)]
pub struct SimulatedFanOut<'a> {
    /// Size of every object, in the order of publishing.
    pub sizes_bytes: &'a [u64],
    /// Who publishes, and how fast.
    pub publisher: Publisher,
    /// How messages reach the function.
    pub shape: PipelineShape,
    /// What follows a copy or a publish request that is refused.
    pub retry: RetryPolicy,
    /// Prefixes of the destination that the objects are spread over.
    pub prefixes: u32,
}

/// What an observer sees at the end of every second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FanOutSecond {
    /// Seconds since the start of publishing.
    pub second: u64,
    /// Executions of the function.
    pub in_flight: u64,
    /// Messages that wait for an invocation, back-off included.
    pub backlog: u64,
    /// Throttles during the second.
    pub throttles: u64,
    /// Objects copied so far.
    pub copied: u64,
}

/// Runs one replication. The luck of an object depends on the seed and the replication and on nothing else, so that
/// two ways to run the same objects meet the same copy times (common random numbers).
#[must_use]
pub fn run(fan_out: &SimulatedFanOut<'_>, profile: &Profile, seed: u64, replication: u64) -> FanOutOutcome {
    Simulation::new(fan_out, profile, seed, replication).run(None)
}

/// The same, with a look at every second.
pub fn run_observed(
    fan_out: &SimulatedFanOut<'_>,
    profile: &Profile,
    seed: u64,
    replication: u64,
    mut observe: impl FnMut(FanOutSecond),
) -> FanOutOutcome {
    Simulation::new(fan_out, profile, seed, replication).run(Some(&mut observe))
}

/// Where one replication stands.
struct Simulation<'a> {
    profile: &'a Profile,
    timers: Timers<FanOutEvent>,
    publishing: Publishing<'a>,
    consumer: FunctionPipeline,
    workers: Workers<'a>,
    copied: u64,
    dead_lettered: u64,
    lost: u64,
    unpublished: u64,
}

/// Where an observer stands.
struct SecondObserver<'o> {
    observe: &'o mut dyn FnMut(FanOutSecond),
    second: u64,
    throttles: u64,
}

impl<'a> Simulation<'a> {
    fn new(fan_out: &SimulatedFanOut<'a>, profile: &'a Profile, seed: u64, replication: u64) -> Self {
        let SimulatedFanOut { sizes_bytes, publisher, shape, retry, prefixes } = *fan_out;
        let seed = random::word(seed, &[REPLICATION, replication]);
        let copies = CopyService::new(profile, prefixes, seed);
        Self {
            profile,
            timers: Timers::new(),
            publishing: Publishing::new(publisher, sizes_bytes.len(), profile, retry, seed),
            consumer: FunctionPipeline::new(profile, shape, METRICS_PERIOD_S, seed),
            workers: Workers::new(sizes_bytes, copies, retry, seed),
            copied: 0,
            dead_lettered: 0,
            lost: 0,
            unpublished: 0,
        }
    }

    fn run(mut self, observe: Option<&mut dyn FnMut(FanOutSecond)>) -> FanOutOutcome {
        let mut watch = observe.map(|observe| SecondObserver { observe, second: 0, throttles: 0 });
        let mut now_ns = 0;
        self.publishing.proceed(now_ns, &mut self.timers);
        loop {
            let until_ns = match self.consumer.poll(now_ns) {
                PipelineAction::Invoke(invocation) => {
                    self.workers.begin(now_ns, &invocation, &self.consumer, &mut self.timers);
                    continue;
                }
                PipelineAction::Ended { fate, .. } => {
                    self.count(fate);
                    continue;
                }
                PipelineAction::Wait(until_ns) => until_ns,
            };
            let Some(next_ns) = [until_ns, self.timers.next_ns()].into_iter().flatten().min() else {
                return self.outcome(now_ns);
            };
            if let Some(watch) = &mut watch {
                self.show(watch, next_ns);
            }
            now_ns = next_ns;
            while let Some(event) = self.timers.due(now_ns) {
                self.handle(now_ns, event);
            }
        }
    }

    fn handle(&mut self, now_ns: u64, event: FanOutEvent) {
        match event {
            FanOutEvent::Worker(id) => self.workers.step(now_ns, id, &mut self.consumer, &mut self.timers),
            FanOutEvent::Publisher(event) => match self.publishing.handle(now_ns, event, &mut self.timers) {
                PublishResult::Pending => {}
                PublishResult::Published(messages) => {
                    messages.for_each(|message| self.consumer.publish(now_ns, message as u64));
                }
                PublishResult::GivenUp(messages) => self.unpublished += messages.len() as u64,
            },
        }
    }

    fn count(&mut self, fate: MessageOutcome) {
        match fate {
            MessageOutcome::Done => self.copied += 1,
            MessageOutcome::DeadLettered => self.dead_lettered += 1,
            MessageOutcome::Lost => self.lost += 1,
        }
    }

    /// Shows the seconds that end before `next_ns`.
    fn show(&mut self, watch: &mut SecondObserver<'_>, next_ns: u64) {
        while (watch.second + 1) * NS_PER_S <= next_ns {
            watch.second += 1;
            let throttles = self.consumer.metrics().total(watch.second * NS_PER_S - 1).throttles;
            (watch.observe)(FanOutSecond {
                second: watch.second,
                in_flight: self.consumer.executing(),
                backlog: self.consumer.waiting(),
                throttles: throttles - watch.throttles,
                copied: self.workers.copied,
            });
            watch.throttles = throttles;
        }
    }

    fn outcome(mut self, now_ns: u64) -> FanOutOutcome {
        let metrics = self.consumer.metrics().total(now_ns);
        let stages = self.consumer.close(now_ns);
        let memory_gb = f64::from(self.profile.function.memory_mb) / MB_PER_GB;
        let copies = &self.workers.copies;
        FanOutOutcome {
            makespan_s: seconds(self.workers.last_first_copy_ns()),
            last_modified_span_s: seconds(self.workers.last_modified_span_ns()),
            published_s: seconds(self.publishing.ended_ns),
            copied: self.copied,
            dead_lettered: self.dead_lettered,
            lost: self.lost + self.unpublished,
            unpublished: self.unpublished,
            repeated_copies: self.workers.repeated,
            copies_in_flight_peak: copies.in_flight_peak,
            publish_requests: self.publishing.requests,
            publish_throttles: self.publishing.throttles,
            copy_requests: copies.requests,
            slow_downs: copies.slow_downs,
            copy_errors: copies.errors,
            timeouts: self.workers.timeouts,
            billed_gb_s: metrics.billed_ms as f64 / 1000.0 * memory_gb,
            metrics,
            stages: FanOutWindows {
                publish: self.publishing.close(now_ns),
                delivery: stages.delivery,
                queued: stages.queued,
                function: stages.function,
                copy: self.workers.close(now_ns),
            },
        }
    }
}

#[cfg(test)]
mod tests;
