//! One request on the wire, and how it ended.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// The kind of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum RequestKind {
    /// CopyObject.
    Copy,
    /// CreateMultipartUpload.
    CreateUpload,
    /// UploadPartCopy of the part with this number, from 1.
    CopyPart(u32),
    /// CompleteMultipartUpload.
    CompleteUpload,
    /// AbortMultipartUpload.
    AbortUpload,
    /// Publish, or PublishBatch where a job has several messages.
    Publish,
}

impl RequestKind {
    /// The name used in files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Copy => "copy",
            Self::CreateUpload => "create_upload",
            Self::CopyPart(_) => "copy_part",
            Self::CompleteUpload => "complete_upload",
            Self::AbortUpload => "abort_upload",
            Self::Publish => "publish",
        }
    }

    /// The part number of a part copy, 0 for everything else.
    #[must_use]
    pub fn part(self) -> u32 {
        match self {
            Self::CopyPart(part) => part,
            _ => 0,
        }
    }

    /// The request with this name and part number.
    #[must_use]
    pub fn from_name(name: &str, part: u32) -> Option<Self> {
        [
            Self::Copy,
            Self::CreateUpload,
            Self::CopyPart(part),
            Self::CompleteUpload,
            Self::AbortUpload,
            Self::Publish,
        ]
        .into_iter()
        .find(|request| request.name() == name)
    }

    /// Whether the request carries the work itself rather than the book-keeping around it.
    pub(crate) fn carries_work(self) -> bool {
        matches!(self, Self::Copy | Self::CopyPart(_) | Self::Publish)
    }
}

/// How an attempt ended. Throttles are an outcome of their own: the service was there and said "later".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum AttemptOutcome {
    /// The service did what was asked.
    Ok,
    /// 503 SlowDown, 429, or a code that begins with `Throttl`.
    Throttled,
    /// Another 4xx: asking again will not help.
    ClientError,
    /// Another 5xx.
    ServerError,
    /// No answer within the attempt's time limit.
    Timeout,
    /// The connection could not be made or broke.
    Connection,
}

impl AttemptOutcome {
    /// Every outcome, in the order of the tables.
    pub const ALL: [Self; 6] =
        [Self::Ok, Self::Throttled, Self::ClientError, Self::ServerError, Self::Timeout, Self::Connection];

    /// The name used in files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Throttled => "throttled",
            Self::ClientError => "client_error",
            Self::ServerError => "server_error",
            Self::Timeout => "timeout",
            Self::Connection => "connection",
        }
    }

    /// Whether the same request may succeed later.
    #[must_use]
    pub fn is_retryable(self) -> bool {
        !matches!(self, Self::Ok | Self::ClientError)
    }
}

impl fmt::Display for AttemptOutcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for AttemptOutcome {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|outcome| outcome.name() == text).ok_or_else(|| {
            format!("`{text}` is not an outcome; they are {}", Self::ALL.map(Self::name).join(", "))
        })
    }
}

/// How a job ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JobEnd {
    /// Its work was done.
    Done,
    /// It failed for good: a client error, or the last permitted attempt.
    Failed,
}

impl JobEnd {
    /// The name used in files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Failed => "failed",
        }
    }
}

/// What is known of an attempt when it starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Start {
    /// Job number in the level, from 0.
    pub job: u64,
    /// Object that the job works on, from 0; the first of its objects when it is a batch.
    pub object: u64,
    /// What to send.
    pub request: RequestKind,
    /// 1 for the first try of this request.
    pub attempt: u32,
    /// Worker slot of a closed level.
    pub worker: Option<u32>,
    /// When the job should have started.
    pub job_intended_ns: u64,
    /// When this attempt should have started: the job's time, or the end of a back-off.
    pub intended_ns: u64,
    /// Bytes that the attempt moves.
    pub bytes: u64,
    /// Objects or messages that the job carries.
    pub items: u32,
}

impl Start {
    /// Whether this is the first request of its job.
    pub(crate) fn is_first_of_job(&self) -> bool {
        self.attempt == 1
            && matches!(self.request, RequestKind::Copy | RequestKind::Publish | RequestKind::CreateUpload)
    }
}

#[cfg(test)]
impl Start {
    /// The first attempt at a copy, due at the beginning.
    pub(crate) fn of_copy(job: u64) -> Self {
        Self {
            job,
            object: job,
            request: RequestKind::Copy,
            attempt: 1,
            worker: None,
            job_intended_ns: 0,
            intended_ns: 0,
            bytes: 10,
            items: 1,
        }
    }
}

/// One finished attempt: the record that every statistic is computed from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// Level of a sweep, from 0.
    pub level: u32,
    /// What was known at the start.
    pub start: Start,
    /// When it really started.
    pub started_ns: u64,
    /// When it ended.
    pub ended_ns: u64,
    /// How it ended.
    pub outcome: AttemptOutcome,
    /// The service's own word for an error, such as `SlowDown`.
    pub code: Option<Arc<str>>,
    /// Set on the attempt that ended its job.
    pub job_end: Option<JobEnd>,
}

impl Attempt {
    /// A copy that somebody else made and saw, as the only attempt of its job. Times count from the start of the run.
    pub(crate) fn seen(
        object: u64,
        size_bytes: u64,
        [started_ns, ended_ns]: [u64; 2],
        outcome: AttemptOutcome,
    ) -> Self {
        let start = Start {
            job: object,
            object,
            request: RequestKind::Copy,
            attempt: 1,
            worker: None,
            job_intended_ns: started_ns,
            intended_ns: started_ns,
            bytes: size_bytes,
            items: 1,
        };
        let job_end = if outcome == AttemptOutcome::Ok { JobEnd::Done } else { JobEnd::Failed };
        Self { level: 0, start, started_ns, ended_ns, outcome, code: None, job_end: Some(job_end) }
    }

    /// The same attempt by a clock that started `offset_ns` earlier.
    #[must_use]
    pub fn later_by(mut self, offset_ns: u64) -> Self {
        self.start.job_intended_ns += offset_ns;
        self.start.intended_ns += offset_ns;
        self.started_ns += offset_ns;
        self.ended_ns += offset_ns;
        self
    }

    /// The same attempt by a clock that started `offset_ns` later.
    pub(crate) fn earlier_by(mut self, offset_ns: u64) -> Self {
        let start = &mut self.start;
        for time_ns in
            [&mut start.job_intended_ns, &mut start.intended_ns, &mut self.started_ns, &mut self.ended_ns]
        {
            *time_ns = time_ns.saturating_sub(offset_ns);
        }
        self
    }

    /// Time from actual start to end.
    pub(crate) fn residence_ns(&self) -> u64 {
        self.ended_ns.saturating_sub(self.started_ns)
    }

    /// Time from the job's intended start to the end of this attempt.
    pub(crate) fn latency_ns(&self) -> u64 {
        self.ended_ns.saturating_sub(self.start.job_intended_ns)
    }

    /// How late the generator started the attempt.
    #[must_use]
    pub fn lateness_ns(&self) -> u64 {
        self.started_ns.saturating_sub(self.start.intended_ns)
    }
}
