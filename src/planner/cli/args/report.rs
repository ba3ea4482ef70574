//! Options of `planner report`.

use std::path::PathBuf;

use clap::Args;

use super::super::format::Format;
use super::output::DetailOptions;

/// Options of `planner report`.
#[derive(Debug, Args)]
pub(crate) struct ReportOptions {
    /// Run folders, of which several come on one page beside their own; or the folder of a plan.
    #[arg(value_name = "RUN", required_unless_present = "index")]
    pub runs: Vec<PathBuf>,
    /// Print the summary as.
    #[arg(long, value_enum, default_value = "table")]
    pub format: Format,
    /// File for the page of several runs [default: runs.html beside the first].
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// List all runs, plans, audits, comparisons and checks of this folder in its index.html.
    #[arg(long, value_name = "FOLDER")]
    pub index: Option<PathBuf>,
    /// Open the page in a browser.
    #[arg(long)]
    pub open: bool,
    /// Print nothing but errors, and the answer where a --format is asked for.
    #[arg(long, short)]
    pub quiet: bool,
    #[command(flatten)]
    pub extent: DetailOptions,
}
