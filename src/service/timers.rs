//! What is to happen later, in the order of time.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;

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
#[derive(Clone, Debug)]
pub(crate) struct Timers<T> {
    heap: BinaryHeap<Reverse<Timer<T>>>,
    order: u64,
}

impl<T: Copy> Timers<T> {
    pub(crate) fn new() -> Self {
        Self { heap: BinaryHeap::new(), order: 0 }
    }

    pub(crate) fn set(&mut self, at_ns: u64, what: T) {
        self.order += 1;
        self.heap.push(Reverse(Timer { at_ns, order: self.order, what }));
    }

    /// When the next thing is due.
    pub(crate) fn next_ns(&self) -> Option<u64> {
        self.heap.peek().map(|Reverse(timer)| timer.at_ns)
    }

    /// Takes the next thing out if it is due at `now_ns`.
    pub(crate) fn due(&mut self, now_ns: u64) -> Option<T> {
        if self.next_ns()? > now_ns {
            return None;
        }
        self.heap.pop().map(|Reverse(timer)| timer.what)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
