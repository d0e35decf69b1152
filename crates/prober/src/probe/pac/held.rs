//! One PAC file: the last good copy, and how it is kept fresh without anybody having to wait.

use std::path::Path as FilePath;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use time::OffsetDateTime;
use tokio::sync::watch;
use tokio::time::{Instant, timeout_at};

use super::fetch::{Fetched, Fetcher};
use super::read_file;
use crate::observation::{IoFault, MonitorFault, PacFlaw, PacSourceFault, PacStale};
use crate::pac::{Engine, ThisMachine};
use crate::phase::{Failure, exhausted};
use crate::plan::PacLocation;

/// How long a fetch may take; browsers give up then too.
const FETCH_LIMIT: Duration = Duration::from_secs(30);

/// How long a fetched file is fresh.
const FRESH: Duration = Duration::from_secs(5 * 60);

/// How long after a fetch that failed the next one is.
const RETRY: Duration = Duration::from_secs(30);

/// How often a file of this machine is looked at.
const LOOK: Duration = Duration::from_secs(5);

/// A PAC file.
#[derive(Debug)]
pub(super) struct HeldFile {
    location: PacLocation,
    fetcher: Fetcher,
    machine: ThisMachine,
    held: Mutex<Held>,
    /// Counts what came of fetches.
    news: watch::Sender<u64>,
}

#[derive(Debug, Default)]
struct Held {
    copy: Option<Arc<Copy>>,
    trouble: Option<Trouble>,
    /// When to look for a newer one; at once where that is not said.
    due: Option<Instant>,
    under_way: bool,
}

/// A file as it came.
#[derive(Debug)]
pub(super) struct Copy {
    bytes: Vec<u8>,
    content_type: Option<String>,
    stamp: Option<Stamp>,
    /// The file ready to be asked, or what is wrong with it at first sight.
    pub(super) engine: Result<Engine, PacFlaw>,
}

/// Tells whether a file of this machine has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stamp {
    modified: SystemTime,
    length: u64,
}

/// A file that cannot be had, since when and why.
#[derive(Debug, Clone)]
struct Trouble {
    since: OffsetDateTime,
    failure: Failure<PacSourceFault>,
}

/// What there is to be asked.
#[derive(Debug)]
pub(super) struct Current {
    pub(super) copy: Arc<Copy>,
    /// Set where the file could not be had anew.
    pub(super) stale: Option<PacStale>,
}

/// What came of looking for a newer file.
enum News {
    Unchanged,
    Came(Fetched, Option<Stamp>),
}

impl HeldFile {
    pub(super) fn new(location: PacLocation, fetcher: Fetcher, machine: ThisMachine) -> Self {
        Self { location, fetcher, machine, held: Mutex::default(), news: watch::Sender::default() }
    }

