//! What a deployed pipeline leaves to be found: objects at the destination, lines in a log, dead letters, metrics.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::Settling;
use crate::fan_out::copied::Copied;
use crate::fan_out::names::Names;
use crate::scenario::file::TargetKind;
use crate::service::function::Shape;
use crate::stats::fan_out::evidence::{Counts, Evidence};
use crate::stats::fan_out::object::microseconds;
use crate::stats::fan_out::publishes::Publishes;
use crate::stats::fan_out::second;
use crate::stats::fan_out::stage::{StageWindows, window};
use crate::target::TargetError;
use crate::target::pipeline::{Arrived, Pipeline};

/// Between two looks at the destination, at first; the wait grows with what a look costs.
const LOOK_AGAIN: Duration = Duration::from_millis(500);
/// A look may take one part in so many of the time between two.
const LOOKING_SHARE: u32 = 4;
/// How long lines are waited for that copies arrived without; logs come a little later.
const LINES_GRACE: Duration = Duration::from_secs(15);
/// AWS dates messages to the millisecond, cut off.
const CLOCK_STEP_S: f64 = 0.002;
/// Lambda keeps an event for so long at most, which it cannot invoke the function with.
const OLDEST_EVENT: Duration = Duration::from_secs(6 * 3600);

impl Settling<'_> {
    /// Waits until every published object has arrived or lies in the dead-letter queue, or for as long as is wanted.
    pub(super) async fn deployed(
        &self,
        names: &Names,
        publishes: &Publishes,
    ) -> Result<Evidence, TargetError> {
        let clients = &self.target.clients;
        let pipeline = Pipeline { clients, names, run: &self.places.run };
        let began_s = now_s() - self.epoch.elapsed().as_secs_f64();
        let numbers = self.numbers(publishes);
        let began = Instant::now();
        let mut evidence = Evidence { epoch_s: began_s, ..Evidence::default() };
        loop {
            let looked = Instant::now();
            let arrived = pipeline.arrived(&self.places.destination_bucket, &self.places.destination_prefix);
            let arrived = arrived.await?;
            evidence.modified_s = modified_s(&arrived, &numbers, began_s);
            match pipeline.dead_letters().await {
                Ok(found) => evidence.dead_lettered.extend(found),
                Err(error) => note(&mut evidence, "what was given up", &error),
            }
            let accounted = |object| {
                evidence.modified_s.contains_key(&object) || evidence.dead_lettered.contains(&object)
            };
            let missing = publishes.iter().filter(|(object, publish)| publish.done && !accounted(*object));
            if missing.count() == 0 || began.elapsed() >= self.wait() {
                self.confirm(&arrived);
                break;
            }
            tokio::select! {
                () = sleep(LOOK_AGAIN.max(looked.elapsed() * LOOKING_SHARE)) => {}
                () = self.interrupted() => { self.confirm(&arrived); break }
            }
        }
        self.read_lines(&pipeline, &mut evidence).await;
        evidence.is_over = self.is_over(&pipeline, began.elapsed(), &mut evidence).await;
        self.count(&pipeline, &mut evidence).await;
        measure_stages(&mut evidence, publishes);
        Ok(evidence)
    }

    /// Lists the copies that are there as what the run made.
    fn confirm(&self, arrived: &BTreeMap<String, Arrived>) {
        let Some(created) = self.created else { return };
        for (key, Arrived { etag, .. }) in arrived {
            let key = format!("{}{key}", self.places.destination_prefix);
            // What cannot be listed stays unconfirmed, which clean-up says.
            let _ = created.written(&self.places.destination_bucket, &key, etag);
        }
    }

    /// Reads the log until it has a line about every object that arrived, or has had the time for it.
    async fn read_lines(&self, pipeline: &Pipeline<'_>, evidence: &mut Evidence) {
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
    async fn is_over(&self, pipeline: &Pipeline<'_>, waited: Duration, evidence: &mut Evidence) -> bool {
        if *self.interrupts.borrow() > 0 {
            return false;
        }
        match self.scenario.file.pipeline().shape {
            Shape::Queue => match pipeline.queued().await {
                Ok(queued) => queued == 0,
                Err(error) => {
                    note(evidence, "whether messages are still in the queue", &error);
                    false
                }
            },
            // Lambda shows nobody the events that it keeps.
            Shape::Direct if self.scenario.file.target.kind == TargetKind::Aws => waited > OLDEST_EVENT,
            Shape::Direct => waited >= self.wait(),
        }
    }

    async fn count(&self, pipeline: &Pipeline<'_>, evidence: &mut Evidence) {
        let known = |value: Option<f64>| value.map(|value| value.round() as u64);
        match pipeline.metrics(evidence.epoch_s, now_s()).await {
            Ok((sums, peaks)) => {
                evidence.counts = Counts {
                    invocations: known(sums.invocations),
                    throttles: known(sums.throttles),
                    errors: known(sums.errors),
                    concurrency_peak: known(peaks.concurrent),
                    concurrency_mean: None,
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

fn note(evidence: &mut Evidence, what: &str, error: &TargetError) {
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

fn done_lines(lines: &[Copied]) -> impl Iterator<Item = &Copied> {
    lines.iter().filter(|line| line.outcome.is_done())
}

/// What the lines say of the stages: when messages were queued, when invocations and copies ran.
fn measure_stages(evidence: &mut Evidence, publishes: &Publishes) {
    let epoch_s = evidence.epoch_s;
    let mut calls: BTreeMap<&str, (f64, f64)> = BTreeMap::new();
    for line in &evidence.lines {
        let call = calls.entry(&line.request_id).or_insert((line.received_s, line.ended_s));
        *call = (call.0.min(line.received_s), call.1.max(line.ended_s));
    }
    let calls: Vec<(f64, f64)> =
        calls.into_values().map(|(from_s, to_s)| (from_s - epoch_s, to_s - epoch_s)).collect();
    let stays = |of: fn(&Copied) -> Option<(f64, f64)>| -> Vec<(f64, f64)> {
        let stays = evidence.lines.iter().filter_map(of);
        stays.map(|(from_s, to_s)| (from_s - epoch_s, to_s - epoch_s)).collect()
    };
    let queued = stays(|line| Some((line.queued_s?, line.received_s)));
    let delivery = stays(|line| Some((line.sent_s?, line.queued_s?)));
    let copies = stays(|line| Some((line.started_s, line.ended_s)));
    let end_s = calls.iter().map(|(_, to_s)| *to_s).fold(publishes.ended_s(), f64::max);
    evidence.windows = StageWindows {
        delivery: window(&delivery, end_s),
        queued: window(&queued, end_s),
        function: window(&calls, end_s),
        copy: window(&copies, end_s),
    };
    for (what, stays) in [("the topic", &delivery), ("the queue", &queued)] {
        let backwards = stays.iter().filter(|(from_s, to_s)| from_s - to_s > CLOCK_STEP_S).count();
        if backwards > 0 {
            evidence.unknown.push(format!(
                "{backwards} messages left {what} before they came, so clocks disagree and its times are too short"
            ));
        }
    }
    evidence.seconds = second::of_invocations(&calls);
    let peak = evidence.seconds.iter().map(|row| row.concurrency_max).max();
    evidence.counts.concurrency_peak = evidence.counts.concurrency_peak.max(peak);
    let told = calls.len() as u64;
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
