//! The model itself: admits a request, says how long it takes, and counts what is in flight.

use std::collections::HashMap;

use super::gauge::Gauge;
use super::noise::Factor;
use super::profile::Profile;
use super::token_bucket::TokenBucket;
use crate::random;

/// What a request asks of the service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ServiceRequest<'a> {
    /// A server-side copy of an object or of a part of one.
    Copy(CopyRequest<'a>),
    /// A small request about `name`: HEAD, LIST, starting or completing a multipart upload.
    Metadata {
        /// What it is about; it decides the luck.
        name: &'a str,
    },
    /// Messages to a topic in one request.
    Publish {
        /// The message, or the first of a batch; it decides the luck.
        message: &'a str,
        /// Number of messages, which the rate limit counts.
        messages: u32,
    },
}

/// A server-side copy of an object or of a part of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CopyRequest<'a> {
    /// The source, as `bucket/key`: its name decides the luck.
    pub source: &'a str,
    /// The destination, as `bucket/key`: its prefix, up to the last `/`, has the rate limit.
    pub destination: &'a str,
    /// Bytes that this request copies.
    pub bytes: u64,
    /// The part, from 1; `None` for a whole object.
    pub part_number: Option<u32>,
    /// How often this source, or this part of it, was asked for before: a retry has its own luck.
    pub ordinal: u64,
}

/// Why a request is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ServiceRefusal {
    /// S3's 503 `SlowDown`: the prefix has used up its rate.
    SlowDown,
    /// SNS's `Throttled`: the region has used up its publish rate.
    Throttled,
    /// S3's 500 `InternalError`: bad luck.
    InternalError,
}

/// What is counted in flight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lane {
    Copy,
    Publish,
    Metadata,
}

/// The service's answer to a request, to be given back with [`ServiceModel::finish`] at its end.
#[derive(Debug, PartialEq, Eq)]
#[must_use = "an admission is in flight until it is given back to `finish`"]
pub struct Admission {
    /// Why the request is refused; `None` when it is served.
    pub refusal: Option<ServiceRefusal>,
    /// Nanoseconds until the answer, refusal or not.
    pub duration_ns: u64,
    lane: Lane,
}

/// Below this many rate limits none is forgotten.
const SWEEP_FLOOR: usize = 1024;

/// A service with its limits, at one moment.
///
/// Noise is keyed by what the request is about and not by the order of the calls, so that the same
/// object meets the same luck under every concurrency.
#[derive(Clone, Debug)]
pub struct ServiceModel {
    profile: Profile,
    copy_factor: Factor,
    seed: u64,
    copies: Gauge,
    publishes: Gauge,
    /// Copies that are served, which are what loads the service; refusals are not.
    copying: u64,
    prefixes: HashMap<u64, TokenBucket>,
    sweep_at: usize,
    publishing: TokenBucket,
}

impl ServiceModel {
    /// An idle service at time 0.
    #[must_use]
    pub fn new(profile: Profile, seed: u64) -> Self {
        Self {
            copy_factor: profile.copy.factor(),
            profile,
            seed,
            copies: Gauge::default(),
            publishes: Gauge::default(),
            copying: 0,
            prefixes: HashMap::new(),
            sweep_at: SWEEP_FLOOR,
            publishing: TokenBucket::default(),
        }
    }

    /// Decides about a request that arrives at `now_ns`; times must not run backwards.
    pub fn admit(&mut self, now_ns: u64, request: &ServiceRequest<'_>) -> Admission {
        let lane = lane(request);
        let refusal = self.refusal(now_ns, request);
        self.enter(now_ns, lane, refusal.is_none());
        let seconds = match refusal {
            Some(_) => self.profile.request.refusal_s,
            None => self.service_s(request),
        };
        Admission { refusal, duration_ns: (seconds * 1e9).round() as u64, lane }
    }

    /// Takes the request of `admission` out of flight at `now_ns`, however it ended.
    pub fn finish(&mut self, now_ns: u64, admission: Admission) {
        let Admission { refusal, lane, duration_ns: _ } = admission;
        match lane {
            Lane::Copy => {
                self.copies.leave(now_ns);
                self.copying -= u64::from(refusal.is_none());
            }
            Lane::Publish => self.publishes.leave(now_ns),
            Lane::Metadata => {}
        }
    }

    /// Copies and parts of copies in flight, refused ones included until they are answered.
    #[must_use]
    pub fn copies(&self) -> &Gauge {
        &self.copies
    }

    /// Publish requests in flight, refused ones included until they are answered.
    #[must_use]
    pub fn publishes(&self) -> &Gauge {
        &self.publishes
    }

    fn enter(&mut self, now_ns: u64, lane: Lane, served: bool) {
        match lane {
            Lane::Copy => {
                self.copies.enter(now_ns);
                self.copying += u64::from(served);
            }
            Lane::Publish => self.publishes.enter(now_ns),
            Lane::Metadata => {}
        }
    }

