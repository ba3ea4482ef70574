//! The Lambda function that copies the objects which messages name.
//!
//! It takes messages from SNS and from SQS, copies with what S3 allows and no more than the settings allow, and logs
//! one [`Copied`](crate::fan_out::copied::Copied) line for each.

pub mod delivery;
pub mod handler;
pub mod object;
pub mod settings;
pub mod transfer;
pub mod tries;

use std::time::Duration;

use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde_json::Value;
use tokio::time::Instant;

use self::handler::{Consumer, Invocation};
use self::settings::Settings;
use crate::target::clients::Clients;

/// The longest that a request may take: as long as an invocation.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(900);
/// What an invocation keeps back, so that it can still abort an upload and answer.
const RESERVE: Duration = Duration::from_secs(2);

/// Serves invocations for as long as the execution environment lives.
///
/// # Errors
/// Where the environment variables are wrong or Lambda's own interface is not there.
pub async fn run() -> Result<(), Error> {
    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let settings = Settings::from_variables(variable)?;
    let clients = match &settings.endpoint_url {
        Some(url) => Clients::endpoint(url, None, ATTEMPT_TIMEOUT)?,
        None => Clients::aws(None, ATTEMPT_TIMEOUT).await,
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
        consumer.handle(event.payload, &invocation).await
    }))
    .await
}

/// Seconds since 1970.
fn now_s() -> f64 {
    jiff::Timestamp::now().as_duration().as_secs_f64()
}

/// When to stop work for an invocation that ends at a time in milliseconds since 1970.
fn deadline(ends_ms: u64) -> Instant {
    let left_s = ends_ms as f64 / 1e3 - now_s();
    let left = Duration::try_from_secs_f64(left_s).unwrap_or_default();
    Instant::now() + left.saturating_sub(RESERVE)
}
