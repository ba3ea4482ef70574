//! A job: one object to copy or one batch of messages to publish, in one request or in many.

use std::fmt;

use super::attempt::RequestKind;

/// What a job consists of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JobShape {
    /// One request does the whole job.
    Single(RequestKind),
    /// A multipart copy: create, parts side by side, complete.
    Multipart {
        /// Number of parts.
        parts: u32,
        /// Bytes of every part but the last.
        part_bytes: u64,
        /// Parts in flight at once.
        parallel: u32,
    },
}

impl JobShape {
    /// Where a part begins in its object, in bytes.
    #[must_use]
    pub fn offset_bytes(self, part: u32) -> u64 {
        match self {
            Self::Multipart { part_bytes, .. } => part_bytes.saturating_mul(u64::from(part - 1)),
            Self::Single(_) => 0,
        }
    }
}

/// A job as the dispatcher sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Job {
    /// Object number; the first of a batch.
    pub object: u64,
    /// Bytes that the job moves.
    pub bytes: u64,
    /// Objects or messages that the job carries.
    pub items: u32,
    /// What it consists of.
    pub shape: JobShape,
}

/// Where jobs come from.
pub trait Jobs: fmt::Debug {
    /// The job with this number, from 0.
    fn job(&self, number: u64) -> Job;
}

/// How far a job has come.
#[derive(Debug, Clone)]
pub struct JobProgress {
    shape: JobShape,
    bytes: u64,
    next_part: u32,
    /// Part copies begun and not ended for good, waiting ones included.
    open_parts: u32,
    done_parts: u32,
    failed: bool,
    uploading: bool,
}

/// What follows from the end of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JobStep {
    /// Start what [`Progress::next_part`] gives.
    Parts,
    /// Start this request.
    Request(RequestKind),
    /// Other requests of the job are still open.
    Wait,
    /// The job is done.
    Done,
    /// The job has failed.
    Failed,
}

impl JobProgress {
    /// A job at its beginning, with its first request.
    #[must_use]
    pub fn begin(job: &Job) -> (Self, RequestKind) {
        let progress = Self {
            shape: job.shape,
            bytes: job.bytes,
            next_part: 1,
            open_parts: 0,
            done_parts: 0,
            failed: false,
            uploading: false,
        };
        let first = match job.shape {
            JobShape::Single(request) => request,
            JobShape::Multipart { .. } => RequestKind::CreateUpload,
        };
        (progress, first)
    }

    /// Bytes that `request` moves.
    #[must_use]
    pub fn bytes_of(&self, request: RequestKind) -> u64 {
        match (self.shape, request) {
            (JobShape::Multipart { part_bytes, .. }, RequestKind::CopyPart(part)) => {
                self.bytes.saturating_sub(self.shape.offset_bytes(part)).min(part_bytes)
            }
            (JobShape::Multipart { .. }, _) => 0,
            (JobShape::Single(_), _) => self.bytes,
        }
    }

    /// The next part to copy, None while enough parts are open or all have begun.
    pub fn next_part(&mut self) -> Option<RequestKind> {
        let JobShape::Multipart { parts, parallel, .. } = self.shape else { return None };
        if self.failed || self.next_part > parts || self.open_parts >= parallel {
            return None;
        }
        let part = self.next_part;
        self.next_part += 1;
        self.open_parts += 1;
        Some(RequestKind::CopyPart(part))
    }

    /// Takes the final end of `request`: it succeeded, or it failed and will not be made again.
    pub fn ended(&mut self, request: RequestKind, ok: bool) -> JobStep {
        match request {
            RequestKind::CreateUpload if ok => {
                self.uploading = true;
                JobStep::Parts
            }
            RequestKind::CopyPart(_) => self.part_ended(ok),
            RequestKind::CompleteUpload if !ok => self.give_up(),
            RequestKind::AbortUpload => JobStep::Failed,
            _ if ok => JobStep::Done,
            _ => JobStep::Failed,
        }
    }

    fn part_ended(&mut self, ok: bool) -> JobStep {
        self.open_parts -= 1;
        if !ok || self.failed {
            return self.give_up();
        }
        self.done_parts += 1;
        match self.shape {
            JobShape::Multipart { parts, .. } if self.done_parts == parts => {
                JobStep::Request(RequestKind::CompleteUpload)
            }
            _ => JobStep::Parts,
        }
    }

    /// Ends the job early. An upload that was begun is aborted once its last open part has ended.
    pub(crate) fn give_up(&mut self) -> JobStep {
        self.failed = true;
        match (self.open_parts, self.uploading) {
            (0, true) => JobStep::Request(RequestKind::AbortUpload),
            (0, false) => JobStep::Failed,
            _ => JobStep::Wait,
        }
    }

    /// Whether the job is on its way to failure.
    pub(crate) fn has_failed(&self) -> bool {
        self.failed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn multipart(bytes: u64, parts: u32, parallel: u32) -> JobProgress {
        let shape = JobShape::Multipart { parts, part_bytes: 10, parallel };
        JobProgress::begin(&Job { object: 0, bytes, items: 1, shape }).0
    }

    #[test]
    fn a_multipart_job_creates_copies_its_parts_and_completes() {
        let mut job = multipart(25, 3, 2);
        assert_eq!(job.ended(RequestKind::CreateUpload, true), JobStep::Parts);
        assert_eq!(job.next_part(), Some(RequestKind::CopyPart(1)));
        assert_eq!(job.next_part(), Some(RequestKind::CopyPart(2)));
        assert_eq!(job.next_part(), None, "two at a time");
        assert_eq!(job.ended(RequestKind::CopyPart(2), true), JobStep::Parts);
        assert_eq!(job.next_part(), Some(RequestKind::CopyPart(3)));
        assert_eq!(job.bytes_of(RequestKind::CopyPart(3)), 5, "the last part is what is left");
        assert_eq!(job.ended(RequestKind::CopyPart(1), true), JobStep::Parts);
        assert_eq!(job.ended(RequestKind::CopyPart(3), true), JobStep::Request(RequestKind::CompleteUpload));
        assert_eq!(job.ended(RequestKind::CompleteUpload, true), JobStep::Done);
    }

    #[test]
    fn a_failed_part_aborts_the_upload_after_the_others_ended() {
        let mut job = multipart(30, 3, 3);
        job.ended(RequestKind::CreateUpload, true);
        while job.next_part().is_some() {}
        assert_eq!(job.ended(RequestKind::CopyPart(1), false), JobStep::Wait);
        assert_eq!(job.ended(RequestKind::CopyPart(2), true), JobStep::Wait);
        assert_eq!(job.ended(RequestKind::CopyPart(3), true), JobStep::Request(RequestKind::AbortUpload));
        assert_eq!(job.ended(RequestKind::AbortUpload, true), JobStep::Failed);
    }
}
