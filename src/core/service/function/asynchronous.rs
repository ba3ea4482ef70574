//! Direct delivery: the function's own asynchronous queue.
//!
//! What is throttled, or fails inside Lambda, is tried again with back-off until the event is too old; what the
//! function fails is tried twice more, after one and after two minutes (AWS Lambda Developer Guide, "How Lambda
//! handles errors and retries with asynchronous invocation"). That Lambda reads a long queue more slowly is not
//! modelled: no numbers are documented.

use super::consumer::FunctionPipeline;
use super::invocation::Invocation;
use super::message::{MessageBatch, PipelineTimer};
use crate::random;
use crate::units::quantity::nanoseconds;

/// Words that set this file's draws apart from all others.
const SYSTEM_ERROR: u64 = 0x7379_7374;

impl FunctionPipeline {
    /// Invokes the function with an event, or puts the event back.
    pub(super) fn attempt(&mut self, now_ns: u64, id: u32) -> Option<Invocation> {
        let mut start = None;
        if !self.has_system_error(id) {
            start = self.environments.start(now_ns);
            self.metrics.at(now_ns).throttles += u64::from(start.is_none());
        }
        let Some(cold) = start else {
            let delivery = &mut self.deliveries[id as usize];
            delivery.retries += 1;
            let wait_ns = self.function.throttle_wait_ns(self.seed, delivery.draw_key, delivery.retries);
            self.try_again(now_ns, id, wait_ns);
            return None;
        };
        let age_ns = now_ns.saturating_sub(self.deliveries[id as usize].accepted_ns);
        let period = self.metrics.at(now_ns);
        period.async_events_invoked += 1;
        period.async_event_age_sum_ns += u128::from(age_ns);
        period.async_event_age_max_ns = period.async_event_age_max_ns.max(age_ns);
        let mut batch = MessageBatch::default();
        batch.push(id);
        let batch = self.batches.insert(batch) as u32;
        Some(self.invoke(now_ns, batch, cold))
    }

    /// Puts an event back whose invocation failed, or gives it up.
    pub(super) fn retry_event(&mut self, now_ns: u64, id: u32) {
        let delivery = &mut self.deliveries[id as usize];
        delivery.errors += 1;
        let errors = delivery.errors;
        if errors > self.function.maximum_retry_attempts {
            self.metrics.at(now_ns).async_events_dropped += 1;
            self.give_up(now_ns, id);
            return;
        }
        self.wait(now_ns, id);
        self.try_again(now_ns, id, nanoseconds(self.function.error_retry_s * f64::from(errors)));
    }

    fn try_again(&mut self, now_ns: u64, id: u32, wait_ns: u64) {
        let oldest_ns = nanoseconds(self.function.maximum_event_age_s);
        let expires_ns = self.deliveries[id as usize].accepted_ns.saturating_add(oldest_ns);
        let due_ns = now_ns.saturating_add(wait_ns);
        if due_ns <= expires_ns {
            self.timers.set(due_ns, PipelineTimer::Attempt(id));
        } else {
            self.timers.set(expires_ns.max(now_ns), PipelineTimer::Expire(id));
        }
    }

    fn has_system_error(&self, id: u32) -> bool {
        let rate = self.function.system_error_rate;
        let delivery = &self.deliveries[id as usize];
        let purpose = [SYSTEM_ERROR, delivery.draw_key, u64::from(delivery.retries + delivery.errors)];
        rate > 0.0 && random::uniform(self.seed, &purpose) < rate
    }
}
