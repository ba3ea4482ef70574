//! One invocation: every message in it worked on, every outcome logged, and what failed asked for again.

use aws_sdk_s3::Client as S3;
use futures::future::join_all;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::delivery::{Delivery, deliveries};
use super::object::Found;
use super::settings::Settings;
use super::transfer::Transfer;
use super::tries::Tries;
use planner_aws::clock::Clock;
use planner_aws::reply::Reply;
use planner_core::fan_out::copied::{Copied, Outcome, SCHEMA};
use planner_core::fan_out::message::Message;
use planner_core::load::attempt;
use planner_core::random;
use planner_core::service::function::Shape;

/// Words that set this file's draws apart from all others.
const INJECT: u64 = 0x696e_6a65;

/// What is known of an invocation apart from its event.
#[derive(Debug, Clone)]
pub struct Invocation {
    /// Its name in Lambda's log.
    pub request_id: String,
    /// By which clock lines are dated.
    pub clock: Clock,
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
pub struct Failure {
    /// What kind of failure it is, as Lambda's log names it.
    pub error_type: &'static str,
    message: String,
}

impl Failure {
    fn new(error_type: &'static str, message: String) -> Self {
        Self { error_type, message }
    }
}

/// Where lines of the log go.
type Log = Box<dyn Fn(&Copied) + Send + Sync>;

/// Works on invocations.
pub struct Consumer {
    s3: S3,
    settings: Settings,
    log: Log,
}

/// What became of one message, and what to say about it.
struct End {
    outcome: Outcome,
    code: Option<String>,
    size_bytes: u64,
}

impl End {
    fn of(outcome: Outcome) -> Self {
        Self { outcome, code: None, size_bytes: 0 }
    }

    fn because(outcome: Outcome, code: impl Into<String>) -> Self {
        Self { code: Some(code.into()), ..Self::of(outcome) }
    }
}

impl From<Reply> for End {
    /// Tries end early for one reason only: that time would be over first.
    fn from(reply: Reply) -> Self {
        let outcome = if reply.outcome.is_retryable() { Outcome::OutOfTime } else { Outcome::Failed };
        Self::because(outcome, reply.code.as_deref().unwrap_or_default())
    }
}

impl Consumer {
    /// A consumer that copies with `s3` and logs with `log`.
    pub fn new(s3: S3, settings: Settings, log: impl Fn(&Copied) + Send + Sync + 'static) -> Self {
        Self { s3, settings, log: Box::new(log) }
    }

    /// Works on all messages of an event side by side. The answer names those that a queue is to hand out again.
    ///
    /// # Errors
    /// Where the event is not understood, or one from SNS could not be done, so that Lambda calls again.
    pub async fn handle(&self, event: Value, invocation: &Invocation) -> Result<Value, Failure> {
        let deliveries =
            deliveries(event).map_err(|error| Failure::new("EventNotUnderstood", error.to_string()))?;
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
        deliveries: &[Delivery],
        invocation: &Invocation,
    ) -> Result<Vec<usize>, Failure> {
        let lines = join_all(deliveries.iter().map(|delivery| self.follow(delivery, invocation))).await;
        let failed: Vec<usize> = (0..lines.len()).filter(|&place| !lines[place].outcome.is_done()).collect();
        let repeatable = |delivery: &Delivery| delivery.shape == Shape::Queue && delivery.id.is_some();
        if failed.iter().all(|&place| repeatable(&deliveries[place])) {
            return Ok(failed);
        }
        let reasons = failed.iter().map(|&place| reason(&lines[place])).collect::<Vec<_>>().join("; ");
        Err(Failure::new("CopyFailed", reasons))
    }

    /// Follows one message and logs what became of it.
    async fn follow(&self, delivery: &Delivery, invocation: &Invocation) -> Copied {
        let started_s = invocation.clock.now_s();
        let message = delivery.message.as_ref().ok();
        let (request, n) = (random::name(&invocation.request_id), message.map_or(0, |message| message.n));
        let tries = Tries::until(invocation.deadline, random::word(request, &[n]));
        let end = match &delivery.message {
            Ok(message) => self.copy(message, delivery, &tries).await.unwrap_or_else(End::from),
            Err(error) => End::because(Outcome::Rejected, error.to_string()),
        };
        let line = Copied {
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

    async fn copy(&self, message: &Message, delivery: &Delivery, tries: &Tries) -> Result<End, Reply> {
        if let Some(code) = self.refusal(message) {
            return Ok(End::because(Outcome::Rejected, code));
        }
        if self.is_to_fail(message, delivery) {
            return Ok(End::because(Outcome::Failed, "Injected"));
        }
        let absent = || Reply::failure(attempt::Outcome::ClientError, "NoSuchKey");
        let look = |place| tries.make(0, move || Found::look(&self.s3, place));
        let (source, there) = futures::try_join!(look(&message.source), look(&message.destination))?;
        let source = source.ok_or_else(absent)?;
        if there.is_some_and(|there| there.is_copy_of(&source)) {
            return Ok(End::of(Outcome::Already));
        }
        Transfer::new(&self.s3, tries, message, &source, &self.settings.copy).run().await?;
        Ok(End { size_bytes: source.size_bytes(), ..End::of(Outcome::Copied) })
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
    fn is_to_fail(&self, message: &Message, delivery: &Delivery) -> bool {
        let purpose = [INJECT, message.n, u64::from(delivery.number.unwrap_or(0))];
        random::uniform(random::name(&message.run), &purpose) < self.settings.inject_failures
    }
}

/// Which object failed and why, in words that a dead-letter queue shows.
fn reason(line: &Copied) -> String {
    let code = line.code.as_deref().unwrap_or("unknown");
    match (&line.run, line.n) {
        (Some(run), Some(n)) => format!("failed to copy object {n} of run {run}: {code}"),
        _ => format!("failed to read a message: {code}"),
    }
}
