//! The accept loop: bounded in connections and in time, and stopped in order.
//!
//! Our own, because `axum::serve` knows no limit to how long a client may take to say what it wants.

use std::convert::Infallible;
use std::future::{Future, poll_fn};
use std::io;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use axum::extract::Request;
use axum::response::Response;
use axum::{Extension, Router};
use hyper::body::Incoming;
use hyper::rt::{Read, Write};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use hyper_util::service::TowerToHyperService;
use rustls::ServerConfig;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use super::client::Client;
use super::events::Stop;
use super::idle::Requests;
use super::patience::Patience;
use super::places::{Place, Places};
use super::secured::{self, Secured, Settings};

/// The most requests at once on a connection of HTTP/2: as many answers wait in memory when nobody reads them.
const MAX_STREAMS: u32 = 4;
/// How long a client may take for a request's head, and for the handshake of TLS.
const HEAD_LIMIT: Duration = Duration::from_secs(10);
/// How long a new connection may take to its first answer: a head's time and a handler's.
const OPENING_LIMIT: Duration = Duration::from_secs(20);
/// How long a connection may stand still after that.
const IDLE_LIMIT: Duration = Duration::from_secs(90);
/// How long requests under way may go on after the server was told to stop.
const GRACE: Duration = Duration::from_secs(3);
/// How long to let things recover when the process is out of file descriptors or memory.
const ACCEPT_PAUSE: Duration = Duration::from_millis(250);
/// The most bytes of a request's head.
const MAX_HEAD: usize = 32 * 1024;

/// Serves anybody, without TLS, until `stop` completes, then lets requests under way finish for up to three seconds.
pub async fn serve(listeners: Vec<TcpListener>, router: Router, stop: impl Future<Output = ()>) {
    serve_secured(listeners, router, Arc::new(Secured::open_to_all()), stop).await;
}

/// As [`serve`], with the TLS, the users and the headers of a web configuration, which is read again when it changes.
pub async fn serve_secured(
    listeners: Vec<TcpListener>,
    router: Router,
    secured: Arc<Secured>,
    stop: impl Future<Output = ()>,
) {
    let mut stop = pin!(stop);
    let (going, gone) = watch::channel(());
    let router = secured::layer(router.layer(Extension(Stop(gone.clone()))), Arc::clone(&secured));
    let places = Arc::new(Places::default());
    let graceful = GracefulShutdown::new();
    let mut connections = JoinSet::new();
    let mut kept_fresh = pin!(secured.keep_fresh());

    loop {
        tokio::select! {
            () = &mut stop => break,
            () = &mut kept_fresh => {}
            Some(_) = connections.join_next() => {}
            (stream, peer) = accept(&listeners) => {
                let client = Client::of(peer);
                let Some(place) = places.take(client) else {
                    tracing::debug!(%peer, "a connection was refused: there are too many");
                    continue;
                };
                let connection = Connection { client, settings: secured.settings(), place };
                connections.spawn(connection.serve(stream, router.clone(), graceful.watcher(), gone.clone()));
            }
        }
    }

    // Streams of events have no end of their own.
    drop(going);
    drop(listeners);
    if tokio::time::timeout(GRACE, graceful.shutdown()).await.is_err() {
        tracing::warn!("requests under way were cut off");
    }
}

/// A connection that has a place, under the settings of when it came.
struct Connection {
    client: Client,
    settings: Arc<Settings>,
    /// Held until the end.
    place: Place,
}

impl Connection {
    /// Serves it to its end; `gone` tells when the server is stopping.
    async fn serve(self, stream: TcpStream, router: Router, watcher: Watcher, mut gone: watch::Receiver<()>) {
        let Some(tls) = self.settings.tls() else { return self.speak(stream, router, watcher).await };
        let encrypted = tokio::select! {
            // Nobody sends on it: this is the end of the sender. A request cannot be under way yet.
            _ = gone.changed() => return,
            encrypted = tokio::time::timeout(HEAD_LIMIT, handshake(stream, tls)) => encrypted,
        };
        match encrypted {
            Ok(Ok(stream)) => self.speak(stream, router, watcher).await,
            Ok(Err(error)) => tracing::debug!(%error, client = ?self.client, "a handshake of TLS failed"),
            Err(_) => tracing::debug!(client = ?self.client, "a handshake of TLS took too long"),
        }
    }

    async fn speak<S>(self, stream: S, router: Router, watcher: Watcher)
    where
        S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
        TokioIo<Patience<S>>: Read + Write,
    {
        let stream = TokioIo::new(Patience::new(stream, OPENING_LIMIT, IDLE_LIMIT));
        let requests = Requests::none();
        let router = TowerToHyperService::new(router);
        let service = Introduced { client: self.client, requests: requests.clone(), router };
        let protocol = protocol(self.settings.http2());
        tokio::select! {
            ended = watcher.watch(protocol.serve_connection(stream, service)) => if let Err(error) = ended {
                tracing::debug!(error, "a connection ended early");
            },
            () = requests.none_for(OPENING_LIMIT, IDLE_LIMIT) => {
                tracing::debug!(client = ?self.client, "a connection on which nothing moves is closed");
            }
        }
        drop(self.place);
    }
}

async fn handshake(stream: TcpStream, tls: Arc<ServerConfig>) -> io::Result<TlsStream<TcpStream>> {
    TlsAcceptor::from(tls).accept(stream).await
}

fn protocol(http2: bool) -> auto::Builder<TokioExecutor> {
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(HEAD_LIMIT).max_buf_size(MAX_HEAD);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(MAX_STREAMS)
        .max_header_list_size(32 * 1024)
        .keep_alive_interval(Duration::from_secs(30));
    if http2 { builder } else { builder.http1_only() }
}

