//! Tells the service manager that probing goes on, and only while it does.

use std::convert::Infallible;
use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use prober::snapshot::Snapshot;
use tokio::sync::watch;
use tokio::time::{Instant, MissedTickBehavior, interval};

use super::manager::ServiceManager;

/// What a scheduler under load may take beyond what its plan says.
const LENIENCE: Duration = Duration::from_secs(60);

/// Says so twice within the manager's limit, while the scheduler lives and results come in. A scheduler that has ended or
/// hangs, and a runtime that does not get round to this, are silent, and the manager starts the service anew.
pub(super) async fn feed(manager: &ServiceManager, mut snapshots: watch::Receiver<Arc<Snapshot>>) -> Infallible {
    let Some(limit) = manager.watchdog() else { pending().await };
    let mut meals = interval((limit / 2).max(Duration::from_millis(1)));
    meals.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut newest = Instant::now();
    let mut patience = patience(&snapshots.borrow_and_update());
    let mut is_told = false;
    loop {
        tokio::select! {
            // Whether the scheduler lives is known before the next meal.
            biased;
            changed = snapshots.changed() => {
                if changed.is_err() {
                    tracing::error!("the scheduler has ended; the watchdog is not fed any more");
                    pending::<()>().await;
                }
                newest = Instant::now();
                patience = self::patience(&snapshots.borrow_and_update());
                is_told = false;
            }
            _ = meals.tick() => match patience {
                Some(patience) if newest.elapsed() > patience => {
                    if !is_told {
                        tracing::error!(?patience, "no result for too long; the watchdog is not fed any more");
                    }
                    is_told = true;
                }
                _ => manager.alive(),
            }
        }
    }
}

/// How long no result may come in: the pair with the shortest interval has one in each, late by a probe at most, and a place
/// may be left out. `None` where nothing is probed.
fn patience(snapshot: &Snapshot) -> Option<Duration> {
    let endpoints = || snapshot.rows.iter().map(|row| &row.pair.endpoint);
    let interval = endpoints().map(|endpoint| endpoint.interval).min()?;
    let timeout = endpoints().map(|endpoint| endpoint.timeout).max()?;
    Some(interval.saturating_mul(2).saturating_add(timeout).saturating_add(LENIENCE))
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixDatagram;

    use super::super::manager::tests::{connected, heard};
    use super::*;
    use crate::sample;

    const LIMIT: Duration = Duration::from_secs(30);

    /// One endpoint with the default interval and timeout.
    fn snapshot() -> Arc<Snapshot> {
        Arc::new(sample::snapshot([sample::row("licensing", "direct")]))
    }

    fn fed(snapshot: Arc<Snapshot>) -> (UnixDatagram, watch::Sender<Arc<Snapshot>>) {
        let (listener, manager) = connected(Some(LIMIT));
        let (sender, snapshots) = watch::channel(snapshot);
        tokio::spawn(async move { feed(&manager, snapshots).await });
        (listener, sender)
    }

    /// How often the watchdog is fed within a time.
    async fn meals(listener: &UnixDatagram, within: Duration) -> usize {
        heard(listener);
        tokio::time::advance(Duration::ZERO).await;
        tokio::time::sleep(within).await;
        let heard = heard(listener);
        assert!(heard.iter().all(|message| message == "WATCHDOG=1"), "{heard:?}");
        heard.len()
    }

    #[tokio::test(start_paused = true)]
    async fn it_is_fed_twice_within_the_limit_while_results_come_in() {
        let (listener, sender) = fed(snapshot());
        for _ in 0..20 {
            assert_eq!(meals(&listener, LIMIT).await, 2);
            sender.send_replace(snapshot());
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_scheduler_that_hangs_starves_it_and_one_that_goes_on_feeds_it_again() {
        let (listener, sender) = fed(snapshot());
        let patience = patience(&snapshot()).unwrap();
        assert!(meals(&listener, patience).await > 0);
        assert_eq!(meals(&listener, LIMIT).await, 0);
        sender.send_replace(snapshot());
        assert_eq!(meals(&listener, LIMIT).await, 2);
    }

    #[tokio::test(start_paused = true)]
    async fn a_scheduler_that_has_ended_starves_it_at_once() {
        let (listener, sender) = fed(snapshot());
        assert!(meals(&listener, LIMIT).await > 0);
        drop(sender);
        assert_eq!(meals(&listener, LIMIT).await, 0);
    }

    #[tokio::test(start_paused = true)]
    async fn a_plan_without_endpoints_has_no_results_to_wait_for() {
        let (listener, _sender) = fed(Arc::new(sample::snapshot([])));
        assert!(meals(&listener, Duration::from_secs(3600)).await > 100);
    }
}
