//! A run cut into blocks of equal length, for a block bootstrap.

use std::collections::BTreeMap;
use std::ops::Range;

use super::block_bootstrap::bins_per_block;
use super::series::SeriesSecond;
use crate::law::in_flight_window::Window;
use crate::law::tolerance::COMPARED_BATCHES;
use crate::measure::level::LevelSummary;
use crate::units::quantity::{NS_PER_S, seconds};

/// Blocks that a level is cut into at most: more would cost memory and tell no more.
const BLOCKS_AT_MOST: f64 = 100.0;

/// A block of a run: consecutive rows, and the latencies of the jobs done in them.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RunBlock {
    /// Little's law over the block.
    pub window: Window,
    /// Jobs done by latency in nanoseconds.
    pub latencies_ns: BTreeMap<u64, u64>,
}

/// How a level of a run is cut into blocks.
#[derive(Debug, Clone, PartialEq)]
pub struct BlockDivision {
    /// Rows in the steady state: from every worker having finished one to a worker starting its last.
    pub(super) steady_ns: Range<u64>,
    pub(super) block_ns: u64,
}

/// Where the same level of two runs is cut: blocks of at least 10 of the longer mean residence time.
#[must_use]
pub fn cuts(
    before: (&LevelSummary, &[SeriesSecond]),
    after: (&LevelSummary, &[SeriesSecond]),
) -> [BlockDivision; 2] {
    let steady = [before, after].map(|(level, rows)| steady_ns(level, rows));
    let residence_s = before.0.residence_mean_s.max(after.0.residence_mean_s);
    let row_ns =
        |rows: &[SeriesSecond]| rows.iter().map(|row| row.window.length_ns).max().unwrap_or(NS_PER_S);
    let bin_ns = row_ns(before.1).max(row_ns(after.1)).max(1);
    let longest = steady.iter().map(length_ns).max().unwrap_or(0);
    let fewest_bins = (longest as f64 / bin_ns as f64 / BLOCKS_AT_MOST).ceil() as u64;
    let bins = (bins_per_block(seconds(bin_ns), residence_s) as u64).max(fewest_bins);
    steady.map(|steady_ns| BlockDivision { steady_ns, block_ns: bins.saturating_mul(bin_ns) })
}

/// None of a range that ends before it begins, as rows out of order make it.
fn length_ns(range: &Range<u64>) -> u64 {
    range.end.saturating_sub(range.start)
}

/// The whole rows of full load, or of the level where it is not known.
fn steady_ns(level: &LevelSummary, rows: &[SeriesSecond]) -> Range<u64> {
    let start_s = |row: &SeriesSecond| row.start_s() - level.start_s;
    let end_s = |row: &SeriesSecond| row.end_s() - level.start_s;
    let inside = |row: &&SeriesSecond| {
        level.full_load_s.is_none_or(|[from, to]| start_s(row) >= from && end_s(row) <= to)
    };
    let mut steady = rows.iter().filter(inside);
    let first = steady.next();
    let last = steady.next_back().or(first);
    first.zip(last).map_or(0..0, |(first, last)| first.start_ns..last.end_ns())
}

impl BlockDivision {
    /// Whole blocks.
    #[must_use]
    pub fn count(&self) -> usize {
        (length_ns(&self.steady_ns) / self.block_ns) as usize
    }

    /// Whether these are too few for intervals.
    #[must_use]
    pub fn is_short(&self) -> bool {
        self.count() < COMPARED_BATCHES
    }

    /// The block that a row starting at `start_ns` since the start of the run belongs to.
    #[must_use]
    pub fn index(&self, start_ns: u64) -> Option<usize> {
        let block = start_ns.checked_sub(self.steady_ns.start)? / self.block_ns;
        Some(block as usize).filter(|&block| block < self.count())
    }

    /// The blocks of a level without their latencies.
    #[must_use]
    pub fn blocks(&self, rows: &[SeriesSecond]) -> Vec<RunBlock> {
        let mut blocks = vec![RunBlock::default(); self.count()];
        for row in rows {
            if let Some(block) = self.index(row.start_ns).and_then(|index| blocks.get_mut(index)) {
                block.window = block.window.then(&row.window);
            }
        }
        blocks
    }

    pub(super) fn shortage(&self, run: &str) -> Option<String> {
        let missing = COMPARED_BATCHES.checked_sub(self.count()).filter(|&missing| missing > 0)?;
        let block_s = seconds(self.block_ns);
        Some(format!(
            "too short to compare: the {run} run has {} blocks of {block_s} s (10 mean residence times or more) in \
             its steady state and {COMPARED_BATCHES} are needed; measure {:.0} s longer",
            self.count(),
            missing as f64 * block_s
        ))
    }
}
