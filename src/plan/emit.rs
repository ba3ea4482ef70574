//! A recommendation as parameters of a deployment.

use super::recommendation::Recommendation;
use crate::service::function::Shape;

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

/// The parameters of a deployment, as text that ends in a newline.
///
/// # Errors
/// Where the plan has no function, or no answer.
pub fn emit(plan: &Recommendation, form: Emit) -> Result<String, EmitError> {
    if !plan.feasible {
        return Err(EmitError::Infeasible);
    }
    let (Some(reserved), Some(publish)) = (plan.reserved_concurrency, plan.publish) else {
        return Err(EmitError::NoFunction);
    };
    let shape = match plan.lambda.as_ref().map_or(Shape::Direct, |plan| plan.shape) {
        Shape::Direct => "direct",
        Shape::Queue => "queue",
    };
    let parameters = [
        ("Shape", shape.to_owned()),
        ("ReservedConcurrency", reserved.to_string()),
        ("PublishRate", format!("{}", (publish.rate_per_s * 100.0).ceil() / 100.0)),
        ("PublisherThreads", publish.threads.to_string()),
        ("PartSize", plan.part_size_bytes.to_string()),
    ];
    Ok(match form {
        Emit::CloudFormation => {
            let rows = parameters.map(|(name, value)| {
                format!("  {{ \"ParameterKey\": \"{name}\", \"ParameterValue\": \"{value}\" }}")
            });
            format!("[\n{}\n]\n", rows.join(",\n"))
        }
        Emit::TerraformVariables => {
            parameters.map(|(name, value)| format!("{:<21}= {value}\n", with_underscores(name))).concat()
        }
        Emit::Environment => parameters
            .map(|(name, value)| format!("{}={value}\n", with_underscores(name).to_uppercase()))
            .concat(),
    })
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
