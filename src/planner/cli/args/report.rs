//! Options of `planner report`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// How a report is given.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum ReportFormat {
    /// For people, on the terminal.
    #[default]
    Table,
    /// The run document; of several runs a list of them.
    Json,
    /// For a pull request.
    Markdown,
    /// One row a level.
    Csv,
    /// Nothing but the path of the page.
    Html,
    /// Charts as drawings in the run folder; prints their paths.
    Svg,
    /// Charts as images in the run folder; prints their paths.
    Png,
}

/// Options of `planner report`.
#[derive(Debug, Args)]
pub(crate) struct ReportOptions {
    /// Run folders, of which several come on one page beside their own; or the folder of a plan.
    #[arg(value_name = "RUN", required_unless_present = "index")]
    pub runs: Vec<PathBuf>,
    /// Print the summary as.
    #[arg(long, value_enum, default_value_t)]
    pub format: ReportFormat,
    /// File for the page of several runs [default: runs.html beside the first].
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// List all runs, plans, audits and comparisons of this folder in its index.html.
    #[arg(long, value_name = "FOLDER")]
    pub index: Option<PathBuf>,
    /// Open the page in a browser.
    #[arg(long)]
    pub open: bool,
    /// Print nothing but errors.
    #[arg(long, short)]
    pub quiet: bool,
}
