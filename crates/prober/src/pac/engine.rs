//! The thread that a PAC file has to itself, and what it takes to ask it.
//!
//! The thread never waits for the network: where a script asks for a name that is not known yet, the evaluation ends,
//! the name is looked up meanwhile by whoever asked, and the script is asked again with the address at hand, until it
//! comes to its end. Chrome does so for the same reason: else one slow resolver would hold up everybody who asks the same
//! file. What a script does before its first lookup it may therefore do more than once.

use std::net::IpAddr;
use std::rc::Rc;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, timeout_at};
use url::Url;

use super::desk::{Desk, Papers};
use super::leash::Leash;
use super::question::Question;
use super::sandbox::{STACK_LIMIT, Sandbox, Stop};
use super::surroundings::Surroundings;
use super::text;
use crate::observation::{MonitorFault, PacFlaw, PacLookup};
use crate::plan::UrlView;
use crate::text::Clean;

/// How long a file may compute in all for being loaded, and again for each evaluation.
const CPU_LIMIT: Duration = Duration::from_secs(1);

/// How many evaluations may wait for the engine; further ones wait to be among them.
const QUEUE: usize = 64;

/// How long one name may take to be looked up.
const LOOKUP_LIMIT: Duration = Duration::from_secs(1);

/// How long a file that could not be loaded is not tried again: what it does may depend on time and network.
const RELOAD_PAUSE: Duration = Duration::from_secs(60);

/// Looks names up for scripts; a seam for tests.
pub trait Names: Sync {
    /// The addresses of a name, or in words why there are none.
    fn addresses(&self, name: &str, by: Instant) -> impl Future<Output = Result<Vec<IpAddr>, Clean>> + Send;
}

/// What a script said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// Its answer, as it stands, or what is wrong with it.
    pub answer: Result<String, PacFlaw>,
    /// Names that it asked for in vain.
    pub failed_lookups: Vec<PacLookup>,
    /// Its messages; of the run that came to its end.
    pub alerts: Vec<Clean>,
}

/// A PAC file, ready to be asked. Its thread starts with the first question and ends with this.
#[derive(Debug)]
pub struct Engine {
    script: Arc<str>,
    surroundings: Arc<dyn Surroundings>,
    cpu_limit: Duration,
    thread: Mutex<Option<Thread>>,
}

/// The way to a thread.
#[derive(Debug, Clone)]
struct Thread {
    asks: mpsc::Sender<Ask>,
    leash: Arc<Leash>,
}

/// One turn of an evaluation: until its end, or until it needs a name.
#[derive(Debug)]
struct Ask {
    question: Question,
    papers: Papers,
    /// The processor time left.
    left: Duration,
    reply: oneshot::Sender<Turn>,
}

/// What came of a turn.
#[derive(Debug)]
struct Turn {
    papers: Papers,
    left: Duration,
    outcome: Outcome,
}

#[derive(Debug)]
enum Outcome {
    Done(Result<String, PacFlaw>),
    /// The papers say which.
    WantsName,
    Broken(Clean),
}

impl Engine {
    /// Takes in a file: its bytes and the `Content-Type` that it came with. It is first run when it is first asked.
    pub fn new(bytes: &[u8], content_type: Option<&str>, surroundings: Arc<dyn Surroundings>) -> Result<Self, PacFlaw> {
        let script = text::decode(bytes, content_type.and_then(text::charset))?.into();
        Ok(Self { script, surroundings, cpu_limit: CPU_LIMIT, thread: Mutex::default() })
    }

    /// Sets another limit of processor time, for loading and for each evaluation, than one second.
    pub fn with_cpu_limit(mut self, cpu_limit: Duration) -> Self {
        self.cpu_limit = cpu_limit;
        self
    }

    /// Asks for the way to a URL. Lookups end by `lookups_by`; a script that has not answered by `by` has none.
    pub async fn find(
        &self,
        url: &Url,
        view: UrlView,
        names: &impl Names,
        lookups_by: Instant,
        by: Instant,
    ) -> Result<Said, MonitorFault> {
        let question = Question::about(url, view);
        let mut papers = Papers::default();
        let mut left = self.cpu_limit;
        let mut failed_lookups = Vec::new();
        loop {
            let said = |answer, alerts, failed_lookups| Ok(Said { answer, failed_lookups, alerts });
            let (reply, turn) = oneshot::channel();
            let ask = Ask { question: question.clone(), papers, left, reply };
            let Some(turn) = self.take_turn(ask, turn, by).await? else {
                return said(Err(PacFlaw::NotInTime), Vec::new(), failed_lookups);
            };
            papers = turn.papers;
            left = turn.left;
            match (turn.outcome, papers.wanted.take()) {
                (Outcome::Done(answer), _) => {
                    if papers.too_many_names {
                        failed_lookups.push(PacLookup { name: "…".into(), reason: "too many names".into() });
                    }
                    return said(answer, papers.alerts, failed_lookups);
                }
                (Outcome::Broken(reason), _) => return Err(fault(reason)),
                (Outcome::WantsName, None) => return Err(fault("it wants a name and does not say which".into())),
                (Outcome::WantsName, Some(name)) => {
                    let found = look_up(names, &name, lookups_by).await;
                    let addresses = found.unwrap_or_else(|reason| {
                        failed_lookups.push(PacLookup { name: Clean::new(&name), reason });
                        Vec::new()
                    });
                    papers.known.insert(name, addresses);
                    papers.alerts.clear();
                }
            }
        }
    }

