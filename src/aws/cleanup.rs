//! Deletes what a run created: what its list names under the run's own prefix, where the ETag is still the one that
//! was written.

use aws_sdk_s3::Client as S3;
use aws_sdk_s3::error::ProvideErrorMetadata;
use aws_sdk_s3::operation::head_object::HeadObjectOutput;
use aws_sdk_s3::primitives::DateTime;
use futures::{StreamExt, stream};

use super::claim::{self, Unmade};
use super::clients::Clients;
use super::reply::explain;
use super::target_error::TargetError;
use crate::created::{
    Created, CreatedLog, CreatedObject, FILE, KeyEvent, Tear, WriteReceipt, prefix, real_version,
};
use planner_core::scenario::file::{File as ScenarioFile, OperationKind};

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
    /// Topics and buckets kept because it does not show that the run made them.
    pub foreign: Vec<String>,
    /// Objects kept because the run does not know whether it wrote them.
    pub unconfirmed: Vec<String>,
    /// Objects kept in a versioned bucket because the run does not know which version it wrote.
    pub unversioned: Vec<String>,
    /// Objects kept because the endpoint cannot delete on the condition that they are unchanged.
    pub unconditional: Vec<String>,
    /// Where the list is torn, and what stands behind it was not seen.
    pub tear: Option<Tear>,
    /// Deletions that failed.
    pub failures: Vec<String>,
}

impl CleanUp {
    /// Whether nothing of the run is left.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        let kept = [&self.unconfirmed, &self.unversioned, &self.unconditional, &self.failures];
        kept.iter().all(|kept| kept.is_empty()) && self.tear.is_none_or(|tear| tear.is_harmless)
    }
}

/// How far a clean-up goes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CleanupScope {
    /// Objects are deleted too whose write was never confirmed.
    pub unconfirmed_too: bool,
    /// Where the endpoint has no conditional deletes, objects are deleted without the condition that they are
    /// unchanged. What somebody else writes between the look and the deletion is then deleted.
    pub unconditional_too: bool,
    /// No request of the run can be in flight any more, so an upload that is not there never will be.
    pub is_later: bool,
}

