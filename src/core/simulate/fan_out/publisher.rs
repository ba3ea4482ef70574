//! The publisher: threads that publish batches of messages, paced or as fast as they can.

use serde::{Deserialize, Serialize};

use super::event::{FanOutEvent, PublisherEvent};
use crate::law::in_flight_window::{InFlight, Window};
use crate::load::arrival::{Process, Schedule, Spacing};
use crate::load::retry::RetryPolicy;
use crate::random;
use crate::service::{Profile, PublishProfile, Timers, TokenBucket};
use crate::units::quantity::nanoseconds;

/// Words that set this file's draws apart from all others.
const PUBLISH: u64 = 0x7075_626c;
const BACK_OFF: u64 = 0x7075_6261;

/// Who publishes, and how fast.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Publisher {
    /// Publish requests at the same time, at most.
    pub threads: u32,
    /// Messages of a request, 1 to 10.
    pub batch_size: u32,
    /// Messages per second; without it every thread publishes as fast as the topic answers.
    pub rate_per_s: Option<f64>,
    /// How the requests are spread around the rate.
    pub spacing: Spacing,
}

/// What an answer means for the messages of a request.
pub(super) enum PublishResult {
    /// Nothing yet.
    Pending,
    /// The topic has these messages.
    Published(std::ops::Range<usize>),
    /// The publisher has given up these messages.
    GivenUp(std::ops::Range<usize>),
}

/// The publisher at work.
pub(super) struct Publishing<'a> {
    publisher: Publisher,
    profile: &'a PublishProfile,
    refusal_ns: u64,
    retry: RetryPolicy,
    seed: u64,
    messages: usize,
    schedule: Option<Schedule>,
    idle_threads: u32,
    next: u32,
    armed: bool,
    bucket: TokenBucket,
    stage: InFlight,
    pub(super) throttles: u64,
    pub(super) requests: u64,
    pub(super) ended_ns: u64,
}

impl<'a> Publishing<'a> {
    pub(super) fn new(
        publisher: Publisher,
        messages: usize,
        profile: &'a Profile,
        retry: RetryPolicy,
        seed: u64,
    ) -> Self {
        let batch = f64::from(publisher.batch_size.max(1));
        let schedule = publisher
            .rate_per_s
            .map(|rate_per_s| Schedule::new(Process::constant(rate_per_s / batch, publisher.spacing), seed));
        Self {
            publisher,
            profile: &profile.publish,
            refusal_ns: nanoseconds(profile.request.refusal_s),
            retry,
            seed,
            messages,
            schedule,
            idle_threads: publisher.threads.max(1),
            next: 0,
            armed: false,
            bucket: TokenBucket::default(),
            stage: InFlight::new(),
            throttles: 0,
            requests: 0,
            ended_ns: 0,
        }
    }

    /// Starts what is due and what a thread is free for.
    pub(super) fn proceed(&mut self, now_ns: u64, timers: &mut Timers<FanOutEvent>) {
        while self.idle_threads > 0 && self.range(self.next).start < self.messages {
            let due_ns = self.schedule.as_mut().and_then(Schedule::peek).unwrap_or(0);
            if due_ns > now_ns {
                if !self.armed {
                    self.armed = true;
                    timers.set(due_ns, FanOutEvent::Publisher(PublisherEvent::Due));
                }
                return;
            }
            if let Some(schedule) = &mut self.schedule {
                schedule.advance();
            }
            self.idle_threads -= 1;
            let request = self.next;
            self.next += 1;
            self.request(now_ns, request, 1, timers);
        }
    }

    pub(super) fn handle(
        &mut self,
        now_ns: u64,
        event: PublisherEvent,
        timers: &mut Timers<FanOutEvent>,
    ) -> PublishResult {
        let (request, attempt, refused, started_ns) = match event {
            PublisherEvent::Due => {
                self.armed = false;
                self.proceed(now_ns, timers);
                return PublishResult::Pending;
            }
            PublisherEvent::Again { request, attempt } => {
                self.request(now_ns, request, attempt, timers);
                return PublishResult::Pending;
            }
            PublisherEvent::Answered { request, attempt, refused, started_ns } => {
                (request, attempt, refused, started_ns)
            }
        };
        self.stage.ended(started_ns, now_ns);
        if refused {
            self.throttles += 1;
            let seed = self.seed ^ BACK_OFF;
            if let Some(wait_ns) = self.retry.back_off_ns(seed, u64::from(request), 0, u32::from(attempt)) {
                let again = PublisherEvent::Again { request, attempt: attempt.saturating_add(1) };
                timers.set(now_ns.saturating_add(wait_ns), FanOutEvent::Publisher(again));
                return PublishResult::Pending;
            }
        }
        self.idle_threads += 1;
        self.ended_ns = now_ns;
        self.proceed(now_ns, timers);
        if refused {
            PublishResult::GivenUp(self.range(request))
        } else {
            PublishResult::Published(self.range(request))
        }
    }

    /// What was counted over the publish requests, up to `now_ns`.
    pub(super) fn close(&mut self, now_ns: u64) -> Window {
        self.stage.close(now_ns)
    }

    /// The messages of a request.
    fn range(&self, request: u32) -> std::ops::Range<usize> {
        let batch = self.publisher.batch_size.max(1) as usize;
        let start = request as usize * batch;
        start..(start + batch).min(self.messages)
    }

    fn request(&mut self, now_ns: u64, request: u32, attempt: u16, timers: &mut Timers<FanOutEvent>) {
        let messages = self.range(request).len() as f64;
        let refused = !self.bucket.take(now_ns, messages, self.profile.rate_per_s);
        let duration_ns = if refused {
            self.refusal_ns
        } else {
            let PublishProfile { base_s, noise_cv, .. } = *self.profile;
            let purpose = [PUBLISH, u64::from(request), u64::from(attempt)];
            match base_s {
                0.0 => 0,
                _ => nanoseconds(random::lognormal(self.seed, &purpose, base_s, noise_cv)),
            }
        };
        self.requests += 1;
        self.stage.started(now_ns);
        let answered = PublisherEvent::Answered { request, attempt, refused, started_ns: now_ns };
        timers.set(now_ns + duration_ns, FanOutEvent::Publisher(answered));
    }
}
