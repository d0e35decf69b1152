//! Follows Microsoft's list for as long as the process runs.

use std::sync::Arc;

use prober::microsoft365::{Drift, Instance, drift};
use prober::net::Clock;
use prober::plan::{Microsoft365, Plan};
use prober::text::{Clean, with_sources};
use time::OffsetDateTime;
use tokio::sync::watch;
use tokio::task::spawn_blocking;
use tokio::time::{Instant, sleep_until};
use url::Url;

use super::client::ClientId;
use super::fault::{Failing, SourceFault};
use super::kept::Kept;
use super::look::{Fetch, Look, Seen};
use super::standing::{Standing, Trouble};
use super::store::{LeftAlone, Store, Stored};
use super::{Held, pace};

/// What is followed meanwhile: a plan, and whoever fetches for it.
#[derive(Debug)]
pub struct Following<F> {
    /// The plan, with what the list adds to it.
    pub plan: Arc<Plan>,
    /// How many of its endpoints the list has added.
    pub added: usize,
    /// Who fetches.
    pub prober: Arc<F>,
}

impl<F> Clone for Following<F> {
    fn clone(&self) -> Self {
        Self { plan: Arc::clone(&self.plan), added: self.added, prober: Arc::clone(&self.prober) }
    }
}

/// Follows the list of whatever plan is followed.
#[derive(Debug)]
pub struct Watcher<F> {
    store: Store,
    clock: Arc<dyn Clock>,
    following: watch::Receiver<Following<F>>,
    held: watch::Sender<Option<Held>>,
    standing: watch::Sender<Arc<Standing>>,
    client: Option<ClientId>,
}

/// What is known of the list of one instance.
#[derive(Debug)]
struct Known {
    instance: Instance,
    held: Option<Held>,
    trouble: Option<Trouble>,
    storage: Option<Clean>,
    /// How often nothing came in a row.
    failed: u32,
    asked_at: Option<OffsetDateTime>,
    confirmed_at: Option<OffsetDateTime>,
    /// Since when the pause before the next look runs; without it that is due.
    paused: Option<Instant>,
    /// Which service is left alone, and until when.
    left_alone: Option<(Url, Instant)>,
}

impl Known {
    /// Has the service asked at once, as if nobody had been asked before; nothing that another one said holds of it.
    fn ask_anew(&mut self, is_another: bool) {
        (self.paused, self.failed) = (None, 0);
        if is_another {
            (self.trouble, self.confirmed_at) = (None, None);
        }
    }

    /// When the next look is.
    fn next(&self, settings: &Microsoft365) -> Instant {
        let fault = self.trouble.as_ref().map(|trouble| &trouble.fault);
        let pause = pace::pause(settings.refresh, fault, self.failed.saturating_sub(1));
        let next = self.paused.map_or_else(Instant::now, |paused| paused + pause);
        let alone = self.left_alone.as_ref().filter(|(source, _)| *source == settings.source);
        alone.map_or(next, |(_, until)| next.max(*until))
    }
}

impl<F: Fetch> Watcher<F> {
    /// One that tells what is held, and how things stand.
    pub fn new(
        store: Store,
        clock: Arc<dyn Clock>,
        following: watch::Receiver<Following<F>>,
    ) -> (Self, watch::Receiver<Option<Held>>, watch::Receiver<Arc<Standing>>) {
        let (held, is_held) = watch::channel(None);
        let (standing, how) = watch::channel(Arc::default());
        (Self { store, clock, following, held, standing, client: None }, is_held, how)
    }

    /// Follows for as long as it is polled and somebody says what is followed.
    pub async fn run(mut self) {
        let mut known: Option<Known> = None;
        let mut asked: Option<Microsoft365> = None;
        loop {
            let following = self.following.borrow_and_update().clone();
            let Some(settings) = following.plan.microsoft365.clone() else {
                (known, asked) = (None, None);
                self.hold(None);
                self.standing.send_replace(Arc::default());
                if self.following.changed().await.is_err() {
                    return;
                }
                continue;
            };
            let mut current = match known.take() {
                Some(known) if known.instance == settings.instance => known,
                _ => self.begin(&settings).await,
            };
            if let Some(before) = asked.take().filter(|before| !asks_the_same(before, &settings)) {
                current.ask_anew(before.source != settings.source);
            }
            self.tell(&current, &settings, &following).await;
            tokio::select! {
                changed = self.following.changed() => if changed.is_err() {
                    return;
                },
                () = sleep_until(current.next(&settings)) => self.look(&mut current, &settings, &following).await,
            }
            (known, asked) = (Some(current), Some(settings));
        }
    }

