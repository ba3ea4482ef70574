//! Statistics of plain numbers: intervals, ranks, shares and batch means.

pub mod batch_means;
pub mod interval;
pub mod order;
pub mod proportion;
pub mod trend;
