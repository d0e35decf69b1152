//! What the functions of one evaluation have before them: known addresses, the time, and the processor time left.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use super::leash::{Leash, thread_time};
use super::surroundings::Surroundings;
use crate::net::MAX_NAME;
use crate::text::Clean;

/// The most names that one evaluation may ask for; further ones have no address.
const MAX_NAMES: usize = 32;

/// The most alerts kept.
const MAX_ALERTS: usize = 16;

/// How many steps of work are counted before the time is looked at: about a millisecond.
const LOOK_AFTER: u64 = 1_000_000;

/// What came of asking for names: addresses, or none.
pub(super) type Known = BTreeMap<String, Vec<IpAddr>>;

/// What one turn of an evaluation brings along and leaves behind. See [`Desk`].
#[derive(Debug, Default)]
pub(super) struct Papers {
    /// The names looked up so far.
    pub(super) known: Known,
    /// Messages of `alert`.
    pub(super) alerts: Vec<Clean>,
    /// Whether more names were asked for than may be.
    pub(super) too_many_names: bool,
    /// Whether a name could not be looked up.
    pub(super) lookup_failed: bool,
    /// The name without which there is no going on.
    pub(super) wanted: Option<String>,
}

/// The place where the script's functions find what they need and leave what they were told.
#[derive(Debug)]
pub(super) struct Desk {
    pub(super) surroundings: Arc<dyn Surroundings>,
    papers: RefCell<Papers>,
    leash: Arc<Leash>,
    /// The thread's processor time at which the script is stopped.
    stop_at: Cell<Duration>,
    stopped: Cell<bool>,
    /// Steps charged since the time was looked at.
    charged: Cell<u64>,
    own_addresses: RefCell<Option<Vec<IpAddr>>>,
}

impl Desk {
    pub(super) fn new(surroundings: Arc<dyn Surroundings>, leash: Arc<Leash>) -> Self {
        Self {
            surroundings,
            papers: RefCell::default(),
            leash,
            stop_at: Cell::new(Duration::ZERO),
            stopped: Cell::new(false),
            charged: Cell::new(0),
            own_addresses: RefCell::default(),
        }
    }

    /// Lays out the papers of a turn.
    pub(super) fn lay_out(&self, papers: Papers) {
        self.own_addresses.replace(None);
        self.papers.replace(papers);
    }

    /// Takes the papers of a turn away.
    pub(super) fn clear(&self) -> Papers {
        self.papers.take()
    }

    /// Lets the script run for so long from now.
    pub(super) fn allow(&self, share: Duration) {
        self.stopped.set(false);
        self.stop_at.set(thread_time() + share);
    }

    /// How much of the time allowed is left.
    pub(super) fn left(&self) -> Duration {
        self.stop_at.get().saturating_sub(thread_time())
    }

    /// Whether the script has to stop here; the engine asks every few thousand steps.
    pub(super) fn must_stop(&self) -> bool {
        let is_over = thread_time() >= self.stop_at.get() || self.leash.is_abandoned();
        if is_over {
            self.stopped.set(true);
        }
        is_over || self.wants()
    }

    /// Counts steps within a function that cannot be interrupted, and says whether the script has to stop before them.
    pub(super) fn charge(&self, steps: u64) -> bool {
        if self.stopped.get() {
            return true;
        }
        let charged = self.charged.get().saturating_add(steps);
        let looks = charged >= LOOK_AFTER;
        self.charged.set(if looks { 0 } else { charged });
        looks && self.must_stop()
    }

    /// Whether the script was stopped for having run too long.
    pub(super) fn was_stopped(&self) -> bool {
        self.stopped.get()
    }

    /// Whether the script asked for a name that is yet to be looked up.
    pub(super) fn wants(&self) -> bool {
        self.papers.borrow().wanted.is_some()
    }

    /// The addresses of a name, as far as they are known. `None` while they are not: the evaluation cannot go on and is
    /// done over once they are.
    pub(super) fn addresses(&self, name: &str) -> Option<Vec<IpAddr>> {
        let mut papers = self.papers.borrow_mut();
        if name.is_empty() || name.len() > MAX_NAME {
            return Some(Vec::new());
        }
        if let Some(addresses) = papers.known.get(name) {
            return Some(addresses.clone());
        }
        if papers.known.len() == MAX_NAMES {
            papers.too_many_names = true;
            return Some(Vec::new());
        }
        papers.wanted.get_or_insert_with(|| name.to_owned());
        None
    }

    /// Whether a name was asked for in vain.
    pub(super) fn lacked_names(&self) -> bool {
        let papers = self.papers.borrow();
        papers.lookup_failed || papers.too_many_names
    }

    /// This machine's addresses as the script was told them in this turn, if it asked.
    pub(super) fn told_addresses(&self) -> Option<Vec<IpAddr>> {
        self.own_addresses.borrow().clone()
    }

    /// This machine's addresses; asked for at most once an evaluation.
    pub(super) fn own_addresses(&self) -> Vec<IpAddr> {
        self.own_addresses.borrow_mut().get_or_insert_with(|| self.surroundings.own_addresses()).clone()
    }

    /// Notes a message of `alert`.
    pub(super) fn alert(&self, message: &str) {
        let mut papers = self.papers.borrow_mut();
        if papers.alerts.len() < MAX_ALERTS {
            papers.alerts.push(Clean::new(message));
        }
    }
}
