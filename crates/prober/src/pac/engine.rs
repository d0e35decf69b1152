//! The thread that a PAC file has to itself, and what it takes to ask it.
//!
//! The thread never waits for the network: where a script asks for a name that is not known yet, the evaluation ends,
//! the name is looked up meanwhile by whoever asked, and the script is asked again with the address at hand, until it
//! comes to its end. Chrome does so for the same reason: else one slow resolver would hold up everybody who asks the same
//! file. What a script does before its first lookup it may therefore do more than once.

use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, timeout_at};
use url::Url;

use super::desk::Papers;
use super::leash::Leash;
use super::question::Question;
use super::sandbox::STACK_LIMIT;
use super::surroundings::Surroundings;
use super::text;
use super::worker::{Ask, Outcome, Queue, Taken, Turn, Worker};
use crate::observation::{MonitorFault, PacFlaw, PacLookup};
use crate::plan::UrlView;
use crate::text::Clean;

/// How long a file may compute in all for being loaded, and again for each evaluation.
const CPU_LIMIT: Duration = Duration::from_secs(1);

/// How many evaluations may wait for the engine; further ones wait to be among them.
const QUEUE: usize = 64;

/// How long one name may take to be looked up.
const LOOKUP_LIMIT: Duration = Duration::from_secs(1);

/// How much of its processor time a file has to have used, as the part of so many, to be to blame for not having answered.
/// What has used less was kept waiting: for its turn, or for the processor.
const BLAMED_FROM: u32 = 10;

/// How many threads of this process may be held by scripts that cannot be interrupted; a file that holds one gets no other
/// then, and one that never did none beyond twice as many.
const MAX_STUCK: usize = 4;

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
    asks: mpsc::Sender<Ask>,
    queue: Queue,
    /// The thread that was started last.
    thread: Mutex<Option<Arc<Leash>>>,
    /// Whether one of its threads did not come back in time.
    has_stuck: AtomicBool,
}

/// Why no thread takes a question.
enum NoThread {
    Refused(std::io::Error),
    /// Too many are stuck.
    Crowded,
}

impl Engine {
    /// Takes in a file: its bytes and the `Content-Type` that it came with. It is first run when it is first asked.
    pub fn new(bytes: &[u8], content_type: Option<&str>, surroundings: Arc<dyn Surroundings>) -> Result<Self, PacFlaw> {
        let script = text::decode(bytes, content_type.and_then(text::charset))?.into();
        let (asks, queue) = mpsc::channel(QUEUE);
        Ok(Self {
            script,
            surroundings,
            cpu_limit: CPU_LIMIT,
            asks,
            queue: Arc::new(Mutex::new(queue)),
            thread: Mutex::default(),
            has_stuck: AtomicBool::new(false),
        })
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
            let turn = match self.take_turn(&question, papers, left, by).await? {
                Ok(turn) => turn,
                Err(flaw) => return said(Err(flaw), Vec::new(), failed_lookups),
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
                        papers.lookup_failed = true;
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
        question: &Question,
        papers: Papers,
        left: Duration,
        by: Instant,
    ) -> Result<Result<Turn, PacFlaw>, MonitorFault> {
        match self.start() {
            Ok(()) => {}
            Err(NoThread::Refused(error)) => return Err(fault(Clean::new(&error.to_string()))),
            Err(NoThread::Crowded) if self.has_stuck.load(Ordering::Relaxed) => return Ok(Err(PacFlaw::CpuLimit)),
            Err(NoThread::Crowded) => return Err(fault("other PAC files hold too many threads".into())),
        }
        let (reply, turn) = oneshot::channel();
        let taken = Arc::new(OnceLock::new());
        let ask =
            Ask { question: question.clone(), papers, left, now: Instant::now(), taken: Arc::clone(&taken), reply };
        // A thread that is gone was felled by a bug in the engine; the next question starts another.
        let gone = || fault("the engine ended unexpectedly".into());
        let answered = async {
            self.asks.send(ask).await.map_err(|_| gone())?;
            turn.await.map_err(|_| gone())
        };
        match timeout_at(by, answered).await {
            Ok(turn) => turn.map(Ok),
            Err(_) => self.late(taken.get(), left).map(Err),
        }
    }

    /// Whose fault it is that a question was not answered in time. It is the file's own only where it had the processor
    /// for a good part of its share; one that waited behind others, or on a busy machine, is not to blame.
    fn late(&self, taken: Option<&Taken>, left: Duration) -> Result<PacFlaw, MonitorFault> {
        let Some(taken) = taken else {
            self.replace_if_stuck();
            return Err(fault("other questions to the same file took all the time".into()));
        };
        let before = self.cpu_limit.saturating_sub(left);
        // Where the kernel does not say, there is nothing that speaks for the file.
        let used = taken.leash.time().map_or(self.cpu_limit, |now| before + now.saturating_sub(taken.since));
        if used < self.cpu_limit / BLAMED_FROM {
            return Err(fault("the machine was too busy to run the file".into()));
        }
        self.replace(&taken.leash);
        Ok(PacFlaw::NotInTime)
    }

    /// Has another thread serve those that wait, where the last one is beyond its time and has not come back.
    fn replace_if_stuck(&self) {
        let last = self.thread.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(leash) = last.filter(|leash| leash.turn_so_far().is_some_and(|used| used > 2 * self.cpu_limit)) {
            self.replace(&leash);
        }
    }

    fn replace(&self, leash: &Leash) {
        self.has_stuck.store(true, Ordering::Relaxed);
        leash.demote();
        // If none can be started now, the next question tries again.
        let _ = self.start();
    }

    /// Starts a thread if there is none that takes questions.
    fn start(&self) -> Result<(), NoThread> {
        let mut thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner);
        if thread.as_ref().is_some_and(|leash| leash.serves()) {
            return Ok(());
        }
        let most = if self.has_stuck.load(Ordering::Relaxed) { MAX_STUCK } else { 2 * MAX_STUCK };
        if Leash::stuck() >= most {
            return Err(NoThread::Crowded);
        }
        let leash = Arc::new(Leash::default());
        let worker = Worker {
            script: Arc::clone(&self.script),
            surroundings: Arc::clone(&self.surroundings),
            cpu_limit: self.cpu_limit,
            leash: Arc::clone(&leash),
            queue: Arc::clone(&self.queue),
        };
        // The script's stack, and room for the engine's own calls beneath it.
        let builder = thread::Builder::new().name("pac".to_owned()).stack_size(4 * STACK_LIMIT);
        builder.spawn(|| worker.work()).map_err(NoThread::Refused)?;
        *thread = Some(leash);
        Ok(())
    }
}

impl Drop for Engine {
    /// A script under way is stopped; a thread that waits for questions sees that none will come.
    fn drop(&mut self) {
        if let Some(leash) = self.thread.get_mut().unwrap_or_else(PoisonError::into_inner) {
            leash.abandon();
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
