//! Logs of copies that this program did not make, read from files, compressed or not.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use flate2::bufread::MultiGzDecoder;
use miette::IntoDiagnostic;

use super::exit::BadInput;
use planner_core::check::CheckError;
use planner_core::copy_log::{self, FORMS, Log};

const GZIP: [u8; 2] = [0x1f, 0x8b];

/// The log in a file, and the name of the file.
///
/// # Errors
/// Where the file cannot be read, or what it holds is not understood.
pub(super) fn read(path: &Path) -> miette::Result<(Log, String)> {
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
