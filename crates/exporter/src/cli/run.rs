//! `reachwatch run`: probes and serves until it is told to stop.

mod events;
mod manager;
mod memory;
mod reload;
mod signals;
mod watchdog;

use std::net::SocketAddr;
use std::sync::Arc;

use arc_swap::ArcSwap;
use prober::config::Origin;
use prober::net::{Clock, SystemClock};
use prober::plan::Plan;
use prober::probe::Prober;
use prober::scheduler::{Events, Scheduler};
use tokio::net::TcpListener;
use tokio::sync::{oneshot, watch};
use tokio::task::{JoinError, JoinHandle};

use self::events::{Everyone, Reporter};
use self::manager::ServiceManager;
use self::reload::{List, Parties, Reloader};
use self::signals::Signals;
use super::args::{Common, RunArgs};
use super::exit::{Failure, Status};
use super::log::Log;
use super::plan;
use crate::history::History;
use crate::metrics::Live;
use crate::microsoft365::{Following, Store, Watcher};
use crate::pac::Files;
use crate::probe_now::{ByHand, Desk};
use crate::reload::Reloads;
use crate::web::{self, App, DEFAULT_ADDRESS, Secured};

/// Probes and serves. Sockets are opened before the first probe, so that a taken port is an error and not a surprise.
pub(crate) async fn run(args: &RunArgs, common: &Common, log: &Log) -> Result<Status, Failure> {
    let mut signals = Signals::listen().map_err(Failure::other)?;
    let hangups = signals::hangups().map_err(Failure::other)?;
    let (plan, origin, files) = plan::load_noting(common.config.as_deref())?;
    let secured = args.web_config.as_ref().map_or_else(|| Ok(Secured::open_to_all()), Secured::load);
    let secured = Arc::new(secured.map_err(Failure::config)?);
    let default = [DEFAULT_ADDRESS];
    let addresses: &[SocketAddr] = if args.listen.is_empty() { &default } else { &args.listen };
    let listeners = web::bind(addresses).map_err(Failure::other)?;

    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let prober = Prober::new(&plan, Arc::clone(&clock)).map_err(Failure::config)?;
    let live = Live::new(clock.now()).map_err(Failure::other)?;
    let live = live.with_web_config(secured.is_followed());
    let live = Arc::new(args.external_url.iter().fold(live, Live::reached_at));
    announce(&plan, &origin, &listeners, &secured);

    let history = History::open(args.data_dir.clone(), Arc::clone(&clock));
    let windows = Arc::new(ArcSwap::from_pointee(plan.maintenance.clone()));
    let reporter = Reporter::new(Arc::clone(&live), Arc::clone(&windows), Arc::clone(&clock));
    let listeners_of_events: Vec<Arc<dyn Events>> = vec![Arc::new(history.recorder(&plan)), Arc::new(reporter)];
    let events = Arc::new(Everyone(listeners_of_events));
    let (plan, prober) = (Arc::new(plan), Arc::new(prober));
    let deciders = Arc::new(Files::new(Arc::clone(&plan), Arc::clone(&prober)));
    let (scheduler, replacer) = Scheduler::start_replaceable(
        Arc::clone(&plan),
        Arc::clone(&prober),
        Arc::clone(&clock),
        events,
        history.earlier(),
    );
    let by_hand = Arc::new(ByHand::new(Arc::clone(&prober), scheduler.judges()));
    let (reloads, requests) = Reloads::channel();
    let (following, followed) =
        watch::channel(Following { plan: Arc::clone(&plan), added: 0, prober: Arc::clone(&prober) });
    let (watcher, held, list) = Watcher::new(Store::below(args.data_dir.as_deref()), Arc::clone(&clock), followed);
    let watcher = tokio::spawn(watcher.run());
    let parties = Parties {
        hangups,
        requests,
        replacer,
        deciders: Arc::clone(&deciders),
        by_hand: Arc::clone(&by_hand),
        list: List { held, following },
        windows,
        live: Arc::clone(&live),
        history: history.clone(),
        clock: Arc::clone(&clock),
    };
    let reloader = tokio::spawn(Reloader::new(parties, origin, files, plan, prober).run());
    let (snapshots, desk) = (scheduler.snapshots(), Desk::new(by_hand));
    let router = web::router(App {
        snapshots,
        live: Arc::clone(&live),
        clock,
        deciders,
        history: history.clone(),
        desk,
        reloads,
        list,
    });
    let (stop, stopped) = oneshot::channel::<()>();
    let stopped = async { drop(stopped.await) };
    let mut server = tokio::spawn(web::serve_secured(listeners, router, secured, stopped));

    let manager = Arc::new(ServiceManager::of_environment());
    manager.ready();
    // A task, so that a result wakes nobody but the threads that probe: the main thread is none of them.
    let mut feeding = {
        let (manager, live, snapshots) = (Arc::clone(&manager), Arc::clone(&live), scheduler.snapshots());
        tokio::spawn(async move { watchdog::feed(&manager, live.pulse(), snapshots).await })
    };
    let ended = tokio::select! {
        signal = signals.next() => {
            tracing::info!(signal, "stopping");
            None
        }
        ended = &mut server => Some(("the server", ended)),
        ended = &mut feeding => Some(("what follows the pulse", ended.map(|never| match never {}))),
        never = memory::give_back(heap::trim) => match never {},
        never = log.tell_of_missing() => match never {},
    };
    manager.stopping();
    drop(stop);
    feeding.abort();
    reloader.abort();
    watcher.abort();
    let outcome = outcome(ended.as_ref().map(|(who, ended)| (*who, ended)));
    // One that has ended cannot be waited for again.
    let server = (!server.is_finished()).then_some(server);
    tokio::select! {
        () = wind_down(scheduler.shutdown(), history, server) => tracing::info!("stopped"),
        signal = signals.next() => tracing::warn!(signal, "stopped at once"),
    }
    outcome
}

