//! The folder of an audit: what was found, written as the listings go by, and how far they have come.

use std::fs::{self, File, OpenOptions};
use std::io::{Seek, SeekFrom};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::folder::replace;
use planner_aws::file_error::{FileError, READ};
use planner_core::audit::object_comparison::{CompareBy, FindingKind, FindingReason};
use planner_core::audit::tally::{Item, Seen, Tally};

/// What is wrong, one row a key.
pub const FINDINGS: &str = "findings.csv";
/// How far an audit has come; gone once it has come to its end.
pub const PROGRESS: &str = "progress.json";

/// What an audit is about; one that goes on must be about the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct About {
    /// Where the objects were to be copied from.
    pub source: String,
    /// Where to.
    pub destination: String,
    /// By what copies are compared.
    pub by: CompareBy,
    /// Before which copies are stale, in nanoseconds since 1970.
    pub since_ns: Option<i64>,
    /// The list that takes the place of the source's listing.
    pub manifest: Option<PathBuf>,
}

/// How far an audit has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditProgress {
    /// What it is about.
    pub about: About,
    /// The last key that was counted, without the prefixes.
    pub cursor: Option<String>,
    /// The counts.
    pub tally: Tally,
    /// Requests that listed objects.
    pub list_requests: u64,
    /// Length of `findings.csv` up to that key.
    findings_bytes: u64,
}

/// The columns of `findings.csv`, which also stand where nothing was found.
const COLUMNS: [&str; 9] = [
    "finding",
    "reason",
    "key",
    "source_size_bytes",
    "destination_size_bytes",
    "source_etag",
    "destination_etag",
    "source_modified",
    "destination_modified",
];

#[derive(Serialize)]
struct FindingRecord<'a> {
    finding: FindingKind,
    reason: FindingReason,
    key: &'a str,
    source_size_bytes: Option<u64>,
    destination_size_bytes: Option<u64>,
    source_etag: Option<&'a str>,
    destination_etag: Option<&'a str>,
    source_modified: Option<&'a str>,
    destination_modified: Option<&'a str>,
}

impl<'a> From<&'a Item> for FindingRecord<'a> {
    fn from(item: &'a Item) -> Self {
        let (source, destination) = (item.source.as_ref(), item.destination.as_ref());
        let etag = |seen: Option<&'a Seen>| seen.and_then(|seen| seen.etag.as_deref());
        let modified = |seen: Option<&'a Seen>| seen.and_then(|seen| seen.modified.as_deref());
        Self {
            finding: item.reason.kind(),
            reason: item.reason,
            key: &item.key,
            source_size_bytes: source.map(|seen| seen.size_bytes),
            destination_size_bytes: destination.map(|seen| seen.size_bytes),
            source_etag: etag(source),
            destination_etag: etag(destination),
            source_modified: modified(source),
            destination_modified: modified(destination),
        }
    }
}

/// An audit that is being made.
pub struct AuditFolder {
    folder: PathBuf,
    findings: csv::Writer<File>,
    /// How far it has come.
    pub progress: AuditProgress,
}

impl AuditFolder {
    /// Begins an audit in a folder that was just made.
    ///
    /// # Errors
    /// Where the folder cannot be written to.
    pub fn begin(folder: PathBuf, about: About) -> Result<Self, FileError> {
        let path = folder.join(FINDINGS);
        let file = File::create_new(&path).map_err(|error| FileError::new("create", &path, error))?;
        let progress = AuditProgress {
            about,
            cursor: None,
            tally: Tally::default(),
            list_requests: 0,
            findings_bytes: 0,
        };
        let mut audit = Self { folder, findings: writer(file), progress };
        audit.findings.write_record(COLUMNS).map_err(|error| audit.failed(FINDINGS, error))?;
        audit.save()?;
        Ok(audit)
    }

    /// Goes on with an audit. What it had written beyond the last saved key is written again.
    ///
    /// # Errors
    /// Where the folder holds no audit that can go on, or one about something else.
    pub fn resume(folder: PathBuf, about: &About) -> Result<Self, FileError> {
        let path = folder.join(PROGRESS);
        let text = fs::read(&path).map_err(|error| {
            FileError::new(READ, &path, error)
                .help("only an audit that was cut off can go on; give its folder")
        })?;
        let progress: AuditProgress =
            serde_json::from_slice(&text).map_err(|error| FileError::new(READ, &path, error))?;
        if progress.about != *about {
            let reason = format!(
                "the audit there is of {} against {} or has other options",
                progress.about.source, progress.about.destination
            );
            return Err(
                FileError::new(READ, &path, reason).help("repeat its command line, with --resume added")
            );
        }
        let path = folder.join(FINDINGS);
        let failed = |error| FileError::new("write", &path, error);
        let mut file = OpenOptions::new().write(true).open(&path).map_err(failed)?;
        let length = file.metadata().map_err(failed)?.len();
        if length < progress.findings_bytes {
            let reason =
                format!("it has {length} bytes of the {} that were written", progress.findings_bytes);
            return Err(FileError::new(READ, &path, reason).help("begin the audit anew, without --resume"));
        }
        file.set_len(progress.findings_bytes).map_err(failed)?;
        file.seek(SeekFrom::End(0)).map_err(failed)?;
        Ok(Self { folder, findings: writer(file), progress })
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.folder
    }

