//! A run cut into blocks for comparison, its latencies read second by second.

use std::path::Path;

use super::histogram_log;
use planner_aws::file_error::FileError;
use planner_core::measure::run_blocks::{BlockDivision, RunBlock};
use planner_core::measure::series::SeriesSecond;
use planner_core::units::quantity::nanoseconds;

/// The blocks of some levels, each given by its place in the run and how it is cut.
///
/// # Errors
/// Where the histogram log cannot be read.
pub fn read(
    folder: &Path,
    series: &[SeriesSecond],
    levels: &[(usize, &BlockDivision)],
) -> Result<Vec<Vec<RunBlock>>, FileError> {
    let rows =
        |level: usize| series.iter().filter(|row| row.level as usize == level).cloned().collect::<Vec<_>>();
    let mut blocks: Vec<Vec<RunBlock>> =
        levels.iter().map(|(level, cut)| cut.blocks(&rows(*level))).collect();
    histogram_log::read(folder, |start_s, is_service, times| {
        if is_service {
            return;
        }
        for ((_, cut), blocks) in levels.iter().zip(&mut blocks) {
            let block = cut.index(nanoseconds(start_s)).and_then(|index| blocks.get_mut(index));
            if let Some(block) = block {
                for value in times.inner().iter_recorded() {
                    *block.latencies_ns.entry(value.value_iterated_to()).or_default() +=
                        value.count_at_value();
                }
            }
        }
    })?;
    Ok(blocks)
}
