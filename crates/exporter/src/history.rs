//! What was: troubles with the evidence of their first and their last failure, and how the results of every five minutes
//! looked.
//!
//! The scheduler's events go in ([`Recorder`]), the pages' questions are answered from it ([`History`]). Nothing here
//! delays a probe or stops the monitoring: what cannot be kept is counted and told ([`Standing`]).
//!
//! ```text
//! events ─► diaries, one a pair ──────────► days
//!           (folded, in memory) ─► writer ─► SQLite ─► troubles, evidence, latencies
//! ```

mod book;
mod diary;
mod evidence;
mod figures;
mod home;
mod mailbox;
mod model;
mod pending;
mod ring;
mod rollup;
mod slot;
mod store;
mod trouble;
mod writer;

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use prober::net::Clock;
use prober::plan::Plan;
use prober::state::Earlier;
use prober::text::Clean;
use thiserror::Error;
use time::OffsetDateTime;

pub use self::book::Recorder;
use self::book::{Book, Name, held};
use self::mailbox::{Mailbox, Want};
pub use self::model::{
    Days, Filter, Finding, HALF_HOURS, HalfHour, Latency, LatencySpan, Standing, Storage, StorageFault, Trouble,
    TroubleState,
};
use self::store::{Bounds, Reader, Store, StoreError};
use self::writer::Writer;

/// Why the history cannot answer.
#[derive(Debug, Error)]
#[error("cannot read the history: {operation}")]
pub struct HistoryError {
    /// What was being done.
    pub operation: &'static str,
    /// Why that failed.
    #[source]
    pub source: Box<dyn std::error::Error + Send + Sync>,
}

/// How long and how much is kept, in the file and in memory.
#[derive(Debug, Clone, Copy)]
struct Limits {
    file: Bounds,
    memory: Bounds,
}

impl Limits {
    /// A month, and what a small machine can spare.
    const DEFAULT: Self = Self {
        file: Bounds { days: 30, bytes: 256 * 1024 * 1024 },
        memory: Bounds { days: 30, bytes: 32 * 1024 * 1024 },
    };
}

/// What the writer and everybody else share.
#[derive(Debug)]
struct Shared {
    clock: Arc<dyn Clock>,
    book: Arc<Book>,
    /// Who answers questions: the file, or what is kept in memory in its place.
    reader: Mutex<Reader>,
    standing: Mutex<Standing>,
    bytes: AtomicU64,
    mailbox: Mailbox,
    /// How much of the urgent news ([`Book::news`]) the writer has seen to.
    written: AtomicU64,
    /// Files that could not be read and lie beside the one in use.
    set_aside_files: AtomicU64,
    limits: Limits,
    /// Whether somebody who read found the file damaged.
    is_suspected: AtomicBool,
}

impl Shared {
    fn read<T>(&self, ask: impl FnOnce(&Store) -> Result<T, StoreError>) -> Result<T, HistoryError> {
        let answer = held(&self.reader).store().and_then(|store| ask(store));
        answer.map_err(|error| {
            self.is_suspected.fetch_or(error.is_damage(), Ordering::Relaxed);
            HistoryError { operation: "asking for what was", source: Box::new(error) }
        })
    }
}

/// Ends the writer when the last history is gone.
#[derive(Debug)]
struct Hold(Arc<Shared>);

impl Drop for Hold {
    fn drop(&mut self) {
        self.0.mailbox.stop();
    }
}

/// The history of a site. Cheap to clone; all clones are one.
///
/// The methods read a file and block for it: they are for threads that may wait.
#[derive(Debug, Clone)]
pub struct History {
    shared: Arc<Hold>,
}

impl History {
    /// For how long a directory may hold up the start; what it holds is read later then.
    const OPENING: Duration = Duration::from_secs(2);
    /// For how long it may hold up a question.
    const SETTLING: Duration = Duration::from_millis(500);
    /// For how long it may hold up the end.
    const CLOSING: Duration = Duration::from_secs(2);

    /// A history kept in a directory, or in memory without one. It always opens: what is wrong with the directory is
    /// told by [`standing`](Self::standing), and what cannot be kept there is kept in memory.
    pub fn open(directory: Option<PathBuf>, clock: Arc<dyn Clock>) -> Self {
        Self::within(Limits::DEFAULT, directory, clock)
    }

    fn within(limits: Limits, directory: Option<PathBuf>, clock: Arc<dyn Clock>) -> Self {
        let standing = Standing { directory: directory.clone(), ..Standing::default() };
        let shared = Arc::new(Shared {
            book: Arc::default(),
            reader: Mutex::new(Reader::in_memory(clock.now())),
            standing: Mutex::new(standing),
            bytes: AtomicU64::new(0),
            mailbox: Mailbox::default(),
            written: AtomicU64::new(0),
            set_aside_files: AtomicU64::new(0),
            limits,
            is_suspected: AtomicBool::new(false),
            clock,
        });
        let writer = Writer::new(Arc::clone(&shared), directory);
        if let Err(error) = thread::Builder::new().name("history".to_owned()).spawn(|| writer.run()) {
            shared.no_thread(&error);
        }
        shared.mailbox.wait_for_beginning(Self::OPENING);
        Self { shared: Arc::new(Hold(shared)) }
    }

