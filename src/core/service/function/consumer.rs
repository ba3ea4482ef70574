//! The consumer: told the time, what was published and what ended, it answers what to invoke, what became of a
//! message, or until when to wait.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};
use slab::Slab;

use super::environments::Environments;
use super::invocation::{Invocation, InvocationEnd, Member, MessageOutcome, PipelineAction, PipelineShape};
use super::message::{MessageBatch, MessageDelivery, PipelineTimer, PublishedMessage};
use super::metrics::MetricPeriods;
use super::pollers::Pollers;
use crate::law::in_flight_window::{InFlight, Window};
use crate::random;
use crate::service::{DeliveryProfile, FunctionProfile, Profile, QueueProfile, Timers};
use crate::units::quantity::{NS_PER_S, nanoseconds};

/// Words that set this file's draws apart from all others.
const ERROR: u64 = 0x6572_726f;
const DEAD_LETTER: u64 = 0x6465_6164;

/// What was counted at each stage, for Little's law.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PipelineWindows {
    /// Between the publishing and the delivery.
    pub delivery: Window,
    /// Waiting for an invocation, back-off included.
    pub queued: Window,
    /// Invocations, cold start included.
    pub function: Window,
}

/// Topic, queue and function with everything that is between publishing and the end.
#[derive(Clone, Debug)]
pub struct FunctionPipeline {
    pub(super) function: FunctionProfile,
    pub(super) queue: QueueProfile,
    topic: DeliveryProfile,
    shape: PipelineShape,
    pub(super) seed: u64,
    pub(super) environments: Environments,
    pub(super) pollers: Pollers,
    pub(super) messages: Slab<PublishedMessage>,
    pub(super) deliveries: Slab<MessageDelivery>,
    pub(super) batches: Slab<MessageBatch>,
    pub(super) timers: Timers<PipelineTimer>,
    /// Messages that the queue shows, the oldest first.
    pub(super) visible: VecDeque<u32>,
    ends: VecDeque<(u64, MessageOutcome)>,
    delivering: InFlight,
    queued: InFlight,
    running: InFlight,
    pub(super) metrics: MetricPeriods,
}

impl FunctionPipeline {
    /// An idle consumer at time 0. Metrics are kept per `period_s`, 60 for what CloudWatch shows.
    #[must_use]
    pub fn new(profile: &Profile, shape: PipelineShape, period_s: u64, seed: u64) -> Self {
        Self {
            function: profile.function.clone(),
            queue: profile.queue.clone(),
            topic: profile.delivery.clone(),
            shape,
            seed,
            environments: Environments::new(&profile.function),
            pollers: Pollers::new(&profile.queue),
            messages: Slab::new(),
            deliveries: Slab::new(),
            batches: Slab::new(),
            timers: Timers::new(),
            visible: VecDeque::new(),
            ends: VecDeque::new(),
            delivering: InFlight::new(),
            queued: InFlight::new(),
            running: InFlight::new(),
            metrics: MetricPeriods::new(period_s.max(1) * NS_PER_S),
        }
    }

    /// The topic accepts a message; ask [`Consumer::poll`] afterwards. Its key names it to the driver and decides its
    /// luck.
    pub fn publish(&mut self, now_ns: u64, key: u64) {
        let message = PublishedMessage { key, published_ns: now_ns, ..PublishedMessage::default() };
        let message = self.messages.insert(message) as u32;
        self.send(now_ns, message, 0);
        if self.topic.is_duplicated(self.seed, key) {
            self.metrics.at(now_ns).duplicates += 1;
            self.send(now_ns, message, 1);
        }
    }

    /// What to do at `now_ns`; times must not run backwards.
    pub fn poll(&mut self, now_ns: u64) -> PipelineAction {
        loop {
            if let Some((key, fate)) = self.ends.pop_front() {
                return PipelineAction::Ended { key, fate };
            }
            if let Some(timer) = self.timers.due(now_ns) {
                match self.fire(now_ns, timer) {
                    Some(invocation) => return PipelineAction::Invoke(invocation),
                    None => continue,
                }
            }
            if self.shape == PipelineShape::Queue
                && let Some(invocation) = self.receive(now_ns)
            {
                return PipelineAction::Invoke(invocation);
            }
            if self.ends.is_empty() {
                let next_ns = [self.timers.next_ns(), self.pollers.next_ns()].into_iter().flatten().min();
                return PipelineAction::Wait(next_ns);
            }
        }
    }

