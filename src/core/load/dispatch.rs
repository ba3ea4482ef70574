//! The dispatcher: told the time and what ended, it answers what to start, until when to wait, or that all
//! is done. Pacing, concurrency limit, retry, budget and stop rule live here and nowhere else.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, VecDeque};

use super::arrival::{Process, Schedule};
use super::attempt::{AttemptOutcome, JobEnd, RequestKind, Start};
use super::job::{JobProgress, JobStep, Jobs};
use super::pool::{Groups, Pools};
use super::retry::RetryPolicy;

/// How jobs arrive.
#[derive(Debug, Clone)]
pub enum ArrivalModel {
    /// Workers that take the next job when they are free.
    Closed {
        /// Pools beside each other; 1 for a plain pool.
        outer: u32,
        /// Workers in each.
        inner: u32,
        /// The jobs, in groups.
        groups: Groups,
    },
    /// A schedule that does not wait for anybody.
    Open {
        /// Intended starts.
        process: Process,
        /// Jobs in progress beyond which an arrival is not started.
        max_in_flight: u64,
    },
}

/// What a run may use up, whatever the scenario says. Infinite or `u64::MAX` means none.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Budget {
    /// Requests on the wire.
    pub max_requests: u64,
    /// Time from the level's start.
    pub max_duration_ns: u64,
    /// Money, by the two prices below.
    pub max_cost_usd: f64,
    /// Price of one request.
    pub usd_per_request: f64,
    /// Price of one byte moved.
    pub usd_per_byte: f64,
}

impl Budget {
    /// No limit at all.
    pub const UNLIMITED: Self = Self {
        max_requests: u64::MAX,
        max_duration_ns: u64::MAX,
        max_cost_usd: f64::INFINITY,
        usd_per_request: 0.0,
        usd_per_byte: 0.0,
    };
}

/// What one level of a run consists of.
#[derive(Debug, Clone)]
pub struct Level {
    /// How jobs arrive.
    pub arrivals: ArrivalModel,
    /// Jobs to start at most.
    pub max_jobs: u64,
    /// No job starts at or after this time.
    pub duration_ns: u64,
    /// What follows a failed attempt.
    pub retry: RetryPolicy,
    /// Limits.
    pub budget: Budget,
    /// Seed of arrivals and back-offs.
    pub seed: u64,
}

/// Why a level came to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StopReason {
    /// Every job was started, or the arrival process ended.
    Finished,
    /// The stop rule's time was over.
    Duration,
    /// Throughput and latency are known as precisely as was asked.
    Precise,
    /// The stop rule's time was over before they were.
    NotConverged,
    /// A limit on requests was reached.
    MaxRequests,
    /// A limit on time was reached.
    MaxDuration,
    /// A limit on cost was reached.
    MaxCost,
    /// The user asked for it.
    Interrupted,
}

impl StopReason {
    /// Whether it ends the whole run, not only the level.
    #[must_use]
    pub fn ends_run(self) -> bool {
        !matches!(self, Self::Finished | Self::Duration | Self::Precise | Self::NotConverged)
    }
}

/// What a driver has to do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Start this attempt now, then ask again.
    Start(Start),
    /// Count an arrival that could not start because too many jobs were in progress, then ask again.
    Skip {
        /// When it should have started.
        intended_ns: u64,
    },
    /// Wait for this time, or for an attempt to end, whichever is first; None: only an end can help.
    Wait(Option<u64>),
    /// Nothing is in flight and nothing will start.
    Finished(StopReason),
}

#[derive(Debug)]
struct Active {
    object: u64,
    items: u32,
    intended_ns: u64,
    worker: Option<u32>,
    progress: JobProgress,
}

/// A request that is to be made, ordered by due time, then by the order of its making.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Pending {
    due_ns: u64,
    order: u64,
    job: u64,
    request: RequestKind,
    attempt: u32,
}

enum JobSource {
    Closed(Pools),
    Open { schedule: Schedule, max_in_flight: u64, next_job: u64 },
}

/// The state of one level.
pub struct Dispatcher<J: Jobs> {
    jobs: J,
    level: Level,
    source: JobSource,
    active: HashMap<u64, Active>,
    in_flight: u64,
    ready: VecDeque<Pending>,
    waiting: BinaryHeap<Reverse<Pending>>,
    order: u64,
    stopped: Option<StopReason>,
    requests: u64,
    cost_usd: f64,
}

impl<J: Jobs> Dispatcher<J> {
    /// A level at its beginning.
    pub fn new(jobs: J, level: Level) -> Self {
        let source = match level.arrivals.clone() {
            ArrivalModel::Closed { outer, inner, groups } => {
                JobSource::Closed(Pools::new(outer, inner, groups))
            }
            ArrivalModel::Open { process, max_in_flight } => {
                JobSource::Open { schedule: Schedule::new(process, level.seed), max_in_flight, next_job: 0 }
            }
        };
        Self {
            jobs,
            level,
            source,
            active: HashMap::new(),
            in_flight: 0,
            ready: VecDeque::new(),
            waiting: BinaryHeap::new(),
            order: 0,
            stopped: None,
            requests: 0,
            cost_usd: 0.0,
        }
    }