    /// Begins with what was kept of a list.
    async fn begin(&mut self, settings: &Microsoft365) -> Known {
        let instance = settings.instance;
        let loaded = self.stored(move |store| store.load(instance)).await;
        let mut known = Known {
            instance,
            held: None,
            trouble: None,
            storage: None,
            failed: 0,
            asked_at: None,
            confirmed_at: None,
            paused: None,
            left_alone: self.left_alone().await,
        };
        match loaded {
            Ok(None) => {}
            Ok(Some(Stored { kept, confirmed_at })) => {
                let version = kept.version;
                tracing::info!(%instance, %version, records = kept.list.records.len(), "the last good endpoint list is held");
                // A time that is still to come is no reason to wait.
                let age = std::time::Duration::try_from(self.clock.now() - confirmed_at);
                // What another service said of its list is no word of this one.
                if kept.source == settings.source {
                    known.paused = age.ok().and_then(|age| Instant::now().checked_sub(age));
                    known.confirmed_at = Some(confirmed_at);
                }
                known.held = Some(Held::of(kept));
            }
            Err(error) => {
                tracing::warn!(%instance, error, "the endpoint list that was kept is of no use; it is fetched anew");
                known.storage = Some(Clean::new(&error));
            }
        }
        self.hold(known.held.clone());
        known
    }

    /// Asks the service, and takes in what comes.
    async fn look(&mut self, known: &mut Known, settings: &Microsoft365, following: &Following<F>) {
        let now = self.clock.now();
        let Some(client) = self.client().await else {
            // The system may have some the next time.
            known.paused = Some(Instant::now());
            return;
        };
        let held = known.held.as_ref().map(|held| &*held.kept);
        let look = Look { service: &*following.prober, settings, client, held, now };
        let Seen { newer, is_newest, fault } = look.look().await;
        known.asked_at = Some(now);
        known.paused = Some(Instant::now());
        if let Some(kept) = newer {
            self.take(known, kept).await;
        }
        if is_newest {
            self.confirm(known, now).await;
        }
        self.note(known, settings, now, fault).await;
    }

    /// Notes that what is held is the newest.
    async fn confirm(&self, known: &mut Known, now: OffsetDateTime) {
        known.confirmed_at = Some(now);
        let instance = known.instance;
        if known.storage.is_none() {
            self.keep(known, move |store| store.confirm(instance, now)).await;
        }
        // What could not be kept is tried again: the file is that of another version, or none.
        if known.storage.is_some()
            && let Some(held) = &known.held
        {
            let kept = Arc::clone(&held.kept);
            self.keep(known, move |store| store.save(&kept)).await;
        }
    }

    /// Notes what went wrong, or that nothing did.
    async fn note(&self, known: &mut Known, settings: &Microsoft365, now: OffsetDateTime, fault: Option<SourceFault>) {
        let Some(fault) = fault else {
            if known.trouble.take().is_some() {
                tracing::info!(instance = %known.instance, "Microsoft's endpoint list can be had again");
            }
            known.failed = 0;
            return;
        };
        known.failed = if fault.is_answer() { 0 } else { known.failed.saturating_add(1) };
        if let Failing::Limited { wait } = fault.failing {
            let source = settings.source.clone();
            known.left_alone = Some((source.clone(), Instant::now() + wait));
            let whom = LeftAlone { source, until: now + wait };
            if let Err(error) = self.stored(move |store| store.leave_alone(&whom)).await {
                tracing::warn!(error, "that the service is to be left alone will not outlive a restart");
            }
        }
        let before = known.trouble.take();
        if before.as_ref().is_none_or(|before| before.fault != fault) {
            let (error, kind) = (with_sources(&fault), fault.kind());
            tracing::warn!(instance = %known.instance, error, kind, "the last good endpoint list stays");
        }
        known.trouble = Some(Trouble { since: before.map_or(now, |before| before.since), fault });
    }