    /// The messages of an invocation that has not ended.
    #[must_use]
    pub fn members(&self, id: u32) -> impl ExactSizeIterator<Item = Member> {
        let batch = &self.batches[id as usize];
        batch.deliveries[..batch.length].iter().map(|&delivery| {
            let message = &self.messages[self.deliveries[delivery as usize].message as usize];
            Member { key: message.key, ordinal: message.invocations - 1 }
        })
    }

    /// Takes the end of an invocation; ask [`Consumer::poll`] afterwards. A driver ends an invocation as failed when its
    /// timeout has passed.
    pub fn ended(&mut self, now_ns: u64, id: u32, end: InvocationEnd) {
        let batch = self.batches.remove(id as usize);
        self.environments.end(now_ns);
        self.running.ended(batch.started_ns, now_ns);
        self.metrics.execution_ended(now_ns);
        let failed = match end {
            InvocationEnd::Ok => 0,
            InvocationEnd::Partial(failed) if self.queue.partial_batch_responses => failed,
            InvocationEnd::Partial(_) | InvocationEnd::Failed => u16::MAX,
        };
        let held_ns = now_ns.saturating_sub(batch.started_ns);
        let duration_ns = held_ns.saturating_sub(batch.cold_start_ns);
        let period = self.metrics.at(now_ns);
        period.invocations += 1;
        period.errors += u64::from(failed == u16::MAX);
        period.duration_sum_ns += u128::from(duration_ns);
        period.duration_max_ns = period.duration_max_ns.max(duration_ns);
        period.billed_ms += held_ns.div_ceil(1_000_000);
        if self.shape == PipelineShape::Queue {
            self.pollers.release();
        }
        for (place, &delivery) in batch.deliveries[..batch.length].iter().enumerate() {
            match (failed >> place & 1, self.shape) {
                (0, _) => self.settle(delivery, MessageOutcome::Done),
                (_, PipelineShape::Direct) => self.retry_event(now_ns, delivery),
                (_, PipelineShape::Queue) => self.return_message(now_ns, delivery),
            }
        }
    }

    /// Messages that were published and have not ended.
    #[must_use]
    pub fn open(&self) -> usize {
        self.messages.len()
    }

    /// What CloudWatch would have counted.
    pub fn metrics(&mut self) -> &mut MetricPeriods {
        &mut self.metrics
    }

    /// Executions now.
    pub(crate) fn executing(&self) -> u64 {
        self.metrics.executing().in_flight()
    }

    /// Messages that wait for an invocation now, back-off included.
    pub(crate) fn waiting(&self) -> u64 {
        self.metrics.waiting().in_flight()
    }

    /// Closes the window at `now_ns` and opens the next.
    pub fn close(&mut self, now_ns: u64) -> PipelineWindows {
        PipelineWindows {
            delivery: self.delivering.close(now_ns),
            queued: self.queued.close(now_ns),
            function: self.running.close(now_ns),
        }
    }

    fn send(&mut self, now_ns: u64, message: u32, copy: u8) {
        let published = &mut self.messages[message as usize];
        published.open += 1;
        let key = published.key;
        let due_ns = now_ns + self.topic.latency_ns(self.seed, key, u64::from(copy));
        let delivery = self.deliveries.insert(MessageDelivery {
            message,
            copy,
            draw_key: if copy == 0 { key } else { random::word(key, &[u64::from(copy)]) },
            ..MessageDelivery::default()
        }) as u32;
        self.delivering.started(now_ns);
        self.timers.set(due_ns, PipelineTimer::Deliver(delivery));
    }

    fn fire(&mut self, now_ns: u64, timer: PipelineTimer) -> Option<Invocation> {
        match timer {
            PipelineTimer::Deliver(delivery) => return self.deliver(now_ns, delivery),
            PipelineTimer::Attempt(delivery) => return self.attempt(now_ns, delivery),
            PipelineTimer::Again(batch) => return self.invoke_batch(now_ns, batch),
            PipelineTimer::Expire(delivery) => {
                self.stop_waiting(now_ns, delivery);
                self.metrics.at(now_ns).async_events_dropped += 1;
                self.give_up(now_ns, delivery);
            }
            PipelineTimer::Visible(delivery) => self.visible.push_back(delivery),
        }
        None
    }

