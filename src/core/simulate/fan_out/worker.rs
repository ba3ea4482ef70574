//! What an invocation does: it copies the objects of its messages one after the other, with retries of its own.

use super::event::FanOutEvent;
use crate::law::in_flight_window::Window;
use crate::load::retry::RetryPolicy;
use crate::service::function::{FunctionPipeline, Invocation, InvocationEnd, Member};
use crate::service::{ServiceRefusal, Timers};
use crate::simulate::copies::{CopyService, SimulatedCopy};

/// Attempts of one invocation at one object are numbered apart from those of the next.
const ATTEMPTS: u64 = 1 << 16;

/// The copy that an invocation waits for.
#[derive(Clone, Copy, Debug)]
struct Flight {
    started_ns: u64,
    refusal: Option<ServiceRefusal>,
}

/// An invocation at work.
#[derive(Clone, Copy, Debug)]
struct RunningInvocation {
    member: usize,
    attempt: u32,
    failed: u16,
    deadline_ns: u64,
    error_at: Option<f64>,
    flight: Option<Flight>,
    /// Whether the step that is due is not the end of the flight but of the invocation.
    cut: Option<CutReason>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum CutReason {
    Crash,
    Timeout,
}

/// All invocations at work, by their numbers, and what they have copied.
pub(super) struct Workers<'a> {
    sizes_bytes: &'a [u64],
    pub(super) copies: CopyService<'a>,
    retry: RetryPolicy,
    seed: u64,
    workers: Vec<RunningInvocation>,
    /// Ends of every object's first and last copy; 0 while there is none.
    first_ns: Vec<u64>,
    last_ns: Vec<u64>,
    /// Objects that have been copied at least once.
    pub(super) copied: u64,
    pub(super) repeated: u64,
    pub(super) timeouts: u64,
}

impl<'a> Workers<'a> {
    pub(super) fn new(
        sizes_bytes: &'a [u64],
        copies: CopyService<'a>,
        retry: RetryPolicy,
        seed: u64,
    ) -> Self {
        Self {
            sizes_bytes,
            copies,
            retry,
            seed,
            workers: Vec::new(),
            first_ns: vec![0; sizes_bytes.len()],
            last_ns: vec![0; sizes_bytes.len()],
            copied: 0,
            repeated: 0,
            timeouts: 0,
        }
    }

    /// An invocation begins; its first step is the end of its cold start.
    pub(super) fn begin(
        &mut self,
        now_ns: u64,
        invocation: &Invocation,
        consumer: &FunctionPipeline,
        timers: &mut Timers<FanOutEvent>,
    ) {
        let ready_ns = now_ns + invocation.cold_start_ns;
        let worker = RunningInvocation {
            member: 0,
            attempt: 1,
            failed: 0,
            deadline_ns: ready_ns.saturating_add(invocation.work_ns()),
            error_at: invocation.error_at,
            flight: None,
            cut: None,
        };
        let id = invocation.id as usize;
        if id >= self.workers.len() {
            self.workers.resize(id + 1, worker);
        }
        self.workers[id] = worker;
        if ready_ns == now_ns {
            self.copy(now_ns, invocation.id, consumer, timers);
        } else {
            timers.set(ready_ns, FanOutEvent::Worker(invocation.id));
        }
    }

    /// What an invocation waited for has come.
    pub(super) fn step(
        &mut self,
        now_ns: u64,
        id: u32,
        consumer: &mut FunctionPipeline,
        timers: &mut Timers<FanOutEvent>,
    ) {
        let worker = &mut self.workers[id as usize];
        let flight = worker.flight.take();
        if let Some(Flight { started_ns, refusal }) = flight {
            self.copies.end(started_ns, now_ns, refusal);
        }
        if let Some(cut) = worker.cut {
            self.timeouts += u64::from(cut == CutReason::Timeout);
            consumer.ended(now_ns, id, InvocationEnd::Failed);
            return;
        }
        match flight.map(|flight| flight.refusal) {
            None => self.copy(now_ns, id, consumer, timers),
            Some(None) => {
                if let Some(member) = consumer.members(id).nth(worker.member) {
                    self.copy_ended(now_ns, member.key as usize);
                }
                self.next_member(now_ns, id, consumer, timers);
            }
            Some(Some(_)) => self.retry(now_ns, id, consumer, timers),
        }
    }

