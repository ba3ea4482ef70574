//! Run folders: written as a stream while a run goes on, read back whole or cut off.

pub mod answer;
pub mod attempts;
pub mod audit;
pub mod baseline;
pub mod blocks;
pub mod fan_out;
pub mod folder;
pub mod hlog;
pub mod index;
pub mod machine;
pub mod read;
