//! Rows merged into fewer, longer ones, exactly: windows joined, counts added, nothing dropped.

use planner_core::law::little::Window;
use planner_core::measure::series::Row;
use planner_core::units::quantity::{NS_PER_S, seconds};

/// Lengths that a stretch may have, in seconds.
pub(super) const LENGTHS_S: [u64; 24] = [
    1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400, 172_800,
    432_000, 864_000, 2_592_000, 7_776_000, 31_536_000,
];

/// Consecutive rows of one level.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Stretch {
    /// Level of a sweep, from 0.
    pub level: u32,
    /// Beginning, since the start of the run.
    pub start_ns: u64,
    /// Little's law over the stretch.
    pub window: Window,
    /// Attempts throttled.
    pub throttled: u64,
    /// Attempts that failed otherwise.
    pub errors: u64,
    /// Objects or messages done.
    pub items_done: u64,
}

impl Stretch {
    /// Beginning, since the start of the run.
    #[must_use]
    pub(super) fn start_s(&self) -> f64 {
        seconds(self.start_ns)
    }

    /// End, since the start of the run.
    #[must_use]
    pub(super) fn end_s(&self) -> f64 {
        seconds(self.start_ns + self.window.length_ns)
    }

    /// Attempts throttled per second.
    #[must_use]
    pub(super) fn throttled_per_s(&self) -> f64 {
        if self.window.length_ns == 0 { 0.0 } else { self.throttled as f64 / seconds(self.window.length_ns) }
    }

    fn join(&mut self, next: &Self) {
        self.window = self.window.then(&next.window);
        self.throttled += next.throttled;
        self.errors += next.errors;
        self.items_done += next.items_done;
    }
}

impl From<&Row> for Stretch {
    fn from(row: &Row) -> Self {
        Self {
            level: row.level,
            start_ns: row.start_ns,
            window: row.window,
            throttled: row.throttled,
            errors: row.errors,
            items_done: row.items_done,
        }
    }
}

/// Rows merged into stretches of `length_ns`; only the last of a level may be shorter.
#[must_use]
pub(super) fn merged(rows: &[Row], length_ns: u64) -> Vec<Stretch> {
    let mut stretches: Vec<Stretch> = Vec::new();
    for row in rows {
        match stretches.last_mut() {
            Some(last) if last.level == row.level && last.window.length_ns < length_ns => {
                last.join(&row.into())
            }
            _ => stretches.push(row.into()),
        }
    }
    stretches
}

/// Like [`merged`], with a rest of less than half the length counted in with the stretch before it, whose
/// means it would otherwise dwarf.
#[must_use]
pub(super) fn merged_with_rests(rows: &[Row], length_ns: u64) -> Vec<Stretch> {
    let mut stretches: Vec<Stretch> = Vec::new();
    for stretch in merged(rows, length_ns) {
        match stretches.last_mut() {
            Some(last) if last.level == stretch.level && stretch.window.length_ns < length_ns / 2 => {
                last.join(&stretch);
            }
            _ => stretches.push(stretch),
        }
    }
    stretches
}

/// The shortest round length in seconds by which the rows come to at most `at_most` stretches, each with
/// `ended_at_least` completions on average as long as a dozen stretches are left.
#[must_use]
pub(super) fn readable_length_s(rows: &[Row], at_most: u64, ended_at_least: f64) -> u64 {
    let length_s = rows.iter().map(|row| row.window.length_ns).sum::<u64>() / NS_PER_S;
    let ended = rows.iter().map(|row| row.window.ended).sum::<u64>() as f64;
    let fits = |step_s: u64| {
        let stretches = length_s.div_ceil(step_s).max(1);
        let full = ended / stretches as f64 >= ended_at_least;
        stretches <= at_most && (full || stretches <= 24)
    };
    LENGTHS_S.into_iter().find(|&step_s| fits(step_s)).unwrap_or(length_s)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::Sample;

    #[test]
    fn merging_loses_nothing_and_keeps_the_law_exact() {
        let sample = Sample::sweep();
        for length_s in [1, 7, 60, 1_000_000] {
            let rests_join = merged_with_rests(&sample.series, length_s * NS_PER_S);
            assert!(
                rests_join.iter().all(|stretch| stretch.window.length_ns >= length_s.min(2) * NS_PER_S / 2)
            );
            let stretches = merged(&sample.series, length_s * NS_PER_S);
            assert!(rests_join.len() <= stretches.len());
            let sum = |count: fn(&Stretch) -> u64| stretches.iter().map(count).sum::<u64>();
            assert_eq!(rests_join.iter().map(|s| s.window.ended).sum::<u64>(), sum(|s| s.window.ended));
            assert_eq!(
                sum(|s| s.window.ended),
                sample.series.iter().map(|row| row.window.ended).sum::<u64>()
            );
            assert_eq!(sum(|s| s.items_done), sample.series.iter().map(|row| row.items_done).sum::<u64>());
            assert!(stretches.iter().all(|stretch| stretch.window.accounting_holds()));
            assert!(stretches.windows(2).all(|pair| pair[0].end_s() <= pair[1].start_s()));
        }
        assert_eq!(merged(&sample.series, u64::MAX).len(), sample.document.levels.len());
    }

    #[test]
    fn lengths_are_round_and_few_stretches_remain() {
        let row =
            Row { window: Window { length_ns: NS_PER_S, ended: 2, ..Window::default() }, ..Row::default() };
        assert_eq!(readable_length_s(&[], 400, 8.0), 1);
        assert_eq!(readable_length_s(&vec![row.clone(); 160], 400, 8.0), 5);
        assert_eq!(readable_length_s(&vec![row; 30_000], 400, 8.0), 120);
    }
}
