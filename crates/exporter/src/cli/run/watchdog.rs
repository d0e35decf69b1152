//! Follows whether probing goes on, and tells the service manager, only while it does.

use std::convert::Infallible;
use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use prober::snapshot::Snapshot;
use tokio::sync::watch;
use tokio::time::{Interval, MissedTickBehavior, interval};

use super::manager::ServiceManager;
use crate::pulse::Pulse;

/// Keeps the pulse, and where there is a watchdog tells it so twice within its limit, while the scheduler lives and results
/// come in. A scheduler that has ended or hangs, and a runtime that does not get round to this, are silent, and the manager
/// starts the service anew.
pub(super) async fn feed(
    manager: &ServiceManager,
    pulse: &Pulse,
    mut snapshots: watch::Receiver<Arc<Snapshot>>,
) -> Infallible {
    let mut meals = manager.watchdog().map(|limit| {
        let mut meals = interval((limit / 2).max(Duration::from_millis(1)));
        meals.set_missed_tick_behavior(MissedTickBehavior::Delay);
        meals
    });
    pulse.beat(&snapshots.borrow_and_update());
    let mut is_told = false;
    loop {
        tokio::select! {
            // Whether the scheduler lives is known before the next meal.
            biased;
            changed = snapshots.changed() => {
                if changed.is_err() {
                    pulse.end();
                    tracing::error!("the scheduler has ended; a watchdog is not fed any more");
                    pending::<()>().await;
                }
                pulse.beat(&snapshots.borrow_and_update());
                is_told = false;
            }
            () = next(&mut meals) => {
                if !pulse.is_stalled() {
                    manager.alive();
                } else if !is_told {
                    tracing::error!("no result for too long; the watchdog is not fed any more");
                    is_told = true;
                }
            }
        }
    }
}

/// The next meal; never, where nobody watches.
async fn next(meals: &mut Option<Interval>) {
    match meals {
        Some(meals) => drop(meals.tick().await),
        None => pending().await,
    }
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
        tokio::spawn(async move { feed(&manager, &Pulse::new(), snapshots).await });
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
        // Twice the default interval, the default timeout and a minute.
        assert!(meals(&listener, Duration::from_secs(190)).await > 0);
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

    #[tokio::test(start_paused = true)]
    async fn the_pulse_is_kept_where_nobody_watches_too() {
        let (_listener, manager) = connected(None);
        let (sender, snapshots) = watch::channel(snapshot());
        let pulse = Arc::new(Pulse::new());
        let kept = Arc::clone(&pulse);
        tokio::spawn(async move { feed(&manager, &kept, snapshots).await });
        tokio::time::sleep(Duration::from_secs(189)).await;
        assert!(!pulse.is_stalled());
        tokio::time::sleep(Duration::from_secs(2)).await;
        assert!(pulse.is_stalled());
        sender.send_replace(snapshot());
        tokio::time::sleep(Duration::from_secs(1)).await;
        assert!(!pulse.is_stalled());
        drop(sender);
        tokio::time::sleep(Duration::from_secs(1)).await;
        assert!(pulse.is_stalled());
    }
}
