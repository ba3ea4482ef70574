//! The consumer against what is documented of the services, event by event.

use super::*;
use crate::account::Limits;

const S: u64 = NS_PER_S;

fn profile() -> Profile {
    let mut profile = Profile::default();
    profile.delivery.latency_s = 0.0;
    profile.function.cold_start_s = 0.0;
    profile.function.retry_jitter = 0.0;
    profile
}

fn consumer(profile: &Profile, shape: PipelineShape) -> FunctionPipeline {
    profile.validate(Limits::built_in()).unwrap();
    FunctionPipeline::new(profile, shape, 60, 1)
}

/// Lets time pass until `until_s`; every invocation takes `duration_s` and ends as `end` says. Answers with the
/// seconds at which the function was invoked and the fates in their order.
fn drive(
    consumer: &mut FunctionPipeline,
    duration_s: u64,
    until_s: u64,
    mut end: impl FnMut(&[Member]) -> InvocationEnd,
) -> (Vec<u64>, Vec<(u64, MessageOutcome)>) {
    let (mut now_ns, mut starts, mut fates) = (0, Vec::new(), Vec::new());
    let mut running: Vec<(u64, u32)> = Vec::new();
    loop {
        let until_ns = match consumer.poll(now_ns) {
            PipelineAction::Invoke(invocation) => {
                starts.push(now_ns / S);
                running.push((now_ns + duration_s * S, invocation.id));
                continue;
            }
            PipelineAction::Ended { key, fate } => {
                fates.push((key, fate));
                continue;
            }
            PipelineAction::Wait(until_ns) => until_ns,
        };
        running.sort_unstable();
        let ends_ns = running.first().map(|&(at_ns, _)| at_ns);
        match [until_ns, ends_ns].into_iter().flatten().min().filter(|&next_ns| next_ns <= until_s * S) {
            None => return (starts, fates),
            Some(next_ns) => now_ns = next_ns,
        }
        if ends_ns == Some(now_ns) {
            let (_, id) = running.remove(0);
            let members: Vec<Member> = consumer.members(id).collect();
            consumer.ended(now_ns, id, end(&members));
        }
    }
}

#[test]
fn a_failing_event_is_tried_after_one_and_two_minutes_and_then_given_up() {
    for (dead_letter_queue, fate) in [(true, MessageOutcome::DeadLettered), (false, MessageOutcome::Lost)] {
        let mut profile = profile();
        profile.function.dead_letter_queue = dead_letter_queue;
        let mut consumer = consumer(&profile, PipelineShape::Direct);
        consumer.publish(0, 7);
        let ended = drive(&mut consumer, 10, 10_000, |_| InvocationEnd::Failed);
        assert_eq!(ended, (vec![0, 70, 200], vec![(7, fate)]));
        let total = consumer.metrics().total(300 * S);
        assert_eq!((total.invocations, total.errors, total.async_events_dropped), (3, 3, 1));
        assert_eq!(
            (total.dead_lettered, total.duration_sum_ns),
            (u64::from(dead_letter_queue), 30_000_000_000)
        );
        assert_eq!((consumer.open(), consumer.waiting(), consumer.executing()), (0, 0, 0));
    }
}

#[test]
fn throttled_events_back_off_and_are_dropped_at_their_greatest_age() {
    let mut profile = profile();
    profile.function.reserved_concurrency = Some(1);
    profile.function.maximum_event_age_s = 100.0;
    let mut consumer = consumer(&profile, PipelineShape::Direct);
    consumer.publish(0, 1);
    consumer.publish(0, 2);
    // Tried at 0, 1, 3, 7, 15, 31 and 63 s; the next try would be at 127 s.
    let ended = drive(&mut consumer, 600, 10_000, |_| InvocationEnd::Ok);
    assert_eq!(ended, (vec![0], vec![(2, MessageOutcome::DeadLettered), (1, MessageOutcome::Done)]));
    let (minutes, _) = consumer.metrics().periods(150 * S);
    assert_eq!((minutes[0].throttles, minutes[1].throttles, minutes[1].async_events_dropped), (6, 1, 1));
    assert_eq!((minutes[0].backlog_max, minutes[0].backlog_time_ns), (1, u128::from(60 * S)));
}

