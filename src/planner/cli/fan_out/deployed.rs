//! What a deployed pipeline leaves to be found: objects at the destination, lines in a log, dead letters, metrics.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::Settling;
use planner_aws::TargetError;
use planner_aws::created::WriteReceipt;
use planner_aws::pipeline::{Arrived, Pipeline};
use planner_core::fan_out::copy_record::CopyRecord;
use planner_core::fan_out::names::DeploymentNames;
use planner_core::measure::fan_out::evidence::{FanOutEvidence, FunctionCounts};
use planner_core::measure::fan_out::object::microseconds;
use planner_core::measure::fan_out::publications::Publications;
use planner_core::measure::fan_out::second;
use planner_core::measure::fan_out::stage::{StageWindows, window};
use planner_core::measure::fan_out::stage_residence::StageResidences;
use planner_core::scenario::file::TargetKind;
use planner_core::service::function::PipelineShape;

/// Between two looks at the destination, at first; the wait grows with what a look costs.
const LOOK_AGAIN: Duration = Duration::from_millis(500);
/// A look may take one part in so many of the time between two.
const LOOKING_SHARE: u32 = 4;
/// How long lines are waited for that copies arrived without; logs come a little later.
const LINES_GRACE: Duration = Duration::from_secs(15);
/// AWS dates messages to the millisecond, cut off.
const CLOCK_STEP_S: f64 = 0.002;
/// A queue must be empty at so many looks in a row: its counts are approximate, and one of 0 may have missed what was
/// moving from one state to another.
const EMPTY_LOOKS: u32 = 3;
/// Between two of them on AWS, where counts settle within a minute of the last message (SQS API Reference,
/// GetQueueAttributes).
const COUNTS_SETTLE: Duration = Duration::from_secs(30);
/// What is said where not all dead letters could be seen.
const LETTERS_LEFT: &str =
    "the dead-letter queue holds more than one look can read, so some of what is missing may lie there";

/// What a look at the pipeline found.
struct PipelineSnapshot {
    arrived: BTreeMap<String, Arrived>,
    /// Whether there were more dead letters than it could read.
    leaves_letters: bool,
    took: Duration,
}

