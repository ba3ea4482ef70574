//! How sure is sure enough: every choice of this project that a standard text leaves open.

/// Resamples of a bootstrap: enough for the tails of a 95 % interval (Efron and Tibshirani 1993, ch. 13).
pub const RESAMPLES: u64 = 999;

/// Batches that a run is cut into before its mean is given an interval.
pub const BATCHES: usize = 20;
/// Length of a batch in mean residence times: what was in flight at its start is then a small part of it.
pub const BATCH_RESIDENCES: f64 = 10.0;
/// Batches that each of two runs needs before they are compared.
pub const COMPARED_BATCHES: usize = 10;
/// Jobs that each of two short runs needs before they are compared by rank.
pub const APART_JOBS: usize = 20;
/// Confidence of that comparison, which assumes more than the blocks of longer runs do.
pub const APART_CONFIDENCE: f64 = 0.99;
/// Factor below which short runs are not said to differ: a service that wanders during a run may do as much.
pub const APART_FACTOR: f64 = 2.0;
/// Chance of calling independent batch means correlated.
pub const LAG_1_SIGNIFICANCE: f64 = 0.05;
/// Checks in a row that a precise run passes.
pub const PRECISE_CHECKS: u32 = 2;
/// Growth of a run between two checks of its precision. Fewer looks mean fewer chances to stop on luck.
pub const CHECK_GROWTH: f64 = 1.25;
/// Observations that MSER averages before it looks for the end of the warm-up (White 1997).
pub const MSER_BATCH: usize = 5;

/// How far the ratio of an independent count to the client's own may be from 1.
pub const LITTLE_TOLERANCE: f64 = 0.02;
/// How many times its length a run may be asked to grow before the question counts as undecidable.
pub const LONGEST_EXTENSION: f64 = 100.0;

/// Different concurrencies that a scalability law is fitted to.
pub const USL_CONCURRENCIES: usize = 6;
/// Largest concurrency over the smallest.
pub const USL_RANGE: f64 = 8.0;
/// How far beyond the largest measured concurrency a peak may be claimed, as a multiple of it.
pub const USL_EXTRAPOLATION: f64 = 2.0;
/// Measurements from which on AICc may choose between models.
pub const AICC_POINTS: usize = 12;