    pub(super) fn close(&mut self, now_ns: u64) -> Window {
        self.copies.close(now_ns)
    }

    pub(super) fn last_first_copy_ns(&self) -> u64 {
        self.first_ns.iter().copied().max().unwrap_or(0)
    }

    pub(super) fn last_modified_span_ns(&self) -> u64 {
        let copied = || self.last_ns.iter().copied().filter(|&ended_ns| ended_ns > 0);
        copied().max().unwrap_or(0) - copied().min().unwrap_or(0)
    }

    /// Asks for the copy of the object that is next, unless the invocation's time is over before.
    fn copy(&mut self, now_ns: u64, id: u32, consumer: &FunctionPipeline, timers: &mut Timers<FanOutEvent>) {
        let worker = &mut self.workers[id as usize];
        let Some(Member { key, ordinal }) = consumer.members(id).nth(worker.member) else { return };
        let object = key as usize;
        let ordinal = u64::from(ordinal) * ATTEMPTS + u64::from(worker.attempt - 1);
        let copy = SimulatedCopy { object, bytes: self.sizes_bytes[object], ordinal };
        let (duration_ns, refusal) = self.copies.start(now_ns, copy);
        worker.flight = Some(Flight { started_ns: now_ns, refusal });
        let mut due_ns = now_ns.saturating_add(duration_ns);
        if let Some(share) = worker.error_at {
            due_ns = now_ns + (duration_ns as f64 * share) as u64;
            worker.cut = Some(CutReason::Crash);
        }
        schedule(worker, id, due_ns, timers);
    }

    /// Waits before the same object is asked for again, or leaves it.
    fn retry(
        &mut self,
        now_ns: u64,
        id: u32,
        consumer: &mut FunctionPipeline,
        timers: &mut Timers<FanOutEvent>,
    ) {
        let worker = &mut self.workers[id as usize];
        let member = consumer.members(id).nth(worker.member).unwrap_or_default();
        // Another invocation of the same object backs off on its own.
        let part = member.ordinal;
        match self.retry.back_off_ns(self.seed, member.key, part, worker.attempt) {
            Some(wait_ns) => {
                worker.attempt += 1;
                schedule(worker, id, now_ns.saturating_add(wait_ns), timers);
            }
            None => {
                worker.failed |= 1 << worker.member;
                self.next_member(now_ns, id, consumer, timers);
            }
        }
    }

    fn next_member(
        &mut self,
        now_ns: u64,
        id: u32,
        consumer: &mut FunctionPipeline,
        timers: &mut Timers<FanOutEvent>,
    ) {
        let worker = &mut self.workers[id as usize];
        worker.member += 1;
        worker.attempt = 1;
        let members = consumer.members(id).len();
        if worker.member < members {
            self.copy(now_ns, id, consumer, timers);
            return;
        }
        let end = match worker.failed.count_ones() as usize {
            0 => InvocationEnd::Ok,
            failed if failed == members => InvocationEnd::Failed,
            _ => InvocationEnd::Partial(worker.failed),
        };
        consumer.ended(now_ns, id, end);
    }

    fn copy_ended(&mut self, now_ns: u64, object: usize) {
        self.last_ns[object] = now_ns;
        if self.first_ns[object] == 0 {
            self.first_ns[object] = now_ns;
            self.copied += 1;
        } else {
            self.repeated += 1;
        }
    }
}

/// Sets the next step of an invocation, which is its timeout if that comes first.
fn schedule(worker: &mut RunningInvocation, id: u32, due_ns: u64, timers: &mut Timers<FanOutEvent>) {
    if due_ns > worker.deadline_ns {
        worker.cut = Some(CutReason::Timeout);
    }
    timers.set(due_ns.min(worker.deadline_ns), FanOutEvent::Worker(id));
}
