//! Why a file cannot be checked.

/// Why a file cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CheckError {
    /// The file as a whole.
    #[error("{0}")]
    File(String),
    /// One line of it.
    #[error("line {line}: {reason}")]
    Line {
        /// Line number, from 1.
        line: u64,
        /// What is wrong.
        reason: String,
    },
}
