//! A run cut into blocks for comparison, its latencies read second by second.

use std::path::Path;

use super::hlog;
use planner_aws::file_error::FileError;
use planner_core::measure::comparison::{Block, Cut};
use planner_core::measure::series::Row;
use planner_core::units::quantity::nanoseconds;

/// The blocks of some levels, each given by its place in the run and how it is cut.
///
/// # Errors
/// Where the histogram log cannot be read.
pub fn read(folder: &Path, series: &[Row], levels: &[(usize, &Cut)]) -> Result<Vec<Vec<Block>>, FileError> {
    let rows =
        |level: usize| series.iter().filter(|row| row.level as usize == level).cloned().collect::<Vec<_>>();
    let mut blocks: Vec<Vec<Block>> = levels.iter().map(|(level, cut)| cut.blocks(&rows(*level))).collect();
    hlog::read(folder, |start_s, is_service, times| {
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
