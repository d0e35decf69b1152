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

/// Older copies are not used while a newer one is under way, unless that takes too long.
const OLD: Duration = Duration::from_secs(10 * 60);

/// How long after a fetch that failed, or that brought what decides nothing, the next one is.
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
    /// When the copy was last known to be what its source has.
    checked: Option<Instant>,
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
    /// Whether it failed more than once in a row.
    lasts: bool,
}

/// What there is to be asked.
#[derive(Debug)]
pub(super) struct Current {
    pub(super) copy: Arc<Copy>,
    /// Set where the file could not be had anew.
    pub(super) stale: Option<PacStale>,
}

/// Whether there is time to wait for what is under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Patience {
    Left,
    Gone,
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

    /// The file as it is held, at once; only where none is, or an old one, a newer one is waited for. What is due to be
    /// looked at again is fetched meanwhile, once for everybody.
    pub(super) async fn current(self: &Arc<Self>, by: Instant) -> Result<Current, Failure<PacSourceFault>> {
        let mut news = self.news.subscribe();
        if self.begin_if_due() {
            let file = Arc::clone(self);
            tokio::spawn(async move { file.refresh().await });
        }
        loop {
            if let Some(answer) = self.answer(Patience::Left) {
                return answer;
            }
            if timeout_at(by, news.changed()).await.is_err() {
                let too_late = Failure::Fault(PacSourceFault::NotInTime);
                return self.answer(Patience::Gone).unwrap_or(Err(too_late));
            }
        }
    }

    /// That the file as it is held decides nothing: a better one may be there soon.
    pub(super) fn doubt(&self) {
        let mut held = self.held();
        let soon = Instant::now() + RETRY;
        held.due = held.due.map(|due| due.min(soon));
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

    /// What can be said now; `None` while a file is under way that is worth waiting for.
    fn answer(&self, patience: Patience) -> Option<Result<Current, Failure<PacSourceFault>>> {
        let held = self.held();
        let waits = patience == Patience::Left && held.under_way;
        match (&held.copy, &held.trouble) {
            (Some(_), _) if waits && self.is_old(&held) => None,
            (Some(copy), trouble) => {
                let stale = trouble.as_ref().and_then(Trouble::stale);
                Some(Ok(Current { copy: Arc::clone(copy), stale }))
            }
            (None, Some(trouble)) if !waits => Some(Err(trouble.failure.clone())),
            (None, _) => None,
        }
    }

    /// A file of this machine is read in no time, so a change of it is not missed.
    fn is_old(&self, held: &Held) -> bool {
        matches!(self.location, PacLocation::File(_)) || held.checked.is_none_or(|checked| checked.elapsed() > OLD)
    }

    async fn refresh(self: Arc<Self>) {
        let file = Arc::clone(&self);
        let task = tokio::spawn(async move {
            let by = Instant::now() + FETCH_LIMIT;
            let looked = timeout_at(by, file.look(by)).await;
            looked.unwrap_or(Err(Failure::Fault(PacSourceFault::NotInTime)))
        });
        // A bug in there must not keep everybody from ever looking again.
        let outcome = task.await.unwrap_or_else(|error| Err(unreadable(&std::io::Error::other(error))));
        self.take_in(outcome);
        self.news.send_modify(|count| *count += 1);
    }

    async fn look(&self, by: Instant) -> Result<News, Failure<PacSourceFault>> {
        match &self.location {
            PacLocation::Url(url) => self.fetcher.fetch(url, by).await.map(|fetched| News::Came(fetched, None)),
            PacLocation::File(path) => {
                let (path, before) = (path.clone(), self.held().copy.as_ref().and_then(|copy| copy.stamp));
                let read = tokio::task::spawn_blocking(move || read_if_changed(&path, before)).await;
                read.unwrap_or_else(|error| Err(std::io::Error::other(error))).map_err(|error| unreadable(&error))
            }
        }
    }

    fn take_in(&self, outcome: Result<News, Failure<PacSourceFault>>) {
        let mut held = self.held();
        let outcome = outcome.and_then(|news| match news {
            News::Unchanged => Ok(None),
            News::Came(fetched, stamp) => self.better(held.copy.as_ref(), fetched, stamp).map(Some),
        });
        let pause = match (&self.location, &outcome) {
            (PacLocation::File(_), _) => LOOK,
            (PacLocation::Url(_), Ok(Some(copy))) if copy.engine.is_err() => RETRY,
            (PacLocation::Url(_), Ok(_)) => FRESH,
            (PacLocation::Url(_), Err(_)) => RETRY,
        };
        held.under_way = false;
        held.due = Some(Instant::now() + pause);
        match outcome {
            Ok(copy) => {
                held.trouble = None;
                held.checked = Some(Instant::now());
                held.copy = copy.or(held.copy.take());
            }
            Err(failure) => {
                let before = held.trouble.as_ref().map(|trouble| trouble.since);
                let since = before.unwrap_or_else(|| self.machine.clock.now());
                held.trouble = Some(Trouble { since, failure, lasts: before.is_some() });
            }
        }
    }

    /// What came, unless it is a page or nothing at all and there is something better: a portal or a server under repair
    /// answers for the file, and clients that have one keep it.
    fn better(
        &self,
        before: Option<&Arc<Copy>>,
        came: Fetched,
        stamp: Option<Stamp>,
    ) -> Result<Arc<Copy>, Failure<PacSourceFault>> {
        let copy = self.copy(before.cloned(), came, stamp);
        match (&copy.engine, before) {
            (Err(PacFlaw::NotScript(what)), Some(before)) if before.engine.is_ok() => {
                Err(Failure::Fault(PacSourceFault::NoScript(*what)))
            }
            _ => Ok(copy),
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
    /// Once is not worth a word: clients do not notice a server that is started anew.
    fn stale(&self) -> Option<PacStale> {
        match &self.failure {
            Failure::Fault(fault) if self.lasts => Some(PacStale { since: self.since, fault: fault.clone() }),
            // The monitor's own trouble says nothing about the file.
            Failure::Fault(_) | Failure::Monitor(_) => None,
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
