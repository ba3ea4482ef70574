//! A log as runs: what is planned from, and compared, is a run.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::logged_copy::{CopyLog, LogFormat, LoggedCopy};
use crate::load::attempt::Attempt;
use crate::measure::document::{RunDocument, SCHEMA, TargetSummary};
use crate::measure::recorder::{Recorder, Second};
use crate::scenario::file::{File, TargetKind};
use crate::units::quantity::NS_PER_S;

const NS_PER_DAY: i64 = 86_400 * NS_PER_S as i64;
/// Seconds that are kept one by one at most: a month.
const MOST_SECONDS: u64 = 31 * 86_400;

/// A run that was logged elsewhere.
#[derive(Debug, Clone)]
pub struct LoggedRun {
    /// What it comes to.
    pub document: RunDocument,
    /// Its copies in the order of their ends; times count from the first start.
    pub attempts: Vec<Attempt>,
}

impl LoggedRun {
    /// The whole log as one run of this name, each of whose seconds goes to `second`.
    ///
    /// # Errors
    /// Where it is of more than a month, or `second` fails.
    pub fn whole<E: From<String>>(
        log: &CopyLog,
        name: &str,
        second: impl FnMut(&Second) -> Result<(), E>,
    ) -> Result<Self, E> {
        let first_ns = first_ns(&log.copies);
        let last_ns = log.copies.iter().map(|copy| copy.ended_ns).max().unwrap_or(first_ns);
        if last_ns.abs_diff(first_ns) / NS_PER_S > MOST_SECONDS {
            return Err(E::from("it is of more than 31 days: take a part of it".to_owned()));
        }
        of(&log.copies, log.form, name, Some(second))
    }

    /// The log as one run for each day (UTC) on which copies began.
    #[must_use]
    pub fn by_day(log: &CopyLog, name: &str) -> Vec<Self> {
        let mut days: BTreeMap<i64, Vec<LoggedCopy>> = BTreeMap::new();
        for copy in &log.copies {
            let day = if log.has_times { copy.started_ns.div_euclid(NS_PER_DAY) } else { 0 };
            days.entry(day).or_default().push(*copy);
        }
        let no_seconds = None::<fn(&Second) -> Result<(), String>>;
        // Without seconds nothing can fail.
        days.into_values().filter_map(|copies| of(&copies, log.form, name, no_seconds).ok()).collect()
    }
}

fn first_ns(copies: &[LoggedCopy]) -> i64 {
    copies.iter().map(|copy| copy.started_ns).min().unwrap_or(0)
}

fn of<E, F: FnMut(&Second) -> Result<(), E>>(
    copies: &[LoggedCopy],
    form: LogFormat,
    name: &str,
    mut second: Option<F>,
) -> Result<LoggedRun, E> {
    let first_ns = first_ns(copies);
    let mut attempts: Vec<Attempt> =
        (0..).zip(copies).map(|(job, copy)| attempt(job, copy, first_ns)).collect();
    attempts.sort_by_key(|attempt| attempt.ended_ns);
    let mut starts: Vec<&Attempt> = attempts.iter().collect();
    starts.sort_by_key(|attempt| attempt.started_ns);
    let mut recorder = Recorder::new(0, 0);
    let mut starts = starts.into_iter().peekable();
    for attempt in &attempts {
        while let Some(next) = starts.next_if(|next| next.started_ns <= attempt.ended_ns) {
            pass(&mut recorder, next.started_ns, &mut second)?;
            recorder.started(next.started_ns, &next.start);
        }
        pass(&mut recorder, attempt.ended_ns, &mut second)?;
        recorder.ended(attempt);
    }
    let end_ns = attempts.last().map_or(0, |attempt| attempt.ended_ns);
    recorder.close_second(end_ns, |last| second.as_mut().map_or(Ok(()), |second| second(last)))?;
    Ok(LoggedRun { document: document(&recorder, form, name, first_ns), attempts })
}

/// Closes the seconds that are over at a time, where somebody wants them.
fn pass<E, F: FnMut(&Second) -> Result<(), E>>(
    recorder: &mut Recorder,
    now_ns: u64,
    second: &mut Option<F>,
) -> Result<(), E> {
    let Some(second) = second else { return Ok(()) };
    while recorder.second_ends_ns() <= now_ns {
        recorder.close_second(recorder.second_ends_ns(), &mut *second)?;
    }
    Ok(())
}

fn attempt(job: u64, copy: &LoggedCopy, first_ns: i64) -> Attempt {
    let started_ns = copy.started_ns.abs_diff(first_ns);
    let ended_ns = started_ns + copy.ended_ns.abs_diff(copy.started_ns);
    Attempt::seen(job, copy.size_bytes, [started_ns, ended_ns], copy.outcome)
}

fn document(recorder: &Recorder, form: LogFormat, name: &str, first_ns: i64) -> RunDocument {
    let started_at = Timestamp::from_nanosecond(first_ns.into()).unwrap_or(Timestamp::UNIX_EPOCH);
    RunDocument {
        schema: SCHEMA.into(),
        run: name.into(),
        name: form.words().into(),
        started_at: started_at.to_string(),
        version: String::new(),
        command: Vec::new(),
        target: TargetSummary { kind: TargetKind::Aws, endpoint_url: None, region: None },
        rehearsal: false,
        virtual_time: false,
        seed: 0,
        complete: true,
        machine: String::new(),
        scenario: File::of_log(name),
        levels: vec![recorder.summary()],
        verdicts: None,
        usl: None,
        search: None,
        fan_out: None,
        generator: None,
        thresholds: Vec::new(),
    }
}
