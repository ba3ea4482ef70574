//! Topics and publishing.

use aws_sdk_sns::types::PublishBatchRequestEntry;
use tokio::time::Instant;

use crate::clients::{Access, cloud, failure, inside, quiet, refused};

fn entry(id: &str, message: &str) -> PublishBatchRequestEntry {
    PublishBatchRequestEntry::builder().id(id).message(message).build().unwrap()
}

#[tokio::test(start_paused = true)]
async fn messages_are_counted_and_take_their_time() {
    let cloud = cloud(quiet());
    let arn = cloud.create_topic("copies");
    assert_eq!(arn, "arn:aws:sns:us-east-1:000000000000:copies");
    let sns = inside(&cloud).sns();
    let start = Instant::now();
    let sent = sns.publish().topic_arn(&arn).message("a & b < c ü \u{1}").send().await.unwrap();
    assert_eq!(start.elapsed().as_millis(), 15);
    let again = sns.publish().topic_arn(&arn).message("a").send().await.unwrap();
    assert_ne!(sent.message_id(), again.message_id());
    assert_eq!(cloud.messages(&arn), Some(2));

    let reading = cloud.gauge().read();
    assert_eq!((reading.publishes, reading.copies_time_ns), (0, 0));
    assert_eq!(reading.publishes_time_ns, 30_000_000);
}

#[tokio::test(start_paused = true)]
async fn a_batch_answers_for_each_message() {
    let cloud = cloud(quiet());
    let arn = cloud.create_topic("copies");
    let sns = inside(&cloud).sns();
    let batch =
        |entries| sns.publish_batch().topic_arn(&arn).set_publish_batch_request_entries(Some(entries));
    let entries = (0..10).map(|number| entry(&number.to_string(), "m")).collect();
    let sent = batch(entries).send().await.unwrap();
    assert_eq!((sent.successful().len(), sent.failed().len()), (10, 0));
    let partly = batch(vec![entry("a", "m"), entry("b", "")]).send().await.unwrap();
    assert_eq!(partly.failed()[0].code(), "InvalidParameter");
    assert_eq!((partly.successful()[0].id(), partly.failed()[0].id()), (Some("a"), "b"));
    assert_eq!(cloud.messages(&arn), Some(11));

    let refusal = |entries| async { failure(batch(entries).send().await) };
    let too_many = (0..11).map(|number| entry(&number.to_string(), "m")).collect();
    assert_eq!(refusal(too_many).await, refused(400, "TooManyEntriesInBatchRequest"));
    let twins = vec![entry("a", "m"), entry("a", "n")];
    assert_eq!(refusal(twins).await, refused(400, "BatchEntryIdsNotDistinct"));
    assert_eq!(refusal(vec![]).await, refused(400, "EmptyBatchRequest"));
    let long = "x".repeat(200_000);
    let heavy = vec![entry("a", &long), entry("b", &long)];
    assert_eq!(refusal(heavy).await, refused(400, "BatchRequestTooLong"));
    assert_eq!(cloud.messages(&arn), Some(11));
}

#[tokio::test(start_paused = true)]
async fn publishing_over_the_rate_is_throttled() {
    let mut profile = quiet();
    profile.publish.rate_per_s = 12.0;
    let cloud = cloud(profile);
    let arn = cloud.create_topic("copies");
    let sns = inside(&cloud).sns();
    let publish = || sns.publish().topic_arn(&arn).message("m").send();
    let batch = sns.publish_batch().topic_arn(&arn);
    let batch = batch.set_publish_batch_request_entries(Some(
        (0..10).map(|number| entry(&number.to_string(), "m")).collect(),
    ));
    let (batch, one, two, three) = tokio::join!(batch.send(), publish(), publish(), publish());
    assert!(batch.is_ok() && one.is_ok() && two.is_ok());
    assert_eq!(failure(three), refused(429, "Throttled"));
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    publish().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn bad_messages_and_unknown_topics_are_refused() {
    let cloud = cloud(quiet());
    let arn = cloud.create_topic("copies");
    let sns = inside(&cloud).sns();
    let publish = |arn: &str, message: String| sns.publish().topic_arn(arn).message(message).send();
    publish(&arn, "x".repeat(256 * 1024)).await.unwrap();
    let long = publish(&arn, "x".repeat(256 * 1024 + 1)).await;
    assert_eq!(failure(long), refused(400, "InvalidParameter"));
    let unknown = publish("arn:aws:sns:us-east-1:000000000000:none", "m".to_owned()).await;
    assert_eq!(failure(unknown), refused(404, "NotFound"));
    let named = sns.create_topic().name("not a name").send().await;
    assert_eq!(failure(named), refused(400, "InvalidParameter"));
}

#[tokio::test(start_paused = true)]
async fn topics_and_subscriptions_come_and_go() {
    let cloud = cloud(quiet());
    let sns = inside(&cloud).sns();
    let arn = sns.create_topic().name("copies").send().await.unwrap().topic_arn.unwrap();
    for number in 0..120 {
        assert!(cloud.create_topic(&format!("t{number}")).ends_with(&format!(":t{number}")));
        let endpoint = format!("arn:aws:lambda:us-east-1:000000000000:function:f{number}");
        sns.subscribe().topic_arn(&arn).protocol("lambda").endpoint(endpoint).send().await.unwrap();
    }
    let pages = sns.list_topics().into_paginator().send().try_collect().await.unwrap();
    assert_eq!(pages.iter().map(|page| page.topics().len()).collect::<Vec<_>>(), [100, 21]);
    let list = sns.list_subscriptions_by_topic().topic_arn(&arn).into_paginator().send();
    let pages = list.try_collect().await.unwrap();
    assert_eq!(pages.iter().map(|page| page.subscriptions().len()).collect::<Vec<_>>(), [100, 20]);

    let first = pages[0].subscriptions()[0].subscription_arn().unwrap();
    sns.unsubscribe().subscription_arn(first).send().await.unwrap();
    let attributes = sns.get_topic_attributes().topic_arn(&arn).send().await.unwrap();
    assert_eq!(attributes.attributes().unwrap()["SubscriptionsConfirmed"], "119");
    sns.delete_topic().topic_arn(&arn).send().await.unwrap();
    let gone = sns.get_topic_attributes().topic_arn(&arn).send().await;
    assert_eq!(failure(gone), refused(404, "NotFound"));
}

#[tokio::test(start_paused = true)]
async fn only_the_right_keys_may_publish() {
    let cloud = cloud(quiet());
    let arn = cloud.create_topic("copies");
    let publish = |access: Access<'static>| {
        let publish = access.sns().publish().topic_arn(&arn).message("m");
        async move { failure(publish.send().await) }
    };
    let wrong_secret = Access { secret_key: "wrong", ..inside(&cloud) };
    assert_eq!(publish(wrong_secret).await, refused(403, "SignatureDoesNotMatch"));
    let unknown = Access { access_key: "nobody", ..inside(&cloud) };
    assert_eq!(publish(unknown).await, refused(403, "InvalidClientTokenId"));
    assert_eq!(cloud.messages(&arn), Some(0));
}