    /// Who has to hear the scheduler's events, for all pairs of a plan and what is discovered besides.
    pub fn recorder(&self, plan: &Plan) -> Recorder {
        self.follow(plan);
        Recorder::new(Arc::clone(&self.shared.0.book))
    }

    /// Which pairs there are from now on. Troubles that an earlier process left open for others are over.
    pub fn follow(&self, plan: &Plan) {
        self.shared.0.book.plan(plan);
    }

    /// What was wrong when the process before this one ended and is not known to be over: since when which state lasts.
    pub fn earlier(&self) -> Earlier {
        let open = Filter { state: Some(TroubleState::Open), limit: Some(usize::MAX), ..Filter::default() };
        let troubles = self.troubles(&open).unwrap_or_else(|error| {
            tracing::warn!(error = &error as &dyn std::error::Error, "cannot tell since when what is wrong has been");
            Vec::new()
        });
        troubles.into_iter().map(|trouble| ((trouble.endpoint, trouble.path), (trouble.state, trouble.from))).collect()
    }

    /// How it is kept, and what is wrong with that.
    pub fn standing(&self) -> Standing {
        held(&self.shared.0.standing).clone()
    }

    /// What metrics tell of it.
    pub fn storage(&self) -> Storage {
        let shared = &self.shared.0;
        Storage {
            is_writable: held(&shared.standing).fault.is_none(),
            bytes: shared.bytes.load(Ordering::Relaxed),
            dropped: shared.book.dropped(),
            set_aside_files: shared.set_aside_files.load(Ordering::Relaxed),
        }
    }

    /// Troubles, the newest first. What was told before is among them, unless the disk is slow to take it.
    pub fn troubles(&self, filter: &Filter) -> Result<Vec<Trouble>, HistoryError> {
        self.settle();
        self.shared.0.read(|store| store.troubles(filter))
    }

    /// What the first and the last failure of a trouble looked like; `None` where that was kept by a version that wrote
    /// it in another form.
    pub fn evidence(&self, trouble: i64) -> Result<Option<(Finding, Finding)>, HistoryError> {
        self.shared.0.read(|store| store.evidence(trouble))
    }

    /// The newest trouble of a pair, with the evidence of its last failure.
    pub fn last_failure(&self, endpoint: &str, path: &str) -> Result<Option<(Trouble, Finding)>, HistoryError> {
        self.shared.0.read(|store| store.last_failure(&Name::new(endpoint, path)))
    }

    /// The last 24 hours of every pair. Answered from memory.
    pub fn days(&self) -> Days {
        self.shared.0.book.days(self.now())
    }

    /// How long the probes of a pair took, oldest first; spans without a usable probe are left out.
    ///
    /// The figures of five minutes are exact, by nearest rank. Those of half an hour come from those of its five-minute
    /// slots: between the least, the median, the 95th percentile and the most of each, its durations are taken as evenly
    /// spread.
    pub fn latencies(&self, endpoint: &str, path: &str, span: LatencySpan) -> Result<Vec<Latency>, HistoryError> {
        let now = self.now();
        self.shared.0.read(|store| store.latencies(&Name::new(endpoint, path), span, now))
    }

    /// Has everything written that was told so far, and waits for that; says whether it was done in time. Otherwise what
    /// begins, ends or has a new cause is written within two seconds, the rest within a minute.
    pub fn flush(&self, limit: Duration) -> bool {
        self.shared.0.mailbox.ask(Want::Everything, limit)
    }

    /// Has everything written and the file closed, and waits for that, but not for long: a disk that does not answer must
    /// not keep the program from ending. Says whether it was done in time.
    pub fn close(&self) -> bool {
        self.shared.0.mailbox.stop();
        self.shared.0.mailbox.wait_for_end(Self::CLOSING)
    }

    /// Waits until the urgent news so far are written, and not for long: who hears of a change by an event asks at once.
    fn settle(&self) {
        let shared = &self.shared.0;
        if shared.written.load(Ordering::SeqCst) < shared.book.news() {
            shared.mailbox.ask(Want::Urgent, Self::SETTLING);
        }
    }

    fn now(&self) -> OffsetDateTime {
        self.shared.0.clock.now()
    }
}

impl Shared {
    /// Without its thread nothing is written; the days in memory go on.
    fn no_thread(&self, error: &std::io::Error) {
        let reason = Clean::new(&error.to_string());
        let fault = StorageFault { operation: "start the history's thread", reason, since: self.clock.now() };
        held(&self.standing).fault = Some(fault);
        self.mailbox.end();
    }
}

#[cfg(test)]
mod tests;
