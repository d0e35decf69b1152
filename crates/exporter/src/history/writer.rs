//! The thread that writes. All that may wait for a disk happens here.

use std::error::Error;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use prober::text::{Clean, with_sources};

use super::Shared;
use super::book::held;
use super::home::{Home, Opened};
use super::model::StorageFault;
use super::pending::Pending;
use super::store::{Left, Reader, StoreError};
use super::trouble::Resumed;

/// How often what is urgent is written: what begins, ends or has another cause.
const BREATH: Duration = Duration::from_secs(2);
/// How often everything is.
const ROUND: Duration = Duration::from_secs(60);
/// How long it is left alone after a failure, at first and at most.
const PAUSES: (Duration, Duration) = (Duration::from_secs(2), Duration::from_secs(30));

/// The writer and what it alone has.
#[derive(Debug)]
pub(super) struct Writer {
    shared: Arc<Shared>,
    /// Where the file belongs; `None` where nobody named a directory.
    home: Option<Home>,
    /// The file, while there is one.
    opened: Option<Opened>,
    /// Whether that has to be set aside before it is opened again.
    is_damaged: bool,
    pending: Pending,
    /// Whether what was written before this process has been read.
    is_read: bool,
    last_round: Option<Instant>,
    retry_at: Option<Instant>,
    pause: Duration,
}

impl Writer {
    pub(super) fn new(shared: Arc<Shared>, directory: Option<PathBuf>) -> Self {
        Self {
            shared,
            home: directory.map(Home::new),
            opened: None,
            is_damaged: false,
            pending: Pending::default(),
            is_read: false,
            last_round: None,
            retry_at: None,
            pause: PAUSES.0,
        }
    }

    /// Writes until told to stop, and then what is left.
    pub(super) fn run(mut self) {
        let shared = Arc::clone(&self.shared);
        self.open();
        if self.is_damaged {
            self.open();
        }
        let mut asked = shared.mailbox.answer(0);
        loop {
            let order = shared.mailbox.wait(asked, BREATH);
            self.turn(order.is_asked);
            asked = shared.mailbox.answer(order.asked);
            if order.is_last {
                break;
            }
        }
        // The file is closed before anybody is told that this has ended.
        drop(self);
        shared.mailbox.end();
    }

    /// One turn: takes what is new and writes it, in the pace that failures allow unless somebody waits.
    fn turn(&mut self, is_asked: bool) {
        let news = self.shared.book.news();
        let is_round = is_asked || self.last_round.is_none_or(|last| last.elapsed() >= ROUND);
        let may_try = is_asked || self.retry_at.is_none_or(|at| Instant::now() >= at);
        if is_round {
            self.last_round = Some(Instant::now());
            self.shared.book.expire(self.shared.clock.now());
        }
        if may_try && (is_round || self.retry_at.is_some()) {
            self.look_after_the_file();
        }
        self.pending.take(&self.shared.book, is_round);
        if may_try || self.opened.is_none() {
            self.write();
        }
        if !self.pending.is_empty() && self.retry_at.is_none() {
            // It was damaged, and there is a new one.
            self.write();
        }
        if is_round && self.retry_at.is_none() {
            self.prune();
        }
        self.measure();
        self.shared.written.store(news, Ordering::SeqCst);
    }

    /// Opens the file where it is not open, or not the one that is there any more.
    fn look_after_the_file(&mut self) {
        let Some(home) = &self.home else { return };
        if self.opened.as_ref().is_some_and(|opened| !home.is_still(opened)) {
            tracing::warn!(file = %home.file().display(), "the history's file has gone");
            self.lose();
        }
        if self.shared.is_suspected.swap(false, Ordering::Relaxed) {
            self.check();
        }
        if self.opened.is_none() {
            self.open();
        }
        if self.is_damaged {
            self.open();
        }
    }

    /// Somebody who read found the file damaged.
    fn check(&mut self) {
        let Some(opened) = &self.opened else { return };
        if let Err(error) = opened.store.check() {
            self.fails_at_work("check the history", &error);
        }
    }

    fn open(&mut self) {
        let Some(home) = &self.home else { return };
        let now = self.shared.clock.now();
        let opened = match home.open(&mut self.is_damaged, now) {
            Ok(opened) => opened,
            Err(error) => return self.fails("open the history", &error),
        };
        match self.settle_in(opened) {
            Ok(()) => self.works(),
            Err(error) => {
                // The next attempt begins a new one.
                self.is_damaged = error.is_damage();
                self.fails("read the history", &error);
            }
        }
        self.measure();
    }

