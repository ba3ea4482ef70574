//! What a run made and has not deleted, read from its list.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::record::{CreatedRecord, FILE, KeyEvent};
use super::write_receipt::WriteReceipt;
use crate::file_error::FileError;

/// An object that a run wrote, or may have written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CreatedObject {
    /// What the last answer said that has an ETag.
    pub last: Option<WriteReceipt>,
    /// Every version that the run is known to have made.
    pub versions: BTreeSet<String>,
    /// Writes that were begun and never confirmed.
    pub unconfirmed: u64,
}

/// Where a list cannot be read any further.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tear {
    /// Line, from 1.
    pub line: u64,
    /// Whether only the last line was cut off. It belongs to a request that was never sent.
    pub is_harmless: bool,
}

/// What a run made and has not deleted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Created {
    /// Objects by bucket and key.
    pub objects: BTreeMap<(String, String), CreatedObject>,
    /// Open multipart uploads: id, with bucket and key.
    pub uploads: BTreeMap<String, (String, String)>,
    /// How many uploads may have been begun, by bucket and key, without an answer that names them.
    pub unnamed_uploads: BTreeMap<(String, String), u64>,
    /// Topics by ARN.
    pub topics: Vec<String>,
    /// Buckets.
    pub buckets: BTreeSet<String>,
    /// Where the list is torn. What stands behind it is not known.
    pub tear: Option<Tear>,
}

impl Created {
    /// Whether nothing is known to be left.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.objects.is_empty()
            && self.uploads.is_empty()
            && self.unnamed_uploads.is_empty()
            && self.topics.is_empty()
            && self.buckets.is_empty()
            && self.tear.is_none_or(|tear| tear.is_harmless)
    }

    /// Reads the list of a run, up to where it is torn.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn read(folder: &Path) -> Result<Self, FileError> {
        let path = folder.join(FILE);
        let text = std::fs::read(&path).map_err(|error| FileError::new("read", &path, error))?;
        let whole = text.iter().rposition(|&byte| byte == b'\n').map_or(0, |last| last + 1);
        let mut created = Self::default();
        let mut records = csv::Reader::from_reader(&text[..whole]).into_deserialize::<CreatedRecord>();
        let mut line = 1;
        while let Some(record) = records.next() {
            let Ok(record) = record else {
                created.tear = Some(Tear { line: line + 1, is_harmless: false });
                return Ok(created);
            };
            created.take(record);
            line = records.reader().position().line().saturating_sub(1).max(line);
        }
        if whole < text.len() {
            let lines = text.iter().filter(|&&byte| byte == b'\n').count() as u64;
            created.tear = Some(Tear { line: lines + 1, is_harmless: true });
        }
        Ok(created)
    }

    fn take(&mut self, record: CreatedRecord) {
        let object = (record.bucket, record.key);
        match record.event {
            // A key that is written again (another lap, another attempt) keeps what is known of it so far.
            KeyEvent::Intended => self.objects.entry(object).or_default().unconfirmed += 1,
            KeyEvent::Written => {
                let known = self.objects.entry(object).or_default();
                // Without a tag nothing shows later whether the object is still the one that was written.
                if !record.mark.is_empty() || record.version.is_some() {
                    known.unconfirmed = known.unconfirmed.saturating_sub(1);
                    known.versions.extend(record.version.clone());
                    let (version, modified_s) = (record.version, record.modified_s);
                    known.last = Some(WriteReceipt { etag: record.mark, version, modified_s });
                }
            }
            KeyEvent::UploadIntended => *self.unnamed_uploads.entry(object).or_default() += 1,
            KeyEvent::UploadRefused => self.answered(&object),
            KeyEvent::UploadBegun => {
                self.answered(&object);
                self.uploads.insert(record.mark, object);
            }
            KeyEvent::UploadEnded => {
                self.uploads.remove(&record.mark);
            }
            KeyEvent::Topic => self.topics.push(object.1),
            KeyEvent::Bucket => {
                self.buckets.insert(object.0);
            }
            KeyEvent::Left | KeyEvent::Deleted if object.1.is_empty() => {
                self.buckets.remove(&object.0);
            }
            KeyEvent::Left | KeyEvent::Deleted => {
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
