//! One attempt against a target.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aws_sdk_s3::types::{CompletedMultipartUpload, CompletedPart};
use aws_sdk_sns::types::{BatchResultErrorEntry, PublishBatchRequestEntry};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use tokio::time::Instant;

use super::clients::Clients;
use super::reply::Reply;
use super::written;
use crate::created::CreatedLog;
use planner_core::fan_out::message::{Message, Place};
use planner_core::load::attempt::{Outcome, Request, Start};
use planner_core::load::job::Shape;
use planner_core::scenario::file::OperationKind;
use planner_core::scenario::objects::Workload;

/// Characters of a key that stand for themselves in `x-amz-copy-source`.
const KEY: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'/');

/// Where the operation reads and writes.
#[derive(Debug, Clone)]
pub struct Places {
    /// Run that messages name.
    pub run: String,
    /// Bucket to copy from.
    pub source_bucket: String,
    /// What stands before every key in the source bucket; empty for objects that were there before.
    pub source_prefix: String,
    /// Bucket to copy to.
    pub destination_bucket: String,
    /// What stands before every key in the destination bucket.
    pub destination_prefix: String,
    /// ARN of the topic to publish to.
    pub topic_arn: String,
}

/// A multipart upload in progress.
#[derive(Debug, Clone, Default)]
struct Upload {
    id: String,
    parts: Vec<(i32, Option<String>)>,
}

/// Carries out attempts.
#[derive(Debug)]
pub struct Operator {
    clients: Clients,
    workload: Workload,
    places: Places,
    created: Option<Arc<CreatedLog>>,
    uploads: Mutex<HashMap<u64, Upload>>,
    /// Messages of a batch that are still to be published, where some of it was refused.
    remaining: Mutex<HashMap<u64, Vec<u64>>>,
    /// Objects whose messages the topic took from batches that it refused the rest of.
    taken: Mutex<BTreeSet<u64>>,
    /// When the operator was made, by both clocks: messages say when they were sent.
    made_at: Instant,
    made_at_s: f64,
}

impl Operator {
    /// An operator; with a log, everything it creates stands there first.
    #[must_use]
    pub fn new(
        clients: Clients,
        workload: Workload,
        places: Places,
        created: Option<Arc<CreatedLog>>,
    ) -> Self {
        Self {
            clients,
            workload,
            places,
            created,
            uploads: Mutex::default(),
            remaining: Mutex::default(),
            taken: Mutex::default(),
            made_at: Instant::now(),
            made_at_s: jiff::Timestamp::now().as_duration().as_secs_f64(),
        }
    }

    /// Objects whose messages a topic took although it refused others of their batch: an attempt tells of a batch as a
    /// whole, which may have failed for good.
    #[must_use]
    pub fn taken_in_part(&self) -> BTreeSet<u64> {
        lock(&self.taken).clone()
    }

    /// Makes one attempt.
    pub async fn attempt(&self, start: &Start) -> Reply {
        let result = match start.request {
            Request::Copy => self.copy(start).await,
            Request::CreateUpload => self.create_upload(start).await,
            Request::CopyPart(part) => self.copy_part(start, part).await,
            Request::CompleteUpload => self.complete_upload(start).await,
            Request::AbortUpload => self.abort_upload(start).await,
            Request::Publish if self.workload.items_per_job() == 1 => self.publish(start).await,
            Request::Publish => self.publish_batch(start).await,
        };
        result.err().unwrap_or(Reply::OK)
    }

    async fn copy(&self, start: &Start) -> Result<(), Reply> {
        let (source, key) = self.keys(start.object);
        self.log(|log| log.intended(&self.places.destination_bucket, &key))?;
        let request = self.clients.s3.copy_object();
        let request = request.copy_source(source).bucket(&self.places.destination_bucket).key(&key);
        let answer = request.send().await.map_err(|error| Reply::from(&error))?;
        let Some(result) = answer.copy_object_result() else { return Err(empty_result()) };
        let tag = result.e_tag().unwrap_or_default();
        let written = written(tag, answer.version_id(), result.last_modified());
        self.log(|log| log.written(&self.places.destination_bucket, &key, written))
    }

    async fn create_upload(&self, start: &Start) -> Result<(), Reply> {
        let (_, key) = self.keys(start.object);
        let bucket = &self.places.destination_bucket;
        self.log(|log| log.upload_intended(bucket, &key))?;
        let request = self.clients.s3.create_multipart_upload().bucket(bucket).key(&key);
        let answer = match request.send().await {
            Ok(answer) => answer,
            Err(error) => {
                let reply = Reply::from(&error);
                // Whatever else went wrong, an upload may have been begun.
                if matches!(reply.outcome, Outcome::Throttled | Outcome::ClientError) {
                    self.log(|log| log.upload_refused(bucket, &key))?;
                }
                return Err(reply);
            }
        };
        let id = answer.upload_id().unwrap_or_default().to_owned();
        lock(&self.uploads).insert(start.job, Upload { id: id.clone(), parts: Vec::new() });
        self.log(|log| log.upload_begun(bucket, &key, &id))
    }

