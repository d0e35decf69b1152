//! What others hold of the thread of an engine.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use rustix::process::{Pid, setpriority_process};
use rustix::thread::gettid;

/// The lowest priority that there is.
const IDLE: i32 = 19;

/// A hold on a thread that may not come back by itself.
#[derive(Debug, Default)]
pub(super) struct Leash {
    thread: OnceLock<Pid>,
    abandoned: AtomicBool,
    demoted: AtomicBool,
}

impl Leash {
    /// Ties the calling thread to it.
    pub(super) fn tie(&self) {
        let _ = self.thread.set(gettid());
    }

    /// Nobody waits any more: the thread is to end.
    pub(super) fn abandon(&self) {
        self.abandoned.store(true, Ordering::Relaxed);
        self.demote();
    }

    pub(super) fn is_abandoned(&self) -> bool {
        self.abandoned.load(Ordering::Relaxed)
    }

    /// Nobody waits for what the thread is at: it goes on only while nothing else wants the processor. What it is at may
    /// be a function of the engine that cannot be interrupted. There is no way back up, so it ends afterwards.
    pub(super) fn demote(&self) {
        let was_demoted = self.demoted.swap(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.get().filter(|_| !was_demoted) {
            // On Linux this is about the one thread. If it cannot be done, the thread goes on as before.
            let _ = setpriority_process(Some(*thread), IDLE);
        }
    }

    pub(super) fn is_demoted(&self) -> bool {
        self.demoted.load(Ordering::Relaxed)
    }
}
