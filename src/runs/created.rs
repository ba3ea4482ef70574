//! `created.csv`: what a run made at its target. Objects and uploads stand here before they are made, topics as
//! soon as they have an ARN. Clean-up deletes what stands here and nothing else.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};

use super::{RunError, whole_lines};

/// Name of the file in a run folder.
pub const FILE: &str = "created.csv";

/// What stands before every key that a run writes.
#[must_use]
pub fn prefix(run: &str) -> String {
    format!("planner-runs/{run}/")
}

/// What happened to a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Event {
    /// It is about to be written.
    Intended,
    /// It was written, with this ETag.
    Written,
    /// A multipart upload to it is about to be begun; its id is not known before the answer.
    UploadIntended,
    /// The service refused to begin that upload, or it was not to be found later.
    UploadRefused,
    /// A multipart upload with this id was begun.
    UploadBegun,
    /// That upload was completed or aborted.
    UploadEnded,
    /// The topic with this ARN was created.
    Topic,
    /// The bucket is about to be created.
    Bucket,
    /// It was deleted again.
    Deleted,
}

#[derive(Debug, Serialize, Deserialize)]
struct Record {
    event: Event,
    bucket: String,
    key: String,
    mark: String,
}

/// Writes the list. Every line reaches the operating system before the call returns.
#[derive(Debug)]
pub struct CreatedLog(Mutex<File>);

impl CreatedLog {
    /// Begins the list of a run.
    ///
    /// # Errors
    /// Where the file cannot be created.
    pub fn create(folder: &Path) -> Result<Self, RunError> {
        let path = folder.join(FILE);
        let file = File::create_new(&path).map_err(|error| RunError::new("create", &path, error))?;
        let log = Self(Mutex::new(file));
        log.line(b"event,bucket,key,mark\n").map_err(|error| RunError::new("write", &path, error))?;
        Ok(log)
    }

    /// Goes on with the list of a run.
    ///
    /// # Errors
    /// Where there is none or it cannot be written.
    pub fn append(folder: &Path) -> Result<Self, RunError> {
        let path = folder.join(FILE);
        let open = || {
            let mut file = OpenOptions::new().read(true).append(true).open(&path)?;
            // What was cut off would run into the first new line.
            let length_bytes = whole_lines::length_bytes(&mut file)?;
            file.set_len(length_bytes)?;
            Ok(Self(Mutex::new(file)))
        };
        open().map_err(|error: std::io::Error| RunError::new("open", &path, error))
    }

    /// An object is about to be written.
    ///
    /// # Errors
    /// Where the line cannot be written; the object must then not be written either.
    pub fn intended(&self, bucket: &str, key: &str) -> std::io::Result<()> {
        self.record(Event::Intended, bucket, key, "")
    }

    /// An object was written.
    ///
    /// # Errors
    /// Where the line cannot be written.
    pub fn written(&self, bucket: &str, key: &str, etag: &str) -> std::io::Result<()> {
        self.record(Event::Written, bucket, key, etag)
    }

    /// A multipart upload is about to be begun.
    ///
    /// # Errors
    /// Where the line cannot be written; the upload must then not be begun either.
    pub fn upload_intended(&self, bucket: &str, key: &str) -> std::io::Result<()> {
        self.record(Event::UploadIntended, bucket, key, "")
    }

    /// The service refused to begin a multipart upload, or there is none long after one was asked for.
    ///
    /// # Errors
    /// Where the line cannot be written.
    pub fn upload_refused(&self, bucket: &str, key: &str) -> std::io::Result<()> {
        self.record(Event::UploadRefused, bucket, key, "")
    }

    /// A multipart upload was begun.
    ///
    /// # Errors
    /// Where the line cannot be written.
    pub fn upload_begun(&self, bucket: &str, key: &str, upload_id: &str) -> std::io::Result<()> {
        self.record(Event::UploadBegun, bucket, key, upload_id)
    }

    /// A multipart upload was completed or aborted.
    ///
    /// # Errors
    /// Where the line cannot be written.
    pub fn upload_ended(&self, bucket: &str, key: &str, upload_id: &str) -> std::io::Result<()> {
        self.record(Event::UploadEnded, bucket, key, upload_id)
    }

    /// A topic was created.
    ///
    /// # Errors
    /// Where the line cannot be written.
    pub fn topic(&self, arn: &str) -> std::io::Result<()> {
        self.record(Event::Topic, "", arn, "")
    }

    /// A bucket is about to be created.
    ///
    /// # Errors
    /// Where the line cannot be written; the bucket must then not be created either.
    pub fn bucket(&self, bucket: &str) -> std::io::Result<()> {
        self.record(Event::Bucket, bucket, "", "")
    }

    /// An object, a topic or, with an empty key, a bucket was deleted.
    ///
    /// # Errors
    /// Where the line cannot be written.
    pub fn deleted(&self, bucket: &str, key: &str) -> std::io::Result<()> {
        self.record(Event::Deleted, bucket, key, "")
    }

    fn record(&self, event: Event, bucket: &str, key: &str, mark: &str) -> std::io::Result<()> {
        let mut line = csv::WriterBuilder::new().has_headers(false).from_writer(Vec::new());
        let record = Record { event, bucket: bucket.into(), key: key.into(), mark: mark.into() };
        line.serialize(record).map_err(std::io::Error::other)?;
        self.line(&line.into_inner().map_err(|error| std::io::Error::other(error.to_string()))?)
    }

