//! Options of `planner fit`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// How a fitted profile is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum ProfileFormat {
    /// The end of a scenario, with comments.
    #[default]
    Toml,
    /// For programs.
    Json,
}

/// Options of `planner fit`.
#[derive(Debug, Args)]
pub(crate) struct FitOptions {
    /// Run folders, fitted together; by default the newest under reports/ that is valid.
    #[arg(value_name = "RUN")]
    pub runs: Vec<PathBuf>,
    /// Write to this file instead of standard output.
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Write the profile as.
    #[arg(long, value_enum, default_value_t)]
    pub format: ProfileFormat,
}
