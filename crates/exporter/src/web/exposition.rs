//! `GET /metrics`: for an ordinary site whole, and packed, beyond that written while it is sent.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::vec;

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use http_body::{Frame, SizeHint};

use super::packed::{accepts_gzip, gzip, packed, plain};
use super::{App, failure, offload};
use crate::metrics::{self, CONTENT_TYPE};

/// The most results that are written before they are sent, and packed for who accepts that. Who scrapes a site does so over
/// its line, where a tenth of the bytes counts; who has more results than this has no thin line, and packing takes several
/// times as long as writing.
const MOST_AT_ONCE: usize = 1000;

/// Answers with the exposition of the newest snapshot.
pub(super) async fn serve(State(app): State<App>, asked: HeaderMap) -> Response {
    let snapshot = app.snapshot();
    offload(move || {
        let list = Arc::clone(&app.list.borrow());
        match metrics::render(&snapshot, app.history.storage(), (&list, app.clock.now()), &app.live) {
            Ok(pieces) if snapshot.rows.len() > MOST_AT_ONCE => {
                plain(CONTENT_TYPE, Body::new(Piecewise { pieces, is_others_turn: false }))
            }
            Ok(pieces) if accepts_gzip(&asked) => match gzip(pieces) {
                Ok(gzip) => packed(CONTENT_TYPE, gzip),
                Err(error) => failure(&error),
            },
            Ok(pieces) => plain(CONTENT_TYPE, Body::new(Written::of(pieces))),
            Err(error) => failure(&error),
        }
    })
    .await
}

/// A body whose pieces are written one by one, on a thread that probes too: whatever else waits there comes between two of
/// them, and there is never more of the body than what is being sent.
struct Piecewise<I> {
    pieces: I,
    is_others_turn: bool,
}

impl<I: Iterator<Item = String> + Unpin> http_body::Body for Piecewise<I> {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.is_others_turn = !self.is_others_turn;
        if !self.is_others_turn {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready(self.pieces.next().map(|piece| Ok(Frame::data(piece.into()))))
    }
}

/// A body that is written, in its pieces: joined they would be one more copy, and one that leaves a large hole in memory.
struct Written {
    pieces: vec::IntoIter<String>,
    left: u64,
}

impl Written {
    fn of(pieces: impl Iterator<Item = String>) -> Self {
        let pieces: Vec<String> = pieces.collect();
        let left = pieces.iter().map(|piece| piece.len() as u64).sum();
        Self { pieces: pieces.into_iter(), left }
    }
}

impl http_body::Body for Written {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let piece = self.pieces.next();
        self.left -= piece.as_ref().map_or(0, |piece| piece.len() as u64);
        Poll::Ready(piece.map(|piece| Ok(Frame::data(piece.into()))))
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;
    use std::pin::pin;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::{Wake, Waker};

    use axum::http::Request;
    use flate2::read::GzDecoder;
    use http_body::Body as _;
    use http_body_util::BodyExt;
    use prober::snapshot::Snapshot;
    use tower::ServiceExt;

    use super::super::{router, tests::app};
    use super::*;
    use crate::sample;

    /// How the answer is packed, whether its length is known before it is sent, and what of it does not change from one to the
    /// next.
    async fn scraped(snapshot: Snapshot, accepted: &str) -> (Option<String>, bool, String) {
        let (_sender, app) = app(snapshot);
        let request = Request::get("/metrics").header("accept-encoding", accepted).body(Body::empty()).unwrap();
        let (head, body) = router(app).oneshot(request).await.unwrap().into_parts();
        assert_eq!(head.headers["vary"], "accept-encoding");
        let coding = head.headers.get("content-encoding").map(|coding| coding.to_str().unwrap().to_owned());
        let is_known = body.size_hint().exact().is_some();
        let body = body.collect().await.unwrap().to_bytes();
        let mut text = String::new();
        match coding {
            Some(_) => GzDecoder::new(&*body).read_to_string(&mut text).unwrap(),
            None => (&*body).read_to_string(&mut text).unwrap(),
        };
        let stable: Vec<_> = text.lines().filter(|line| line.contains("endpoint=\"")).collect();
        (coding, is_known, stable.join("\n"))
    }

    #[tokio::test]
    async fn a_site_is_packed_for_whom_that_is_good_and_says_the_same() {
        let (coding, is_known, packed) = scraped(sample::branch(), "gzip").await;
        assert_eq!((coding.as_deref(), is_known), (Some("gzip"), true));
        assert!(packed.contains("reachwatch_endpoint_reachable{"), "{packed}");
        assert_eq!(scraped(sample::branch(), "identity").await, (None, true, packed));
    }

    #[tokio::test]
    async fn beyond_a_site_it_comes_in_pieces_and_none_is_missing() {
        let (coding, is_known, text) = scraped(sample::crowd(MOST_AT_ONCE + 1, 1), "gzip").await;
        assert_eq!((coding, is_known), (None, false), "it is written while it is sent");
        let of = |family: &str| text.lines().filter(|line| line.starts_with(&format!("{family}{{"))).count();
        for (family, times) in
            [("reachwatch_endpoint_state", 4), ("reachwatch_probes_total", 4), ("reachwatch_tls_info", 1)]
        {
            assert_eq!(of(family), (MOST_AT_ONCE + 1) * times, "{family}");
        }
        assert_eq!(text.lines().count(), text.lines().collect::<std::collections::HashSet<_>>().len());
    }

    /// Counts how often it is woken.
    #[derive(Default)]
    struct Wakes(AtomicUsize);

    impl Wake for Wakes {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    #[test]
    fn others_have_their_turn_between_two_pieces() {
        let pieces = ["a", "b", "c"].map(str::to_owned).into_iter();
        let mut body = pin!(Piecewise { pieces, is_others_turn: false });
        let counted = Arc::new(Wakes::default());
        let waker = Waker::from(Arc::clone(&counted));
        let mut told = Vec::new();
        loop {
            match body.as_mut().poll_frame(&mut Context::from_waker(&waker)) {
                Poll::Ready(Some(Ok(frame))) => told.push(frame.into_data().unwrap()),
                Poll::Ready(None) => break,
                Poll::Pending => told.push(Bytes::from_static(b"-")),
            }
        }
        assert_eq!(told, ["a", "-", "b", "-", "c", "-"]);
        assert_eq!(counted.0.load(Ordering::Relaxed), 3, "whoever waits would wait for ever");
    }
}
