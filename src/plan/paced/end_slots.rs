//! How many jobs are in flight at most when each begins at a known time and waits for nothing.

/// The end of a list of jobs.
const NONE: u32 = u32::MAX;

/// The most that a function had to do at once.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Peak {
    /// Executions at the same time, which is also the number of environments that were started.
    pub in_flight: u64,
    /// Environments that had to be there at once, if so many more per second can be started.
    pub burst: f64,
}

/// What an execution environment costs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Starting {
    /// Time to start one.
    pub cold_start_ns: u64,
    /// How many can be started per second, after those that can be started at once.
    pub per_s: f64,
}

/// The memory of a sweep, to be used for one after the other: ends in slots of equal width.
#[derive(Debug, Default)]
pub(super) struct EndSlots {
    /// The first job that ends in each slot.
    first: Vec<u32>,
    /// When a job ends, and the next job of its slot.
    ends: Vec<(u64, u32)>,
}

impl EndSlots {
    /// The peak of jobs that begin at `starts_ns`, ascending, and take so long. A job that finds no idle environment
    /// starts one. Environments are taken to stay warm.
    pub(super) fn peak(
        &mut self,
        starts_ns: impl Iterator<Item = u64>,
        last_start_ns: u64,
        times_ns: &[u64],
        starting: Starting,
    ) -> Peak {
        let shift = (last_start_ns / times_ns.len().max(1) as u64).checked_ilog2().unwrap_or(0);
        self.first.clear();
        self.first.resize((last_start_ns >> shift) as usize + 1, NONE);
        self.ends.clear();
        let (mut slot, mut ended, mut peak) = (0, 0, Peak::default());
        for ((begun, start_ns), &time_ns) in (0u64..).zip(starts_ns).zip(times_ns) {
            let now = (start_ns >> shift) as usize;
            while slot < now {
                ended += self.ending(slot, u64::MAX);
                slot += 1;
            }
            let in_flight = begun - ended - self.ending(slot, start_ns);
            let mut end_ns = start_ns.saturating_add(time_ns);
            if in_flight == peak.in_flight {
                peak.in_flight += 1;
                let started = peak.in_flight as f64 - starting.per_s * start_ns as f64 / 1e9;
                peak.burst = peak.burst.max(started);
                end_ns = end_ns.saturating_add(starting.cold_start_ns);
            }
            self.end(end_ns, (end_ns >> shift) as usize);
        }
        peak
    }

    /// Jobs of a slot that end by `until_ns`.
    fn ending(&self, slot: usize, until_ns: u64) -> u64 {
        let mut job = self.first[slot];
        let mut count = 0;
        while job != NONE {
            let (end_ns, next) = self.ends[job as usize];
            count += u64::from(end_ns <= until_ns);
            job = next;
        }
        count
    }

    /// Puts an end into its slot; those after the last start free nothing that is wanted.
    fn end(&mut self, end_ns: u64, slot: usize) {
        let job = self.ends.len() as u32;
        let next = self.first.get_mut(slot).map_or(NONE, |first| std::mem::replace(first, job));
        self.ends.push((end_ns, next));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_peak_is_that_of_counting(
            steps in prop::collection::vec((0u64..50, 0u64..400), 1..120), cold_start_ns in 0u64..60,
        ) {
            let starts_ns: Vec<u64> =
                steps.iter().scan(0, |at_ns, step| { *at_ns += step.0; Some(*at_ns) }).collect();
            let times_ns: Vec<u64> = steps.iter().map(|step| step.1).collect();
            let (mut ends_ns, mut most): (Vec<u64>, usize) = (Vec::new(), 0);
            for (&start_ns, &time_ns) in starts_ns.iter().zip(&times_ns) {
                let in_flight = ends_ns.iter().filter(|&&end_ns| end_ns > start_ns).count();
                let cold = in_flight == most;
                most += usize::from(cold);
                ends_ns.push(start_ns + time_ns + u64::from(cold) * cold_start_ns);
            }
            let last_ns = starts_ns[starts_ns.len() - 1];
            let starting = Starting { cold_start_ns, per_s: 100.0 };
            let peak = EndSlots::default().peak(starts_ns.into_iter(), last_ns, &times_ns, starting);
            prop_assert_eq!(peak.in_flight, most as u64);
        }
    }

    #[test]
    fn what_starts_later_needs_no_burst() {
        let starting = Starting { cold_start_ns: 0, per_s: 100.0 };
        let burst = |gap_ns: u64| {
            let starts_ns = (0..500).map(|job| job * gap_ns);
            EndSlots::default().peak(starts_ns, 499 * gap_ns, &[u64::MAX; 500], starting).burst
        };
        assert_eq!(burst(0), 500.0);
        assert!((burst(5_000_000) - 250.5).abs() < 1e-6, "{}", burst(5_000_000));
        assert_eq!(burst(20_000_000), 1.0);
    }
}
