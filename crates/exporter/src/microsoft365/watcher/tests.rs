use std::sync::Mutex;
use std::time::Duration;

use time::macros::datetime;
use tokio::time::timeout;

use super::super::sample::{self, Service};
use super::*;

/// A clock that goes with tokio's.
#[derive(Debug)]
struct Ticking(Instant, Mutex<OffsetDateTime>);

impl Clock for Ticking {
    fn now(&self) -> OffsetDateTime {
        *self.1.lock().unwrap() + self.0.elapsed()
    }
}

struct World {
    service: Service,
    followed: watch::Sender<Following<Service>>,
    held: watch::Receiver<Option<Held>>,
    standing: watch::Receiver<Arc<Standing>>,
}

fn following(section: &str, service: &Service) -> Following<Service> {
    Following { plan: Arc::new(sample::plan(section)), added: 0, prober: Arc::new(service.clone()) }
}

impl World {
    fn start(section: &str, service: Service) -> Self {
        let clock = Ticking(Instant::now(), Mutex::new(datetime!(2026-01-01 12:00 UTC)));
        let (followed, following) = watch::channel(following(section, &service));
        let (watcher, held, standing) = Watcher::new(Store::below(None), Arc::new(clock), following);
        tokio::spawn(watcher.run());
        Self { service, followed, held, standing }
    }

    /// How things stand once that holds.
    async fn until(&mut self, what: &str, holds: impl Fn(&Standing) -> bool) -> Arc<Standing> {
        let waiting = self.standing.wait_for(|standing| holds(standing));
        let standing = timeout(Duration::from_secs(7 * 86_400), waiting).await;
        Arc::clone(&standing.unwrap_or_else(|_| panic!("it never comes that {what}")).unwrap())
    }
}

fn kind(standing: &Standing) -> Option<&'static str> {
    standing.trouble.as_ref().map(|trouble| trouble.fault.kind())
}

fn version(standing: &Standing) -> Option<String> {
    standing.held.as_ref().map(|held| held.kept.version.to_string())
}

const WATCH: &str = "microsoft365: {}";

#[tokio::test(start_paused = true)]
async fn it_asks_once_an_hour_and_takes_what_moved() {
    let mut world = World::start(WATCH, Service::of("2025120100", &["a.example", "b.example"]));
    let standing = world.until("a list is held", |standing| standing.drift.is_some()).await;
    let drift = standing.drift.as_ref().unwrap();
    assert_eq!((drift.names, drift.uncovered.len(), drift.unlisted.len()), (2, 1, 0));
    assert_eq!(world.service.asked().len(), 3);
    assert_eq!(standing.next_at.map(|at| at - standing.asked_at.unwrap()), Some(time::Duration::HOUR));
    assert!(world.held.borrow_and_update().is_some());

    tokio::time::sleep(Duration::from_secs(3 * 3600 - 60)).await;
    assert_eq!(world.service.asked().len(), 2);
    assert!(!world.held.has_changed().unwrap());
    world.service.offer("2026010100", &["b.example"]);
    let standing = world.until("the next is held", |standing| version(standing).as_deref() == Some("2026010100")).await;
    let unlisted: Vec<_> = standing.drift.iter().flat_map(|drift| &drift.unlisted).map(|one| &one.endpoint).collect();
    assert_eq!(unlisted, ["a-example"]);
    assert!(world.held.has_changed().unwrap());
}

