//! What the PAC files of a plan decide, for every endpoint of it.

use std::fmt::Debug;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex as SyncMutex, PoisonError};
use std::time::Duration;

use prober::plan::{Endpoint, Path, Plan, Way};
use prober::probe::{Decision, Prober};
use tokio::sync::Mutex;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout_at};

/// For so long an answer serves everybody who asks: files and names are not asked anew for each reader.
const KEPT: Duration = Duration::from_secs(10);

/// For so long files are asked; what they have not decided by then stays open. An answer may take 10 s to make.
const PATIENCE: Duration = Duration::from_secs(8);

/// What the PAC file of one path decides.
#[derive(Debug, Clone)]
pub struct Report {
    /// The path.
    pub path: Arc<Path>,
    /// For every endpoint of the plan, controls among them; `None` where time ran out.
    pub decisions: Vec<(Arc<Endpoint>, Option<Decision>)>,
}

/// Answers to come.
pub type Reports<'a> = Pin<Box<dyn Future<Output = Arc<Vec<Report>>> + Send + 'a>>;

/// Whoever can say what the PAC files decide: the files themselves, or a sample.
pub trait Deciders: Debug + Send + Sync + 'static {
    /// What each file decides, in the order of the paths.
    fn reports(&self) -> Reports<'_>;
}

/// The files of the plan that is followed.
#[derive(Debug)]
pub struct Files {
    followed: SyncMutex<Followed>,
    /// Held while files are asked, so that several readers ask once.
    newest: Mutex<Option<Newest>>,
}

/// A plan, and the prober that was set up for it.
#[derive(Debug, Clone)]
struct Followed {
    plan: Arc<Plan>,
    prober: Arc<Prober>,
}

/// An answer: when, of which plan's files, and what they decided.
#[derive(Debug)]
struct Newest {
    at: Instant,
    of: Arc<Plan>,
    reports: Arc<Vec<Report>>,
}

impl Files {
    /// Asks as a prober of a plan does.
    pub fn new(plan: Arc<Plan>, prober: Arc<Prober>) -> Self {
        Self { followed: SyncMutex::new(Followed { plan, prober }), newest: Mutex::new(None) }
    }

    /// Asks as a prober of another plan does from now on.
    pub fn follow(&self, plan: Arc<Plan>, prober: Arc<Prober>) {
        *self.followed.lock().unwrap_or_else(PoisonError::into_inner) = Followed { plan, prober };
    }

    fn followed(&self) -> Followed {
        self.followed.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    async fn newest(&self) -> Arc<Vec<Report>> {
        let mut newest = self.newest.lock().await;
        let followed = self.followed();
        match &*newest {
            Some(known) if known.at.elapsed() < KEPT && Arc::ptr_eq(&known.of, &followed.plan) => {
                Arc::clone(&known.reports)
            }
            _ => {
                let reports = Arc::new(followed.ask_all().await);
                *newest = Some(Newest { at: Instant::now(), of: followed.plan, reports: Arc::clone(&reports) });
                reports
            }
        }
    }
}

impl Followed {
    /// Files side by side, each about one endpoint after the other: it has one thread.
    async fn ask_all(&self) -> Vec<Report> {
        let by = Instant::now() + PATIENCE;
        let paths = self.plan.paths.iter().filter(|path| matches!(path.way, Way::Pac(_)));
        let mut asked = JoinSet::new();
        for (position, path) in paths.enumerate() {
            let (plan, prober, path) = (Arc::clone(&self.plan), Arc::clone(&self.prober), Arc::clone(path));
            asked.spawn(async move { (position, ask(&plan, &prober, path, by).await) });
        }
        let mut reports = Vec::with_capacity(asked.len());
        while let Some(report) = asked.join_next().await {
            // A panic is logged where it happens, and the others are still of use.
            reports.extend(report.ok());
        }
        reports.sort_by_key(|(position, _)| *position);
        reports.into_iter().map(|(_, report)| report).collect()
    }
}

impl Deciders for Files {
    fn reports(&self) -> Reports<'_> {
        Box::pin(self.newest())
    }
}

async fn ask(plan: &Plan, prober: &Prober, path: Arc<Path>, by: Instant) -> Report {
    let mut decisions = Vec::with_capacity(plan.endpoints.len());
    // Nobody asks a PAC file about a record of the DNS.
    for endpoint in plan.endpoints.iter().filter(|endpoint| endpoint.tenant.is_none()) {
        let decision = timeout_at(by, prober.decide(endpoint, &path)).await.ok();
        decisions.push((Arc::clone(endpoint), decision));
    }
    Report { path, decisions }
}

/// Answers that stand, where there is nobody to ask.
#[derive(Debug, Default)]
pub struct Settled(pub Arc<Vec<Report>>);

impl Deciders for Settled {
    fn reports(&self) -> Reports<'_> {
        Box::pin(async { Arc::clone(&self.0) })
    }
}
