//! The Lambda function `copy_consumer`: copies the objects that messages name.

use std::time::Duration;

use lambda_runtime::{Diagnostic, Error, LambdaEvent, service_fn};
use serde_json::Value;
use tokio::time::Instant;

use planner_aws::clients::Clients;
use planner_consumer::handler::{Consumer, Invocation, now_s};
use planner_consumer::settings::Settings;
use planner_core::account::Limits;

/// What an invocation keeps back, so that it can still abort an upload and answer.
const RESERVE: Duration = Duration::from_secs(2);

/// Serves invocations for as long as the execution environment lives. It fails where the environment variables are
/// wrong or Lambda's own interface is not there.
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let settings = Settings::from_variables(variable)?;
    // A request may take as long as an invocation.
    let timeout = Duration::from_secs_f64(Limits::built_in().lambda.timeout_s);
    let clients = match &settings.endpoint_url {
        Some(url) => Clients::endpoint(url, None, timeout)?,
        None => Clients::aws(None, timeout).await,
    };
    let consumer = Consumer::new(clients.s3, settings, |line| {
        if let Ok(line) = serde_json::to_string(line) {
            println!("{line}");
        }
    });
    let consumer = &consumer;
    lambda_runtime::run(service_fn(move |event: LambdaEvent<Value>| async move {
        let invocation = Invocation {
            received_s: now_s(),
            deadline: deadline(event.context.deadline),
            request_id: event.context.request_id,
        };
        let answer = consumer.handle(event.payload, &invocation).await;
        answer.map_err(|failure| Diagnostic {
            error_message: failure.to_string(),
            error_type: failure.error_type.to_owned(),
        })
    }))
    .await
}

/// When to stop work for an invocation that ends at a time in milliseconds since 1970.
fn deadline(ends_ms: u64) -> Instant {
    let left_s = ends_ms as f64 / 1e3 - now_s();
    let left = Duration::try_from_secs_f64(left_s).unwrap_or_default();
    Instant::now() + left.saturating_sub(RESERVE)
}
