//! Having the configuration read again: who asks for it, and what came of it the last time.

use std::fmt;
use std::sync::Arc;

use prober::plan::Tally;
use time::OffsetDateTime;
use tokio::sync::{mpsc, oneshot, watch};

/// What came of reading the configuration again.
pub type Outcome = Result<Tally, Refused>;

/// Why a configuration is not followed; the one before goes on. Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// How many faults it has; none where it could not even be read, or set up.
    pub faults: usize,
    /// All of that in words, a line for each fault with its place.
    pub words: Arc<str>,
}

/// The last time that the configuration was read again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Last {
    /// When.
    pub at: OffsetDateTime,
    /// What came of it.
    pub outcome: Outcome,
}

/// Who has the configuration read again. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Reloads {
    requests: mpsc::Sender<oneshot::Sender<Outcome>>,
    last: watch::Receiver<Option<Last>>,
}

/// Where requests come in, and what came of them is told.
#[derive(Debug)]
pub struct Requests {
    requests: mpsc::Receiver<oneshot::Sender<Outcome>>,
    last: watch::Sender<Option<Last>>,
}

/// Requests that wait for one answer.
#[derive(Debug, Default)]
pub struct Waiting(Vec<oneshot::Sender<Outcome>>);

impl Reloads {
    /// The most requests that wait; more are turned away.
    const MOST_WAITING: usize = 64;

    /// Somebody to ask, and what it asks.
    pub fn channel() -> (Self, Requests) {
        let (sender, requests) = mpsc::channel(Self::MOST_WAITING);
        let (told, last) = watch::channel(None);
        (Self { requests: sender, last }, Requests { requests, last: told })
    }

    /// Has the configuration read again, and waits for what comes of it; `None` where nobody does that any more, or too many
    /// wait already.
    pub async fn ask(&self) -> Option<Outcome> {
        let (sender, answer) = oneshot::channel();
        self.requests.try_send(sender).ok()?;
        answer.await.ok()
    }

    /// What came of the last time, if there was one.
    pub fn last(&self) -> Option<Last> {
        self.last.borrow().clone()
    }
}

impl Requests {
    /// The next request. Cancel safe; never, where nobody is left who could ask.
    pub async fn next(&mut self) -> Waiting {
        match self.requests.recv().await {
            Some(request) => Waiting(vec![request]),
            None => std::future::pending().await,
        }
    }

    /// Adds those that came meanwhile.
    pub fn join(&mut self, waiting: &mut Waiting) {
        while let Ok(request) = self.requests.try_recv() {
            waiting.0.push(request);
        }
    }

    /// Tells everybody.
    pub fn tell(&self, waiting: Waiting, at: OffsetDateTime, outcome: &Outcome) {
        self.last.send_replace(Some(Last { at, outcome: outcome.clone() }));
        for request in waiting.0 {
            // Whoever asked may have gone away.
            let _ = request.send(outcome.clone());
        }
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.words)
    }
}
