//! Probing a configured pair at once, because somebody asks for it: a few at a time and not too often.
//!
//! What is seen goes to whoever asked and nowhere else: states, metrics and the history stay the scheduler's, so that
//! nobody confirms or ends an incident by pressing a button.

mod bucket;

use std::fmt::Debug;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwap;
use prober::observation::AuditFacts;
use prober::plan::Pair;
use prober::probe::Prober;
use prober::scheduler::Judges;
use prober::state::Report;
use thiserror::Error;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

use self::bucket::Bucket;
use crate::teller::{Line, Teller};

/// The most probes under way at once.
pub const AT_ONCE: usize = 2;
/// How many may follow each other at once.
pub const BURST: u32 = 10;
/// How often one more is allowed after that.
pub const ONE_EVERY: Duration = Duration::from_secs(6);

/// Reports to come.
pub type Reports<'a> = Pin<Box<dyn Future<Output = Report> + Send + 'a>>;

/// Whoever can probe a pair at once: the prober of the plan, or a script.
pub trait ProbeNow: Debug + Send + Sync + 'static {
    /// Probes a pair once, tells every step as it is taken, and judges what was seen in the light of an earlier audit.
    fn probe<'a>(
        &'a self,
        pair: &'a Pair,
        audit: Option<Arc<AuditFacts>>,
        tell: &'a (dyn Fn(Line) + Sync),
    ) -> Reports<'a>;
}

/// The prober that the scheduler has too, and its judge.
#[derive(Debug)]
pub struct ByHand {
    prober: ArcSwap<Prober>,
    judges: Judges,
}

impl ByHand {
    /// Probes as a scheduler does.
    pub fn new(prober: Arc<Prober>, judges: Judges) -> Self {
        Self { prober: ArcSwap::new(prober), judges }
    }

    /// Probes with another prober from now on: that of the plan which is followed.
    pub fn follow(&self, prober: Arc<Prober>) {
        self.prober.store(prober);
    }
}

impl ProbeNow for ByHand {
    fn probe<'a>(
        &'a self,
        pair: &'a Pair,
        audit: Option<Arc<AuditFacts>>,
        tell: &'a (dyn Fn(Line) + Sync),
    ) -> Reports<'a> {
        Box::pin(async move {
            let teller = Teller::start(pair, tell);
            let (prober, judge) = (self.prober.load_full(), self.judges.now());
            let observation = prober.probe_with(pair, &teller).await;
            teller.ended(&observation);
            let verdict = judge.judge(pair, &observation, audit.as_deref());
            Report { observation: observation.compact(), verdict, audit }
        })
    }
}

/// What a probe tells, in order.
#[derive(Debug)]
pub enum Told {
    /// A line of its tale.
    Line(Line),
    /// What it came to; the last word.
    Report(Box<Report>),
}

/// Why no probe begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Refusal {
    /// As many are under way as may be.
    #[error("two probes that were asked for are under way already")]
    Busy,
    /// There were too many lately.
    #[error("too many probes were asked for lately")]
    TooMany {
        /// When the next one may be asked for.
        wait: Duration,
    },
}

impl Refusal {
    /// When it is worth asking again.
    pub const fn wait(self) -> Duration {
        match self {
            Self::Busy => Duration::from_secs(2),
            Self::TooMany { wait } => wait,
        }
    }
}

/// Where probes are asked for: one for the whole server, so that no number of clients makes more of them.
#[derive(Debug, Clone)]
pub struct Desk {
    prober: Arc<dyn ProbeNow>,
    slots: Arc<Semaphore>,
    bucket: Arc<Mutex<Bucket>>,
}

impl Desk {
    /// Opens with a full bucket.
    pub fn new(prober: Arc<dyn ProbeNow>) -> Self {
        let bucket = Bucket::full(BURST, ONE_EVERY, Instant::now());
        Self { prober, slots: Arc::new(Semaphore::new(AT_ONCE)), bucket: Arc::new(Mutex::new(bucket)) }
    }

    /// Begins a probe; its tale comes as it happens. It ends early where nobody listens any more.
    ///
    /// # Errors
    /// Where there are too many.
    pub fn begin(&self, pair: Arc<Pair>, audit: Option<Arc<AuditFacts>>) -> Result<UnboundedReceiver<Told>, Refusal> {
        let slot = Arc::clone(&self.slots).try_acquire_owned().map_err(|_| Refusal::Busy)?;
        let mut bucket = self.bucket.lock().unwrap_or_else(PoisonError::into_inner);
        bucket.take(Instant::now()).map_err(|wait| Refusal::TooMany { wait })?;
        drop(bucket);
        // The steps of a probe are few, and its phases bound them.
        let (sender, told) = unbounded_channel();
        let prober = Arc::clone(&self.prober);
        tokio::spawn(async move {
            let _slot: OwnedSemaphorePermit = slot;
            let tell = |line| drop(sender.send(Told::Line(line)));
            let report = tokio::select! {
                report = prober.probe(&pair, audit, &tell) => report,
                () = sender.closed() => return,
            };
            // Nobody may be left to hear of it.
            drop(sender.send(Told::Report(Box::new(report))));
        });
        Ok(told)
    }
}

/// A report that stands, where there is nobody to ask.
#[derive(Debug)]
pub struct Settled {
    /// What is told before it.
    pub lines: Vec<Line>,
    /// What it comes to.
    pub report: Report,
}

impl ProbeNow for Settled {
    fn probe<'a>(&'a self, _: &'a Pair, _: Option<Arc<AuditFacts>>, tell: &'a (dyn Fn(Line) + Sync)) -> Reports<'a> {
        Box::pin(async move {
            self.lines.iter().cloned().for_each(tell);
            self.report.clone()
        })
    }
}

#[cfg(test)]
mod tests;
