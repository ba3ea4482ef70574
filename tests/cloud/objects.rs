//! Buckets, objects and listings.

use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{Delete, EncodingType, MetadataDirective, ObjectIdentifier};
use planner::emulator::{Cloud, CloudConfig};

use crate::clients::{Access, cloud, failure, inside, quiet, refused};

#[tokio::test(start_paused = true)]
async fn objects_come_back_as_they_were_put() {
    let cloud = cloud(quiet());
    let s3 = inside(&cloud).s3();
    s3.create_bucket().bucket("data").send().await.unwrap();
    let put = s3.put_object().bucket("data").key("dir/a b+ü&.txt").content_type("text/plain");
    let put = put.metadata("who", "me").body(ByteStream::from_static(b"hello world")).send().await.unwrap();
    assert_eq!(put.e_tag(), Some("\"5eb63bbbe01eeed093cb22bb8f5acdc3\""));

    let got = s3.get_object().bucket("data").key("dir/a b+ü&.txt").send().await.unwrap();
    assert_eq!((got.content_type(), got.e_tag()), (Some("text/plain"), put.e_tag()));
    assert_eq!(got.metadata().unwrap()["who"], "me");
    assert_eq!(&got.body.collect().await.unwrap().into_bytes()[..], b"hello world");

    let range = s3.get_object().bucket("data").key("dir/a b+ü&.txt").range("bytes=6-").send().await.unwrap();
    assert_eq!(range.content_range(), Some("bytes 6-10/11"));
    assert_eq!(&range.body.collect().await.unwrap().into_bytes()[..], b"world");
    let beyond = s3.get_object().bucket("data").key("dir/a b+ü&.txt").range("bytes=11-").send().await;
    assert_eq!(failure(beyond), refused(416, "InvalidRange"));

    s3.put_object().bucket("data").key("empty").send().await.unwrap();
    let nothing = s3.get_object().bucket("data").key("empty").range("bytes=-1").send().await;
    assert_eq!(failure(nothing), refused(416, "InvalidRange"));

    let gone = s3.delete_object().bucket("data").key("dir/a b+ü&.txt");
    assert_eq!(failure(gone.clone().if_match("\"0123\"").send().await), refused(412, "PreconditionFailed"));
    gone.if_match(put.e_tag().unwrap()).send().await.unwrap();
    let missing = s3.get_object().bucket("data").key("dir/a b+ü&.txt").send().await;
    assert_eq!(failure(missing), refused(404, "NoSuchKey"));
}

#[tokio::test(start_paused = true)]
async fn a_copy_keeps_what_was_said_about_the_object_unless_told_otherwise() {
    let cloud = cloud(quiet());
    cloud.create_bucket("data");
    let s3 = inside(&cloud).s3();
    let put = s3.put_object().bucket("data").key("a").content_type("text/plain").metadata("who", "me");
    put.body(ByteStream::from_static(b"x")).send().await.unwrap();
    let copy = s3.copy_object().bucket("data").copy_source("data/a");
    copy.clone().key("b").send().await.unwrap();
    let kept = s3.head_object().bucket("data").key("b").send().await.unwrap();
    assert_eq!((kept.content_type(), kept.metadata().unwrap().len()), (Some("text/plain"), 1));
    let replacing = copy.key("a").metadata_directive(MetadataDirective::Replace).content_type("text/csv");
    replacing.send().await.unwrap();
    let replaced = s3.head_object().bucket("data").key("a").send().await.unwrap();
    assert_eq!(replaced.content_type(), Some("text/csv"));
    assert!(replaced.metadata().is_none_or(|metadata| metadata.is_empty()));
}

#[tokio::test(start_paused = true)]
async fn a_sparse_object_reads_as_zeros() {
    let cloud = cloud(quiet());
    cloud.put_sparse("data", "zeros", 100_000);
    let s3 = inside(&cloud).s3();
    let got = s3.get_object().bucket("data").key("zeros").send().await.unwrap();
    assert_eq!(got.body.collect().await.unwrap().into_bytes(), vec![0u8; 100_000]);
}

#[tokio::test(start_paused = true)]
async fn listing_pages_through_everything_once() {
    let cloud = cloud(quiet());
    for number in 0..2500 {
        cloud.put_sparse("data", &format!("runs/{number:04}"), number);
    }
    cloud.put_sparse("data", "other/a", 1);
    cloud.put_sparse("data", "top", 1);
    let s3 = inside(&cloud).s3();
    let list = s3.list_objects_v2().bucket("data");
    let pages = list.clone().prefix("runs/").into_paginator().send();
    let pages = pages.try_collect().await.unwrap();
    assert_eq!(pages.iter().map(|page| page.contents().len()).collect::<Vec<_>>(), [1000, 1000, 500]);
    let keys: Vec<&str> =
        pages.iter().flat_map(|page| page.contents()).filter_map(|found| found.key()).collect();
    assert_eq!(keys, (0..2500).map(|number| format!("runs/{number:04}")).collect::<Vec<_>>());
    assert_eq!(pages[2].contents()[499].size(), Some(2499));

    let rolled_up = list.delimiter("/").send().await.unwrap();
    let prefixes: Vec<_> = rolled_up.common_prefixes().iter().filter_map(|common| common.prefix()).collect();
    assert_eq!((prefixes, rolled_up.contents().len()), (vec!["other/", "runs/"], 1));

    let old = s3.list_objects().bucket("data").delimiter("/").max_keys(2).send().await.unwrap();
    assert_eq!((old.is_truncated(), old.next_marker()), (Some(true), Some("runs/")));
    let rest = s3.list_objects().bucket("data").delimiter("/").marker("runs/").send().await.unwrap();
    assert_eq!((rest.is_truncated(), rest.contents()[0].key()), (Some(false), Some("top")));
}

