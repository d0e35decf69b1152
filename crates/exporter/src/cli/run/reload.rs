//! Following the configuration as it changes: on SIGHUP, when somebody asks, and when its files are not what they were.

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
use tokio::task::spawn_blocking;
use tokio::time::{Instant, sleep_until};

use crate::cli::descriptors;
use crate::cli::plan::BadConfiguration;
use crate::history::History;
use crate::metrics::Live;
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
    pub(super) windows: Arc<ArcSwap<Maintenance>>,
    pub(super) live: Arc<Live>,
    pub(super) history: History,
    pub(super) clock: Arc<dyn Clock>,
}

/// Follows the configuration.
#[derive(Debug)]
pub(super) struct Reloader {
    parties: Parties,
    /// The file; `None` where it has to be looked for.
    named: Option<PathBuf>,
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
        Self { parties, named: file_of(origin), plan, prober, watched: Watched::new(files) }
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
        let read = spawn_blocking(move || {
            let (loaded, files) = config::load_noting(named.as_deref());
            let set_up = loaded.map_err(refused).and_then(|(mut plan, origin)| {
                descriptors::fit(&mut plan, descriptors::raise());
                let heir = prober.heir(&old, &plan).map_err(|error| failed(with_sources(&error)))?;
                Ok((plan, origin, heir))
            });
            (set_up, files)
        });
        let (set_up, files) = read.await.map_err(|error| failed(error.to_string()))?;
        // Also what cannot be used was read: the next change counts, not this one again.
        self.watched = Watched::new(files);
        let (plan, origin, prober) = set_up?;
        let (plan, prober) = (Arc::new(plan), Arc::new(prober));
        self.parties.windows.store(Arc::new(plan.maintenance.clone()));
        let replaced = self.parties.replacer.replace(Arc::clone(&plan), Arc::clone(&prober)).await;
        let tally = replaced.map_err(|stopped| failed(stopped.to_string()))?;
        self.parties.history.follow(&plan);
        self.parties.by_hand.follow(Arc::clone(&prober));
        self.parties.deciders.follow(Arc::clone(&plan), Arc::clone(&prober));
        // A file that was found once is missed when it is gone, and not taken for a wish for the built-in list.
        self.named = self.named.take().or(file_of(origin));
        (self.plan, self.prober) = (plan, prober);
        Ok(tally)
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
