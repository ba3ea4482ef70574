//! One attempt against a target.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aws_sdk_sns::types::{BatchResultErrorEntry, PublishBatchRequestEntry};

use super::clients::Clients;
use super::clock::TimeOfDay;
use super::copy::ObjectCopy;
use super::reply::Reply;
use crate::created::{CreatedLog, KeyEvent, prefix};
use planner_core::fan_out::message::{Message, ObjectLocation};
use planner_core::load::attempt::{AttemptOutcome, RequestKind, Start};
use planner_core::scenario::file::OperationKind;
use planner_core::scenario::objects::Workload;

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

impl Places {
    /// A run's own part of the destination, and objects that are at the source already.
    #[must_use]
    pub fn of_run(run: &str, source_bucket: &str, destination_bucket: &str) -> Self {
        Self {
            run: run.to_owned(),
            source_bucket: source_bucket.to_owned(),
            source_prefix: String::new(),
            destination_bucket: destination_bucket.to_owned(),
            destination_prefix: format!("{}copies/", prefix(run)),
            topic_arn: String::new(),
        }
    }
}

/// Carries out attempts.
#[derive(Debug)]
pub struct Operator {
    clients: Clients,
    workload: Workload,
    places: Places,
    created: Option<Arc<CreatedLog>>,
    /// Copies in parts that are in progress, by their jobs.
    uploads: Mutex<HashMap<u64, Arc<ObjectCopy>>>,
    /// Messages of a batch that are still to be published, where some of it was refused.
    remaining: Mutex<HashMap<u64, Vec<u64>>>,
    /// Objects whose messages the topic took from batches that it refused the rest of.
    taken: Mutex<BTreeSet<u64>>,
    /// Messages say when they were sent.
    clock: TimeOfDay,
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
            clock: TimeOfDay::of_day(),
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
            RequestKind::Copy => self.copy(start).await,
            RequestKind::CreateUpload => self.create_upload(start).await,
            RequestKind::CopyPart(part) => self.copy_part(start, part).await,
            RequestKind::CompleteUpload => self.complete_upload(start).await,
            RequestKind::AbortUpload => self.abort_upload(start).await,
            RequestKind::Publish if self.workload.items_per_job() == 1 => self.publish(start).await,
            RequestKind::Publish => self.publish_batch(start).await,
        };
        result.err().unwrap_or(Reply::OK)
    }

    async fn copy(&self, start: &Start) -> Result<(), Reply> {
        let copy = self.object_copy(start.object);
        let ObjectLocation { bucket, key } = &copy.destination;
        self.log(|log| log.note(KeyEvent::Intended, bucket, key))?;
        let written = copy.whole().await?;
        self.log(|log| log.written(bucket, key, written))
    }

    async fn create_upload(&self, start: &Start) -> Result<(), Reply> {
        let copy = Arc::new(self.object_copy(start.object));
        let ObjectLocation { bucket, key } = &copy.destination;
        self.log(|log| log.note(KeyEvent::UploadIntended, bucket, key))?;
        if let Err(reply) = copy.begin(|request| request).await {
            // Whatever else went wrong, an upload may have been begun.
            if matches!(reply.outcome, AttemptOutcome::Throttled | AttemptOutcome::ClientError) {
                self.log(|log| log.note(KeyEvent::UploadRefused, bucket, key))?;
            }
            return Err(reply);
        }
        lock(&self.uploads).insert(start.job, Arc::clone(&copy));
        self.log(|log| log.note_upload(KeyEvent::UploadBegun, bucket, key, copy.upload_id()))
    }

    async fn copy_part(&self, start: &Start, part: u32) -> Result<(), Reply> {
        let shape = self.workload.copy_shape(self.workload.objects.size_bytes(start.object));
        self.uploading(start).part(part, shape.offset_bytes(part), start.bytes).await
    }

    async fn complete_upload(&self, start: &Start) -> Result<(), Reply> {
        let copy = self.uploading(start);
        let ObjectLocation { bucket, key } = &copy.destination;
        self.log(|log| log.note(KeyEvent::Intended, bucket, key))?;
        let written = copy.complete().await?;
        self.end_upload(start.job, &copy)?;
        self.log(|log| log.written(bucket, key, written))
    }

    async fn abort_upload(&self, start: &Start) -> Result<(), Reply> {
        let copy = self.uploading(start);
        copy.abort().await?;
        self.end_upload(start.job, &copy)
    }

    async fn publish(&self, start: &Start) -> Result<(), Reply> {
        self.log_copies([start.object])?;
        let request = self.clients.sns.publish().topic_arn(&self.places.topic_arn);
        request.message(self.message(start.object)?).send().await?;
        Ok(())
    }

    /// Publishes the messages of a batch that no earlier attempt got through.
    async fn publish_batch(&self, start: &Start) -> Result<(), Reply> {
        let mut request = self.clients.sns.publish_batch().topic_arn(&self.places.topic_arn);
        let objects = self.unpublished(start);
        self.log_copies(objects.iter().copied())?;
        for object in objects {
            let entry =
                PublishBatchRequestEntry::builder().id(object.to_string()).message(self.message(object)?);
            let entry =
                entry.build().map_err(|_| Reply::failure(AttemptOutcome::ClientError, "RequestNotBuilt"))?;
            request = request.publish_batch_request_entries(entry);
        }
        let answer = request.send().await?;
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
        let source = self.workload.objects.object(object);
        let message = Message {
            run: self.places.run.clone(),
            n: object,
            source: self.source(&source.key),
            destination: self.destination(&source.key),
            size_bytes: source.size_bytes,
            sent_s: self.clock.now_s(),
        };
        message.encode().map_err(|_| Reply::failure(AttemptOutcome::ClientError, "RequestNotBuilt"))
    }

    /// Lists the copies that somebody else will make of these objects.
    fn log_copies(&self, objects: impl IntoIterator<Item = u64>) -> Result<(), Reply> {
        if self.workload.operation != OperationKind::FanOut {
            return Ok(());
        }
        objects.into_iter().try_for_each(|object| {
            let ObjectLocation { bucket, key } = self.destination(&self.workload.objects.object(object).key);
            self.log(|log| log.note(KeyEvent::Intended, &bucket, &key))
        })
    }

    fn object_copy(&self, object: u64) -> ObjectCopy {
        let key = self.workload.objects.object(object).key;
        ObjectCopy::new(&self.clients.s3, &self.source(&key), None, self.destination(&key))
    }

    fn source(&self, key: &str) -> ObjectLocation {
        let Places { source_bucket, source_prefix, .. } = &self.places;
        ObjectLocation { bucket: source_bucket.clone(), key: format!("{source_prefix}{key}") }
    }

    fn destination(&self, key: &str) -> ObjectLocation {
        let Places { destination_bucket, destination_prefix, .. } = &self.places;
        ObjectLocation { bucket: destination_bucket.clone(), key: format!("{destination_prefix}{key}") }
    }

    /// The copy whose upload a job began.
    fn uploading(&self, start: &Start) -> Arc<ObjectCopy> {
        let begun = lock(&self.uploads).get(&start.job).cloned();
        begun.unwrap_or_else(|| Arc::new(self.object_copy(start.object)))
    }

    fn end_upload(&self, job: u64, copy: &ObjectCopy) -> Result<(), Reply> {
        lock(&self.uploads).remove(&job);
        let ObjectLocation { bucket, key } = &copy.destination;
        self.log(|log| log.note_upload(KeyEvent::UploadEnded, bucket, key, copy.upload_id()))
    }

    /// Writes to the log where there is one. What cannot be logged is not done.
    fn log(&self, write: impl FnOnce(&CreatedLog) -> std::io::Result<()>) -> Result<(), Reply> {
        match self.created.as_deref().map(write) {
            Some(Err(_)) => Err(Reply::failure(AttemptOutcome::ClientError, "CreatedLogNotWritten")),
            _ => Ok(()),
        }
    }
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
        let topic_arn = "arn:aws:sns:us-east-1:000000000000:t".into();
        let places = Places { topic_arn, ..Places::of_run("r", "from", "to") };
        let operator = Operator::new(topic(), workload, places, None);
        let start = |attempt| Start {
            job: 0,
            object: 0,
            request: RequestKind::Publish,
            attempt,
            worker: None,
            job_intended_ns: 0,
            intended_ns: 0,
            bytes: 0,
            items: 3,
        };
        assert_eq!(operator.attempt(&start(1)).await.outcome, AttemptOutcome::ServerError);
        assert_eq!(operator.attempt(&start(2)).await.outcome, AttemptOutcome::ClientError);
        assert_eq!(operator.taken_in_part(), [0].into());
    }
}
