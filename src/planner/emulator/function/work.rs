//! One invocation: its messages side by side, until its time is over or it fails by itself.

use std::sync::Arc;
use std::time::Duration;

use futures::future::join_all;
use tokio::time::{Instant, sleep_until, timeout_at};

use super::Host;
use super::copying::{Copying, End};
use crate::emulator::gate::lock;
use planner_core::fan_out::copied::{Copied, Outcome, SCHEMA, Shape as Way};
use planner_core::fan_out::message::Message;
use planner_core::random;
use planner_core::service::function::{Invocation, InvocationEnd, Member, Shape};
use planner_core::units::quantity::{nanoseconds, seconds};

/// Carries an invocation out and tells the consumer how it ended.
pub(super) async fn work(host: Arc<Host>, invocation: Invocation) {
    host.storage.gate.clock.wait(invocation.cold_start_ns).await;
    let (members, number): (Vec<Member>, u64) = {
        let mut state = lock(&host.state);
        state.invocations += 1;
        (state.consumer.members(invocation.id).collect(), state.invocations)
    };
    let call = Call {
        host: &host,
        received_ns: host.now_ns(),
        deadline: Instant::now() + Duration::from_nanos(invocation.timeout_ns),
        request_id: format!("{:016x}", random::word(host.seed, &[number])),
        cold: invocation.cold_start_ns > 0,
    };
    let end = tokio::select! {
        biased;
        () = call.crash(invocation.error_at, &members) => InvocationEnd::Failed,
        end = call.run(&members) => if invocation.error_at.is_some() { InvocationEnd::Failed } else { end },
    };
    lock(&host.state).consumer.ended(host.now_ns(), invocation.id, end);
    host.woken.notify_one();
}

/// An invocation at work.
struct Call<'a> {
    host: &'a Host,
    received_ns: u64,
    deadline: Instant,
    request_id: String,
    cold: bool,
}

impl Call<'_> {
    /// Ready when the invocation fails by itself, if it does: at its share of what its first copy takes on average.
    async fn crash(&self, error_at: Option<f64>, members: &[Member]) {
        let Some(share) = error_at else { return std::future::pending().await };
        let first = members.first().and_then(|member| self.message(member));
        let mean_s = first.map_or(0.0, |message| self.host.mean_copy.mean_s(message.size_bytes, 1));
        sleep_until(Instant::now() + Duration::from_nanos(nanoseconds(mean_s * share))).await;
    }

    async fn run(&self, members: &[Member]) -> InvocationEnd {
        let ends = join_all(members.iter().map(|member| self.follow(member))).await;
        let failed = (0..).zip(ends).filter(|(_, done)| !done).fold(0u16, |set, (place, _)| set | 1 << place);
        match (failed, self.host.shape) {
            (0, _) => InvocationEnd::Ok,
            (_, Shape::Direct) => InvocationEnd::Failed,
            _ if Instant::now() >= self.deadline => InvocationEnd::Failed,
            (failed, Shape::Queue) => InvocationEnd::Partial(failed),
        }
    }

    /// Follows one message, logs what became of it and says whether it is done with.
    async fn follow(&self, member: &Member) -> bool {
        let started_ns = self.host.now_ns();
        let message = self.message(member);
        let end = match &message {
            None => End::because(Outcome::Rejected, "the message is not understood"),
            Some(message) => {
                let seed = random::word(self.host.seed, &[message.n, u64::from(member.ordinal)]);
                let copying = Copying { host: self.host, message, seed, deadline: self.deadline };
                timeout_at(self.deadline, copying.run())
                    .await
                    .unwrap_or_else(|_| End::because(Outcome::OutOfTime, "OutOfTime"))
            }
        };
        self.log(message.as_ref(), member, started_ns, &end);
        end.outcome.is_done()
    }

    fn message(&self, member: &Member) -> Option<Message> {
        lock(&self.host.state).messages.get(&member.key)?.as_ref().ok().cloned()
    }

    fn log(&self, message: Option<&Message>, member: &Member, started_ns: u64, end: &End) {
        let shape = match self.host.shape {
            Shape::Direct => Way::Direct,
            Shape::Queue => Way::Queue,
        };
        let line = Copied {
            schema: SCHEMA.to_owned(),
            run: message.map(|message| message.run.clone()),
            n: message.map(|message| message.n),
            shape,
            sent_s: None,
            queued_s: None,
            received_s: seconds(self.received_ns),
            started_s: seconds(started_ns),
            ended_s: seconds(self.host.now_ns()),
            size_bytes: message.filter(|_| end.outcome == Outcome::Copied).map_or(0, |it| it.size_bytes),
            outcome: end.outcome,
            code: end.code.clone(),
            delivery: (self.host.shape == Shape::Queue).then_some(member.ordinal + 1),
            requests: end.requests,
            throttles: end.throttles,
            request_id: self.request_id.clone(),
            cold: self.cold,
        };
        lock(&self.host.state).lines.push(line);
    }
}
