//! Probes under way.

use std::any::Any;
use std::collections::HashMap;
use std::future::Future;
use std::time::Duration;

use tokio::task::{Id, JoinSet};
use tokio::time::Instant;

use crate::text::Clean;

/// Probes under way, each for one pair, by its place in the plan.
#[derive(Debug)]
pub(super) struct Running<T> {
    tasks: JoinSet<T>,
    /// What each task is, also if it panics.
    started: HashMap<Id, Started>,
}

#[derive(Debug, Clone, Copy)]
struct Started {
    /// The place of its pair; none where that is gone.
    pair: Option<usize>,
    at: Instant,
    is_outdated: bool,
}

/// A probe that has ended.
#[derive(Debug)]
pub(super) struct Ended<T> {
    /// The place of its pair; `None` where that went while it ran.
    pub(super) pair: Option<usize>,
    /// Whether it counts for nothing, since other settings hold by now than it ran under.
    pub(super) is_outdated: bool,
    pub(super) duration: Duration,
    /// What it brought, or the words of its panic.
    pub(super) outcome: Result<T, Clean>,
}

impl<T: Send + 'static> Running<T> {
    pub(super) fn len(&self) -> usize {
        self.tasks.len()
    }

    /// Whether one for this pair is under way.
    pub(super) fn is_under_way(&self, pair: usize) -> bool {
        self.started.values().any(|started| started.pair == Some(pair))
    }

    pub(super) fn spawn(&mut self, pair: usize, probe: impl Future<Output = T> + Send + 'static) {
        let id = self.tasks.spawn(probe).id();
        self.started.insert(id, Started { pair: Some(pair), at: Instant::now(), is_outdated: false });
    }

    /// Gives pairs other places. What is under way for a pair that has none any more comes to its end, for nobody.
    pub(super) fn renumber(&mut self, place: impl Fn(usize) -> Option<usize>) {
        for started in self.started.values_mut() {
            started.pair = started.pair.and_then(&place);
        }
    }

    /// What is under way comes to its end and counts for nothing.
    pub(super) fn outdate(&mut self) {
        self.started.values_mut().for_each(|started| started.is_outdated = true);
    }

    /// The next probe to end; `None` at once where none is under way. Cancel safe.
    pub(super) async fn next(&mut self) -> Option<Ended<T>> {
        let (id, outcome) = match self.tasks.join_next_with_id().await? {
            Ok((id, value)) => (id, Ok(value)),
            Err(error) => {
                let id = error.id();
                let words = error.try_into_panic().map_or_else(|e| Clean::new(&e.to_string()), |panic| words(&*panic));
                (id, Err(words))
            }
        };
        let Started { pair, at, is_outdated } = self.started.remove(&id)?;
        Some(Ended { pair, is_outdated, duration: at.elapsed(), outcome })
    }

    /// Drops what is under way and waits until it is gone.
    pub(super) async fn shutdown(mut self) {
        self.tasks.shutdown().await;
    }
}

impl<T> Default for Running<T> {
    fn default() -> Self {
        Self { tasks: JoinSet::default(), started: HashMap::default() }
    }
}

/// What a panic said: `panic!` carries a `&str` or a `String`.
fn words(panic: &(dyn Any + Send)) -> Clean {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
    Clean::new(&text.unwrap_or_else(|| "a panic without words".to_owned()))
}
