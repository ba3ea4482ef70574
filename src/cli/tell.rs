//! Data on standard output, everything else on standard error.

use std::fmt::Display;
use std::io::{IsTerminal, Write};

use super::exit::Exit;

/// Standard output cannot be written.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
#[error("failed to write to standard output: {0}")]
pub struct OutputError(std::io::Error);

impl OutputError {
    /// Whether the reader has seen enough, such as `head`, which is no failure.
    pub fn is_broken_pipe(&self) -> bool {
        self.0.kind() == std::io::ErrorKind::BrokenPipe
    }
}

/// Writes data to standard output.
pub fn print(text: &str) -> Result<Exit, OutputError> {
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).map_err(OutputError)?;
    Ok(Exit::Fine)
}

/// Writes a message to standard error, where there is one.
pub fn say(message: impl Display) {
    // Without a reader there is nobody to tell that there is none.
    let _ = writeln!(std::io::stderr(), "{message}");
}

/// Columns to write for: those of the terminal, 80 elsewhere.
pub fn width() -> usize {
    let columns = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    columns.filter(|_| std::io::stdout().is_terminal()).unwrap_or(80usize).clamp(60, 120)
}

/// Colours only on a terminal that wants them (no-color.org).
pub fn wants_colour() -> bool {
    std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}
