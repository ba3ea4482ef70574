//! Deletes what a run created: what its list names under the run's own prefix, where the ETag is still the one that
//! was written.

use std::path::Path;

use aws_sdk_s3::Client as S3;
use aws_sdk_s3::error::ProvideErrorMetadata;
use futures::{StreamExt, stream};

use super::TargetError;
use super::clients::Clients;
use super::reply::explain;
use crate::runs::created::{Created, CreatedLog, FILE, prefix};
use crate::scenario::file::{File as ScenarioFile, OperationKind};

/// Deletions in progress at once.
const PARALLEL: usize = 16;

/// What a clean-up did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CleanUp {
    /// Objects, topics and buckets deleted.
    pub deleted: u64,
    /// Objects that are not there. They stay on the list: a copy that was left in flight may still end, or this
    /// may not be the endpoint that has them.
    pub absent: u64,
    /// Uploads aborted.
    pub aborted: u64,
    /// Objects kept because they are not what the run wrote, so they are not the run's any more.
    pub changed: Vec<String>,
    /// Buckets kept because there is something in them.
    pub in_use: Vec<String>,
    /// Objects kept because the run does not know whether it wrote them.
    pub unconfirmed: Vec<String>,
    /// Deletions that failed.
    pub failures: Vec<String>,
}

impl CleanUp {
    /// Whether nothing of the run is left.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.unconfirmed.is_empty() && self.failures.is_empty()
    }
}

/// How far a clean-up goes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Extent {
    /// Objects are deleted too whose write was never confirmed.
    pub unconfirmed_too: bool,
    /// No request of the run can be in flight any more, so an upload that is not there never will be.
    pub is_later: bool,
}

/// What became of one object.
enum Fate {
    Deleted,
    Absent,
    Changed,
    Unconfirmed,
}

/// The names under which a run can have created anything.
#[derive(Debug, Clone, Copy)]
pub struct RunNames<'a> {
    /// The run.
    pub run: &'a str,
    /// The source and the destination bucket, of a run that copies.
    pub buckets: Option<[&'a str; 2]>,
    /// Name or ARN of the topic, of a run that makes one.
    pub topic: Option<&'a str>,
}

impl<'a> RunNames<'a> {
    /// The names of a run, by the scenario that it ran.
    #[must_use]
    pub fn new(run: &'a str, scenario: &'a ScenarioFile) -> Self {
        let target = &scenario.target;
        // The topic of a fan-out is deployed before the run.
        let publishes = scenario.operation == OperationKind::Publish;
        Self {
            run,
            buckets: (!publishes).then_some([&target.source_bucket, &target.destination_bucket]),
            topic: publishes.then_some(&target.topic),
        }
    }

    /// Refuses a list that names anything else: it is another run's, or was edited.
    ///
    /// # Errors
    /// With the first row that the run cannot have written.
    pub fn check(&self, created: &Created) -> Result<(), TargetError> {
        let prefix = prefix(self.run);
        let keys =
            created.objects.keys().chain(created.uploads.values()).chain(created.unnamed_uploads.keys());
        for (bucket, key) in keys {
            if !key.starts_with(&prefix) {
                return Err(foreign(&format!("{bucket}/{key}, which is not under {prefix}")));
            }
            self.check_bucket(bucket, &format!("{bucket}/{key}"))?;
        }
        created
            .buckets
            .iter()
            .try_for_each(|bucket| self.check_bucket(bucket, &format!("bucket {bucket}")))?;
        let is_own =
            |arn: &str| self.topic.is_some_and(|topic| arn == topic || arn.rsplit(':').next() == Some(topic));
        match created.topics.iter().find(|arn| !is_own(arn)) {
            Some(arn) => Err(foreign(&format!(
                "topic {arn}, and the run made {}",
                self.topic.map_or_else(|| "no topic".to_owned(), |topic| format!("topic {topic}"))
            ))),
            None => Ok(()),
        }
    }

    fn check_bucket(&self, bucket: &str, what: &str) -> Result<(), TargetError> {
        match self.buckets {
            Some(buckets) if buckets.contains(&bucket) => Ok(()),
            Some([source, destination]) => {
                Err(foreign(&format!("{what}, and the buckets of the run are {source} and {destination}")))
            }
            None => Err(foreign(&format!("{what}, and the run used no bucket"))),
        }
    }
}

fn foreign(what: &str) -> TargetError {
    TargetError::refusal("refused to clean up", format!("{FILE} names {what}"))
        .help("nothing was deleted; check the run folder")
}

