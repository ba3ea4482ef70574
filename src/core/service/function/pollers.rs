//! What polls a queue for a function: how many invocations it makes at once, and how that grows.

use crate::service::profile::QueueProfile;
use crate::units::quantity::nanoseconds;

/// Allowance for rounding, in pollers.
const ROUNDING: f64 = 1e-6;

/// The pollers of an event source mapping: 5 at first, and up to 300 more a minute while messages wait.
#[derive(Clone, Debug)]
pub(super) struct Pollers {
    initial: f64,
    most: f64,
    per_ns: f64,
    pause_ns: u64,
    allowed: f64,
    settled_ns: u64,
    busy: u32,
    /// Whether messages wait for a poller.
    wanted: bool,
    paused_until_ns: u64,
}

impl Pollers {
    pub(super) fn new(profile: &QueueProfile) -> Self {
        let most = f64::from(profile.maximum_concurrency.unwrap_or(profile.pollers_maximum));
        let initial = f64::from(profile.pollers_initial).min(most);
        Self {
            initial,
            most,
            per_ns: f64::from(profile.pollers_added_per_minute) / 60e9,
            pause_ns: nanoseconds(profile.throttle_pause_s),
            allowed: initial,
            settled_ns: 0,
            busy: 0,
            wanted: false,
            paused_until_ns: 0,
        }
    }

    /// Whether a poller is free; what waits for one makes their number grow.
    pub(super) fn is_free(&mut self, now_ns: u64) -> bool {
        self.settle(now_ns);
        self.wanted = f64::from(self.busy) + 1.0 > self.allowed + ROUNDING;
        !self.wanted
    }

    /// Nothing waits; an idle mapping falls back to its first pollers.
    pub(super) fn rest(&mut self, now_ns: u64) {
        self.settle(now_ns);
        self.wanted = false;
        if self.busy == 0 {
            self.allowed = self.initial;
        }
    }

    pub(super) fn take(&mut self) {
        self.busy += 1;
    }

    pub(super) fn release(&mut self) {
        self.busy -= 1;
    }

    /// The function had no room: no more pollers for a while.
    pub(super) fn throttled(&mut self, now_ns: u64) {
        self.settle(now_ns);
        self.allowed = self.allowed.min(f64::from(self.busy)).max(self.initial);
        self.paused_until_ns = now_ns + self.pause_ns;
    }

    /// When the next poller comes, if one is waited for and will.
    pub(super) fn next_ns(&self) -> Option<u64> {
        let next = f64::from(self.busy) + 1.0;
        let will_come = self.wanted && next <= self.most + ROUNDING;
        will_come.then(|| {
            let wait_ns = ((next - self.allowed).max(0.0) / self.per_ns).ceil() as u64;
            self.settled_ns.max(self.paused_until_ns) + wait_ns.max(1)
        })
    }

    fn settle(&mut self, now_ns: u64) {
        let from_ns = self.settled_ns.max(self.paused_until_ns);
        if self.wanted && now_ns > from_ns {
            self.allowed = (self.allowed + (now_ns - from_ns) as f64 * self.per_ns).min(self.most);
        }
        self.settled_ns = self.settled_ns.max(now_ns);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Takes every poller there is and counts them.
    fn take_all(pollers: &mut Pollers, now_s: u64) -> u32 {
        while pollers.is_free(now_s * 1_000_000_000) {
            pollers.take();
        }
        pollers.busy
    }

    #[test]
    fn pollers_grow_by_300_a_minute_to_1250() {
        let mut pollers = Pollers::new(&QueueProfile::default());
        let growth = [0, 1, 60, 120, 249, 600].map(|now_s| take_all(&mut pollers, now_s));
        assert_eq!(growth, [5, 10, 305, 605, 1250, 1250]);
        assert_eq!(pollers.next_ns(), None);
        let capped = QueueProfile { maximum_concurrency: Some(100), ..QueueProfile::default() };
        let mut pollers = Pollers::new(&capped);
        assert_eq!([0, 600].map(|now_s| take_all(&mut pollers, now_s)), [5, 100]);
    }

    #[test]
    fn a_throttle_stops_the_growth_for_a_minute() {
        let mut pollers = Pollers::new(&QueueProfile::default());
        take_all(&mut pollers, 0);
        take_all(&mut pollers, 10);
        assert_eq!(pollers.next_ns(), Some(10_200_000_000));
        pollers.throttled(10_000_000_000);
        assert_eq!(pollers.next_ns(), Some(70_200_000_000));
        assert_eq!((take_all(&mut pollers, 70), take_all(&mut pollers, 71)), (55, 60));
    }
}
