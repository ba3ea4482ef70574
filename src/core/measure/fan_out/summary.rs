//! What a fan-out comes to.

use serde::{Deserialize, Serialize};

use super::evidence::FanOutEvidence;
use super::object::{ObjectOutcome, ObjectRecord, microseconds};
use super::stage::{FanOutStage, FanOutStageName};
use crate::law::finding::Verdict;
use crate::measure::histogram::{Percentiles, TimeHistogram};
use crate::measure::level::LevelSummary;
use crate::measure::verdict_reason::RunReason;
use crate::service::function::PipelineShape;
use crate::units::quantity::nanoseconds;

/// Objects that are named in the document; `deliveries.csv` has all.
const NAMED_AT_MOST: usize = 100;

/// A fan-out from the first publish request to the last copy.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FanOutSummary {
    /// How messages reach the function.
    pub shape: PipelineShape,
    /// Objects that were to be published.
    pub objects: u64,
    /// Objects at the destination.
    pub copied: u64,
    /// Objects whose message lies in the dead-letter queue.
    pub dead_lettered: u64,
    /// Objects that were published and that nobody has any more.
    pub lost: u64,
    /// Objects that were published and had not arrived when nobody waited any longer.
    pub unfinished: u64,
    /// Objects whose message the topic never took.
    pub unpublished: u64,
    /// Numbers of the lost objects, the first hundred.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lost_objects: Vec<u64>,
    /// Numbers of the unfinished objects, the first hundred.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unfinished_objects: Vec<u64>,
    /// Numbers of the dead-lettered objects, the first hundred.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub dead_lettered_objects: Vec<u64>,
    /// From the start of publishing to the end of the last object's first copy.
    pub finish_s: Option<f64>,
    /// Latest less earliest LastModified of the destination.
    pub execution_time_s: Option<f64>,
    /// From the intended publishing of an object to the end of its first copy.
    pub latency_s: Percentiles,
    /// Objects that the latency counts: those of whose copy the function told.
    pub timed: u64,
    /// Invocations that ran.
    pub invocations: Option<u64>,
    /// Attempts to invoke that found no room.
    pub throttles: Option<u64>,
    /// Invocations that failed.
    pub errors: Option<u64>,
    /// Deliveries that the function told of as failed.
    pub failed_deliveries: u64,
    /// Deliveries of objects that had been copied.
    pub duplicates: u64,
    /// Copy requests that S3 throttled.
    pub slow_downs: u64,
    /// Most executions at the same time.
    pub concurrency_peak: Option<u64>,
    /// Mean time of an invocation, cold starts left out where they are known.
    pub duration_mean_s: Option<f64>,
    /// Longest of these times.
    pub duration_max_s: Option<f64>,
    /// Longest time from the arrival of an asynchronous event to an invocation for it.
    pub async_event_age_max_s: Option<f64>,
    /// Executions at the same time that the function may have.
    pub concurrency_limit: Option<u64>,
    /// Little's law at every stage.
    pub stages: Vec<FanOutStage>,
    /// What could not be found out, and why.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unknown: Vec<String>,
}

