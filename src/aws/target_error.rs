//! Why a target cannot be used, in words for people.

/// A target that cannot be used.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
#[error("{what}: {reason}")]
pub struct TargetError {
    what: String,
    reason: String,
    #[help]
    help: Option<String>,
    is_refusal: bool,
}

impl TargetError {
    /// `what` failed for `reason`.
    pub fn new(what: impl Into<String>, reason: impl Into<String>) -> Self {
        Self { what: what.into(), reason: reason.into(), help: None, is_refusal: false }
    }

    /// `what` is not done, for `reason`: it could harm what is not the run's.
    pub fn refusal(what: impl Into<String>, reason: impl Into<String>) -> Self {
        Self { is_refusal: true, ..Self::new(what, reason) }
    }

    /// Whether it was refused for safety, rather than tried and failed.
    #[must_use]
    pub fn is_refusal(&self) -> bool {
        self.is_refusal
    }

    /// Adds what to do about it.
    #[must_use]
    pub fn help(self, help: impl Into<String>) -> Self {
        Self { help: Some(help.into()), ..self }
    }

    /// What is to be listed cannot be, so it is not made either.
    pub(crate) fn not_listed(error: std::io::Error) -> Self {
        Self::new("failed to list what is created", error.to_string())
    }
}