    fn refusal(&mut self, now_ns: u64, request: &ServiceRequest<'_>) -> Option<ServiceRefusal> {
        match request {
            ServiceRequest::Copy(copy) => self.copy_refusal(now_ns, copy),
            ServiceRequest::Metadata { .. } => None,
            ServiceRequest::Publish { messages, .. } => {
                let rate_per_s = self.profile.publish.rate_per_s;
                let admitted = self.publishing.take(now_ns, f64::from(*messages), rate_per_s);
                (!admitted).then_some(ServiceRefusal::Throttled)
            }
        }
    }

    fn copy_refusal(&mut self, now_ns: u64, copy: &CopyRequest<'_>) -> Option<ServiceRefusal> {
        if !self.take_from_prefix(now_ns, copy.destination) {
            return Some(ServiceRefusal::SlowDown);
        }
        let draw = random::uniform(self.seed, &copy_draw_key(DrawPurpose::Error, copy));
        (draw < self.profile.request.error_rate).then_some(ServiceRefusal::InternalError)
    }

    fn take_from_prefix(&mut self, now_ns: u64, destination: &str) -> bool {
        let rate_per_s = self.profile.request.prefix_rate_per_s;
        if self.prefixes.len() >= self.sweep_at {
            self.prefixes.retain(|_, bucket| !bucket.is_full(now_ns, rate_per_s));
            self.sweep_at = SWEEP_FLOOR.max(2 * self.prefixes.len());
        }
        let prefix = destination.rfind('/').map_or("", |slash| &destination[..=slash]);
        self.prefixes.entry(random::name(prefix)).or_default().take(now_ns, 1.0, rate_per_s)
    }

    /// Seconds to serve an admitted request, the copies in flight already counting it.
    fn service_s(&self, request: &ServiceRequest<'_>) -> f64 {
        let Profile { copy, request: small, publish, .. } = &self.profile;
        let (mean_s, cv, purpose) = match *request {
            ServiceRequest::Copy(request) => {
                let factor =
                    self.copy_factor.draw(self.seed, &copy_draw_key(DrawPurpose::Duration, &request));
                return copy.mean_s(request.bytes, self.copying) * factor;
            }
            ServiceRequest::Metadata { name } => {
                (small.metadata_s, small.metadata_noise_cv, draw_key(DrawPurpose::Metadata, name))
            }
            ServiceRequest::Publish { message, .. } => {
                (publish.base_s, publish.noise_cv, draw_key(DrawPurpose::Publish, message))
            }
        };
        random::lognormal(self.seed, &purpose, mean_s, cv)
    }
}

fn lane(request: &ServiceRequest<'_>) -> Lane {
    match request {
        ServiceRequest::Copy(_) => Lane::Copy,
        ServiceRequest::Metadata { .. } => Lane::Metadata,
        ServiceRequest::Publish { .. } => Lane::Publish,
    }
}

/// What a draw is for, so that draws about the same name stay independent.
#[derive(Clone, Copy)]
enum DrawPurpose {
    Duration,
    Error,
    Metadata,
    Publish,
}

fn draw_key(kind: DrawPurpose, name: &str) -> [u64; 4] {
    [kind as u64, random::name(name), 0, 0]
}

