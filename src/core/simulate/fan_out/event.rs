//! What happens in a simulated fan-out.

/// What is to happen at a time.
#[derive(Clone, Copy, Debug)]
pub(super) enum FanOutEvent {
    /// The publisher goes on.
    Publisher(PublisherEvent),
    /// The next step of this invocation.
    Worker(u32),
}

/// What happens to the publisher at a time.
#[derive(Clone, Copy, Debug)]
pub(super) enum PublisherEvent {
    /// The next request is due.
    Due,
    /// Request `request` is made again.
    Again { request: u32, attempt: u16 },
    /// The topic has answered it.
    Answered { request: u32, attempt: u16, refused: bool, started_ns: u64 },
}