    /// Adds what is wrong with a key.
    ///
    /// # Errors
    /// Where the file cannot be written, such as on a full disk.
    pub fn finding(&mut self, item: &Item) -> Result<(), FileError> {
        self.findings.serialize(FindingRecord::from(item)).map_err(|error| self.failed(FINDINGS, error))
    }

    /// Saves how far it has come.
    ///
    /// # Errors
    /// Where a file cannot be written.
    pub fn save(&mut self) -> Result<(), FileError> {
        self.findings.flush().map_err(|error| self.failed(FINDINGS, error))?;
        let length =
            fs::metadata(self.folder.join(FINDINGS)).map_err(|error| self.failed(FINDINGS, error))?;
        self.progress.findings_bytes = length.len();
        let json = serde_json::to_vec(&self.progress).map_err(|error| self.failed(PROGRESS, error))?;
        replace(&self.folder.join(PROGRESS), &json)
    }

    /// Ends an audit that came to its end: it has no progress any more.
    ///
    /// # Errors
    /// Where the file cannot be removed.
    pub fn finish(&mut self) -> Result<(), FileError> {
        fs::remove_file(self.folder.join(PROGRESS)).map_err(|error| self.failed(PROGRESS, error))
    }

    fn failed(&self, file: &str, error: impl ToString) -> FileError {
        FileError::new("write", &self.folder.join(file), error)
    }
}

fn writer(file: File) -> csv::Writer<File> {
    csv::WriterBuilder::new().has_headers(false).from_writer(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn about() -> About {
        About {
            source: "s3://a/".into(),
            destination: "s3://b/".into(),
            by: CompareBy::Etag,
            since_ns: None,
            manifest: None,
        }
    }

    fn item(key: &str) -> Item {
        Item { key: key.into(), reason: FindingReason::NotThere, source: None, destination: None }
    }

    #[test]
    fn what_was_written_after_the_last_save_is_written_again_and_nothing_twice() {
        let folder = tempfile::tempdir().unwrap();
        let here = || folder.path().to_owned();
        let mut audit = AuditFolder::begin(here(), about()).unwrap();
        audit.finding(&item("a\n,\"")).unwrap();
        audit.progress.cursor = Some("a".into());
        audit.save().unwrap();
        audit.finding(&item("b")).unwrap();
        // As a killed program leaves it: the row reaches the file, the progress does not.
        drop(audit);

        let mut audit = AuditFolder::resume(here(), &about()).unwrap();
        assert_eq!(audit.progress.cursor.as_deref(), Some("a"));
        for key in ["b", "c"] {
            audit.finding(&item(key)).unwrap();
        }
        audit.save().unwrap();
        audit.finish().unwrap();
        let rows = csv::Reader::from_path(folder.path().join(FINDINGS)).unwrap().into_records();
        let keys: Vec<String> = rows.map(|row| row.unwrap()[2].to_owned()).collect();
        assert_eq!(keys, ["a\n,\"", "b", "c"]);
        let ended = AuditFolder::resume(here(), &about()).err().unwrap();
        assert!(ended.is_about_content(), "{ended}");
    }

    #[test]
    fn an_audit_does_not_go_on_over_findings_that_were_lost() {
        let folder = tempfile::tempdir().unwrap();
        AuditFolder::begin(folder.path().to_owned(), about()).unwrap();
        let path = folder.path().join(FINDINGS);
        let whole = fs::read(&path).unwrap();
        fs::write(&path, &whole[..whole.len() - 1]).unwrap();
        let error = AuditFolder::resume(folder.path().to_owned(), &about()).err().unwrap();
        assert!(error.to_string().contains(&format!("bytes of the {}", whole.len())), "{error}");
        assert_eq!(fs::read(&path).unwrap().len(), whole.len() - 1, "and is left as it is");
    }

    #[test]
    fn an_audit_goes_on_only_with_what_it_is_about() {
        let folder = tempfile::tempdir().unwrap();
        AuditFolder::begin(folder.path().to_owned(), about()).unwrap();
        let other = About { destination: "s3://c/".into(), ..about() };
        let error = AuditFolder::resume(folder.path().to_owned(), &other).err().unwrap();
        assert!(error.to_string().contains("s3://a/ against s3://b/"), "{error}");
        AuditFolder::resume(folder.path().to_owned(), &about()).unwrap();
    }
}
