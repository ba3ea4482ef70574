//! The list of what a run made, while something is added to it.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use super::record::{CreatedRecord, FILE, HEADER, KeyEvent};
use super::write_receipt::WriteReceipt;
use crate::file_error::FileError;
use crate::whole_lines;

/// The list while something is added to it. It is locked as long as it is open, and the lock dies with the process.
/// Every line reaches the operating system before the call returns.
#[derive(Debug)]
pub struct CreatedLog {
    folder: PathBuf,
    file: Mutex<File>,
    /// Columns of the file.
    columns: usize,
    untagged: AtomicU64,
}

impl CreatedLog {
    /// Begins the list of a run.
    ///
    /// # Errors
    /// Where the file cannot be created or locked.
    pub fn create(folder: &Path) -> Result<Self, FileError> {
        let path = folder.join(FILE);
        let file = OpenOptions::new().append(true).create_new(true).open(&path);
        let file = file.map_err(|error| FileError::new("create", &path, error))?;
        let log = Self::locked(folder, file, HEADER.len())?;
        let header = HEADER.join(",") + "\n";
        log.line(header.as_bytes()).map_err(|error| FileError::new("write", &path, error))?;
        Ok(log)
    }

    /// Goes on with the list of a run that has ended.
    ///
    /// # Errors
    /// Where there is none, where it cannot be written, and where the run or another clean-up still writes to it
    /// ([`FileError::is_in_use`]).
    pub fn append(folder: &Path) -> Result<Self, FileError> {
        let path = folder.join(FILE);
        let failed = |error: io::Error| FileError::new("open", &path, error);
        let file = OpenOptions::new().read(true).append(true).open(&path).map_err(failed)?;
        let mut log = Self::locked(folder, file, HEADER.len())?;
        let file = log.file.get_mut().unwrap_or_else(PoisonError::into_inner);
        // What was cut off would run into the first new line.
        let length_bytes = whole_lines::length_bytes(file).map_err(failed)?;
        file.set_len(length_bytes).map_err(failed)?;
        let text = std::fs::read(&path).map_err(failed)?;
        if let Some(header) = text.split(|&byte| byte == b'\n').next().filter(|header| !header.is_empty()) {
            log.columns = header.split(|&byte| byte == b',').count();
        }
        Ok(log)
    }

    fn locked(folder: &Path, file: File, columns: usize) -> Result<Self, FileError> {
        let path = folder.join(FILE);
        match file.try_lock() {
            Ok(()) => Ok(Self {
                folder: folder.to_owned(),
                file: Mutex::new(file),
                columns,
                untagged: AtomicU64::new(0),
            }),
            Err(TryLockError::WouldBlock) => Err(FileError::in_use(&path)),
            Err(TryLockError::Error(error)) => Err(FileError::new("lock", &path, error)
                .help("choose a folder on a file system that has locks with --out")),
        }
    }

    /// Writes that were answered without an ETag, so that nothing confirms them.
    #[must_use]
    pub fn untagged(&self) -> u64 {
        self.untagged.load(Ordering::Relaxed)
    }

    /// The run folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Something happened to an object, to a topic, which has its ARN for a key, or to a bucket, which has none.
    ///
    /// # Errors
    /// Where the line cannot be written; what is about to be made must then not be made either.
    pub fn note(&self, event: KeyEvent, bucket: &str, key: &str) -> io::Result<()> {
        self.note_upload(event, bucket, key, "")
    }

    /// Something happened to a multipart upload with an id.
    ///
    /// # Errors
    /// Where the line cannot be written.
    pub fn note_upload(&self, event: KeyEvent, bucket: &str, key: &str, upload_id: &str) -> io::Result<()> {
        let (bucket, key, mark) = (bucket.into(), key.into(), upload_id.into());
        self.record(CreatedRecord { event, bucket, key, mark, version: None, modified_s: None })
    }

    /// An object was written.
    ///
    /// # Errors
    /// Where the line cannot be written.
    pub fn written(&self, bucket: &str, key: &str, written: WriteReceipt) -> io::Result<()> {
        let WriteReceipt { etag, version, modified_s } = written;
        if etag.is_empty() {
            self.untagged.fetch_add(1, Ordering::Relaxed);
        }
        let (bucket, key) = (bucket.into(), key.into());
        self.record(CreatedRecord { event: KeyEvent::Written, bucket, key, mark: etag, version, modified_s })
    }

    fn record(&self, record: CreatedRecord) -> io::Result<()> {
        let mut whole = csv::WriterBuilder::new().has_headers(false).from_writer(Vec::new());
        whole.serialize(record).map_err(io::Error::other)?;
        let mut line = whole.into_inner().map_err(|error| io::Error::other(error.to_string()))?;
        for _ in self.columns..HEADER.len() {
            // What an old list has no columns for is never known when something is deleted.
            let end = line.iter().rposition(|&byte| byte == b',').unwrap_or(0);
            line.truncate(end);
            line.push(b'\n');
        }
        self.line(&line)
    }

    fn line(&self, line: &[u8]) -> io::Result<()> {
        self.file.lock().unwrap_or_else(PoisonError::into_inner).write_all(line)
    }
}
