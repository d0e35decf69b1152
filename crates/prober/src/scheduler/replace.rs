//! Going on with another plan, without a gap: who stays keeps all that is known of it, who goes leaves the snapshot at once.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use thiserror::Error;
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;

use super::Scheduler;
use super::judge::Judge;
use super::others::Others;
use super::suspects::Suspects;
use super::windows::Windows;
use crate::plan::{Diff, Pair, Plan, Tally};
use crate::probe::Probe;
use crate::text::Clean;

/// Another plan with whoever probes it, and who is to be told what came of it.
#[derive(Debug)]
pub(super) struct Next<P> {
    plan: Arc<Plan>,
    prober: Arc<P>,
    done: oneshot::Sender<Tally>,
}

/// Gives a running scheduler another plan.
#[derive(Debug)]
pub struct Replacer<P>(mpsc::Sender<Next<P>>);

/// The scheduler is not running any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the scheduler has stopped")]
pub struct Stopped;

impl<P> Replacer<P> {
    /// One, and where its plans come in.
    pub(super) fn new() -> (Self, mpsc::Receiver<Next<P>>) {
        let (sender, plans) = mpsc::channel(1);
        (Self(sender), plans)
    }

    /// Has another plan followed. When this returns, the newest snapshot is one of that plan.
    ///
    /// Pairs that [ask the same over the same way](crate::plan::Fate::keeps) keep their state, their counts and their place in
    /// the timetable. Probes under way come to their end; those of pairs that are gone or have changed, for nobody, and so do
    /// all where names are asked for or certificates trusted in another way from now on. What was proven to others is
    /// forgotten where trust changes.
    ///
    /// # Errors
    /// Where the scheduler has stopped, or stops meanwhile.
    pub async fn replace(&self, plan: Arc<Plan>, prober: Arc<P>) -> Result<Tally, Stopped> {
        let (done, told) = oneshot::channel();
        self.0.send(Next { plan, prober, done }).await.map_err(|_| Stopped)?;
        told.await.map_err(|_| Stopped)
    }
}

impl<P: Probe> Scheduler<P> {
    /// Follows another plan from now on, and tells that it does.
    pub(super) fn replace(&mut self, next: Next<P>) {
        let now = Instant::now();
        let Next { plan, prober, done } = next;
        let diff = Diff::between(&self.plan, &plan);
        let old_pairs = std::mem::take(&mut self.pairs);
        let stays = self.discovered.follow(&self.plan, &plan);
        let all = in_their_places(&plan, &diff, stays, &old_pairs, self.plan.pairs.len());

        let mut places = vec![None; old_pairs.len()];
        for (place, (_, keeps)) in all.iter().enumerate() {
            if let Some(new) = keeps.and_then(|old| places.get_mut(old)) {
                *new = Some(place);
            }
        }
        let after = |old: usize| places.get(old).copied().flatten();
        let before = |new: usize| all.get(new).and_then(|(_, keeps)| *keeps);
        self.running.renumber(after);
        if !asks_alike(&self.plan, &plan) {
            self.running.outdate();
        }
        self.audits.follow((&self.plan, &plan), before, after, now);
        self.timetable.follow(&plan, &all, now);
        self.board.follow(&plan, &all);
        self.others = Arc::new(self.heritage(&plan, &all));
        self.suspects = Suspects::default();
        self.windows = Windows::of(&plan.maintenance, self.clock.now(), now);

        let gone = old_pairs.iter().zip(&places).filter(|(_, place)| place.is_none());
        gone.filter_map(|(pair, _)| pair.as_ref()).for_each(|pair| self.events.gone(pair));
        self.pairs = all.into_iter().map(|(pair, _)| Some(pair)).collect();
        (self.plan, self.prober) = (plan, prober);
        self.judge = Judge::new(Arc::clone(&self.plan), Arc::clone(&self.others));
        self.judges.follow(self.judge.clone());
        self.publish(now);
        // Whoever asked may have gone away meanwhile.
        let _ = done.send(diff.tally);
    }

    /// What probes of the next plan know of others. What was proven under other roots is learned anew.
    fn heritage(&self, next: &Plan, all: &[(Arc<Pair>, Option<usize>)]) -> Others {
        let trusts_alike = self.plan.tls == next.tls;
        let (is_same, is_asked) = (of_the_same(all), is_asked(all));
        self.others.follow(|name| trusts_alike && is_same(name), |url| trusts_alike && is_asked(url))
    }
}

/// Whether names are asked for and certificates trusted in the same way: otherwise what began under the one plan says nothing
/// under the other.
pub(super) fn asks_alike(old: &Plan, new: &Plan) -> bool {
    old.dns == new.dns && old.tls == new.tls
}

/// All pairs that there are from now on, each with the place of the one that it goes on from: the plan's, and after them those
/// that were discovered and stay.
fn in_their_places(
    plan: &Plan,
    diff: &Diff,
    stays: Vec<Arc<Pair>>,
    old: &[Option<Arc<Pair>>],
    planned: usize,
) -> Vec<(Arc<Pair>, Option<usize>)> {
    let discovered = old.iter().enumerate().skip(planned);
    let known: HashMap<(&str, &str), usize> =
        discovered.filter_map(|(place, pair)| Some((pair.as_ref()?.key(), place))).collect();
    let own = plan.pairs.iter().zip(&diff.fates).map(|(pair, fate)| (Arc::clone(pair), fate.keeps()));
    let found = stays.into_iter().map(|pair| {
        let place = known.get(&pair.key()).copied();
        (pair, place)
    });
    own.chain(found).collect()
}

/// Tells whether an endpoint of this name asks what it did: on some path it goes on then.
fn of_the_same(all: &[(Arc<Pair>, Option<usize>)]) -> impl Fn(&str) -> bool + '_ {
    let kept = all.iter().filter(|(_, keeps)| keeps.is_some());
    let names: HashSet<&str> = kept.map(|(pair, _)| pair.endpoint.name.as_str()).collect();
    move |name| names.contains(name)
}

/// Tells whether some pair asks at a URL, as it is kept.
fn is_asked(all: &[(Arc<Pair>, Option<usize>)]) -> impl Fn(&Clean) -> bool {
    let urls: HashSet<Clean> = all.iter().map(|(pair, _)| Clean::new(pair.endpoint.url.as_str())).collect();
    move |url| urls.contains(url)
}
