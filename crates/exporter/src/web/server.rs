//! The accept loop: bounded in connections and in time, and stopped in order.
//!
//! Our own, because `axum::serve` knows no limit to how long a client may take to say what it wants.

use std::future::{Future, poll_fn};
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use axum::Router;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;

use super::patience::Patience;

/// The most connections at once; more wait in the backlog.
const MAX_CONNECTIONS: usize = 256;
/// The most requests at once on a connection of HTTP/2: as many answers wait in memory when nobody reads them.
const MAX_STREAMS: u32 = 4;
/// How long a client may take for a request's head.
const HEAD_LIMIT: Duration = Duration::from_secs(10);
/// How long a new connection may take to its first answer: a head's time and a handler's.
const OPENING_LIMIT: Duration = Duration::from_secs(20);
/// How long a connection may stand still after that.
const IDLE_LIMIT: Duration = Duration::from_secs(90);
/// How long requests under way may go on after the server was told to stop.
const GRACE: Duration = Duration::from_secs(3);
/// How long to let things recover when the process is out of file descriptors or memory.
const ACCEPT_PAUSE: Duration = Duration::from_millis(250);
/// The most bytes of a request's head; there are no request bodies.
const MAX_HEAD: usize = 32 * 1024;

/// Serves until `stop` completes, then lets requests under way finish for up to three seconds.
pub async fn serve(listeners: Vec<TcpListener>, router: Router, stop: impl Future<Output = ()>) {
    let mut stop = pin!(stop);
    let slots = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    let graceful = GracefulShutdown::new();
    let mut connections = JoinSet::new();
    let protocol = protocol();

    loop {
        tokio::select! {
            () = &mut stop => break,
            Some(_) = connections.join_next() => {}
            (stream, slot) = accept(&listeners, &slots) => {
                connections.spawn(speak(stream, slot, protocol.clone(), router.clone(), graceful.watcher()));
            }
        }
    }

    drop(listeners);
    if tokio::time::timeout(GRACE, graceful.shutdown()).await.is_err() {
        tracing::warn!("requests under way were cut off");
    }
}

fn protocol() -> auto::Builder<TokioExecutor> {
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(HEAD_LIMIT).max_buf_size(MAX_HEAD);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(MAX_STREAMS)
        .max_header_list_size(32 * 1024)
        .keep_alive_interval(Duration::from_secs(30));
    builder
}

async fn speak(
    stream: TcpStream,
    _slot: OwnedSemaphorePermit,
    protocol: auto::Builder<TokioExecutor>,
    router: Router,
    watcher: Watcher,
) {
    let stream = TokioIo::new(Patience::new(stream, OPENING_LIMIT, IDLE_LIMIT));
    let connection = protocol.serve_connection(stream, TowerToHyperService::new(router));
    if let Err(error) = watcher.watch(connection).await {
        tracing::debug!(error, "a connection ended early");
    }
}

/// The next connection, once there is room for it.
async fn accept(listeners: &[TcpListener], slots: &Arc<Semaphore>) -> (TcpStream, OwnedSemaphorePermit) {
    let slot = match Arc::clone(slots).acquire_owned().await {
        Ok(slot) => slot,
        // Only a closed semaphore refuses, and nobody closes it.
        Err(_) => std::future::pending().await,
    };
    loop {
        match accept_any(listeners).await {
            Ok(stream) => return (stream, slot),
            Err(error) if concerns_one_connection(&error) => {}
            Err(error) => {
                tracing::warn!(%error, "cannot accept connections");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

async fn accept_any(listeners: &[TcpListener]) -> io::Result<TcpStream> {
    let accepted = poll_fn(|context| {
        let mut polls = listeners.iter().map(|listener| listener.poll_accept(context));
        polls.find(Poll::is_ready).unwrap_or(Poll::Pending)
    });
    let (stream, _) = accepted.await?;
    // Small answers must not wait for a delayed acknowledgement; that this can fail matters to nobody.
    let _ = stream.set_nodelay(true);
    Ok(stream)
}

/// Whether a failed accept says something of one connection only, which is gone; accept(2) lists them.
fn concerns_one_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted)
}
