//! The time of day.

use tokio::time::Instant;

/// A clock that was set once and follows tokio's from then on, so that virtual time moves it.
#[derive(Debug, Clone, Copy)]
pub struct TimeOfDay {
    set_at: Instant,
    set_to_s: f64,
}

impl TimeOfDay {
    /// A clock that was set to `set_to_s` at `set_at`.
    #[must_use]
    pub fn new(set_at: Instant, set_to_s: f64) -> Self {
        Self { set_at, set_to_s }
    }

    /// A clock that is set to the machine's time of day, in seconds since 1970.
    #[must_use]
    pub fn of_day() -> Self {
        Self::new(Instant::now(), jiff::Timestamp::now().as_duration().as_secs_f64())
    }

    /// Seconds since its zero.
    #[must_use]
    pub fn now_s(&self) -> f64 {
        self.set_to_s + self.set_at.elapsed().as_secs_f64()
    }
}
