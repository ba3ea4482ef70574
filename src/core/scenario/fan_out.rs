//! How a fan-out is built: who copies what is published, and by what names it is found.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::check::{Check, Checked};
use super::file::OperationKind;
use super::objects::Workload;
use crate::fan_out::names::Names;
use crate::service::function::Shape;
use crate::units::quantity::{MILLISECOND, Span, WEEK};

/// The pipeline behind the topic. On the embedded endpoint it is made; elsewhere it has to be deployed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct FanOut {
    /// `direct`: the topic invokes the function. `queue`: a queue is between them.
    pub shape: Shape,
    /// How long copies are waited for after the last message was published.
    pub wait: Span,
    /// Stack that `scripts/deploy` made, by which everything in it is named.
    pub stack: String,
    /// Topic, by name or ARN, where it is not the stack's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub topic: Option<String>,
    /// Queue, by name or URL, where it is not the stack's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub queue: Option<String>,
    /// Dead-letter queue, by name or URL, where it is not the stack's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dead_letters: Option<String>,
    /// Name of the function, where it is not the stack's. Its log group is the one that Lambda gives it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub function: Option<String>,
}

impl Default for FanOut {
    fn default() -> Self {
        Self {
            shape: Shape::default(),
            wait: Span(600_000_000_000),
            stack: "planner".into(),
            topic: None,
            queue: None,
            dead_letters: None,
            function: None,
        }
    }
}

impl FanOut {
    /// What everything is called.
    #[must_use]
    pub fn names(&self) -> Names {
        let standard = Names::of(&self.stack);
        let log_group = self.function.as_ref().map(|function| format!("/aws/lambda/{function}"));
        Names {
            topic: self.topic.clone().unwrap_or(standard.topic),
            queue: self.queue.clone().unwrap_or(standard.queue),
            dead_letters: self.dead_letters.clone().unwrap_or(standard.dead_letters),
            function: self.function.clone().unwrap_or(standard.function),
            log_group: log_group.unwrap_or(standard.log_group),
        }
    }
}

impl Check<'_> {
    /// Checks what a fan-out asks for, and that nothing else has a pipeline.
    pub(super) fn fan_out(&self, workload: &Workload) -> Checked<()> {
        let file = self.file;
        if file.operation != OperationKind::FanOut {
            return match file.fan_out {
                Some(_) => self.error(
                    "fan_out",
                    "a pipeline belongs to a fan-out",
                    "write operation = \"fan-out\", or remove [fan_out]",
                ),
                None => Ok(()),
            };
        }
        let once = "every object goes through the pipeline once, so that its way can be followed";
        if file.sweep.is_some() {
            return self.error("sweep", format!("a fan-out has one level: {once}"), "write one file a level");
        }
        if file.stop.precise.is_some() {
            return self.error("stop.precise", once, "remove `precise`, or measure a publish scenario");
        }
        if file.stop.jobs.is_some_and(|jobs| jobs > workload.objects.len()) {
            let objects = workload.objects.len();
            return self.error(
                "stop.jobs",
                format!("there are only {objects} objects, and {once}"),
                "raise objects.count",
            );
        }
        match &file.fan_out {
            Some(fan_out) if fan_out.stack.is_empty() => {
                self.error("fan_out.stack", "stack is empty", "remove it, or name what scripts/deploy made")
            }
            Some(fan_out) => self.span("fan_out.wait", fan_out.wait, MILLISECOND, WEEK),
            None => Ok(()),
        }
    }
}
