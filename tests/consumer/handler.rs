use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_sdk_s3::primitives::ByteStream;

use aws_sdk_s3::Client as S3;
use planner::emulator::{Cloud, CloudConfig};
use planner_aws::clock::TimeOfDay;
use planner_consumer::handler::{CopyHandler, InvocationContext, InvocationFailure};
use planner_consumer::settings::Settings;
use planner_consumer::source_object::SourceObject;
use planner_core::fan_out::copy_record::{CopyOutcome, CopyRecord};
use planner_core::fan_out::message::{Message, ObjectLocation};
use planner_core::service::Profile;
use serde_json::{Value, json};
use tokio::time::Instant;

const GIB: u64 = 1 << 30;

struct Setting {
    consumer: CopyHandler,
    s3: S3,
    cloud: Cloud,
    lines: Arc<Mutex<Vec<CopyRecord>>>,
}

impl Setting {
    fn new(profile: Profile, variables: &[(&str, &str)]) -> Self {
        let config = CloudConfig { profile, ..CloudConfig::default() };
        let cloud = Cloud::new(config.clone());
        cloud.create_bucket("source");
        cloud.create_bucket("target");
        let s3 = cloud.clients(Duration::from_secs(900)).s3;
        let usual = [
            ("ALLOWED_SOURCE", "source"),
            ("ALLOWED_DESTINATION", "target/copies/"),
            ("AWS_ENDPOINT_URL", "x"),
        ];
        let find = |name: &str| {
            let value = variables.iter().chain(&usual).find(|(known, _)| *known == name);
            value.map(|(_, value)| (*value).to_owned())
        };
        let settings = Settings::from_variables(find).unwrap();
        let lines: Arc<Mutex<Vec<CopyRecord>>> = Arc::default();
        let log = Arc::clone(&lines);
        let consumer =
            CopyHandler::new(s3.clone(), settings, move |line| log.lock().unwrap().push(line.clone()));
        Self { consumer, s3, cloud, lines }
    }

    fn plain() -> Self {
        Self::new(Profile::default(), &[])
    }

    async fn handle(&self, event: Value, time_s: u64) -> Result<Value, InvocationFailure> {
        let deadline = Instant::now() + Duration::from_secs(time_s);
        let (request_id, clock) = ("i".into(), TimeOfDay::of_day());
        let invocation = InvocationContext { request_id, clock, received_s: 1.0, deadline, cold: true };
        self.consumer.handle(event, &invocation).await
    }

    /// The names of the messages that the queue is to hand out again.
    async fn failures(&self, event: Value) -> Vec<String> {
        let answer = self.handle(event, 800).await.unwrap();
        let failures = answer["batchItemFailures"].as_array().unwrap().iter();
        failures.map(|failure| failure["itemIdentifier"].as_str().unwrap().to_owned()).collect()
    }

    /// What became of the messages so far.
    fn outcomes(&self) -> Vec<(CopyOutcome, Option<String>)> {
        self.lines.lock().unwrap().drain(..).map(|line| (line.outcome, line.code)).collect()
    }

    async fn size(&self, key: &str) -> Option<u64> {
        let place = ObjectLocation { bucket: "target".into(), key: key.into() };
        SourceObject::look(&self.s3, &place).await.unwrap().map(|found| found.size_bytes())
    }
}

fn message(n: u64, key: &str) -> String {
    let place = |bucket: &str, key: String| ObjectLocation { bucket: bucket.into(), key };
    let message = Message {
        run: "r".into(),
        n,
        source: place("source", key.to_owned()),
        destination: place("target", format!("copies/{key}")),
        size_bytes: 1,
        sent_s: 0.5,
    };
    message.encode().unwrap()
}

/// An event of a queue that hands these messages out for the `delivery`-th time, named by their position.
fn queued(messages: &[String], delivery: u32) -> Value {
    let record = |(index, body): (usize, &String)| {
        json!({
            "messageId": format!("m{index}"), "body": body, "eventSource": "aws:sqs",
            "attributes": { "ApproximateReceiveCount": delivery.to_string() },
        })
    };
    json!({ "Records": messages.iter().enumerate().map(record).collect::<Vec<_>>() })
}

