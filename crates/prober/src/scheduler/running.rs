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
    /// Which pair a task is for, also if it panics, and when it began; no pair where that is gone.
    started: HashMap<Id, (Option<usize>, Instant)>,
}

/// A probe that has ended.
#[derive(Debug)]
pub(super) struct Ended<T> {
    /// The place of its pair; `None` where that went while it ran.
    pub(super) pair: Option<usize>,
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
        self.started.values().any(|(place, _)| *place == Some(pair))
    }

    pub(super) fn spawn(&mut self, pair: usize, probe: impl Future<Output = T> + Send + 'static) {
        let id = self.tasks.spawn(probe).id();
        self.started.insert(id, (Some(pair), Instant::now()));
    }

    /// Gives pairs other places. What is under way for a pair that has none any more comes to its end, for nobody.
    pub(super) fn renumber(&mut self, place: impl Fn(usize) -> Option<usize>) {
        for (pair, _) in self.started.values_mut() {
            *pair = pair.and_then(&place);
        }
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
        let (pair, began) = self.started.remove(&id)?;
        Some(Ended { pair, duration: began.elapsed(), outcome })
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
