//! Multipart uploads, apart from copying into them.

use s3s::dto::{
    AbortMultipartUploadInput, AbortMultipartUploadOutput, CompleteMultipartUploadInput,
    CompleteMultipartUploadOutput, CreateMultipartUploadInput, CreateMultipartUploadOutput,
    ListMultipartUploadsInput, ListMultipartUploadsOutput, ListPartsInput, ListPartsOutput, MultipartUpload,
    Part as ListedPart, UploadPartInput, UploadPartOutput,
};
use s3s::{S3Result, s3_error};

use super::{Storage, entity_tag};
use crate::emulator::object::Headers;
use crate::emulator::upload::{UploadPart, check_part_number};

impl Storage {
    pub(super) async fn create_multipart_upload(
        &self,
        input: CreateMultipartUploadInput,
    ) -> S3Result<CreateMultipartUploadOutput> {
        let _in_flight = self.pass_small(&input.key).await?;
        let mut store = self.store();
        store.check_bucket(&input.bucket)?;
        let headers = Headers { content_type: input.content_type, metadata: input.metadata };
        let upload_id = store.uploads.start(&input.bucket, &input.key, headers, self.now_ns());
        Ok(CreateMultipartUploadOutput {
            bucket: Some(input.bucket),
            key: Some(input.key),
            upload_id: Some(upload_id),
            ..Default::default()
        })
    }

    pub(super) async fn upload_part(&self, input: UploadPartInput) -> S3Result<UploadPartOutput> {
        let part_number = check_part_number(input.part_number, self.limits())?;
        let (content, tag) = self.receive(input.body, input.content_md5.as_deref()).await?;
        let _in_flight = self.pass_small(&input.key).await?;
        let part = UploadPart { content, tag, modified_ns: self.now_ns() };
        let mut store = self.store();
        let upload = store.uploads.get_mut(&input.bucket, &input.key, &input.upload_id)?;
        upload.parts.insert(part_number, part);
        Ok(UploadPartOutput { e_tag: Some(entity_tag(tag)), ..Default::default() })
    }

    pub(super) async fn complete_multipart_upload(
        &self,
        input: CompleteMultipartUploadInput,
    ) -> S3Result<CompleteMultipartUploadOutput> {
        let _in_flight = self.pass_small(&input.key).await?;
        let listed = input.multipart_upload.and_then(|upload| upload.parts).unwrap_or_default();
        let mut store = self.store();
        let upload = (&*input.bucket, &*input.key, &*input.upload_id);
        let object = store.uploads.complete(upload, &listed, self.limits(), self.now_ns())?;
        let e_tag = Some(entity_tag(object.tag));
        store.put(&input.bucket, &input.key, object)?;
        Ok(CompleteMultipartUploadOutput {
            location: Some(format!("/{}/{}", input.bucket, input.key)),
            bucket: Some(input.bucket),
            key: Some(input.key),
            e_tag,
            ..Default::default()
        })
    }

    pub(super) async fn abort_multipart_upload(
        &self,
        input: AbortMultipartUploadInput,
    ) -> S3Result<AbortMultipartUploadOutput> {
        let _in_flight = self.pass_small(&input.key).await?;
        self.store().uploads.abort(&input.bucket, &input.key, &input.upload_id)?;
        Ok(AbortMultipartUploadOutput::default())
    }

    pub(super) async fn list_multipart_uploads(
        &self,
        input: ListMultipartUploadsInput,
    ) -> S3Result<ListMultipartUploadsOutput> {
        let _in_flight = self.pass_small(&input.bucket).await?;
        if input.delimiter.is_some() {
            return Err(s3_error!(NotImplemented, "This endpoint lists uploads without a delimiter only"));
        }
        let max_uploads = self.page_size(input.max_uploads)?;
        let store = self.store();
        store.check_bucket(&input.bucket)?;
        let prefix = input.prefix.unwrap_or_default();
        let (after_key, after_id) =
            (input.key_marker.unwrap_or_default(), input.upload_id_marker.unwrap_or_default());
        let mut found = store.uploads.of_bucket(&input.bucket).into_iter().filter(|(id, upload)| {
            let younger = !after_id.is_empty() && upload.key == after_key && *id > &*after_id;
            let follows = upload.key > after_key || younger;
            upload.key.starts_with(&prefix) && follows
        });
        let uploads: Vec<MultipartUpload> = found
            .by_ref()
            .take(max_uploads)
            .map(|(id, upload)| MultipartUpload {
                key: Some(upload.key.clone()),
                upload_id: Some(id.to_owned()),
                initiated: Some(self.timestamp(upload.started_ns)),
                ..Default::default()
            })
            .collect();
        let next = found.next().and_then(|_| uploads.last().cloned()).unwrap_or_default();
        Ok(ListMultipartUploadsOutput {
            bucket: Some(input.bucket),
            prefix: Some(prefix),
            max_uploads: Some(max_uploads as i32),
            is_truncated: Some(next.key.is_some()),
            next_key_marker: next.key,
            next_upload_id_marker: next.upload_id,
            uploads: Some(uploads),
            ..Default::default()
        })
    }

    pub(super) async fn list_parts(&self, input: ListPartsInput) -> S3Result<ListPartsOutput> {
        let _in_flight = self.pass_small(&input.key).await?;
        let max_parts = self.page_size(input.max_parts)?;
        let after = u32::try_from(input.part_number_marker.unwrap_or(0))
            .map_err(|_| s3_error!(InvalidArgument, "A part number marker cannot be negative"))?;
        let mut store = self.store();
        let upload = store.uploads.get_mut(&input.bucket, &input.key, &input.upload_id)?;
        let mut found = upload.parts.range(after.saturating_add(1)..);
        let parts: Vec<ListedPart> = found
            .by_ref()
            .take(max_parts)
            .map(|(&number, part)| ListedPart {
                part_number: Some(number as i32),
                e_tag: Some(entity_tag(part.tag)),
                size: Some(part.content.size_bytes() as i64),
                last_modified: Some(self.timestamp(part.modified_ns)),
                ..Default::default()
            })
            .collect();
        let next = found.next().and_then(|_| parts.last()).and_then(|part| part.part_number);
        Ok(ListPartsOutput {
            bucket: Some(input.bucket),
            key: Some(input.key),
            upload_id: Some(input.upload_id),
            max_parts: Some(max_parts as i32),
            part_number_marker: Some(after as i32),
            is_truncated: Some(next.is_some()),
            next_part_number_marker: next,
            parts: Some(parts),
            ..Default::default()
        })
    }
}
