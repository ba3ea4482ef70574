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
use planner::cloud::{Cloud, CloudConfig};
use planner::load::attempt::{Outcome, Request, Start};
use planner::scenario::file::{Copy, OperationKind, Size};
use planner::scenario::objects::{ObjectSet, Workload};
use planner::scenario::quantity::Bytes;
use planner::target::clients::Clients;
use planner::target::operation::{Operator, Places};

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
    Clients::in_process(cloud, &CloudConfig::default(), Duration::from_secs(900))
}

fn workload(operation: OperationKind, size: Size) -> Workload {
    let objects = ObjectSet::Generated { count: 20, size, prefixes: 1, seed: 1 };
    let copy = Copy { multipart_above: Bytes(100 << 20), part_size: Bytes(64 << 20), parallel_parts: 4 };
    Workload { objects, operation, copy, batch: 3 }
}

fn places() -> Places {
    Places {
        source_bucket: "source".into(),
        source_prefix: String::new(),
        destination_bucket: "target".into(),
        destination_prefix: "planner-runs/r/copies/".into(),
        topic_arn: "arn:aws:sns:us-east-1:000000000000:t".into(),
    }
}

fn start(job: u64, request: Request, attempt: u32) -> Start {
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
async fn publish(answers: &[&'static str], attempts: &[u32]) -> (Vec<Outcome>, Vec<Vec<u64>>) {
    let script = Script::default();
    *script.answers.lock().unwrap() = answers.to_vec();
    let mut clients = clients(&Cloud::new(CloudConfig::default()));
    let config = clients.sns.config().to_builder().http_client(script.clone()).build();
    clients.sns = aws_sdk_sns::Client::from_conf(config);
    let workload = workload(OperationKind::Publish, Size::Fixed(Bytes(1)));
    let operator = Operator::new(clients, workload, places(), None);
    let mut outcomes = Vec::new();
    for &attempt in attempts {
        outcomes.push(operator.attempt(&start(0, Request::Publish, attempt)).await.outcome);
    }
    let received = script.received.lock().unwrap();
    let objects = |body: &String| (0..3).filter(|id| body.contains(&format!("Id={id}&"))).collect();
    (outcomes, received.iter().map(objects).collect())
}

#[tokio::test(start_paused = true)]
async fn only_the_refused_messages_of_a_batch_are_published_again() {
    let (outcomes, sent) = publish(&[SECOND_REFUSED, DOWN, ALL_SENT], &[1, 2, 3]).await;
    assert_eq!(outcomes, [Outcome::ServerError, Outcome::ServerError, Outcome::Ok]);
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
    assert_eq!(outcomes, [Outcome::Throttled, Outcome::Ok]);
    assert_eq!(sent[1], [0, 1]);
}
