//! Copying inside the endpoint, which takes the time that the service model says.

use std::sync::Arc;

use s3s::dto::{
    CopyObjectInput, CopyObjectOutput, CopyObjectResult, CopyPartResult, CopySource, ETagCondition,
    MetadataDirective, Range, UploadPartCopyInput, UploadPartCopyOutput,
};
use s3s::{S3Result, s3_error};

use super::objects::check_match;
use super::{Storage, entity_tag};
use crate::emulator::admission::AdmittedRequest;
use crate::emulator::content::Content;
use crate::emulator::object::{Headers, StoredObject};
use crate::emulator::store::Store;
use crate::emulator::tag::Tag;
use crate::emulator::upload::{UploadPart, check_part_number};
use planner_core::service::{CopyRequest, ServiceRequest};

/// What a copy will write, as it was when the copy began.
struct Copying<T> {
    written: T,
    bytes: u64,
    ordinal: u64,
}

impl Storage {
    pub(super) async fn copy_object(&self, input: CopyObjectInput) -> S3Result<CopyObjectOutput> {
        let source = source_name(&input.copy_source)?;
        let begun = begin_copy(&mut self.store(), &input, source, self.limits().copy_max_bytes);
        let _in_flight = self.pass_copy(source, (&input.bucket, &input.key), None, &begun).await?;
        let object = StoredObject { modified_ns: self.now_ns(), ..begun?.written };
        let result = CopyObjectResult {
            e_tag: Some(entity_tag(object.tag)),
            last_modified: Some(self.timestamp(object.modified_ns)),
            ..Default::default()
        };
        self.store().put(&input.bucket, &input.key, object)?;
        Ok(CopyObjectOutput { copy_object_result: Some(result), ..Default::default() })
    }

    pub(super) async fn upload_part_copy(
        &self,
        input: UploadPartCopyInput,
    ) -> S3Result<UploadPartCopyOutput> {
        let source = source_name(&input.copy_source)?;
        let part_number = check_part_number(input.part_number, self.limits())?;
        let begun = begin_part(&mut self.store(), &input, source, part_number, self.limits().part_max_bytes);
        let _in_flight =
            self.pass_copy(source, (&input.bucket, &input.key), Some(part_number), &begun).await?;
        let part = UploadPart { modified_ns: self.now_ns(), ..begun?.written };
        let result = CopyPartResult {
            e_tag: Some(entity_tag(part.tag)),
            last_modified: Some(self.timestamp(part.modified_ns)),
            ..Default::default()
        };
        let mut store = self.store();
        let upload = store.uploads.get_mut(&input.bucket, &input.key, &input.upload_id)?;
        upload.parts.insert(part_number, part);
        Ok(UploadPartCopyOutput { copy_part_result: Some(result), ..Default::default() })
    }

    /// Waits for the time of a copy or of a part of one.
    async fn pass_copy<T>(
        &self,
        source: (&str, &str),
        destination: (&str, &str),
        part_number: Option<u32>,
        begun: &S3Result<Copying<T>>,
    ) -> S3Result<AdmittedRequest<'_>> {
        // A copy that cannot be done is still asked for, and answered like one of no bytes.
        let (bytes, ordinal) = begun.as_ref().map_or((0, 0), |copying| (copying.bytes, copying.ordinal));
        self.pass(&ServiceRequest::Copy(CopyRequest {
            source: &format!("{}/{}", source.0, source.1),
            destination: &format!("{}/{}", destination.0, destination.1),
            bytes,
            part_number,
            ordinal,
        }))
        .await
    }
}

