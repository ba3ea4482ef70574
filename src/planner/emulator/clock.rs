//! The endpoint's time: tokio's, so that a paused runtime gives virtual time.

use std::sync::OnceLock;
use std::time::{Duration, SystemTime};

use tokio::time::Instant;

/// Tokio's timer wakes at the first whole millisecond after a deadline. Aiming half a millisecond
/// early rounds to the nearest instead, so that short requests are not all late on average.
const HALF_TICK: Duration = Duration::from_micros(500);

/// Nanoseconds since the endpoint started, and what time of day that was.
#[derive(Debug)]
pub(super) struct EndpointClock {
    start: Instant,
    start_of_day: SystemTime,
    /// The same by the machine's time of day, once clients beyond this process see it.
    seen_start_of_day: OnceLock<SystemTime>,
}

impl EndpointClock {
    pub(super) fn start() -> Self {
        // A whole second: S3 tells whole seconds, and two things are in the same one in every run or in none.
        let since_1970 = wall_time().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let start_of_day = SystemTime::UNIX_EPOCH + Duration::from_secs(since_1970.as_secs());
        Self { start: Instant::now(), start_of_day, seen_start_of_day: OnceLock::new() }
    }

    /// From now on the time of day is the machine's, to which clients of a served endpoint compare it.
    pub(super) fn follow_time_of_day(&self) {
        self.seen_start_of_day.get_or_init(|| wall_time() - self.start.elapsed());
    }

    /// Nanoseconds since the start.
    pub(super) fn now_ns(&self) -> u64 {
        self.start.elapsed().as_nanos() as u64
    }

    /// When it is `at_ns`, by tokio's clock.
    pub(super) fn instant(&self, at_ns: u64) -> Instant {
        self.start + Duration::from_nanos(at_ns)
    }

    /// The time of day at `now_ns`; it moves with virtual time.
    pub(super) fn time_of_day(&self, now_ns: u64) -> SystemTime {
        *self.seen_start_of_day.get().unwrap_or(&self.start_of_day) + Duration::from_nanos(now_ns)
    }

    /// Waits for `duration_ns`, to the nearest millisecond.
    pub(super) async fn wait(&self, duration_ns: u64) {
        tokio::time::sleep(Duration::from_nanos(duration_ns).saturating_sub(HALF_TICK)).await;
    }
}

/// The machine's time of day, by which clients sign; virtual time does not move it.
#[expect(clippy::disallowed_methods, reason = "signatures are dated by the machine's time of day")]
pub(super) fn wall_time() -> SystemTime {
    SystemTime::now()
}