fn direct(message: &str) -> Value {
    json!({ "Records": [{
        "EventSource": "aws:sns", "EventVersion": "1.0", "EventSubscriptionArn": "arn",
        "Sns": {
            "Type": "Notification", "MessageId": "x", "TopicArn": "arn", "Subject": null, "Message": message,
            "Timestamp": "2026-09-21T12:26:40Z", "SignatureVersion": "1", "Signature": "s",
            "SigningCertUrl": "u", "UnsubscribeUrl": "u", "MessageAttributes": {},
        },
    }]})
}

#[tokio::test(start_paused = true)]
async fn an_object_is_copied_once_however_often_its_message_comes() {
    let setting = Setting::plain();
    let key = "a +b%2F/é 😀";
    setting.cloud.put_sparse("source", key, 700_000_000);
    for delivery in 1..=2 {
        assert!(setting.failures(queued(&[message(0, key)], delivery)).await.is_empty());
    }
    assert_eq!(setting.size("copies/a +b%2F/é 😀").await, Some(700_000_000));
    let lines = setting.lines.lock().unwrap();
    let told: Vec<_> =
        lines.iter().map(|line| (line.outcome, line.size_bytes, line.delivery, line.requests)).collect();
    let expected = [(CopyOutcome::Copied, 700_000_000, Some(1), 3), (CopyOutcome::Already, 0, Some(2), 2)];
    assert_eq!(told, expected);
    let again = CopyRecord::parse(&serde_json::to_string(&lines[0]).unwrap());
    assert_eq!(again.as_ref(), Some(&lines[0]));
}

#[tokio::test(start_paused = true)]
async fn the_longest_keys_are_copied() {
    let setting = Setting::plain();
    let key = format!("{}x", "é".repeat(508));
    setting.cloud.put_sparse("source", &key, 1000);
    assert!(setting.handle(direct(&message(0, &key)), 800).await.is_ok());
    let copy = format!("copies/{key}");
    assert_eq!((copy.len(), setting.size(&copy).await), (1024, Some(1000)));
}

#[tokio::test(start_paused = true)]
async fn an_object_that_changed_is_copied_again() {
    let setting = Setting::plain();
    for content in ["one", "two"] {
        let body = ByteStream::from_static(content.as_bytes());
        setting.s3.put_object().bucket("source").key("k").body(body).send().await.unwrap();
        assert!(setting.failures(queued(&[message(0, "k")], 1)).await.is_empty());
        let copy = setting.s3.get_object().bucket("target").key("copies/k").send().await.unwrap();
        assert_eq!(copy.body.collect().await.unwrap().into_bytes(), content);
    }
    assert_eq!(setting.outcomes(), [(CopyOutcome::Copied, None), (CopyOutcome::Copied, None)]);
}

#[tokio::test(start_paused = true)]
async fn large_objects_are_copied_in_parts_with_their_metadata() {
    let setting = Setting::plain();
    let begun = setting.s3.create_multipart_upload().bucket("source").key("k").content_type("text/plain");
    let id = begun.metadata("owner", "we").send().await.unwrap().upload_id.unwrap();
    setting.cloud.put_sparse("source", "zeros", 6 * GIB);
    let mut parts = aws_sdk_s3::types::CompletedMultipartUpload::builder();
    for (number, range) in [(1, "bytes=0-5368709119"), (2, "bytes=5368709120-6442450943")] {
        let part = setting.s3.upload_part_copy().bucket("source").key("k").upload_id(&id).part_number(number);
        let part = part.copy_source("source/zeros").copy_source_range(range).send().await.unwrap();
        let tag = part.copy_part_result.unwrap().e_tag.unwrap();
        let part = aws_sdk_s3::types::CompletedPart::builder().part_number(number).e_tag(tag).build();
        parts = parts.parts(part);
    }
    let complete = setting.s3.complete_multipart_upload().bucket("source").key("k").upload_id(&id);
    complete.multipart_upload(parts.build()).send().await.unwrap();
    tokio::time::sleep(Duration::from_secs(2)).await;

    assert!(setting.handle(direct(&message(0, "k")), 800).await.is_ok());
    let head = setting.s3.head_object().bucket("target").key("copies/k").send().await.unwrap();
    assert_eq!(head.content_length(), Some((6 * GIB).cast_signed()));
    assert_eq!(
        (head.content_type(), &head.metadata().unwrap()["owner"]),
        (Some("text/plain"), &"we".to_owned())
    );
    // Two looks, one begin, twelve parts of 512 MiB, one end.
    assert_eq!(setting.lines.lock().unwrap()[0].requests, 16);
    assert!(setting.handle(direct(&message(0, "k")), 800).await.is_ok());
    assert_eq!(setting.outcomes()[1], (CopyOutcome::Already, None), "known by size and time");
}

