//! `attempts.csv`: one row an attempt, in the order of their ends. Times are seconds since the start of the
//! run, to the nanosecond.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use planner_aws::file_error::FileError;
use planner_aws::whole_lines;
use planner_core::load::attempt::{Attempt, JobEnd, RequestKind, Start};
use planner_core::scenario::validation::MAX_WORKERS;
use planner_core::units::quantity::NS_PER_S;

/// Name of the file in a run folder.
pub const FILE: &str = "attempts.csv";

/// Jobs of a level that are kept for a comparison by rank: more would take memory and decide no more.
const JOBS_KEPT: usize = 10_000;

/// A row.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct AttemptRecord<'a> {
    level: u32,
    job: u64,
    object: u64,
    request: Cow<'a, str>,
    part: u32,
    attempt: u32,
    worker: Option<u32>,
    job_intended_s: Cow<'a, str>,
    intended_s: Cow<'a, str>,
    started_s: Cow<'a, str>,
    ended_s: Cow<'a, str>,
    size_bytes: u64,
    items: u32,
    outcome: Cow<'a, str>,
    code: Option<Cow<'a, str>>,
    job_end: Option<Cow<'a, str>>,
}

/// Seconds with nine decimals: every nanosecond survives.
fn exact_seconds(ns: u64) -> String {
    format!("{}.{:09}", ns / NS_PER_S, ns % NS_PER_S)
}

fn exact_ns(seconds: &str) -> Result<u64, String> {
    let wrong = || format!("`{seconds}` is not a time in seconds with nine decimals");
    let (whole, decimals) = seconds.split_once('.').ok_or_else(wrong)?;
    let whole: u64 = whole.parse().map_err(|_| wrong())?;
    match decimals.parse::<u64>() {
        Ok(ns) if decimals.len() == 9 => {
            whole.checked_mul(NS_PER_S).and_then(|sum| sum.checked_add(ns)).ok_or_else(wrong)
        }
        _ => Err(wrong()),
    }
}

impl<'a> From<&'a Attempt> for AttemptRecord<'a> {
    fn from(attempt: &'a Attempt) -> Self {
        let start = &attempt.start;
        Self {
            level: attempt.level,
            job: start.job,
            object: start.object,
            request: start.request.name().into(),
            part: start.request.part(),
            attempt: start.attempt,
            worker: start.worker,
            job_intended_s: exact_seconds(start.job_intended_ns).into(),
            intended_s: exact_seconds(start.intended_ns).into(),
            started_s: exact_seconds(attempt.started_ns).into(),
            ended_s: exact_seconds(attempt.ended_ns).into(),
            size_bytes: start.bytes,
            items: start.items,
            outcome: attempt.outcome.name().into(),
            code: attempt.code.as_deref().map(Cow::Borrowed),
            job_end: attempt.job_end.map(|end| end.name().into()),
        }
    }
}

impl TryFrom<AttemptRecord<'_>> for Attempt {
    type Error = String;

    fn try_from(record: AttemptRecord) -> Result<Self, String> {
        let request = RequestKind::from_name(&record.request, record.part)
            .ok_or_else(|| format!("`{}` is not a request", record.request))?;
        let job_end = match record.job_end.as_deref() {
            None => None,
            Some(name) => Some(
                [JobEnd::Done, JobEnd::Failed]
                    .into_iter()
                    .find(|end| end.name() == name)
                    .ok_or_else(|| format!("`{name}` is not the end of a job"))?,
            ),
        };
        // Whoever counts by worker would make room for all below this one.
        if let Some(worker) = record.worker.filter(|&worker| worker >= MAX_WORKERS) {
            return Err(format!("there is no worker {worker}: a level has {MAX_WORKERS} at most"));
        }
        let (started_ns, ended_ns) = (exact_ns(&record.started_s)?, exact_ns(&record.ended_s)?);
        if ended_ns < started_ns {
            return Err(format!("the attempt ends at {} before it starts", record.ended_s));
        }
        Ok(Self {
            level: record.level,
            start: Start {
                job: record.job,
                object: record.object,
                request,
                attempt: record.attempt,
                worker: record.worker,
                job_intended_ns: exact_ns(&record.job_intended_s)?,
                intended_ns: exact_ns(&record.intended_s)?,
                bytes: record.size_bytes,
                items: record.items,
            },
            started_ns,
            ended_ns,
            outcome: record.outcome.parse()?,
            code: record.code.as_deref().map(Into::into),
            job_end,
        })
    }
}

