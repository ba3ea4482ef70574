//! Operations on single objects, and on lists of their names.

use std::ops::Range;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use futures::StreamExt;
use s3s::dto::{
    DeleteObjectInput, DeleteObjectOutput, DeleteObjectsInput, DeleteObjectsOutput, DeletedObject,
    ETagCondition, Error, GetObjectInput, GetObjectOutput, HeadObjectInput, HeadObjectOutput, PutObjectInput,
    PutObjectOutput, StreamingBlob,
};
use s3s::{S3Error, S3ErrorCode, S3Result, s3_error};

use super::{Storage, entity_tag};
use crate::emulator::content::{Content, Receiving};
use crate::emulator::object::{Headers, StoredObject};
use crate::emulator::tag::Tag;

impl Storage {
    pub(super) async fn put_object(&self, input: PutObjectInput) -> S3Result<PutObjectOutput> {
        let (content, tag) = self.receive(input.body, input.content_md5.as_deref()).await?;
        let _in_flight = self.pass_small(&input.key).await?;
        let object = StoredObject {
            content,
            tag,
            modified_ns: self.now_ns(),
            headers: Arc::new(Headers { content_type: input.content_type, metadata: input.metadata }),
            copies_asked: 0,
        };
        let mut store = self.store();
        if input.if_none_match.is_some() && store.object(&input.bucket, &input.key).is_ok() {
            return Err(precondition_failed());
        }
        if let Some(condition) = &input.if_match {
            check_match(condition, store.object(&input.bucket, &input.key)?.tag)?;
        }
        store.put(&input.bucket, &input.key, object)?;
        Ok(PutObjectOutput { e_tag: Some(entity_tag(tag)), ..Default::default() })
    }

    pub(super) async fn get_object(&self, input: GetObjectInput) -> S3Result<GetObjectOutput> {
        let _in_flight = self.pass_small(&input.key).await?;
        let object = self.found(&input.bucket, &input.key, input.if_match.as_ref())?;
        let size_bytes = object.content.size_bytes();
        let (range, content_range) = requested_range(input.range, size_bytes)?;
        let content = object.content.slice(range.start, range.end);
        Ok(GetObjectOutput {
            accept_ranges: Some("bytes".to_owned()),
            content_length: Some(content.size_bytes() as i64),
            content_range,
            body: Some(StreamingBlob::new(content.into_stream())),
            content_type: object.headers.content_type.clone(),
            metadata: object.headers.metadata.clone(),
            e_tag: Some(entity_tag(object.tag)),
            last_modified: Some(self.timestamp(object.modified_ns)),
            ..Default::default()
        })
    }

    pub(super) async fn head_object(&self, input: HeadObjectInput) -> S3Result<HeadObjectOutput> {
        let _in_flight = self.pass_small(&input.key).await?;
        let object = self.found(&input.bucket, &input.key, input.if_match.as_ref())?;
        let (range, content_range) = requested_range(input.range, object.content.size_bytes())?;
        Ok(HeadObjectOutput {
            accept_ranges: Some("bytes".to_owned()),
            content_length: Some((range.end - range.start) as i64),
            content_range,
            content_type: object.headers.content_type.clone(),
            metadata: object.headers.metadata.clone(),
            e_tag: Some(entity_tag(object.tag)),
            last_modified: Some(self.timestamp(object.modified_ns)),
            ..Default::default()
        })
    }

    pub(super) async fn delete_object(&self, input: DeleteObjectInput) -> S3Result<DeleteObjectOutput> {
        let _in_flight = self.pass_small(&input.key).await?;
        let mut store = self.store();
        if let Some(condition) = &input.if_match {
            check_match(condition, store.object(&input.bucket, &input.key)?.tag)?;
        }
        store.delete(&input.bucket, &input.key)?;
        Ok(DeleteObjectOutput::default())
    }

