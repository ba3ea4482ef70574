//! What shows that something at the target is a run's own: a marker that claims its prefix, a marker in a bucket that
//! it made, and a tag on a topic that it made.

use aws_sdk_s3::Client as S3;
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_s3::operation::put_object::PutObjectOutput;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_sns::Client as Sns;
use aws_sdk_sns::types::Tag;

use super::preflight::{create_bucket, find_bucket, find_topic};
use super::reply::{Reply, explain};
use super::target_error::TargetError;
use crate::created::{CreatedLog, KeyEvent, WriteReceipt, prefix};
use planner_core::load::attempt::AttemptOutcome;

/// Key of the marker in a bucket that a run made. Its content is the run's id.
const MAKER: &str = "planner-runs/made-by";
/// Tag of a topic that a run made, with the run's id.
const TOPIC_TAG: &str = "planner-run";

/// Key of the marker that claims the prefix of a run.
#[must_use]
pub fn key(run: &str) -> String {
    format!("{}claim", prefix(run))
}

/// What a bucket or a topic has come to when it was to be deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unmade {
    /// It is gone.
    Gone,
    /// There is something in it.
    InUse,
    /// It does not show that the run made it.
    Foreign,
}

/// Claims the prefix of a run in a bucket, before anything else is written there.
///
/// # Errors
/// Where another run has claimed it, which is a refusal, or the marker cannot be written.
pub async fn claim_prefix(s3: &S3, bucket: &str, run: &str, created: &CreatedLog) -> Result<(), TargetError> {
    let key = key(run);
    let claimed = || {
        let reason = format!("another run has claimed {} in bucket {bucket}", prefix(run));
        TargetError::refusal("refused to write", reason).help("start the run again: it gets a new id")
    };
    // Some servers take no notice of the condition, so that it alone says nothing.
    if find(s3, bucket, &key).await?.is_some() {
        return Err(claimed());
    }
    // No other marker has the same bytes, so its tag shows whose it is.
    let nonce =
        getrandom::u64().map_err(|error| TargetError::new("failed to claim a prefix", error.to_string()))?;
    created.note(KeyEvent::Intended, bucket, &key).map_err(TargetError::not_listed)?;
    let Some(answer) = put_new(s3, bucket, &key, format!("{run} {nonce:016x}\n")).await? else {
        created.note(KeyEvent::Deleted, bucket, &key).map_err(TargetError::not_listed)?;
        return Err(claimed());
    };
    let tag = answer.e_tag().unwrap_or_default().to_owned();
    created
        .written(bucket, &key, WriteReceipt::of(answer.e_tag(), answer.version_id(), None))
        .map_err(TargetError::not_listed)?;
    match find(s3, bucket, &key).await? {
        Some(found) if !tag.is_empty() && found != tag => Err(claimed()),
        _ => Ok(()),
    }
}

/// The tag of an object, None where it is not there or may not be looked at.
async fn find(s3: &S3, bucket: &str, key: &str) -> Result<Option<String>, TargetError> {
    match s3.head_object().bucket(bucket).key(key).send().await {
        Ok(head) => Ok(Some(head.e_tag().unwrap_or_default().to_owned())),
        // Without the permission to list, S3 says 403 of what is not there.
        Err(error) if matches!(status(&error), Some(403 | 404)) => Ok(None),
        Err(error) => Err(explain(format!("failed to look at {bucket}/{key}"), &error)),
    }
}

fn status<E>(error: &SdkError<E, aws_smithy_runtime_api::client::orchestrator::HttpResponse>) -> Option<u16> {
    error.raw_response().map(|answer| answer.status().as_u16())
}

/// Writes an object that must not be there, where the server has the condition. None where one is there.
async fn put_new(
    s3: &S3,
    bucket: &str,
    key: &str,
    body: String,
) -> Result<Option<PutObjectOutput>, TargetError> {
    let request = || {
        let body = ByteStream::from(body.clone().into_bytes());
        s3.put_object().bucket(bucket).key(key).body(body)
    };
    let mut answer = request().if_none_match("*").send().await;
    if answer.as_ref().is_err_and(|error| error.code() == Some("NotImplemented")) {
        answer = request().send().await;
    }
    match answer {
        Ok(answer) => Ok(Some(answer)),
        Err(error) if matches!(error.code(), Some("PreconditionFailed" | "ConditionalRequestConflict")) => {
            Ok(None)
        }
        Err(error) => Err(explain(format!("failed to write {bucket}/{key}"), &error)),
    }
}

/// Makes a bucket where it is missing. Of several runs that find it missing it belongs to the one whose marker is in
/// it, and the others use it.
///
/// # Errors
/// Where it cannot be looked at or made.
pub async fn make_bucket(s3: &S3, bucket: &str, run: &str, created: &CreatedLog) -> Result<(), TargetError> {
    if find_bucket(s3, bucket).await? {
        return Ok(());
    }
    created.note(KeyEvent::Bucket, bucket, "").map_err(TargetError::not_listed)?;
    create_bucket(s3, bucket).await?;
    let is_own = match find(s3, bucket, MAKER).await? {
        Some(_) => false,
        None => put_new(s3, bucket, MAKER, run.to_owned()).await?.is_some(),
    };
    if is_own && maker(s3, bucket).await?.as_deref() == Some(run) {
        return Ok(());
    }
    created.note(KeyEvent::Left, bucket, "").map_err(TargetError::not_listed)
}