#[test]
fn a_throttled_event_is_invoked_at_the_first_try_that_finds_room() {
    let mut profile = profile();
    profile.function.reserved_concurrency = Some(1);
    let mut consumer = consumer(&profile, PipelineShape::Direct);
    consumer.publish(0, 1);
    consumer.publish(0, 2);
    let (starts, fates) = drive(&mut consumer, 20, 1000, |_| InvocationEnd::Ok);
    assert_eq!((starts, fates), (vec![0, 31], vec![(1, MessageOutcome::Done), (2, MessageOutcome::Done)]));
    let total = consumer.metrics().total(1000 * S);
    assert_eq!((total.async_event_age_max_ns, total.cold_starts), (31 * S, 1));
    assert_eq!(consumer.messages.len() + consumer.deliveries.len() + consumer.batches.len(), 0);
}

#[test]
fn a_refused_delivery_is_retried_by_the_topic_and_counts_as_no_throttle() {
    let mut profile = profile();
    profile.delivery.refusal_rate = 1.0;
    let mut consumer = consumer(&profile, PipelineShape::Direct);
    consumer.publish(0, 1);
    let (starts, fates) = drive(&mut consumer, 1, 2, |_| InvocationEnd::Ok);
    assert_eq!((starts, fates), (vec![], vec![]));
    let total = consumer.metrics().total(2 * S);
    // At once and three times more, then after 1 s and after 2 s.
    assert_eq!((total.delivery_refusals, total.throttles), (6, 0));
    assert_eq!((consumer.close(2 * S).delivery.n(), consumer.open()), (1.0, 1));
}

#[test]
fn a_message_that_keeps_failing_is_received_again_after_its_visibility_timeout_and_redriven() {
    let mut profile = profile();
    profile.function.timeout_s = 30.0;
    profile.queue.visibility_timeout_s = 180.0;
    profile.queue.max_receive_count = Some(3);
    let mut consumer = consumer(&profile, PipelineShape::Queue);
    consumer.publish(0, 5);
    let ended = drive(&mut consumer, 10, 10_000, |_| InvocationEnd::Failed);
    assert_eq!(ended, (vec![0, 180, 360], vec![(5, MessageOutcome::DeadLettered)]));
    assert_eq!(consumer.metrics().total(1000 * S).receives, 3);
}

#[test]
fn a_partial_batch_response_returns_what_failed_and_nothing_else() {
    for (partial, starts) in [(true, [3, 1]), (false, [3, 3])] {
        let mut profile = profile();
        profile.queue.batch_size = 3;
        profile.queue.partial_batch_responses = partial;
        let mut consumer = consumer(&profile, PipelineShape::Queue);
        (0..3).for_each(|key| consumer.publish(0, key));
        let mut sizes = Vec::new();
        let (_, fates) = drive(&mut consumer, 10, 10_000, |members| {
            sizes.push(members.len());
            let failed = members.iter().position(|member| member.key == 1 && member.ordinal == 0);
            failed.map_or(InvocationEnd::Ok, |place| InvocationEnd::Partial(1 << place))
        });
        assert_eq!(sizes, starts);
        assert!(fates.len() == 3 && fates.iter().all(|&(_, fate)| fate == MessageOutcome::Done), "{fates:?}");
    }
}

#[test]
fn throttled_batches_stay_with_their_poller_and_nothing_is_lost() {
    let mut profile = profile();
    profile.function.reserved_concurrency = Some(2);
    let mut consumer = consumer(&profile, PipelineShape::Queue);
    (0..40).for_each(|key| consumer.publish(0, key));
    let (starts, fates) = drive(&mut consumer, 30, 10_000, |_| InvocationEnd::Ok);
    assert!(starts.len() == 40 && fates.iter().all(|&(_, fate)| fate == MessageOutcome::Done));
    let total = consumer.metrics().total(10_000 * S);
    assert!((1..400).contains(&total.throttles) && total.receives == 40, "{total:?}");
    assert_eq!(total.concurrent_executions_max, 2);
}

#[test]
fn a_duplicate_is_one_more_invocation_of_the_same_message() {
    let mut profile = profile();
    profile.delivery.duplicate_rate = 1.0;
    let mut consumer = consumer(&profile, PipelineShape::Direct);
    consumer.publish(0, 9);
    let mut ordinals = Vec::new();
    let (starts, fates) = drive(&mut consumer, 10, 1000, |members| {
        ordinals.push(members[0].key);
        if ordinals.len() == 1 { InvocationEnd::Failed } else { InvocationEnd::Ok }
    });
    assert_eq!((starts, fates), (vec![0, 0, 70], vec![(9, MessageOutcome::Done)]));
    assert_eq!(consumer.metrics().total(1000 * S).duplicates, 1);
}
