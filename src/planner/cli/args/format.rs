//! How the summary of a run is printed.

use clap::ValueEnum;

/// How a summary is printed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people.
    #[default]
    Table,
    /// The run document.
    Json,
    /// For a pull request.
    Markdown,
    /// One row a level.
    Csv,
}
