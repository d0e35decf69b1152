//! What others hold of the thread of an engine.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use rustix::process::{Pid, setpriority_process};
use rustix::thread::gettid;
use rustix::time::{ClockId, clock_gettime};

/// The lowest priority that there is.
const IDLE: i32 = 19;

/// How many threads of this process are held by scripts that nobody waits for.
static STUCK: AtomicUsize = AtomicUsize::new(0);

/// A hold on a thread that may not come back by itself.
#[derive(Debug, Default)]
pub(super) struct Leash {
    thread: OnceLock<Pid>,
    abandoned: AtomicBool,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// The thread's processor time at which the turn that it is at began.
    turn: Option<Duration>,
    demoted: bool,
    ended: bool,
}

impl Leash {
    /// Ties the calling thread to it.
    pub(super) fn tie(&self) {
        let _ = self.thread.set(gettid());
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The thread begins a turn; says what processor time it has used so far.
    pub(super) fn begin(&self) -> Duration {
        let now = thread_time();
        self.state().turn = Some(now);
        now
    }

    /// The thread has ended its turn.
    pub(super) fn rest(&self) {
        self.state().turn = None;
    }

    /// The thread ends.
    pub(super) fn end(&self) {
        let mut state = self.state();
        state.ended = true;
        if state.demoted {
            STUCK.fetch_sub(1, Ordering::Relaxed);
        }
    }

    /// Whether the thread takes questions.
    pub(super) fn serves(&self) -> bool {
        let state = self.state();
        !state.demoted && !state.ended
    }

    /// Nobody waits any more: the thread is to end.
    pub(super) fn abandon(&self) {
        self.abandoned.store(true, Ordering::Relaxed);
        if self.state().turn.is_some() {
            self.demote();
        }
    }

    pub(super) fn is_abandoned(&self) -> bool {
        self.abandoned.load(Ordering::Relaxed)
    }

    /// Nobody waits for what the thread is at: it goes on only while nothing else wants the processor. What it is at may
    /// be a function of the engine that cannot be interrupted. There is no way back up, so it ends afterwards.
    pub(super) fn demote(&self) {
        let mut state = self.state();
        if state.demoted || state.ended {
            return;
        }
        state.demoted = true;
        STUCK.fetch_add(1, Ordering::Relaxed);
        if let Some(thread) = self.thread.get() {
            // On Linux this is about the one thread. If it cannot be done, the thread goes on as before.
            let _ = setpriority_process(Some(*thread), IDLE);
        }
    }

    pub(super) fn is_demoted(&self) -> bool {
        self.state().demoted
    }

    /// How many demoted threads of this process have not come back.
    pub(super) fn stuck() -> usize {
        STUCK.load(Ordering::Relaxed)
    }

    /// The processor time that the turn under way has taken; `None` where none is, or the kernel does not say.
    pub(super) fn turn_so_far(&self) -> Option<Duration> {
        let begun = self.state().turn?;
        Some(self.time()?.saturating_sub(begun))
    }

    /// The processor time of the thread, as others see it: up to a tick of the kernel behind (proc_pid_schedstat(5)).
    pub(super) fn time(&self) -> Option<Duration> {
        let thread = self.thread.get()?.as_raw_nonzero();
        let statistics = std::fs::read_to_string(format!("/proc/self/task/{thread}/schedstat")).ok()?;
        let nanoseconds = statistics.split(' ').next()?.parse().ok().filter(|time| *time > 0)?;
        Some(Duration::from_nanos(nanoseconds))
    }
}

/// The processor time that this thread has used. Unlike time on the wall it does not run while others compute.
pub(super) fn thread_time() -> Duration {
    Duration::try_from(clock_gettime(ClockId::ThreadCPUTime)).unwrap_or_default()
}