/// What comes of a run: a part of it that ends before it is told to is a failure, after which all else winds down as ever.
fn outcome(ended: Option<(&str, &Result<(), JoinError>)>) -> Result<Status, Failure> {
    let Some((who, ended)) = ended else { return Ok(Status::Success) };
    let why = ended.as_ref().err().map_or_else(|| "without an error".to_owned(), ToString::to_string);
    tracing::error!(why, "{who} ended by itself; stopping");
    Err(Failure::other(format!("{who} ended by itself: {why}")))
}

fn announce(plan: &Plan, origin: &Origin, listeners: &[TcpListener], secured: &Secured) {
    let controls = plan.endpoints.iter().filter(|endpoint| endpoint.control).count();
    tracing::info!(
        version = env!("CARGO_PKG_VERSION"),
        configuration = %origin,
        site = plan.site,
        endpoints = plan.endpoints.len() - controls,
        controls,
        paths = plan.paths.len(),
        probes = plan.pairs.len(),
        "starting"
    );
    let (tls, users) = secured.describe();
    for address in listeners.iter().filter_map(|listener| listener.local_addr().ok()) {
        tracing::info!(%address, tls, users, "listening");
    }
}

/// Probes are dropped, requests under way get their time, and what they came to is written; each is bounded, and all of it
/// by less than five seconds.
async fn wind_down(scheduling: impl Future<Output = ()>, history: History, server: Option<JoinHandle<()>>) {
    let record = async {
        scheduling.await;
        // It waits for a disk; the thread that does so for it is given up after two seconds.
        tokio::task::spawn_blocking(move || history.close()).await
    };
    let requests = async {
        match server {
            Some(server) => server.await,
            None => Ok(()),
        }
    };
    let (ended, recorded) = tokio::join!(requests, record);
    if let Err(error) = ended {
        tracing::error!(%error, "the server did not end well");
    }
    if !recorded.unwrap_or(false) {
        tracing::warn!("the last of the history could not be written in time");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_server_that_ends_by_itself_is_a_failure_and_the_history_is_closed_all_the_same() {
        let folder = std::env::temp_dir().join(format!("reachwatch-run-{}", std::process::id()));
        let open = || History::open(Some(folder.clone()), Arc::new(SystemClock));
        let ended = tokio::spawn(async { panic!("the test says so") }).await;
        let of = |ended| outcome(Some(("the server", ended)));
        assert!(of(&ended).is_err() && of(&Ok(())).is_err() && outcome(None).is_ok());

        let history = open();
        wind_down(async {}, history.clone(), None).await;
        // Nobody else could write there otherwise.
        let again = open();
        assert_eq!(again.standing().fault, None);
        assert!(again.close());
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
