//! `planner cloud` as another client sees it.

use serde_json::json;

use crate::localstack::boto3;
use crate::planner::{QUICK, planner, run, shipped, write_scenario};
use crate::served::{ACCESS_KEY, SECRET_KEY, serve};

#[test]
fn boto3_finds_what_the_scenario_promises() {
    let folder = tempfile::tempdir().unwrap();
    let served = serve(&shipped("daily"), folder.path());
    let found = boto3(
        &served.url,
        (ACCESS_KEY, SECRET_KEY),
        &[],
        "found = objects('planner-source')
sizes = [size for size, _ in found.values()]
head = s3.head_object(Bucket='planner-source', Key=sorted(found)[0])
topics = [topic['TopicArn'] for topic in sns.list_topics()['Topics']]
answer({
    'count': len(found), 'least': min(sizes), 'most': max(sizes), 'distinct': len(set(sizes)),
    'days': len({key.split('/')[0] for key in found}), 'first': sorted(found)[0],
    'head': head['ContentLength'] == found[sorted(found)[0]][0],
    'destination': objects('planner-destination'), 'topics': topics,
    'missing': refused(s3.head_object, Bucket='planner-source', Key='no such key'),
})",
    );
    assert_eq!((&found["count"], &found["days"]), (&json!(250), &json!(31)));
    let (least, most) = (found["least"].as_u64().unwrap(), found["most"].as_u64().unwrap());
    assert!(600_000_000 <= least && least < most && most <= 800_000_000, "{found}");
    assert!(found["distinct"].as_u64().unwrap() > 240);
    assert_eq!(found["first"], "2026-01-01/object-000000");
    assert_eq!((&found["head"], &found["destination"]), (&json!(true), &json!({})));
    assert_eq!(found["topics"], json!(["arn:aws:sns:us-east-1:000000000000:planner-copies"]));
    assert_eq!(found["missing"], "404");
    assert_eq!(served.terminate(), Some(0));
}

#[test]
fn boto3_copies_publishes_and_is_refused_without_the_secret() {
    let folder = tempfile::tempdir().unwrap();
    // Large objects as in the daily run, copied in next to no time.
    let text = QUICK.replace("1KiB", "700MB");
    let served = serve(&write_scenario(folder.path(), &text), folder.path());
    let done = boto3(
        &served.url,
        (ACCESS_KEY, SECRET_KEY),
        &[],
        "key, to = sorted(objects('planner-source'))[0], 'planner-destination'
source = {'Bucket': 'planner-source', 'Key': key}
single = s3.copy_object(Bucket=to, Key='single', CopySource=source)['CopyObjectResult']['ETag']
upload = s3.create_multipart_upload(Bucket=to, Key='parts')['UploadId']
parts, size, step = [], 700_000_000, 300_000_000
for number, start in enumerate(range(0, size, step), 1):
    part = s3.upload_part_copy(
        Bucket=to, Key='parts', UploadId=upload, PartNumber=number, CopySource=source,
        CopySourceRange=f'bytes={start}-{min(start + step, size) - 1}')
    parts.append({'PartNumber': number, 'ETag': part['CopyPartResult']['ETag']})
s3.complete_multipart_upload(Bucket=to, Key='parts', UploadId=upload, MultipartUpload={'Parts': parts})
topic = sns.list_topics()['Topics'][0]['TopicArn']
entries = [{'Id': str(number), 'Message': 'm'} for number in range(10)]
batch = sns.publish_batch(TopicArn=topic, PublishBatchRequestEntries=entries)
answer({
    'head': [s3.head_object(Bucket=to, Key=key)[name] for key in ('single', 'parts')
             for name in ('ContentLength', 'ETag')],
    'single': single, 'source': s3.head_object(**source)['ETag'],
    'message': len(sns.publish(TopicArn=topic, Message='m')['MessageId']),
    'batch': [len(batch['Successful']), len(batch.get('Failed', []))],
})",
    );
    let head = done["head"].as_array().unwrap();
    assert_eq!((&head[0], &head[2]), (&json!(700_000_000), &json!(700_000_000)));
    assert_eq!((&head[1], &done["single"]), (&done["single"], &done["source"]), "the same content");
    assert!(head[3].as_str().unwrap().ends_with("-3\""), "{done}");
    assert_eq!((&done["message"], &done["batch"]), (&json!(36), &json!([10, 0])));

    let refused = boto3(
        &served.url,
        (ACCESS_KEY, "a wrong secret"),
        &[],
        "source = {'Bucket': 'planner-source', 'Key': '2026-01-01/object-000000'}
topic = 'arn:aws:sns:us-east-1:000000000000:planner-copies'
answer([
    refused(s3.list_objects_v2, Bucket='planner-source'),
    refused(s3.copy_object, Bucket='planner-destination', Key='stolen', CopySource=source),
    refused(sns.publish, TopicArn=topic, Message='m'),
])",
    );
    assert_eq!(refused, json!(vec!["SignatureDoesNotMatch"; 3]));
    let found =
        boto3(&served.url, (ACCESS_KEY, SECRET_KEY), &[], "answer(sorted(objects('planner-destination')))");
    assert_eq!(found, json!(["parts", "single"]));
}

#[test]
fn a_port_that_is_taken_is_named() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let mut command = planner();
    command.args(["cloud", "--listen", &address]);
    let ended = run(command).with_code(3);
    assert!(ended.stderr.contains(&address) && ended.stderr.contains("--listen"), "{}", ended.stderr);
    assert_eq!(ended.stdout, "");
}