/// The run that made a bucket, None where no marker says so.
async fn maker(s3: &S3, bucket: &str) -> Result<Option<String>, TargetError> {
    let failed = format!("failed to read {bucket}/{MAKER}");
    let answer = match s3.get_object().bucket(bucket).key(MAKER).send().await {
        Ok(answer) => answer,
        Err(error) if status(&error) == Some(404) => return Ok(None),
        Err(error) => return Err(explain(failed, &error)),
    };
    let body = answer.body.collect().await.map_err(|error| TargetError::new(failed, error.to_string()))?;
    Ok(Some(String::from_utf8_lossy(&body.to_vec()).into_owned()))
}

/// Deletes a bucket that the run made and nobody uses.
///
/// # Errors
/// Where it cannot be looked at or deleted.
pub async fn unmake_bucket(s3: &S3, bucket: &str, run: &str) -> Result<Unmade, TargetError> {
    if !find_bucket(s3, bucket).await? {
        return Ok(Unmade::Gone);
    }
    if maker(s3, bucket).await?.as_deref() != Some(run) {
        return Ok(Unmade::Foreign);
    }
    let listed = s3.list_objects_v2().bucket(bucket).max_keys(2).send().await;
    let listed = listed.map_err(|error| explain(format!("failed to list bucket {bucket}"), &error))?;
    if listed.contents().iter().any(|object| object.key() != Some(MAKER)) {
        return Ok(Unmade::InUse);
    }
    let deleted = s3.delete_object().bucket(bucket).key(MAKER).send().await;
    deleted.map_err(|error| explain(format!("failed to delete {bucket}/{MAKER}"), &error))?;
    match s3.delete_bucket().bucket(bucket).send().await {
        Ok(_) => Ok(Unmade::Gone),
        Err(error) if error.code() == Some("NoSuchBucket") => Ok(Unmade::Gone),
        Err(error) if error.code() == Some("BucketNotEmpty") => {
            // Somebody began to use it meanwhile; it stays the run's until they have done.
            put_new(s3, bucket, MAKER, run.to_owned()).await?;
            Ok(Unmade::InUse)
        }
        Err(error) => Err(explain(format!("failed to delete bucket {bucket}"), &error)),
    }
}

/// The ARN of a topic, made where it is missing. Of several runs that find it missing it belongs to the one that the
/// topic's tag names, and the others use it.
///
/// # Errors
/// Where topics cannot be listed or made.
pub async fn make_topic(
    sns: &Sns,
    topic: &str,
    run: &str,
    created: Option<&CreatedLog>,
) -> Result<String, TargetError> {
    if let Some(arn) = find_topic(sns, topic).await? {
        return Ok(arn);
    }
    let failed = format!("failed to create topic {topic}");
    let tag = Tag::builder().key(TOPIC_TAG).value(run).build();
    let tag = tag.map_err(|error| TargetError::new(failed.clone(), error.to_string()))?;
    let arn = match sns.create_topic().name(topic).tags(tag).send().await {
        Ok(answer) => answer.topic_arn().unwrap_or_default().to_owned(),
        Err(error) => {
            // Whoever was first has given it another tag.
            let is_refused = Reply::from(&error).outcome == AttemptOutcome::ClientError;
            match find_topic(sns, topic).await? {
                Some(arn) if is_refused => return Ok(arn),
                _ => return Err(explain(failed, &error)),
            }
        }
    };
    if let Some(created) = created {
        created.note(KeyEvent::Topic, "", &arn).map_err(TargetError::not_listed)?;
        if !has_made_topic(sns, &arn, run).await? {
            created.note(KeyEvent::Left, "", &arn).map_err(TargetError::not_listed)?;
        }
    }
    Ok(arn)
}

/// Deletes a topic that the run made.
///
/// # Errors
/// Where its tags cannot be read or it cannot be deleted.
pub async fn unmake_topic(sns: &Sns, arn: &str, run: &str) -> Result<Unmade, TargetError> {
    if !has_made_topic(sns, arn, run).await? {
        return Ok(Unmade::Foreign);
    }
    match sns.delete_topic().topic_arn(arn).send().await {
        Ok(_) => Ok(Unmade::Gone),
        Err(error) => Err(explain(format!("failed to delete topic {arn}"), &error)),
    }
}

/// Whether a topic's tag says that the run made it.
async fn has_made_topic(sns: &Sns, arn: &str, run: &str) -> Result<bool, TargetError> {
    match sns.list_tags_for_resource().resource_arn(arn).send().await {
        Ok(answer) => Ok(answer.tags().iter().any(|tag| tag.key() == TOPIC_TAG && tag.value() == run)),
        Err(error) if matches!(error.code(), Some("ResourceNotFound" | "NotFound")) => Ok(false),
        Err(error) => Err(explain(format!("failed to read the tags of topic {arn}"), &error)),
    }
}