impl Settling<'_> {
    /// Waits until every published object has arrived or lies in the dead-letter queue, or for as long as is wanted.
    pub(super) async fn deployed(
        &self,
        names: &DeploymentNames,
        publishes: &Publications,
    ) -> Result<FanOutEvidence, TargetError> {
        let clients = &self.target.clients;
        let pipeline = Pipeline { clients, names, run: &self.places.run };
        let numbers = self.numbers(publishes);
        let began = Instant::now();
        let epoch_s = now_s() - self.epoch.elapsed().as_secs_f64();
        let mut evidence = FanOutEvidence { epoch_s, ..FanOutEvidence::default() };
        let mut look = self.look(&pipeline, &numbers, &mut evidence).await?;
        while is_awaited(publishes, &evidence) && began.elapsed() < self.wait() {
            tokio::select! {
                () = sleep(LOOK_AGAIN.max(look.took * LOOKING_SHARE)) => {}
                () = self.interrupted() => break,
            }
            look = self.look(&pipeline, &numbers, &mut evidence).await?;
        }
        if is_awaited(publishes, &evidence) {
            evidence.is_over = self.is_over(&pipeline, began.elapsed(), &mut evidence).await;
        }
        if evidence.is_over {
            // What was still on its way at the last look has arrived since, or never will.
            look = self.look(&pipeline, &numbers, &mut evidence).await?;
        }
        self.confirm(&look.arrived);
        if look.leaves_letters {
            evidence.unknown.push(LETTERS_LEFT.into());
        }
        self.read_lines(&pipeline, &mut evidence).await;
        self.count(&pipeline, &mut evidence).await;
        measure_stages(&mut evidence, publishes);
        Ok(evidence)
    }

    /// Looks at the destination, even for somebody who wants to stop, because clean-up goes by what is there; and at
    /// the dead letters, for anybody else.
    async fn look(
        &self,
        pipeline: &Pipeline<'_>,
        numbers: &HashMap<String, u64>,
        evidence: &mut FanOutEvidence,
    ) -> Result<PipelineSnapshot, TargetError> {
        let began = Instant::now();
        let (bucket, prefix) = (&self.places.destination_bucket, &self.places.destination_prefix);
        let arrived = pipeline.arrived(bucket, prefix).await?;
        evidence.modified_s = modified_s(&arrived, numbers, evidence.epoch_s);
        let mut leaves_letters = false;
        tokio::select! {
            found = pipeline.dead_letters() => match found {
                Ok(found) => {
                    leaves_letters = !found.is_whole;
                    evidence.dead_lettered.extend(found.objects);
                }
                Err(error) => note(evidence, "what was given up", &error),
            },
            () = self.interrupted() => {}
        }
        Ok(PipelineSnapshot { arrived, leaves_letters, took: began.elapsed() })
    }

    /// Lists the copies that are there as what the run made.
    fn confirm(&self, arrived: &BTreeMap<String, Arrived>) {
        let Some(created) = self.created else { return };
        for (key, Arrived { etag, modified_s }) in arrived {
            let key = format!("{}{key}", self.places.destination_prefix);
            let modified_s = Some(modified_s.floor() as i64);
            let written = WriteReceipt { etag: etag.clone(), version: None, modified_s };
            // What cannot be listed stays unconfirmed, which clean-up says.
            let _ = created.written(&self.places.destination_bucket, &key, written);
        }
    }

    /// Reads the log until it has a line about every object that arrived, or has had the time for it.
    async fn read_lines(&self, pipeline: &Pipeline<'_>, evidence: &mut FanOutEvidence) {
        let began = Instant::now();
        loop {
            match pipeline.lines(evidence.epoch_s).await {
                Ok(lines) => evidence.lines = lines,
                Err(error) => return note(evidence, "what the function logged", &error),
            }
            let told: std::collections::BTreeSet<u64> =
                done_lines(&evidence.lines).filter_map(|line| line.n).collect();
            let untold = evidence.modified_s.keys().any(|object| !told.contains(object));
            if !untold || began.elapsed() >= LINES_GRACE {
                return;
            }
            tokio::select! {
                () = sleep(LOOK_AGAIN) => {}
                () = self.interrupted() => return,
            }
        }
    }

    /// Whether nobody has a message any more.
    async fn is_over(
        &self,
        pipeline: &Pipeline<'_>,
        waited: Duration,
        evidence: &mut FanOutEvidence,
    ) -> bool {
        let is_aws = self.scenario.file.target.kind == TargetKind::Aws;
        match self.scenario.file.pipeline().shape {
            PipelineShape::Queue => {
                let pause = if is_aws { COUNTS_SETTLE } else { LOOK_AGAIN };
                tokio::select! {
                    stays_empty = stays_empty(async || pipeline.queued().await, pause) => {
                        stays_empty.unwrap_or_else(|error| {
                            note(evidence, "whether messages are still in the queue", &error);
                            false
                        })
                    }
                    () = self.interrupted() => false,
                }
            }
            PipelineShape::Direct if *self.interrupts.borrow() > 0 => false,
            // The internal queue of a function cannot be inspected. AWS documents how long it keeps events; an
            // emulator's limit is unknown.
            PipelineShape::Direct => {
                is_aws && waited.as_secs_f64() > self.scenario.limits.lambda.event_age_max_s
            }
        }
    }

    async fn count(&self, pipeline: &Pipeline<'_>, evidence: &mut FanOutEvidence) {
        let known = |value: Option<f64>| value.map(|value| value.round() as u64);
        match pipeline.metrics(evidence.epoch_s, now_s()).await {
            Ok((sums, peaks)) => {
                evidence.counts = FunctionCounts {
                    invocations: known(sums.invocations),
                    throttles: known(sums.throttles),
                    errors: known(sums.errors),
                    concurrency_peak: known(peaks.concurrent),
                    concurrency_mean: None,
                    duration_mean_s: None,
                    duration_max_s: peaks.duration_s,
                    async_event_age_max_s: peaks.events.async_event_age_max_s,
                };
            }
            Err(error) => note(evidence, "what CloudWatch counted", &error),
        }
        if self.scenario.file.target.kind == TargetKind::Aws {
            let late = "CloudWatch is some minutes late, so the counts of the last ones may be missing; \
                        `planner audit` has them later";
            evidence.unknown.push(late.into());
        }
    }
}

