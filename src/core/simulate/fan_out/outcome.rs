//! What one simulated fan-out came to.

use serde::{Deserialize, Serialize};

use crate::law::in_flight_window::Window;
use crate::service::function::MetricPeriod;

/// What was counted at every stage from time 0 to the end of the last event, for Little's law.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FanOutWindows {
    /// Publish requests.
    pub publish: Window,
    /// Messages between the publishing and the delivery.
    pub delivery: Window,
    /// Messages that wait for an invocation, throttled or not, back-off included.
    pub queued: Window,
    /// Invocations, cold start included.
    pub function: Window,
    /// Copy requests, refused ones included.
    pub copy: Window,
}

impl FanOutWindows {
    /// The stages with their names, in the order of a message's way.
    #[must_use]
    pub fn named(&self) -> [(&'static str, &Window); 5] {
        [
            ("publish", &self.publish),
            ("delivery", &self.delivery),
            ("queued", &self.queued),
            ("function", &self.function),
            ("copy", &self.copy),
        ]
    }
}

/// What one replication of a fan-out came to.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct FanOutOutcome {
    /// From the start of publishing to the end of the last object's first copy, in seconds.
    pub makespan_s: f64,
    /// Latest less earliest end of an object's last copy, in seconds: what LastModified shows afterwards.
    pub last_modified_span_s: f64,
    /// When the last publish request was answered, in seconds.
    pub published_s: f64,
    /// Messages whose object was copied by an invocation that returned without error.
    pub copied: u64,
    /// Messages that were given up and kept.
    pub dead_lettered: u64,
    /// Messages that were given up and not kept, or never published.
    pub lost: u64,
    /// Messages that were never published.
    pub unpublished: u64,
    /// Copies of objects that had been copied before.
    pub repeated_copies: u64,
    /// Most copies served at the same time.
    pub copies_in_flight_peak: u64,
    /// Publish requests.
    pub publish_requests: u64,
    /// Publish requests that the topic throttled.
    pub publish_throttles: u64,
    /// Copy requests.
    pub copy_requests: u64,
    /// Copy requests that a prefix slowed down.
    pub slow_downs: u64,
    /// Copy requests that failed inside the service.
    pub copy_errors: u64,
    /// Invocations that were cut off.
    pub timeouts: u64,
    /// Memory times billed duration, in gigabyte-seconds.
    pub billed_gb_s: f64,
    /// What CloudWatch would have counted, over the whole replication.
    pub metrics: MetricPeriod,
    /// X, N and R of every stage.
    pub stages: FanOutWindows,
}

impl FanOutOutcome {
    /// Most executions of the function at the same time.
    #[must_use]
    pub fn in_flight_peak(&self) -> u64 {
        self.metrics.concurrent_executions_max
    }

    /// Whether every object was copied within `deadline_s`.
    #[must_use]
    pub fn meets(&self, deadline_s: f64) -> bool {
        self.dead_lettered + self.lost == 0 && self.makespan_s <= deadline_s
    }
}
