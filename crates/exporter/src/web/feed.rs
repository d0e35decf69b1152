//! What live viewers are told: one event for all of them, at most once a second, when something visible changed.
//!
//! It is made once and shared, so that a hundred viewers cost little more than one, and nobody pays for it while nobody
//! looks. A viewer that is slow gets the newest event and misses those between: what is told is a level, not a step.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::body::Bytes;
use prober::cause::{Blame, Cause, State};
use prober::diagnosis;
use prober::snapshot::{Row, Snapshot};
use prober::text::Clean;
use serde::Serialize;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::{Interval, interval};

use super::version::Look;
use crate::sentence;
use crate::status::{Stamp, Summary};

/// The most viewers at once; half of all connections, so that others get through.
pub(super) const MOST_VIEWERS: usize = 128;
/// How far events are apart.
const PAUSE: Duration = Duration::from_secs(1);
/// The most results that one event names.
const MOST_CHANGES: usize = 100;

/// What there is to tell now.
#[derive(Debug, Clone, Default)]
pub(super) enum News {
    /// Nothing yet.
    #[default]
    None,
    /// The newest event, in the form of the stream.
    Event(Bytes),
    /// Nothing more: the scheduler has stopped.
    Over,
}

/// A place among the viewers. Whoever holds it is told.
#[derive(Debug)]
pub(super) struct Place {
    /// The newest event; the first one that is received is that of the time of the call.
    pub(super) news: watch::Receiver<News>,
    _slot: OwnedSemaphorePermit,
}

/// Makes events while somebody looks.
#[derive(Debug)]
pub(super) struct Feed {
    snapshots: watch::Receiver<Arc<Snapshot>>,
    news: watch::Sender<News>,
    places: Arc<Semaphore>,
    is_running: Mutex<bool>,
}

impl Feed {
    pub(super) fn new(snapshots: watch::Receiver<Arc<Snapshot>>) -> Arc<Self> {
        let (news, _) = watch::channel(News::None);
        let places = Arc::new(Semaphore::new(MOST_VIEWERS));
        Arc::new(Self { snapshots, news, places, is_running: Mutex::new(false) })
    }

    /// A place for one more viewer, or none where all are taken.
    pub(super) fn join(self: &Arc<Self>) -> Option<Place> {
        let slot = Arc::clone(&self.places).try_acquire_owned().ok()?;
        let mut is_running = self.is_running.lock().unwrap_or_else(PoisonError::into_inner);
        if !*is_running {
            *is_running = true;
            self.news.send_replace(News::None);
            tokio::spawn(Arc::clone(self).run());
        }
        let mut news = self.news.subscribe();
        news.mark_changed();
        Some(Place { news, _slot: slot })
    }

    async fn run(self: Arc<Self>) {
        let mut snapshots = self.snapshots.clone();
        snapshots.mark_changed();
        let (mut pauses, mut before) = (interval(PAUSE), None);
        loop {
            tokio::select! {
                told = self.next(&mut snapshots, &mut pauses, &mut before) => if told.is_none() {
                    self.news.send_replace(News::Over);
                    *self.is_running.lock().unwrap_or_else(PoisonError::into_inner) = false;
                    return;
                },
                () = self.news.closed() => {
                    let mut is_running = self.is_running.lock().unwrap_or_else(PoisonError::into_inner);
                    if self.news.receiver_count() == 0 {
                        *is_running = false;
                        return;
                    }
                    // What was being told when this cut it short is told to whoever has come.
                    snapshots.mark_changed();
                }
            }
        }
    }

    /// Waits for the next snapshot and tells it where it looks different; `None` where there is no further one.
    async fn next(
        &self,
        snapshots: &mut watch::Receiver<Arc<Snapshot>>,
        pauses: &mut Interval,
        before: &mut Option<Look>,
    ) -> Option<()> {
        pauses.tick().await;
        snapshots.changed().await.ok()?;
        let snapshot = Arc::clone(&snapshots.borrow_and_update());
        let known = before.clone();
        // Away from the threads that probe, as all rendering is.
        let made = tokio::task::spawn_blocking(move || told(&snapshot, known.as_ref())).await;
        match made {
            Ok((look, Some(event))) => {
                *before = Some(look);
                self.news.send_replace(News::Event(event));
            }
            Ok((_, None)) => {}
            Err(error) => tracing::error!(%error, "a bug in reachwatch lost an event"),
        }
        pauses.reset();
        Some(())
    }
}

/// How a snapshot looks, and the event about it where it looked otherwise before.
fn told(snapshot: &Snapshot, before: Option<&Look>) -> (Look, Option<Bytes>) {
    let look = Look::of(snapshot);
    if before == Some(&look) {
        return (look, None);
    }
    let changed = before.map(|before| look.changed(before, snapshot)).unwrap_or_default();
    let event = event(&look.version(), &Event::of(snapshot, &look, &changed));
    (look, event)
}

/// What an event says.
#[derive(Debug, Serialize)]
struct Event<'a> {
    version: String,
    generated_at: Stamp,
    site_state: &'static str,
    sentence: String,
    summary: Summary,
    changed: Vec<Changed<'a>>,
    left_out: usize,
}

/// A result that looks otherwise than before.
#[derive(Debug, Serialize)]
struct Changed<'a> {
    endpoint: &'a str,
    path: &'a str,
    state: State,
    since: Option<Stamp>,
    cause: Option<Cause>,
    blame: Option<Blame>,
    detail: Option<Clean>,
}

