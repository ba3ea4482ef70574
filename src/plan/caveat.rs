//! What breaks in a way of copying, or what to know of it.

use serde::{Deserialize, Serialize};

/// A thing to know before choosing a way.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Caveat {
    /// One copy follows the other, and what stops it stops everything.
    OneAfterTheOther {
        /// Mean time of a copy.
        copy_s: f64,
    },
    /// One process copies, and what stops it stops everything.
    OneProcess,
    /// S3 copies without the machine, which needs threads and no bandwidth.
    NeedsNoBandwidth,
    /// The SDK has to keep a connection for each thread.
    Connections {
        /// Threads.
        threads: u64,
        /// The open files that are usually allowed, where the connections are more.
        beyond_open_files: Option<u64>,
    },
    /// The price of the machine is not in the cost.
    PriceUnknown,
    /// Some pools wait with nothing left to do.
    IdlePools {
        /// Threads that copy, on average.
        busy: f64,
        /// Threads.
        threads: u64,
        /// Median of the time that one pool of as many threads takes.
        one_pool_s: f64,
    },
    /// A longer job would be cut off.
    WouldBeCutOff {
        /// How long a function may run.
        timeout_s: f64,
    },
    /// The job is cut off.
    CutOff {
        /// How long a function may run.
        timeout_s: f64,
        /// Share that is copied by then.
        copied: f64,
        /// Functions that do it in turn; None where none gets anywhere.
        in_turn: Option<u64>,
    },
    /// A function has no more threads.
    MostThreads {
        /// How many it has.
        most: u32,
    },
    /// The memory comes with little of a CPU.
    LittleCpu {
        /// The memory.
        memory_mb: u32,
        /// Share of a CPU.
        share: f64,
    },
    /// What is throttled waits in back-off.
    BackOff {
        /// When all was published.
        published_s: f64,
        /// Longest wait.
        longest_s: f64,
    },
    /// Everything fits into today's limits at once.
    FitsAtOnce {
        /// Objects.
        objects: u64,
    },
    /// The pace is throttled all the same.
    StillThrottled {
        /// Throttled invocations.
        throttles: f64,
    },
    /// Publishing at the pace takes its time.
    PublishingTakes {
        /// How long.
        published_s: f64,
        /// The account's concurrency, where it would have to be raised to publish faster.
        account_concurrency: Option<u32>,
    },
    /// An event source grows to its concurrency.
    QueueGrows {
        /// Copies at once in the beginning.
        first: u32,
        /// Copies that are added in a minute.
        per_min: u32,
        /// How long it grows.
        growth_s: f64,
        /// What it grows to.
        wanted: u64,
    },
    /// The topic refuses messages too often.
    Unpublished {
        /// How many.
        messages: f64,
    },
    /// Copies take longer than a function may run.
    TimedOut {
        /// How many.
        copies: f64,
        /// How long a function may run.
        timeout_s: f64,
    },
    /// Objects are not copied in the end.
    NotCopied {
        /// Share of them.
        share: f64,
    },
    /// AWS decides when it is done.
    TimeUnknown,
    /// Objects are too large for it.
    TooLarge {
        /// How many.
        objects: u64,
        /// The largest that it copies.
        largest_bytes: u64,
    },
}
