//! The Lambda function `copy_consumer`: copies the objects that messages name.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use lambda_runtime::{Diagnostic, Error, LambdaEvent, service_fn};
use serde_json::Value;
use tokio::time::Instant;

use planner_aws::clients::Clients;
use planner_aws::clock::TimeOfDay;
use planner_consumer::handler::{CopyHandler, InvocationContext};
use planner_consumer::settings::Settings;
use planner_core::account::Limits;
use planner_core::service::function::RESERVE_NS;

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
    let consumer = CopyHandler::new(clients.s3, settings, |line| {
        if let Ok(line) = serde_json::to_string(line) {
            println!("{line}");
        }
    });
    let (consumer, warm) = (&consumer, &AtomicBool::new(false));
    lambda_runtime::run(service_fn(move |event: LambdaEvent<Value>| async move {
        let clock = TimeOfDay::of_day();
        let received_s = clock.now_s();
        let invocation = InvocationContext {
            clock,
            received_s,
            deadline: deadline(event.context.deadline, received_s),
            cold: !warm.swap(true, Ordering::Relaxed),
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
fn deadline(ends_ms: u64, now_s: f64) -> Instant {
    let left = Duration::try_from_secs_f64(ends_ms as f64 / 1e3 - now_s).unwrap_or_default();
    Instant::now() + left.saturating_sub(Duration::from_nanos(RESERVE_NS))
}
