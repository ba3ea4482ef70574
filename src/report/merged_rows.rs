//! Rows merged into fewer, longer ones, exactly: windows joined, counts added, nothing dropped.

use planner_core::measure::series::SeriesSecond;
use planner_core::units::quantity::NS_PER_S;

/// Lengths that a stretch may have, in seconds.
pub(super) const LENGTHS_S: [u64; 24] = [
    1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400, 172_800,
    432_000, 864_000, 2_592_000, 7_776_000, 31_536_000,
];

/// Rows merged into stretches of `length_ns`; only the last of a level may be shorter.
#[must_use]
pub(super) fn merged(rows: &[SeriesSecond], length_ns: u64) -> Vec<SeriesSecond> {
    joined(rows, |last, _| last.window.length_ns < length_ns)
}

/// Like [`merged`], with a rest of less than half the length counted in with the stretch before it, whose
/// means it would otherwise dwarf.
#[must_use]
pub(super) fn merged_with_rests(rows: &[SeriesSecond], length_ns: u64) -> Vec<SeriesSecond> {
    joined(&merged(rows, length_ns), |_, next| next.window.length_ns < length_ns / 2)
}

/// Rows of which each is joined to those of its level before it where `joins` says so.
fn joined(rows: &[SeriesSecond], joins: impl Fn(&SeriesSecond, &SeriesSecond) -> bool) -> Vec<SeriesSecond> {
    let mut stretches: Vec<SeriesSecond> = Vec::new();
    for row in rows {
        match stretches.last_mut() {
            Some(last) if last.level == row.level && joins(last, row) => *last = last.then(row),
            _ => stretches.push(row.clone()),
        }
    }
    stretches
}

/// The shortest round length in seconds by which the rows come to at most `at_most` stretches, each with
/// `ended_at_least` completions on average as long as a dozen stretches are left.
#[must_use]
pub(super) fn readable_length_s(rows: &[SeriesSecond], at_most: u64, ended_at_least: f64) -> u64 {
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
    use crate::sample_run::SampleRun;
    use planner_core::law::in_flight_window::Window;

    #[test]
    fn merging_loses_nothing_and_keeps_the_law_exact() {
        let sample = SampleRun::sweep();
        for length_s in [1, 7, 60, 1_000_000] {
            let rests_join = merged_with_rests(&sample.series, length_s * NS_PER_S);
            assert!(
                rests_join.iter().all(|stretch| stretch.window.length_ns >= length_s.min(2) * NS_PER_S / 2)
            );
            let stretches = merged(&sample.series, length_s * NS_PER_S);
            assert!(rests_join.len() <= stretches.len());
            let sum = |count: fn(&SeriesSecond) -> u64| stretches.iter().map(count).sum::<u64>();
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
        let row = SeriesSecond {
            window: Window { length_ns: NS_PER_S, ended: 2, ..Window::default() },
            ..SeriesSecond::default()
        };
        assert_eq!(readable_length_s(&[], 400, 8.0), 1);
        assert_eq!(readable_length_s(&vec![row.clone(); 160], 400, 8.0), 5);
        assert_eq!(readable_length_s(&vec![row; 30_000], 400, 8.0), 120);
    }
}
