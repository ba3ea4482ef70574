//! The copy of one object: one request, or a multipart upload whose parts are copied side by side.

use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Duration;

use aws_sdk_s3::Client as S3;
use aws_sdk_s3::primitives::{DateTime, DateTimeFormat};
use aws_sdk_s3::types::{CompletedMultipartUpload, CompletedPart};
use futures::StreamExt;
use futures::stream::FuturesUnordered;

use super::object::Found;
use super::tries::Tries;
use planner_aws::operation::copy_source;
use planner_aws::reply::Reply;
use planner_core::account::Limits;
use planner_core::fan_out::message::Message;
use planner_core::load::attempt::{Outcome, Request};
use planner_core::load::job::{Job, Progress, Shape, Step};
use planner_core::scenario::file::Copy;

/// How long after the deadline an upload may still be aborted.
const ABORT_GRACE: Duration = Duration::from_secs(1);

/// One copy in progress.
pub struct Transfer<'a> {
    s3: &'a S3,
    tries: &'a Tries,
    message: &'a Message,
    source: &'a Found,
    job: Job,
    upload_id: OnceLock<String>,
    parts: Mutex<Vec<CompletedPart>>,
}

impl<'a> Transfer<'a> {
    /// A copy of `source` to where `message` wants it.
    #[must_use]
    pub fn new(s3: &'a S3, tries: &'a Tries, message: &'a Message, source: &'a Found, how: &Copy) -> Self {
        let bytes = source.size_bytes();
        let parts_max = Limits::built_in().s3.parts_max;
        let shape = match how.shape(bytes) {
            Shape::Multipart { parts, parallel, .. } if parts > parts_max => {
                let part_bytes = bytes.div_ceil(u64::from(parts_max));
                let parts = u32::try_from(bytes.div_ceil(part_bytes)).unwrap_or(u32::MAX);
                Shape::Multipart { parts, part_bytes, parallel }
            }
            shape => shape,
        };
        let job = Job { object: message.n, bytes, items: 1, shape };
        Self { s3, tries, message, source, job, upload_id: OnceLock::new(), parts: Mutex::default() }
    }

    /// Carries it out. An upload that fails is aborted.
    ///
    /// # Errors
    /// How the first request ended that did not succeed.
    pub async fn run(&self) -> Result<(), Reply> {
        let (mut progress, first) = Progress::begin(&self.job);
        let mut open = FuturesUnordered::new();
        open.push(self.request(first, 0));
        let mut failure = None;
        while let Some((request, answer)) = open.next().await {
            let step = progress.ended(request, answer.is_ok());
            failure = failure.or(answer.err());
            match step {
                Step::Done => return Ok(()),
                Step::Failed => break,
                Step::Request(next) => open.push(self.request(next, 0)),
                Step::Parts => {
                    while let Some(part) = progress.next_part() {
                        open.push(self.request(part, progress.bytes_of(part)));
                    }
                }
                Step::Wait => {}
            }
        }
        // A job ends undone only after a request of its own failed.
        Err(failure.unwrap_or_else(|| Reply::failure(Outcome::ServerError, "Unfinished")))
    }

    async fn request(&self, request: Request, bytes: u64) -> (Request, Result<(), Reply>) {
        let answer = match request {
            Request::CreateUpload => self.create_upload().await,
            Request::CopyPart(part) => self.tries.make(part, || self.copy_part(part, bytes)).await,
            Request::CompleteUpload => self.tries.make(0, || self.complete_upload()).await,
            Request::AbortUpload => self.tries.once(ABORT_GRACE, self.abort_upload()).await,
            Request::Copy | Request::Publish => self.tries.make(0, || self.copy()).await,
        };
        (request, answer)
    }

    fn copy_source(&self) -> String {
        copy_source(&self.message.source.bucket, &self.message.source.key)
    }

    async fn copy(&self) -> Result<(), Reply> {
        let to = &self.message.destination;
        let request = self.s3.copy_object().copy_source(self.copy_source());
        let request = request.set_copy_source_if_match(self.source.tag().map(str::to_owned));
        let answer = request.bucket(&to.bucket).key(&to.key).send().await;
        answer.map(drop).map_err(|error| Reply::from(&error))
    }

