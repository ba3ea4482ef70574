//! Closed arrivals: an outer pool of pools, each with its own inner workers.
//!
//! An outer pool takes one group of jobs (a date prefix), works it off with its inner workers, and takes the
//! next group when the last job of the group has ended. A plain pool of N workers is one outer pool over
//! one group, and a for loop is one worker.

use std::collections::VecDeque;
use std::iter::Peekable;
use std::ops::Range;
use std::sync::Arc;

/// Ranges of job numbers, group after group, begun again after the last until the limit is reached.
#[derive(Debug, Clone)]
pub struct Groups {
    /// Object numbers at which groups begin, and the number of objects at the end.
    borders: Arc<[u64]>,
    limit: u64,
    next: usize,
    lap_start: u64,
}

impl Groups {
    /// Groups with these borders (ascending, from 0 to the number of objects), up to `limit` jobs.
    #[must_use]
    pub fn new(borders: Arc<[u64]>, limit: u64) -> Self {
        Self { borders, limit, next: 0, lap_start: 0 }
    }
}

impl Iterator for Groups {
    type Item = Range<u64>;

    fn next(&mut self) -> Option<Range<u64>> {
        let objects = *self.borders.last()?;
        if self.next + 1 >= self.borders.len() {
            self.next = 0;
            self.lap_start = self.lap_start.checked_add(objects)?;
        }
        let start = self.lap_start.checked_add(*self.borders.get(self.next)?)?;
        let end = self.lap_start.checked_add(*self.borders.get(self.next + 1)?)?.min(self.limit);
        self.next += 1;
        (objects > 0 && start < self.limit).then_some(start..end)
    }
}

/// A worker that is free, and since when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slot {
    /// Worker number, from 0.
    pub worker: u32,
    /// When it became free.
    pub free_since_ns: u64,
}

#[derive(Debug, Clone, Default)]
struct WorkerPool {
    jobs: Range<u64>,
    running: u32,
    /// Workers that wait for the last jobs of the group.
    parked: Vec<u32>,
}

/// The pools of one level and the jobs they have not begun.
#[derive(Debug, Clone)]
pub struct Pools {
    inner: u32,
    pools: Vec<WorkerPool>,
    free: VecDeque<Slot>,
    groups: Peekable<Groups>,
}

impl Pools {
    /// `outer` pools of `inner` workers, which work off `groups` of job numbers in turn.
    pub(crate) fn new(outer: u32, inner: u32, groups: Groups) -> Self {
        let workers = outer.saturating_mul(inner);
        Self {
            inner: inner.max(1),
            pools: vec![WorkerPool::default(); outer as usize],
            free: (0..workers).map(|worker| Slot { worker, free_since_ns: 0 }).collect(),
            groups: groups.peekable(),
        }
    }

    /// The next job and the worker that takes it, None when no worker is free or no job is left for one.
    pub(crate) fn acquire(&mut self) -> Option<(u64, Slot)> {
        while let Some(slot) = self.free.pop_front() {
            let pool = &mut self.pools[(slot.worker / self.inner) as usize];
            if pool.jobs.is_empty()
                && pool.running == 0
                && let Some(group) = self.groups.next()
            {
                pool.jobs = group;
            }
            if let Some(job) = pool.jobs.next() {
                pool.running += 1;
                return Some((job, slot));
            }
            pool.parked.push(slot.worker);
        }
        None
    }

    /// Gives a worker back; the end of a group frees the workers that waited for it too.
    pub(crate) fn release(&mut self, worker: u32, now_ns: u64) {
        let pool = &mut self.pools[(worker / self.inner) as usize];
        pool.running = pool.running.saturating_sub(1);
        self.free.push_back(Slot { worker, free_since_ns: now_ns });
        if pool.running == 0 && pool.jobs.is_empty() {
            self.free.extend(pool.parked.drain(..).map(|worker| Slot { worker, free_since_ns: now_ns }));
        }
    }

    /// Whether every job has been handed out.
    pub(crate) fn is_exhausted(&mut self) -> bool {
        self.groups.peek().is_none() && self.pools.iter().all(|pool| pool.jobs.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn started(pools: &mut Pools) -> Vec<(u64, u32)> {
        std::iter::from_fn(|| pools.acquire()).map(|(job, slot)| (job, slot.worker)).collect()
    }

    #[test]
    fn groups_start_over_until_the_limit() {
        let groups: Vec<_> = Groups::new([0, 3, 5].into(), 9).collect();
        assert_eq!(groups, [0..3, 3..5, 5..8, 8..9]);
        assert_eq!(Groups::new([0].into(), 9).count(), 0);
    }

    #[test]
    fn a_plain_pool_hands_the_next_job_to_whoever_is_free() {
        let mut pools = Pools::new(1, 2, Groups::new([0, 4].into(), 4));
        assert_eq!(started(&mut pools), [(0, 0), (1, 1)]);
        pools.release(1, 5);
        assert_eq!(pools.acquire(), Some((2, Slot { worker: 1, free_since_ns: 5 })));
        pools.release(0, 6);
        assert_eq!(started(&mut pools), [(3, 0)]);
        assert!(pools.is_exhausted());
    }

    #[test]
    fn a_nested_pool_waits_for_the_last_job_of_its_group() {
        let mut pools = Pools::new(2, 2, Groups::new([0, 3, 4, 6].into(), 6));
        assert_eq!(started(&mut pools), [(0, 0), (1, 1), (3, 2)]);
        pools.release(0, 10);
        assert_eq!(started(&mut pools), [(2, 0)]);
        pools.release(1, 20);
        assert_eq!(started(&mut pools), [], "the group still has a job running");
        pools.release(2, 30);
        let next = pools.acquire().expect("pool 1 is idle, so it takes the last group");
        assert_eq!(next.0, 4);
        assert_eq!(next.1.free_since_ns, 30, "a parked worker is free since its group ended");
        assert_eq!(started(&mut pools).len(), 1);
        pools.release(0, 40);
        assert_eq!(started(&mut pools), []);
        assert!(pools.is_exhausted());
    }
}
