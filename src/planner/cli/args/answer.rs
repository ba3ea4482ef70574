//! Options of every command that gives an answer and leaves a folder with its page.

use std::path::PathBuf;

use clap::Args;

use super::super::format::Format;

/// How an answer is given.
#[derive(Debug, Args)]
pub(crate) struct AnswerOptions {
    /// Print the answer as.
    #[arg(long, default_value = "table", value_parser = Format::one_of(Format::OF_ANSWERS))]
    pub format: Format,
    #[command(flatten)]
    pub folder: FolderOptions,
}

/// Where an answer is left.
#[derive(Debug, Args)]
pub(crate) struct FolderOptions {
    /// Folder in which a folder for the answer, with its page, is made.
    #[arg(long, default_value = "reports", value_name = "FOLDER", env = "PLANNER_OUT")]
    pub out: PathBuf,
    /// Print nothing but errors, and the answer where a --format is asked for.
    #[arg(long, short)]
    pub quiet: bool,
}
