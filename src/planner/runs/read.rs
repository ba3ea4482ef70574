//! A run folder read back, whole or cut off.

use std::fs;
use std::io::BufReader;
use std::path::Path;

use super::folder::{DOCUMENT, SERIES, VERIFICATION};
use super::{attempts, fan_out, histogram_log};
use planner_aws::file_error::FileError;
use planner_aws::whole_lines;
use planner_core::measure::analysis::analyse;
use planner_core::measure::document::{RunDocument, SCHEMA};
use planner_core::measure::fan_out::second::FunctionSecond;
use planner_core::measure::recorder::Recorder;
use planner_core::measure::series::{SeriesRecord, SeriesSecond};
use planner_core::units::quantity::NS_PER_S;
use planner_plan::verify::Verification;
use planner_report::{LevelTimes, RunView, reasons};

/// Name of the page in a run folder.
pub const PAGE: &str = "report.html";
/// Rows kept of a series; a longer one is merged pair by pair, which loses no count and no sum.
const MAX_ROWS: usize = 20_000;

/// A run with all that a report needs.
#[derive(Debug)]
pub struct Run {
    /// The document; rebuilt from the other files where the run was cut off.
    pub document: RunDocument,
    /// What happened over time, a very long series thinned.
    pub series: Vec<SeriesSecond>,
    /// The times of each level.
    pub levels: Vec<LevelTimes>,
    /// The function of a fan-out second by second; empty otherwise.
    pub function: Vec<FunctionSecond>,
    /// The verdict on a plan, where the run was driven for one.
    pub verification: Option<Verification>,
}

impl Run {
    /// The run for its report.
    #[must_use]
    pub fn view(&self) -> RunView<'_> {
        let Self { document, series, levels, function, verification } = self;
        RunView { document, series, levels, function, verification: verification.as_ref() }
    }
}

/// Reads the document of a run as it stands, complete or not.
///
/// # Errors
/// Where the folder holds no document that this version reads.
pub fn read_document(folder: &Path) -> Result<RunDocument, FileError> {
    let path = folder.join(DOCUMENT);
    let text = fs::read(&path).map_err(|error| {
        FileError::new("read", &path, error)
            .help("a run folder is what `planner measure` leaves under reports/; a plan is reported alone, and audits and comparisons have their pages in their folders")
    })?;
    let document: RunDocument =
        serde_json::from_slice(&text).map_err(|error| FileError::new("read", &path, error))?;
    if document.schema != SCHEMA {
        let reason = format!("its schema is `{}`, this version reads `{SCHEMA}`", document.schema);
        return Err(FileError::new("read", &path, reason));
    }
    Ok(document)
}

/// Reads a run folder.
///
/// # Errors
/// Where the folder is none, or a file in it cannot be read.
pub fn read(folder: &Path) -> Result<Run, FileError> {
    let mut document = read_document(folder)?;
    let rows = series(folder)?;
    if !document.complete {
        rebuild(folder, &mut document, &rows)?;
        analyse(&mut document, &rows, reasons::run::words);
    }
    let levels = read_times(folder, &document)?;
    let function = fan_out::function(folder)?;
    let verification = verification(folder)?;
    Ok(Run { document, series: thin(rows), levels, function, verification })
}

