//! What comes after the publishing of a fan-out: waiting for the copies and finding out what became of each.

mod deployed;
mod embedded;

use std::collections::{BTreeSet, HashMap};
use std::path::Path;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

use super::interrupt::counted_beyond;
use super::run_target::RunTarget;
use crate::runs::fan_out;
use planner_aws::created::CreatedLog;
use planner_aws::operation::Places;
use planner_core::measure::fan_out::object::reconcile;
use planner_core::measure::fan_out::publications::Publications;
use planner_core::measure::fan_out::second::count_copies;
use planner_core::measure::fan_out::summary::FanOutSummary;
use planner_core::measure::level::LevelSummary;
use planner_core::scenario::Scenario;
use planner_report::reasons;

/// A fan-out whose publishing is over.
pub(super) struct Settling<'a> {
    pub scenario: &'a Scenario,
    pub target: &'a RunTarget,
    pub places: &'a Places,
    pub folder: &'a Path,
    /// Start of the run.
    pub epoch: Instant,
    /// Objects whose messages were taken from batches that were refused in part.
    pub taken_in_part: BTreeSet<u64>,
    /// What the run makes outside this program, where it makes anything.
    pub created: Option<&'a CreatedLog>,
    pub interrupts: watch::Receiver<u32>,
}

impl Settling<'_> {
    /// Waits for the copies, writes down what became of every object and adds it up.
    ///
    /// # Errors
    /// Where the destination cannot be listed or a file cannot be written. Other sources that fail are named in the
    /// answer.
    pub(super) async fn settle(&self, level: &LevelSummary) -> miette::Result<FanOutSummary> {
        let mut publishes = fan_out::publishes(self.folder)?;
        publishes.taken(self.taken_in_part.iter().copied());
        let pipeline = self.scenario.file.pipeline();
        let embedded = self.target.cloud.as_ref();
        let function = embedded.and_then(|cloud| Some((cloud, cloud.function(&self.places.topic_arn)?)));
        let mut evidence = match function {
            Some((cloud, function)) => self.embedded(cloud, &function).await,
            None => self.deployed(&pipeline.names(), &publishes).await?,
        };
        let objects =
            reconcile(&publishes, &evidence, |object| self.scenario.workload.objects.size_bytes(object));
        count_copies(&mut evidence.seconds, objects.iter().filter_map(|object| object.copy_ended_s));
        fan_out::write(self.folder, &objects, &evidence.seconds)?;
        Ok(FanOutSummary::of(pipeline.shape, level, &objects, &evidence, reasons::run::words))
    }

    /// How long to wait for copies from now on.
    fn wait(&self) -> Duration {
        Duration::from_nanos(self.scenario.file.pipeline().wait.ns())
    }

    /// Ready when the user has had enough.
    async fn interrupted(&self) {
        counted_beyond(0, &self.interrupts).await;
    }

    /// Numbers of the published objects by their keys.
    fn numbers(&self, publishes: &Publications) -> HashMap<String, u64> {
        let objects = &self.scenario.workload.objects;
        publishes.iter().map(|(object, _)| (objects.object(object).key, object)).collect()
    }
}
