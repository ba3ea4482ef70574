//! What CloudWatch would have counted, period by period.

use serde::{Deserialize, Serialize};

use crate::service::Gauge;

/// One period of the function's metrics. The names are those of CloudWatch, in the program's spelling.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MetricPeriod {
    /// Invocations that ran, however they ended.
    pub invocations: u64,
    /// Attempts that found no room.
    pub throttles: u64,
    /// Invocations that failed or were cut off.
    pub errors: u64,
    /// Sum of their durations without cold starts.
    pub duration_sum_ns: u128,
    /// Longest of them.
    pub duration_max_ns: u64,
    /// Milliseconds billed: every duration with its cold start, rounded up.
    pub billed_ms: u64,
    /// Invocations that needed a cold start.
    pub cold_starts: u64,
    /// Most executions at the same time.
    pub concurrent_executions_max: u64,
    /// ∫ executions dt.
    pub concurrent_executions_time_ns: u128,
    /// Sum of the ages of asynchronous events when they were invoked.
    pub async_event_age_sum_ns: u128,
    /// Number of these.
    pub async_events_invoked: u64,
    /// Largest of these ages.
    pub async_event_age_max_ns: u64,
    /// Asynchronous events that were given up.
    pub async_events_dropped: u64,
    /// Messages that a dead-letter queue took.
    pub dead_lettered: u64,
    /// Messages that it did not take.
    pub dead_letter_errors: u64,
    /// Messages received from the queue, again or for the first time.
    pub receives: u64,
    /// Deliveries that the subscriber's API refused.
    pub delivery_refusals: u64,
    /// Second deliveries of a message.
    pub duplicates: u64,
    /// Most messages waiting for an invocation, back-off included.
    pub backlog_max: u64,
    /// ∫ messages waiting dt.
    pub backlog_time_ns: u128,
}

impl MetricPeriod {
    fn add(&mut self, other: &Self) {
        self.invocations += other.invocations;
        self.throttles += other.throttles;
        self.errors += other.errors;
        self.duration_sum_ns += other.duration_sum_ns;
        self.duration_max_ns = self.duration_max_ns.max(other.duration_max_ns);
        self.billed_ms += other.billed_ms;
        self.cold_starts += other.cold_starts;
        self.concurrent_executions_max = self.concurrent_executions_max.max(other.concurrent_executions_max);
        self.concurrent_executions_time_ns += other.concurrent_executions_time_ns;
        self.async_event_age_sum_ns += other.async_event_age_sum_ns;
        self.async_events_invoked += other.async_events_invoked;
        self.async_event_age_max_ns = self.async_event_age_max_ns.max(other.async_event_age_max_ns);
        self.async_events_dropped += other.async_events_dropped;
        self.dead_lettered += other.dead_lettered;
        self.dead_letter_errors += other.dead_letter_errors;
        self.receives += other.receives;
        self.delivery_refusals += other.delivery_refusals;
        self.duplicates += other.duplicates;
        self.backlog_max = self.backlog_max.max(other.backlog_max);
        self.backlog_time_ns += other.backlog_time_ns;
    }
}

/// A gauge and its integral up to the last period's end.
#[derive(Clone, Debug, Default)]
struct GaugeIntegral {
    gauge: Gauge,
    closed_ns: u128,
}

impl GaugeIntegral {
    /// The integral since the last period's end.
    fn close(&mut self, now_ns: u64) -> u128 {
        let area_ns = self.gauge.in_flight_time_ns(now_ns);
        area_ns - std::mem::replace(&mut self.closed_ns, area_ns)
    }
}

/// The metrics of a function since time 0, in periods of equal length. The last one is still open.
#[derive(Clone, Debug)]
pub struct MetricPeriods {
    period_ns: u64,
    closed: Vec<MetricPeriod>,
    open: MetricPeriod,
    executing: GaugeIntegral,
    waiting: GaugeIntegral,
}

