//! The forms in which runs and answers are printed.

use std::path::PathBuf;

use clap::ValueEnum;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use miette::IntoDiagnostic;
use serde::Serialize;

use super::stdio;
use planner_aws::file_error::FileError;
use planner_report::page::Page;
use planner_report::{json, markdown, terminal};

/// How a run or an answer is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people, on the terminal.
    Table,
    /// The document, for programs; of several runs a list of them.
    Json,
    /// For a pull request.
    Markdown,
    /// One row a level, or a row of a checked file.
    Csv,
    /// Nothing but the path of the page.
    Html,
    /// Charts as drawings in the run folder; prints their paths.
    Svg,
    /// Charts as images in the run folder; prints their paths.
    Png,
}

impl Format {
    /// What every answer has.
    pub(super) const OF_ANSWERS: &[Self] = &[Self::Table, Self::Json, Self::Markdown];
    /// What everything has that consists of rows.
    pub(super) const OF_ROWS: &[Self] = &[Self::Table, Self::Json, Self::Markdown, Self::Csv];

    /// Whether an answer is printed: under --quiet only in a form for programs, which has to be asked for.
    pub(super) fn is_asked(self, quiet: bool) -> bool {
        !quiet || self != Self::Table
    }

    /// Whether the answer is the paths of files that are written.
    fn is_of_files(self) -> bool {
        matches!(self, Self::Html | Self::Svg | Self::Png)
    }

    /// Lets an answer be printed though its files cannot be written, as into a folder that is read-only or full, and
    /// tells that.
    ///
    /// # Errors
    /// Where the answer is those files, or something else failed.
    pub(super) fn without_files<T: Default>(self, written: miette::Result<T>) -> miette::Result<T> {
        match written {
            Err(error) if !self.is_of_files() && error.downcast_ref::<FileError>().is_some() => {
                stdio::say(format_args!("the report is printed only: {error}"));
                Ok(T::default())
            }
            written => written,
        }
    }

    /// Takes one of these on the command line.
    pub(super) fn one_of(formats: &[Self]) -> impl TypedValueParser<Value = Self> + use<> {
        let names: Vec<_> = formats.iter().filter_map(Self::to_possible_value).collect();
        PossibleValuesParser::new(names).try_map(|name| Self::from_str(&name, false))
    }

    /// What is printed of a page, of its document, of its rows as CSV, or of the files that were written for it; the page
    /// with its reasons where it is to be long.
    ///
    /// # Errors
    /// Where it does not have that form.
    pub(super) fn text(
        self,
        page: &Page,
        document: &impl Serialize,
        csv: impl FnOnce() -> miette::Result<String>,
        files: &[PathBuf],
        long: bool,
    ) -> miette::Result<String> {
        match self {
            Self::Table => Ok(terminal::render(page, stdio::width(), stdio::wants_colour(), long)),
            Self::Json => json::render(document).into_diagnostic(),
            Self::Markdown => Ok(markdown::render(page)),
            Self::Csv => csv(),
            Self::Html | Self::Svg | Self::Png => {
                Ok(files.iter().map(|path| format!("{}\n", path.display())).collect())
            }
        }
    }
}