    /// CopyObject takes over metadata and tags by itself; an upload has to be given them.
    async fn create_upload(&self) -> Result<(), Reply> {
        let tagging = match self.source.head().tag_count() {
            Some(1..) => Some(self.tries.make(0, || self.tagging()).await?),
            _ => None,
        };
        let id = self.tries.make(0, || self.begin_upload(tagging.clone())).await?;
        // Set once, because a job begins one upload.
        self.upload_id.get_or_init(|| id);
        Ok(())
    }

    async fn tagging(&self) -> Result<String, Reply> {
        let from = &self.message.source;
        let answer = self.s3.get_object_tagging().bucket(&from.bucket).key(&from.key).send().await;
        let answer = answer.map_err(|error| Reply::from(&error))?;
        let mut text = form_urlencoded::Serializer::new(String::new());
        text.extend_pairs(answer.tag_set().iter().map(|tag| (tag.key(), tag.value())));
        Ok(text.finish())
    }

    /// An upload whose answer never comes has no id, so that nobody here can abort it. It has no parts either; the
    /// destination's lifecycle rule, which `scripts/deploy` asks for, removes it.
    async fn begin_upload(&self, tagging: Option<String>) -> Result<String, Reply> {
        let (to, head) = (&self.message.destination, self.source.head());
        let request = self.s3.create_multipart_upload().bucket(&to.bucket).key(&to.key);
        let request = request
            .set_tagging(tagging)
            .set_metadata(head.metadata().cloned())
            .set_content_type(head.content_type().map(str::to_owned))
            .set_content_encoding(head.content_encoding().map(str::to_owned))
            .set_content_language(head.content_language().map(str::to_owned))
            .set_content_disposition(head.content_disposition().map(str::to_owned))
            .set_cache_control(head.cache_control().map(str::to_owned))
            .set_expires(head.expires_string().and_then(http_date));
        let answer = request.send().await.map_err(|error| Reply::from(&error))?;
        Ok(answer.upload_id().unwrap_or_default().to_owned())
    }

    async fn copy_part(&self, part: u32, bytes: u64) -> Result<(), Reply> {
        let offset = match self.job.shape {
            Shape::Multipart { part_bytes, .. } => part_bytes * u64::from(part - 1),
            Shape::Single(_) => 0,
        };
        let to = &self.message.destination;
        let number = i32::try_from(part).unwrap_or(i32::MAX);
        let request = self.s3.upload_part_copy().copy_source(self.copy_source());
        let request = request
            .set_copy_source_if_match(self.source.tag().map(str::to_owned))
            .copy_source_range(format!("bytes={offset}-{}", offset + bytes - 1))
            .bucket(&to.bucket)
            .key(&to.key)
            .set_upload_id(self.upload_id.get().cloned())
            .part_number(number);
        let answer = request.send().await.map_err(|error| Reply::from(&error))?;
        let tag = answer.copy_part_result().and_then(|result| result.e_tag()).map(str::to_owned);
        let done = CompletedPart::builder().part_number(number).set_e_tag(tag).build();
        // A panic elsewhere leaves the list itself whole.
        self.parts.lock().unwrap_or_else(PoisonError::into_inner).push(done);
        Ok(())
    }

    async fn complete_upload(&self) -> Result<(), Reply> {
        let to = &self.message.destination;
        let mut parts = self.parts.lock().unwrap_or_else(PoisonError::into_inner).clone();
        parts.sort_unstable_by_key(CompletedPart::part_number);
        let parts = CompletedMultipartUpload::builder().set_parts(Some(parts)).build();
        let request = self.s3.complete_multipart_upload().bucket(&to.bucket).key(&to.key);
        let request = request.set_upload_id(self.upload_id.get().cloned()).multipart_upload(parts);
        request.send().await.map(drop).map_err(|error| Reply::from(&error))
    }

    async fn abort_upload(&self) -> Result<(), Reply> {
        let to = &self.message.destination;
        let request = self.s3.abort_multipart_upload().bucket(&to.bucket).key(&to.key);
        let request = request.set_upload_id(self.upload_id.get().cloned());
        request.send().await.map(drop).map_err(|error| Reply::from(&error))
    }
}

/// S3 keeps whatever was given as Expires, and takes a date.
fn http_date(text: &str) -> Option<DateTime> {
    DateTime::from_str(text, DateTimeFormat::HttpDate).ok()
}
