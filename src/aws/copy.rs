//! The copy of one object within S3, as S3 is asked for it: whole, or in the parts of a multipart upload.

use std::sync::{Mutex, OnceLock, PoisonError};

use aws_sdk_s3::Client as S3;
use aws_sdk_s3::operation::create_multipart_upload::builders::CreateMultipartUploadFluentBuilder;
use aws_sdk_s3::types::{CompletedMultipartUpload, CompletedPart};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::reply::Reply;
use crate::created::WriteReceipt;
use planner_core::fan_out::message::ObjectLocation;
use planner_core::load::attempt::AttemptOutcome;

/// Characters of a key that stand for themselves in `x-amz-copy-source`.
const KEY: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'/');

/// One copy, with the upload that it began, if it is one in parts. Each method makes one request.
#[derive(Debug)]
pub struct ObjectCopy {
    s3: S3,
    source: String,
    source_tag: Option<String>,
    /// Where the copy goes.
    pub destination: ObjectLocation,
    upload_id: OnceLock<String>,
    parts: Mutex<Vec<CompletedPart>>,
}

impl ObjectCopy {
    /// A copy from one place to another; with a tag, only as long as the source has it.
    #[must_use]
    pub fn new(
        s3: &S3,
        source: &ObjectLocation,
        source_tag: Option<&str>,
        destination: ObjectLocation,
    ) -> Self {
        Self {
            s3: s3.clone(),
            source: format!("{}/{}", source.bucket, utf8_percent_encode(&source.key, KEY)),
            source_tag: source_tag.map(str::to_owned),
            destination,
            upload_id: OnceLock::new(),
            parts: Mutex::default(),
        }
    }

    /// CopyObject.
    ///
    /// # Errors
    /// How it ended, also where the answer does not say what was written.
    pub async fn whole(&self) -> Result<WriteReceipt, Reply> {
        let request = self.s3.copy_object().copy_source(&self.source);
        let request = request.set_copy_source_if_match(self.source_tag.clone());
        let ObjectLocation { bucket, key } = &self.destination;
        let answer = request.bucket(bucket).key(key).send().await?;
        let result = answer.copy_object_result().ok_or_else(empty_result)?;
        Ok(WriteReceipt::of(result.e_tag(), answer.version_id(), result.last_modified()))
    }

    /// CreateMultipartUpload, with what `dress` adds to the request.
    ///
    /// # Errors
    /// How it ended.
    pub async fn begin(
        &self,
        dress: impl FnOnce(CreateMultipartUploadFluentBuilder) -> CreateMultipartUploadFluentBuilder,
    ) -> Result<(), Reply> {
        let ObjectLocation { bucket, key } = &self.destination;
        let request = self.s3.create_multipart_upload().bucket(bucket).key(key);
        let answer = dress(request).send().await?;
        // Set once, because a copy begins one upload.
        self.upload_id.get_or_init(|| answer.upload_id.unwrap_or_default());
        Ok(())
    }

    /// UploadPartCopy of so many bytes from an offset.
    ///
    /// # Errors
    /// How it ended, also where the answer does not say what was written.
    pub async fn part(&self, part: u32, offset_bytes: u64, bytes: u64) -> Result<(), Reply> {
        let number = i32::try_from(part).unwrap_or(i32::MAX);
        let ObjectLocation { bucket, key } = &self.destination;
        let request = self.s3.upload_part_copy().copy_source(&self.source);
        let request = request
            .set_copy_source_if_match(self.source_tag.clone())
            .copy_source_range(format!("bytes={offset_bytes}-{}", offset_bytes + bytes - 1))
            .bucket(bucket)
            .key(key)
            .upload_id(self.upload_id())
            .part_number(number);
        let answer = request.send().await?;
        let result = answer.copy_part_result.ok_or_else(empty_result)?;
        let done = CompletedPart::builder().part_number(number).set_e_tag(result.e_tag).build();
        // A panic elsewhere leaves the list itself whole.
        self.parts.lock().unwrap_or_else(PoisonError::into_inner).push(done);
        Ok(())
    }

    /// CompleteMultipartUpload of the parts that were copied.
    ///
    /// # Errors
    /// How it ended.
    pub async fn complete(&self) -> Result<WriteReceipt, Reply> {
        let mut parts = self.parts.lock().unwrap_or_else(PoisonError::into_inner).clone();
        parts.sort_unstable_by_key(CompletedPart::part_number);
        let parts = CompletedMultipartUpload::builder().set_parts(Some(parts)).build();
        let ObjectLocation { bucket, key } = &self.destination;
        let request = self.s3.complete_multipart_upload().bucket(bucket).key(key);
        let answer = request.upload_id(self.upload_id()).multipart_upload(parts).send().await?;
        Ok(WriteReceipt::of(answer.e_tag(), answer.version_id(), None))
    }

    /// AbortMultipartUpload.
    ///
    /// # Errors
    /// How it ended.
    pub async fn abort(&self) -> Result<(), Reply> {
        let ObjectLocation { bucket, key } = &self.destination;
        let request = self.s3.abort_multipart_upload().bucket(bucket).key(key);
        request.upload_id(self.upload_id()).send().await?;
        Ok(())
    }

    /// Id of the upload; empty before one was begun.
    #[must_use]
    pub fn upload_id(&self) -> &str {
        self.upload_id.get().map_or("", String::as_str)
    }
}

/// A 200 that says nothing of what it wrote. It may have been cut off, or be no answer of S3 at all.
fn empty_result() -> Reply {
    Reply::failure(AttemptOutcome::ServerError, "EmptyResult")
}
