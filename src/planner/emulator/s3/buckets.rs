//! Operations on buckets.

use s3s::dto::{
    Bucket, BucketLocationConstraint, CreateBucketInput, CreateBucketOutput, DeleteBucketInput,
    DeleteBucketOutput, GetBucketLocationInput, GetBucketLocationOutput, HeadBucketInput, HeadBucketOutput,
    ListBucketsInput, ListBucketsOutput, Owner,
};
use s3s::{S3Result, s3_error};

use super::Storage;
use crate::emulator::ACCOUNT_ID;

/// The region that S3 calls by no name, and where making a bucket twice is no error.
const CLASSIC_REGION: &str = "us-east-1";

impl Storage {
    pub(super) async fn create_bucket(&self, input: CreateBucketInput) -> S3Result<CreateBucketOutput> {
        let _in_flight = self.pass_small(&input.bucket).await?;
        let wanted = input.create_bucket_configuration.and_then(|wanted| wanted.location_constraint);
        if wanted.is_some_and(|wanted| wanted.as_str() != &*self.region) {
            return Err(s3_error!(
                InvalidLocationConstraint,
                "The specified location-constraint is not valid; this endpoint is in {}",
                self.region
            ));
        }
        let fresh = self.store().create_bucket(&input.bucket, self.now_ns());
        if !fresh && &*self.region != CLASSIC_REGION {
            return Err(s3_error!(
                BucketAlreadyOwnedByYou,
                "Your previous request to create the named bucket succeeded and you already own it."
            ));
        }
        Ok(CreateBucketOutput { location: Some(format!("/{}", input.bucket)) })
    }

    pub(super) async fn head_bucket(&self, input: HeadBucketInput) -> S3Result<HeadBucketOutput> {
        let _in_flight = self.pass_small(&input.bucket).await?;
        self.store().check_bucket(&input.bucket)?;
        Ok(HeadBucketOutput { bucket_region: Some(self.region.to_string()), ..Default::default() })
    }

    pub(super) async fn list_buckets(&self, input: ListBucketsInput) -> S3Result<ListBucketsOutput> {
        let _in_flight = self.pass_small("").await?;
        let size = self.page_size(input.max_buckets)?;
        let (prefix, after) =
            (input.prefix.unwrap_or_default(), input.continuation_token.unwrap_or_default());
        let store = self.store();
        let mut found = store.buckets().filter(|(name, _)| name.starts_with(&prefix) && *name > &*after);
        let buckets: Vec<Bucket> = found
            .by_ref()
            .take(size)
            .map(|(name, created_ns)| Bucket {
                bucket_region: Some(self.region.to_string()),
                creation_date: Some(self.timestamp(created_ns)),
                name: Some(name.to_owned()),
            })
            .collect();
        let continuation_token =
            found.next().and_then(|_| buckets.last()).and_then(|bucket| bucket.name.clone());
        Ok(ListBucketsOutput {
            buckets: Some(buckets),
            continuation_token,
            owner: Some(Owner { display_name: None, id: Some(ACCOUNT_ID.to_owned()) }),
            prefix: Some(prefix).filter(|prefix| !prefix.is_empty()),
        })
    }

    pub(super) async fn delete_bucket(&self, input: DeleteBucketInput) -> S3Result<DeleteBucketOutput> {
        let _in_flight = self.pass_small(&input.bucket).await?;
        self.store().delete_bucket(&input.bucket)?;
        Ok(DeleteBucketOutput::default())
    }

    pub(super) async fn get_bucket_location(
        &self,
        input: GetBucketLocationInput,
    ) -> S3Result<GetBucketLocationOutput> {
        let _in_flight = self.pass_small(&input.bucket).await?;
        self.store().check_bucket(&input.bucket)?;
        let region = Some(&*self.region).filter(|region| *region != CLASSIC_REGION);
        let location_constraint = region.map(|region| BucketLocationConstraint::from(region.to_owned()));
        Ok(GetBucketLocationOutput { location_constraint })
    }
}