impl MetricPeriods {
    pub(super) fn new(period_ns: u64) -> Self {
        Self {
            period_ns,
            closed: Vec::new(),
            open: MetricPeriod::default(),
            executing: GaugeIntegral::default(),
            waiting: GaugeIntegral::default(),
        }
    }

    /// Length of a period.
    #[must_use]
    pub fn period_ns(&self) -> u64 {
        self.period_ns
    }

    /// The periods that have ended at `now_ns`, from time 0, and the one that has not.
    pub fn periods(&mut self, now_ns: u64) -> (&[MetricPeriod], MetricPeriod) {
        self.at(now_ns);
        (&self.closed, self.open_period(now_ns))
    }

    /// Everything until `now_ns` as one period.
    pub fn total(&mut self, now_ns: u64) -> MetricPeriod {
        self.at(now_ns);
        let mut total = self.open_period(now_ns);
        for period in &self.closed {
            total.add(period);
        }
        total
    }

    /// Executions now: counted apart from the events that start and end them.
    pub(crate) fn executing(&self) -> &Gauge {
        &self.executing.gauge
    }

    /// Messages that wait for an invocation now.
    pub(crate) fn waiting(&self) -> &Gauge {
        &self.waiting.gauge
    }

    /// The period of `now_ns`, to count in.
    pub(super) fn at(&mut self, now_ns: u64) -> &mut MetricPeriod {
        loop {
            let end_ns = (self.closed.len() as u64 + 1).saturating_mul(self.period_ns);
            if now_ns < end_ns || end_ns == u64::MAX {
                return &mut self.open;
            }
            self.open.concurrent_executions_time_ns = self.executing.close(end_ns);
            self.open.backlog_time_ns = self.waiting.close(end_ns);
            self.closed.push(self.open);
            self.open = MetricPeriod {
                concurrent_executions_max: self.executing.gauge.in_flight(),
                backlog_max: self.waiting.gauge.in_flight(),
                ..MetricPeriod::default()
            };
        }
    }

    pub(super) fn execution_started(&mut self, now_ns: u64) {
        self.at(now_ns);
        self.executing.gauge.enter(now_ns);
        self.open.concurrent_executions_max =
            self.open.concurrent_executions_max.max(self.executing.gauge.in_flight());
    }

    pub(super) fn execution_ended(&mut self, now_ns: u64) {
        self.at(now_ns);
        self.executing.gauge.leave(now_ns);
    }

    pub(super) fn began_waiting(&mut self, now_ns: u64) {
        self.at(now_ns);
        self.waiting.gauge.enter(now_ns);
        self.open.backlog_max = self.open.backlog_max.max(self.waiting.gauge.in_flight());
    }

    pub(super) fn stopped_waiting(&mut self, now_ns: u64) {
        self.at(now_ns);
        self.waiting.gauge.leave(now_ns);
    }

    fn open_period(&self, now_ns: u64) -> MetricPeriod {
        MetricPeriod {
            concurrent_executions_time_ns: self.executing.gauge.in_flight_time_ns(now_ns)
                - self.executing.closed_ns,
            backlog_time_ns: self.waiting.gauge.in_flight_time_ns(now_ns) - self.waiting.closed_ns,
            ..self.open
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_execution_is_shared_out_to_the_periods_it_runs_in() {
        let mut metrics = MetricPeriods::new(10);
        metrics.execution_started(4);
        metrics.execution_started(8);
        metrics.execution_ended(25);
        metrics.at(25).invocations += 1;
        let (closed, open) = metrics.periods(27);
        let areas: Vec<u128> = closed.iter().map(|period| period.concurrent_executions_time_ns).collect();
        assert_eq!((areas, open.concurrent_executions_time_ns), (vec![8, 20], 12));
        assert_eq!((closed[0].invocations, open.invocations), (0, 1));
        let total = metrics.total(27);
        assert_eq!((total.concurrent_executions_time_ns, total.concurrent_executions_max), (40, 2));
        assert_eq!((total.invocations, metrics.period_ns(), metrics.executing().in_flight()), (1, 10, 1));
    }
}
