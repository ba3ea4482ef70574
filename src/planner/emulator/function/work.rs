//! One invocation: its cold start, the consumer's work, and what ends that early.

use std::time::Duration;

use tokio::time::{Instant, sleep_until, timeout_at};

use super::host::Host;
use crate::emulator::admission::lock;
use planner_aws::clock::TimeOfDay;
use planner_consumer::delivery::ReceivedMessage;
use planner_consumer::handler::{self, CopyHandler};
use planner_core::random;
use planner_core::service::function::{Invocation, InvocationEnd, Member, PipelineShape};
use planner_core::units::quantity::{nanoseconds, seconds};

/// Carries an invocation out and says how it ended.
pub(super) async fn work(host: &Host, consumer: &CopyHandler, invocation: Invocation) {
    host.gate.clock.wait(invocation.cold_start_ns).await;
    let members: Vec<Member> = lock(&host.state).consumer.members(invocation.id).collect();
    let deliveries: Vec<ReceivedMessage> =
        members.iter().filter_map(|member| delivery(host, member)).collect();
    let after = |time_ns| Instant::now() + Duration::from_nanos(time_ns);
    let call = handler::InvocationContext {
        request_id: request_id(host, &members),
        clock: TimeOfDay::new(host.gate.clock.instant(0), 0.0),
        received_s: seconds(host.now_ns()),
        deadline: after(invocation.work_ns()),
        cold: invocation.cold_start_ns > 0,
    };
    let worked = timeout_at(after(invocation.timeout_ns), consumer.work(&deliveries, &call));
    let end = tokio::select! {
        biased;
        () = crash(host, invocation.error_at, &deliveries) => InvocationEnd::Failed,
        worked = worked => match worked {
            Ok(Ok(failed)) if invocation.error_at.is_none() => end(&failed),
            _ => InvocationEnd::Failed,
        },
    };
    lock(&host.state).consumer.ended(host.now_ns(), invocation.id, end);
    host.woken.notify_one();
}

/// An invocation's name: no two begin with the same message for the same time.
fn request_id(host: &Host, members: &[Member]) -> String {
    let Member { key, ordinal } = members.first().copied().unwrap_or_default();
    format!("{:016x}", random::word(host.seed, &[key, u64::from(ordinal)]))
}

fn delivery(host: &Host, member: &Member) -> Option<ReceivedMessage> {
    Some(ReceivedMessage {
        id: Some(member.key.to_string()),
        shape: host.shape,
        message: lock(&host.state).messages.get(&member.key)?.clone(),
        queued_s: None,
        number: (host.shape == PipelineShape::Queue).then_some(member.ordinal + 1),
    })
}

/// Ready when the invocation fails by itself, if it does: at its share of what its first copy takes on average.
async fn crash(host: &Host, error_at: Option<f64>, deliveries: &[ReceivedMessage]) {
    let Some(share) = error_at else { return std::future::pending().await };
    let first = deliveries.first().and_then(|delivery| delivery.message.as_ref().ok());
    let mean_s = first.map_or(0.0, |message| host.mean_copy.mean_s(message.size_bytes, 1));
    sleep_until(Instant::now() + Duration::from_nanos(nanoseconds(mean_s * share))).await;
}

/// How an invocation ends that asks for these messages again.
fn end(failed: &[usize]) -> InvocationEnd {
    match failed.iter().fold(0, |set, place| set | 1 << place) {
        0 => InvocationEnd::Ok,
        failed => InvocationEnd::Partial(failed),
    }
}