    fn line(&self, line: &[u8]) -> std::io::Result<()> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).write_all(line)
    }
}

/// What a run made and has not deleted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Created {
    /// Objects by bucket and key, with their ETag where the write is known to have succeeded.
    pub objects: BTreeMap<(String, String), Option<String>>,
    /// Open multipart uploads: id, with bucket and key.
    pub uploads: BTreeMap<String, (String, String)>,
    /// How many uploads may have been begun, by bucket and key, without an answer that names them.
    pub unnamed_uploads: BTreeMap<(String, String), u64>,
    /// Topics by ARN.
    pub topics: Vec<String>,
    /// Buckets.
    pub buckets: BTreeSet<String>,
}

impl Created {
    /// Whether nothing is left.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.objects.is_empty()
            && self.uploads.is_empty()
            && self.unnamed_uploads.is_empty()
            && self.topics.is_empty()
            && self.buckets.is_empty()
    }

    /// Reads the list of a run. A last line that was cut off belongs to a request that was never sent.
    ///
    /// # Errors
    /// Where the file cannot be read, or a line but the last cannot be understood.
    pub fn read(folder: &Path) -> Result<Self, RunError> {
        let path = folder.join(FILE);
        let mut text = std::fs::read(&path).map_err(|error| RunError::new("read", &path, error))?;
        text.truncate(text.iter().rposition(|&byte| byte == b'\n').map_or(0, |last| last + 1));
        let mut created = Self::default();
        for record in csv::Reader::from_reader(text.as_slice()).into_deserialize::<Record>() {
            created.take(record.map_err(|error| RunError::new("read", &path, error))?);
        }
        Ok(created)
    }

    fn take(&mut self, record: Record) {
        let object = (record.bucket, record.key);
        match record.event {
            // A key that is written again (another lap, another attempt) keeps the ETag known so far.
            Event::Intended => {
                self.objects.entry(object).or_default();
            }
            Event::Written => {
                self.objects.insert(object, Some(record.mark));
            }
            Event::UploadIntended => *self.unnamed_uploads.entry(object).or_default() += 1,
            Event::UploadRefused => self.answered(&object),
            Event::UploadBegun => {
                self.answered(&object);
                self.uploads.insert(record.mark, object);
            }
            Event::UploadEnded => {
                self.uploads.remove(&record.mark);
            }
            Event::Topic => self.topics.push(object.1),
            Event::Bucket => {
                self.buckets.insert(object.0);
            }
            Event::Deleted if object.1.is_empty() => {
                self.buckets.remove(&object.0);
            }
            Event::Deleted => {
                self.topics.retain(|arn| *arn != object.1);
                self.objects.remove(&object);
            }
        }
    }

    /// One of the uploads to a key has its answer.
    fn answered(&mut self, object: &(String, String)) {
        if let Some(count) = self.unnamed_uploads.get_mut(object) {
            *count -= 1;
            if *count == 0 {
                self.unnamed_uploads.remove(object);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_remembers_what_is_left_even_after_a_crash() {
        let folder = tempfile::tempdir().unwrap();
        let log = CreatedLog::create(folder.path()).unwrap();
        for key in ["a,\"1\"", "ü 2", "gone", "unsure"] {
            log.intended("b", key).unwrap();
        }
        log.written("b", "a,\"1\"", "\"e1\"").unwrap();
        log.written("b", "ü 2", "\"e2\"").unwrap();
        log.written("b", "gone", "\"e3\"").unwrap();
        for key in ["big", "lost", "big2", "refused", "big2"] {
            log.upload_intended("b", key).unwrap();
        }
        log.upload_refused("b", "refused").unwrap();
        log.upload_begun("b", "big", "u1").unwrap();
        log.upload_begun("b", "big2", "u2").unwrap();
        log.upload_ended("b", "big2", "u2").unwrap();
        log.topic("arn:t").unwrap();
        for bucket in ["b", "b2"] {
            log.bucket(bucket).unwrap();
        }
        let path = folder.path().join(FILE);
        let cut_off = || {
            let text = std::fs::read_to_string(&path).unwrap();
            std::fs::write(&path, format!("{text}intended,b,never-se")).unwrap();
        };
        cut_off();
        let log = CreatedLog::append(folder.path()).unwrap();
        log.deleted("b", "gone").unwrap();
        log.deleted("b2", "").unwrap();
        cut_off();
        let created = Created::read(folder.path()).unwrap();
        let objects: Vec<_> =
            created.objects.iter().map(|((_, key), tag)| (key.as_str(), tag.as_deref())).collect();
        assert_eq!(objects, [("a,\"1\"", Some("\"e1\"")), ("unsure", None), ("ü 2", Some("\"e2\""))]);
        assert_eq!(created.uploads.keys().collect::<Vec<_>>(), ["u1"]);
        let unnamed: Vec<_> = created.unnamed_uploads.keys().map(|(_, key)| key.as_str()).collect();
        assert_eq!(unnamed, ["big2", "lost"], "of two uploads to big2 one has no answer");
        assert_eq!(created.topics, ["arn:t"]);
        assert_eq!(created.buckets.iter().collect::<Vec<_>>(), ["b"]);
    }
}
