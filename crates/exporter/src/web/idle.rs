//! How long a connection has had nothing to do: one of HTTP/2 can be kept up for ever by frames that ask for nothing.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::response::Response;
use http_body::{Frame, SizeHint};
use tokio::sync::watch;
use tokio::time::timeout;

/// The requests of a connection that are under way. Cheap to clone; all clones are one.
#[derive(Debug, Clone)]
pub(super) struct Requests(watch::Sender<usize>);

/// One of them, until it is dropped.
#[derive(Debug)]
pub(super) struct UnderWay(Requests);

impl Requests {
    pub(super) fn none() -> Self {
        Self(watch::Sender::new(0))
    }

    /// Notes one that comes.
    pub(super) fn begin(&self) -> UnderWay {
        self.0.send_modify(|count| *count += 1);
        UnderWay(self.clone())
    }

    /// Returns once there was none: `opening` long before the first, or `limit` long after any.
    pub(super) async fn none_for(&self, opening: Duration, limit: Duration) {
        let (mut count, mut patience) = (self.0.subscribe(), opening);
        // The sender is here: neither of these can fail.
        while count.wait_for(|count| *count == 0).await.is_ok() {
            if timeout(patience, count.changed()).await.is_err() {
                return;
            }
            patience = limit;
        }
    }
}

impl UnderWay {
    /// Goes on until the answer's body is sent, or given up.
    pub(super) fn until_sent(self, answer: Response) -> Response {
        answer.map(|body| Body::new(Sent { body, _request: self }))
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.0.send_modify(|count| *count = count.saturating_sub(1));
    }
}

/// A body that holds its request.
struct Sent {
    body: Body,
    _request: UnderWay,
}

impl http_body::Body for Sent {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::Instant;

    use super::*;

    const OPENING: Duration = Duration::from_secs(20);
    const LIMIT: Duration = Duration::from_secs(90);

    #[tokio::test(start_paused = true)]
    async fn who_never_asks_is_given_up_sooner_than_who_asked() {
        let (requests, began) = (Requests::none(), Instant::now());
        requests.none_for(OPENING, LIMIT).await;
        assert_eq!(began.elapsed(), OPENING);

        let (requests, began) = (Requests::none(), Instant::now());
        let asking = requests.clone();
        tokio::spawn(async move {
            for wait in [OPENING / 2, LIMIT / 2] {
                tokio::time::sleep(wait).await;
                let answer = asking.begin().until_sent(Response::new(Body::empty()));
                tokio::time::sleep(10 * LIMIT).await;
                drop(answer);
            }
        });
        requests.none_for(OPENING, LIMIT).await;
        assert_eq!(began.elapsed(), OPENING / 2 + 10 * LIMIT + LIMIT / 2 + 10 * LIMIT + LIMIT);
    }
}