/// Whether a published object is neither at the destination nor given up.
fn is_awaited(publishes: &Publications, evidence: &FanOutEvidence) -> bool {
    let accounted =
        |object: u64| evidence.modified_s.contains_key(&object) || evidence.dead_lettered.contains(&object);
    publishes.iter().any(|(object, publish)| publish.done && !accounted(object))
}

/// Whether a count is 0 each time it is looked at, with pauses between the looks.
async fn stays_empty(
    count: impl AsyncFn() -> Result<u64, TargetError>,
    pause: Duration,
) -> Result<bool, TargetError> {
    for look in 0..EMPTY_LOOKS {
        if look > 0 {
            sleep(pause).await;
        }
        if count().await? > 0 {
            return Ok(false);
        }
    }
    Ok(true)
}

fn note(evidence: &mut FanOutEvidence, what: &str, error: &TargetError) {
    let text = format!("{what} is not known: {error}");
    if !evidence.unknown.contains(&text) {
        evidence.unknown.push(text);
    }
}

fn modified_s(
    arrived: &BTreeMap<String, Arrived>,
    numbers: &HashMap<String, u64>,
    epoch_s: f64,
) -> BTreeMap<u64, f64> {
    let of_run = arrived.iter().filter_map(|(key, arrived)| Some((*numbers.get(key)?, arrived.modified_s)));
    of_run.map(|(object, modified_s)| (object, microseconds(modified_s - epoch_s))).collect()
}

fn done_lines(lines: &[CopyRecord]) -> impl Iterator<Item = &CopyRecord> {
    lines.iter().filter(|line| line.outcome.is_done())
}

/// What the lines say of the stages: when messages were queued, when invocations and copies ran.
fn measure_stages(evidence: &mut FanOutEvidence, publishes: &Publications) {
    let stays = StageResidences::of(&evidence.lines, evidence.epoch_s);
    let end_s = stays.function.iter().map(|(_, to_s)| *to_s).fold(publishes.ended_s(), f64::max);
    evidence.windows = StageWindows {
        delivery: window(&stays.delivery, end_s),
        queued: window(&stays.queued, end_s),
        function: window(&stays.function, end_s),
        copy: window(&stays.copy, end_s),
    };
    for (what, stays) in [("the topic", &stays.delivery), ("the queue", &stays.queued)] {
        let backwards = stays.iter().filter(|(from_s, to_s)| from_s - to_s > CLOCK_STEP_S).count();
        if backwards > 0 {
            evidence.unknown.push(format!(
                "{backwards} messages left {what} before they came, so clocks disagree and its times are too short"
            ));
        }
    }
    evidence.seconds = second::of_invocations(&stays.function);
    let peak = evidence.seconds.iter().map(|row| row.concurrency_max).max();
    evidence.counts.concurrency_peak = evidence.counts.concurrency_peak.max(peak);
    let durations_s = || stays.function.iter().map(|(from_s, to_s)| to_s - from_s);
    let told = stays.function.len() as u64;
    if told > 0 {
        evidence.counts.duration_mean_s = Some(durations_s().sum::<f64>() / told as f64);
        evidence.counts.duration_max_s = evidence.counts.duration_max_s.or(durations_s().reduce(f64::max));
    }
    match evidence.counts.invocations {
        None => evidence.unknown.push(format!("invocations are not counted; the function told of {told}")),
        Some(counted) if counted != told => {
            let text = format!("CloudWatch counts {counted} invocations, and the function told of {told}");
            evidence.unknown.push(text);
        }
        Some(_) => {}
    }
}

fn now_s() -> f64 {
    jiff::Timestamp::now().as_duration().as_secs_f64()
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn one_count_of_nothing_does_not_make_a_queue_empty() {
        let looks = |counts: &'static [u64]| async move {
            let (began, asked) = (Instant::now(), Cell::new(0));
            let count = async || Ok(counts[asked.replace(asked.get() + 1)]);
            let is_empty = stays_empty(count, COUNTS_SETTLE).await.unwrap();
            (is_empty, asked.get(), began.elapsed().as_secs())
        };
        assert_eq!(looks(&[1]).await, (false, 1, 0));
        assert_eq!(looks(&[0, 1]).await, (false, 2, 30));
        assert_eq!(looks(&[0, 0, 4]).await, (false, 3, 60));
        assert_eq!(looks(&[0, 0, 0]).await, (true, 3, 60), "a minute, as AWS asks for");
    }
}
