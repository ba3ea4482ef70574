//! `deliveries.csv`, one row an object of a fan-out, and `function.csv`, one row a second of its function.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::attempts;
use super::folder::replace;
use planner_aws::file_error::FileError;
use planner_core::measure::fan_out::object::ObjectRecord;
use planner_core::measure::fan_out::publications::Publications;
use planner_core::measure::fan_out::second::FunctionSecond;

/// Name of the file with the objects.
pub const DELIVERIES: &str = "deliveries.csv";
/// Name of the file with the function over time.
pub const FUNCTION: &str = "function.csv";

/// What became of the publishing of every object, by the attempts of the run.
///
/// # Errors
/// Where the attempts cannot be read.
pub fn publishes(folder: &Path) -> Result<Publications, FileError> {
    let mut publishes = Publications::default();
    attempts::read(folder, |attempt| publishes.add(&attempt))?;
    Ok(publishes)
}

/// Writes both files.
///
/// # Errors
/// Where one cannot be written.
pub fn write(folder: &Path, objects: &[ObjectRecord], seconds: &[FunctionSecond]) -> Result<(), FileError> {
    write_rows(&folder.join(DELIVERIES), objects)?;
    write_rows(&folder.join(FUNCTION), seconds)
}

/// What became of every object; none where the run has none.
///
/// # Errors
/// Where the file cannot be read.
pub fn deliveries(folder: &Path) -> Result<Vec<ObjectRecord>, FileError> {
    rows(&folder.join(DELIVERIES))
}

/// The function over time; no rows where the run has none.
///
/// # Errors
/// Where the file cannot be read.
pub fn function(folder: &Path) -> Result<Vec<FunctionSecond>, FileError> {
    rows(&folder.join(FUNCTION))
}

fn rows<T: DeserializeOwned>(path: &Path) -> Result<Vec<T>, FileError> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(FileError::new("open", path, error)),
    };
    let rows = csv::Reader::from_reader(BufReader::new(file)).into_deserialize();
    rows.collect::<Result<_, _>>().map_err(|error| FileError::new("read", path, error))
}

fn write_rows<T: Serialize>(path: &Path, rows: &[T]) -> Result<(), FileError> {
    let failed = |error: &dyn std::fmt::Display| FileError::new("write", path, error);
    let mut writer = csv::Writer::from_writer(Vec::new());
    for row in rows {
        writer.serialize(row).map_err(|error| failed(&error))?;
    }
    let bytes = writer.into_inner().map_err(|error| failed(&error))?;
    replace(path, &bytes)
}
