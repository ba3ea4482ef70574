//! The copy of one object inside the endpoint, by the same operations that a client would ask for.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use futures::{StreamExt, TryStreamExt, stream};
use s3s::dto::{
    CompleteMultipartUploadInput, CompletedMultipartUpload, CompletedPart, CopyObjectInput, CopySource,
    CreateMultipartUploadInput, HeadObjectInput, HeadObjectOutput, UploadPartCopyInput,
};
use s3s::{S3Error, S3ErrorCode, S3Result};
use tokio::time::{Instant, sleep_until};

use super::Host;
use crate::emulator::gate::lock;
use planner_core::fan_out::copied::Outcome;
use planner_core::fan_out::message::{Message, Place};
use planner_core::load::job::Shape;
use planner_core::load::retry::RetryPolicy;

/// How the copy of an object ended.
pub(super) struct End {
    pub(super) outcome: Outcome,
    pub(super) code: Option<String>,
    pub(super) requests: u32,
    pub(super) throttles: u32,
}

impl End {
    pub(super) fn because(outcome: Outcome, code: impl Into<String>) -> Self {
        Self { outcome, code: Some(code.into()), requests: 0, throttles: 0 }
    }
}

/// An object that is being copied.
pub(super) struct Copying<'a> {
    pub(super) host: &'a Host,
    pub(super) message: &'a Message,
    pub(super) seed: u64,
    pub(super) deadline: Instant,
}

/// Requests so far.
#[derive(Default)]
struct Requests {
    made: AtomicU32,
    throttled: AtomicU32,
}

