//! `GET /api/v1/events`: server-sent events (HTML, section 9.2), for as long as the viewer stays.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Extension;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use http_body::Frame;
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, MissedTickBehavior, interval_at};

use super::feed::{Feed, MOST_VIEWERS, News, Place};

/// How often a viewer hears that the connection lives; proxies and [`super::patience`] give up on silent ones.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// A comment, which browsers ignore.
const BEAT: Bytes = Bytes::from_static(b":\n\n");
/// How soon browsers are to come back, in milliseconds, after a connection is lost.
const RETRY: Bytes = Bytes::from_static(b"retry: 3000\n\n");
/// When those are to come back for whom there is no place, in seconds.
const LATER: &str = "30";

/// Tells long answers that the server stops; without one, they go on until the viewer leaves.
#[derive(Debug, Clone)]
pub(super) struct Stop(pub(super) watch::Receiver<()>);

impl Stop {
    async fn told(stop: &mut Option<Extension<Self>>) {
        match stop {
            Some(Extension(Self(stop))) => while stop.changed().await.is_ok() {},
            None => std::future::pending().await,
        }
    }
}

/// Opens a stream, or says that all places are taken.
pub(super) async fn serve(State(feed): State<Arc<Feed>>, stop: Option<Extension<Stop>>) -> Response {
    let Some(place) = feed.join() else {
        let words = format!("{MOST_VIEWERS} viewers look already; the page reloads itself all the same.");
        let mut response = super::plain(StatusCode::SERVICE_UNAVAILABLE, &words);
        response.headers_mut().insert(header::RETRY_AFTER, header::HeaderValue::from_static(LATER));
        return response;
    };
    // One message waits at the most: whoever reads slowly costs no memory.
    let (to, messages) = mpsc::channel(1);
    tokio::spawn(tell(place, stop, to));
    ([(header::CONTENT_TYPE, "text/event-stream")], Body::new(Messages(messages))).into_response()
}

/// Tells a viewer until it leaves, the server stops or there is nothing more to tell.
async fn tell(mut place: Place, mut stop: Option<Extension<Stop>>, to: mpsc::Sender<Bytes>) {
    let mut beats = interval_at(Instant::now() + HEARTBEAT, HEARTBEAT);
    beats.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut message = RETRY;
    loop {
        tokio::select! {
            sent = to.send(message) => if sent.is_err() { return },
            () = Stop::told(&mut stop) => return,
        }
        message = tokio::select! {
            () = Stop::told(&mut stop) => return,
            () = to.closed() => return,
            event = next(&mut place.news) => match event {
                Some(event) => event,
                None => return,
            },
            _ = beats.tick() => BEAT,
        };
    }
}

/// The next event; `None` where there is no further one.
async fn next(news: &mut watch::Receiver<News>) -> Option<Bytes> {
    loop {
        news.changed().await.ok()?;
        match &*news.borrow_and_update() {
            News::None => {}
            News::Event(event) => return Some(event.clone()),
            News::Over => return None,
        }
    }
}

/// A body of messages as they come.
struct Messages(mpsc::Receiver<Bytes>);

impl http_body::Body for Messages {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.0.poll_recv(cx).map(|message| message.map(|bytes| Ok(Frame::data(bytes))))
    }
}
