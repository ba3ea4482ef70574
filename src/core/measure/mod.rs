//! From attempts to numbers: what is counted while a run goes on, second by second and level by level.

pub mod analysis;
pub mod apart;
pub mod compare;
pub mod comparison;
pub mod document;
pub mod fan_out;
mod full_load;
pub mod histogram;
pub mod judgement;
pub mod level;
pub mod precise;
pub mod precision;
pub mod recorder;
pub mod scaling;
pub mod search;
pub mod series;
pub mod size_sample;
pub mod steady;
pub mod warm_up;
pub mod why;