/// The router, which is told whom every request is from; notes what moves.
#[derive(Debug, Clone)]
struct Introduced {
    client: Client,
    requests: Requests,
    router: TowerToHyperService<Router>,
}

impl hyper::service::Service<Request<Incoming>> for Introduced {
    type Response = Response;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

    fn call(&self, mut request: Request<Incoming>) -> Self::Future {
        request.extensions_mut().insert(self.client);
        let (waiting, answer) = (self.requests.begin(), self.router.call(request));
        Box::pin(async move { Ok(waiting.answered(answer.await?)) })
    }
}

/// The next connection.
async fn accept(listeners: &[TcpListener]) -> (TcpStream, SocketAddr) {
    loop {
        match accept_any(listeners).await {
            Ok(accepted) => return accepted,
            Err(error) if concerns_one_connection(&error) => {}
            Err(error) => {
                tracing::warn!(%error, "cannot accept connections");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

async fn accept_any(listeners: &[TcpListener]) -> io::Result<(TcpStream, SocketAddr)> {
    let accepted = poll_fn(|context| {
        let mut polls = listeners.iter().map(|listener| listener.poll_accept(context));
        polls.find(Poll::is_ready).unwrap_or(Poll::Pending)
    });
    let (stream, peer) = accepted.await?;
    // Small answers must not wait for a delayed acknowledgement; that this can fail matters to nobody.
    let _ = stream.set_nodelay(true);
    Ok((stream, peer))
}

/// Whether a failed accept says something of one connection only, which is gone; accept(2) lists them.
fn concerns_one_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted)
}

#[cfg(test)]
mod tests {
    use std::task::Context;

    use axum::body::{Body, Bytes};
    use axum::routing::get;
    use http_body::Frame;
    use http_body_util::{BodyExt, Empty};
    use hyper::client::conn::http2::{Builder, SendRequest};

    use super::*;

    const BEAT: Duration = Duration::from_secs(15);

    /// A body without an end.
    struct Beats(tokio::time::Interval);

    impl http_body::Body for Beats {
        type Data = Bytes;
        type Error = Infallible;

        fn poll_frame(
            mut self: Pin<&mut Self>,
            cx: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
            self.0.poll_tick(cx).map(|_| Some(Ok(Frame::data(Bytes::from_static(b"beat")))))
        }
    }

    /// Of HTTP/2, over no network, so that time can be paused: a client, and when it sees its end.
    async fn connected() -> (SendRequest<Empty<&'static [u8]>>, JoinSet<hyper::Result<()>>) {
        connected_with_room_for(64 * 1024).await
    }

    /// One whose client takes no more than so many bytes of an answer before it reads them.
    async fn connected_with_room_for(bytes: u32) -> (SendRequest<Empty<&'static [u8]>>, JoinSet<hyper::Result<()>>) {
        let (theirs, ours) = tokio::io::duplex(64 * 1024);
        let client = Client::of(SocketAddr::from(([192, 0, 2, 1], 1)));
        let place = Arc::new(Places::default()).take(client).unwrap();
        let connection = Connection { client, settings: Secured::open_to_all().settings(), place };
        let router = Router::new()
            .route("/", get(async || "well"))
            .route("/endless", get(async || Body::new(Beats(tokio::time::interval(BEAT)))));
        let graceful = GracefulShutdown::new();
        let mut tasks = JoinSet::new();
        let watcher = graceful.watcher();
        tokio::spawn(async move {
            connection.speak(ours, router, watcher).await;
            drop(graceful);
        });
        let mut builder = Builder::new(TokioExecutor::new());
        builder.initial_stream_window_size(bytes);
        let (sender, connection) = builder.handshake(TokioIo::new(theirs)).await.unwrap();
        tasks.spawn(connection);
        (sender, tasks)
    }

    fn request(path: &str) -> axum::http::Request<Empty<&'static [u8]>> {
        axum::http::Request::get(format!("http://monitor.example{path}")).body(Empty::new()).unwrap()
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_asks_for_nothing_any_more_loses_its_place() {
        let (mut sender, mut connection) = connected().await;
        let answer = sender.send_request(request("/")).await.unwrap();
        assert_eq!(answer.into_body().collect().await.unwrap().to_bytes(), "well");
        let began = tokio::time::Instant::now();
        let end = tokio::time::timeout(10 * IDLE_LIMIT, connection.join_next()).await;
        assert!(end.is_ok(), "it answers pings for ever");
        assert!(began.elapsed() <= IDLE_LIMIT + HEAD_LIMIT, "{:?}", began.elapsed());
    }

    #[tokio::test(start_paused = true)]
    async fn one_that_listens_keeps_it() {
        let (mut sender, mut connection) = connected().await;
        let mut body = sender.send_request(request("/endless")).await.unwrap().into_body();
        for _ in 0..100 {
            assert!(body.frame().await.unwrap().is_ok());
        }
        assert!(connection.try_join_next().is_none());
        drop(body);
        assert!(tokio::time::timeout(10 * IDLE_LIMIT, connection.join_next()).await.is_ok());
    }
    #[tokio::test(start_paused = true)]
    async fn one_that_does_not_read_what_it_listens_to_loses_it() {
        let (mut sender, mut connection) = connected_with_room_for(10).await;
        let _unread = sender.send_request(request("/endless")).await.unwrap();
        let end = tokio::time::timeout(10 * IDLE_LIMIT, connection.join_next()).await;
        assert!(end.is_ok(), "it answers pings for ever");
    }
}
