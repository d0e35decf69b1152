//! How long nothing has moved on a connection: one of HTTP/2 can be kept up for ever by frames that ask for nothing, and its
//! streams by a client that gives no room for their answers.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::response::Response;
use http_body::{Frame, SizeHint};
use tokio::sync::watch;
use tokio::time::timeout;

/// The requests of a connection that wait for their answers to begin, and every step of the answers that have begun. Cheap to
/// clone; all clones are one.
#[derive(Debug, Clone)]
pub(super) struct Requests(watch::Sender<usize>);

/// One of those that wait, until it is dropped.
#[derive(Debug)]
pub(super) struct Waiting(Requests);

impl Requests {
    pub(super) fn none() -> Self {
        Self(watch::Sender::new(0))
    }

    /// Notes one that comes.
    pub(super) fn begin(&self) -> Waiting {
        self.0.send_modify(|count| *count += 1);
        Waiting(self.clone())
    }

    /// Returns once none waits and no answer moves: `opening` long before the first, or `limit` long after any.
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

impl Waiting {
    /// Its answer, which is watched to its end from here on: nobody asks a body for more before there is room for it.
    pub(super) fn answered(self, answer: Response) -> Response {
        let requests = self.0.clone();
        answer.map(|body| Body::new(Watched { body, requests }))
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.0.send_modify(|count| *count = count.saturating_sub(1));
    }
}

/// A body that tells when it moves.
struct Watched {
    body: Body,
    requests: Requests,
}

impl http_body::Body for Watched {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        self.requests.0.send_modify(|_| {});
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
    use http_body_util::BodyExt;
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
                let waiting = asking.begin();
                tokio::time::sleep(10 * LIMIT).await;
                drop(waiting);
            }
        });
        requests.none_for(OPENING, LIMIT).await;
        assert_eq!(began.elapsed(), OPENING / 2 + 10 * LIMIT + LIMIT / 2 + 10 * LIMIT + LIMIT);
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_counts_as_long_as_it_is_asked_for_more() {
        let (requests, began) = (Requests::none(), Instant::now());
        let mut answer = requests.begin().answered(Response::new(Body::from("well"))).into_body();
        tokio::spawn(async move {
            for _ in 0..10 {
                tokio::time::sleep(LIMIT / 2).await;
                let _ = answer.frame().await;
            }
            std::future::pending::<()>().await;
        });
        requests.none_for(LIMIT, LIMIT).await;
        assert_eq!(began.elapsed(), 10 * (LIMIT / 2) + LIMIT);
    }
}