    pub(super) async fn delete_objects(&self, input: DeleteObjectsInput) -> S3Result<DeleteObjectsOutput> {
        let _in_flight = self.pass_small(&input.bucket).await?;
        let most = self.limits().page_keys_max;
        if input.delete.objects.len() > most as usize {
            return Err(s3_error!(MalformedXML, "At most {most} keys can be deleted at once"));
        }
        let mut store = self.store();
        store.check_bucket(&input.bucket)?;
        let (mut deleted, mut errors) = (Vec::new(), Vec::new());
        for named in input.delete.objects {
            let tag = store.object(&input.bucket, &named.key).ok().map(|object| object.tag);
            let wanted = named.e_tag.map(ETagCondition::ETag);
            match wanted.zip(tag).map_or(Ok(()), |(wanted, tag)| check_match(&wanted, tag)) {
                Ok(()) => {
                    store.delete(&input.bucket, &named.key)?;
                    deleted.push(DeletedObject { key: Some(named.key), ..Default::default() });
                }
                Err(error) => errors.push(Error {
                    code: Some(error.code().as_str().to_owned()),
                    key: Some(named.key),
                    message: error.message().map(str::to_owned),
                    version_id: None,
                }),
            }
        }
        let quiet = input.delete.quiet.unwrap_or(false);
        Ok(DeleteObjectsOutput {
            deleted: (!quiet).then_some(deleted),
            errors: Some(errors),
            ..Default::default()
        })
    }

    fn found(&self, bucket: &str, key: &str, condition: Option<&ETagCondition>) -> S3Result<StoredObject> {
        let object = self.store().object(bucket, key)?.clone();
        condition.map_or(Ok(()), |condition| check_match(condition, object.tag))?;
        Ok(object)
    }

    /// Reads a request body into the budget and digests it.
    pub(super) async fn receive(
        &self,
        body: Option<StreamingBlob>,
        expected_md5: Option<&str>,
    ) -> S3Result<(Content, Tag)> {
        let mut receiving = Receiving::new(&self.budget);
        if let Some(body) = body {
            self.read(body, &mut receiving).await?;
        }
        let tag = Tag::of_bytes([receiving.as_ref()]);
        if expected_md5.is_some_and(|expected| expected != STANDARD.encode(tag.digest())) {
            return Err(s3_error!(
                BadDigest,
                "The Content-MD5 you specified did not match what we received."
            ));
        }
        Ok((receiving.finish(), tag))
    }

    async fn read(&self, mut body: StreamingBlob, receiving: &mut Receiving) -> S3Result<()> {
        while let Some(piece) = body.next().await {
            let piece = piece.map_err(unreadable)?;
            if receiving.as_ref().len() as u64 + piece.len() as u64 > self.limits().copy_max_bytes {
                return Err(s3_error!(
                    EntityTooLarge,
                    "Your proposed upload exceeds the maximum allowed size"
                ));
            }
            if !receiving.push(&piece) {
                return Err(self.no_room());
            }
        }
        Ok(())
    }

    fn no_room(&self) -> S3Error {
        let mut error = S3Error::with_message(
            S3ErrorCode::Custom("InsufficientStorage".into()),
            format!(
                "The endpoint keeps {} real bytes already and has no room for this body; \
                 seed large objects without sending them",
                self.budget.used_bytes()
            ),
        );
        error.set_status_code(http::StatusCode::INSUFFICIENT_STORAGE);
        error
    }
}

fn unreadable(error: s3s::StdError) -> S3Error {
    match error.downcast::<S3Error>() {
        Ok(error) => *error,
        Err(error) => s3_error!(IncompleteBody, "The request body could not be read: {error}"),
    }
}

/// Checks the condition that an object has a certain tag.
pub(super) fn check_match(condition: &ETagCondition, tag: Tag) -> S3Result<()> {
    match condition {
        ETagCondition::ETag(wanted) if wanted.value() != tag.to_string() => Err(precondition_failed()),
        _ => Ok(()),
    }
}

fn precondition_failed() -> S3Error {
    s3_error!(PreconditionFailed, "At least one of the pre-conditions you specified did not hold")
}

/// The bytes a request asks for, and the header that says so if it asks for some and not all.
fn requested_range(
    range: Option<s3s::dto::Range>,
    size_bytes: u64,
) -> S3Result<(Range<u64>, Option<String>)> {
    let Some(range) = range else { return Ok((0..size_bytes, None)) };
    let bytes = range.check(size_bytes).map_err(S3Error::from)?;
    if bytes.is_empty() {
        return Err(s3_error!(InvalidRange, "The requested range is not satisfiable"));
    }
    let header = format!("bytes {}-{}/{size_bytes}", bytes.start, bytes.end - 1);
    Ok((bytes, Some(header)))
}