fn verification(folder: &Path) -> Result<Option<Verification>, FileError> {
    let path = folder.join(VERIFICATION);
    match fs::read(&path) {
        Ok(text) => {
            serde_json::from_slice(&text).map(Some).map_err(|error| FileError::new("read", &path, error))
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(FileError::new("read", &path, error)),
    }
}

/// All rows of `series.csv`, some 20 MB for a day. A last row that was cut off is left out.
///
/// # Errors
/// Where the file cannot be read or a row but the last cannot be understood.
pub fn series(folder: &Path) -> Result<Vec<SeriesSecond>, FileError> {
    let path = folder.join(SERIES);
    let file = whole_lines::open(&path).map_err(|error| FileError::new("open", &path, error))?;
    let mut rows = Vec::new();
    let mut records = csv::ReaderBuilder::new()
        .flexible(true)
        .from_reader(BufReader::new(file))
        .into_deserialize::<SeriesRecord>();
    while let Some(record) = records.next() {
        match record {
            Ok(record) => rows.push(SeriesSecond::from(record)),
            Err(_) if records.reader().is_done() => break,
            Err(error) => return Err(FileError::new("read", &path, error)),
        }
    }
    Ok(rows)
}

fn thin(mut rows: Vec<SeriesSecond>) -> Vec<SeriesSecond> {
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
fn rebuild(folder: &Path, document: &mut RunDocument, series: &[SeriesSecond]) -> Result<(), FileError> {
    let mut recorders: Vec<(Recorder, u64)> = Vec::new();
    for row in series {
        if recorders.len() <= row.level as usize {
            recorders.push((Recorder::new(row.level, row.start_ns), 0));
        }
        if let Some((recorder, end_ns)) = recorders.last_mut() {
            recorder.restore(row);
            // What ends at the border of two seconds is counted in the second; the last row of a level that is over
            // is shorter than a second, and takes all.
            *end_ns = if row.window.length_ns < NS_PER_S { u64::MAX } else { row.end_ns() };
        }
    }
    attempts::read(folder, |attempt| {
        let level = recorders.get_mut(attempt.level as usize);
        if let Some((recorder, _)) = level.filter(|(_, end_ns)| attempt.ended_ns < *end_ns) {
            recorder.restore_attempt(&attempt);
        }
    })?;
    document.levels = recorders.iter().map(|(recorder, _)| recorder.summary()).collect();
    for (level, summary) in document.levels.iter_mut().enumerate() {
        summary.set_key(document.scenario.level_key(level));
    }
    Ok(())
}

fn read_times(folder: &Path, document: &RunDocument) -> Result<Vec<LevelTimes>, FileError> {
    let mut levels: Vec<LevelTimes> = document.levels.iter().map(|_| LevelTimes::default()).collect();
    histogram_log::read(folder, |start_s, is_service, times| {
        // Interval starts are rounded to a nanosecond; half a microsecond tells levels apart safely.
        let after = document.levels.partition_point(|level| level.start_s <= start_s + 5e-7);
        if let Some(level) = after.checked_sub(1).and_then(|index| levels.get_mut(index)) {
            if is_service { level.service.add(&times) } else { level.latency.add(&times) }
        }
    })?;
    attempts::read(folder, |attempt| {
        if let Some(level) = levels.get_mut(attempt.level as usize) {
            level.sizes.add(&attempt);
        }
    })?;
    Ok(levels)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runs::folder::{RunWriter, write_document};
    use planner_core::load::attempt::{Attempt, AttemptOutcome, JobEnd, RequestKind, Start};

    /// What is written of a run that has not come to its end.
    fn unfinished() -> RunDocument {
        let document = serde_json::json!({
            "schema": SCHEMA, "run": "r", "name": "n", "started_at": "", "version": "", "command": [],
            "target": { "kind": "embedded" }, "rehearsal": true, "virtual_time": true, "seed": 1,
            "complete": false, "machine": "", "levels": [],
            "scenario": {
                "name": "n", "operation": "copy", "objects": {}, "arrivals": { "kind": "closed", "workers": 1 },
            },
        });
        serde_json::from_value(document).unwrap()
    }

    fn attempt(level: u32, started_ns: u64, ended_ns: u64) -> Attempt {
        let start = Start {
            job: started_ns,
            object: 0,
            request: RequestKind::Copy,
            attempt: 1,
            worker: None,
            job_intended_ns: started_ns,
            intended_ns: started_ns,
            bytes: 1,
            items: 1,
        };
        let job_end = Some(JobEnd::Done);
        Attempt { level, start, started_ns, ended_ns, outcome: AttemptOutcome::Ok, code: None, job_end }
    }

    #[test]
    fn a_long_series_is_thinned_for_reports_and_not_for_the_analysis() {
        let folder = tempfile::tempdir().unwrap();
        write_document(folder.path(), &RunDocument { complete: true, ..unfinished() }).unwrap();
        drop(RunWriter::create(folder.path(), jiff::Timestamp::UNIX_EPOCH).unwrap());
        let mut writer = csv::Writer::from_path(folder.path().join(SERIES)).unwrap();
        let count = MAX_ROWS as u64 + 2;
        for second in 0..count {
            let mut row = SeriesSecond {
                start_ns: second * NS_PER_S,
                endpoint_in_flight: Some(1),
                ..SeriesSecond::default()
            };
            row.window.length_ns = NS_PER_S;
            writer.serialize(SeriesRecord::from(&row)).unwrap();
        }
        writer.flush().unwrap();
        let rows = series(folder.path()).unwrap();
        assert_eq!(rows.len() as u64, count);
        assert!(rows.iter().all(|row| row.window.length_ns == NS_PER_S));
        let read = read(folder.path()).unwrap().series;
        assert_eq!((read.len() as u64, read[0].window.length_ns), (count / 2, 2 * NS_PER_S));
    }

    #[test]
    fn attempts_of_a_run_that_was_cut_off_are_those_of_its_seconds() {
        let folder = tempfile::tempdir().unwrap();
        write_document(folder.path(), &unfinished()).unwrap();
        let mut writer = RunWriter::create(folder.path(), jiff::Timestamp::UNIX_EPOCH).unwrap();
        let half = NS_PER_S / 2;
        // A whole level of one and a half seconds, then one that was cut off after its first second.
        for (level, offset_ns) in [(0, 0), (1, 3 * half)] {
            let mut recorder = Recorder::new(level, offset_ns);
            for number in 0..3 {
                let taken = attempt(level, number * half, (number + 1) * half);
                recorder.started(taken.started_ns, &taken.start);
                if taken.ended_ns == recorder.second_ends_ns() {
                    recorder.close_second(taken.ended_ns, |second| writer.second(second)).unwrap();
                }
                recorder.ended(&taken);
                writer.attempt(&taken.later_by(offset_ns)).unwrap();
            }
            if level == 0 {
                recorder.close_second(3 * half, |second| writer.second(second)).unwrap();
            }
        }
        drop(writer);
        let levels = read(folder.path()).unwrap().document.levels;
        let seen: Vec<_> = levels.iter().map(|level| (level.attempts, level.jobs_done)).collect();
        assert_eq!(seen, [(3, 3), (1, 1)], "what ends at the border of two seconds belongs to the second");
    }
}
