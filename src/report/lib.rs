//! Runs and answers as bytes: terminal text, Markdown, JSON, CSV, an HTML page, and charts as SVG and PNG.
//!
//! Nothing here reads a file or a clock: the same document gives the same bytes.

pub mod audit;
pub mod chart;
pub mod check;
pub mod compare;
pub mod csv;
pub mod drawing;
pub mod escape;
mod fan_out;
pub mod html;
pub mod index;
pub mod json;
mod lead_sentence;
pub mod markdown;
mod merged_rows;
pub mod page;
pub mod plan;
pub mod png;
pub mod reasons;
pub mod run;
mod run_limitations;
mod run_sentences;
mod run_tables;
mod run_words;
pub mod runs;
pub mod schema;
pub mod sparkline;
pub mod table;
pub mod terminal;

#[cfg(test)]
mod sample_level;
#[cfg(test)]
mod sample_run;

use planner_core::measure::document::RunDocument;
use planner_core::measure::fan_out::second::FunctionSecond;
use planner_core::measure::histogram::TimeHistogram;
use planner_core::measure::series::SeriesSecond;
use planner_core::measure::size_sample::SizeSample;
use planner_plan::verify::Verification;

/// A run to report on.
#[derive(Debug, Clone, Copy)]
pub struct RunView<'a> {
    /// The document, with one summary a level.
    pub document: &'a RunDocument,
    /// What was counted second by second, levels one after the other.
    pub series: &'a [SeriesSecond],
    /// Times of each level, in the order of the document's levels; may be empty.
    pub levels: &'a [LevelTimes],
    /// The function of a fan-out second by second; empty otherwise.
    pub function: &'a [FunctionSecond],
    /// The verdict on a plan, where the run was driven for one.
    pub verification: Option<&'a Verification>,
}

/// The times of one level.
#[derive(Debug, Clone, Default)]
pub struct LevelTimes {
    /// Jobs done, from the intended start.
    pub latency: TimeHistogram,
    /// Successful requests, from the actual start.
    pub service: TimeHistogram,
    /// Successful copies by size.
    pub sizes: SizeSample,
}

/// Why a report could not be made.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// The document cannot be written as JSON.
    #[error("the run cannot be written as JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// A table cannot be written as CSV.
    #[error("the levels cannot be written as CSV: {0}")]
    Csv(String),
    /// A chart cannot be drawn.
    #[error("chart `{chart}` cannot be drawn: {cause}")]
    Chart {
        /// Identifier of the chart.
        chart: String,
        /// What went wrong.
        cause: String,
    },
    /// A chart cannot be turned into pixels.
    #[error("the chart cannot be turned into a PNG image: {0}")]
    Png(String),
    /// The page cannot be put together.
    #[error("the page cannot be put together: {0}")]
    Html(#[from] askama::Error),
}
