//! One row a second: what happened in it, and all that the laws need to be checked on any stretch of rows.

use serde::{Deserialize, Serialize};

use crate::law::in_flight_window::Window;
use crate::units::quantity::seconds;

/// The rows of one level, of rows in the order of their levels.
#[must_use]
pub fn of_level(rows: &[SeriesSecond], level: u32) -> &[SeriesSecond] {
    let first = rows.partition_point(|row| row.level < level);
    let last = rows.partition_point(|row| row.level <= level);
    &rows[first..last]
}

/// A stretch of a level, one second long but for the last.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SeriesSecond {
    /// Level of a sweep, from 0.
    pub level: u32,
    /// Beginning, since the start of the run.
    pub start_ns: u64,
    /// Attempts that started.
    pub started: u64,
    /// Attempts that succeeded.
    pub ok: u64,
    /// Attempts that were throttled.
    pub throttled: u64,
    /// Attempts that failed otherwise.
    pub errors: u64,
    /// Arrivals that could not start.
    pub not_started: u64,
    /// Objects or messages whose job was done.
    pub items_done: u64,
    /// Bytes moved by successful attempts.
    pub bytes: u64,
    /// Attempts in flight at the end.
    pub in_flight_end: u64,
    /// Most attempts in flight at once.
    pub in_flight_max: u64,
    /// Little's law over the row.
    pub window: Window,
    /// Median latency of the jobs done, from the intended start.
    pub latency_p50_s: f64,
    /// 99th percentile of the same.
    pub latency_p99_s: f64,
    /// The latest start behind its intended time.
    pub lateness_max_ns: u64,
    /// The endpoint's own count of requests in flight, read at a random moment of the row.
    pub endpoint_in_flight: Option<u64>,
    /// Longest delay of the event loop.
    pub loop_lag_ns: Option<u64>,
}

/// A row as it stands in `series.csv`: readable numbers first, exact whole numbers after.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SeriesRecord {
    level: u32,
    start_s: f64,
    end_s: f64,
    throughput_per_s: f64,
    in_flight_mean: f64,
    residence_mean_s: f64,
    latency_p50_s: f64,
    latency_p99_s: f64,
    started: u64,
    ended: u64,
    ok: u64,
    throttled: u64,
    errors: u64,
    not_started: u64,
    items_done: u64,
    size_bytes: u64,
    lateness_max_s: f64,
    loop_lag_s: Option<f64>,
    endpoint_in_flight: Option<u64>,
    in_flight_end: u64,
    /// Absent from the files of older versions.
    in_flight_max: Option<u64>,
    start_ns: u64,
    length_ns: u64,
    in_flight_time_ns: u128,
    residence_ns: u128,
    age_start_ns: u128,
    age_end_ns: u128,
}

impl SeriesSecond {
    /// End, since the start of the run.
    #[must_use]
    pub fn end_ns(&self) -> u64 {
        self.start_ns.saturating_add(self.window.length_ns)
    }

    /// Beginning, since the start of the run.
    #[must_use]
    pub fn start_s(&self) -> f64 {
        seconds(self.start_ns)
    }

    /// End, since the start of the run.
    #[must_use]
    pub fn end_s(&self) -> f64 {
        seconds(self.end_ns())
    }

    /// This row and the next one as one; percentiles become the larger of the two.
    #[must_use]
    pub fn then(&self, next: &Self) -> Self {
        Self {
            level: self.level,
            start_ns: self.start_ns,
            started: self.started + next.started,
            ok: self.ok + next.ok,
            throttled: self.throttled + next.throttled,
            errors: self.errors + next.errors,
            not_started: self.not_started + next.not_started,
            items_done: self.items_done + next.items_done,
            bytes: self.bytes.saturating_add(next.bytes),
            in_flight_end: next.in_flight_end,
            in_flight_max: self.in_flight_max.max(next.in_flight_max),
            window: self.window.then(&next.window),
            latency_p50_s: self.latency_p50_s.max(next.latency_p50_s),
            latency_p99_s: self.latency_p99_s.max(next.latency_p99_s),
            lateness_max_ns: self.lateness_max_ns.max(next.lateness_max_ns),
            endpoint_in_flight: next.endpoint_in_flight.or(self.endpoint_in_flight),
            loop_lag_ns: self.loop_lag_ns.max(next.loop_lag_ns),
        }
    }
}

