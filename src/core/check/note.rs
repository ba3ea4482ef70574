//! What to know when reading the numbers of a checked file.

use serde::Serialize;

/// Something to know when reading the numbers of a checked file.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckNote {
    /// There are too few measurements to look at scaling.
    NoScaling,
    /// Durations are those of what ended in a period.
    DurationsOfTheEnded,
    /// So many periods between the first and the last are not in the file.
    PeriodsMissing(usize),
    /// Most stretches have no completion.
    MostlyNoCompletion,
    /// Counting so many completions in a stretch, on average, makes its throughput uncertain.
    CountingNoise(f64),
    /// Residence times rise or fall all along; those of the last quarter are so many times the mean of all.
    ResidenceDrifts(f64),
    /// Throughput does; likewise.
    ThroughputDrifts(f64),
    /// The window is the whole file.
    WholeFile,
}
