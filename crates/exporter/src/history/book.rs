//! The diaries of all pairs. The scheduler writes into them, the pages and the file read them; every pair has a lock of
//! its own, which nobody holds for longer than that pair takes.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use prober::plan::{MICROSOFT365_GROUP, Pair, Plan, REVOCATION_GROUP};
use prober::scheduler::Events;
use prober::state::{Change, Report};
use time::OffsetDateTime;

use super::diary::{Diary, Entries};
use super::model::Days;
use super::slot::half_of;

/// Which pair: by endpoint and path.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Name {
    pub(super) endpoint: Arc<str>,
    pub(super) path: Arc<str>,
}

impl Name {
    pub(super) fn new(endpoint: &str, path: &str) -> Self {
        Self { endpoint: endpoint.into(), path: path.into() }
    }
}

/// By path.
type Folder = HashMap<Arc<str>, Arc<Mutex<Diary>>>;
/// By endpoint.
type Folders = HashMap<Arc<str>, Folder>;

/// All diaries.
#[derive(Debug, Default)]
pub(super) struct Book {
    diaries: Mutex<Folders>,
    planned: Mutex<Option<Planned>>,
    dropped: AtomicU64,
    /// How often something urgent was told.
    news: AtomicU64,
}

/// Whose troubles may go on.
#[derive(Debug)]
struct Planned {
    pairs: HashSet<(String, String)>,
    /// Whether endpoints can come that no plan has.
    discovers: bool,
    /// Whether a list that is not at hand yet adds some.
    is_listed: bool,
}

impl Planned {
    fn may_come(&self, name: &Name, group: &str) -> bool {
        let key = (name.endpoint.to_string(), name.path.to_string());
        self.pairs.contains(&key)
            || (self.discovers && group == REVOCATION_GROUP)
            || (self.is_listed && group == MICROSOFT365_GROUP)
    }
}

impl Book {
    /// What is probed from now on. Troubles that an earlier process left of other pairs are over.
    pub(super) fn plan(&self, plan: &Plan) {
        let pairs = plan.pairs.iter().map(|pair| (pair.endpoint.name.clone(), pair.path.name.clone())).collect();
        *held(&self.planned) = Some(Planned {
            pairs,
            discovers: plan.discovery.is_some(),
            is_listed: plan.microsoft365.as_ref().is_some_and(|list| list.probing.is_some()),
        });
        self.end_the_unplanned();
        self.news.fetch_add(1, Ordering::SeqCst);
    }

    /// Ends the troubles of pairs that the plan does not have.
    pub(super) fn end_the_unplanned(&self) {
        let planned = held(&self.planned);
        let Some(planned) = &*planned else { return };
        for (name, diary) in self.all() {
            let mut diary = held(&diary);
            if diary.awaited().is_some_and(|group| !planned.may_come(&name, group)) {
                diary.end();
            }
        }
    }

    /// The diary of a pair, begun where there was none.
    pub(super) fn diary(&self, endpoint: &str, path: &str) -> Arc<Mutex<Diary>> {
        let mut folders = held(&self.diaries);
        if let Some(diary) = folders.get(endpoint).and_then(|paths| paths.get(path)) {
            return Arc::clone(diary);
        }
        Arc::clone(folders.entry(endpoint.into()).or_default().entry(path.into()).or_default())
    }

    /// All of them.
    fn all(&self) -> Vec<(Name, Arc<Mutex<Diary>>)> {
        let folders = held(&self.diaries);
        let of_endpoint = |(endpoint, paths): (&Arc<str>, &Folder)| {
            let endpoint = Arc::clone(endpoint);
            let named = |(path, diary): (&Arc<str>, &Arc<Mutex<Diary>>)| {
                (Name { endpoint: Arc::clone(&endpoint), path: Arc::clone(path) }, Arc::clone(diary))
            };
            paths.iter().map(named).collect::<Vec<_>>()
        };
        folders.iter().flat_map(of_endpoint).collect()
    }

    /// The last 24 hours of every pair.
    pub(super) fn days(&self, now: OffsetDateTime) -> Days {
        let mut days = Days::empty(now);
        let first = half_of(days.start);
        for (name, diary) in self.all() {
            if let Some(day) = held(&diary).day(first) {
                days.pairs.entry(name.endpoint.to_string()).or_default().insert(name.path.to_string(), day);
            }
        }
        days
    }

    /// What has to be written: what is urgent, or everything.
    pub(super) fn take(&self, everything: bool) -> Vec<(Name, Entries)> {
        let taken = self.all().into_iter().map(|(name, diary)| (name, held(&diary).take(everything)));
        let taken = taken.inspect(|(_, entries)| self.give_up(entries.dropped));
        taken.filter(|(_, entries)| !entries.troubles.is_empty() || !entries.rollups.is_empty()).collect()
    }

    /// What was written is lost: what is still held has to be written again.
    pub(super) fn tell_again(&self) {
        self.all().iter().for_each(|(_, diary)| held(diary).tell_again());
    }

    /// Ends troubles of pairs that nobody probes any more, and forgets those of which nothing is left to tell.
    pub(super) fn expire(&self, now: OffsetDateTime) {
        let first = half_of(Days::empty(now).start);
        for (name, diary) in self.all() {
            let mut kept = held(&diary);
            kept.expire(now);
            let is_blank = kept.is_blank(first);
            drop(kept);
            if is_blank {
                self.forget(&name, first);
            }
        }
    }

    fn forget(&self, name: &Name, first: i64) {
        let mut folders = held(&self.diaries);
        let Some(paths) = folders.get_mut(&name.endpoint) else { return };
        // Only if nobody has just got it to write into.
        paths.retain(|path, diary| *path != name.path || Arc::strong_count(diary) > 2 || !held(diary).is_blank(first));
        if paths.is_empty() {
            folders.remove(&name.endpoint);
        }
    }

    /// How often something urgent was told: what begins, ends or goes on in another state.
    pub(super) fn news(&self) -> u64 {
        self.news.load(Ordering::SeqCst)
    }

    /// Counts what could not be kept.
    pub(super) fn give_up(&self, count: u64) {
        self.dropped.fetch_add(count, Ordering::Relaxed);
    }

    /// How much could not be kept.
    pub(super) fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }
}

/// A writer that panicked leaves nothing half-done that matters here: the monitor goes on.
pub(super) fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Writes what the scheduler tells into the history. It never waits for a file.
#[derive(Debug, Clone)]
pub struct Recorder {
    book: Arc<Book>,
}

impl Recorder {
    pub(super) fn new(book: Arc<Book>) -> Self {
        Self { book }
    }
}

impl Events for Recorder {
    fn probe_ended(&self, pair: &Pair, report: &Report) {
        let (endpoint, path) = pair.key();
        held(&self.book.diary(endpoint, path)).probe_ended(pair, report);
    }

    fn changed(&self, pair: &Pair, change: &Change) {
        let (endpoint, path) = pair.key();
        held(&self.book.diary(endpoint, path)).changed(pair, change);
        self.book.news.fetch_add(1, Ordering::SeqCst);
    }

    fn gone(&self, pair: &Pair) {
        let (endpoint, path) = pair.key();
        held(&self.book.diary(endpoint, path)).end();
        self.book.news.fetch_add(1, Ordering::SeqCst);
    }
}
