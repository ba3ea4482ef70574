//! What the consumer keeps of a message, of its deliveries and of the batches they are invoked in.

use super::invocation::MessageOutcome;
use crate::service::profile::queue::MAX_BATCH;

/// A message that was published and has not ended.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct PublishedMessage {
    pub(super) key: u64,
    pub(super) published_ns: u64,
    pub(super) invocations: u32,
    /// Deliveries of it that have not ended.
    pub(super) open: u8,
    pub(super) fate: Option<MessageOutcome>,
}

/// One delivery of a message; a message that the topic delivers twice has two.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct MessageDelivery {
    pub(super) message: u32,
    pub(super) copy: u8,
    /// What decides its luck.
    pub(super) draw_key: u64,
    /// When the queue took it.
    pub(super) accepted_ns: u64,
    /// Since when it waits for an invocation.
    pub(super) waiting_since_ns: u64,
    /// When it was last received from the queue.
    pub(super) received_ns: u64,
    pub(super) receives: u32,
    /// Attempts that found no room, or refusals of the subscriber before it was accepted.
    pub(super) retries: u32,
    pub(super) errors: u32,
}

/// Messages that are invoked together, running or waiting for room.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct MessageBatch {
    pub(super) deliveries: [u32; MAX_BATCH],
    pub(super) length: usize,
    pub(super) throttles: u32,
    pub(super) started_ns: u64,
    pub(super) cold_start_ns: u64,
}

impl MessageBatch {
    pub(super) fn push(&mut self, delivery: u32) {
        self.deliveries[self.length] = delivery;
        self.length += 1;
    }
}

/// What is to happen at a time; the number is that of a delivery, or of a batch.
#[derive(Clone, Copy, Debug)]
pub(super) enum PipelineTimer {
    /// The topic delivers.
    Deliver(u32),
    /// The asynchronous queue invokes.
    Attempt(u32),
    /// The asynchronous queue drops.
    Expire(u32),
    /// The queue shows the message again.
    Visible(u32),
    /// A poller tries a throttled batch again.
    Again(u32),
}