#[tokio::test(start_paused = true)]
async fn what_goes_wrong_is_told_and_the_last_good_list_stays() {
    let mut world = World::start(WATCH, Service::of("2025120100", &["a.example"]));
    world.until("a list is held", |standing| standing.held.is_some()).await;
    for (what, status, body, expected) in [
        ("version", 200, "<html><title>Blocked</title>", "unreadable"),
        ("version", 200, r#"{"instance": "Worldwide", "latest": "2024010100"}"#, "older"),
        ("version", 404, "", "not_found"),
    ] {
        world.service.answer(what, status, body);
        let standing = world.until(expected, |standing| kind(standing) == Some(expected)).await;
        assert_eq!(version(&standing).as_deref(), Some("2025120100"));
        assert!(standing.confirmed_at < standing.asked_at);
    }
    let since = world.standing.borrow().trouble.as_ref().map(|trouble| trouble.since).unwrap();
    assert_eq!(since, datetime!(2026-01-01 13:00 UTC), "since the first fault");
    world.service.offer("2025120100", &["a.example"]);
    let standing = world.until("all is well", |standing| standing.trouble.is_none()).await;
    assert_eq!(standing.confirmed_at, standing.asked_at);
}

#[tokio::test(start_paused = true)]
async fn nobody_there_is_asked_again_soon_and_less_and_less_often() {
    let mut world = World::start(WATCH, Service::default());
    let standing = world.until("it failed", |standing| standing.trouble.is_some()).await;
    assert_eq!((kind(&standing), version(&standing)), (Some("unreachable"), None));
    // 1, 2, 4, 8, 16, 32 minutes later, and then every hour.
    tokio::time::sleep(Duration::from_secs(63 * 60 + 30)).await;
    assert_eq!(world.service.asked().len(), 7);
    tokio::time::sleep(Duration::from_secs(2 * 3600)).await;
    assert_eq!(world.service.asked().len(), 2);
    world.service.offer("2025120100", &["a.example"]);
    world.until("a list is held", |standing| standing.held.is_some()).await;
}

#[tokio::test(start_paused = true)]
async fn a_service_that_wants_to_be_left_alone_is() {
    let mut world = World::start("microsoft365: {source: 'http://mirror.example', refresh: 1s}", Service::default());
    world.service.answer("version", 429, "");
    world.until("it is limited", |standing| kind(standing) == Some("rate_limited")).await;
    world.service.asked();
    tokio::time::sleep(Duration::from_secs(3598)).await;
    assert_eq!(world.service.asked(), [""; 0]);
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert_eq!(world.service.asked().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn another_plan_is_compared_at_once_and_another_source_is_asked_at_once() {
    let mut world = World::start(WATCH, Service::of("2025120100", &["a.example", "b.example"]));
    world.until("it is compared", |standing| standing.drift.as_ref().is_some_and(|drift| drift.names == 2)).await;
    world.service.asked();
    let more = following("microsoft365: {service_areas: [Exchange], optional: true}", &world.service);
    world.followed.send_replace(more);
    world
        .until("the scope is another", |standing| standing.settings.as_ref().is_some_and(|list| list.scope.optional))
        .await;
    assert_eq!(world.service.asked(), [""; 0]);
    world.followed.send_replace(following("microsoft365: {source: 'http://mirror.example/x'}", &world.service));
    world
        .until("it is asked", |standing| standing.settings.as_ref().is_some_and(|list| list.source.path() == "/x"))
        .await;
    let again = world.standing.borrow().asked_at;
    world.until("the other answered", |standing| standing.asked_at > again).await;

    world.followed.send_replace(following("", &world.service));
    world.until("nothing is followed", |standing| standing.settings.is_none()).await;
    assert!(world.held.borrow_and_update().is_none());
    let held = |standing: &Standing| standing.held.is_some();
    world.followed.send_replace(following(WATCH, &world.service));
    world.until("it is followed again", held).await;
}

/// Whoever follows what is held would follow for ever otherwise: what he follows is told here again.
#[tokio::test(start_paused = true)]
async fn what_is_held_is_told_only_where_it_is_something_else() {
    let mut world = World::start("", Service::of("2025120100", &["a.example"]));
    let unsettled = |standing: &Standing| standing.settings.is_none();
    for _ in 0..3 {
        world.standing.mark_unchanged();
        world.followed.send_replace(following("", &world.service));
        world.standing.changed().await.unwrap();
        world.until("nothing is followed", unsettled).await;
        assert!(!world.held.has_changed().unwrap());
    }
    world.followed.send_replace(following(WATCH, &world.service));
    world.until("a list is held", |standing| standing.held.is_some()).await;
    assert!(world.held.borrow_and_update().is_some());
    for _ in 0..3 {
        world.standing.mark_unchanged();
        world.followed.send_replace(following(WATCH, &world.service));
        world.standing.changed().await.unwrap();
        assert!(!world.held.has_changed().unwrap());
    }
}
