//! Options of every command that gives an answer and leaves a folder with its page.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::super::format::Format;
use planner_report::html;

/// How an answer is given.
#[derive(Debug, Args)]
pub(crate) struct ReportOutputOptions {
    /// Print the answer as.
    #[arg(long, default_value = "table", value_parser = Format::one_of(Format::OF_ANSWERS))]
    pub format: Format,
    #[command(flatten)]
    pub folder: FolderOptions,
}

/// Where an answer is left, and how much of it is shown.
#[derive(Debug, Args)]
pub(crate) struct FolderOptions {
    /// Folder in which a folder for the answer, with its page, is made.
    #[arg(long, default_value = "reports", value_name = "FOLDER", env = "PLANNER_OUT")]
    pub out: PathBuf,
    /// Print nothing but errors, and the answer where a --format is asked for.
    #[arg(long, short)]
    pub quiet: bool,
    #[command(flatten)]
    pub extent: DetailOptions,
}

/// How much of an answer is shown.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct DetailOptions {
    /// Print the reasons too, where the answer is a decision.
    #[arg(long)]
    pub long: bool,
    /// What of the page is printed on paper.
    #[arg(long, value_enum, default_value = "decision", value_name = "PART")]
    pub print: PrintArgument,
}

/// How much of a page is printed on paper.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum PrintArgument {
    /// The decision, on one sheet.
    Decision,
    /// The whole page.
    Full,
}

impl From<PrintArgument> for html::PrintScope {
    fn from(paper: PrintArgument) -> Self {
        match paper {
            PrintArgument::Decision => Self::Decision,
            PrintArgument::Full => Self::Full,
        }
    }
}
