//! Little's law over a window: what is exact, what is approximate, and what the edges explain.
//!
//! Notation: X completions per second, R mean residence time of the requests that completed, N time average of
//! the requests in flight, E(t) the sum of the ages of the requests in flight at t, V(t) the sum of their
//! remaining times (Little 2011, Operations Research 59:536; Kim and Whitt 2013, Operations Research 61:1030).

use serde::{Deserialize, Serialize};

use crate::units::quantity::{NS_PER_S, seconds};

/// What was counted over a window, in whole nanoseconds, so that sums are exact.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Window {
    /// Length T of the window.
    pub length_ns: u64,
    /// Requests that ended in the window.
    pub ended: u64,
    /// ∫ N(t) dt, from the running count of requests in flight.
    pub in_flight_time_ns: u128,
    /// Sum of the residence times of the requests that ended in the window.
    pub residence_ns: u128,
    /// E(0).
    pub age_start_ns: u128,
    /// E(T).
    pub age_end_ns: u128,
}

impl Window {
    /// Mean requests in flight, N.
    #[must_use]
    pub fn n(&self) -> f64 {
        ratio(self.in_flight_time_ns as f64, self.length_ns as f64)
    }

    /// Completions per second, X.
    #[must_use]
    pub fn x_per_s(&self) -> f64 {
        ratio(self.ended as f64, seconds(self.length_ns))
    }

    /// Mean residence time of the requests that ended in the window, R, in seconds.
    #[must_use]
    pub fn r_s(&self) -> f64 {
        ratio(self.residence_ns as f64, self.ended as f64) / NS_PER_S as f64
    }

    /// X·R as the law's usual form computes it.
    #[must_use]
    pub fn xr(&self) -> f64 {
        ratio(self.residence_ns as f64, self.length_ns as f64)
    }

    /// N by the departure form, N·T = Σ R + E(T) − E(0), which is exact for every window.
    pub(crate) fn departure_form_n(&self) -> f64 {
        ratio(self.departure_form_ns() as f64, self.length_ns as f64)
    }

    /// Whether the departure form holds to the nanosecond. Failing means a lost or doubled event or a clock
    /// error; holding alone proves nothing about the service.
    #[must_use]
    pub fn accounting_holds(&self) -> bool {
        i128::try_from(self.in_flight_time_ns) == Ok(self.departure_form_ns())
    }

    /// N − X·R.
    pub(crate) fn difference(&self) -> f64 {
        self.n() - self.xr()
    }

    /// (E(T) − E(0)) / T: the part of [`Window::difference`] that the window's edges explain.
    #[must_use]
    pub fn edges(&self) -> f64 {
        let edges_ns = self.age_end_ns as i128 - self.age_start_ns as i128;
        ratio(edges_ns as f64, self.length_ns as f64)
    }

    /// This window followed by the next one.
    #[must_use]
    pub fn then(&self, next: &Self) -> Self {
        Self {
            length_ns: self.length_ns + next.length_ns,
            ended: self.ended + next.ended,
            in_flight_time_ns: self.in_flight_time_ns + next.in_flight_time_ns,
            residence_ns: self.residence_ns + next.residence_ns,
            age_start_ns: self.age_start_ns,
            age_end_ns: next.age_end_ns,
        }
    }

    fn departure_form_ns(&self) -> i128 {
        self.residence_ns as i128 + self.age_end_ns as i128 - self.age_start_ns as i128
    }
}

fn ratio(numerator: f64, denominator: f64) -> f64 {
    if denominator == 0.0 { 0.0 } else { numerator / denominator }
}

/// The running count of requests in flight and what a window needs of it.
///
/// The count is integrated event by event; residence times are summed from each request's own start and end.
/// The two meet only in [`Window::accounting_holds`].
#[derive(Debug, Clone, Default)]
pub struct InFlight {
    now_ns: u64,
    count: u64,
    /// Sum of the start times of the requests in flight: E(t) = count·t − this.
    starts_ns: u128,
    window: Window,
}

