//! An object as S3 describes it, and whether another is its copy.

use aws_sdk_s3::Client as S3;
use aws_sdk_s3::operation::create_multipart_upload::builders::CreateMultipartUploadFluentBuilder;
use aws_sdk_s3::operation::head_object::HeadObjectOutput;
use aws_sdk_s3::primitives::{DateTime, DateTimeFormat};
use aws_sdk_s3::types::ServerSideEncryption;

use planner_aws::reply::Reply;
use planner_core::fan_out::message::ObjectLocation;

/// What S3 says of an object.
#[derive(Debug, Clone)]
pub struct SourceObject(HeadObjectOutput);

impl SourceObject {
    /// Asks for an object; none when it is not there.
    ///
    /// # Errors
    /// Where S3 does not say, for instance with `HTTP 403` where the function may not list the bucket.
    pub async fn look(s3: &S3, place: &ObjectLocation) -> Result<Option<Self>, Reply> {
        match s3.head_object().bucket(&place.bucket).key(&place.key).send().await {
            Ok(answer) => Ok(Some(Self(answer))),
            Err(error) if error.as_service_error().is_some_and(|error| error.is_not_found()) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// All that S3 said.
    #[must_use]
    pub fn head(&self) -> &HeadObjectOutput {
        &self.0
    }

    /// Size.
    #[must_use]
    pub fn size_bytes(&self) -> u64 {
        self.0.content_length().and_then(|bytes| u64::try_from(bytes).ok()).unwrap_or(0)
    }

    /// ETag, with its quotes.
    #[must_use]
    pub fn tag(&self) -> Option<&str> {
        self.0.e_tag()
    }

    /// Whether this object holds what `source` holds now. Where both ETags are digests of the content they decide.
    /// Those of multipart uploads and of objects encrypted by KMS are not; then the copy has to have the size of the
    /// source and be younger. In doubt it is none, and the object is copied again.
    #[must_use]
    pub fn is_copy_of(&self, source: &Self) -> bool {
        if self.size_bytes() != source.size_bytes() {
            return false;
        }
        match (self.digest(), source.digest()) {
            (Some(own), Some(other)) => own == other,
            _ => match (self.modified(), source.modified()) {
                // S3 gives whole seconds, so that equal times leave it open which came first.
                (Some(own), Some(other)) => own.secs() > other.secs(),
                _ => false,
            },
        }
    }

    /// Gives an upload the object's metadata, and these tags.
    #[must_use]
    pub fn dress(
        &self,
        upload: CreateMultipartUploadFluentBuilder,
        tagging: Option<String>,
    ) -> CreateMultipartUploadFluentBuilder {
        let head = &self.0;
        upload
            .set_tagging(tagging)
            .set_metadata(head.metadata().cloned())
            .set_content_type(head.content_type().map(str::to_owned))
            .set_content_encoding(head.content_encoding().map(str::to_owned))
            .set_content_language(head.content_language().map(str::to_owned))
            .set_content_disposition(head.content_disposition().map(str::to_owned))
            .set_cache_control(head.cache_control().map(str::to_owned))
            .set_expires(head.expires_string().and_then(http_date))
    }

    fn modified(&self) -> Option<&DateTime> {
        self.0.last_modified()
    }

    /// The ETag where it is the MD5 of the content (Amazon S3 API reference, "Object").
    fn digest(&self) -> Option<&str> {
        use ServerSideEncryption::{AwsKms, AwsKmsDsse};
        if matches!(self.0.server_side_encryption(), Some(AwsKms | AwsKmsDsse)) {
            return None;
        }
        let tag = self.tag()?.trim_matches('"');
        (tag.len() == 32 && tag.bytes().all(|byte| byte.is_ascii_hexdigit())).then_some(tag)
    }
}

/// The tags of an object, as a header wants them.
///
/// # Errors
/// Where S3 does not say.
pub async fn tagging(s3: &S3, place: &ObjectLocation) -> Result<String, Reply> {
    let answer = s3.get_object_tagging().bucket(&place.bucket).key(&place.key).send().await?;
    let mut text = form_urlencoded::Serializer::new(String::new());
    text.extend_pairs(answer.tag_set().iter().map(|tag| (tag.key(), tag.value())));
    Ok(text.finish())
}

/// S3 keeps whatever was given as Expires, and takes a date.
fn http_date(text: &str) -> Option<DateTime> {
    DateTime::from_str(text, DateTimeFormat::HttpDate).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = "\"00112233445566778899aabbccddeeff\"";
    const TWO: &str = "\"ff112233445566778899aabbccddeeff\"";
    const PARTS: &str = "\"00112233445566778899aabbccddeeff-3\"";

    fn found(size: i64, tag: &str, modified_s: i64) -> SourceObject {
        let modified = DateTime::from_secs(modified_s);
        SourceObject(
            HeadObjectOutput::builder().content_length(size).e_tag(tag).last_modified(modified).build(),
        )
    }

    #[test]
    fn content_decides_where_both_tags_are_of_content() {
        let source = found(5, ONE, 100);
        assert!(found(5, ONE, 50).is_copy_of(&source), "the same content, however old");
        assert!(!found(5, TWO, 150).is_copy_of(&source));
        assert!(!found(4, ONE, 150).is_copy_of(&source));
    }

    #[test]
    fn otherwise_size_and_time_decide() {
        let source = found(5, ONE, 100);
        assert!(found(5, PARTS, 101).is_copy_of(&source));
        assert!(!found(5, PARTS, 100).is_copy_of(&source), "the source may be younger");
        assert!(!found(4, PARTS, 101).is_copy_of(&source), "cut off");
        let encrypted = HeadObjectOutput::builder().content_length(5).e_tag(TWO);
        let encrypted = encrypted.last_modified(DateTime::from_secs(101));
        let encrypted = SourceObject(encrypted.server_side_encryption(ServerSideEncryption::AwsKms).build());
        assert!(encrypted.is_copy_of(&source), "its tag says nothing of the content");
        let undated = SourceObject(HeadObjectOutput::builder().content_length(5).build());
        assert!(!undated.is_copy_of(&source));
    }
}
