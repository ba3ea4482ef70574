//! What a run or a plan costs.

pub mod price;
