//! A run folder read back, whole or cut off.

use std::fs;
use std::io::BufReader;
use std::path::Path;

use super::folder::{DOCUMENT, SERIES};
use super::{RunError, attempts, hlog, whole_lines};
use crate::report::LevelTimes;
use crate::stats::recorder::Recorder;
use crate::stats::series::{Record, Row};
use crate::stats::summary::{RunDocument, SCHEMA};

/// Rows kept of a series; a longer one is merged pair by pair, which loses no count and no sum.
const MAX_ROWS: usize = 20_000;

/// A run with all that a report needs.
#[derive(Debug)]
pub struct Run {
    /// The document; rebuilt from the other files where the run was cut off.
    pub document: RunDocument,
    /// What happened over time.
    pub series: Vec<Row>,
    /// The times of each level.
    pub levels: Vec<LevelTimes>,
}

/// Reads the document of a run as it stands, complete or not.
///
/// # Errors
/// Where the folder holds no document that this version reads.
pub fn read_document(folder: &Path) -> Result<RunDocument, RunError> {
    let path = folder.join(DOCUMENT);
    let text = fs::read(&path).map_err(|error| {
        RunError::new("read", &path, error)
            .help("a run folder is what `planner measure` leaves under reports/")
    })?;
    let document: RunDocument =
        serde_json::from_slice(&text).map_err(|error| RunError::new("read", &path, error))?;
    if document.schema != SCHEMA {
        let reason = format!("its schema is `{}`, this version reads `{SCHEMA}`", document.schema);
        return Err(RunError::new("read", &path, reason));
    }
    Ok(document)
}

/// Reads a run folder.
///
/// # Errors
/// Where the folder is none, or a file in it cannot be read.
pub fn read(folder: &Path) -> Result<Run, RunError> {
    let mut document = read_document(folder)?;
    let series = read_series(folder)?;
    if !document.complete {
        rebuild(folder, &mut document, &series)?;
    }
    let levels = read_times(folder, &document)?;
    Ok(Run { document, series: thin(series), levels })
}

/// All rows of `series.csv`; a last row that was cut off is left out.
fn read_series(folder: &Path) -> Result<Vec<Row>, RunError> {
    let path = folder.join(SERIES);
    let file = whole_lines::open(&path).map_err(|error| RunError::new("open", &path, error))?;
    let mut rows = Vec::new();
    let mut records = csv::ReaderBuilder::new()
        .flexible(true)
        .from_reader(BufReader::new(file))
        .into_deserialize::<Record>();
    while let Some(record) = records.next() {
        match record {
            Ok(record) => rows.push(Row::from(record)),
            Err(_) if records.reader().is_done() => break,
            Err(error) => return Err(RunError::new("read", &path, error)),
        }
    }
    Ok(rows)
}

fn thin(mut rows: Vec<Row>) -> Vec<Row> {
    while rows.len() > MAX_ROWS {
        rows = rows
            .chunks(2)
            .flat_map(|pair| match pair {
                [first, second] if first.level == second.level => vec![first.then(second)],
                others => others.to_vec(),
            })
            .collect();
        if rows.windows(2).all(|pair| pair[0].level != pair[1].level) {
            break;
        }
    }
    rows
}

/// Summaries of a run that was cut off, up to its last whole second.
fn rebuild(folder: &Path, document: &mut RunDocument, series: &[Row]) -> Result<(), RunError> {
    let mut recorders: Vec<(Recorder, u64)> = Vec::new();
    for row in series {
        if recorders.len() <= row.level as usize {
            recorders.push((Recorder::new(row.level, row.start_ns), 0));
        }
        if let Some((recorder, end_ns)) = recorders.last_mut() {
            recorder.restore(row);
            *end_ns = row.end_ns();
        }
    }
    attempts::read(folder, |attempt| {
        let level = recorders.get_mut(attempt.level as usize);
        if let Some((recorder, _)) = level.filter(|(_, end_ns)| attempt.ended_ns <= *end_ns) {
            recorder.restore_attempt(&attempt);
        }
    })?;
    document.levels = recorders.iter().map(|(recorder, _)| recorder.summary()).collect();
    for (level, summary) in document.levels.iter_mut().enumerate() {
        summary.set_key(document.scenario.level_key(level));
    }
    Ok(())
}

fn read_times(folder: &Path, document: &RunDocument) -> Result<Vec<LevelTimes>, RunError> {
    let mut levels: Vec<LevelTimes> = document.levels.iter().map(|_| LevelTimes::default()).collect();
    hlog::read(folder, |start_s, is_service, times| {
        // Interval starts are rounded to a nanosecond; half a microsecond tells levels apart safely.
        let after = document.levels.partition_point(|level| level.start_s <= start_s + 5e-7);
        if let Some(level) = after.checked_sub(1).and_then(|index| levels.get_mut(index)) {
            if is_service { level.service.add(&times) } else { level.latency.add(&times) }
        }
    })?;
    Ok(levels)
}