impl Copying<'_> {
    pub(super) async fn run(&self) -> End {
        let requests = Requests::default();
        let (outcome, code) = match self.copy(&requests).await {
            Ok(outcome) => (outcome, None),
            Err(error) => {
                let outcome = if is_retryable(&error) { Outcome::OutOfTime } else { Outcome::Failed };
                (outcome, Some(error.code().as_str().to_owned()))
            }
        };
        let [requests, throttles] =
            [requests.made, requests.throttled].map(|count| count.load(Ordering::Relaxed));
        End { outcome, code, requests, throttles }
    }

    async fn copy(&self, requests: &Requests) -> S3Result<Outcome> {
        let (source, there) =
            futures::future::join(self.look(&self.message.source), self.look(&self.message.destination))
                .await;
        requests.made.fetch_add(2, Ordering::Relaxed);
        let source = source?;
        let same = |there: &HeadObjectOutput| {
            there.content_length == source.content_length && there.e_tag == source.e_tag
        };
        if there.is_ok_and(|there| same(&there)) {
            return Ok(Outcome::Already);
        }
        let bytes = source.content_length.and_then(|bytes| u64::try_from(bytes).ok()).unwrap_or(0);
        match self.host.copy.shape(bytes) {
            Shape::Single(_) => {
                self.tries(requests, 0, || self.copy_whole()).await?;
            }
            Shape::Multipart { parts, part_bytes, parallel } => {
                self.copy_parts(requests, bytes, (parts, part_bytes, parallel)).await?;
            }
        }
        Ok(Outcome::Copied)
    }

    async fn look(&self, place: &Place) -> S3Result<HeadObjectOutput> {
        let input = HeadObjectInput::builder().bucket(place.bucket.clone()).key(place.key.clone()).build();
        self.host.storage.head_object(input.map_err(unbuilt)?).await
    }

    async fn copy_whole(&self) -> S3Result<()> {
        let to = &self.message.destination;
        let input = CopyObjectInput::builder().bucket(to.bucket.clone()).key(to.key.clone());
        let input = input.copy_source(self.source()).build().map_err(unbuilt)?;
        self.counted(self.host.storage.copy_object(input)).await.map(drop)
    }

    async fn copy_parts(
        &self,
        requests: &Requests,
        bytes: u64,
        (parts, part_bytes, parallel): (u32, u64, u32),
    ) -> S3Result<()> {
        let (storage, to) = (&self.host.storage, &self.message.destination);
        let input = CreateMultipartUploadInput::builder().bucket(to.bucket.clone()).key(to.key.clone());
        let begun = storage.create_multipart_upload(input.build().map_err(unbuilt)?).await?;
        let upload_id = &begun.upload_id.unwrap_or_default();
        let part = |number: u32| async move {
            let from = part_bytes * u64::from(number - 1);
            let range = format!("bytes={from}-{}", bytes.min(from + part_bytes) - 1);
            let copy = || async {
                let input = UploadPartCopyInput::builder()
                    .bucket(to.bucket.clone())
                    .key(to.key.clone())
                    .copy_source(self.source())
                    .copy_source_range(Some(range.clone()))
                    .upload_id(upload_id.clone())
                    .part_number(number as i32);
                self.counted(storage.upload_part_copy(input.build().map_err(unbuilt)?)).await
            };
            let done = self.tries(requests, number, copy).await?;
            let e_tag = done.copy_part_result.and_then(|result| result.e_tag);
            Ok::<_, S3Error>(CompletedPart { e_tag, part_number: Some(number as i32), ..Default::default() })
        };
        let copied = stream::iter((1..=parts).map(part)).buffered(parallel.max(1) as usize);
        let parts = Some(copied.try_collect().await?);
        let input = CompleteMultipartUploadInput::builder()
            .bucket(to.bucket.clone())
            .key(to.key.clone())
            .upload_id(upload_id.clone())
            .multipart_upload(Some(CompletedMultipartUpload { parts }));
        storage.complete_multipart_upload(input.build().map_err(unbuilt)?).await.map(drop)
    }

    fn source(&self) -> CopySource {
        let from = &self.message.source;
        CopySource::Bucket {
            bucket: from.bucket.as_str().into(),
            key: from.key.as_str().into(),
            version_id: None,
        }
    }

    /// Counts a copy request in flight, for its stage, also when it is broken off.
    async fn counted<T>(&self, request: impl Future<Output = T>) -> T {
        let started_ns = self.host.now_ns();
        lock(&self.host.state).copying.started(started_ns);
        let _end = Leaving { host: self.host, started_ns };
        request.await
    }

    /// Asks until it succeeds, or asking again will not help, or the next back-off would outlast the deadline.
    async fn tries<T, F>(&self, requests: &Requests, part: u32, request: impl Fn() -> F) -> S3Result<T>
    where
        F: Future<Output = S3Result<T>>,
    {
        let mut attempt = 1;
        loop {
            requests.made.fetch_add(1, Ordering::Relaxed);
            let error = match request().await {
                Err(error) if is_retryable(&error) => error,
                done => return done,
            };
            requests
                .throttled
                .fetch_add(u32::from(*error.code() == S3ErrorCode::SlowDown), Ordering::Relaxed);
            let wait_ns = RetryPolicy::UNTIL_THE_DEADLINE.back_off_ns(self.seed, 0, part, attempt);
            let next = wait_ns.map(|wait_ns| Instant::now() + Duration::from_nanos(wait_ns));
            let Some(next) = next.filter(|next| *next < self.deadline) else { return Err(error) };
            sleep_until(next).await;
            attempt += 1;
        }
    }
}

/// Takes a copy request out of its stage.
struct Leaving<'a> {
    host: &'a Host,
    started_ns: u64,
}

impl Drop for Leaving<'_> {
    fn drop(&mut self) {
        lock(&self.host.state).copying.ended(self.started_ns, self.host.now_ns());
    }
}

fn is_retryable(error: &S3Error) -> bool {
    matches!(
        error.code(),
        S3ErrorCode::SlowDown | S3ErrorCode::InternalError | S3ErrorCode::ServiceUnavailable
    )
}

fn unbuilt(error: impl std::fmt::Display) -> S3Error {
    S3Error::with_message(S3ErrorCode::InvalidRequest, error.to_string())
}