    async fn copy_part(&self, start: &Start, part: u32) -> Result<(), Reply> {
        let (source, key) = self.keys(start.object);
        let offset = match self.workload.copy_shape(self.workload.objects.size_bytes(start.object)) {
            Shape::Multipart { part_bytes, .. } => part_bytes * u64::from(part - 1),
            Shape::Single(_) => 0,
        };
        let number = i32::try_from(part).unwrap_or(i32::MAX);
        let request = self.clients.s3.upload_part_copy();
        let request = request
            .copy_source(source)
            .copy_source_range(format!("bytes={offset}-{}", offset + start.bytes - 1))
            .bucket(&self.places.destination_bucket)
            .key(key)
            .upload_id(self.upload_id(start.job))
            .part_number(number);
        let answer = request.send().await.map_err(|error| Reply::from(&error))?;
        let Some(result) = answer.copy_part_result() else { return Err(empty_result()) };
        let tag = result.e_tag().map(str::to_owned);
        if let Some(upload) = lock(&self.uploads).get_mut(&start.job) {
            upload.parts.push((number, tag));
        }
        Ok(())
    }

    async fn complete_upload(&self, start: &Start) -> Result<(), Reply> {
        let (_, key) = self.keys(start.object);
        let mut upload = self.upload(start.job);
        upload.parts.sort_unstable();
        let parts = upload
            .parts
            .into_iter()
            .map(|(number, tag)| CompletedPart::builder().part_number(number).set_e_tag(tag).build());
        let parts = CompletedMultipartUpload::builder().set_parts(Some(parts.collect())).build();
        self.log(|log| log.intended(&self.places.destination_bucket, &key))?;
        let request = self.clients.s3.complete_multipart_upload();
        let request = request
            .bucket(&self.places.destination_bucket)
            .key(&key)
            .upload_id(&upload.id)
            .multipart_upload(parts);
        let answer = request.send().await.map_err(|error| Reply::from(&error))?;
        self.end_upload(start.job, &key, &upload.id)?;
        let written = written(answer.e_tag().unwrap_or_default(), answer.version_id(), None);
        self.log(|log| log.written(&self.places.destination_bucket, &key, written))
    }

    async fn abort_upload(&self, start: &Start) -> Result<(), Reply> {
        let (_, key) = self.keys(start.object);
        let id = self.upload_id(start.job);
        let request = self.clients.s3.abort_multipart_upload();
        let request = request.bucket(&self.places.destination_bucket).key(&key).upload_id(&id);
        request.send().await.map_err(|error| Reply::from(&error))?;
        self.end_upload(start.job, &key, &id)
    }

    async fn publish(&self, start: &Start) -> Result<(), Reply> {
        self.log_copies([start.object])?;
        let request = self.clients.sns.publish().topic_arn(&self.places.topic_arn);
        let answer = request.message(self.message(start.object)?).send().await;
        answer.map(drop).map_err(|error| Reply::from(&error))
    }

    /// Publishes the messages of a batch that no earlier attempt got through.
    async fn publish_batch(&self, start: &Start) -> Result<(), Reply> {
        let mut request = self.clients.sns.publish_batch().topic_arn(&self.places.topic_arn);
        let objects = self.unpublished(start);
        self.log_copies(objects.iter().copied())?;
        for object in objects {
            let entry =
                PublishBatchRequestEntry::builder().id(object.to_string()).message(self.message(object)?);
            let entry = entry.build().map_err(|_| Reply::failure(Outcome::ClientError, "RequestNotBuilt"))?;
            request = request.publish_batch_request_entries(entry);
        }
        let answer = request.send().await.map_err(|error| Reply::from(&error))?;
        let reply = |entry: &BatchResultErrorEntry| {
            Reply::from_code(Some(entry.code()), if entry.sender_fault() { 400 } else { 500 })
        };
        // As long as one of the refused messages may succeed later, the batch may.
        let replies = answer.failed().iter().map(reply);
        let Some(reply) = replies.max_by_key(|reply| reply.outcome.is_retryable()) else {
            lock(&self.remaining).remove(&start.job);
            return Ok(());
        };
        let taken = answer.successful().iter().filter_map(|entry| entry.id()?.parse::<u64>().ok());
        lock(&self.taken).extend(taken);
        let refused = answer.failed().iter().filter_map(|entry| entry.id().parse().ok()).collect();
        lock(&self.remaining).insert(start.job, refused);
        Err(reply)
    }

    /// The objects of a batch whose messages are still to be published.
    fn unpublished(&self, start: &Start) -> Vec<u64> {
        let mut remaining = lock(&self.remaining);
        if start.attempt == 1 {
            // Left by a job of the same number in an earlier level.
            remaining.remove(&start.job);
        }
        let all = || (start.object..start.object + u64::from(start.items)).collect();
        remaining.get(&start.job).cloned().unwrap_or_else(all)
    }