    async fn take_turn(
        &self,
        ask: Ask,
        turn: oneshot::Receiver<Turn>,
        by: Instant,
    ) -> Result<Option<Turn>, MonitorFault> {
        let thread = self.thread().map_err(|error| fault(Clean::new(&error.to_string())))?;
        // A thread that is gone was felled by a bug in the engine; the next question starts another.
        let gone = || fault("the engine ended unexpectedly".into());
        let taken = async {
            thread.asks.send(ask).await.map_err(|_| gone())?;
            turn.await.map_err(|_| gone())
        };
        let Ok(turn) = timeout_at(by, taken).await else {
            thread.leash.demote();
            return Ok(None);
        };
        turn.map(Some)
    }

    /// The way to the thread, which is started if there is none that takes questions.
    fn thread(&self) -> std::io::Result<Thread> {
        let mut thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(open) = thread.as_ref().filter(|thread| !thread.asks.is_closed()) {
            return Ok(open.clone());
        }
        let (asks, receiver) = mpsc::channel(QUEUE);
        let leash = Arc::new(Leash::default());
        let worker = Worker {
            script: Arc::clone(&self.script),
            surroundings: Arc::clone(&self.surroundings),
            cpu_limit: self.cpu_limit,
            leash: Arc::clone(&leash),
        };
        // The script's stack, and room for the engine's own calls beneath it.
        thread::Builder::new().name("pac".to_owned()).stack_size(4 * STACK_LIMIT).spawn(|| worker.work(receiver))?;
        Ok(thread.insert(Thread { asks, leash }).clone())
    }
}

impl Drop for Engine {
    /// A script under way is stopped; a thread that waits for questions sees that none will come.
    fn drop(&mut self) {
        let thread = self.thread.get_mut().unwrap_or_else(PoisonError::into_inner);
        if let Some(thread) = thread {
            thread.leash.abandon();
        }
    }
}

fn fault(reason: Clean) -> MonitorFault {
    MonitorFault { operation: "evaluate a PAC file".to_owned(), reason }
}

async fn look_up(names: &impl Names, name: &str, by: Instant) -> Result<Vec<IpAddr>, Clean> {
    let by = by.min(Instant::now() + LOOKUP_LIMIT);
    timeout_at(by, names.addresses(name, by)).await.unwrap_or_else(|_| Err("no answer in time".into()))
}

/// What the thread needs.
struct Worker {
    script: Arc<str>,
    surroundings: Arc<dyn Surroundings>,
    cpu_limit: Duration,
    leash: Arc<Leash>,
}

impl Worker {
    fn work(self, mut asks: mpsc::Receiver<Ask>) {
        self.leash.tie();
        let desk = Rc::new(Desk::new(self.surroundings, Arc::clone(&self.leash)));
        let limit = self.cpu_limit;
        let mut bench = Bench { script: self.script, desk, limit, load_left: limit, loaded: None, refused: None };
        while let Some(ask) = asks.blocking_recv() {
            if self.leash.is_demoted() {
                // Those that wait are served still, the next ones by another thread.
                asks.close();
            }
            // Nobody waits for this one any more.
            if ask.reply.is_closed() {
                continue;
            }
            bench.desk.lay_out(ask.papers);
            let (outcome, left) = bench.turn(&ask.question, ask.left);
            let papers = bench.desk.clear();
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
    loaded: Option<Sandbox>,
    /// Why the file could not be loaded, and when that was.
    refused: Option<(PacFlaw, Instant)>,
}

impl Bench {
    fn turn(&mut self, question: &Question, left: Duration) -> (Outcome, Duration) {
        if let Err(stop) = self.load() {
            return (outcome(stop), left);
        }
        let Some(sandbox) = &self.loaded else { return (Outcome::Broken("not loaded".into()), left) };
        self.desk.allow(left);
        let found = sandbox.find(question);
        if matches!(&found, Err(Stop::Flaw(flaw)) if leaves_ruins(flaw)) {
            self.loaded = None;
        }
        (found.map_or_else(outcome, |answer| Outcome::Done(Ok(answer))), self.desk.left())
    }

    fn load(&mut self) -> Result<(), Stop> {
        if self.loaded.is_some() {
            return Ok(());
        }
        if let Some((flaw, since)) = &self.refused
            && since.elapsed() < RELOAD_PAUSE
        {
            return Err(Stop::Flaw(flaw.clone()));
        }
        self.desk.allow(self.load_left);
        let loaded = Sandbox::load(&self.script, &self.desk);
        self.load_left = if matches!(loaded, Err(Stop::Wants)) { self.desk.left() } else { self.limit };
        self.refused = match &loaded {
            Err(Stop::Flaw(flaw)) => Some((flaw.clone(), Instant::now())),
            _ => None,
        };
        self.loaded = Some(loaded?);
        Ok(())
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
