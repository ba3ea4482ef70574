//! One invocation: every message in it worked on, every outcome logged, and what failed asked for again.

use aws_sdk_s3::Client as S3;
use futures::future::join_all;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::delivery::{ReceivedMessage, deliveries};
use super::retry_loop::RetryLoop;
use super::settings::Settings;
use super::source_object::SourceObject;
use super::transfer::Transfer;
use planner_aws::clock::TimeOfDay;
use planner_aws::reply::Reply;
use planner_core::fan_out::copy_record::{CopyOutcome, CopyRecord, SCHEMA};
use planner_core::fan_out::message::Message;
use planner_core::load::attempt;
use planner_core::random;
use planner_core::service::function::PipelineShape;

/// Words that set this file's draws apart from all others.
const INJECT: u64 = 0x696e_6a65;

/// What is known of an invocation apart from its event.
#[derive(Debug, Clone)]
pub struct InvocationContext {
    /// Its name in Lambda's log.
    pub request_id: String,
    /// By which clock lines are dated.
    pub clock: TimeOfDay,
    /// When the function was called, by that clock.
    pub received_s: f64,
    /// When to stop working.
    pub deadline: Instant,
    /// Whether it is the first of its execution environment.
    pub cold: bool,
}

/// Why an invocation failed.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct InvocationFailure {
    /// What kind of failure it is, as Lambda's log names it.
    pub error_type: &'static str,
    message: String,
}

impl InvocationFailure {
    fn new(error_type: &'static str, message: String) -> Self {
        Self { error_type, message }
    }
}

/// Where lines of the log go.
type LogSink = Box<dyn Fn(&CopyRecord) + Send + Sync>;

/// Works on invocations.
pub struct CopyHandler {
    s3: S3,
    settings: Settings,
    log: LogSink,
}

/// What became of one message, and what to say about it.
struct End {
    outcome: CopyOutcome,
    code: Option<String>,
    size_bytes: u64,
}

impl End {
    fn of(outcome: CopyOutcome) -> Self {
        Self { outcome, code: None, size_bytes: 0 }
    }

    fn because(outcome: CopyOutcome, code: impl Into<String>) -> Self {
        Self { code: Some(code.into()), ..Self::of(outcome) }
    }
}

impl From<Reply> for End {
    /// Tries end early for one reason only: that time would be over first.
    fn from(reply: Reply) -> Self {
        let outcome = if reply.outcome.is_retryable() { CopyOutcome::OutOfTime } else { CopyOutcome::Failed };
        Self::because(outcome, reply.code.as_deref().unwrap_or_default())
    }
}

impl CopyHandler {
    /// A consumer that copies with `s3` and logs with `log`.
    pub fn new(s3: S3, settings: Settings, log: impl Fn(&CopyRecord) + Send + Sync + 'static) -> Self {
        Self { s3, settings, log: Box::new(log) }
    }

    /// Works on all messages of an event side by side. The answer names those that a queue is to hand out again.
    ///
    /// # Errors
    /// Where the event is not understood, or one from SNS could not be done, so that Lambda calls again.
    pub async fn handle(
        &self,
        event: Value,
        invocation: &InvocationContext,
    ) -> Result<Value, InvocationFailure> {
        let deliveries = deliveries(event)
            .map_err(|error| InvocationFailure::new("EventNotUnderstood", error.to_string()))?;
        let failed = self.work(&deliveries, invocation).await?;
        let failed = failed.into_iter().map(|place| json!({ "itemIdentifier": deliveries[place].id }));
        Ok(json!({ "batchItemFailures": failed.collect::<Vec<_>>() }))
    }

    /// Works on all of these messages side by side. The answer has the places of those that a queue is to hand out
    /// again.
    ///
    /// # Errors
    /// Where one from SNS could not be done, so that Lambda calls again.
    pub async fn work(
        &self,
        deliveries: &[ReceivedMessage],
        invocation: &InvocationContext,
    ) -> Result<Vec<usize>, InvocationFailure> {
        let lines = join_all(deliveries.iter().map(|delivery| self.follow(delivery, invocation))).await;
        let failed: Vec<usize> = (0..lines.len()).filter(|&place| !lines[place].outcome.is_done()).collect();
        let repeatable =
            |delivery: &ReceivedMessage| delivery.shape == PipelineShape::Queue && delivery.id.is_some();
        if failed.iter().all(|&place| repeatable(&deliveries[place])) {
            return Ok(failed);
        }
        let reasons = failed.iter().map(|&place| reason(&lines[place])).collect::<Vec<_>>().join("; ");
        Err(InvocationFailure::new("CopyFailed", reasons))
    }