impl From<&SeriesSecond> for SeriesRecord {
    fn from(row: &SeriesSecond) -> Self {
        let window = &row.window;
        Self {
            level: row.level,
            start_s: row.start_s(),
            end_s: row.end_s(),
            throughput_per_s: window.x_per_s(),
            in_flight_mean: window.n(),
            residence_mean_s: window.r_s(),
            latency_p50_s: row.latency_p50_s,
            latency_p99_s: row.latency_p99_s,
            started: row.started,
            ended: window.ended,
            ok: row.ok,
            throttled: row.throttled,
            errors: row.errors,
            not_started: row.not_started,
            items_done: row.items_done,
            size_bytes: row.bytes,
            lateness_max_s: seconds(row.lateness_max_ns),
            loop_lag_s: row.loop_lag_ns.map(seconds),
            endpoint_in_flight: row.endpoint_in_flight,
            in_flight_end: row.in_flight_end,
            in_flight_max: Some(row.in_flight_max),
            start_ns: row.start_ns,
            length_ns: window.length_ns,
            in_flight_time_ns: window.in_flight_time_ns,
            residence_ns: window.residence_ns,
            age_start_ns: window.age_start_ns,
            age_end_ns: window.age_end_ns,
        }
    }
}

impl From<SeriesRecord> for SeriesSecond {
    fn from(record: SeriesRecord) -> Self {
        let exact_ns = crate::units::quantity::nanoseconds;
        Self {
            level: record.level,
            start_ns: record.start_ns,
            started: record.started,
            ok: record.ok,
            throttled: record.throttled,
            errors: record.errors,
            not_started: record.not_started,
            items_done: record.items_done,
            bytes: record.size_bytes,
            in_flight_end: record.in_flight_end,
            in_flight_max: record.in_flight_max.unwrap_or(record.in_flight_end),
            window: Window {
                length_ns: record.length_ns,
                ended: record.ended,
                in_flight_time_ns: record.in_flight_time_ns,
                residence_ns: record.residence_ns,
                age_start_ns: record.age_start_ns,
                age_end_ns: record.age_end_ns,
            },
            latency_p50_s: record.latency_p50_s,
            latency_p99_s: record.latency_p99_s,
            lateness_max_ns: exact_ns(record.lateness_max_s),
            endpoint_in_flight: record.endpoint_in_flight,
            loop_lag_ns: record.loop_lag_s.map(exact_ns),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(row: &SeriesSecond) -> String {
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.serialize(SeriesRecord::from(row)).unwrap();
        String::from_utf8(writer.into_inner().unwrap()).unwrap()
    }

    fn read(text: &str) -> SeriesSecond {
        csv::Reader::from_reader(text.as_bytes())
            .deserialize::<SeriesRecord>()
            .next()
            .unwrap()
            .unwrap()
            .into()
    }

    #[test]
    fn a_row_reads_back_and_so_does_one_of_a_version_that_did_not_know_the_most_in_flight() {
        let row = SeriesSecond { in_flight_end: 4, in_flight_max: 7, ..SeriesSecond::default() };
        let text = written(&row);
        assert_eq!(read(&text), row);
        let place = text.split(',').position(|name| name == "in_flight_max").unwrap();
        let without = |line: &str| {
            let cells = line.split(',').enumerate().filter(|(index, _)| *index != place);
            cells.map(|(_, cell)| cell).collect::<Vec<_>>().join(",")
        };
        let older = text.lines().map(without).collect::<Vec<_>>().join("\n");
        assert_eq!(read(&older), SeriesSecond { in_flight_max: 4, ..row });
    }
}
