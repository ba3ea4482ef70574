//! A pool of workers that drains a finite batch in order: the schedule of one pool of the dispatcher, without its
//! attempts and records, for planning with millions of drains.
//!
//! Whoever is free first takes the next job. Free workers wait in a calendar queue (Brown 1988): slots of equal
//! width, sorted when their turn comes. The schedule is exact whatever the width.

use serde::{Deserialize, Serialize};

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::ops::ControlFlow;

/// Slots of the calendar at most: more would not fit a cache.
const MAX_SLOTS: u64 = 1 << 20;
/// The end of a list of workers.
const NONE: u32 = u32::MAX;

/// When the workers of a pool begin.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Ramp {
    /// Workers that begin per second, evenly, the first at 0; None when all begin at once.
    pub per_s: Option<f64>,
}

impl Ramp {
    /// When worker number `worker`, from 0, begins.
    pub(crate) fn start_ns(self, worker: u64) -> u64 {
        self.per_s.map_or(0, |per_s| (worker as f64 / per_s * 1e9).round() as u64)
    }

    /// When the worker with so many before it begins, in seconds.
    #[must_use]
    pub fn delay_s(self, before: f64) -> f64 {
        self.per_s.map_or(0.0, |per_s| before / per_s)
    }

    /// Mean time that `workers` workers lose before they begin, in seconds.
    #[must_use]
    pub fn mean_delay_s(self, workers: f64) -> f64 {
        self.per_s.map_or(0.0, |per_s| (workers - 1.0).max(0.0) / 2.0 / per_s)
    }
}

/// How many jobs are in progress from a moment on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DrainStep {
    /// The moment, in nanoseconds from the start.
    pub at_ns: u64,
    /// Jobs in progress.
    pub in_flight: u64,
    /// Jobs that have ended.
    pub done: u64,
}