    /// Attempts started and not ended.
    #[must_use]
    pub fn in_flight(&self) -> u64 {
        self.in_flight
    }

    /// What is left of the budget for a level that begins at `now_ns`.
    #[must_use]
    pub fn budget_left(&self, now_ns: u64) -> Budget {
        let budget = &self.level.budget;
        let max_duration_ns = match budget.max_duration_ns {
            u64::MAX => u64::MAX,
            limit => limit.saturating_sub(now_ns),
        };
        Budget {
            max_requests: budget.max_requests.saturating_sub(self.requests),
            max_duration_ns,
            max_cost_usd: (budget.max_cost_usd - self.cost_usd).max(0.0),
            ..*budget
        }
    }

    /// What to do at `now_ns`.
    pub fn poll(&mut self, now_ns: u64) -> Action {
        if now_ns >= self.level.budget.max_duration_ns {
            self.stop(StopReason::MaxDuration);
        }
        while self.waiting.peek().is_some_and(|Reverse(pending)| pending.due_ns <= now_ns) {
            self.ready.extend(self.waiting.pop().map(|Reverse(pending)| pending));
        }
        loop {
            if self.ready.is_empty()
                && let Some(skip) = self.arrive(now_ns)
            {
                return skip;
            }
            match self.ready.pop_front() {
                Some(pending) => {
                    if let Some(start) = self.start(now_ns, pending) {
                        return Action::Start(start);
                    }
                }
                None if self.active.is_empty() && !self.expects_arrivals() => {
                    return Action::Finished(self.stopped.unwrap_or(StopReason::Finished));
                }
                None => return Action::Wait(self.next_event_ns()),
            }
        }
    }

    /// Takes the end of an attempt, and says whether its job ended with it.
    pub fn ended(&mut self, now_ns: u64, start: &Start, outcome: AttemptOutcome) -> Option<JobEnd> {
        self.in_flight = self.in_flight.saturating_sub(1);
        let ok = outcome == AttemptOutcome::Ok;
        let gave_up = start.request != RequestKind::AbortUpload
            && (self.stopped.is_some_and(StopReason::ends_run)
                || self.active.get(&start.job).is_none_or(|job| job.progress.has_failed()));
        if outcome.is_retryable() && !gave_up {
            let part = start.request.part();
            if let Some(wait_ns) =
                self.level.retry.back_off_ns(self.level.seed, start.job, part, start.attempt)
            {
                let due_ns = now_ns.saturating_add(wait_ns);
                let again = self.pending(due_ns, start.job, start.request, start.attempt + 1);
                self.waiting.push(Reverse(again));
                return None;
            }
        }
        let step = self.active.get_mut(&start.job)?.progress.ended(start.request, ok);
        self.follow(now_ns, start.job, step)
    }

    /// The interrupt or limit that has ended the run, so that only what is in flight goes on.
    #[must_use]
    pub fn ends_the_run(&self) -> Option<StopReason> {
        self.stopped.filter(|reason| reason.ends_run())
    }

    /// Starts no further job. Where the reason ends the whole run no further retry is made either; what is in
    /// flight may end.
    pub fn stop(&mut self, reason: StopReason) {
        if self.stopped.is_some_and(StopReason::ends_run) {
            return;
        }
        if !reason.ends_run() {
            self.stopped.get_or_insert(reason);
            return;
        }
        self.stopped = Some(reason);
        let cancelled: Vec<Pending> =
            self.ready.drain(..).chain(self.waiting.drain().map(|Reverse(pending)| pending)).collect();
        for pending in cancelled {
            self.cancel(pending.due_ns, pending);
        }
    }

    /// Ends a request that will not be made.
    fn cancel(&mut self, now_ns: u64, pending: Pending) {
        let Some(job) = self.active.get_mut(&pending.job) else { return };
        let step = match pending.request {
            // An upload that was begun is still aborted, so that nothing is left behind.
            RequestKind::AbortUpload => JobStep::Request(RequestKind::AbortUpload),
            request => job.progress.ended(request, false),
        };
        self.follow(now_ns, pending.job, step);
    }

    /// Moves arrivals that are due into the ready queue; answers with an action where one is skipped.
    fn arrive(&mut self, now_ns: u64) -> Option<Action> {
        if !self.expects_arrivals() {
            return None;
        }
        let duration_ns = self.level.duration_ns;
        match &mut self.source {
            JobSource::Closed(_) if now_ns >= duration_ns => {
                self.stopped = Some(StopReason::Duration);
                None
            }
            JobSource::Closed(pools) => {
                let (job, slot) = pools.acquire()?;
                self.begin(job, slot.free_since_ns, Some(slot.worker));
                None
            }
            JobSource::Open { schedule, max_in_flight, next_job } => {
                let intended_ns = schedule.peek()?;
                if intended_ns >= duration_ns {
                    self.stopped = Some(StopReason::Duration);
                    return None;
                }
                if intended_ns > now_ns {
                    return None;
                }
                schedule.advance();
                if self.active.len() as u64 >= *max_in_flight {
                    return Some(Action::Skip { intended_ns });
                }
                let job = *next_job;
                *next_job += 1;
                self.begin(job, intended_ns, None);
                None
            }
        }
    }

