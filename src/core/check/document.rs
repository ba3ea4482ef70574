//! What a check says about a file, for programs.

use std::collections::BTreeMap;

use serde::Serialize;

use super::file_content::FileContent;
use super::note::CheckNote;
use super::quantity::Quantity;
use super::verdict_reason::CheckReason;
use crate::law::finding::{Verdict, Verdicts};
use crate::law::littles_law::LittlesLaw;
use crate::measure::histogram::{PercentileIntervals, Percentiles};
use crate::measure::scaling::UslSummary;
use crate::numeric::interval::Mean;

/// The name and version of the document's form.
pub const SCHEMA: &str = "planner/check/1";

/// The form that a file turned out to have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum FileFormat {
    /// One row a request.
    Requests,
    /// A running count of completions.
    Samples,
    /// Throughput at several concurrencies.
    Table,
    /// Metrics of a Lambda function.
    CloudWatch,
}

impl From<&FileContent> for FileFormat {
    fn from(evidence: &FileContent) -> Self {
        match evidence {
            FileContent::Requests(_) => Self::Requests,
            FileContent::Samples(_) => Self::Samples,
            FileContent::Table(_) => Self::Table,
            FileContent::CloudWatch(_) => Self::CloudWatch,
        }
    }
}

/// The whole answer.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CheckDocument {
    /// [`SCHEMA`].
    pub schema: &'static str,
    /// The most severe of the verdicts.
    pub verdict: Verdict,
    /// Whether no verdict is FAIL or INCONCLUSIVE; None where there is nothing to judge by.
    pub holds: Option<bool>,
    /// The form of the file.
    pub form: FileFormat,
    /// Rows of the file that were looked at: requests, stretches, measurements or periods.
    pub rows: u64,
    /// Little's law over the window, where every request is known.
    pub littles_law: Option<LittlesLaw>,
    /// How many of the file's requests ended how, where it says.
    pub outcomes: BTreeMap<String, u64>,
    /// N by the arrival form N·T = ΣR(arrived) + V(0) − V(T), where every request is known.
    pub arrival_form_n: Option<f64>,
    /// N, X and R over the whole window, where only sums or means are known.
    pub means: Option<WindowMeans>,
    /// Residence times of the requests that ended in the window.
    pub residence_s: Option<Percentiles>,
    /// Where the percentiles lie with 95 % confidence, by ranks, if requests are independent.
    pub residence_intervals_s: Option<PercentileIntervals>,
    /// Throughput and residence time with intervals, where the window is long enough.
    pub batches: Option<Batches>,
    /// The verdicts.
    pub verdicts: Verdicts<CheckReason>,
    /// What the measurements say about scaling.
    pub usl: Option<UslSummary>,
    /// The rows of a file that has few: stretches, measurements or periods.
    pub readings: Vec<Reading>,
    /// What to know when reading the numbers.
    pub notes: Vec<CheckNote>,
}

impl CheckDocument {
    /// A document with nothing but its verdicts.
    pub(super) fn new(form: FileFormat, rows: usize, verdicts: Verdicts<CheckReason>) -> Self {
        let gravest = verdicts.gravest();
        Self {
            schema: SCHEMA,
            verdict: gravest,
            holds: (gravest != Verdict::NotAvailable).then_some(gravest == Verdict::Pass),
            form,
            rows: rows as u64,
            littles_law: None,
            outcomes: BTreeMap::new(),
            arrival_form_n: None,
            means: None,
            residence_s: None,
            residence_intervals_s: None,
            batches: None,
            verdicts,
            usl: None,
            readings: Vec::new(),
            notes: Vec::new(),
        }
    }
}

/// N, X and R over a window, where each is known or follows from the other two.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct WindowMeans {
    /// Length of the window.
    pub window_s: f64,
    /// Requests in flight, as counted.
    pub n: Option<f64>,
    /// Completions per second.
    pub x_per_s: f64,
    /// Standard error of `x_per_s` if completions came independently: √count / time.
    pub x_noise_per_s: f64,
    /// Residence time.
    pub r_s: Option<f64>,
    /// X·R: what N must be.
    pub xr: Option<f64>,
    /// Requests refused.
    pub throttles: Option<f64>,
    /// Requests that failed.
    pub errors: Option<f64>,
}

/// One row of a file of samples, measurements or metrics.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Reading {
    /// Beginning, since the beginning of the file.
    pub start_s: Option<f64>,
    /// Length.
    pub length_s: Option<f64>,
    /// Requests in flight.
    pub n: Option<f64>,
    /// Completions per second.
    pub x_per_s: Option<f64>,
    /// Standard error of `x_per_s` if completions came independently.
    pub x_noise_per_s: Option<f64>,
    /// Mean residence time.
    pub r_s: Option<f64>,
    /// X·R / N, where all three were given.
    pub ratio: Option<f64>,
    /// Which of the three follows from the other two.
    pub derived: Option<Quantity>,
    /// Requests refused.
    pub throttles: Option<f64>,
    /// Requests that failed.
    pub errors: Option<f64>,
}

/// Means of 20 consecutive batches of at least 10·R each, with 95 % t intervals.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Batches {
    /// Length of a batch.
    pub length_s: f64,
    /// Completions per second.
    pub x_per_s: Mean,
    /// Mean residence time.
    pub r_s: Mean,
    /// Whether the batches could be independent. If not, the load drifted and the intervals are too narrow.
    pub independent: bool,
}
