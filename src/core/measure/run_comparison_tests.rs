use super::*;
use crate::law::in_flight_window::Window;
use crate::measure::recorder::Recorder;
use crate::measure::run_blocks::cuts;
use crate::measure::series::SeriesSecond;
use crate::random;

fn summary() -> LevelSummary {
    let mut level = Recorder::new(0, 0).summary();
    level.concurrency = Some(4);
    level.residence_mean_s = 0.4;
    level
}

/// Rows of a second with about 100 ends of `r_s` each.
fn rows(seed: u64, count: u64, r_s: f64) -> Vec<SeriesSecond> {
    let row = |i: u64| {
        let ended = (100.0 + 3.0 * random::normal(seed, &[i])) as u64;
        let residence_ns = (ended as f64 * r_s * 1e9) as u128;
        let window = Window { length_ns: NS_PER_S, ended, residence_ns, ..Window::default() };
        SeriesSecond { start_ns: i * NS_PER_S, window, ..SeriesSecond::default() }
    };
    (0..count).map(row).collect()
}

fn blocks(cut: &BlockDivision, rows: &[SeriesSecond], seed: u64, scale: f64) -> Vec<RunBlock> {
    let mut blocks = cut.blocks(rows);
    for row in rows {
        let Some(block) = cut.index(row.start_ns).map(|index| &mut blocks[index]) else { continue };
        for draw in 0..20 {
            let latency_s = scale * random::lognormal(seed, &[row.start_ns, draw], 0.4, 0.5);
            *block.latencies_ns.entry((latency_s * 1e6) as u64 * 1000).or_default() += 1;
        }
    }
    blocks
}

fn compared(seed: u64, count: u64, scale: f64) -> LevelComparison {
    let draw = |run: u64| 4 * seed + run;
    let (first, second) = (rows(draw(0), count, 0.4), rows(draw(1), count, 0.4 * scale));
    let level_summary = summary();
    let cuts = cuts((&level_summary, &first), (&level_summary, &second));
    let (before, after) = (blocks(&cuts[0], &first, draw(2), 1.0), blocks(&cuts[1], &second, draw(3), scale));
    level((&level_summary, &before), (&level_summary, &after), &cuts, [&[], &[]], 7)
}

#[test]
fn alike_runs_show_no_difference_and_slower_ones_do() {
    let seeds = 30;
    let alike: Vec<LevelComparison> = (0..seeds).map(|seed| compared(seed, 100, 1.0)).collect();
    assert_eq!((alike[0].block_s, alike[0].too_short.clone()), (4.0, None));
    let changes: Vec<&MeasureChange> =
        alike.iter().flat_map(|level| level.changes()).map(|(_, change)| change).collect();
    let shown =
        changes.iter().filter(|change| change.outcome != ComparisonOutcome::NoDifferenceShown).count();
    assert!(shown * 10 <= changes.len(), "{shown} of {}, at 95 % confidence", changes.len());
    assert!(alike.iter().all(|level| level.regressions(0.1).is_empty()));
    let slower = compared(1, 400, 1.2);
    let p50 = slower.latency_s.p50;
    assert_eq!(
        (p50.outcome, slower.residence_mean_s.outcome),
        (ComparisonOutcome::Worse, ComparisonOutcome::Worse)
    );
    assert!(p50.ratio.unwrap().contains(1.2), "{p50:?}");
    assert_eq!(slower.regressions(0.05)[0], "residence R with 4 workers");
    assert!(slower.regressions(0.5).is_empty());
    assert_eq!(compared(1, 400, 0.8).latency_s.p90.outcome, ComparisonOutcome::Better);
    assert_eq!(slower, compared(1, 400, 1.2), "the same seed");
}

#[test]
fn a_short_run_is_told_how_much_longer_to_measure() {
    let short = compared(1, 30, 1.2);
    let reason = short.too_short.unwrap();
    assert!(reason.contains("7 blocks of 4 s") && reason.ends_with("measure 12 s longer"), "{reason}");
    assert_eq!((short.latency_s.p99.outcome, short.latency_s.p99.low), (ComparisonOutcome::TooShort, None));
}

#[test]
fn blocks_are_cut_from_the_steady_rows() {
    let rows = rows(1, 60, 0.4);
    let mut level = summary();
    level.full_load_s = Some([2.5, 50.2]);
    let [cut, _] = cuts((&level, &rows), (&level, &rows));
    assert_eq!((cut.steady_ns.clone(), cut.count()), (3 * NS_PER_S..50 * NS_PER_S, 11));
    assert_eq!(
        [2, 3, 6, 7, 46, 47].map(|s| cut.index(s * NS_PER_S)),
        [None, Some(0), Some(0), Some(1), Some(10), None]
    );
    let blocks = cut.blocks(&rows);
    assert!(blocks.iter().all(|block| block.window.length_ns == 4 * NS_PER_S));
}

#[test]
fn a_quantile_is_that_of_the_merged_latencies() {
    let block = |pairs: &[(u64, u64)]| RunBlock {
        latencies_ns: pairs.iter().copied().collect(),
        ..RunBlock::default()
    };
    let grid = [1, 2, 5].map(|s| s * NS_PER_S);
    let first = Cumulated::new(&block(&[(NS_PER_S, 90)]), &grid);
    let second = Cumulated::new(&block(&[(2 * NS_PER_S, 8), (5 * NS_PER_S, 2)]), &grid);
    let seen = [0.5, 0.9, 0.91, 0.98, 0.99].map(|share| quantile_s(&[&first, &second], &grid, share));
    assert_eq!(seen, [1.0, 1.0, 2.0, 2.0, 5.0]);
    assert_eq!(quantile_s(&[], &[], 0.5), 0.0);
}

#[test]
fn a_run_that_cannot_be_makes_no_blocks() {
    let mut level = summary();
    let whole = rows(1, 60, 0.4);
    let backwards: Vec<SeriesSecond> = whole.iter().rev().cloned().collect();
    let [cut, _] = cuts((&level, &backwards), (&level, &backwards));
    assert_eq!(cut.count(), 0);
    level.residence_mean_s = 1e300;
    let [cut, _] = cuts((&level, &whole), (&level, &whole));
    assert_eq!((cut.count(), cut.block_ns), (0, u64::MAX));
    assert!(cut.shortage("first").unwrap().contains("0 blocks"));
}
