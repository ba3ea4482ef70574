//! One row a request: `start,end[,outcome,bytes]`, in seconds or as dates. The columns of `attempts.csv` serve too.

use std::collections::BTreeMap;
use std::io::Read;
use std::ops::Range;

use super::cell::{self, HeaderColumns};
use super::error::CheckError;
use crate::law::in_flight_window::Hindsight;
use crate::measure::histogram::TimeHistogram;

/// Distinct outcomes that are told apart.
const MAX_OUTCOMES: usize = 50;

/// Requests in the order of the file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Requests {
    /// Start and end of each, in nanoseconds by the file's own clock.
    pub times_ns: Vec<(i64, i64)>,
    /// How many ended how, where the file says.
    pub outcomes: BTreeMap<String, u64>,
    /// Bytes moved, where the file says.
    pub bytes: u64,
}

/// Where the columns are.
pub struct RequestColumns {
    start: usize,
    end: usize,
    outcome: Option<usize>,
    bytes: Option<usize>,
}

impl RequestColumns {
    /// Finds the columns, if they are there.
    pub fn find(columns: &HeaderColumns) -> Option<Self> {
        Some(Self {
            start: columns.find(&["start", "started", "start_s", "started_s", "start_time"])?,
            end: columns.find(&["end", "ended", "end_s", "ended_s", "end_time"])?,
            outcome: columns.find(&["outcome", "status", "result"]),
            bytes: columns.find(&["bytes", "size_bytes", "size"]),
        })
    }
}

/// One row.
pub(crate) struct RequestRow<'a> {
    pub start_ns: i64,
    pub end_ns: i64,
    pub outcome: Option<&'a str>,
    pub size_bytes: Option<u64>,
}

/// Takes all rows one by one; how many there are.
///
/// # Errors
/// Where a row cannot be understood or ends before it starts.
pub(crate) fn each<R: Read>(
    reader: csv::Reader<R>,
    layout: &RequestColumns,
    mut take: impl FnMut(&RequestRow<'_>),
) -> Result<u64, CheckError> {
    cell::each_row(reader, |row| {
        let start_ns = cell::time_ns(row, layout.start, "start")?;
        let end_ns = cell::time_ns(row, layout.end, "end")?;
        if end_ns < start_ns {
            return Err(format!("it ends {} s before it starts", (start_ns - end_ns) as f64 / 1e9));
        }
        let outcome = layout.outcome.and_then(|index| row.get(index));
        let size_bytes = cell::maybe_amount(row, layout.bytes, "size")?.map(|bytes| bytes as u64);
        take(&RequestRow { start_ns, end_ns, outcome, size_bytes });
        Ok(())
    })
}

/// Reads all rows.
///
/// # Errors
/// Where a row cannot be understood or ends before it starts, or there is none.
pub fn read<R: Read>(reader: csv::Reader<R>, layout: &RequestColumns) -> Result<Requests, CheckError> {
    let mut requests = Requests::default();
    let rows = each(reader, layout, |row| {
        requests.times_ns.push((row.start_ns, row.end_ns));
        if let Some(outcome) = row.outcome {
            count(&mut requests.outcomes, outcome);
        }
        requests.bytes = requests.bytes.saturating_add(row.size_bytes.unwrap_or(0));
    })?;
    if rows == 0 {
        return Err(CheckError::File("the file has a header and no request".into()));
    }
    Ok(requests)
}

fn count(outcomes: &mut BTreeMap<String, u64>, outcome: &str) {
    let known = outcomes.contains_key(outcome) || outcomes.len() < MAX_OUTCOMES;
    *outcomes.entry(if known { outcome.to_owned() } else { "(other)".to_owned() }).or_default() += 1;
}

impl Requests {
    /// From the first start to the last end.
    pub(crate) fn whole_ns(&self) -> Range<i64> {
        let first = self.times_ns.iter().map(|times| times.0).min().unwrap_or(0);
        let last = self.times_ns.iter().map(|times| times.1).max().unwrap_or(0);
        first..last
    }

    /// Little's law over a window of the file's own clock.
    #[must_use]
    pub fn over(&self, window_ns: Range<i64>) -> Hindsight {
        let shifted = self.times_ns.iter().map(|&(start, end)| {
            (start.saturating_sub(window_ns.start), end.saturating_sub(window_ns.start))
        });
        Hindsight::over(shifted, u64::try_from(window_ns.end.saturating_sub(window_ns.start)).unwrap_or(0))
    }

    /// Residence times of the requests that ended in a window.
    #[must_use]
    pub fn residence(&self, window_ns: &Range<i64>) -> TimeHistogram {
        let mut times = TimeHistogram::new();
        for &(start, end) in &self.times_ns {
            if end > window_ns.start && end <= window_ns.end {
                times.record(end.abs_diff(start));
            }
        }
        times
    }
}

#[cfg(test)]
mod tests {
    use super::super::{FileContent, read};

    #[test]
    fn the_six_requests_give_their_window_from_a_file() {
        let text = "start,end,outcome\n-2,3,ok\n1,4,ok\n2,12,ok\n5,6,failed\n8,15,ok\n-1,11,ok\n";
        let Ok(FileContent::Requests(requests)) = read(text.as_bytes()) else { panic!("requests") };
        let law = requests.over(0..10_000_000_000);
        assert!((law.window.n() - 2.7).abs() < 1e-12 && (law.window.xr() - 0.9).abs() < 1e-12);
        assert_eq!(requests.outcomes["ok"], 5);
        assert_eq!(requests.whole_ns(), -2_000_000_000..15_000_000_000);
        let whole = requests.over(requests.whole_ns());
        assert!(whole.window.edges().abs() < 1e-12, "everything starts and ends inside");
    }

    #[test]
    fn wrong_rows_are_named_by_their_line() {
        for (text, hint) in [
            ("start,end\n1,2\n3,2.5\n", "line 3: it ends 0.5 s before it starts"),
            ("start,end\n1,NaN\n", "line 2: end is `NaN`"),
            ("start,end\n9223372036,-9223372036\n", "line 2: start is `9223372036`, not a time in seconds"),
            ("start,end\n4600000000,-4600000000\n", "line 2: it ends 9200000000 s before it starts"),
            ("start,end\n1\n", "line 2: there is no end"),
            ("start,end\n", "no request"),
            ("", "empty"),
            ("a,b\n1,2\n", "none of the forms"),
        ] {
            let error = read(text.as_bytes()).unwrap_err().to_string();
            assert!(error.contains(hint), "{text:?}: {error}");
        }
    }
}