/// Cleans up after a run in `folder`.
///
/// # Errors
/// Where the list cannot be read, or names what the run cannot have created. Single deletions that fail are part
/// of the answer.
pub async fn clean_up(
    clients: &Clients,
    folder: &Path,
    names: RunNames<'_>,
    extent: Extent,
) -> Result<CleanUp, TargetError> {
    let unreadable = |error: crate::runs::RunError| TargetError::new("failed to clean up", error.to_string());
    let created = Created::read(folder).map_err(unreadable)?;
    names.check(&created)?;
    let log = CreatedLog::append(folder).map_err(unreadable)?;
    let mut done = CleanUp::default();
    let mut uploads = created.uploads.clone();
    for ((bucket, key), &count) in &created.unnamed_uploads {
        match find_uploads(&clients.s3, bucket, key).await {
            Ok(mut ids) => {
                ids.retain(|id| !created.uploads.contains_key(id));
                note(named(&log, (bucket, key), count, &ids, extent), &mut done);
                uploads.extend(ids.into_iter().map(|id| (id, (bucket.clone(), key.clone()))));
            }
            Err(error) => done.failures.push(error.to_string()),
        }
    }
    for (id, (bucket, key)) in &uploads {
        match abort(&clients.s3, bucket, key, id).await {
            Ok(()) => {
                done.aborted += 1;
                note(log.upload_ended(bucket, key, id), &mut done);
            }
            Err(error) => done.failures.push(error.to_string()),
        }
    }
    let objects = created.objects.iter().map(|((bucket, key), tag)| async move {
        (bucket, key, delete(&clients.s3, bucket, key, tag.as_deref(), extent).await)
    });
    let mut fates = stream::iter(objects).buffer_unordered(PARALLEL);
    while let Some((bucket, key, fate)) = fates.next().await {
        match fate {
            Ok(Fate::Deleted) => {
                done.deleted += 1;
                note(log.deleted(bucket, key), &mut done);
            }
            Ok(Fate::Absent) => done.absent += 1,
            Ok(Fate::Changed) => done.changed.push(format!("{bucket}/{key}")),
            Ok(Fate::Unconfirmed) => done.unconfirmed.push(format!("{bucket}/{key}")),
            Err(error) => done.failures.push(error.to_string()),
        }
    }
    for arn in &created.topics {
        match clients.sns.delete_topic().topic_arn(arn).send().await {
            Ok(_) => {
                done.deleted += 1;
                note(log.deleted("", arn), &mut done);
            }
            Err(error) => {
                done.failures.push(explain(format!("failed to delete topic {arn}"), &error).to_string())
            }
        }
    }
    for bucket in &created.buckets {
        match delete_bucket(&clients.s3, bucket).await {
            Ok(true) => {
                done.deleted += 1;
                note(log.deleted(bucket, ""), &mut done);
            }
            Ok(false) => done.in_use.push(bucket.clone()),
            Err(error) => done.failures.push(error.to_string()),
        }
    }
    Ok(done)
}

/// Whether the bucket is gone; one that is not empty stays.
async fn delete_bucket(s3: &S3, bucket: &str) -> Result<bool, TargetError> {
    let Err(error) = s3.delete_bucket().bucket(bucket).send().await else { return Ok(true) };
    match error.code() {
        Some("NoSuchBucket") => Ok(true),
        Some("BucketNotEmpty") => Ok(false),
        _ => Err(explain(format!("failed to delete bucket {bucket}"), &error)),
    }
}

fn note(written: std::io::Result<()>, done: &mut CleanUp) {
    if let Err(error) = written {
        done.failures.push(format!("failed to note a deletion: {error}"));
    }
}

/// Notes the ids of uploads that had none, and writes off those that never came to be.
fn named(
    log: &CreatedLog,
    (bucket, key): (&str, &str),
    count: u64,
    ids: &[String],
    extent: Extent,
) -> std::io::Result<()> {
    ids.iter().try_for_each(|id| log.upload_begun(bucket, key, id))?;
    let rest = if extent.is_later { count.saturating_sub(ids.len() as u64) } else { 0 };
    (0..rest).try_for_each(|_| log.upload_refused(bucket, key))
}

/// The ids of the open uploads to a key.
async fn find_uploads(s3: &S3, bucket: &str, key: &str) -> Result<Vec<String>, TargetError> {
    // Uploads are listed by key, so that those to the key itself come before those to longer ones.
    let answer = s3.list_multipart_uploads().bucket(bucket).prefix(key).send().await;
    let answer =
        answer.map_err(|error| explain(format!("failed to list the uploads to {bucket}/{key}"), &error))?;
    let uploads = answer.uploads().iter().filter(|upload| upload.key() == Some(key));
    Ok(uploads.filter_map(|upload| upload.upload_id().map(str::to_owned)).collect())
}

async fn abort(s3: &S3, bucket: &str, key: &str, id: &str) -> Result<(), TargetError> {
    match s3.abort_multipart_upload().bucket(bucket).key(key).upload_id(id).send().await {
        Ok(_) => Ok(()),
        Err(error) if error.as_service_error().is_some_and(|error| error.is_no_such_upload()) => Ok(()),
        Err(error) => Err(explain(format!("failed to abort an upload to {bucket}/{key}"), &error)),
    }
}

async fn delete(
    s3: &S3,
    bucket: &str,
    key: &str,
    tag: Option<&str>,
    extent: Extent,
) -> Result<Fate, TargetError> {
    let head = match s3.head_object().bucket(bucket).key(key).send().await {
        Ok(head) => head,
        Err(error) if error.as_service_error().is_some_and(|error| error.is_not_found()) => {
            return Ok(Fate::Absent);
        }
        Err(error) => return Err(explain(format!("failed to look at {bucket}/{key}"), &error)),
    };
    let bare = |tag: &str| tag.trim_matches('"').to_owned();
    match tag {
        Some(tag) if head.e_tag().map(bare) != Some(bare(tag)) => return Ok(Fate::Changed),
        None if !extent.unconfirmed_too => return Ok(Fate::Unconfirmed),
        _ => {}
    }
    delete_seen(s3, bucket, key, head.e_tag()).await
}

/// Deletes an object if it is still the one that was seen, by its ETag.
async fn delete_seen(s3: &S3, bucket: &str, key: &str, seen: Option<&str>) -> Result<Fate, TargetError> {
    let request = s3.delete_object().bucket(bucket).key(key).set_if_match(seen.map(str::to_owned));
    let Err(error) = request.send().await else { return Ok(Fate::Deleted) };
    match error.code() {
        Some("PreconditionFailed") => Ok(Fate::Changed),
        Some("NoSuchKey") => Ok(Fate::Absent),
        // Some endpoints know no conditions here. That it was the run's a moment ago is all that can be known there.
        Some("NotImplemented") if seen.is_some() => Box::pin(delete_seen(s3, bucket, key, None)).await,
        _ => Err(explain(format!("failed to delete {bucket}/{key}"), &error)),
    }
}
