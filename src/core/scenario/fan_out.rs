//! How a fan-out is built: who copies what is published, and by what names it is found.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::fan_out::names::DeploymentNames;
use crate::service::function::PipelineShape;
use crate::units::quantity::Span;

/// The pipeline behind the topic. On the embedded endpoint it is made; elsewhere it has to be deployed.
#[serde_with::skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct FanOut {
    /// `direct`: the topic invokes the function. `queue`: a queue is between them.
    pub shape: PipelineShape,
    /// How long copies are waited for after the last message was published.
    pub wait: Span,
    /// Stack that `scripts/deploy` made, by which everything in it is named.
    pub stack: String,
    /// Topic, by name or ARN, where it is not the stack's.
    pub topic: Option<String>,
    /// Queue, by name or URL, where it is not the stack's.
    pub queue: Option<String>,
    /// Dead-letter queue, by name or URL, where it is not the stack's.
    pub dead_letters: Option<String>,
    /// Name of the function, where it is not the stack's. Its log group is the one that Lambda gives it.
    pub function: Option<String>,
}

impl Default for FanOut {
    fn default() -> Self {
        Self {
            shape: PipelineShape::default(),
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
    pub fn names(&self) -> DeploymentNames {
        let standard = DeploymentNames::of(&self.stack);
        let log_group = self.function.as_ref().map(|function| format!("/aws/lambda/{function}"));
        DeploymentNames {
            topic: self.topic.clone().unwrap_or(standard.topic),
            queue: self.queue.clone().unwrap_or(standard.queue),
            dead_letters: self.dead_letters.clone().unwrap_or(standard.dead_letters),
            function: self.function.clone().unwrap_or(standard.function),
            log_group: log_group.unwrap_or(standard.log_group),
        }
    }
}
