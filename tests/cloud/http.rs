//! The endpoint on a socket.

use std::time::Duration;

use aws_sdk_s3::primitives::ByteStream;
use planner::emulator::{Cloud, serve};
use planner_core::service::Profile;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::clients::{Access, cloud, failure, inside, quiet, refused};

/// A quick profile, since time is real here.
fn quick() -> Profile {
    let mut profile = quiet();
    profile.copy.base_s = 0.03;
    profile.request.metadata_s = 0.001;
    profile.publish.base_s = 0.001;
    profile
}

struct HttpEndpoint {
    url: String,
    stop: oneshot::Sender<()>,
    server: JoinHandle<std::io::Result<()>>,
}

async fn served(cloud: &Cloud) -> HttpEndpoint {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (stop, stopped) = oneshot::channel();
    let cloud = cloud.clone();
    let server = tokio::spawn(async move { serve(listener, &cloud, async { drop(stopped.await) }).await });
    HttpEndpoint { url, stop, server }
}

#[tokio::test]
async fn both_services_answer_over_http() {
    let cloud = cloud(quick());
    cloud.put_sparse("source", "a", 1000);
    let served = served(&cloud).await;
    let access = Access { http_client: None, url: &served.url, ..inside(&cloud) };
    let (s3, sns) = (access.s3(), access.sns());
    s3.create_bucket().bucket("target").send().await.unwrap();
    s3.copy_object().bucket("target").key("b").copy_source("source/a").send().await.unwrap();
    let got = s3.get_object().bucket("target").key("b").send().await.unwrap();
    assert_eq!(got.body.collect().await.unwrap().into_bytes(), vec![0u8; 1000]);
    let body = ByteStream::from(vec![1u8; 300_000]);
    s3.put_object().bucket("target").key("c").body(body).send().await.unwrap();
    let put = s3.head_object().bucket("target").key("c").send().await.unwrap();
    assert_eq!(put.content_length(), Some(300_000));
    let missing = s3.head_object().bucket("target").key("none").send().await;
    assert_eq!(failure(missing), refused(404, "NotFound"));

    let arn = sns.create_topic().name("copies").send().await.unwrap().topic_arn.unwrap();
    sns.publish().topic_arn(&arn).message("m").send().await.unwrap();
    assert_eq!(cloud.messages(&arn), Some(1));
    let wrong = Access { secret_key: "wrong", ..access };
    let denied = wrong.sns().publish().topic_arn(&arn).message("m").send().await;
    assert_eq!(failure(denied), refused(403, "SignatureDoesNotMatch"));

    served.stop.send(()).unwrap();
    served.server.await.unwrap().unwrap();
    assert!(TcpStream::connect(served.url.trim_start_matches("http://")).await.is_err());
}

#[tokio::test]
async fn unsigned_requests_are_refused_in_each_services_own_words() {
    let cloud = cloud(quick());
    let served = served(&cloud).await;
    let ask = async |request: &str| {
        let mut stream = TcpStream::connect(served.url.trim_start_matches("http://")).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    };
    let s3 = ask("GET / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").await;
    assert!(s3.starts_with("HTTP/1.1 403 ") && s3.contains("<Code>AccessDenied</Code>"), "{s3}");
    let sns = ask("POST / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-length: 14\r\n\
         content-type: application/x-www-form-urlencoded\r\n\r\nAction=Publish")
    .await;
    assert!(sns.starts_with("HTTP/1.1 403 "), "{sns}");
    assert!(sns.contains("<Code>MissingAuthenticationToken</Code>"), "{sns}");
}

#[tokio::test]
async fn a_client_that_hangs_up_leaves_the_gauge() {
    let mut profile = quick();
    profile.copy.base_s = 600.0;
    let cloud = cloud(profile);
    cloud.put_sparse("source", "a", 1000);
    let served = served(&cloud).await;
    let access = Access { http_client: None, url: &served.url, ..inside(&cloud) };
    let copy = access.s3().copy_object().bucket("source").key("b").copy_source("source/a");
    let copy = tokio::spawn(copy.send());
    let gauge = cloud.gauge();
    let becomes = async |copies| {
        while gauge.read().copies != copies {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    becomes(1).await;
    copy.abort();
    tokio::time::timeout(Duration::from_secs(30), becomes(0)).await.expect("the copy left the gauge");
}
