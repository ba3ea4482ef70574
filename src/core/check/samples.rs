//! A running count of completions read now and then: `t,count[,n][,r]`.
//!
//! Throughput is the difference of two counts over the time between them. With the mean response time r the
//! number in flight follows, and with a reading n of it the law can be checked.

use std::io::Read;

use super::cell::{self, HeaderColumns};
use super::error::CheckError;

/// A stretch between two readings.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SampleInterval {
    /// Beginning, in seconds since the first reading.
    pub start_s: f64,
    /// Length.
    pub length_s: f64,
    /// Completions.
    pub completed: f64,
    /// Requests in flight, as read.
    pub n: Option<f64>,
    /// Mean response time.
    pub r_s: Option<f64>,
}

impl SampleInterval {
    /// Completions per second.
    #[must_use]
    pub fn x_per_s(&self) -> f64 {
        self.completed / self.length_s
    }
}

/// All stretches of a file.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Samples {
    /// Time of the first reading, in nanoseconds by the file's own clock.
    pub first_ns: i64,
    /// In the order of time.
    pub stretches: Vec<SampleInterval>,
}

/// Where the columns are.
pub struct SampleColumns {
    time: usize,
    count: usize,
    n: Option<usize>,
    r: Option<usize>,
}

impl SampleColumns {
    /// Finds the columns, if they are there.
    pub fn find(columns: &HeaderColumns) -> Option<Self> {
        Some(Self {
            time: columns.find(&["t", "time", "t_s", "time_s", "timestamp"])?,
            count: columns.find(&["count", "completed", "done", "objects"])?,
            n: columns.find(&["n", "in_flight", "concurrency"]),
            r: columns.find(&["r", "r_s", "residence_s", "response_s", "mean_response_s", "latency_s"]),
        })
    }
}

/// Reads all rows.
///
/// # Errors
/// Where a row cannot be understood, time does not move on or the count goes back, or there are fewer than two.
pub fn read<R: Read>(reader: csv::Reader<R>, layout: &SampleColumns) -> Result<Samples, CheckError> {
    let mut samples = Samples::default();
    let mut first_ns = None;
    let mut last: Option<(i64, f64)> = None;
    cell::each_row(reader, |row| {
        let time_ns = cell::time_ns(row, layout.time, "t")?;
        let count = cell::amount(row, layout.count, "count")?;
        let n = cell::maybe_amount(row, layout.n, "n")?;
        let r_s = cell::maybe_amount(row, layout.r, "r")?;
        let origin_ns = *first_ns.get_or_insert(time_ns);
        if let Some((before_ns, before)) = last {
            if time_ns <= before_ns {
                return Err("its time is not after the one above it; sort the file".into());
            }
            if count < before {
                return Err(format!(
                    "the count goes back from {before} to {count}; it must be the count so far"
                ));
            }
            samples.stretches.push(SampleInterval {
                start_s: (before_ns - origin_ns) as f64 / 1e9,
                length_s: (time_ns - before_ns) as f64 / 1e9,
                completed: count - before,
                n,
                r_s,
            });
        }
        last = Some((time_ns, count));
        Ok(())
    })?;
    samples.first_ns = first_ns.unwrap_or(0);
    if samples.stretches.is_empty() {
        return Err(CheckError::File("a throughput needs two readings at least".into()));
    }
    Ok(samples)
}

impl Samples {
    /// Time from the first reading to the last.
    pub(crate) fn length_s(&self) -> f64 {
        self.stretches.iter().map(|stretch| stretch.length_s).sum()
    }

    /// Completions per second over all.
    #[must_use]
    pub fn x_per_s(&self) -> f64 {
        self.stretches.iter().map(|stretch| stretch.completed).sum::<f64>() / self.length_s()
    }

    /// Mean response time, weighted by completions, where every stretch with completions has one.
    pub(crate) fn r_s(&self) -> Option<f64> {
        let busy = self.stretches.iter().filter(|stretch| stretch.completed > 0.0);
        let sums = busy.map(|stretch| Some((stretch.completed * stretch.r_s?, stretch.completed)));
        let (weighted, completed) =
            sums.collect::<Option<Vec<_>>>()?.into_iter().fold((0.0, 0.0), |a, b| (a.0 + b.0, a.1 + b.1));
        (completed > 0.0).then(|| weighted / completed)
    }

    /// Time average of the readings of what is in flight, where every stretch has one.
    pub(crate) fn n(&self) -> Option<f64> {
        let sums = self.stretches.iter().map(|stretch| Some(stretch.n? * stretch.length_s));
        Some(sums.collect::<Option<Vec<_>>>()?.into_iter().sum::<f64>() / self.length_s())
    }
}

#[cfg(test)]
mod tests {
    use super::super::{FileContent, read};
    use super::*;

    fn samples(text: &str) -> Samples {
        match read(text.as_bytes()) {
            Ok(FileContent::Samples(samples)) => samples,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn throughput_is_the_difference_of_counts() {
        let samples = samples("t,count,r\n0,0,\n2,100,0.5\n4,250,0.6\n");
        let rates: Vec<f64> = samples.stretches.iter().map(SampleInterval::x_per_s).collect();
        assert_eq!(rates, [50.0, 75.0]);
        assert_eq!(samples.x_per_s(), 62.5);
        assert!((samples.r_s().unwrap() - 0.56).abs() < 1e-12, "weighted by completions");
        assert_eq!(samples.n(), None);
    }

    #[test]
    fn a_count_that_goes_back_or_a_clock_that_stands_is_named() {
        for (text, hint) in [
            ("t,count\n0,5\n2,3\n", "line 3: the count goes back from 5 to 3"),
            ("t,count\n0,5\n0,6\n", "line 3: its time is not after"),
            ("t,count\n0,5\n", "two readings"),
            ("t,count\n-9223372036,0\n9223372036,5\n", "line 2: t is `-9223372036`, not a time"),
        ] {
            let error = read(text.as_bytes()).unwrap_err().to_string();
            assert!(error.contains(hint), "{error}");
        }
    }
}