    /// Takes over what the file knows, and gives it what was kept in memory meanwhile.
    fn settle_in(&mut self, mut opened: Opened) -> Result<(), StoreError> {
        let shared = &self.shared;
        let now = shared.clock.now();
        let (left, last_written) = (opened.store.left()?, opened.store.last_written()?);
        let seeds = if self.is_read { Vec::new() } else { opened.store.day(now)? };
        // Pages wait for so long, so that they never see half of it.
        let mut reader = held(&shared.reader);
        if let Ok(memory) = reader.store() {
            let goes_on =
                |left: &&Left| held(&shared.book.diary(&left.name.endpoint, &left.name.path)).is_still(&left.record);
            let going_on = left.iter().filter(goes_on).map(|left| left.name.clone()).collect();
            opened.store.copy(memory, &going_on)?;
        }
        if let Some(store) = opened.reader.take() {
            reader.replace(store);
        }
        drop(reader);
        for left in left {
            let diary = shared.book.diary(&left.name.endpoint, &left.name.path);
            let from = left.record.from;
            let resumed = held(&diary).resume(left.record, last_written.unwrap_or(from), now);
            if resumed == Resumed::TakenOver {
                self.pending.forget(&left.name);
            }
        }
        for seed in seeds {
            held(&shared.book.diary(&seed.name.endpoint, &seed.name.path)).seed(seed.half, seed.counts);
        }
        self.is_read = true;
        shared.book.end_the_unplanned();
        shared.set_aside_files.store(opened.set_aside_files, Ordering::Relaxed);
        if let Some(aside) = opened.set_aside.take() {
            held(&shared.standing).set_aside = Some(aside);
        }
        self.opened = Some(opened);
        Ok(())
    }

    fn write(&mut self) {
        if self.pending.is_empty() {
            return;
        }
        let now = self.shared.clock.now();
        let written = match &mut self.opened {
            Some(opened) => opened.store.write(self.pending.batch(), now),
            None => held(&self.shared.reader).store().and_then(|store| store.write(self.pending.batch(), now)),
        };
        match written {
            Ok(()) => {
                self.pending.clear();
                if self.opened.is_some() || self.home.is_none() {
                    self.works();
                }
            }
            Err(error) => self.fails_at_work("write the history", &error),
        }
    }

    fn prune(&mut self) {
        let now = self.shared.clock.now();
        let limits = self.shared.limits;
        let pruned = match &mut self.opened {
            Some(opened) => opened.store.prune(limits.file, now),
            None => held(&self.shared.reader).store().and_then(|store| store.prune(limits.memory, now)),
        };
        if let Err(error) = pruned {
            self.fails_at_work("remove what is too old from the history", &error);
        }
    }

    /// A file that was open fails. One that is broken is given up; every other failure may pass.
    fn fails_at_work(&mut self, operation: &'static str, error: &StoreError) {
        if error.is_damage() && self.opened.is_some() {
            tracing::warn!(error = with_sources(error), "the history's file is damaged");
            self.lose();
            self.is_damaged = true;
            return self.open();
        }
        self.fails(operation, error);
    }

    /// Gives the file up. What is still known is written again, wherever that will be.
    fn lose(&mut self) {
        self.opened = None;
        *held(&self.shared.reader) = Reader::in_memory(self.shared.clock.now());
        self.shared.book.tell_again();
        self.pending.take(&self.shared.book, true);
    }

    fn fails(&mut self, operation: &'static str, error: &(dyn Error + 'static)) {
        self.retry_at = Some(Instant::now() + self.pause);
        self.pause = (self.pause * 2).min(PAUSES.1);
        let reason = with_sources(error);
        let mut standing = held(&self.shared.standing);
        let since = standing.fault.as_ref().map(|fault| fault.since);
        if since.is_none() {
            tracing::warn!(operation, error = reason, "the history cannot be kept");
        }
        let since = since.unwrap_or_else(|| self.shared.clock.now());
        standing.fault = Some(StorageFault { operation, reason: Clean::bounded(&reason, MOST_REASON), since });
    }

    fn works(&mut self) {
        (self.retry_at, self.pause) = (None, PAUSES.0);
        if held(&self.shared.standing).fault.take().is_some() {
            tracing::info!("the history is kept again");
        }
    }

    fn measure(&self) {
        let bytes = match &self.home {
            Some(home) if self.opened.is_some() => home.bytes(),
            _ => held(&self.shared.reader).store().and_then(|store| store.used_bytes()).unwrap_or_default(),
        };
        self.shared.bytes.store(bytes, Ordering::Relaxed);
    }
}

/// The longest reason told, in characters: it holds a path.
const MOST_REASON: usize = 600;
