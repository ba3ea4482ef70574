//! Which side of N = X·R a value is.

use serde::Serialize;

/// One of the three quantities of Little's law.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Quantity {
    /// N.
    N,
    /// X.
    XPerS,
    /// R.
    RS,
}