impl InFlight {
    /// Counts from time 0 with nothing in flight.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Requests in flight now.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.count
    }

    /// A request starts.
    pub fn started(&mut self, now_ns: u64) {
        self.advance(now_ns);
        self.count += 1;
        self.starts_ns += u128::from(now_ns);
    }

    /// A request that started at `started_ns` ends.
    pub fn ended(&mut self, started_ns: u64, now_ns: u64) {
        self.advance(now_ns);
        self.count = self.count.saturating_sub(1);
        self.starts_ns = self.starts_ns.saturating_sub(u128::from(started_ns));
        self.window.ended += 1;
        self.window.residence_ns += u128::from(now_ns.saturating_sub(started_ns));
    }

    /// Closes the window at `now_ns` and opens the next.
    pub fn close(&mut self, now_ns: u64) -> Window {
        self.advance(now_ns);
        self.window.age_end_ns =
            (u128::from(self.count) * u128::from(self.now_ns)).saturating_sub(self.starts_ns);
        let next = Window { age_start_ns: self.window.age_end_ns, ..Window::default() };
        std::mem::replace(&mut self.window, next)
    }

    fn advance(&mut self, now_ns: u64) {
        let elapsed_ns = now_ns.saturating_sub(self.now_ns);
        self.window.length_ns += elapsed_ns;
        self.window.in_flight_time_ns += u128::from(self.count) * u128::from(elapsed_ns);
        self.now_ns = self.now_ns.max(now_ns);
    }
}

/// Everything about a window (0, T] that can be known once all requests have ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Hindsight {
    /// The window as it could be seen while it passed.
    pub window: Window,
    /// Sum of the residence times of the requests that arrived in the window.
    pub arrived_residence_ns: u128,
    /// V(0).
    pub remaining_start_ns: u128,
    /// V(T).
    pub remaining_end_ns: u128,
}

impl Hindsight {
    /// Looks back at requests given as (start, end) in nanoseconds, over the window (0, `length_ns`].
    pub(crate) fn over(requests: impl IntoIterator<Item = (i64, i64)>, length_ns: u64) -> Self {
        let end = i128::from(length_ns);
        let mut it = Self { window: Window { length_ns, ..Window::default() }, ..Self::default() };
        for (from, to) in requests {
            let (from, to) = (i128::from(from), i128::from(to));
            let overlap = (to.min(end) - from.max(0)).max(0);
            it.window.in_flight_time_ns += overlap as u128;
            if to > 0 && to <= end {
                it.window.ended += 1;
                it.window.residence_ns += (to - from) as u128;
            }
            if from > 0 && from <= end {
                it.arrived_residence_ns += (to - from) as u128;
            }
            if from <= 0 && to > 0 {
                it.window.age_start_ns += from.unsigned_abs();
                it.remaining_start_ns += to as u128;
            }
            if from <= end && to > end {
                it.window.age_end_ns += (end - from) as u128;
                it.remaining_end_ns += (to - end) as u128;
            }
        }
        it
    }

    /// N by the arrival form, N·T = Σ R(arrived) + V(0) − V(T), which is exact for every window.
    pub(crate) fn arrival_form_n(&self) -> f64 {
        let time_ns =
            (self.arrived_residence_ns + self.remaining_start_ns) as i128 - self.remaining_end_ns as i128;
        ratio(time_ns as f64, self.window.length_ns as f64)
    }