    /// The file as it is held, at once; only where none is, the first one is waited for. What is due to be looked at
    /// again is fetched meanwhile, once for everybody.
    pub(super) async fn current(self: &Arc<Self>, by: Instant) -> Result<Current, Failure<PacSourceFault>> {
        let mut news = self.news.subscribe();
        if self.begin_if_due() {
            let file = Arc::clone(self);
            tokio::spawn(async move { file.refresh().await });
        }
        loop {
            if let Some(answer) = self.answer() {
                return answer;
            }
            if timeout_at(by, news.changed()).await.is_err() {
                let trouble = self.held().trouble.clone();
                return Err(trouble.map_or(Failure::Fault(PacSourceFault::NotInTime), |trouble| trouble.failure));
            }
        }
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn begin_if_due(&self) -> bool {
        let mut held = self.held();
        let begins = !held.under_way && held.due.is_none_or(|due| due <= Instant::now());
        held.under_way |= begins;
        begins
    }

    /// What can be said now; `None` while the first file is under way.
    fn answer(&self) -> Option<Result<Current, Failure<PacSourceFault>>> {
        let held = self.held();
        match (&held.copy, &held.trouble) {
            (Some(copy), trouble) => {
                let stale = trouble.as_ref().and_then(Trouble::stale);
                Some(Ok(Current { copy: Arc::clone(copy), stale }))
            }
            (None, Some(trouble)) if !held.under_way => Some(Err(trouble.failure.clone())),
            (None, _) => None,
        }
    }

    async fn refresh(&self) {
        let outcome = match &self.location {
            PacLocation::Url(url) => {
                let by = Instant::now() + FETCH_LIMIT;
                let fetched = timeout_at(by, self.fetcher.fetch(url, by)).await;
                let fetched = fetched.unwrap_or(Err(Failure::Fault(PacSourceFault::NotInTime)));
                fetched.map(|fetched| News::Came(fetched, None))
            }
            PacLocation::File(path) => {
                let (path, before) = (path.clone(), self.held().copy.as_ref().and_then(|copy| copy.stamp));
                let read = tokio::task::spawn_blocking(move || read_if_changed(&path, before)).await;
                read.unwrap_or_else(|error| Err(std::io::Error::other(error))).map_err(|error| unreadable(&error))
            }
        };
        self.take_in(outcome);
        self.news.send_modify(|count| *count += 1);
    }

    fn take_in(&self, outcome: Result<News, Failure<PacSourceFault>>) {
        let pause = match (&self.location, &outcome) {
            (PacLocation::File(_), _) => LOOK,
            (PacLocation::Url(_), Ok(_)) => FRESH,
            (PacLocation::Url(_), Err(_)) => RETRY,
        };
        let mut held = self.held();
        held.under_way = false;
        held.due = Some(Instant::now() + pause);
        match outcome {
            Ok(news) => {
                held.trouble = None;
                if let News::Came(fetched, stamp) = news {
                    held.copy = Some(self.copy(held.copy.take(), fetched, stamp));
                }
            }
            Err(failure) => {
                let since = held.trouble.as_ref().map_or_else(|| self.machine.clock.now(), |trouble| trouble.since);
                held.trouble = Some(Trouble { since, failure });
            }
        }
    }

    /// The engine of a file that has not changed stays warm, and keeps what its script remembers, as in browsers.
    fn copy(&self, before: Option<Arc<Copy>>, came: Fetched, stamp: Option<Stamp>) -> Arc<Copy> {
        let Fetched { bytes, content_type } = came;
        let same =
            before.filter(|copy| copy.bytes == bytes && copy.content_type == content_type && copy.stamp == stamp);
        same.unwrap_or_else(|| {
            let engine = Engine::new(&bytes, content_type.as_deref(), Arc::new(self.machine.clone()));
            Arc::new(Copy { bytes, content_type, stamp, engine })
        })
    }
}

impl Trouble {
    fn stale(&self) -> Option<PacStale> {
        match &self.failure {
            Failure::Fault(fault) => Some(PacStale { since: self.since, fault: fault.clone() }),
            // The monitor's own trouble says nothing about the file.
            Failure::Monitor(_) => None,
        }
    }
}

fn read_if_changed(path: &FilePath, before: Option<Stamp>) -> std::io::Result<News> {
    let metadata = std::fs::metadata(path)?;
    let stamp = Stamp { modified: metadata.modified()?, length: metadata.len() };
    if before == Some(stamp) {
        return Ok(News::Unchanged);
    }
    let bytes = read_file(path)?;
    Ok(News::Came(Fetched { bytes, content_type: None }, Some(stamp)))
}

fn unreadable(error: &std::io::Error) -> Failure<PacSourceFault> {
    if error.kind() == std::io::ErrorKind::FileTooLarge {
        return Failure::Fault(PacSourceFault::TooLarge);
    }
    let lacking: Option<MonitorFault> = exhausted("read a PAC file", error);
    lacking.map_or_else(|| Failure::Fault(PacSourceFault::Unreadable(IoFault::from(error))), Failure::Monitor)
}
