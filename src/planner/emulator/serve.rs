//! The endpoint on a socket, in real time.

use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use s3s::Body;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::cloud::Cloud;
use super::router::Router;

/// How long requests may go on after the shutdown.
const GRACE: Duration = Duration::from_secs(5);

/// How long to wait before accepting again when the machine has run out of files.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Serves `cloud` over HTTP/1.1 with keep-alive until `shutdown` is ready; then requests under way
/// get five more seconds.
///
/// # Errors
/// When the listener fails for a reason other than one connection or a lack of files.
pub async fn serve(
    listener: TcpListener,
    cloud: &Cloud,
    shutdown: impl Future<Output = ()>,
) -> io::Result<()> {
    cloud.follow_time_of_day();
    let mut shutdown = pin!(shutdown);
    let (stop, stopping) = watch::channel(false);
    let mut connections = JoinSet::new();
    let result = loop {
        tokio::select! {
            () = &mut shutdown => break Ok(()),
            Some(_) = connections.join_next() => {}
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    connections.spawn(connection(stream, Arc::clone(&cloud.router), stopping.clone()));
                }
                Err(error) if is_passing(&error) => tokio::time::sleep(ACCEPT_PAUSE).await,
                Err(error) => break Err(error),
            },
        }
    };
    // Nobody may be listening any more, which is what is wanted.
    let _ = stop.send(true);
    let all_done = async { while connections.join_next().await.is_some() {} };
    // Dropping the set ends those that outlast the grace.
    let _ = tokio::time::timeout(GRACE, all_done).await;
    result
}

async fn connection(stream: TcpStream, router: Arc<Router>, mut stopping: watch::Receiver<bool>) {
    // Without it small answers wait for each other's acknowledgement; but they arrive.
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |request: http::Request<Incoming>| {
        let router = Arc::clone(&router);
        async move { Ok::<_, Infallible>(router.call(request.map(Body::from)).await) }
    });
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new());
    let mut serving = pin!(builder.serve_connection(TokioIo::new(stream), service));
    tokio::select! {
        _ = serving.as_mut() => return,
        _ = stopping.wait_for(|stop| *stop) => serving.as_mut().graceful_shutdown(),
    }
    // A client that breaks off is its own affair.
    let _ = serving.await;
}

/// Whether accepting again later can work: this connection was lost, or files are short just now.
fn is_passing(error: &io::Error) -> bool {
    const ENFILE: i32 = 23;
    const EMFILE: i32 = 24;
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset | io::ErrorKind::Interrupted
    ) || matches!(error.raw_os_error(), Some(ENFILE | EMFILE))
}
