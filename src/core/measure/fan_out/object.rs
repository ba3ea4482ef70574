//! One object on its way, reconciled from all that is known of it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::evidence::FanOutEvidence;
use super::publications::{ObjectPublication, Publications};
use crate::fan_out::copy_record::CopyRecord;
use crate::load::attempt::{Attempt, AttemptOutcome};
use crate::units::quantity::nanoseconds;

/// What became of an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ObjectOutcome {
    /// It is at the destination.
    Copied,
    /// Its message was given up and lies in the dead-letter queue.
    DeadLettered,
    /// It was published, and nobody has it any more.
    Lost,
    /// It was published, and had not arrived when nobody waited any longer.
    Unfinished,
    /// The topic never took its message.
    Unpublished,
}

/// A row of `deliveries.csv`. Times are seconds since the start of the run; none where they are not known.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ObjectRecord {
    /// Number of the object.
    pub object: u64,
    /// What became of it.
    pub outcome: ObjectOutcome,
    /// When its publishing should have begun.
    pub intended_s: f64,
    /// When it began.
    pub publish_started_s: f64,
    /// When it ended.
    pub publish_ended_s: f64,
    /// When the function first got the message.
    pub received_s: Option<f64>,
    /// When the copy began that was the first to succeed.
    pub copy_started_s: Option<f64>,
    /// When it ended.
    pub copy_ended_s: Option<f64>,
    /// LastModified at the destination.
    pub modified_s: Option<f64>,
    /// How often the function worked on the message and could say so.
    pub deliveries: u64,
    /// Deliveries that failed.
    pub failures: u64,
    /// Deliveries after the object was copied.
    pub duplicates: u64,
    /// Requests of the function that S3 throttled.
    pub slow_downs: u64,
    /// The latest error that the function told of.
    pub code: Option<String>,
    /// Size of the object; 0 in files that do not say it.
    #[serde(default)]
    pub size_bytes: u64,
}

impl ObjectRecord {
    /// Time from when the publishing should have begun to the end of the copy.
    pub(crate) fn latency_s(&self) -> Option<f64> {
        self.copy_ended_s.map(|ended_s| (ended_s - self.intended_s).max(0.0))
    }

    /// The whole way of the object as one copy, from when its publishing should have begun; None where its
    /// end is not known.
    #[must_use]
    pub fn whole_way(&self) -> Option<Attempt> {
        Some(self.attempt(self.intended_s, self.intended_s + self.latency_s()?))
    }

    /// The copy that was the first to succeed; None where the function did not tell of it.
    #[must_use]
    pub fn copy(&self) -> Option<Attempt> {
        Some(self.attempt(self.copy_started_s?, self.copy_ended_s?))
    }

    fn attempt(&self, started_s: f64, ended_s: f64) -> Attempt {
        let started_ns = nanoseconds(started_s.max(0.0));
        // Of two clocks one may be behind.
        let ended_ns = nanoseconds(ended_s.max(0.0)).max(started_ns);
        Attempt::seen(self.object, self.size_bytes, [started_ns, ended_ns], AttemptOutcome::Ok)
    }

    fn of(
        object: u64,
        size_bytes: u64,
        publish: &ObjectPublication,
        lines: &[&CopyRecord],
        evidence: &FanOutEvidence,
    ) -> Self {
        let since_start = |time_s: f64| microseconds(time_s - evidence.epoch_s);
        let done = || lines.iter().filter(|line| line.outcome.is_done());
        let first = done().next();
        let deliveries = lines.len() as u64;
        let succeeded = done().count() as u64;
        let received = lines.iter().map(|line| line.received_s).reduce(f64::min);
        Self {
            object,
            outcome: outcome(object, publish, evidence),
            intended_s: publish.intended_s,
            publish_started_s: publish.started_s,
            publish_ended_s: publish.ended_s,
            received_s: received.map(since_start),
            copy_started_s: first.map(|line| since_start(line.started_s)),
            copy_ended_s: first.map(|line| since_start(line.ended_s)),
            modified_s: evidence.modified_s.get(&object).copied(),
            deliveries,
            failures: deliveries - succeeded,
            duplicates: succeeded.saturating_sub(1),
            slow_downs: lines.iter().map(|line| u64::from(line.throttles)).sum(),
            code: lines.iter().rev().find_map(|line| line.code.clone()),
            size_bytes,
        }
    }
}

/// The destination has the last word, then the dead-letter queue.
fn outcome(object: u64, publish: &ObjectPublication, evidence: &FanOutEvidence) -> ObjectOutcome {
    if evidence.modified_s.contains_key(&object) {
        ObjectOutcome::Copied
    } else if evidence.dead_lettered.contains(&object) {
        ObjectOutcome::DeadLettered
    } else if !publish.done {
        ObjectOutcome::Unpublished
    } else if evidence.is_over || evidence.dropped.contains(&object) {
        ObjectOutcome::Lost
    } else {
        ObjectOutcome::Unfinished
    }
}

/// Every object that was to be published, in the order of their numbers, which their sizes go by.
#[must_use]
pub fn reconcile(
    publishes: &Publications,
    evidence: &FanOutEvidence,
    size_bytes: impl Fn(u64) -> u64,
) -> Vec<ObjectRecord> {
    let mut lines: BTreeMap<u64, Vec<&CopyRecord>> = BTreeMap::new();
    for line in &evidence.lines {
        if let Some(object) = line.n {
            lines.entry(object).or_default().push(line);
        }
    }
    for of_object in lines.values_mut() {
        of_object.sort_by(|a, b| a.ended_s.total_cmp(&b.ended_s));
    }
    let of_object = |object| lines.get(&object).map_or(&[][..], Vec::as_slice);
    publishes
        .iter()
        .map(|(object, publish)| {
            ObjectRecord::of(object, size_bytes(object), publish, of_object(object), evidence)
        })
        .collect()
}

/// Clocks that count from 1970 in floating point know no more than microseconds.
#[must_use]
pub fn microseconds(time_s: f64) -> f64 {
    (time_s * 1e6).round() / 1e6
}
