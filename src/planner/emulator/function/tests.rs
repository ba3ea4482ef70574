//! The function behind a topic, held to closed forms and to its accounting.

use std::time::Duration;

use planner_consumer::settings::Settings;
use planner_core::fan_out::message::Message;
use planner_core::scenario::file::Copy;
use planner_core::service::Profile;
use tokio::time::Instant;

use super::FunctionActivity;
use crate::emulator::{Cloud, CloudConfig};
use planner_core::account::Limits;
use planner_core::fan_out::copy_record::CopyOutcome;
use planner_core::fan_out::message::ObjectLocation;
use planner_core::service::function::{MessageOutcome, MetricPeriod, PipelineShape};
use planner_core::units::quantity::{nanoseconds, seconds};

/// Copies of 30 s on average whatever their size, cv 0.5, and nothing else that takes time.
fn bare() -> Profile {
    let mut profile = Profile::default();
    profile.copy.base_s = 30.0;
    profile.copy.bandwidth_bytes_per_s = 1e18;
    profile.copy.noise_cv = 0.5;
    profile.copy.sigma = 0.0;
    profile.copy.kappa = 0.0;
    profile.request.metadata_s = 0.0;
    profile.delivery.latency_s = 0.0;
    profile.function.cold_start_s = 0.0;
    profile
}

/// What a job came to.
struct Done {
    account: FunctionActivity,
    total: MetricPeriod,
    finish_s: f64,
}

impl Done {
    fn lines(&self, outcome: CopyOutcome) -> usize {
        self.account.lines.iter().filter(|line| line.outcome == outcome).count()
    }

    fn fates(&self, wanted: MessageOutcome) -> usize {
        self.account.fates.values().filter(|fate| **fate == wanted).count()
    }
}

/// Publishes so many objects, at a rate or all at once, and waits for what becomes of them.
async fn publish(
    profile: &Profile,
    shape: PipelineShape,
    seed: u64,
    objects: u64,
    rate_per_s: Option<f64>,
) -> Done {
    profile.validate(Limits::built_in()).unwrap();
    let cloud = Cloud::new(CloudConfig { profile: profile.clone(), seed, ..CloudConfig::default() });
    cloud.create_bucket("target");
    let topic = cloud.create_topic("objects");
    let function = cloud.deploy(&topic, shape, Settings::between("source", "target", Copy::default()));
    let start = Instant::now();
    for n in 0..objects {
        cloud.put_sparse("source", &n.to_string(), 1000);
        if let Some(rate_per_s) = rate_per_s {
            let due = Duration::from_nanos(nanoseconds(n as f64 / rate_per_s));
            tokio::time::sleep_until(start + due).await;
        }
        let place = |bucket: &str, key: String| ObjectLocation { bucket: bucket.into(), key };
        let source = place("source", n.to_string());
        let destination = place("target", format!("{}/{n}", n % 8));
        let message = Message { run: "r".into(), n, source, destination, size_bytes: 1000, sent_s: 0.0 };
        function.0.publish(&message.encode().unwrap());
    }
    function.idle().await;
    let mut account = function.account();
    let total = account.metrics.total(account.now_ns);
    assert_eq!((account.open, account.fates.len() as u64), (0, objects), "every message ends once");
    assert!(account.stages.function.accounting_holds() && account.copy.accounting_holds());
    assert_eq!(total.concurrent_executions_time_ns, account.stages.function.in_flight_time_ns);
    let modified = cloud.modified_ns("target", "");
    let copied = account.fates.values().filter(|fate| **fate == MessageOutcome::Done).count();
    assert!(modified.len() >= copied, "what is done is there");
    Done { account, total, finish_s: modified.values().copied().max().map_or(0.0, seconds) }
}