/// The memory of a drain, to be used for one after the other.
#[derive(Debug, Default)]
pub struct PoolDrain {
    /// The first worker of each slot.
    first: Vec<u32>,
    /// What each worker waits for.
    waiting: Vec<Waiting>,
    /// The workers of the slot in turn, latest first.
    turn: Vec<(u64, u32)>,
    /// Workers that came back within the slot in turn.
    back: BinaryHeap<Reverse<(u64, u32)>>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Waiting {
    free_ns: u64,
    /// The next worker in the same slot.
    next: u32,
}

impl PoolDrain {
    /// When the last job ends: `times_ns` is how long each holds its worker, in the order of their start. None as
    /// soon as one would end after `until_ns`, and None when there are jobs but no worker.
    pub fn makespan_ns(&mut self, times_ns: &[u64], workers: u64, ramp: Ramp, until_ns: u64) -> Option<u64> {
        let mut last_ns = 0;
        let drained = self.drain(times_ns, workers, ramp, until_ns, |_, end_ns| {
            last_ns = last_ns.max(end_ns);
            if end_ns > until_ns { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        (drained.is_continue() && (workers > 0 || times_ns.is_empty())).then_some(last_ns)
    }

    /// How many jobs have ended by `until_ns`.
    pub(crate) fn ended_by(&mut self, times_ns: &[u64], workers: u64, ramp: Ramp, until_ns: u64) -> u64 {
        let mut ended = 0;
        let _never_broken = self.drain(times_ns, workers, ramp, until_ns, |_, end_ns| {
            ended += u64::from(end_ns <= until_ns);
            ControlFlow::Continue(())
        });
        ended
    }

    /// How many jobs are in progress from when on, ascending in time, until none is.
    pub fn in_flight(&mut self, times_ns: &[u64], workers: u64, ramp: Ramp) -> Vec<DrainStep> {
        let (mut starts, mut ends) = (Vec::new(), Vec::new());
        let _never_broken = self.drain(times_ns, workers, ramp, u64::MAX, |start_ns, end_ns| {
            starts.push(start_ns);
            ends.push(end_ns);
            ControlFlow::Continue(())
        });
        ends.sort_unstable();
        let mut steps: Vec<DrainStep> = Vec::new();
        let (mut started, mut ended) = (0, 0);
        while let Some(&end_ns) = ends.get(ended) {
            let now_ns = starts.get(started).map_or(end_ns, |&start_ns| end_ns.min(start_ns));
            started += starts[started..].iter().take_while(|&&start_ns| start_ns <= now_ns).count();
            ended += ends[ended..].iter().take_while(|&&end_ns| end_ns <= now_ns).count();
            steps.push(DrainStep { at_ns: now_ns, in_flight: (started - ended) as u64, done: ended as u64 });
        }
        steps
    }

    /// Tells `visit` the start and the end of every job, in the order of their starts.
    fn drain(
        &mut self,
        times_ns: &[u64],
        workers: u64,
        ramp: Ramp,
        until_ns: u64,
        mut visit: impl FnMut(u64, u64) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        let workers = workers.min(times_ns.len() as u64);
        let last_ns = latest_end_ns(times_ns, workers, ramp).min(until_ns);
        let shift = slot_shift(last_ns, times_ns.len() as u64);
        self.open(workers, ramp, (last_ns >> shift) as usize + 1, shift);
        let mut jobs = times_ns.iter();
        for slot in 0..self.first.len() {
            self.call(slot);
            while let Some((free_ns, worker)) = self.first_free() {
                let Some(time_ns) = jobs.next() else { return ControlFlow::Continue(()) };
                // Whoever plans refuses times that add up to centuries; a tail beyond them never ends in time.
                let end_ns = free_ns.saturating_add(*time_ns);
                visit(free_ns, end_ns)?;
                let due = (end_ns >> shift) as usize;
                if due == slot {
                    self.back.push(Reverse((end_ns, worker)));
                } else {
                    self.wait(worker, end_ns, due);
                }
            }
        }
        ControlFlow::Continue(())
    }

    /// Empties the calendar and lets every worker wait for its beginning.
    fn open(&mut self, workers: u64, ramp: Ramp, slots: usize, shift: u32) {
        self.first.clear();
        self.first.resize(slots, NONE);
        self.waiting.resize(workers as usize, Waiting::default());
        self.turn.clear();
        self.back.clear();
        for worker in (0..workers as u32).rev() {
            let start_ns = ramp.start_ns(u64::from(worker));
            self.wait(worker, start_ns, (start_ns >> shift) as usize);
        }
    }

    /// Puts a worker into the slot in which it will be free; who is free only after the calendar's end is not
    /// needed.
    fn wait(&mut self, worker: u32, free_ns: u64, slot: usize) {
        if let Some(first) = self.first.get_mut(slot) {
            self.waiting[worker as usize] = Waiting { free_ns, next: *first };
            *first = worker;
        }
    }

    /// Calls up the workers of a slot.
    fn call(&mut self, slot: usize) {
        let mut worker = self.first[slot];
        while worker != NONE {
            let Waiting { free_ns, next } = self.waiting[worker as usize];
            self.turn.push((free_ns, worker));
            worker = next;
        }
        match self.turn[..] {
            [] | [_] => {}
            // Most slots hold few workers, and a call to sort takes longer than all the rest.
            [first, second] => {
                if first < second {
                    self.turn.swap(0, 1);
                }
            }
            _ => self.turn.sort_unstable_by(|a, b| b.cmp(a)),
        }
    }

    /// The worker of the slot in turn that is free first.
    fn first_free(&mut self) -> Option<(u64, u32)> {
        match (self.turn.last(), self.back.peek()) {
            (Some(called), Some(Reverse(back))) if back < called => self.back.pop().map(|Reverse(back)| back),
            (Some(_), _) => self.turn.pop(),
            (None, _) => self.back.pop().map(|Reverse(back)| back),
        }
    }
}

/// A time before which every job has ended: no worker waits while a job does, so the last job starts at the latest
/// when all others are spread evenly (Graham 1969).
fn latest_end_ns(times_ns: &[u64], workers: u64, ramp: Ramp) -> u64 {
    let total_ns: u128 = times_ns.iter().map(|&time_ns| u128::from(time_ns)).sum();
    let longest_ns = times_ns.iter().copied().max().unwrap_or(0);
    let even_ns = u64::try_from(total_ns / u128::from(workers.max(1))).unwrap_or(u64::MAX);
    let last_start_ns = ramp.start_ns(workers.saturating_sub(1));
    last_start_ns.saturating_add(even_ns).saturating_add(longest_ns).saturating_add(1)
}

/// The power of two that makes about one job end in a slot.
fn slot_shift(last_ns: u64, jobs: u64) -> u32 {
    let slots = (2 * jobs).clamp(1, MAX_SLOTS);
    (last_ns / slots).checked_ilog2().map_or(0, |log| log + 1)
}

#[cfg(test)]
#[path = "pool_tests.rs"]
mod tests;
