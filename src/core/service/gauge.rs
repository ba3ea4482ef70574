//! A count of requests in flight, and its integral over time.

/// Requests in flight, counted where they are served, so independent of what a client believes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Gauge {
    in_flight: u64,
    changed_ns: u64,
    area_ns: u128,
}

impl Gauge {
    /// Requests in flight now.
    #[must_use]
    pub fn in_flight(&self) -> u64 {
        self.in_flight
    }

    /// The integral of the requests in flight from 0 to `now_ns`, in request-nanoseconds. Divided
    /// by the nanoseconds between two readings, their difference is the mean number in flight.
    #[must_use]
    pub fn in_flight_time_ns(&self, now_ns: u64) -> u128 {
        self.area_ns + u128::from(self.in_flight) * u128::from(now_ns.saturating_sub(self.changed_ns))
    }

    pub(crate) fn enter(&mut self, now_ns: u64) {
        self.settle(now_ns);
        self.in_flight += 1;
    }

    pub(crate) fn leave(&mut self, now_ns: u64) {
        self.settle(now_ns);
        self.in_flight -= 1;
    }

    fn settle(&mut self, now_ns: u64) {
        self.area_ns = self.in_flight_time_ns(now_ns);
        self.changed_ns = self.changed_ns.max(now_ns);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_integral_counts_each_request_for_its_own_time() {
        let mut gauge = Gauge::default();
        gauge.enter(10);
        gauge.enter(20);
        assert_eq!((gauge.in_flight(), gauge.in_flight_time_ns(30)), (2, 20 + 10));
        gauge.leave(40);
        gauge.leave(100);
        assert_eq!((gauge.in_flight(), gauge.in_flight_time_ns(1000)), (0, 30 + 80));
    }
}