    fn deliver(&mut self, now_ns: u64, id: u32) -> Option<Invocation> {
        let delivery = self.deliveries[id as usize];
        let PublishedMessage { key, published_ns, .. } = self.messages[delivery.message as usize];
        if self.topic.is_refused(self.seed, key, u64::from(delivery.copy), delivery.retries) {
            self.metrics.at(now_ns).delivery_refusals += 1;
            self.deliveries[id as usize].retries += 1;
            match DeliveryProfile::retry_wait_s(delivery.retries + 1) {
                Some(wait_s) => self.timers.set(now_ns + nanoseconds(wait_s), PipelineTimer::Deliver(id)),
                None => {
                    self.delivering.ended(published_ns, now_ns);
                    self.give_up(now_ns, id);
                }
            }
            return None;
        }
        self.delivering.ended(published_ns, now_ns);
        let delivery = &mut self.deliveries[id as usize];
        delivery.accepted_ns = now_ns;
        delivery.retries = 0;
        self.wait(now_ns, id);
        match self.shape {
            PipelineShape::Direct => self.attempt(now_ns, id),
            PipelineShape::Queue => {
                self.visible.push_back(id);
                None
            }
        }
    }

    /// Runs a batch for which there is room.
    pub(super) fn invoke(&mut self, now_ns: u64, id: u32, cold: bool) -> Invocation {
        let cold_start_ns = if cold { nanoseconds(self.function.cold_start_s) } else { 0 };
        let batch = &mut self.batches[id as usize];
        batch.started_ns = now_ns;
        batch.cold_start_ns = cold_start_ns;
        let batch = *batch;
        for &delivery in &batch.deliveries[..batch.length] {
            self.stop_waiting(now_ns, delivery);
            self.messages[self.deliveries[delivery as usize].message as usize].invocations += 1;
        }
        self.running.started(now_ns);
        self.metrics.execution_started(now_ns);
        self.metrics.at(now_ns).cold_starts += u64::from(cold);
        let first = &self.messages[self.deliveries[batch.deliveries[0] as usize].message as usize];
        let purpose = |what| [ERROR, first.key, u64::from(first.invocations), what];
        let rate = self.function.error_rate;
        let fails = rate > 0.0 && random::uniform(self.seed, &purpose(0)) < rate;
        let error_at = fails.then(|| random::uniform(self.seed, &purpose(1)));
        let timeout_ns = nanoseconds(self.function.timeout_s);
        Invocation { id, cold_start_ns, timeout_ns, error_at }
    }

    pub(super) fn wait(&mut self, now_ns: u64, delivery: u32) {
        self.deliveries[delivery as usize].waiting_since_ns = now_ns;
        self.queued.started(now_ns);
        self.metrics.began_waiting(now_ns);
    }

    pub(super) fn stop_waiting(&mut self, now_ns: u64, delivery: u32) {
        self.queued.ended(self.deliveries[delivery as usize].waiting_since_ns, now_ns);
        self.metrics.stopped_waiting(now_ns);
    }

    /// Hands a delivery that nobody tries any more to the dead-letter queue, if there is one.
    pub(super) fn give_up(&mut self, now_ns: u64, id: u32) {
        let rate = self.function.dead_letter_error_rate;
        let kept = self.keeps_dead_letters();
        let draw_key = self.deliveries[id as usize].draw_key;
        let refused = rate > 0.0 && random::uniform(self.seed, &[DEAD_LETTER, draw_key]) < rate;
        let period = self.metrics.at(now_ns);
        period.dead_lettered += u64::from(kept && !refused);
        period.dead_letter_errors += u64::from(kept && refused);
        self.settle(id, if kept && !refused { MessageOutcome::DeadLettered } else { MessageOutcome::Lost });
    }

    fn keeps_dead_letters(&self) -> bool {
        match self.shape {
            PipelineShape::Direct => self.function.dead_letter_queue,
            PipelineShape::Queue => self.queue.max_receive_count.is_some(),
        }
    }

    /// Ends a delivery; the best of what became of a message's deliveries is what became of the message.
    pub(super) fn settle(&mut self, id: u32, fate: MessageOutcome) {
        let number = self.deliveries.remove(id as usize).message;
        let message = &mut self.messages[number as usize];
        message.open -= 1;
        let best = message.fate.map_or(fate, |before| before.min(fate));
        message.fate = Some(best);
        if message.open == 0 {
            self.ends.push_back((message.key, best));
            self.messages.remove(number as usize);
        }
    }
}

#[cfg(test)]
#[path = "consumer_tests.rs"]
mod tests;
