//! Quantities, and how people write and read them.

pub mod count;
pub mod human;
pub mod quantity;
