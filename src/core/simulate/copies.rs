//! The copies of one replication: how long they take, and what refuses them.

use crate::law::in_flight_window::{InFlight, Window};
use crate::random;
use crate::service::{CopyProfile, Factor, Profile, RequestProfile, ServiceRefusal, TokenBucket};
use crate::units::quantity::nanoseconds;

/// Words that set this file's draws apart from all others.
const DURATION: u64 = 0x636f_7079;
const ERROR: u64 = 0x636f_6572;

/// A copy as the service sees it.
#[derive(Clone, Copy, Debug)]
pub(super) struct SimulatedCopy {
    pub(super) object: usize,
    pub(super) bytes: u64,
    /// How often the object was asked for before: every time has its own luck.
    pub(super) ordinal: u64,
}

/// The service under the copies of one replication.
pub(super) struct CopyService<'a> {
    copy: &'a CopyProfile,
    request: &'a RequestProfile,
    factor: Factor,
    seed: u64,
    /// One bucket per prefix of the destination.
    prefixes: Vec<TokenBucket>,
    /// Copies that are served, which are what loads the service.
    copying: u64,
    stage: InFlight,
    pub(super) requests: u64,
    pub(super) slow_downs: u64,
    pub(super) errors: u64,
    pub(super) in_flight_peak: u64,
}

impl<'a> CopyService<'a> {
    pub(super) fn new(profile: &'a Profile, prefixes: u32, seed: u64) -> Self {
        Self {
            copy: &profile.copy,
            request: &profile.request,
            factor: profile.copy.factor(),
            seed,
            prefixes: vec![TokenBucket::default(); prefixes.max(1) as usize],
            copying: 0,
            stage: InFlight::new(),
            requests: 0,
            slow_downs: 0,
            errors: 0,
            in_flight_peak: 0,
        }
    }

    /// Starts a copy; the answer says how long it takes and why it is refused, if it is.
    pub(super) fn start(&mut self, now_ns: u64, copy: SimulatedCopy) -> (u64, Option<ServiceRefusal>) {
        self.requests += 1;
        self.stage.started(now_ns);
        let refusal = self.refusal(now_ns, copy);
        let duration_s = match refusal {
            Some(_) => self.request.refusal_s,
            None => {
                self.copying += 1;
                self.in_flight_peak = self.in_flight_peak.max(self.copying);
                let purpose = [DURATION, copy.object as u64, copy.ordinal];
                self.copy.mean_s(copy.bytes, self.copying) * self.factor.draw(self.seed, &purpose)
            }
        };
        (nanoseconds(duration_s), refusal)
    }

    /// Ends the copy that started at `started_ns`.
    pub(super) fn end(&mut self, started_ns: u64, now_ns: u64, refusal: Option<ServiceRefusal>) {
        self.stage.ended(started_ns, now_ns);
        self.copying -= u64::from(refusal.is_none());
    }

    /// What was counted over the copy requests, up to `now_ns`.
    pub(super) fn close(&mut self, now_ns: u64) -> Window {
        self.stage.close(now_ns)
    }

    fn refusal(&mut self, now_ns: u64, copy: SimulatedCopy) -> Option<ServiceRefusal> {
        let prefix = copy.object % self.prefixes.len();
        if !self.prefixes[prefix].take(now_ns, 1.0, self.request.prefix_rate_per_s) {
            self.slow_downs += 1;
            return Some(ServiceRefusal::SlowDown);
        }
        let rate = self.request.error_rate;
        let purpose = [ERROR, copy.object as u64, copy.ordinal];
        let fails = rate > 0.0 && random::uniform(self.seed, &purpose) < rate;
        self.errors += u64::from(fails);
        fails.then_some(ServiceRefusal::InternalError)
    }
}
