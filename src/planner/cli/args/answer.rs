//! Options of every command that gives an answer and leaves a folder with its page.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// How an answer is printed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum AnswerFormat {
    /// For people.
    #[default]
    Table,
    /// For programs.
    Json,
    /// For a pull request.
    Markdown,
}

/// How the answer is given.
#[derive(Debug, Args)]
pub(crate) struct AnswerOptions {
    /// Folder in which a folder for the answer, with its page, is made.
    #[arg(long, default_value = "reports", value_name = "FOLDER", env = "PLANNER_OUT")]
    pub out: PathBuf,
    /// Print the answer as.
    #[arg(long, value_enum, default_value_t)]
    pub format: AnswerFormat,
    /// Print nothing but errors.
    #[arg(long, short)]
    pub quiet: bool,
}
