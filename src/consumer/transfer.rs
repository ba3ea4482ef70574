//! The copy of one object: one request, or a multipart upload whose parts are copied side by side.

use std::time::Duration;

use aws_sdk_s3::Client as S3;
use futures::StreamExt;
use futures::stream::FuturesUnordered;

use super::retry_loop::RetryLoop;
use super::source_object::{SourceObject, tagging};
use planner_aws::copy::ObjectCopy;
use planner_aws::reply::Reply;
use planner_core::account::Limits;
use planner_core::fan_out::message::Message;
use planner_core::load::attempt::{AttemptOutcome, RequestKind};
use planner_core::load::job::{Job, JobProgress, JobShape, JobStep};
use planner_core::scenario::file::Copy;

/// How long after the deadline an upload may still be aborted.
const ABORT_GRACE: Duration = Duration::from_secs(1);

/// One copy in progress.
pub struct Transfer<'a> {
    s3: &'a S3,
    tries: &'a RetryLoop,
    message: &'a Message,
    source: &'a SourceObject,
    job: Job,
    copy: ObjectCopy,
}

impl<'a> Transfer<'a> {
    /// A copy of `source` to where `message` wants it.
    #[must_use]
    pub fn new(
        s3: &'a S3,
        tries: &'a RetryLoop,
        message: &'a Message,
        source: &'a SourceObject,
        how: &Copy,
    ) -> Self {
        let bytes = source.size_bytes();
        let parts_max = Limits::built_in().s3.parts_max;
        let shape = match how.shape(bytes) {
            JobShape::Multipart { parts, parallel, .. } if parts > parts_max => {
                let part_bytes = bytes.div_ceil(u64::from(parts_max));
                let parts = u32::try_from(bytes.div_ceil(part_bytes)).unwrap_or(u32::MAX);
                JobShape::Multipart { parts, part_bytes, parallel }
            }
            shape => shape,
        };
        let job = Job { object: message.n, bytes, items: 1, shape };
        // Parts are of the object that was looked at, or the copy fails.
        let copy = ObjectCopy::new(s3, &message.source, source.tag(), message.destination.clone());
        Self { s3, tries, message, source, job, copy }
    }

    /// Carries it out. An upload that fails is aborted.
    ///
    /// # Errors
    /// How the first request ended that did not succeed.
    pub async fn run(&self) -> Result<(), Reply> {
        let (mut progress, first) = JobProgress::begin(&self.job);
        let mut open = FuturesUnordered::new();
        open.push(self.request(first, 0));
        let mut failure = None;
        while let Some((request, answer)) = open.next().await {
            let step = progress.ended(request, answer.is_ok());
            failure = failure.or(answer.err());
            match step {
                JobStep::Done => return Ok(()),
                JobStep::Failed => break,
                JobStep::Request(next) => open.push(self.request(next, 0)),
                JobStep::Parts => {
                    while let Some(part) = progress.next_part() {
                        open.push(self.request(part, progress.bytes_of(part)));
                    }
                }
                JobStep::Wait => {}
            }
        }
        // A job ends undone only after a request of its own failed.
        Err(failure.unwrap_or_else(|| Reply::failure(AttemptOutcome::ServerError, "Unfinished")))
    }

    async fn request(&self, request: RequestKind, bytes: u64) -> (RequestKind, Result<(), Reply>) {
        let (tries, copy, shape) = (self.tries, &self.copy, self.job.shape);
        let answer = match request {
            RequestKind::CreateUpload => self.create_upload().await,
            RequestKind::CopyPart(part) => {
                tries.make(part, || copy.part(part, shape.offset_bytes(part), bytes)).await
            }
            RequestKind::CompleteUpload => tries.make(0, || copy.complete()).await.map(drop),
            RequestKind::AbortUpload => tries.once(ABORT_GRACE, copy.abort()).await,
            // The shape of a copy has no others.
            _ => tries.make(0, || copy.whole()).await.map(drop),
        };
        (request, answer)
    }

    /// CopyObject takes over metadata and tags by itself; an upload has to be given them. An upload whose answer never
    /// comes has no id, so that nobody here can abort it. It has no parts either; the destination's lifecycle rule,
    /// which `scripts/deploy` asks for, removes it.
    async fn create_upload(&self) -> Result<(), Reply> {
        let tags = match self.source.head().tag_count() {
            Some(1..) => Some(self.tries.make(0, || tagging(self.s3, &self.message.source)).await?),
            _ => None,
        };
        self.tries.make(0, || self.copy.begin(|request| self.source.dress(request, tags.clone()))).await
    }
}
