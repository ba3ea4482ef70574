//! What a level of a run is known by.

/// What sets one level of a run apart from the others.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum LevelKey {
    /// Workers of a closed level, all pools together.
    Concurrency(u32),
    /// Jobs per second of an open level with one rate.
    Rate(f64),
    /// An open level whose rate changes.
    Varying,
}