    fn begin(&mut self, number: u64, intended_ns: u64, worker: Option<u32>) {
        let job = self.jobs.job(number);
        let (progress, request) = JobProgress::begin(&job);
        let active = Active { object: job.object, items: job.items, intended_ns, worker, progress };
        self.active.insert(number, active);
        self.queue(intended_ns, number, request);
    }

    /// The first attempt at a request, as soon as may be.
    fn queue(&mut self, due_ns: u64, job: u64, request: RequestKind) {
        let first = self.pending(due_ns, job, request, 1);
        self.ready.push_back(first);
    }

    fn pending(&mut self, due_ns: u64, job: u64, request: RequestKind, attempt: u32) -> Pending {
        self.order += 1;
        Pending { due_ns, order: self.order, job, request, attempt }
    }

    /// The start of a request that is due, None where its job has failed or a limit forbids it.
    fn start(&mut self, now_ns: u64, pending: Pending) -> Option<Start> {
        let job = self.active.get(&pending.job)?;
        if job.progress.has_failed() && matches!(pending.request, RequestKind::CopyPart(_)) {
            self.cancel(now_ns, pending);
            return None;
        }
        let start = Start {
            job: pending.job,
            object: job.object,
            request: pending.request,
            attempt: pending.attempt,
            worker: job.worker,
            job_intended_ns: job.intended_ns,
            intended_ns: pending.due_ns,
            bytes: job.progress.bytes_of(pending.request),
            items: job.items,
        };
        if let Some(reason) = self.over_budget(&start) {
            self.stop(reason);
            self.cancel(now_ns, pending);
            return None;
        }
        self.in_flight += 1;
        Some(start)
    }

    /// Charges the budget with an attempt, or says which limit forbids it. Aborting an upload is always allowed.
    fn over_budget(&mut self, start: &Start) -> Option<StopReason> {
        let budget = &self.level.budget;
        let cost = budget.usd_per_request + budget.usd_per_byte * start.bytes as f64;
        if start.request != RequestKind::AbortUpload {
            if self.requests >= budget.max_requests {
                return Some(StopReason::MaxRequests);
            }
            if self.cost_usd + cost > budget.max_cost_usd {
                return Some(StopReason::MaxCost);
            }
        }
        self.requests += 1;
        self.cost_usd += cost;
        None
    }

    fn follow(&mut self, now_ns: u64, number: u64, step: JobStep) -> Option<JobEnd> {
        match step {
            JobStep::Wait => None,
            JobStep::Request(request) => {
                self.queue(now_ns, number, request);
                None
            }
            JobStep::Parts if self.stopped.is_some_and(StopReason::ends_run) => {
                let step = self.active.get_mut(&number)?.progress.give_up();
                self.follow(now_ns, number, step)
            }
            JobStep::Parts => {
                while let Some(part) = self.active.get_mut(&number)?.progress.next_part() {
                    self.queue(now_ns, number, part);
                }
                None
            }
            JobStep::Done => self.finish(now_ns, number, JobEnd::Done),
            JobStep::Failed => self.finish(now_ns, number, JobEnd::Failed),
        }
    }

    fn finish(&mut self, now_ns: u64, number: u64, end: JobEnd) -> Option<JobEnd> {
        let job = self.active.remove(&number)?;
        if let (JobSource::Closed(pools), Some(worker)) = (&mut self.source, job.worker) {
            pools.release(worker, now_ns);
        }
        Some(end)
    }

    fn expects_arrivals(&mut self) -> bool {
        self.stopped.is_none()
            && match &mut self.source {
                JobSource::Closed(pools) => !pools.is_exhausted(),
                JobSource::Open { schedule, next_job, .. } => {
                    *next_job < self.level.max_jobs && schedule.peek().is_some()
                }
            }
    }

    /// The next time at which something becomes due by itself.
    fn next_event_ns(&mut self) -> Option<u64> {
        let retry = self.waiting.peek().map(|Reverse(pending)| pending.due_ns);
        let arrival = match &mut self.source {
            JobSource::Open { schedule, next_job, .. }
                if self.stopped.is_none() && *next_job < self.level.max_jobs =>
            {
                schedule.peek()
            }
            _ => None,
        };
        let limit = Some(self.level.budget.max_duration_ns)
            .filter(|&limit| limit != u64::MAX && !self.stopped.is_some_and(StopReason::ends_run));
        [retry, arrival, limit].into_iter().flatten().min()
    }
}
