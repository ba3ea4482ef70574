//! What is to happen later, in the order of time.

use std::cmp::{Ordering, Reverse};
use std::collections::{BTreeMap, BinaryHeap};

/// Things due in the same 2^30 ns (1.07 s) share a slot.
const SLOT_BITS: u32 = 30;

/// Something due at a time; of two due together, the one set first comes first.
#[derive(Clone, Copy, Debug)]
struct Timer<T> {
    at_ns: u64,
    order: u64,
    what: T,
}

impl<T> Ord for Timer<T> {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.at_ns, self.order).cmp(&(other.at_ns, other.order))
    }
}

impl<T> PartialOrd for Timer<T> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<T> PartialEq for Timer<T> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl<T> Eq for Timer<T> {}

/// A queue of small things, each due at a time.
///
/// Only those due soon are kept in order, the others unsorted by slots: back-offs of minutes by the hundred
/// thousand would make one heap slow. Unless nothing is left, something is due soon.
#[derive(Clone, Debug)]
pub(crate) struct Timers<T> {
    soon: BinaryHeap<Reverse<Timer<T>>>,
    soon_until_ns: u64,
    later: BTreeMap<u64, Vec<Reverse<Timer<T>>>>,
    order: u64,
}

impl<T: Copy> Timers<T> {
    pub(crate) fn new() -> Self {
        Self { soon: BinaryHeap::new(), soon_until_ns: 0, later: BTreeMap::new(), order: 0 }
    }

    pub(crate) fn set(&mut self, at_ns: u64, what: T) {
        self.order += 1;
        let timer = Reverse(Timer { at_ns, order: self.order, what });
        if self.soon.is_empty() {
            self.soon_until_ns = end_of_slot_ns(at_ns >> SLOT_BITS);
        }
        if at_ns < self.soon_until_ns {
            self.soon.push(timer);
        } else {
            self.later.entry(at_ns >> SLOT_BITS).or_default().push(timer);
        }
    }

    /// When the next thing is due.
    pub(crate) fn next_ns(&self) -> Option<u64> {
        self.soon.peek().map(|Reverse(timer)| timer.at_ns)
    }

    /// Takes the next thing out if it is due at `now_ns`.
    pub(crate) fn due(&mut self, now_ns: u64) -> Option<T> {
        if self.next_ns()? > now_ns {
            return None;
        }
        let Reverse(timer) = self.soon.pop()?;
        if self.soon.is_empty()
            && let Some((slot, timers)) = self.later.pop_first()
        {
            self.soon = timers.into();
            self.soon_until_ns = end_of_slot_ns(slot);
        }
        Some(timer.what)
    }
}

fn end_of_slot_ns(slot: u64) -> u64 {
    (slot + 1).saturating_mul(1 << SLOT_BITS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_due_comes_as_from_one_sorted_list(
            steps in prop::collection::vec((0u64..8_000_000_000, 0u64..3_000_000_000), 1..80),
        ) {
            let (mut timers, mut list) = (Timers::new(), Vec::new());
            let mut now_ns = 0;
            for (number, (after_ns, step_ns)) in steps.into_iter().enumerate() {
                timers.set(now_ns + after_ns, number);
                list.push((now_ns + after_ns, number));
                now_ns += step_ns;
                list.sort_unstable();
                let due = list.partition_point(|&(at_ns, _)| at_ns <= now_ns);
                for (_, expected) in list.drain(..due) {
                    prop_assert_eq!(timers.due(now_ns), Some(expected));
                }
                prop_assert_eq!(timers.next_ns(), list.first().map(|&(at_ns, _)| at_ns));
            }
        }
    }

    #[test]
    fn things_come_in_the_order_of_time_then_of_their_setting() {
        let mut timers = Timers::new();
        for (at_ns, what) in [(5, 'c'), (3, 'a'), (5, 'd'), (3, 'b')] {
            timers.set(at_ns, what);
        }
        assert_eq!((timers.next_ns(), timers.due(2)), (Some(3), None));
        let all: String = std::iter::from_fn(|| timers.due(5)).collect();
        assert_eq!((all.as_str(), timers.next_ns()), ("abcd", None));
    }
}
