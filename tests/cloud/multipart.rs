//! Multipart uploads and copies.

use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{CompletedMultipartUpload, CompletedPart};

use crate::clients::{cloud, failure, inside, quiet, refused};

const GIB: u64 = 1 << 30;
const MIB: usize = 1 << 20;

fn completed(parts: &[(i32, String)]) -> CompletedMultipartUpload {
    let parts =
        parts.iter().map(|(number, tag)| CompletedPart::builder().part_number(*number).e_tag(tag).build());
    CompletedMultipartUpload::builder().set_parts(Some(parts.collect())).build()
}

async fn start(s3: &aws_sdk_s3::Client, key: &str) -> String {
    let upload = s3.create_multipart_upload().bucket("target").key(key).send().await.unwrap();
    upload.upload_id().unwrap().to_owned()
}

#[tokio::test(start_paused = true)]
async fn twelve_gibibytes_are_copied_in_parts() {
    let cloud = cloud(quiet());
    let size = 12 * GIB + 17;
    cloud.put_sparse("source", "large", size);
    cloud.create_bucket("target");
    let s3 = inside(&cloud).s3();
    let upload = start(&s3, "large").await;
    let mut parts = Vec::new();
    for (number, first) in (1..).zip((0..size).step_by(GIB as usize)) {
        let last = (first + GIB).min(size) - 1;
        let part = s3.upload_part_copy().bucket("target").key("large").upload_id(&upload).part_number(number);
        let part = part.copy_source("source/large").copy_source_range(format!("bytes={first}-{last}"));
        let part = part.send().await.unwrap();
        parts.push((number, part.copy_part_result().unwrap().e_tag().unwrap().to_owned()));
    }
    assert_eq!(parts.len(), 13);
    let complete = s3.complete_multipart_upload().bucket("target").key("large").upload_id(&upload);
    let done = complete.multipart_upload(completed(&parts)).send().await.unwrap();
    assert!(done.e_tag().unwrap().ends_with("-13\""), "{:?}", done.e_tag());
    let copy = s3.head_object().bucket("target").key("large").send().await.unwrap();
    assert_eq!((copy.content_length(), copy.e_tag()), (Some(size as i64), done.e_tag()));

    let whole = s3.copy_object().bucket("target").key("again").copy_source("target/large").send().await;
    assert_eq!(failure(whole), refused(400, "InvalidRequest"));
}

#[tokio::test(start_paused = true)]
async fn sent_parts_are_joined_in_order_and_listed() {
    let cloud = cloud(quiet());
    cloud.create_bucket("target");
    let s3 = inside(&cloud).s3();
    let upload = start(&s3, "a").await;
    let mut parts = Vec::new();
    for (number, byte, size) in [(2, b'b', 10), (1, b'a', 5 * MIB)] {
        let part = s3.upload_part().bucket("target").key("a").upload_id(&upload).part_number(number);
        let part = part.body(ByteStream::from(vec![byte; size])).send().await.unwrap();
        parts.insert(0, (number, part.e_tag().unwrap().to_owned()));
    }
    let listed =
        s3.list_parts().bucket("target").key("a").upload_id(&upload).max_parts(1).send().await.unwrap();
    assert_eq!((listed.parts()[0].part_number(), listed.next_part_number_marker()), (Some(1), Some("1")));
    let uploads = s3.list_multipart_uploads().bucket("target").send().await.unwrap();
    assert_eq!(uploads.uploads()[0].upload_id(), Some(&*upload));

    let complete = s3.complete_multipart_upload().bucket("target").key("a").upload_id(&upload);
    let backwards: Vec<_> = parts.iter().cloned().rev().collect();
    let refusal = complete.clone().multipart_upload(completed(&backwards)).send().await;
    assert_eq!(failure(refusal), refused(400, "InvalidPartOrder"));
    let unknown = [parts[0].clone(), (2, "\"0123\"".to_owned())];
    let refusal = complete.clone().multipart_upload(completed(&unknown)).send().await;
    assert_eq!(failure(refusal), refused(400, "InvalidPart"));
    complete.clone().multipart_upload(completed(&parts)).send().await.unwrap();
    let refusal = complete.multipart_upload(completed(&parts)).send().await;
    assert_eq!(failure(refusal), refused(404, "NoSuchUpload"));

    let got = s3.get_object().bucket("target").key("a").send().await.unwrap();
    let bytes = got.body.collect().await.unwrap().into_bytes();
    assert_eq!((bytes.len(), bytes[5 * MIB - 1], bytes[5 * MIB]), (5 * MIB + 10, b'a', b'b'));
}

#[tokio::test(start_paused = true)]
async fn parts_that_are_too_small_or_too_far_are_refused() {
    let cloud = cloud(quiet());
    cloud.create_bucket("target");
    cloud.put_sparse("source", "a", 100);
    let s3 = inside(&cloud).s3();
    let upload = start(&s3, "a").await;
    let part = s3.upload_part_copy().bucket("target").key("a").upload_id(&upload).copy_source("source/a");
    let mut parts = Vec::new();
    for number in [1, 2] {
        let copied = part.clone().part_number(number).copy_source_range("bytes=0-49").send().await.unwrap();
        parts.push((number, copied.copy_part_result().unwrap().e_tag().unwrap().to_owned()));
    }
    let complete = s3.complete_multipart_upload().bucket("target").key("a").upload_id(&upload);
    let small = complete.multipart_upload(completed(&parts)).send().await;
    assert_eq!(failure(small), refused(400, "EntityTooSmall"));
    let beyond = part.clone().part_number(3).copy_source_range("bytes=50-100").send().await;
    assert_eq!(failure(beyond), refused(400, "InvalidArgument"));
    let backwards = part.clone().part_number(3).copy_source_range("bytes=9-5").send().await;
    assert_eq!(failure(backwards), refused(400, "InvalidArgument"));
    let numberless = part.clone().part_number(10_001).send().await;
    assert_eq!(failure(numberless), refused(400, "InvalidArgument"));

    s3.abort_multipart_upload().bucket("target").key("a").upload_id(&upload).send().await.unwrap();
    assert_eq!(failure(part.part_number(1).send().await), refused(404, "NoSuchUpload"));
}
