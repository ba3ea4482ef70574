//! Files that an option names.

use std::fs;
use std::path::Path;

use super::exit::BadInput;
use planner_core::account::Limits;

/// The limits in a file, or those that are built in.
pub(super) fn limits(path: Option<&Path>) -> Result<Limits, BadInput> {
    let Some(path) = path else { return Ok(Limits::built_in().clone()) };
    Limits::parse(&text(path)?).map_err(|error| unusable(path, "list of limits", error))
}

/// The text of a file.
pub(super) fn text(path: &Path) -> Result<String, BadInput> {
    fs::read_to_string(path).map_err(|error| unreadable(path, error))
}

/// What is said of a file that cannot be read.
pub(super) fn unreadable(path: &Path, error: impl std::fmt::Display) -> BadInput {
    BadInput::file("read", path, error, "check the path")
}

/// What is said of a file that is not what it was named as.
pub(super) fn unusable(path: &Path, what: &str, error: impl std::fmt::Display) -> BadInput {
    BadInput::new(format!("failed to use {} as a {what}: {error}", path.display()), "")
}