#[tokio::test(start_paused = true)]
async fn paced_publishing_follows_the_closed_form() {
    let profile = Profile { function: bare().function.unlimited(), ..bare() };
    // P(T ≤ D) = Π F(D − j/ρ): every copy begins when its message is published.
    let chance = |deadline_s: f64| {
        let factor = profile.copy.factor();
        let log = |j| factor.cdf((deadline_s - f64::from(j) / 20.0) / profile.copy.base_s).ln();
        (0..400).map(log).sum::<f64>().exp()
    };
    let mut finishes_s = Vec::new();
    for seed in 0..20 {
        let done = publish(&profile, PipelineShape::Direct, seed, 400, Some(20.0)).await;
        assert_eq!((done.fates(MessageOutcome::Done), done.total.throttles), (400, 0));
        finishes_s.push(done.finish_s);
    }
    for deadline_s in [70.0, 80.0, 95.0] {
        let met = finishes_s.iter().filter(|finish_s| **finish_s <= deadline_s).count() as f64 / 20.0;
        let expected = chance(deadline_s);
        let error = (expected * (1.0 - expected) / 20.0).sqrt().max(0.05);
        assert!((met - expected).abs() < 3.0 * error, "{deadline_s} s: {met} is not {expected}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_long_paced_job_has_as_many_executions_as_littles_law_says() {
    let profile = Profile { function: bare().function.unlimited(), ..bare() };
    let mut done = publish(&profile, PipelineShape::Direct, 1, 3000, Some(20.0)).await;
    let (seconds, _) = done.account.metrics.periods(done.account.now_ns);
    // From 90 s on nearly every execution of the first seconds has ended; publishing ends at 150 s.
    let steady = &seconds[90..150];
    let mean_n = steady.iter().map(|it| it.concurrent_executions_time_ns as f64 / 1e9).sum::<f64>() / 60.0;
    assert!((mean_n / 600.0 - 1.0).abs() < 0.05, "20/s × 30 s = 600, and not {mean_n}");
}

#[tokio::test(start_paused = true)]
async fn too_little_room_throttles_and_costs_time() {
    let mut profile = bare();
    let mut last_s = 0.0;
    for (reserved, throttled) in [(None, false), (Some(100), true), (Some(25), true)] {
        profile.function.reserved_concurrency = reserved;
        let done = publish(&profile, PipelineShape::Direct, 1, 250, Some(20.0)).await;
        assert_eq!(
            (done.fates(MessageOutcome::Done), done.total.throttles > 0),
            (250, throttled),
            "{reserved:?}"
        );
        let peak = done.total.concurrent_executions_max;
        assert_eq!(peak, reserved.map_or(peak, u64::from), "what is reserved is used");
        assert!(done.finish_s > last_s + 10.0, "{reserved:?}: {}", done.finish_s);
        last_s = done.finish_s;
    }
}

/// A twentieth of 45,000 objects of 30 s in 600 s, with a twentieth of the function's limits.
#[tokio::test(start_paused = true)]
async fn pacing_helps_a_burst_and_more_concurrency_does_not() {
    let mut profile = bare();
    profile.function.account_concurrency = 1000;
    profile.function.scaling_environments = 50;
    let mut finish_s = Vec::new();
    for (reserved, rate_per_s) in [(113, None), (169, None), (400, Some(119.70 / 20.0))] {
        profile.function.reserved_concurrency = Some(reserved);
        let done = publish(&profile, PipelineShape::Direct, 1, 2250, rate_per_s).await;
        assert_eq!(
            (done.fates(MessageOutcome::Done), done.total.throttles > 0),
            (2250, rate_per_s.is_none())
        );
        finish_s.push(done.finish_s);
    }
    // Half as much room again ought to save a third of the time.
    assert!(finish_s[1] > 0.75 * finish_s[0], "{finish_s:?}");
    assert!(finish_s[1] > 600.0 && finish_s[2] < 600.0, "{finish_s:?}");
}

#[tokio::test(start_paused = true)]
async fn a_queue_brings_everything_through_failures_that_a_topic_alone_gives_up() {
    let mut profile = bare();
    profile.function.error_rate = 0.3;
    profile.function.timeout_s = 60.0;
    profile.queue.visibility_timeout_s = 90.0;
    profile.queue.max_receive_count = None;
    let queued = publish(&profile, PipelineShape::Queue, 1, 300, None).await;
    assert_eq!(queued.fates(MessageOutcome::Done), 300);
    assert!(queued.total.errors > 50 && queued.total.receives == queued.total.invocations);
    profile.function.dead_letter_queue = false;
    let direct = publish(&profile, PipelineShape::Direct, 1, 300, None).await;
    // Three tries fail in a row with 2.7 %.
    let lost = direct.fates(MessageOutcome::Lost);
    assert!((1..=25).contains(&lost), "{lost}");
    assert_eq!(direct.total.async_events_dropped, lost as u64);
}

#[tokio::test(start_paused = true)]
async fn nothing_is_copied_twice() {
    let mut profile = bare();
    // The second copy of a message comes while the first is at work, or long after it.
    profile.delivery.duplicate_rate = 1.0;
    profile.delivery.latency_s = 60.0;
    profile.delivery.latency_noise_cv = 2.0;
    let done = publish(&profile, PipelineShape::Direct, 1, 100, None).await;
    let (copied, already) = (done.lines(CopyOutcome::Copied), done.lines(CopyOutcome::Already));
    assert_eq!((copied + already, done.total.invocations, done.fates(MessageOutcome::Done)), (200, 200, 100));
    assert!(copied >= 100 && already > 20, "{copied} and {already}");
}

#[tokio::test(start_paused = true)]
async fn refusals_are_waited_out_and_timeouts_are_given_up() {
    let mut profile = bare();
    profile.request.error_rate = 0.3;
    profile.request.prefix_rate_per_s = 2.0;
    let done = publish(&profile, PipelineShape::Direct, 1, 100, None).await;
    assert_eq!((done.lines(CopyOutcome::Copied), done.total.invocations), (100, 100));
    let throttles: u32 = done.account.lines.iter().map(|line| line.throttles).sum();
    let requests: u32 = done.account.lines.iter().map(|line| line.requests).sum();
    assert!(throttles > 50 && requests > 300 + throttles, "{throttles} of {requests}");
    // Two requests of every invocation look at the objects.
    assert_eq!(done.account.copy.ended, u64::from(requests) - 200);

    profile = bare();
    profile.copy.noise_cv = 0.0;
    profile.function.timeout_s = 20.0;
    let done = publish(&profile, PipelineShape::Direct, 1, 5, None).await;
    assert_eq!((done.lines(CopyOutcome::OutOfTime), done.fates(MessageOutcome::DeadLettered)), (15, 5));
    assert_eq!((done.total.errors, done.total.billed_ms), (15, 15 * 18_000), "the rest of 20 s is kept back");
}

#[tokio::test(start_paused = true)]
async fn large_objects_go_in_parts_and_what_is_no_message_is_given_up() {
    let cloud = Cloud::new(CloudConfig { profile: bare(), ..CloudConfig::default() });
    cloud.create_bucket("target");
    cloud.put_sparse("source", "large", 12 << 20);
    let topic = cloud.create_topic("objects");
    let copy = Copy {
        multipart_above: "5MiB".parse().unwrap(),
        part_size: "5MiB".parse().unwrap(),
        parallel_parts: 2,
    };
    let function = cloud.deploy(&topic, PipelineShape::Direct, Settings::between("source", "target", copy));
    let place = |bucket: &str| ObjectLocation { bucket: bucket.into(), key: "large".into() };
    let (source, destination) = (place("source"), place("target"));
    let message = Message { run: "r".into(), n: 0, source, destination, size_bytes: 12 << 20, sent_s: 0.0 };
    function.0.publish(&message.encode().unwrap());
    function.0.publish("nonsense");
    function.idle().await;
    let account = function.account();
    let line = |outcome| account.lines.iter().find(|line| line.outcome == outcome).unwrap();
    // Two looks, one begin, three parts, one end.
    assert_eq!((line(CopyOutcome::Copied).requests, account.copy.ended), (7, 3));
    assert_eq!((line(CopyOutcome::Rejected).n, account.fates.len()), (None, 1));
    assert!(cloud.modified_ns("target", "").contains_key("large"));
}
