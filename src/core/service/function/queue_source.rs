//! Delivery through a queue: an event source mapping receives batches and invokes the function with them.

use super::consumer::FunctionPipeline;
use super::invocation::{Invocation, MessageOutcome};
use super::message::{MessageBatch, PipelineTimer};
use crate::units::quantity::nanoseconds;

impl FunctionPipeline {
    /// Receives what a free poller can take and invokes the function with it.
    pub(super) fn receive(&mut self, now_ns: u64) -> Option<Invocation> {
        while !self.visible.is_empty() {
            if !self.pollers.is_free(now_ns) {
                return None;
            }
            let mut batch = MessageBatch::default();
            while batch.length < self.queue.batch_size as usize
                && let Some(delivery) = self.visible.pop_front()
            {
                if self.take_message(now_ns, delivery) {
                    batch.push(delivery);
                }
            }
            if batch.length > 0 {
                self.pollers.take();
                let batch = self.batches.insert(batch) as u32;
                if let Some(invocation) = self.invoke_batch(now_ns, batch) {
                    return Some(invocation);
                }
            }
        }
        self.pollers.rest(now_ns);
        None
    }

    /// Invokes the function with a batch. Without room the poller keeps the batch and tries again, until the queue
    /// shows its messages to others.
    pub(super) fn invoke_batch(&mut self, now_ns: u64, id: u32) -> Option<Invocation> {
        let first = self.batches[id as usize].deliveries[0];
        let shown_ns = self.shown_again_ns(first);
        if now_ns >= shown_ns {
            return self.let_go(now_ns, id);
        }
        if let Some(cold) = self.environments.start(now_ns) {
            return Some(self.invoke(now_ns, id, cold));
        }
        self.metrics.at(now_ns).throttles += 1;
        self.pollers.throttled(now_ns);
        let draw_key = self.deliveries[first as usize].draw_key;
        let batch = &mut self.batches[id as usize];
        batch.throttles += 1;
        let due_ns = now_ns + self.queue.throttle_wait_ns(self.seed, draw_key, batch.throttles);
        self.timers.set(due_ns.min(shown_ns), PipelineTimer::Again(id));
        None
    }

    /// Leaves a message whose invocation failed to its visibility timeout.
    pub(super) fn return_message(&mut self, now_ns: u64, id: u32) {
        self.wait(now_ns, id);
        let shown_ns = self.shown_again_ns(id).max(now_ns);
        self.timers.set(shown_ns, PipelineTimer::Visible(id));
    }

    /// Receives a message; one that was received too often or is too old is given up instead.
    fn take_message(&mut self, now_ns: u64, id: u32) -> bool {
        let delivery = &mut self.deliveries[id as usize];
        let age_ns = now_ns.saturating_sub(delivery.accepted_ns);
        let too_old = age_ns > nanoseconds(self.queue.retention_s);
        if too_old || self.queue.max_receive_count.is_some_and(|most| delivery.receives >= most) {
            self.stop_waiting(now_ns, id);
            if too_old {
                self.settle(id, MessageOutcome::Lost);
            } else {
                self.give_up(now_ns, id);
            }
            return false;
        }
        delivery.receives += 1;
        delivery.received_ns = now_ns;
        self.metrics.at(now_ns).receives += 1;
        true
    }

    /// Lets go of a batch that its poller kept too long.
    fn let_go(&mut self, now_ns: u64, id: u32) -> Option<Invocation> {
        let batch = self.batches.remove(id as usize);
        self.pollers.release();
        self.visible.extend(&batch.deliveries[..batch.length]);
        self.receive(now_ns)
    }

    fn shown_again_ns(&self, id: u32) -> u64 {
        let timeout_ns = nanoseconds(self.queue.visibility_timeout_s);
        self.deliveries[id as usize].received_ns.saturating_add(timeout_ns)
    }
}
