//! Operations and clean-up against endpoints in this process.

use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;
use planner::emulator::{Cloud, CloudConfig};
use planner_aws::TargetError;
use planner_aws::cleanup::{CleanUp, CleanupScope, RunNames, clean_up};
use planner_aws::clients::Clients;
use planner_aws::created::{Created, CreatedLog, KeyEvent};
use planner_aws::operation::{Operator, Places};
use planner_core::load::attempt::{AttemptOutcome, RequestKind, Start};
use planner_core::scenario::file::{Copy, OperationKind, Size};
use planner_core::scenario::objects::{ObjectSet, Workload};
use planner_core::units::quantity::Bytes;

/// A server that gives prepared answers in turn and keeps what it was sent.
#[derive(Clone, Default)]
struct Script {
    answers: Arc<Mutex<Vec<&'static str>>>,
    received: Arc<Mutex<Vec<String>>>,
}

impl fmt::Debug for Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Script")
    }
}

impl HttpClient for Script {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Script {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let body = request.body().bytes().unwrap_or_default();
        self.received.lock().unwrap().push(String::from_utf8_lossy(body).into_owned());
        let answer = self.answers.lock().unwrap().remove(0);
        let status = if answer.contains("<Error>") { 503 } else { 200 };
        let status = StatusCode::try_from(status).unwrap();
        HttpConnectorFuture::ready(Ok(HttpResponse::new(status, SdkBody::from(answer))))
    }
}

fn clients(cloud: &Cloud) -> Clients {
    cloud.clients(Duration::from_secs(900))
}

fn workload(operation: OperationKind, size: Size) -> Workload {
    let objects = ObjectSet::Generated { count: 20, size, prefixes: 1, seed: 1 };
    let copy = Copy { multipart_above: Bytes(100 << 20), part_size: Bytes(64 << 20), parallel_parts: 4 };
    Workload { objects, operation, copy, batch: 3 }
}

fn places() -> Places {
    Places {
        run: "test".into(),
        source_bucket: "source".into(),
        source_prefix: String::new(),
        destination_bucket: "target".into(),
        destination_prefix: "planner-runs/r/copies/".into(),
        topic_arn: "arn:aws:sns:us-east-1:000000000000:t".into(),
    }
}

fn start(job: u64, request: RequestKind, attempt: u32) -> Start {
    Start {
        job,
        object: job,
        request,
        attempt,
        worker: None,
        job_intended_ns: 0,
        intended_ns: 0,
        bytes: 0,
        items: 3,
    }
}

const ALL_SENT: &str = "<PublishBatchResponse><PublishBatchResult><Successful/><Failed/></PublishBatchResult></PublishBatchResponse>";
const SECOND_REFUSED: &str = "<PublishBatchResponse><PublishBatchResult><Successful/><Failed>\
    <member><Id>1</Id><Code>InternalError</Code><SenderFault>false</SenderFault></member>\
    </Failed></PublishBatchResult></PublishBatchResponse>";
const TWO_REFUSED: &str = "<PublishBatchResponse><PublishBatchResult><Successful/><Failed>\
    <member><Id>0</Id><Code>InvalidParameter</Code><SenderFault>true</SenderFault></member>\
    <member><Id>1</Id><Code>Throttled</Code><SenderFault>false</SenderFault></member>\
    </Failed></PublishBatchResult></PublishBatchResponse>";
const DOWN: &str = "<ErrorResponse><Error><Code>ServiceUnavailable</Code></Error></ErrorResponse>";

