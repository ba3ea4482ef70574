//! The function over time: rows of `function.csv`.

use serde::{Deserialize, Serialize};

/// A second of the function's life; none where nobody counts it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct FunctionSecond {
    /// Beginning, since the start of the run.
    pub start_s: f64,
    /// Mean executions at the same time.
    pub concurrency_mean: f64,
    /// Most executions at the same time.
    pub concurrency_max: u64,
    /// Mean messages that wait for an invocation, back-off included.
    pub backlog_mean: Option<f64>,
    /// Attempts to invoke that found no room.
    pub throttles: Option<u64>,
    /// Invocations that ended.
    pub invocations: u64,
    /// Invocations that failed.
    pub errors: Option<u64>,
    /// Objects copied for the first time.
    pub copied: u64,
    /// Mean time of the invocations that ended.
    #[serde(default)]
    pub duration_mean_s: Option<f64>,
    /// Longest of these times.
    #[serde(default)]
    pub duration_max_s: Option<f64>,
    /// Longest time from the arrival of an asynchronous event to an invocation for it that began.
    #[serde(default)]
    pub async_event_age_max_s: Option<f64>,
}

/// The concurrency and the ends of invocations, given as beginning and end in seconds, second by second.
#[must_use]
pub fn of_invocations(invocations: &[(f64, f64)]) -> Vec<FunctionSecond> {
    let end_s = invocations.iter().map(|(_, end_s)| *end_s).fold(0.0, f64::max);
    let mut rows: Vec<FunctionSecond> = (0..end_s.ceil() as u64)
        .map(|second| FunctionSecond { start_s: second as f64, ..FunctionSecond::default() })
        .collect();
    for &(from_s, to_s) in invocations {
        // The last row has its right edge too: no row begins there.
        let (first, last) = (second_of(from_s), second_of(to_s).min(rows.len().saturating_sub(1)));
        for row in rows.iter_mut().take(last + 1).skip(first) {
            row.concurrency_mean += (to_s.min(row.start_s + 1.0) - from_s.max(row.start_s)).max(0.0);
        }
        if let Some(row) = rows.get_mut(last) {
            let (ended, duration_s) = (row.invocations as f64, to_s - from_s);
            row.duration_mean_s =
                Some((row.duration_mean_s.unwrap_or(0.0) * ended + duration_s) / (ended + 1.0));
            row.duration_max_s = Some(row.duration_max_s.unwrap_or(0.0).max(duration_s));
            row.invocations += 1;
        }
    }
    let mut changes: Vec<(f64, i64)> =
        invocations.iter().flat_map(|&(from_s, to_s)| [(from_s, 1), (to_s, -1)]).collect();
    // Ends before beginnings of the same moment.
    changes.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    let mut changes = changes.into_iter().peekable();
    let mut running = 0i64;
    for row in &mut rows {
        let mut most = running;
        while let Some((_, change)) = changes.next_if(|(at_s, _)| *at_s < row.start_s + 1.0) {
            running += change;
            most = most.max(running);
        }
        row.concurrency_max = u64::try_from(most).unwrap_or(0);
    }
    rows
}

fn second_of(time_s: f64) -> usize {
    time_s.max(0.0) as usize
}

/// Counts every object in the second of its first copy.
pub fn count_copies(rows: &mut [FunctionSecond], ends_s: impl IntoIterator<Item = f64>) {
    for end_s in ends_s {
        let after = rows.partition_point(|row| row.start_s <= end_s);
        if let Some(row) = after.checked_sub(1).and_then(|index| rows.get_mut(index)) {
            row.copied += 1;
        }
    }
}
