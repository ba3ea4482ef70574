//! Run folders: written as a stream while a run goes on, read back whole or cut off.

pub mod attempts;
pub mod audit;
pub mod baseline;
pub mod blocks;
pub mod fan_out;
pub mod folder;
pub mod histogram_log;
pub mod index;
pub mod machine;
pub mod read;
pub mod report_folder;
