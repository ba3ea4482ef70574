//! What a server may answer instead of what S3 answers, over real sockets.

use std::sync::Arc;
use std::time::Duration;

use planner::emulator::CloudConfig;
use planner_aws::created::{Created, CreatedLog};
use planner_aws::operation::{Operator, Places};
use planner_aws::reply::Reply;
use planner_core::load::attempt::{AttemptOutcome, RequestKind, Start};
use planner_core::scenario::file::{Copy, OperationKind, Size};
use planner_core::scenario::objects::{ObjectSet, Workload};
use planner_core::units::quantity::Bytes;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

/// What a server sends for every request: a beginning, and then a piece so many times over.
struct CannedResponse {
    head: String,
    piece: String,
    pieces: usize,
}

fn whole(status: &str, body: &str) -> CannedResponse {
    let head =
        format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}", body.len());
    CannedResponse { head, piece: String::new(), pieces: 0 }
}

/// One copy on a server that answers so, and what the run's list has of it afterwards.
async fn copy(answer: CannedResponse) -> (Reply, Created, u64) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let served = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut request = [0; 16 * 1024];
        let _ = stream.read(&mut request).await.unwrap();
        stream.write_all(answer.head.as_bytes()).await.unwrap();
        for _ in 0..answer.pieces {
            if stream.write_all(answer.piece.as_bytes()).await.is_err() {
                return;
            }
        }
    });
    let objects = ObjectSet::Generated { count: 1, size: Size::Fixed(Bytes(1)), prefixes: 1, seed: 1 };
    let workload = Workload { objects, operation: OperationKind::Copy, copy: Copy::default(), batch: 1 };
    let places = Places::of_run("r", "source", "target");
    let folder = tempfile::tempdir().unwrap();
    let log = Arc::new(CreatedLog::create(folder.path()).unwrap());
    let clients = CloudConfig::default().clients_at(&url, Duration::from_secs(60));
    let operator = Operator::new(clients, workload, places, Some(Arc::clone(&log)));
    let start = Start {
        job: 0,
        object: 0,
        request: RequestKind::Copy,
        attempt: 1,
        worker: None,
        job_intended_ns: 0,
        intended_ns: 0,
        bytes: 1,
        items: 1,
    };
    let reply = operator.attempt(&start).await;
    served.abort();
    (reply, Created::read(folder.path()).unwrap(), log.untagged())
}

async fn check(answer: CannedResponse, outcome: AttemptOutcome, code: &str) {
    let (reply, created, _) = copy(answer).await;
    assert_eq!((reply.outcome, reply.code.as_deref()), (outcome, Some(code)));
    assert!(created.objects.values().all(|object| object.last.is_none()), "nothing confirms it");
}

#[tokio::test]
async fn a_200_without_a_result_is_no_success() {
    check(whole("200 OK", ""), AttemptOutcome::ServerError, "EmptyResult").await;
    let error = "<Error><Code>InternalError</Code><Message>again</Message></Error>";
    check(whole("200 OK", error), AttemptOutcome::ServerError, "InternalError").await;
}

#[tokio::test]
async fn a_copy_without_a_tag_stays_unconfirmed() {
    let (reply, created, untagged) = copy(whole("200 OK", "<CopyObjectResult></CopyObjectResult>")).await;
    assert_eq!((reply, untagged), (Reply::OK, 1));
    let object = created.objects.values().next().unwrap();
    assert_eq!((&object.last, object.unconfirmed), (&None, 1));
}

#[tokio::test]
async fn an_answer_that_breaks_off_after_its_head_is_a_lost_connection() {
    let body = "<CopyObjectResult><ETag>\"e\"</ETag></CopyObjectResult>";
    for kept in [0, 20, body.len() - 1] {
        let mut answer = whole("200 OK", body);
        answer.head.truncate(answer.head.len() - body.len() + kept);
        check(answer, AttemptOutcome::Connection, "AnswerCutOff").await;
    }
}

#[tokio::test]
async fn no_answer_is_read_without_end() {
    let head = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n".to_owned();
    let piece = format!("10000\r\n{}\r\n", "x".repeat(0x10000));
    check(CannedResponse { head, piece, pieces: 100_000 }, AttemptOutcome::ServerError, "AnswerTooLarge")
        .await;
}

#[tokio::test]
async fn an_error_code_is_kept_as_far_as_it_is_a_word() {
    let long = "ü".repeat(1_000_000);
    let body = format!("<Error><Code>{long}</Code></Error>");
    check(whole("500 Internal Server Error", &body), AttemptOutcome::ServerError, &"ü".repeat(100)).await;
}