    /// Whether the arrival form N·T = Σ R(arrived) + V(0) − V(T) holds to the nanosecond.
    pub(crate) fn arrival_form_holds(&self) -> bool {
        self.window.in_flight_time_ns + self.remaining_end_ns
            == self.arrived_residence_ns + self.remaining_start_ns
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const S: i64 = NS_PER_S as i64;

    fn six() -> Vec<(i64, i64)> {
        [(-2, 3), (1, 4), (2, 12), (5, 6), (8, 15), (-1, 11)].map(|(from, to)| (from * S, to * S)).to_vec()
    }

    #[test]
    fn the_six_requests_give_the_published_values() {
        let seen = Hindsight::over(six(), 10 * NS_PER_S);
        let window = seen.window;
        assert!((window.n() - 2.7).abs() < 1e-12);
        assert!((window.xr() - 0.9).abs() < 1e-12);
        assert!((window.x_per_s() * window.r_s() - 0.9).abs() < 1e-12);
        assert_eq!((window.age_start_ns, window.age_end_ns), (3 * S as u128, 21 * S as u128));
        assert_eq!(seen.arrived_residence_ns, 21 * S as u128, "λW = 2.1");
        assert_eq!((seen.remaining_start_ns, seen.remaining_end_ns), (14 * S as u128, 8 * S as u128));
        assert!(window.accounting_holds() && seen.arrival_form_holds());
        assert!((seen.arrival_form_n() - 2.7).abs() < 1e-12);
        assert!((window.difference() - window.edges()).abs() < 1e-12);
        assert!((window.departure_form_n() - 2.7).abs() < 1e-12);
    }

    #[test]
    fn a_gauge_read_now_and_then_is_not_the_time_average() {
        let count = |t: i64| six().iter().filter(|(from, to)| *from <= t * S && t * S < *to).count();
        let mean = |times: [i64; 5]| times.iter().map(|&t| count(t)).sum::<usize>() as f64 / 5.0;
        assert!((mean([0, 2, 4, 6, 8]) - 2.6).abs() < 1e-12);
        assert!((mean([1, 3, 5, 7, 9]) - 2.8).abs() < 1e-12);
    }

    /// Windows between `borders`, counted as the events pass, ends before starts.
    fn live(requests: &[(u64, u64)], borders: &[u64]) -> Vec<Window> {
        let mut events: Vec<(u64, bool, u64)> =
            requests.iter().flat_map(|&(from, to)| [(from, true, from), (to, false, from)]).collect();
        events.sort_by_key(|&(time, starts, _)| (time, starts));
        let mut in_flight = InFlight::new();
        let mut windows = Vec::new();
        let mut borders = borders.iter().copied().peekable();
        for (time, starts, from) in events {
            while let Some(border) = borders.next_if(|&border| border < time) {
                windows.push(in_flight.close(border));
            }
            if starts {
                in_flight.started(time);
            } else {
                in_flight.ended(from, time);
            }
        }
        windows.extend(borders.map(|border| in_flight.close(border)));
        windows
    }

    prop_compose! {
        fn requests()(list in prop::collection::vec((1u64..1000, 1u64..300), 1..40)) -> Vec<(u64, u64)> {
            list.into_iter().map(|(from, length)| (from, from + length)).collect()
        }
    }

    proptest! {
        #[test]
        fn every_window_keeps_the_departure_form_exactly(
            requests in requests(), mut borders in prop::collection::vec(1u64..1400, 1..8),
        ) {
            borders.sort_unstable();
            borders.dedup();
            let windows = live(&requests, &borders);
            prop_assert!(windows.iter().all(Window::accounting_holds));
            let whole = windows.iter().skip(1).fold(windows[0], |sum, next| sum.then(next));
            let signed = requests.iter().map(|&(from, to)| (from as i64, to as i64));
            let seen = Hindsight::over(signed, *borders.last().unwrap());
            prop_assert_eq!(whole, seen.window);
            prop_assert!(whole.accounting_holds() && seen.arrival_form_holds());
        }

        #[test]
        fn records_that_lost_doubled_or_shifted_a_request_break_it(
            requests in requests(), pick: prop::sample::Index, kind in 0..3,
        ) {
            let counted = live(&requests, &[2000])[0];
            let mut records = requests;
            let index = pick.index(records.len());
            match kind {
                0 => { records.remove(index); }
                1 => records.push(records[index]),
                _ => records[index].1 += 1,
            }
            let residence_ns = records.iter().map(|&(from, to)| u128::from(to - from)).sum();
            prop_assert!(counted.accounting_holds());
            let recorded = Window { residence_ns, ..counted };
            prop_assert!(!recorded.accounting_holds());
        }
    }
}
