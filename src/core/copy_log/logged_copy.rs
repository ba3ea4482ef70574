//! What a log says.

use crate::load::attempt::AttemptOutcome;

/// Where a log comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// `start,end` rows.
    Requests,
    /// Reports of a function, whose duration is that of its handler.
    Lambda,
    /// Server access logs, whose times begin at whole seconds.
    AccessLog,
}

impl LogFormat {
    /// The form for people.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Requests => "list of requests",
            Self::Lambda => "function log",
            Self::AccessLog => "access log",
        }
    }
}

/// A copy as it was logged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LoggedCopy {
    /// When it began, in nanoseconds by the clock of the log.
    pub started_ns: i64,
    /// When it ended.
    pub ended_ns: i64,
    /// Its size; 0 where the log does not say it.
    pub size_bytes: u64,
    /// How it ended.
    pub outcome: AttemptOutcome,
}

/// What a log says.
#[derive(Debug, Clone, PartialEq)]
pub struct CopyLog {
    /// Where it comes from.
    pub form: LogFormat,
    /// The copies, in the order of the log.
    pub copies: Vec<LoggedCopy>,
    /// Seconds to start an execution environment, of those that were started.
    pub cold_starts_s: Vec<f64>,
    /// Whether the log says when copies were made; otherwise they stand one after the other.
    pub has_times: bool,
}

impl CopyLog {
    pub(super) fn new(form: LogFormat) -> Self {
        Self { form, copies: Vec::new(), cold_starts_s: Vec::new(), has_times: true }
    }
}

/// What a status of HTTP says.
pub(super) fn by_status(status: u16) -> AttemptOutcome {
    match status {
        200..=399 => AttemptOutcome::Ok,
        429 | 503 => AttemptOutcome::Throttled,
        400..=499 => AttemptOutcome::ClientError,
        _ => AttemptOutcome::ServerError,
    }
}
