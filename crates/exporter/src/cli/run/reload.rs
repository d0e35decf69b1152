//! Following the configuration as it changes: on SIGHUP, when somebody asks, and when its files are not what they were.

use std::future::pending;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use prober::config::{self, Files, LoadError, Origin};
use prober::net::Clock;
use prober::plan::{Maintenance, Plan};
use prober::probe::Prober;
use prober::scheduler::Replacer;
use prober::text::with_sources;
use tokio::signal::unix::Signal;
use tokio::sync::watch;
use tokio::task::spawn_blocking;
use tokio::time::{Instant, sleep_until};

use crate::cli::descriptors;
use crate::cli::plan::BadConfiguration;
use crate::history::History;
use crate::metrics::Live;
use crate::microsoft365::{Following, Held};
use crate::pac;
use crate::probe_now::ByHand;
use crate::reload::{Outcome, Refused, Requests, Waiting};

/// How often files are looked at. A change counts once it has stood still from one look to the next: whoever writes a file in
/// place is not to be caught in the middle.
const LOOK: Duration = Duration::from_secs(2);
/// The least time between two reloads, however many ask.
const PAUSE: Duration = Duration::from_secs(1);

/// Who asks, and who has to know.
#[derive(Debug)]
pub(super) struct Parties {
    pub(super) hangups: Signal,
    pub(super) requests: Requests,
    pub(super) replacer: Replacer<Prober>,
    pub(super) deciders: Arc<pac::Files>,
    pub(super) by_hand: Arc<ByHand>,
    pub(super) list: List,
    pub(super) windows: Arc<ArcSwap<Maintenance>>,
    pub(super) live: Arc<Live>,
    pub(super) history: History,
    pub(super) clock: Arc<dyn Clock>,
}

/// Microsoft's list, which adds to the plan what is configured.
#[derive(Debug)]
pub(super) struct List {
    /// What is held of it.
    pub(super) held: watch::Receiver<Option<Held>>,
    /// Who watches it has to know what is followed.
    pub(super) following: watch::Sender<Following<Prober>>,
}

/// Follows the configuration.
#[derive(Debug)]
pub(super) struct Reloader {
    parties: Parties,
    /// The file; `None` where it has to be looked for.
    named: Option<PathBuf>,
    /// The plan as it is configured.
    configured: Arc<Plan>,
    /// The plan that is followed: with what the list adds to it.
    plan: Arc<Plan>,
    prober: Arc<Prober>,
    watched: Watched,
}

/// The files, as they were when they were last read for the configuration.
#[derive(Debug)]
struct Watched {
    files: Files,
    /// As they were at the last look, where that was something else.
    newer: Option<Files>,
    next: Instant,
}

impl Watched {
    fn new(files: Files) -> Self {
        Self { files, newer: None, next: Instant::now() + LOOK }
    }

    /// Looks at the files; says whether they are others, and were so at the look before.
    async fn look(&mut self) -> bool {
        let files = self.files.clone();
        let looked = spawn_blocking(move || files.look()).await;
        self.next = Instant::now() + LOOK;
        let Ok(looked) = looked else { return false };
        if looked == self.files {
            self.newer = None;
            return false;
        }
        let stands_still = self.newer.as_ref() == Some(&looked);
        self.newer = Some(looked);
        stands_still
    }
}

impl Reloader {
    /// Begins with what is followed now.
    pub(super) fn new(parties: Parties, origin: Origin, files: Files, plan: Arc<Plan>, prober: Arc<Prober>) -> Self {
        let configured = Arc::clone(&plan);
        Self { parties, named: file_of(origin), configured, plan, prober, watched: Watched::new(files) }
    }

    /// Follows the configuration for as long as it is polled.
    pub(super) async fn run(mut self) {
        let mut not_before = Instant::now();
        loop {
            let mut waiting = Waiting::default();
            let why = tokio::select! {
                _ = self.parties.hangups.recv() => "SIGHUP",
                asked = self.parties.requests.next() => {
                    waiting = asked;
                    "request"
                }
                () = changed(&mut self.parties.list.held) => {
                    self.follow_list().await;
                    continue;
                }
                () = sleep_until(self.watched.next) => {
                    if !self.watched.look().await {
                        continue;
                    }
                    "changed files"
                }
            };
            sleep_until(not_before).await;
            self.parties.requests.join(&mut waiting);
            let outcome = self.reload().await;
            self.report(why, &outcome);
            self.parties.requests.tell(waiting, self.parties.clock.now(), &outcome);
            not_before = Instant::now() + PAUSE;
        }
    }

