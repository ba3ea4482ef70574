//! Runs that are kept under a name to compare others with, each a file of its own that lasts when the run is gone.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use tempfile::TempDir;

use super::folder::{DOCUMENT, SERIES, replace};
use super::{attempts, histogram_log};
use planner_aws::file_error::FileError;

/// The name and version of the file's form.
const SCHEMA: &str = "planner/baseline/1";
/// Folder of the baselines, among the reports.
const FOLDER: &str = "baselines";
/// What a comparison reads of a run.
const FILES: [&str; 4] = [DOCUMENT, SERIES, histogram_log::FILE, attempts::FILE];

/// The name of a baseline, which is the name of its file.
///
/// # Errors
/// Where it could be the path of another file.
pub fn name(text: &str) -> Result<String, String> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if (1..=100).contains(&text.len()) && text.chars().all(is_plain) && !text.starts_with(['.', '-']) {
        return Ok(text.to_owned());
    }
    Err(format!("`{text}` is not a name; write letters, digits, `-`, `_` and `.`, such as main or v1.2"))
}

/// A run as it is kept.
#[derive(Serialize, Deserialize)]
struct Baseline {
    schema: String,
    run: String,
    files: BTreeMap<String, String>,
}

fn path(out: &Path, name: &str) -> PathBuf {
    out.join(FOLDER).join(format!("{name}.json"))
}

/// Keeps a run, in place of what had the name before; gives the path of the file.
///
/// # Errors
/// Where the run cannot be read or the file cannot be written.
pub fn save(folder: &Path, out: &Path, name: &str, run: &str) -> Result<PathBuf, FileError> {
    let read = |file: &str| {
        let path = folder.join(file);
        let text = fs::read_to_string(&path).map_err(|error| FileError::new("read", &path, error))?;
        Ok((file.to_owned(), text))
    };
    let files = FILES.into_iter().map(read).collect::<Result<_, FileError>>()?;
    let path = path(out, name);
    let failed = |error: &dyn fmt::Display| FileError::new("write", &path, error.to_string());
    let baseline = Baseline { schema: SCHEMA.into(), run: run.into(), files };
    let json = serde_json::to_vec(&baseline).map_err(|error| failed(&error))?;
    fs::create_dir_all(out.join(FOLDER)).map_err(|error| failed(&error))?;
    replace(&path, &json)?;
    Ok(path)
}

/// Lays a baseline out as a run folder, which is removed with the answer.
///
/// # Errors
/// Where there is none of that name, which is told with those that there are, or it cannot be read or laid out.
pub fn read(out: &Path, name: &str) -> Result<TempDir, FileError> {
    let path = path(out, name);
    let text = fs::read(&path).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => {
            FileError::new("read", &path, format!("there is no baseline {name}; {}", known(out)))
        }
        _ => FileError::new("read", &path, error),
    })?;
    let baseline: Baseline =
        serde_json::from_slice(&text).map_err(|error| FileError::new("read", &path, error))?;
    if baseline.schema != SCHEMA {
        let reason = format!("its schema is `{}`, this version reads `{SCHEMA}`", baseline.schema);
        return Err(FileError::new("read", &path, reason));
    }
    let failed = |error| FileError::new("lay out", &path, error);
    let folder = tempfile::tempdir().map_err(failed)?;
    for file in FILES {
        let content = baseline.files.get(file).map_or("", String::as_str);
        fs::write(folder.path().join(file), content).map_err(failed)?;
    }
    Ok(folder)
}

/// Which there are.
fn known(out: &Path) -> String {
    let files = fs::read_dir(out.join(FOLDER)).into_iter().flatten().flatten();
    let name = |file: fs::DirEntry| Some(file.file_name().to_str()?.strip_suffix(".json")?.to_owned());
    let mut names: Vec<String> = files.filter_map(name).collect();
    names.sort();
    match names.as_slice() {
        [] => "none is saved here; --save-baseline NAME RUN makes one".into(),
        names => format!("known are {}", names.join(", ")),
    }
}
