//! Logs of copies that this program did not make, read from files, compressed or not.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

use flate2::bufread::MultiGzDecoder;
use jiff::Timestamp;
use miette::IntoDiagnostic;
use tempfile::TempDir;

use super::exit::BadInput;
use crate::runs::folder::{RunWriter, write_document};
use planner_aws::file_error::FileError;
use planner_core::check::CheckError;
use planner_core::copy_log::{self, CopyLog, FORMS, LoggedRun};

const GZIP: [u8; 2] = [0x1f, 0x8b];

/// A run folder, or one made of a log, which is gone with this.
pub(super) enum RunSource {
    Folder(PathBuf),
    Log(TempDir),
}

impl RunSource {
    /// What a path leads to.
    ///
    /// # Errors
    /// Where it is a file that is no log of a month or less.
    pub(super) fn of(path: &Path) -> miette::Result<Self> {
        if !path.is_file() {
            return Ok(Self::Folder(path.to_owned()));
        }
        let (log, name) = read(path)?;
        let folder = tempfile::tempdir().into_diagnostic()?;
        write(&log, &name, folder.path()).map_err(|error| BadInput::file("compare", path, error, ""))?;
        Ok(Self::Log(folder))
    }

    pub(super) fn folder(&self) -> &Path {
        match self {
            Self::Folder(folder) => folder,
            Self::Log(folder) => folder.path(),
        }
    }
}

/// Why a log is not written as a run.
#[derive(Debug, thiserror::Error)]
enum Unwritten {
    #[error("{0}")]
    Log(String),
    #[error(transparent)]
    File(#[from] FileError),
}

impl From<String> for Unwritten {
    fn from(reason: String) -> Self {
        Self::Log(reason)
    }
}

fn write(log: &CopyLog, name: &str, folder: &Path) -> Result<(), Unwritten> {
    let mut writer = RunWriter::create(folder, Timestamp::UNIX_EPOCH)?;
    let LoggedRun { document, attempts } =
        LoggedRun::whole(log, name, |second| writer.second(second).map_err(Unwritten::from))?;
    attempts.iter().try_for_each(|attempt| writer.attempt(attempt))?;
    drop(writer);
    Ok(write_document(folder, &document)?)
}

/// The log in a file, and the name of the file.
///
/// # Errors
/// Where the file cannot be read, or what it holds is not understood.
pub(super) fn read(path: &Path) -> miette::Result<(CopyLog, String)> {
    let file = File::open(path)
        .map_err(|error| BadInput::file("open", path, error, "give a run folder or a log"))?;
    let unusable =
        |error: CheckError| BadInput::file("read", path, error, format!("forms of a log: {FORMS}"));
    let log = plain_or_compressed(BufReader::new(file), |input| copy_log::read(input))?.map_err(unusable)?;
    let name = path.file_name().map_or_else(|| path.display().to_string(), |it| it.to_string_lossy().into());
    Ok((log, name))
}

/// Gives what an input holds to `read`, decompressed where it is compressed.
///
/// # Errors
/// Where it cannot be read.
pub(super) fn plain_or_compressed<T>(
    mut input: impl BufRead,
    read: impl FnOnce(&mut dyn BufRead) -> T,
) -> miette::Result<T> {
    let head = input.fill_buf().into_diagnostic()?;
    let input: &mut dyn BufRead = match head.starts_with(&GZIP) {
        true => &mut BufReader::new(MultiGzDecoder::new(input)),
        false => &mut input,
    };
    Ok(read(input))
}
