//! A recommendation as parameters of a deployment.

use planner_core::account::Limits;
use planner_core::service::function::PipelineShape;
use planner_plan::sizing_document::{LambdaPlan, PublishPlan, Recommendation};

/// A form that a deployment reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Emit {
    /// For `aws cloudformation deploy --parameter-overrides file://…` and `create-stack --parameters file://…`.
    CloudFormation,
    /// For Terraform.
    TerraformVariables,
    /// For a shell or a `.env` file.
    Environment,
}

/// Why nothing can be deployed from a recommendation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EmitError {
    /// There is no function in it.
    #[error("the plan has no function to deploy; make it with --as lambda or --as both")]
    NoFunction,
    /// It says that the deadline cannot be met.
    #[error("the deadline cannot be met, so there is nothing to deploy; the plan names what can be met")]
    Infeasible,
}

/// A parameter's value.
enum Value {
    /// Whose type Terraform calls a number.
    Number(String),
    /// Whose type it calls a string.
    Text(String),
}

impl Value {
    fn number(value: impl ToString) -> Self {
        Self::Number(value.to_string())
    }

    fn bare(&self) -> &str {
        let (Self::Number(text) | Self::Text(text)) = self;
        text
    }

    fn for_terraform(&self) -> String {
        match self {
            Self::Number(text) => text.clone(),
            Self::Text(text) => format!("\"{text}\""),
        }
    }
}

/// The parameters of a deployment, as text that ends in a newline.
///
/// # Errors
/// Where the plan has no function, or no answer.
pub fn emit(plan: &Recommendation, form: Emit) -> Result<String, EmitError> {
    if !plan.feasible {
        return Err(EmitError::Infeasible);
    }
    let function = plan.lambda.as_ref().ok_or(EmitError::NoFunction)?;
    Ok(written(&parameters(function, plan.part_size_bytes), form))
}

fn parameters(function: &LambdaPlan, part_size_bytes: u64) -> [(&'static str, Value); 6] {
    let shape = match function.shape {
        PipelineShape::Direct => "direct",
        PipelineShape::Queue => "queue",
    };
    let PublishPlan { rate_per_s, threads } = function.publish;
    // The template reserves no less, whatever the shape.
    let least = u64::from(Limits::built_in().sqs.event_source_concurrency_min);
    [
        ("Shape", Value::Text(shape.into())),
        ("ReservedConcurrency", Value::number(function.reserved_concurrency.value.max(least))),
        ("PublishRate", Value::number((rate_per_s * 100.0).ceil() / 100.0)),
        ("PublisherThreads", Value::number(threads)),
        ("PartSize", Value::Text(part_size_bytes.to_string())),
        ("MemorySize", Value::number(function.memory_mb)),
    ]
}

fn written(parameters: &[(&str, Value)], form: Emit) -> String {
    match form {
        Emit::CloudFormation => {
            let row = |(name, value): &(&str, Value)| {
                format!("  {{ \"ParameterKey\": \"{name}\", \"ParameterValue\": \"{}\" }}", value.bare())
            };
            format!("[\n{}\n]\n", parameters.iter().map(row).collect::<Vec<_>>().join(",\n"))
        }
        Emit::TerraformVariables => parameters
            .iter()
            .map(|(name, value)| format!("{:<21}= {}\n", with_underscores(name), value.for_terraform()))
            .collect(),
        Emit::Environment => parameters
            .iter()
            .map(|(name, value)| format!("{}={}\n", with_underscores(name).to_uppercase(), value.bare()))
            .collect(),
    }
}

/// `PartSize` as `part_size`.
fn with_underscores(name: &str) -> String {
    let mut result = String::with_capacity(name.len() + 2);
    for (index, character) in name.chars().enumerate() {
        if character.is_uppercase() && index > 0 {
            result.push('_');
        }
        result.extend(character.to_lowercase());
    }
    result
}