/// Reads the attempts of a run one by one. A last row that was cut off is left out.
///
/// # Errors
/// Where the file cannot be opened, or a row but the last cannot be understood; with its line.
pub fn read(folder: &Path, mut each: impl FnMut(Attempt)) -> Result<(), FileError> {
    let path = folder.join(FILE);
    let file = whole_lines::open(&path).map_err(|error| FileError::new("open", &path, error))?;
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(std::io::BufReader::new(file));
    let headers = reader.headers().map_err(|error| FileError::new("read", &path, error))?.clone();
    let mut row = csv::StringRecord::new();
    let mut broken: Option<(u64, String)> = None;
    while reader.read_record(&mut row).map_err(|error| FileError::new("read", &path, error))? {
        if let Some((line, reason)) = broken.take() {
            return Err(FileError::new("read", &path, format!("line {line}: {reason}")));
        }
        let parsed = row
            .deserialize::<AttemptRecord>(Some(&headers))
            .map_err(|error| error.to_string())
            .and_then(Attempt::try_from);
        match parsed {
            Ok(attempt) => each(attempt),
            Err(reason) => broken = Some((row.position().map_or(0, csv::Position::line), reason)),
        }
    }
    Ok(())
}

/// Latencies of the jobs that are done, from the intended start, in nanoseconds and in the order of their intended
/// starts; by level, the first [`JOBS_KEPT`] to end of each.
///
/// # Errors
/// As for [`read`].
pub fn latencies_ns(folder: &Path) -> Result<BTreeMap<u32, Vec<u64>>, FileError> {
    let mut jobs: BTreeMap<u32, Vec<(u64, u64, u64)>> = BTreeMap::new();
    read(folder, |attempt| {
        let start = &attempt.start;
        let jobs = jobs.entry(attempt.level).or_default();
        if attempt.job_end == Some(JobEnd::Done) && jobs.len() < JOBS_KEPT {
            let latency_ns = attempt.ended_ns.saturating_sub(start.job_intended_ns);
            jobs.push((start.job_intended_ns, start.job, latency_ns));
        }
    })?;
    let in_order = |(level, mut jobs): (u32, Vec<(u64, u64, u64)>)| {
        jobs.sort_unstable();
        (level, jobs.into_iter().map(|(_, _, latency_ns)| latency_ns).collect())
    };
    Ok(jobs.into_iter().map(in_order).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use planner_core::load::attempt::AttemptOutcome;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn an_attempt_reads_back_to_the_nanosecond(
            job: u64, part in 1u32..10_000, times in prop::array::uniform4(0u64..u64::MAX / 2),
            worker in prop::option::of(0..MAX_WORKERS),
            outcome in prop::sample::select(AttemptOutcome::ALL.as_slice()), code in prop::option::of("[ -~]{1,20}"),
        ) {
            let attempt = Attempt {
                level: 3,
                start: Start {
                    job,
                    object: job / 2,
                    request: RequestKind::CopyPart(part),
                    attempt: 2,
                    worker,
                    job_intended_ns: times[0],
                    intended_ns: times[1],
                    bytes: 5,
                    items: 1,
                },
                started_ns: times[2].min(times[3]),
                ended_ns: times[2].max(times[3]),
                outcome,
                code: code.map(Into::into),
                job_end: Some(JobEnd::Failed),
            };
            let folder = tempfile::tempdir().unwrap();
            let mut writer = csv::Writer::from_path(folder.path().join(FILE)).unwrap();
            writer.serialize(AttemptRecord::from(&attempt)).unwrap();
            writer.flush().unwrap();
            let mut seen = Vec::new();
            read(folder.path(), |attempt| seen.push(attempt)).unwrap();
            prop_assert_eq!(seen, [attempt]);
        }
    }

    #[test]
    fn a_row_cut_off_at_the_end_is_left_out_and_one_in_the_middle_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(FILE);
        let header = "level,job,object,request,part,attempt,worker,job_intended_s,intended_s,started_s,ended_s,size_bytes,items,outcome,code,job_end\n";
        let row = "0,0,0,copy,0,1,,0.000000000,0.000000000,0.000000000,1.000000000,5,1,ok,,done\n";
        let count = |text: String| {
            std::fs::write(&path, text).unwrap();
            let mut rows = 0;
            read(folder.path(), |_| rows += 1).map(|()| rows)
        };
        assert_eq!(count(format!("{header}{row}{row}0,0,0,co")).unwrap(), 2);
        let error = count(format!("{header}{row}nonsense\n{row}")).unwrap_err();
        assert!(error.to_string().contains("line 3"), "{error}");
        let absurd = row.replace(",,0.0", ",4294967295,0.0");
        let error = count(format!("{header}{row}{absurd}{row}")).unwrap_err().to_string();
        let reason = format!("{}: line 3: there is no worker 4294967295", path.display());
        assert!(error.contains(&reason), "{error}");
    }
}
