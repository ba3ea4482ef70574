//! Statistics of plain numbers: intervals, ranks, shares and batch means.

pub mod batch_means;
pub mod interval;
pub(crate) mod mann_whitney;
pub mod order_statistics;
pub mod proportion;
pub mod trend;
