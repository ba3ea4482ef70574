//! The S3 side of the endpoint: which operations there are, and what they have in common.

mod buckets;
mod copies;
mod listing;
mod multipart;
mod objects;

use std::sync::{Arc, MutexGuard};

use async_trait::async_trait;
use s3s::dto::{self, ETag, Timestamp};
use s3s::{S3, S3Error, S3Request, S3Response, S3Result, s3_error};

use super::admission::{AdmittedRequest, Gate, lock};
use super::content::ByteBudget;
use super::store::Store;
use super::tag::Tag;
use planner_core::account::S3Limits;
use planner_core::service::{ServiceRefusal, ServiceRequest};

/// Object storage over the store, with the times and refusals of the service model.
#[derive(Clone, Debug)]
pub(super) struct Storage {
    pub(super) gate: Arc<Gate>,
    pub(super) store: Arc<std::sync::Mutex<Store>>,
    pub(super) budget: Arc<ByteBudget>,
    pub(super) region: Arc<str>,
}

impl Storage {
    fn store(&self) -> MutexGuard<'_, Store> {
        lock(&self.store)
    }

    fn limits(&self) -> &S3Limits {
        &self.gate.limits.s3
    }

    /// The requested page size, which is never more than S3's own.
    fn page_size(&self, requested: Option<i32>) -> S3Result<usize> {
        let most = self.limits().page_keys_max as usize;
        let Some(size) = requested else { return Ok(most) };
        let size = usize::try_from(size)
            .map_err(|_| s3_error!(InvalidArgument, "A page cannot have {size} entries"))?;
        Ok(size.min(most))
    }

    fn now_ns(&self) -> u64 {
        self.gate.clock.now_ns()
    }

    fn timestamp(&self, at_ns: u64) -> Timestamp {
        self.gate.clock.time_of_day(at_ns).into()
    }

    /// Waits for the time of a request; dropping the answer ends it.
    async fn pass(&self, request: &ServiceRequest<'_>) -> S3Result<AdmittedRequest<'_>> {
        self.gate.pass(request).await.map_err(refused)
    }

    /// Waits for the time of a small request about `name`.
    async fn pass_small(&self, name: &str) -> S3Result<AdmittedRequest<'_>> {
        self.pass(&ServiceRequest::Metadata { name }).await
    }
}

fn refused(refusal: ServiceRefusal) -> S3Error {
    match refusal {
        ServiceRefusal::SlowDown => s3_error!(SlowDown, "Please reduce your request rate."),
        ServiceRefusal::InternalError => {
            s3_error!(InternalError, "We encountered an internal error. Please try again.")
        }
        ServiceRefusal::Throttled => s3_error!(ServiceUnavailable, "Please reduce your request rate."),
    }
}

fn entity_tag(tag: Tag) -> ETag {
    ETag::Strong(tag.to_string())
}

/// Writes the trait as a table: each operation is a method of [`Storage`] from its input to its output.
macro_rules! operations {
    ($($name:ident($input:ty) -> $output:ty;)*) => {
        #[async_trait]
        impl S3 for Storage {
            $(
                async fn $name(&self, request: S3Request<$input>) -> S3Result<S3Response<$output>> {
                    Storage::$name(self, request.input).await.map(S3Response::new)
                }
            )*
        }
    };
}

operations! {
    create_bucket(dto::CreateBucketInput) -> dto::CreateBucketOutput;
    head_bucket(dto::HeadBucketInput) -> dto::HeadBucketOutput;
    list_buckets(dto::ListBucketsInput) -> dto::ListBucketsOutput;
    delete_bucket(dto::DeleteBucketInput) -> dto::DeleteBucketOutput;
    get_bucket_location(dto::GetBucketLocationInput) -> dto::GetBucketLocationOutput;
    put_object(dto::PutObjectInput) -> dto::PutObjectOutput;
    get_object(dto::GetObjectInput) -> dto::GetObjectOutput;
    head_object(dto::HeadObjectInput) -> dto::HeadObjectOutput;
    delete_object(dto::DeleteObjectInput) -> dto::DeleteObjectOutput;
    delete_objects(dto::DeleteObjectsInput) -> dto::DeleteObjectsOutput;
    list_objects(dto::ListObjectsInput) -> dto::ListObjectsOutput;
    list_objects_v2(dto::ListObjectsV2Input) -> dto::ListObjectsV2Output;
    copy_object(dto::CopyObjectInput) -> dto::CopyObjectOutput;
    create_multipart_upload(dto::CreateMultipartUploadInput) -> dto::CreateMultipartUploadOutput;
    upload_part(dto::UploadPartInput) -> dto::UploadPartOutput;
    upload_part_copy(dto::UploadPartCopyInput) -> dto::UploadPartCopyOutput;
    complete_multipart_upload(dto::CompleteMultipartUploadInput) -> dto::CompleteMultipartUploadOutput;
    abort_multipart_upload(dto::AbortMultipartUploadInput) -> dto::AbortMultipartUploadOutput;
    list_multipart_uploads(dto::ListMultipartUploadsInput) -> dto::ListMultipartUploadsOutput;
    list_parts(dto::ListPartsInput) -> dto::ListPartsOutput;
}