/// What became of one object.
enum CleanupOutcome {
    Deleted,
    Absent,
    Changed,
    Unconfirmed,
    Unversioned,
    Unconditional,
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

/// Cleans up after the run of a list.
///
/// # Errors
/// Where the list cannot be read, or names what the run cannot have created. Single deletions that fail are part
/// of the answer.
pub async fn clean_up(
    clients: &Clients,
    log: &CreatedLog,
    names: RunNames<'_>,
    extent: CleanupScope,
) -> Result<CleanUp, TargetError> {
    let created = Created::read(log.folder())
        .map_err(|error| TargetError::new("failed to clean up", error.to_string()))?;
    names.check(&created)?;
    let mut done = CleanUp { tear: created.tear, ..CleanUp::default() };
    abort_uploads(clients, log, &created, extent, &mut done).await;
    // The claim goes last: until then the prefix is the run's.
    let claim = claim::key(names.run);
    let (claims, others): (Vec<_>, Vec<_>) = created.objects.iter().partition(|((_, key), _)| *key == claim);
    for objects in [others, claims] {
        delete_objects(clients, log, objects, extent, &mut done).await;
    }
    for arn in &created.topics {
        let unmade = claim::unmake_topic(&clients.sns, arn, names.run).await;
        settle(unmade, log, ("", arn), &format!("topic {arn}"), &mut done);
    }
    for bucket in &created.buckets {
        let unmade = claim::unmake_bucket(&clients.s3, bucket, names.run).await;
        settle(unmade, log, (bucket, ""), &format!("bucket {bucket}"), &mut done);
    }
    Ok(done)
}

/// Counts what a topic or a bucket has come to.
fn settle(
    unmade: Result<Unmade, TargetError>,
    log: &CreatedLog,
    (bucket, key): (&str, &str),
    name: &str,
    done: &mut CleanUp,
) {
    match unmade {
        Ok(Unmade::Gone) => {
            done.deleted += 1;
            note(log.note(KeyEvent::Deleted, bucket, key), done);
        }
        Ok(Unmade::InUse) => done.in_use.push(bucket.to_owned()),
        Ok(Unmade::Foreign) => done.foreign.push(name.to_owned()),
        Err(error) => done.failures.push(error.to_string()),
    }
}

async fn abort_uploads(
    clients: &Clients,
    log: &CreatedLog,
    created: &Created,
    extent: CleanupScope,
    done: &mut CleanUp,
) {
    let mut uploads = created.uploads.clone();
    for ((bucket, key), &count) in &created.unnamed_uploads {
        match find_uploads(&clients.s3, bucket, key).await {
            Ok(mut ids) => {
                ids.retain(|id| !created.uploads.contains_key(id));
                note(named(log, (bucket, key), count, &ids, extent), done);
                uploads.extend(ids.into_iter().map(|id| (id, (bucket.clone(), key.clone()))));
            }
            Err(error) => done.failures.push(error.to_string()),
        }
    }
    for (id, (bucket, key)) in &uploads {
        match abort(&clients.s3, bucket, key, id).await {
            Ok(()) => {
                done.aborted += 1;
                note(log.note_upload(KeyEvent::UploadEnded, bucket, key, id), done);
            }
            Err(error) => done.failures.push(error.to_string()),
        }
    }
}

async fn delete_objects(
    clients: &Clients,
    log: &CreatedLog,
    objects: Vec<(&(String, String), &CreatedObject)>,
    extent: CleanupScope,
    done: &mut CleanUp,
) {
    let fates = objects.into_iter().map(|((bucket, key), object)| async move {
        (bucket, key, delete(&clients.s3, bucket, key, object, extent).await)
    });
    let mut fates = stream::iter(fates).buffer_unordered(PARALLEL);
    while let Some((bucket, key, fate)) = fates.next().await {
        let name = || format!("{bucket}/{key}");
        match fate {
            Ok(CleanupOutcome::Deleted) => {
                done.deleted += 1;
                note(log.note(KeyEvent::Deleted, bucket, key), done);
            }
            Ok(CleanupOutcome::Absent) => done.absent += 1,
            Ok(CleanupOutcome::Changed) => done.changed.push(name()),
            Ok(CleanupOutcome::Unconfirmed) => done.unconfirmed.push(name()),
            Ok(CleanupOutcome::Unversioned) => done.unversioned.push(name()),
            Ok(CleanupOutcome::Unconditional) => done.unconditional.push(name()),
            Err(error) => done.failures.push(error.to_string()),
        }
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
    extent: CleanupScope,
) -> std::io::Result<()> {
    ids.iter().try_for_each(|id| log.note_upload(KeyEvent::UploadBegun, bucket, key, id))?;
    let rest = if extent.is_later { count.saturating_sub(ids.len() as u64) } else { 0 };
    (0..rest).try_for_each(|_| log.note(KeyEvent::UploadRefused, bucket, key))
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

/// Deletes what the run wrote to a key. A version is deleted by its id, which nobody else's object can have; anything
/// else on the condition that it is unchanged.
async fn delete(
    s3: &S3,
    bucket: &str,
    key: &str,
    object: &CreatedObject,
    extent: CleanupScope,
) -> Result<CleanupOutcome, TargetError> {
    for version in &object.versions {
        delete_version(s3, bucket, key, version).await?;
    }
    if !object.versions.is_empty() && object.unconfirmed == 0 {
        return Ok(CleanupOutcome::Deleted);
    }
    let head = match s3.head_object().bucket(bucket).key(key).send().await {
        Ok(head) => head,
        Err(error) if error.as_service_error().is_some_and(|error| error.is_not_found()) => {
            return Ok(if object.versions.is_empty() {
                CleanupOutcome::Absent
            } else {
                CleanupOutcome::Deleted
            });
        }
        Err(error) => return Err(explain(format!("failed to look at {bucket}/{key}"), &error)),
    };
    // What is there beside the versions that the run knows may be a write of its own that was never confirmed.
    let known = object.last.as_ref().filter(|_| object.versions.is_empty());
    match known {
        Some(written) if !is_as_written(&head, written) => return Ok(CleanupOutcome::Changed),
        None if !extent.unconfirmed_too => return Ok(CleanupOutcome::Unconfirmed),
        _ => {}
    }
    let Some(version) = real_version(head.version_id()) else {
        return delete_seen(s3, bucket, key, head.e_tag(), extent).await;
    };
    // Equal bytes have equal tags, so in a versioned bucket the tag alone does not show whose version it is.
    if known.is_some_and(|written| written.modified_s.is_none()) && !extent.unconfirmed_too {
        return Ok(CleanupOutcome::Unversioned);
    }
    delete_version(s3, bucket, key, version).await?;
    Ok(CleanupOutcome::Deleted)
}

/// Whether an object is still what the run wrote: the same tag, and the same date where the run knows it.
fn is_as_written(head: &HeadObjectOutput, written: &WriteReceipt) -> bool {
    let bare = |tag: &str| tag.trim_matches('"').to_owned();
    let modified_s = head.last_modified().map(DateTime::secs);
    head.e_tag().map(bare) == Some(bare(&written.etag))
        && written.modified_s.zip(modified_s).is_none_or(|(written, found)| written == found)
}

async fn delete_version(s3: &S3, bucket: &str, key: &str, version: &str) -> Result<(), TargetError> {
    match s3.delete_object().bucket(bucket).key(key).version_id(version).send().await {
        Ok(_) => Ok(()),
        Err(error) if matches!(error.code(), Some("NoSuchVersion" | "NoSuchKey")) => Ok(()),
        Err(error) => Err(explain(format!("failed to delete version {version} of {bucket}/{key}"), &error)),
    }
}

/// Deletes an object if it is still the one that was seen, by its ETag.
async fn delete_seen(
    s3: &S3,
    bucket: &str,
    key: &str,
    seen: Option<&str>,
    extent: CleanupScope,
) -> Result<CleanupOutcome, TargetError> {
    let request = || s3.delete_object().bucket(bucket).key(key);
    let mut answer = request().set_if_match(seen.map(str::to_owned)).send().await;
    if answer.as_ref().is_err_and(|error| error.code() == Some("NotImplemented")) {
        if !extent.unconditional_too {
            return Ok(CleanupOutcome::Unconditional);
        }
        answer = request().send().await;
    }
    match answer {
        // A versioned bucket that does not say so: the object is only hidden.
        Ok(deleted) if deleted.delete_marker() == Some(true) => Ok(CleanupOutcome::Unversioned),
        Ok(_) => Ok(CleanupOutcome::Deleted),
        Err(error) => match error.code() {
            Some("PreconditionFailed") => Ok(CleanupOutcome::Changed),
            Some("NoSuchKey") => Ok(CleanupOutcome::Absent),
            Some("AccessDenied") => Err(explain(format!("failed to delete {bucket}/{key}"), &error).help(
                "clean-up needs s3:DeleteObject, and s3:GetObject for the condition that it is unchanged",
            )),
            _ => Err(explain(format!("failed to delete {bucket}/{key}"), &error)),
        },
    }
}