/// The outcomes of a batch's attempts, given by number, and the objects that each attempt published.
async fn publish(answers: &[&'static str], attempts: &[u32]) -> (Vec<AttemptOutcome>, Vec<Vec<u64>>) {
    let script = Script::default();
    *script.answers.lock().unwrap() = answers.to_vec();
    let mut clients = clients(&Cloud::new(CloudConfig::default()));
    let config = clients.sns.config().to_builder().http_client(script.clone()).build();
    clients.sns = aws_sdk_sns::Client::from_conf(config);
    let workload = workload(OperationKind::Publish, Size::Fixed(Bytes(1)));
    let operator = Operator::new(clients, workload, places(), None);
    let mut outcomes = Vec::new();
    for &attempt in attempts {
        outcomes.push(operator.attempt(&start(0, RequestKind::Publish, attempt)).await.outcome);
    }
    let received = script.received.lock().unwrap();
    let objects = |body: &String| (0..3).filter(|id| body.contains(&format!("Id={id}&"))).collect();
    (outcomes, received.iter().map(objects).collect())
}

#[tokio::test(start_paused = true)]
async fn only_the_refused_messages_of_a_batch_are_published_again() {
    let (outcomes, sent) = publish(&[SECOND_REFUSED, DOWN, ALL_SENT], &[1, 2, 3]).await;
    assert_eq!(outcomes, [AttemptOutcome::ServerError, AttemptOutcome::ServerError, AttemptOutcome::Ok]);
    assert_eq!(sent, [vec![0, 1, 2], vec![1], vec![1]]);
}

#[tokio::test(start_paused = true)]
async fn what_a_batch_left_is_nothing_to_a_later_level() {
    let (_, sent) = publish(&[SECOND_REFUSED, ALL_SENT], &[1, 1]).await;
    assert_eq!(sent, [[0, 1, 2], [0, 1, 2]]);
}

#[tokio::test(start_paused = true)]
async fn a_batch_may_succeed_later_when_any_of_its_messages_may() {
    let (outcomes, sent) = publish(&[TWO_REFUSED, ALL_SENT], &[1, 2]).await;
    assert_eq!(outcomes, [AttemptOutcome::Throttled, AttemptOutcome::Ok]);
    assert_eq!(sent[1], [0, 1]);
}

const UNCONFIRMED_TOO: CleanupScope =
    CleanupScope { unconfirmed_too: true, unconditional_too: false, is_later: false };

/// A run folder with its list, and an operator that writes to it.
fn run(cloud: &Cloud, attempt_timeout: Duration, size: u64) -> (tempfile::TempDir, Operator) {
    cloud.create_bucket("target");
    let workload = workload(OperationKind::Copy, Size::Fixed(Bytes(size)));
    for index in 0..workload.objects.len() {
        cloud.put_sparse("source", &workload.objects.object(index).key, size);
    }
    let folder = tempfile::tempdir().unwrap();
    let log = CreatedLog::create(folder.path()).unwrap();
    let clients = cloud.clients(attempt_timeout);
    (folder, Operator::new(clients, workload, places(), Some(Arc::new(log))))
}

/// Cleans up after that run.
async fn clean(
    cloud: &Cloud,
    folder: &tempfile::TempDir,
    extent: CleanupScope,
) -> Result<CleanUp, TargetError> {
    let names = RunNames { run: "r", buckets: Some(["source", "target"]), topic: None };
    let log = CreatedLog::append(folder.path()).unwrap();
    clean_up(&clients(cloud), &log, names, extent).await
}

async fn keys(s3: &aws_sdk_s3::Client) -> usize {
    s3.list_objects_v2().bucket("target").send().await.unwrap().contents().len()
}

#[tokio::test(start_paused = true)]
async fn clean_up_keeps_on_its_list_what_it_did_not_find() {
    let (cloud, elsewhere) = (Cloud::new(CloudConfig::default()), Cloud::new(CloudConfig::default()));
    let (folder, operator) = run(&cloud, Duration::from_secs(900), 1_000_000);
    for job in 0..3 {
        assert_eq!(operator.attempt(&start(job, RequestKind::Copy, 1)).await.outcome, AttemptOutcome::Ok);
    }
    drop(operator);
    let done = clean(&elsewhere, &folder, CleanupScope::default()).await.unwrap();
    assert_eq!((done.deleted, done.absent), (0, 3), "the wrong endpoint has none of them");
    let done = clean(&cloud, &folder, CleanupScope::default()).await.unwrap();
    assert_eq!(done, CleanUp { deleted: 3, ..CleanUp::default() });
    assert_eq!(keys(&clients(&cloud).s3).await, 0);
    assert!(Created::read(folder.path()).unwrap().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_copy_that_ends_after_it_was_given_up_is_found_by_a_later_clean_up() {
    let cloud = Cloud::new(CloudConfig::default());
    let (folder, operator) = run(&cloud, Duration::from_secs(1), 1_000_000);
    drop(operator);
    let key = "planner-runs/r/copies/late";
    CreatedLog::append(folder.path()).unwrap().note(KeyEvent::Intended, "target", key).unwrap();
    let done = clean(&cloud, &folder, CleanupScope::default()).await.unwrap();
    assert_eq!(done, CleanUp { absent: 1, ..CleanUp::default() });
    cloud.put_sparse("target", key, 1);
    let done = clean(&cloud, &folder, CleanupScope::default()).await.unwrap();
    assert_eq!(done.unconfirmed, [format!("target/{key}")]);
    let done = clean(&cloud, &folder, UNCONFIRMED_TOO).await.unwrap();
    assert_eq!((done.deleted, keys(&clients(&cloud).s3).await), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn an_upload_whose_answer_was_lost_is_aborted() {
    let cloud = Cloud::new(CloudConfig::default());
    let (folder, operator) = run(&cloud, Duration::from_secs(900), 200 << 20);
    assert_eq!(operator.attempt(&start(0, RequestKind::CreateUpload, 1)).await.outcome, AttemptOutcome::Ok);
    drop(operator);
    // The upload that nobody waited for, and one to a key that only begins alike.
    let s3 = clients(&cloud).s3;
    let lost = "planner-runs/r/copies/lost";
    CreatedLog::append(folder.path()).unwrap().note(KeyEvent::UploadIntended, "target", lost).unwrap();
    for key in [lost, "planner-runs/r/copies/lost-not"] {
        s3.create_multipart_upload().bucket("target").key(key).send().await.unwrap();
    }
    let done = clean(&cloud, &folder, CleanupScope::default()).await.unwrap();
    assert_eq!(done, CleanUp { aborted: 2, ..CleanUp::default() });
    let left = s3.list_multipart_uploads().bucket("target").send().await.unwrap();
    let left: Vec<_> = left.uploads().iter().filter_map(|upload| upload.key()).collect();
    assert_eq!(left, ["planner-runs/r/copies/lost-not"]);
}

#[tokio::test(start_paused = true)]
async fn an_upload_that_never_came_to_be_is_looked_for_until_nothing_can_be_in_flight() {
    let cloud = Cloud::new(CloudConfig::default());
    let (folder, operator) = run(&cloud, Duration::from_secs(900), 1);
    drop(operator);
    CreatedLog::append(folder.path())
        .unwrap()
        .note(KeyEvent::UploadIntended, "target", "planner-runs/r/copies/never")
        .unwrap();
    for (is_later, is_empty) in [(false, false), (true, true)] {
        let extent = CleanupScope { is_later, ..CleanupScope::default() };
        let done = clean(&cloud, &folder, extent).await.unwrap();
        assert_eq!((done, Created::read(folder.path()).unwrap().is_empty()), (CleanUp::default(), is_empty));
    }
}

#[tokio::test(start_paused = true)]
async fn a_refused_upload_leaves_nothing_to_look_for() {
    let cloud = Cloud::new(CloudConfig::default());
    let (folder, operator) = run(&cloud, Duration::from_secs(900), 200 << 20);
    clients(&cloud).s3.delete_bucket().bucket("target").send().await.unwrap();
    assert_eq!(
        operator.attempt(&start(0, RequestKind::CreateUpload, 1)).await.outcome,
        AttemptOutcome::ClientError
    );
    assert!(Created::read(folder.path()).unwrap().is_empty());
}

/// A list that names what the run cannot have made is another run's, or was edited.
#[tokio::test(start_paused = true)]
async fn nothing_but_the_names_of_the_run_is_deleted() {
    let cloud = Cloud::new(CloudConfig::default());
    let (folder, operator) = run(&cloud, Duration::from_secs(900), 1_000_000);
    assert_eq!(operator.attempt(&start(0, RequestKind::Copy, 1)).await.outcome, AttemptOutcome::Ok);
    drop(operator);
    cloud.put_sparse("target", "precious", 1);
    cloud.create_bucket("empty");
    cloud.put_sparse("other", "planner-runs/r/copies/a", 1);
    let topic = cloud.create_topic("precious");
    let list = folder.path().join("created.csv");
    let honest = std::fs::read_to_string(&list).unwrap();
    for (row, named) in [
        ("intended,target,precious,", "target/precious"),
        ("intended,other,planner-runs/r/copies/a,", "other/planner-runs"),
        ("upload_begun,target,precious,u", "target/precious"),
        ("bucket,empty,,", "bucket empty"),
        (&format!("topic,,{topic},"), &topic),
    ] {
        std::fs::write(&list, format!("{honest}{row},,\n")).unwrap();
        let error = clean(&cloud, &folder, UNCONFIRMED_TOO).await.unwrap_err();
        assert!(error.is_refusal() && error.to_string().contains(named), "{error}");
    }
    let clients = clients(&cloud);
    assert_eq!(keys(&clients.s3).await, 2);
    assert_eq!(clients.s3.list_buckets().send().await.unwrap().buckets().len(), 4);
    assert_eq!(clients.sns.list_topics().send().await.unwrap().topics().len(), 1);
}