fn begin_copy(
    store: &mut Store,
    input: &CopyObjectInput,
    (bucket, key): (&str, &str),
    most_bytes: u64,
) -> S3Result<Copying<StoredObject>> {
    store.check_bucket(&input.bucket)?;
    let replaces = input
        .metadata_directive
        .as_ref()
        .is_some_and(|directive| directive.as_str() == MetadataDirective::REPLACE);
    if (bucket, key) == (&*input.bucket, &*input.key) && !replaces {
        return Err(s3_error!(
            InvalidRequest,
            "This copy request is illegal because it is trying to copy an object to itself without changing \
             the object's metadata, storage class, website redirect location or encryption attributes."
        ));
    }
    let source = checked_source(store, (bucket, key), input.copy_source_if_match.as_ref())?;
    check_size(source.content.size_bytes(), most_bytes)?;
    let ordinal = u64::from(source.copies_asked);
    source.copies_asked += 1;
    // One request keeps the tag, unless that is of parts, of which a copy knows nothing.
    let tag =
        if source.tag.is_of_parts() { Tag::of_content(&source.content, source.tag, 0) } else { source.tag };
    let headers = if replaces {
        Arc::new(Headers { content_type: input.content_type.clone(), metadata: input.metadata.clone() })
    } else {
        Arc::clone(&source.headers)
    };
    let content = source.content.clone();
    let bytes = content.size_bytes();
    Ok(Copying {
        bytes,
        written: StoredObject { content, tag, modified_ns: 0, headers, copies_asked: 0 },
        ordinal,
    })
}

fn begin_part(
    store: &mut Store,
    input: &UploadPartCopyInput,
    source_name: (&str, &str),
    part_number: u32,
    most_bytes: u64,
) -> S3Result<Copying<UploadPart>> {
    store.uploads.get_mut(&input.bucket, &input.key, &input.upload_id)?;
    let source = checked_source(store, source_name, input.copy_source_if_match.as_ref())?;
    let (content, offset) = part_content(&source.content, input.copy_source_range.as_deref(), most_bytes)?;
    let tag = Tag::of_content(&content, source.tag, offset);
    let mut asked = source.copies_asked;
    let upload = store.uploads.get_mut(&input.bucket, &input.key, &input.upload_id)?;
    let ordinal = upload.part_ordinal(part_number, &mut asked);
    store.object_mut(source_name.0, source_name.1)?.copies_asked = asked;
    Ok(Copying { bytes: content.size_bytes(), written: UploadPart { content, tag, modified_ns: 0 }, ordinal })
}

/// The bytes of the source that a part is made of, and where they begin.
fn part_content(source: &Content, range: Option<&str>, most_bytes: u64) -> S3Result<(Content, u64)> {
    let size_bytes = source.size_bytes();
    let Some(range) = range else {
        check_size(size_bytes, most_bytes)?;
        return Ok((source.clone(), 0));
    };
    let Ok(Range::Int { first, last: Some(last) }) = Range::parse(range) else {
        return Err(s3_error!(
            InvalidArgument,
            "The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are \
             the zero-based offsets of the first and last bytes to copy"
        ));
    };
    if last >= size_bytes || first > last {
        return Err(s3_error!(
            InvalidArgument,
            "Range specified is not valid for source object of size: {size_bytes}"
        ));
    }
    check_size(last + 1 - first, most_bytes)?;
    Ok((source.slice(first, last + 1), first))
}

fn source_name(source: &CopySource) -> S3Result<(&str, &str)> {
    match source {
        CopySource::Bucket { bucket, key, version_id: None } => Ok((bucket, key)),
        CopySource::Bucket { .. } => Err(s3_error!(NotImplemented, "This endpoint keeps no versions")),
        _ => Err(s3_error!(NotImplemented, "This endpoint copies from buckets only")),
    }
}

fn checked_source<'a>(
    store: &'a mut Store,
    (bucket, key): (&str, &str),
    condition: Option<&ETagCondition>,
) -> S3Result<&'a mut StoredObject> {
    let source = store.object_mut(bucket, key)?;
    condition.map_or(Ok(()), |condition| check_match(condition, source.tag))?;
    Ok(source)
}

fn check_size(size_bytes: u64, most_bytes: u64) -> S3Result<()> {
    if size_bytes <= most_bytes {
        return Ok(());
    }
    Err(s3_error!(
        InvalidRequest,
        "The specified copy source is larger than the maximum allowable size for a copy source: {most_bytes}"
    ))
}