    /// What is published for an object.
    fn message(&self, object: u64) -> Result<String, Reply> {
        let Places { run, source_bucket, source_prefix, destination_bucket, .. } = &self.places;
        let source = self.workload.objects.object(object);
        let message = Message {
            run: run.clone(),
            n: object,
            source: Place { bucket: source_bucket.clone(), key: format!("{source_prefix}{}", source.key) },
            destination: Place { bucket: destination_bucket.clone(), key: self.destination_key(object) },
            size_bytes: source.size_bytes,
            sent_s: self.made_at_s + self.made_at.elapsed().as_secs_f64(),
        };
        message.encode().map_err(|_| Reply::failure(Outcome::ClientError, "RequestNotBuilt"))
    }

    /// Lists the copies that somebody else will make of these objects.
    fn log_copies(&self, objects: impl IntoIterator<Item = u64>) -> Result<(), Reply> {
        if self.workload.operation != OperationKind::FanOut {
            return Ok(());
        }
        objects.into_iter().try_for_each(|object| {
            self.log(|log| log.intended(&self.places.destination_bucket, &self.destination_key(object)))
        })
    }

    fn destination_key(&self, object: u64) -> String {
        format!("{}{}", self.places.destination_prefix, self.workload.objects.object(object).key)
    }

    /// The source as a header wants it, and the destination key.
    fn keys(&self, object: u64) -> (String, String) {
        let key = self.workload.objects.object(object).key;
        let Places { source_bucket, source_prefix, destination_prefix, .. } = &self.places;
        (copy_source(source_bucket, &format!("{source_prefix}{key}")), format!("{destination_prefix}{key}"))
    }

    fn upload(&self, job: u64) -> Upload {
        lock(&self.uploads).get(&job).cloned().unwrap_or_default()
    }

    fn upload_id(&self, job: u64) -> String {
        lock(&self.uploads).get(&job).map(|upload| upload.id.clone()).unwrap_or_default()
    }

    fn end_upload(&self, job: u64, key: &str, id: &str) -> Result<(), Reply> {
        lock(&self.uploads).remove(&job);
        self.log(|log| log.upload_ended(&self.places.destination_bucket, key, id))
    }

    /// Writes to the log where there is one. What cannot be logged is not done.
    fn log(&self, write: impl FnOnce(&CreatedLog) -> std::io::Result<()>) -> Result<(), Reply> {
        match self.created.as_deref().map(write) {
            Some(Err(_)) => Err(Reply::failure(Outcome::ClientError, "CreatedLogNotWritten")),
            _ => Ok(()),
        }
    }
}

/// A 200 that says nothing of what it wrote. It may have been cut off, or be no answer of S3 at all.
fn empty_result() -> Reply {
    Reply::failure(Outcome::ServerError, "EmptyResult")
}

/// An object as `x-amz-copy-source` names it.
#[must_use]
pub fn copy_source(bucket: &str, key: &str) -> String {
    format!("{bucket}/{}", utf8_percent_encode(key, KEY))
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A panic elsewhere leaves the map itself whole.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::*;
    use crate::stub;
    use planner_core::scenario::file::{Copy, Size};
    use planner_core::scenario::objects::ObjectSet;
    use planner_core::units::quantity::Bytes;

    /// A topic that takes the first message of a batch and nothing more, and then lets nobody publish.
    fn topic() -> Clients {
        let has_taken = AtomicBool::new(false);
        stub::clients(move |_| {
            if has_taken.swap(true, Ordering::Relaxed) {
                let error = "<Error><Type>Sender</Type><Code>AuthorizationError</Code></Error>";
                return (403, format!("<ErrorResponse>{error}</ErrorResponse>"));
            }
            let why = "<Code>InternalError</Code><SenderFault>false</SenderFault>";
            let refused = [1, 2].map(|id| format!("<member><Id>{id}</Id>{why}</member>")).concat();
            let taken = "<member><Id>0</Id><MessageId>m</MessageId></member>";
            let result = format!("<Successful>{taken}</Successful><Failed>{refused}</Failed>");
            let result = format!("<PublishBatchResult>{result}</PublishBatchResult>");
            (200, format!("<PublishBatchResponse>{result}</PublishBatchResponse>"))
        })
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_taken_of_a_batch_is_known_even_where_the_batch_fails() {
        let objects = ObjectSet::Generated { count: 3, size: Size::Fixed(Bytes(1)), prefixes: 1, seed: 1 };
        let operation = OperationKind::Publish;
        let workload = Workload { objects, operation, copy: Copy::default(), batch: 3 };
        let places = Places {
            run: "r".into(),
            source_bucket: "from".into(),
            source_prefix: String::new(),
            destination_bucket: "to".into(),
            destination_prefix: String::new(),
            topic_arn: "arn:aws:sns:us-east-1:000000000000:t".into(),
        };
        let operator = Operator::new(topic(), workload, places, None);
        let start = |attempt| Start {
            job: 0,
            object: 0,
            request: Request::Publish,
            attempt,
            worker: None,
            job_intended_ns: 0,
            intended_ns: 0,
            bytes: 0,
            items: 3,
        };
        assert_eq!(operator.attempt(&start(1)).await.outcome, Outcome::ServerError);
        assert_eq!(operator.attempt(&start(2)).await.outcome, Outcome::ClientError);
        assert_eq!(operator.taken_in_part(), [0].into());
    }
}