    /// Who is to be left alone still, as it was noted before a restart. A time that no answer asks for is a clock's mistake.
    async fn left_alone(&self) -> Option<(Url, Instant)> {
        let store = self.store.clone();
        let LeftAlone { source, until } = spawn_blocking(move || store.left_alone()).await.ok()??;
        let left = std::time::Duration::try_from(until - self.clock.now()).ok()?;
        (left <= pace::A_DAY).then(|| (source, Instant::now() + left))
    }

    /// Takes a list in the place of the one before.
    async fn take(&mut self, known: &mut Known, kept: Kept) {
        let before = known.held.as_ref().map(|held| held.kept.version.to_string());
        let (version, records) = (kept.version, kept.list.records.len());
        tracing::info!(instance = %known.instance, before, %version, records, "Microsoft's endpoint list");
        let Ok(held) = spawn_blocking(move || Held::of(kept)).await else { return };
        known.held = Some(held.clone());
        let kept = Arc::clone(&held.kept);
        self.hold(Some(held));
        self.keep(known, move |store| store.save(&kept)).await;
    }

    /// Tells what is held, where that is something else than before: whoever follows it tells here what he follows, and so on.
    fn hold(&self, now: Option<Held>) {
        self.held.send_if_modified(|held| {
            let is_same = match (&*held, &now) {
                (None, None) => true,
                (Some(before), Some(now)) => Arc::ptr_eq(&before.kept, &now.kept),
                _ => false,
            };
            if !is_same {
                *held = now;
            }
            !is_same
        });
    }

    /// Does something with the place where lists are kept, and notes whether it could be done.
    async fn keep(
        &self,
        known: &mut Known,
        how: impl FnOnce(&Store) -> Result<(), super::store::StoreError> + Send + 'static,
    ) {
        known.storage = match self.stored(how).await {
            Ok(()) => None,
            Err(error) => {
                if known.storage.is_none() {
                    tracing::warn!(error, "the endpoint list will not outlive a restart");
                }
                Some(Clean::new(&error))
            }
        };
    }

    async fn stored<T: Send + 'static>(
        &self,
        how: impl FnOnce(&Store) -> Result<T, super::store::StoreError> + Send + 'static,
    ) -> Result<T, String> {
        let store = self.store.clone();
        match spawn_blocking(move || how(&store)).await {
            Ok(done) => done.map_err(|error| with_sources(&error)),
            Err(error) => Err(error.to_string()),
        }
    }

    async fn client(&mut self) -> Option<ClientId> {
        if self.client.is_none() {
            let store = self.store.clone();
            match spawn_blocking(move || store.client_id())
                .await
                .unwrap_or_else(|error| Err(std::io::Error::other(error)))
            {
                Ok(client) => self.client = Some(client),
                Err(error) => tracing::error!(%error, "there is no id to ask Microsoft's service by"),
            }
        }
        self.client
    }

    /// Tells how things stand.
    async fn tell(&self, known: &Known, settings: &Microsoft365, following: &Following<F>) {
        let drift = match &known.held {
            Some(held) => compare(held.clone(), settings.clone(), Arc::clone(&following.plan)).await,
            None => None,
        };
        let now = self.clock.now();
        let left = known.next(settings).saturating_duration_since(Instant::now());
        self.standing.send_replace(Arc::new(Standing {
            settings: Some(settings.clone()),
            held: known.held.clone(),
            drift: drift.map(Arc::new),
            probed: following.added,
            trouble: known.trouble.clone(),
            storage: known.storage.clone(),
            asked_at: known.asked_at,
            confirmed_at: known.confirmed_at,
            next_at: now.checked_add(left.try_into().unwrap_or(time::Duration::ZERO)),
        }));
    }
}

/// Compares away from the threads that probe: thousands of endpoints with hundreds of patterns take a while.
async fn compare(held: Held, settings: Microsoft365, plan: Arc<Plan>) -> Option<Drift> {
    let compared = spawn_blocking(move || drift(held.list(), &settings.scope, &held.kept.former, &plan));
    compared.await.ok()
}

/// Whether two settings ask the same of the same.
fn asks_the_same(one: &Microsoft365, other: &Microsoft365) -> bool {
    one.instance == other.instance && one.source == other.source && one.path == other.path
}

#[cfg(test)]
mod tests;
