//! Opens a page in a browser.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// No browser could be told to open the page.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
#[error("failed to open {} with `{opener}`: {reason}", path.display())]
#[diagnostic(help("the page is written; open it yourself"))]
struct NotOpened {
    path: PathBuf,
    opener: &'static str,
    reason: String,
}

/// Opens a page with whatever the desktop opens pages with.
pub(super) fn open(path: &Path) -> miette::Result<()> {
    let opener = if cfg!(target_os = "macos") { "open" } else { "xdg-open" };
    let failed = |reason| NotOpened { path: path.to_owned(), opener, reason };
    let mut command = Command::new(opener);
    let status = command.arg(path).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
    match status {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(failed(status.to_string()).into()),
        Err(error) => Err(failed(error.to_string()).into()),
    }
}
