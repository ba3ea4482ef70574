//! A run folder while the run goes on.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::Serialize;

use super::{attempts, histogram_log};
use planner_aws::created::{self, Created};
use planner_aws::file_error::FileError;
use planner_core::load::attempt::Attempt;
use planner_core::measure::document::RunDocument;
use planner_core::measure::recorder::Second;
use planner_core::measure::series::SeriesRecord;

/// Name of the document in a run folder.
pub const DOCUMENT: &str = "run.json";
/// Name of the second-by-second file in a run folder.
pub const SERIES: &str = "series.csv";

/// Name of the verdict on a plan in a run folder.
pub const VERIFICATION: &str = "verify.json";

/// Creates the folder of a new run and gives its path and identifier. The identifier ends in random digits, so that
/// two runs that begin in the same second in different places share no prefix at their target.
///
/// # Errors
/// Where `parent` cannot be created or written to, or the system has no random numbers.
pub fn create(parent: &Path, name: &str, now: Timestamp) -> Result<(PathBuf, String), FileError> {
    let action = "create a run folder in";
    let failed =
        |error: io::Error| FileError::new(action, parent, error).help("choose another place with --out");
    fs::create_dir_all(parent).map_err(failed)?;
    let random = getrandom::u32().map_err(|error| FileError::new(action, parent, error))?;
    let run = format!("{}-{name}-{random:08x}", now.strftime("%Y%m%dT%H%M%SZ"));
    let path = parent.join(&run);
    fs::create_dir(&path).map_err(failed)?;
    Ok((path, run))
}

/// Removes the folder of a run that ended before it measured anything and left nothing at its target.
pub fn remove_unused(folder: &Path) {
    let has_attempts = fs::metadata(folder.join(attempts::FILE)).is_ok_and(|file| file.len() > 0);
    let left_something =
        folder.join(created::FILE).exists() && !Created::read(folder).is_ok_and(|left| left.is_empty());
    if !has_attempts && !left_something {
        // Where even this fails an empty folder is the least of the user's troubles.
        let _ = fs::remove_dir_all(folder);
    }
}

/// Writes a file so that readers see the old content or the new, never half of it.
///
/// # Errors
/// Where the file cannot be written.
pub fn replace(path: &Path, content: &[u8]) -> Result<(), FileError> {
    let failed = |error| FileError::new("write", path, error);
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut file = tempfile::Builder::new()
        .prefix(".")
        .permissions(std::os::unix::fs::PermissionsExt::from_mode(0o644))
        .tempfile_in(folder)
        .map_err(failed)?;
    file.write_all(content).map_err(failed)?;
    file.persist(path).map_err(|error| failed(error.error))?;
    Ok(())
}

/// Writes a document as JSON for people too.
///
/// # Errors
/// Where the file cannot be written.
pub fn write_json(path: &Path, document: &impl Serialize) -> Result<(), FileError> {
    let mut json =
        serde_json::to_vec_pretty(document).map_err(|error| FileError::new("write", path, error))?;
    json.push(b'\n');
    replace(path, &json)
}

/// Writes `run.json`.
///
/// # Errors
/// Where the file cannot be written.
pub fn write_document(folder: &Path, document: &RunDocument) -> Result<(), FileError> {
    write_json(&folder.join(DOCUMENT), document)
}

/// Begins a file that grows row by row.
///
/// # Errors
/// Where the file cannot be created.
fn begin_rows(path: &Path) -> Result<csv::Writer<File>, FileError> {
    let file = File::create_new(path).map_err(|error| FileError::new("create", path, error))?;
    Ok(csv::Writer::from_writer(file))
}

/// The files that grow while a run goes on. A run that is killed loses its last second at most.
pub struct RunWriter {
    folder: PathBuf,
    attempts: csv::Writer<File>,
    series: csv::Writer<File>,
    hlog: histogram_log::Writer,
}

impl RunWriter {
    /// Begins the files of a run.
    ///
    /// # Errors
    /// Where one cannot be created.
    pub fn create(folder: &Path, started_at: Timestamp) -> Result<Self, FileError> {
        Ok(Self {
            folder: folder.to_owned(),
            series: begin_rows(&folder.join(SERIES))?,
            attempts: begin_rows(&folder.join(attempts::FILE))?,
            hlog: histogram_log::Writer::create(folder, started_at.as_millisecond() as f64 / 1000.0)?,
        })
    }

    /// Adds an attempt.
    ///
    /// # Errors
    /// Where the file cannot be written, such as on a full disk.
    pub fn attempt(&mut self, attempt: &Attempt) -> Result<(), FileError> {
        let row = attempts::AttemptRecord::from(attempt);
        self.attempts.serialize(row).map_err(|error| self.failed(attempts::FILE, error))
    }

    /// Adds a second and hands everything before it to the operating system.
    ///
    /// # Errors
    /// Where a file cannot be written, such as on a full disk.
    pub fn second(&mut self, second: &Second) -> Result<(), FileError> {
        self.attempts.flush().map_err(|error| self.failed(attempts::FILE, error))?;
        self.hlog.write(second).map_err(|error| self.failed(histogram_log::FILE, error))?;
        let row = SeriesRecord::from(&second.row);
        self.series.serialize(row).map_err(|error| self.failed(SERIES, error))?;
        self.series.flush().map_err(|error| self.failed(SERIES, error))
    }

    fn failed(&self, file: &str, error: impl ToString) -> FileError {
        FileError::new("write", &self.folder.join(file), error)
            .help("what was measured before stays in the folder; `planner report` reads it")
    }
}