#[tokio::test(start_paused = true)]
async fn a_batch_names_only_what_failed() {
    let setting = Setting::plain();
    setting.cloud.put_sparse("source", "there", 1000);
    let newer = r#"{"v":2}"#.to_owned();
    let forged = message(0, "there").replace(r#""target""#, r#""elsewhere""#);
    let onto_itself = message(0, "there").replace("copies/", "other/");
    let messages = [message(0, "there"), message(1, "absent"), newer, forged, onto_itself];
    assert_eq!(setting.failures(queued(&messages, 1)).await, ["m1", "m2", "m3", "m4"]);
    let mut outcomes = setting.outcomes();
    outcomes.sort_by_key(|(outcome, code)| (outcome.is_done(), code.clone()));
    let codes: Vec<_> = outcomes.iter().map(|(_, code)| code.clone().unwrap_or_default()).collect();
    assert_eq!(codes[0], "NoSuchKey");
    assert_eq!(codes[1], "the destination is not in ALLOWED_DESTINATION");
    assert_eq!(codes[2], codes[1]);
    assert!(codes[3].contains("version 2, and this release understands version 1"), "{}", codes[3]);
    assert_eq!(outcomes[4], (CopyOutcome::Copied, None));
    assert_eq!(setting.size("copies/absent").await, None);
}

#[tokio::test(start_paused = true)]
async fn a_message_from_a_topic_that_fails_makes_lambda_call_again() {
    let setting = Setting::plain();
    let error = setting.handle(direct(&message(7, "absent")), 800).await.unwrap_err();
    assert_eq!(error.error_type, "CopyFailed");
    assert_eq!(error.to_string(), "failed to copy object 7 of run r: NoSuchKey");
    let error = setting.handle(json!({}), 800).await.unwrap_err();
    assert_eq!(error.error_type, "EventNotUnderstood");
}

#[tokio::test(start_paused = true)]
async fn work_ends_before_the_invocation_does_and_leaves_no_upload() {
    let setting = Setting::plain();
    setting.cloud.put_sparse("source", "k", 60 * GIB);
    let began = Instant::now();
    let error = setting.handle(direct(&message(0, "k")), 20).await.unwrap_err();
    assert!(error.to_string().ends_with("OutOfTime"), "{error}");
    assert!(began.elapsed() <= Duration::from_secs(21), "{:?}", began.elapsed());
    assert_eq!(setting.outcomes()[0].0, CopyOutcome::OutOfTime);
    assert_eq!(setting.size("copies/k").await, None);
    let uploads = setting.s3.list_multipart_uploads().bucket("target").send().await.unwrap();
    assert!(uploads.uploads().is_empty());
}

#[tokio::test(start_paused = true)]
async fn throttles_are_waited_out_and_counted() {
    let mut profile = Profile::default();
    profile.request.prefix_rate_per_s = 2.0;
    let setting = Setting::new(profile, &[]);
    let messages: Vec<String> = (0..10).map(|n| message(n, &format!("k{n}"))).collect();
    (0..10).for_each(|n| setting.cloud.put_sparse("source", &format!("k{n}"), 1000));
    assert!(setting.failures(queued(&messages, 1)).await.is_empty());
    let throttles: u32 = setting.lines.lock().unwrap().iter().map(|line| line.throttles).sum();
    assert!(throttles >= 8, "{throttles}");
}

#[tokio::test(start_paused = true)]
async fn failures_on_purpose_hit_their_share_and_other_deliveries_get_through() {
    let setting = Setting::new(Profile::default(), &[("INJECT_FAILURES", "0.3")]);
    let messages: Vec<String> = (0..200).map(|n| message(n, &format!("k{n}"))).collect();
    (0..200).for_each(|n| setting.cloud.put_sparse("source", &format!("k{n}"), 1000));
    let failed = setting.failures(queued(&messages, 1)).await;
    assert!((40..=80).contains(&failed.len()), "{}", failed.len());
    let lucky = setting.failures(queued(&messages, 2)).await;
    assert_ne!(failed, lucky);
    assert!(
        setting
            .outcomes()
            .iter()
            .all(|(outcome, code)| { outcome.is_done() || code.as_deref() == Some("Injected") })
    );
}