fn copy_draw_key(kind: DrawPurpose, copy: &CopyRequest<'_>) -> [u64; 4] {
    let part = copy.part_number.map_or(0, u64::from);
    [kind as u64, random::name(copy.source), part, copy.ordinal]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SIZE_BYTES: u64 = 700_000_000;

    fn to<'a>(destination: &'a str, source: &'a str, bytes: u64, ordinal: u64) -> ServiceRequest<'a> {
        ServiceRequest::Copy(CopyRequest { source, destination, bytes, part_number: None, ordinal })
    }

    fn copy(source: &str, bytes: u64) -> ServiceRequest<'_> {
        to("target/run/x", source, bytes, 0)
    }

    fn quiet() -> Profile {
        let mut profile = Profile::default();
        profile.copy.noise_cv = 0.0;
        profile
    }

    #[test]
    fn a_loop_over_250_objects_takes_an_hour_and_three_quarters() {
        let mut model = ServiceModel::new(Profile::default(), 1);
        let mut now_ns = 0;
        for object in 0..250u64 {
            let bytes = 600_000_000 + random::word(9, &[object]) % 200_000_001;
            let admission = model.admit(now_ns, &copy(&format!("source/{object}"), bytes));
            assert_eq!(admission.refusal, None);
            now_ns += admission.duration_ns;
            model.finish(now_ns, admission);
        }
        let total_s = now_ns as f64 / 1e9;
        // The standard error of a sum of 250 with a coefficient of variation of 0.26 is 1.7 %.
        assert!((total_s / 6300.0 - 1.0).abs() < 0.05, "{total_s}");
        assert_eq!(model.copies().in_flight_time_ns(now_ns), u128::from(now_ns));
    }

    #[test]
    fn contention_follows_the_scalability_law_exactly() {
        let mut model = ServiceModel::new(quiet(), 1);
        for n in 1..=2000u64 {
            let admission = model.admit(0, &copy("source/a", SIZE_BYTES));
            let (n, others) = (n as f64, n as f64 - 1.0);
            let expected_s = 25.2 * (1.0 + 1e-4 * others + 1e-8 * n * others);
            assert_eq!(admission.duration_ns, (expected_s * 1e9).round() as u64, "at {n}");
        }
        assert_eq!(model.copies().in_flight(), 2000);
    }

    #[test]
    fn a_prefix_over_its_rate_is_slowed_down_and_others_are_not() {
        let mut model = ServiceModel::new(quiet(), 1);
        let admitted = (0..4000).filter(|_| model.admit(0, &copy("s/a", 1)).refusal.is_none()).count();
        assert_eq!(admitted, 3500);
        let refused = model.admit(0, &copy("s/a", 1));
        assert_eq!((refused.refusal, refused.duration_ns), (Some(ServiceRefusal::SlowDown), 20_000_000));
        assert_eq!(model.admit(0, &to("t/x", "s/a", 1, 0)).refusal, None);
        assert_eq!(model.admit(1_000_000_000, &copy("s/a", 1)).refusal, None);
    }

    #[test]
    fn refused_copies_are_counted_but_do_not_slow_others() {
        let mut profile = quiet();
        profile.request.prefix_rate_per_s = 1.0;
        let mut model = ServiceModel::new(profile, 1);
        let served = model.admit(0, &copy("s/a", SIZE_BYTES));
        for _ in 0..500 {
            assert_eq!(model.admit(0, &copy("s/a", SIZE_BYTES)).refusal, Some(ServiceRefusal::SlowDown));
        }
        assert_eq!(model.copies().in_flight(), 501);
        model.finish(served.duration_ns, served);
        let next = model.admit(30_000_000_000, &copy("s/a", SIZE_BYTES));
        assert_eq!((next.refusal, next.duration_ns), (None, 25_200_000_000));
    }

    #[test]
    fn a_batch_counts_its_messages() {
        let mut model = ServiceModel::new(Profile::default(), 1);
        let publish = |messages| ServiceRequest::Publish { message: "m", messages };
        for _ in 0..3000 {
            assert_eq!(model.admit(0, &publish(10)).refusal, None);
        }
        assert_eq!(model.admit(0, &publish(1)).refusal, Some(ServiceRefusal::Throttled));
        assert_eq!(model.publishes().in_flight(), 3001);
        assert_eq!(model.copies().in_flight(), 0);
    }

    #[test]
    fn errors_come_at_their_rate_and_a_retry_is_drawn_anew() {
        let mut profile = quiet();
        profile.request.error_rate = 0.1;
        profile.request.prefix_rate_per_s = 1e9;
        let mut model = ServiceModel::new(profile, 1);
        let mut refusal =
            |object: u64, ordinal| model.admit(0, &to("t/x", &format!("s/{object}"), 1, ordinal)).refusal;
        let failed: Vec<u64> = (0..10_000).filter(|&object| refusal(object, 0).is_some()).collect();
        assert!((900..1100).contains(&failed.len()), "{}", failed.len());
        let failed_again = failed.iter().filter(|&&object| refusal(object, 1).is_some()).count();
        assert!(failed_again < failed.len() / 4, "{failed_again} of {}", failed.len());
    }

    #[test]
    fn full_buckets_are_forgotten() {
        let mut model = ServiceModel::new(quiet(), 1);
        for prefix in 0..100_000u64 {
            let destination = format!("t/{prefix}/x");
            let admission = model.admit(prefix * 1_000_000, &to(&destination, "s/a", 1, 0));
            model.finish(prefix * 1_000_000, admission);
        }
        assert!(model.prefixes.len() <= SWEEP_FLOOR, "{}", model.prefixes.len());
    }

    proptest! {
        #[test]
        fn the_same_object_has_the_same_draws_in_every_order(
            order in Just((0..50u64).collect::<Vec<_>>()).prop_shuffle(), seed in any::<u64>(),
        ) {
            let alone = |object: u64| {
                let mut model = ServiceModel::new(Profile::default(), seed);
                model.admit(0, &copy(&format!("s/{object}"), SIZE_BYTES)).duration_ns
            };
            let mut model = ServiceModel::new(Profile::default(), seed);
            for (now_ns, &object) in (0..).zip(&order) {
                let admission = model.admit(now_ns, &copy(&format!("s/{object}"), SIZE_BYTES));
                prop_assert_eq!(admission.duration_ns, alone(object));
                model.finish(now_ns, admission);
            }
        }
    }
}