    /// Follows one message and logs what became of it.
    async fn follow(&self, delivery: &ReceivedMessage, invocation: &InvocationContext) -> CopyRecord {
        let started_s = invocation.clock.now_s();
        let message = delivery.message.as_ref().ok();
        let (request, n) = (random::name(&invocation.request_id), message.map_or(0, |message| message.n));
        let tries = RetryLoop::until(invocation.deadline, random::word(request, &[n]));
        let end = match &delivery.message {
            Ok(message) => self.copy(message, delivery, &tries).await.unwrap_or_else(End::from),
            Err(error) => End::because(CopyOutcome::Rejected, error.to_string()),
        };
        let line = CopyRecord {
            schema: SCHEMA.to_owned(),
            run: message.map(|message| message.run.clone()),
            n: message.map(|message| message.n),
            shape: delivery.shape,
            sent_s: message.map(|message| message.sent_s),
            queued_s: delivery.queued_s,
            received_s: invocation.received_s,
            started_s,
            ended_s: invocation.clock.now_s(),
            size_bytes: end.size_bytes,
            outcome: end.outcome,
            code: end.code,
            delivery: delivery.number,
            requests: tries.requests(),
            throttles: tries.throttles(),
            request_id: invocation.request_id.clone(),
            cold: invocation.cold,
        };
        (self.log)(&line);
        line
    }

    async fn copy(
        &self,
        message: &Message,
        delivery: &ReceivedMessage,
        tries: &RetryLoop,
    ) -> Result<End, Reply> {
        if let Some(code) = self.refusal(message) {
            return Ok(End::because(CopyOutcome::Rejected, code));
        }
        if self.is_to_fail(message, delivery) {
            return Ok(End::because(CopyOutcome::Failed, "Injected"));
        }
        let absent = || Reply::failure(attempt::AttemptOutcome::ClientError, "NoSuchKey");
        let look = |place| tries.make(0, move || SourceObject::look(&self.s3, place));
        let (source, there) = futures::try_join!(look(&message.source), look(&message.destination))?;
        let source = source.ok_or_else(absent)?;
        if there.is_some_and(|there| there.is_copy_of(&source)) {
            return Ok(End::of(CopyOutcome::Already));
        }
        Transfer::new(&self.s3, tries, message, &source, &self.settings.copy).run().await?;
        Ok(End { size_bytes: source.size_bytes(), ..End::of(CopyOutcome::Copied) })
    }

    /// Why a message is not followed, if so.
    fn refusal(&self, message: &Message) -> Option<&'static str> {
        if !self.settings.source.permits(&message.source) {
            return Some("the source is not in ALLOWED_SOURCE");
        }
        if !self.settings.destination.permits(&message.destination) {
            return Some("the destination is not in ALLOWED_DESTINATION");
        }
        (message.source == message.destination).then_some("the destination is the source")
    }

    /// Whether this delivery is one of those that fail on purpose. Another delivery of the same message has luck of
    /// its own, as far as the queue counts them.
    fn is_to_fail(&self, message: &Message, delivery: &ReceivedMessage) -> bool {
        let purpose = [INJECT, message.n, u64::from(delivery.number.unwrap_or(0))];
        random::uniform(random::name(&message.run), &purpose) < self.settings.inject_failures
    }
}

/// Which object failed and why, in words that a dead-letter queue shows.
fn reason(line: &CopyRecord) -> String {
    let code = line.code.as_deref().unwrap_or("unknown");
    match (&line.run, line.n) {
        (Some(run), Some(n)) => format!("failed to copy object {n} of run {run}: {code}"),
        _ => format!("failed to read a message: {code}"),
    }
}
