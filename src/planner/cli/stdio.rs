//! Data on standard output, everything else on standard error.

use std::fmt::Display;
use std::io::{IsTerminal, Write};

use miette::{GraphicalReportHandler, GraphicalTheme};

use super::exit::Exit;
use planner_report::escape::{escape_controls, is_control};

/// Standard output cannot be written.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
#[error("failed to write to standard output: {0}")]
pub(super) struct OutputError(std::io::Error);

impl OutputError {
    /// Whether the reader has seen enough, such as `head`, which is no failure.
    pub(super) fn is_broken_pipe(&self) -> bool {
        self.0.kind() == std::io::ErrorKind::BrokenPipe
    }
}

/// Writes data to standard output.
pub(super) fn print(text: &str) -> Result<Exit, OutputError> {
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).map_err(OutputError)?;
    Ok(Exit::Fine)
}

/// Writes a message to standard error, where there is one.
pub(super) fn say(message: impl Display) {
    let _ = writeln!(std::io::stderr(), "{}", escape_controls(&message.to_string()));
}

/// Says what failed. Colours are left out where what failed has control characters of its own.
pub(super) fn complain(report: &miette::Report) {
    let mut plain = String::new();
    let handler = GraphicalReportHandler::new_themed(GraphicalTheme::unicode_nocolor()).with_width(width());
    let is_tame = handler.render_report(&mut plain, report.as_ref()).is_ok() && !plain.contains(is_control);
    // Without a reader there is nobody to tell that there is none.
    let _ = match is_tame {
        true => writeln!(std::io::stderr(), "{report:?}"),
        false => writeln!(std::io::stderr(), "{}", escape_controls(&plain)),
    };
}

/// Columns to write for: those of the terminal, 80 elsewhere.
pub(super) fn width() -> usize {
    let columns = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    columns.filter(|_| std::io::stdout().is_terminal()).unwrap_or(80usize).clamp(60, 120)
}

/// Colours only on a terminal that wants them (no-color.org).
pub(super) fn wants_colour() -> bool {
    std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}
