//! What the thread of a PAC file does: takes questions, keeps the script loaded, and loads it anew in time.

use std::net::IpAddr;
use std::rc::Rc;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;

use super::desk::{Desk, Papers};
use super::leash::Leash;
use super::question::Question;
use super::sandbox::{Sandbox, Stop};
use super::surroundings::Surroundings;
use crate::observation::PacFlaw;
use crate::text::Clean;

/// How long a file that could not be loaded is not tried again: what it does may depend on time and network.
const RELOAD_PAUSE: Duration = Duration::from_secs(60);

/// How long what a script found out while it was loaded may be kept: the time of day, or addresses.
const FRESH: Duration = Duration::from_secs(5 * 60);

/// The same where names could not be looked up while it was loaded.
const DOUBTFUL: Duration = Duration::from_secs(10);

/// How often the machine's addresses are compared with those that the script was told while it was loaded.
const COMPARE: Duration = Duration::from_secs(1);

/// One turn of an evaluation: until its end, or until it needs a name.
#[derive(Debug)]
pub(super) struct Ask {
    pub(super) question: Question,
    pub(super) papers: Papers,
    /// The processor time left.
    pub(super) left: Duration,
    /// When this was asked.
    pub(super) now: Instant,
    /// Set by the thread that takes it.
    pub(super) taken: Arc<OnceLock<Taken>>,
    pub(super) reply: oneshot::Sender<Turn>,
}

/// That a thread has begun with a question.
#[derive(Debug)]
pub(super) struct Taken {
    pub(super) leash: Arc<Leash>,
    /// The thread's processor time when it began.
    pub(super) since: Duration,
}

/// What came of a turn.
#[derive(Debug)]
pub(super) struct Turn {
    pub(super) papers: Papers,
    pub(super) left: Duration,
    pub(super) outcome: Outcome,
}

#[derive(Debug)]
pub(super) enum Outcome {
    Done(Result<String, PacFlaw>),
    /// The papers say which.
    WantsName,
    Broken(Clean),
}

/// The questions that wait. Only a thread that has nothing to do holds them.
pub(super) type Queue = Arc<Mutex<mpsc::Receiver<Ask>>>;

/// What the thread needs.
pub(super) struct Worker {
    pub(super) script: Arc<str>,
    pub(super) surroundings: Arc<dyn Surroundings>,
    pub(super) cpu_limit: Duration,
    pub(super) leash: Arc<Leash>,
    pub(super) queue: Queue,
}

/// Says that the thread has ended, however it does.
struct Ended(Arc<Leash>);

impl Drop for Ended {
    fn drop(&mut self) {
        self.0.end();
    }
}

impl Worker {
    /// Serves until no more questions can come, or another thread has taken over.
    pub(super) fn work(self) {
        let Self { script, surroundings, cpu_limit, leash, queue } = self;
        leash.tie();
        let _ended = Ended(Arc::clone(&leash));
        let desk = Rc::new(Desk::new(surroundings, Arc::clone(&leash)));
        let mut bench = Bench { script, desk, limit: cpu_limit, load_left: cpu_limit, loaded: None, refused: None };
        while !leash.is_demoted() {
            let next = queue.lock().unwrap_or_else(PoisonError::into_inner).blocking_recv();
            let Some(ask) = next else { return };
            // Nobody waits for this one any more.
            if ask.reply.is_closed() {
                continue;
            }
            let _ = ask.taken.set(Taken { leash: Arc::clone(&leash), since: leash.begin() });
            bench.desk.lay_out(ask.papers);
            let (outcome, left) = bench.turn(&ask.question, ask.left, ask.now);
            let papers = bench.desk.clear();
            leash.rest();
            let _ = ask.reply.send(Turn { papers, left, outcome });
        }
    }
}

/// The engine at its thread, warm as long as nothing goes wrong.
struct Bench {
    script: Arc<str>,
    desk: Rc<Desk>,
    limit: Duration,
    /// The processor time left for loading.
    load_left: Duration,
    loaded: Option<Loaded>,
    /// Why the file could not be loaded, and until when it is not tried again.
    refused: Option<(PacFlaw, Instant)>,
}

/// A script, and what it found out while it was loaded.
struct Loaded {
    sandbox: Sandbox,
    until: Instant,
    /// The machine's addresses, where it asked for them, and when they were last compared.
    own_addresses: Option<(Vec<IpAddr>, Instant)>,
}

impl Bench {
    fn turn(&mut self, question: &Question, left: Duration, now: Instant) -> (Outcome, Duration) {
        if let Err(stop) = self.load(now) {
            return (outcome(stop), left);
        }
        let Some(loaded) = &self.loaded else { return (Outcome::Broken("not loaded".into()), left) };
        self.desk.allow(left);
        let found = loaded.sandbox.find(question);
        if matches!(&found, Err(Stop::Flaw(flaw)) if leaves_ruins(flaw)) {
            self.loaded = None;
        }
        (found.map_or_else(outcome, |answer| Outcome::Done(Ok(answer))), self.desk.left())
    }

    fn load(&mut self, now: Instant) -> Result<(), Stop> {
        self.loaded = self.loaded.take().and_then(|loaded| loaded.if_fresh(now, &self.desk));
        if self.loaded.is_some() {
            return Ok(());
        }
        if let Some((flaw, until)) = &self.refused
            && now < *until
        {
            return Err(Stop::Flaw(flaw.clone()));
        }
        self.desk.allow(self.load_left);
        let loaded = Sandbox::load(&self.script, &self.desk);
        self.load_left = if matches!(loaded, Err(Stop::Wants)) { self.desk.left() } else { self.limit };
        let keep = |usual| now + if self.desk.lacked_names() { DOUBTFUL } else { usual };
        self.refused = match &loaded {
            Err(Stop::Flaw(flaw)) => Some((flaw.clone(), keep(RELOAD_PAUSE))),
            _ => None,
        };
        let own_addresses = self.desk.told_addresses().map(|told| (told, now));
        self.loaded = Some(Loaded { sandbox: loaded?, until: keep(FRESH), own_addresses });
        Ok(())
    }
}

impl Loaded {
    /// This, unless what it found out when it was loaded is too old or not so any more.
    fn if_fresh(mut self, now: Instant, desk: &Desk) -> Option<Self> {
        if let Some((told, compared)) = &mut self.own_addresses
            && now >= *compared + COMPARE
        {
            *compared = now;
            if *told != desk.surroundings.own_addresses() {
                return None;
            }
        }
        (now < self.until).then_some(self)
    }
}

/// Whether an engine that was stopped so is better built anew than trusted.
fn leaves_ruins(flaw: &PacFlaw) -> bool {
    matches!(flaw, PacFlaw::CpuLimit | PacFlaw::MemoryLimit | PacFlaw::StackLimit)
}

fn outcome(stop: Stop) -> Outcome {
    match stop {
        Stop::Wants => Outcome::WantsName,
        Stop::Flaw(flaw) => Outcome::Done(Err(flaw)),
        Stop::Broken(error) => Outcome::Broken(Clean::new(&error.to_string())),
    }
}