impl<'a> Event<'a> {
    fn of(snapshot: &Snapshot, look: &Look, changed: &[&'a Row]) -> Self {
        Self {
            version: look.version(),
            generated_at: Stamp(snapshot.generated_at),
            site_state: diagnosis::site(snapshot, &diagnosis::paths(snapshot)).as_str(),
            sentence: sentence::summary(snapshot),
            summary: Summary::of(snapshot),
            changed: changed.iter().take(MOST_CHANGES).map(|row| Changed::of(row)).collect(),
            left_out: changed.len().saturating_sub(MOST_CHANGES),
        }
    }
}

impl<'a> Changed<'a> {
    fn of(row: &'a Row) -> Self {
        let confirmed = row.confirmed.as_ref();
        let reason = confirmed.and_then(|confirmed| confirmed.report.verdict.reason.as_ref());
        Self {
            endpoint: &row.pair.endpoint.name,
            path: &row.pair.path.name,
            state: row.state(),
            since: confirmed.map(|confirmed| Stamp(confirmed.since)),
            cause: reason.map(|reason| reason.cause),
            blame: reason.map(|reason| reason.blame),
            detail: reason.map(|reason| Clean::new(&reason.detail)),
        }
    }
}

/// An event as the stream has it. JSON has no line breaks of its own, so that one line of data holds it.
fn event(id: &str, event: &Event<'_>) -> Option<Bytes> {
    match serde_json::to_string(event) {
        Ok(json) => Some(Bytes::from(format!("id: {id}\nevent: change\ndata: {json}\n\n"))),
        Err(error) => {
            tracing::error!(%error, "cannot write an event");
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    fn feed(snapshot: Snapshot) -> (watch::Sender<Arc<Snapshot>>, Arc<Feed>) {
        let (sender, snapshots) = watch::channel(Arc::new(snapshot));
        (sender, Feed::new(snapshots))
    }

    /// The data of the next event.
    async fn next(place: &mut Place) -> serde_json::Value {
        loop {
            place.news.changed().await.unwrap();
            if let News::Event(bytes) = &*place.news.borrow_and_update() {
                let text = std::str::from_utf8(bytes).unwrap();
                let data = text.lines().find_map(|line| line.strip_prefix("data: ")).unwrap();
                return serde_json::from_str(data).unwrap();
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn the_first_event_says_how_things_are_and_the_next_what_changed() {
        let (sender, feed) = feed(sample::snapshot([sample::row("a", "hq").reachable()]));
        let mut place = feed.join().unwrap();
        let first = next(&mut place).await;
        assert_eq!((&first["summary"]["reachable"], &first["changed"]), (&1.into(), &serde_json::json!([])));
        let blocked = sample::row("a", "hq").blocked(Cause::ProxyDenied, "refused\nwith <b>");
        sender.send(Arc::new(sample::snapshot([blocked]))).unwrap();
        let second = next(&mut place).await;
        assert_ne!(first["version"], second["version"]);
        let changed = &second["changed"][0];
        let told = ["endpoint", "path", "state", "cause", "blame", "detail"].map(|key| &changed[key]);
        assert_eq!(told, ["a", "hq", "blocked", "proxy_denied", "proxy", "refused with <b>"]);
        assert_eq!(second["left_out"], 0);
    }

    #[tokio::test(start_paused = true)]
    async fn what_looks_the_same_is_no_event_and_changes_are_a_second_apart() {
        let (sender, feed) = feed(sample::snapshot([sample::row("a", "hq").reachable()]));
        let mut place = feed.join().unwrap();
        next(&mut place).await;
        let start = tokio::time::Instant::now();
        sender.send(Arc::new(sample::snapshot([sample::row("a", "hq").reachable()]))).unwrap();
        tokio::time::timeout(PAUSE * 5, place.news.changed()).await.expect_err("nothing looks otherwise");
        for round in 0..3 {
            let row = sample::row("a", "hq").blocked(Cause::TcpRefused, &format!("{round}"));
            sender.send(Arc::new(sample::snapshot([row]))).unwrap();
            next(&mut place).await;
        }
        assert!(start.elapsed() >= PAUSE * 7, "{:?}", start.elapsed());
    }

    #[tokio::test(start_paused = true)]
    async fn it_rests_while_nobody_looks_and_starts_again() {
        let (_sender, feed) = feed(sample::snapshot([sample::row("a", "hq").reachable()]));
        for _ in 0..2 {
            let mut place = feed.join().unwrap();
            next(&mut place).await;
            drop(place);
            while *feed.is_running.lock().unwrap() {
                tokio::task::yield_now().await;
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn it_is_over_once_there_are_no_more_snapshots() {
        let (sender, feed) = feed(sample::snapshot([]));
        let mut place = feed.join().unwrap();
        next(&mut place).await;
        drop(sender);
        place.news.wait_for(|news| matches!(news, News::Over)).await.unwrap();
    }

    #[tokio::test]
    async fn places_are_bounded_and_come_back() {
        let (_sender, feed) = feed(sample::snapshot([]));
        let mut places: Vec<_> = (0..MOST_VIEWERS).map(|_| feed.join().unwrap()).collect();
        assert!(feed.join().is_none());
        places.pop();
        assert!(feed.join().is_some());
    }

    #[test]
    fn an_event_names_a_hundred_results_and_counts_the_others() {
        let before = Look::of(&sample::snapshot([]));
        let (_, event) = told(&sample::crowd(130, 1), Some(&before));
        let event = String::from_utf8(event.unwrap().to_vec()).unwrap();
        assert_eq!(event.matches("\"endpoint\":").count(), MOST_CHANGES);
        assert!(event.contains("\"left_out\":30}"), "{event}");
        assert_eq!(event.matches('\n').count(), 4);
    }
}