#[tokio::test(start_paused = true)]
async fn many_are_deleted_at_once_but_only_what_still_matches() {
    let cloud = cloud(quiet());
    for key in ["a", "b", "c"] {
        cloud.put_sparse("data", key, 1);
    }
    let s3 = inside(&cloud).s3();
    let named = |key: &str| ObjectIdentifier::builder().key(key);
    let delete = Delete::builder()
        .objects(named("a").build().unwrap())
        .objects(named("b").e_tag("\"0123\"").build().unwrap())
        .objects(named("never").build().unwrap());
    let done = s3.delete_objects().bucket("data").delete(delete.build().unwrap()).send().await.unwrap();
    assert_eq!(done.deleted().iter().filter_map(|gone| gone.key()).collect::<Vec<_>>(), ["a", "never"]);
    assert_eq!((done.errors()[0].key(), done.errors()[0].code()), (Some("b"), Some("PreconditionFailed")));
    let left = s3.list_objects_v2().bucket("data").send().await.unwrap();
    assert_eq!(left.key_count(), Some(2));
}

#[tokio::test(start_paused = true)]
async fn buckets_are_made_found_and_removed() {
    let config = CloudConfig { region: "eu-west-1".to_owned(), ..CloudConfig::default() };
    let cloud = Cloud::new(config);
    let s3 = inside(&cloud).s3();
    s3.create_bucket().bucket("one").send().await.unwrap();
    cloud.put_sparse("two", "a", 1);
    let again = s3.create_bucket().bucket("one").send().await;
    assert_eq!(failure(again), refused(409, "BucketAlreadyOwnedByYou"));
    let location = s3.get_bucket_location().bucket("one").send().await.unwrap();
    assert_eq!(location.location_constraint().unwrap().as_str(), "eu-west-1");
    let names = s3.list_buckets().send().await.unwrap();
    assert_eq!(names.buckets().iter().filter_map(|found| found.name()).collect::<Vec<_>>(), ["one", "two"]);
    assert_eq!(failure(s3.delete_bucket().bucket("two").send().await), refused(409, "BucketNotEmpty"));
    s3.delete_bucket().bucket("one").send().await.unwrap();
    assert_eq!(failure(s3.head_bucket().bucket("one").send().await), refused(404, "NotFound"));
}

#[tokio::test(start_paused = true)]
async fn real_bytes_are_bounded_and_room_comes_back() {
    let cloud = Cloud::new(CloudConfig { max_stored_bytes: 1000, ..CloudConfig::default() });
    cloud.put_sparse("data", "huge", 1 << 40);
    let s3 = inside(&cloud).s3();
    let put = |key: &str, bytes| {
        s3.put_object().bucket("data").key(key).body(ByteStream::from(vec![7; bytes])).send()
    };
    put("a", 600).await.unwrap();
    s3.copy_object().bucket("data").key("b").copy_source("data/a").send().await.unwrap();
    assert_eq!(failure(put("c", 600).await), refused(507, "InsufficientStorage"));
    put("d", 400).await.unwrap();
    s3.delete_object().bucket("data").key("a").send().await.unwrap();
    assert_eq!(failure(put("c", 600).await), refused(507, "InsufficientStorage"));
    s3.delete_object().bucket("data").key("b").send().await.unwrap();
    put("c", 600).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn only_the_right_keys_are_let_in() {
    let cloud = cloud(quiet());
    let wrong_secret = Access { secret_key: "wrong", ..inside(&cloud) };
    let denied = wrong_secret.s3().list_buckets().send().await;
    assert_eq!(failure(denied), refused(403, "SignatureDoesNotMatch"));
    let unknown = Access { access_key: "nobody", ..inside(&cloud) };
    assert_eq!(failure(unknown.s3().list_buckets().send().await), refused(403, "InvalidAccessKeyId"));
}

/// A line feed may stand in XML and would still be read as another character; an escape may not stand in it at all.
#[tokio::test(start_paused = true)]
async fn a_listing_writes_keys_in_per_cent_for_whoever_asks() {
    let cloud = cloud(quiet());
    cloud.put_sparse("data", "a b+/\u{1b}\r\né", 1);
    let s3 = inside(&cloud).s3();
    let list = s3.list_objects_v2().bucket("data").prefix("a b+").encoding_type(EncodingType::Url);
    let page = list.clone().send().await.unwrap();
    assert_eq!((page.encoding_type(), page.prefix()), (Some(&EncodingType::Url), Some("a%20b%2B")));
    assert_eq!(page.contents()[0].key(), Some("a%20b%2B/%1B%0D%0A%C3%A9"));
    let rolled_up = list.delimiter("/").send().await.unwrap();
    assert_eq!(rolled_up.common_prefixes()[0].prefix(), Some("a%20b%2B/"));
    let plain = s3.list_objects_v2().bucket("data").delimiter("/").send().await.unwrap();
    assert_eq!((plain.encoding_type(), plain.common_prefixes()[0].prefix()), (None, Some("a b+/")));
}
