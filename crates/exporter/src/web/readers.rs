//! Who reads the history: few at a time, so that a disk that does not answer keeps few threads waiting.

use std::sync::Arc;
use std::time::Duration;

use axum::http::{StatusCode, header};
use axum::response::Response;
use tokio::sync::Semaphore;
use tokio::time::timeout;

use super::{offload, plain};

/// How many read at a time.
const PLACES: usize = 4;
/// How long others wait for a place; reading takes milliseconds where the disk is well.
const PATIENCE: Duration = Duration::from_secs(2);
/// When those are to come back for whom there was none, in seconds.
const LATER: &str = "10";

/// The places of those who read.
#[derive(Debug, Clone)]
pub(super) struct Readers(Arc<Semaphore>);

impl Default for Readers {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(PLACES)))
    }
}

impl Readers {
    /// Answers with what a thread that may wait for the disk makes of it. The place stays taken until that thread is done, also
    /// where nobody waits for the answer any more.
    pub(super) async fn read(self, answer: impl FnOnce() -> Response + Send + 'static) -> Response {
        let Ok(Ok(place)) = timeout(PATIENCE, self.0.acquire_owned()).await else {
            tracing::warn!("the history is slow to answer; a page is not shown");
            let words = "The history is slow to answer just now; /api/v1/status, /report and /metrics do without it.";
            let mut response = plain(StatusCode::SERVICE_UNAVAILABLE, words);
            response.headers_mut().insert(header::RETRY_AFTER, header::HeaderValue::from_static(LATER));
            return response;
        };
        offload(move || {
            let _place = place;
            answer()
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use axum::response::IntoResponse;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_disk_that_does_not_answer_keeps_few_threads_waiting() {
        let readers = Readers::default();
        let (release, hung) = mpsc::channel::<()>();
        let hung = Arc::new(std::sync::Mutex::new(hung));
        let (began, mut starts) = tokio::sync::mpsc::unbounded_channel();
        for _ in 0..PLACES {
            let (hung, began) = (Arc::clone(&hung), began.clone());
            let read = readers.clone().read(move || {
                began.send(()).unwrap();
                let _ended = hung.lock().unwrap().recv();
                "read".into_response()
            });
            tokio::spawn(read);
        }
        for _ in 0..PLACES {
            starts.recv().await.unwrap();
        }
        let refused = tokio::spawn(readers.clone().read(|| unreachable!("there is no place")));
        tokio::task::yield_now().await;
        // By hand: the clock does not run by itself while threads are busy.
        tokio::time::advance(PATIENCE).await;
        let refused = refused.await.unwrap();
        assert_eq!(
            (refused.status(), &refused.headers()["retry-after"]),
            (StatusCode::SERVICE_UNAVAILABLE, &"10".parse().unwrap())
        );
        drop(release);
        tokio::time::resume();
        assert_eq!(readers.read(|| "read".into_response()).await.status(), StatusCode::OK);
    }
}