    /// Reads the configuration, and follows it if it is good.
    async fn reload(&mut self) -> Outcome {
        let (named, old, prober) = (self.named.clone(), Arc::clone(&self.plan), Arc::clone(&self.prober));
        let list = self.parties.list.held.borrow_and_update().clone();
        let read = spawn_blocking(move || {
            let (loaded, files) = config::load_noting(named.as_deref());
            let set_up = loaded.map_err(refused).and_then(|(mut plan, origin)| {
                descriptors::fit(&mut plan, descriptors::raise());
                let next = Next::of(Arc::new(plan), list.as_ref(), &old, &prober)?;
                Ok((next, origin))
            });
            (set_up, files)
        });
        let (set_up, files) = read.await.map_err(|error| failed(error.to_string()))?;
        // Also what cannot be used was read: the next change counts, not this one again.
        self.watched = Watched::new(files);
        let (next, origin) = set_up?;
        self.parties.windows.store(Arc::new(next.plan.maintenance.clone()));
        let tally = self.follow(next).await?;
        // A file that was found once is missed when it is gone, and not taken for a wish for the built-in list.
        self.named = self.named.take().or(file_of(origin));
        Ok(tally)
    }

    /// Has a plan followed by everybody.
    async fn follow(&mut self, next: Next) -> Outcome {
        let Next { configured, plan, prober } = next;
        let replaced = self.parties.replacer.replace(Arc::clone(&plan), Arc::clone(&prober)).await;
        let tally = replaced.map_err(|stopped| failed(stopped.to_string()))?;
        self.parties.history.follow(&plan);
        self.parties.by_hand.follow(Arc::clone(&prober));
        self.parties.deciders.follow(Arc::clone(&plan), Arc::clone(&prober));
        let added = plan.endpoints.len().saturating_sub(configured.endpoints.len());
        let following = Following { plan: Arc::clone(&plan), added, prober: Arc::clone(&prober) };
        self.parties.list.following.send_replace(following);
        (self.configured, self.plan, self.prober) = (configured, plan, prober);
        Ok(tally)
    }

    /// Follows the same configuration with the list as it is now.
    async fn follow_list(&mut self) {
        let list = self.parties.list.held.borrow_and_update().clone();
        let (configured, old, prober) =
            (Arc::clone(&self.configured), Arc::clone(&self.plan), Arc::clone(&self.prober));
        let set_up = spawn_blocking(move || Next::of(configured, list.as_ref(), &old, &prober)).await;
        let outcome = match set_up.unwrap_or_else(|error| Err(failed(error.to_string()))) {
            Ok(next) => self.follow(next).await,
            Err(refused) => Err(refused),
        };
        match outcome {
            Ok(tally) if tally.added > 0 || tally.removed > 0 => {
                let (added, removed) = (tally.added, tally.removed);
                tracing::info!(probes = self.plan.pairs.len(), added, removed, "following Microsoft's endpoint list");
            }
            Ok(_) => {}
            Err(refused) => {
                let error = &*refused.words;
                tracing::error!(error, "Microsoft's endpoint list cannot be followed, what was probed before goes on");
            }
        }
    }

    fn report(&self, why: &str, outcome: &Outcome) {
        match outcome {
            Ok(tally) => {
                self.parties.live.config_loaded(self.parties.clock.now());
                let (added, changed, removed) = (tally.added, tally.changed, tally.removed);
                tracing::info!(why, probes = self.plan.pairs.len(), added, changed, removed, "reloaded");
            }
            Err(refused) => {
                self.parties.live.config_refused();
                if refused.faults > 0 {
                    refused.words.lines().skip(1).for_each(|fault| tracing::error!(fault, "configuration fault"));
                    tracing::error!(why, faults = refused.faults, "configuration refused, the one before goes on");
                } else {
                    let error = &*refused.words;
                    tracing::error!(why, error, "configuration refused, the one before goes on");
                }
            }
        }
    }
}

/// What is to be followed next.
struct Next {
    configured: Arc<Plan>,
    plan: Arc<Plan>,
    prober: Arc<Prober>,
}

impl Next {
    /// What is configured, with what a list adds, and with all that was learned under the plan before.
    fn of(configured: Arc<Plan>, list: Option<&Held>, old: &Plan, prober: &Prober) -> Result<Self, Refused> {
        let with_list = list.map(|held| Arc::new(configured.following(held.list(), &held.ranges)));
        let plan = with_list.unwrap_or_else(|| Arc::clone(&configured));
        let prober = prober.heir(old, &plan).map_err(|error| failed(with_sources(&error)))?;
        Ok(Self { configured, plan, prober: Arc::new(prober) })
    }
}

/// Waits until something else is held; for ever, where nobody watches any more.
async fn changed(held: &mut watch::Receiver<Option<Held>>) {
    if held.changed().await.is_err() {
        pending::<()>().await;
    }
}

fn file_of(origin: Origin) -> Option<PathBuf> {
    match origin {
        Origin::File(path) => Some(path),
        Origin::BuiltIn => None,
    }
}

fn refused(error: LoadError) -> Refused {
    let faults = match &error {
        LoadError::Faults(faults) => faults.count(),
        _ => 0,
    };
    Refused { faults, words: with_sources(&BadConfiguration(error)).into() }
}

fn failed(words: String) -> Refused {
    Refused { faults: 0, words: words.into() }
}
