//! How the writer is told to hurry, and to stop.

use std::sync::{Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::book::held;

/// Requests are numbered; who made one waits until that number is answered.
#[derive(Debug, Default)]
pub(super) struct Mailbox {
    letters: Mutex<Letters>,
    news: Condvar,
}

#[derive(Debug, Default)]
struct Letters {
    asked: u64,
    /// The newest request for everything, not only for what is urgent.
    for_everything: u64,
    answered: Option<u64>,
    is_last: bool,
    has_ended: bool,
}

/// What is to be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Want {
    /// What begins, ends or has another cause.
    Urgent,
    /// All of it.
    Everything,
}

/// What the writer is to do.
#[derive(Debug, Clone, Copy)]
pub(super) struct Order {
    /// The newest request.
    pub(super) asked: u64,
    /// Whether somebody waits for all to be written.
    pub(super) is_asked: bool,
    /// Whether this is the last turn.
    pub(super) is_last: bool,
}

impl Mailbox {
    /// Asks for everything to be written, or for what is urgent, and waits for it; says whether it was done in time.
    pub(super) fn ask(&self, what: Want, limit: Duration) -> bool {
        let mut letters = held(&self.letters);
        letters.asked += 1;
        let number = letters.asked;
        if what == Want::Everything {
            letters.for_everything = number;
        }
        drop(letters);
        self.news.notify_all();
        self.until(limit, |letters| letters.answered >= Some(number) || letters.has_ended)
    }

    /// Waits until the writer has begun.
    pub(super) fn wait_for_beginning(&self, limit: Duration) -> bool {
        self.until(limit, |letters| letters.answered.is_some() || letters.has_ended)
    }

    /// Asks for everything to be written, and nothing more after that.
    pub(super) fn stop(&self) {
        held(&self.letters).is_last = true;
        self.news.notify_all();
    }

    /// Waits for the writer's end; says whether it came in time.
    pub(super) fn wait_for_end(&self, limit: Duration) -> bool {
        self.until(limit, |letters| letters.has_ended)
    }

    /// The writer waits for a request newer than one, and no longer than so long.
    pub(super) fn wait(&self, answered: u64, limit: Duration) -> Order {
        self.until(limit, |letters| letters.asked > answered || letters.is_last);
        let letters = held(&self.letters);
        let is_asked = letters.for_everything > answered || letters.is_last;
        Order { asked: letters.asked, is_asked, is_last: letters.is_last }
    }

    /// The writer has done what was asked.
    pub(super) fn answer(&self, number: u64) -> u64 {
        held(&self.letters).answered = Some(number);
        self.news.notify_all();
        number
    }

    /// The writer has ended.
    pub(super) fn end(&self) {
        held(&self.letters).has_ended = true;
        self.news.notify_all();
    }

    fn until(&self, limit: Duration, holds: impl Fn(&Letters) -> bool) -> bool {
        let deadline = Instant::now() + limit;
        let mut letters = held(&self.letters);
        while !holds(&letters) {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            letters = self.news.wait_timeout(letters, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        true
    }
}
