//! What a deployed stack's resources are called.

/// The names that `scripts/deploy/template.yaml` gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeploymentNames {
    /// SNS topic that messages are published to.
    pub topic: String,
    /// SQS queue behind it, in the shape that has one.
    pub queue: String,
    /// SQS queue for messages that could not be followed.
    pub dead_letters: String,
    /// Lambda function that copies.
    pub function: String,
    /// Log group with a line for every copy.
    pub log_group: String,
}

impl DeploymentNames {
    /// The names in a stack.
    #[must_use]
    pub fn of(stack: &str) -> Self {
        Self {
            topic: format!("{stack}-objects"),
            queue: format!("{stack}-objects"),
            dead_letters: format!("{stack}-dead"),
            function: format!("{stack}-copy"),
            log_group: format!("/aws/lambda/{stack}-copy"),
        }
    }
}