impl FanOutSummary {
    /// Adds up what is known of all objects, with the verdicts in these words. `publish` is the level of the publish
    /// requests.
    #[must_use]
    pub fn of(
        shape: PipelineShape,
        publish: &LevelSummary,
        records: &[ObjectRecord],
        evidence: &FanOutEvidence,
        words: fn(&RunReason) -> String,
    ) -> Self {
        let with = |outcome| records.iter().filter(move |record| record.outcome == outcome);
        let count = |outcome| with(outcome).count() as u64;
        let named = |outcome| with(outcome).map(|record| record.object).take(NAMED_AT_MOST).collect();
        let mut latency = TimeHistogram::new();
        for latency_s in records.iter().filter_map(ObjectRecord::latency_s) {
            latency.record(nanoseconds(latency_s));
        }
        let began_s = records.iter().map(|record| record.publish_started_s).reduce(f64::min).unwrap_or(0.0);
        let sum = |of: fn(&ObjectRecord) -> u64| records.iter().map(of).sum();
        Self {
            shape,
            objects: records.len() as u64,
            copied: count(ObjectOutcome::Copied),
            dead_lettered: count(ObjectOutcome::DeadLettered),
            lost: count(ObjectOutcome::Lost),
            unfinished: count(ObjectOutcome::Unfinished),
            unpublished: count(ObjectOutcome::Unpublished),
            lost_objects: named(ObjectOutcome::Lost),
            unfinished_objects: named(ObjectOutcome::Unfinished),
            dead_lettered_objects: named(ObjectOutcome::DeadLettered),
            finish_s: largest(records, |record| record.copy_ended_s)
                .map(|end_s| microseconds(end_s - began_s)),
            execution_time_s: span(records, |record| record.modified_s),
            latency_s: latency.percentiles(),
            timed: latency.len(),
            invocations: evidence.counts.invocations,
            throttles: evidence.counts.throttles,
            errors: evidence.counts.errors,
            failed_deliveries: sum(|record| record.failures),
            duplicates: sum(|record| record.duplicates),
            slow_downs: sum(|record| record.slow_downs),
            concurrency_peak: evidence.counts.concurrency_peak,
            duration_mean_s: evidence.counts.duration_mean_s,
            duration_max_s: evidence.counts.duration_max_s,
            async_event_age_max_s: evidence.counts.async_event_age_max_s,
            concurrency_limit: evidence.concurrency_limit,
            stages: stages(publish, evidence, words),
            unknown: unknown(records, evidence),
        }
    }

    /// Marks the publish stage as not valid, because the generator and not the topic set its pace. The stages behind it
    /// are measured all the same.
    pub fn publish_was_late(&mut self, why: String) {
        let publish = self.stages.iter_mut().find(|stage| stage.stage == FanOutStageName::Publish);
        if let Some(stage) = publish {
            (stage.verdict.verdict, stage.verdict.why) = (Verdict::Fail, why);
        }
    }

    /// Whether some objects are not at the destination, for whatever reason, so that the backup is not whole.
    #[must_use]
    pub fn misses_objects(&self) -> bool {
        self.copied < self.objects
    }
}

fn stages(
    publish: &LevelSummary,
    evidence: &FanOutEvidence,
    words: fn(&RunReason) -> String,
) -> Vec<FanOutStage> {
    // The endpoint's gauge of publish requests is read once a second only; the level has its own verdict on it.
    let first = FanOutStage::new(FanOutStageName::Publish, publish.littles_law, None, words);
    let rest = evidence.windows.named().map(|(stage, window)| {
        let gauge_n = evidence.counts.concurrency_mean.filter(|_| stage == FanOutStageName::Function);
        FanOutStage::new(stage, (&window).into(), gauge_n, words)
    });
    std::iter::once(first).chain(rest).collect()
}

/// What the sources leave open, or contradict each other in.
fn unknown(records: &[ObjectRecord], evidence: &FanOutEvidence) -> Vec<String> {
    let mut unknown = evidence.unknown.clone();
    let copied = || records.iter().filter(|record| record.outcome == ObjectOutcome::Copied);
    let untold = copied().filter(|record| record.copy_ended_s.is_none()).count();
    if untold > 0 {
        unknown.push(format!(
            "the function told nothing of {untold} objects that arrived, so their times are not known"
        ));
    }
    let gone = records.iter().filter(|record| record.outcome != ObjectOutcome::Copied);
    let gone = gone.filter(|record| record.copy_ended_s.is_some()).count();
    if gone > 0 {
        unknown.push(format!(
            "the function told of {gone} copies that are not at the destination; something removed them"
        ));
    }
    unknown
}

fn largest(records: &[ObjectRecord], of: fn(&ObjectRecord) -> Option<f64>) -> Option<f64> {
    records.iter().filter_map(of).reduce(f64::max)
}

fn span(records: &[ObjectRecord], of: fn(&ObjectRecord) -> Option<f64>) -> Option<f64> {
    let earliest = records.iter().filter_map(of).reduce(f64::min)?;
    largest(records, of).map(|latest| microseconds(latest - earliest))
}
