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

const NOON: OffsetDateTime = datetime!(2026-01-01 12:00 UTC);

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
        Self::start_with(Store::below(None), NOON, section, service)
    }

    fn start_with(store: Store, now: OffsetDateTime, section: &str, service: Service) -> Self {
        let clock = Ticking(Instant::now(), Mutex::new(now));
        let (followed, following) = watch::channel(following(section, &service));
        let (watcher, held, standing) = Watcher::new(store, Arc::new(clock), following);
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

#[tokio::test(start_paused = true)]
async fn another_pause_counts_from_the_last_look() {
    let copy = |refresh: &str| format!("microsoft365: {{source: 'http://mirror.example', refresh: {refresh}}}");
    let mut world = World::start(&copy("6h"), Service::of("2025120100", &["a.example"]));
    world.until("a list is held", |standing| standing.confirmed_at.is_some()).await;
    tokio::time::sleep(Duration::from_secs(600)).await;
    world.service.asked();
    world.followed.send_replace(following(&copy("30m"), &world.service));
    tokio::time::sleep(Duration::from_secs(19 * 60)).await;
    assert_eq!(world.service.asked(), [""; 0]);
    tokio::time::sleep(Duration::from_secs(120)).await;
    assert_eq!(world.service.asked().len(), 1);
    world.followed.send_replace(following(&copy("1m"), &world.service));
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(world.service.asked().len(), 1, "it is due already");
}

#[tokio::test(start_paused = true)]
async fn who_wants_to_be_left_alone_is_after_a_reload_and_after_a_restart() {
    let folder = Folder::new("left-alone");
    let section = |path: &str| {
        format!(
            "paths: {{other: direct}}\nmicrosoft365: {{source: 'http://mirror.example', refresh: 1m, path: {path}}}"
        )
    };
    let service = Service::default();
    service.answer("version", 429, "");
    let mut world = World::start_with(folder.store(), NOON, &section("direct"), service.clone());
    world.until("it is limited", |standing| kind(standing) == Some("rate_limited")).await;
    service.asked();
    world.followed.send_replace(following(&section("other"), &service));
    tokio::time::sleep(Duration::from_secs(1800)).await;
    assert_eq!(service.asked(), [""; 0], "over another path it is the same service");
    drop(world);

    let later = NOON + Duration::from_secs(1800);
    let world = World::start_with(folder.store(), later, &section("direct"), service.clone());
    tokio::time::sleep(Duration::from_secs(1790)).await;
    assert_eq!(service.asked(), [""; 0]);
    tokio::time::sleep(Duration::from_secs(20)).await;
    assert_eq!(service.asked().len(), 1);
    let elsewhere = following("microsoft365: {source: 'http://another.example'}", &service);
    world.followed.send_replace(elsewhere);
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(service.asked().len(), 1, "another service has asked for nothing");
    drop(world);

    // A clock that was a year ahead when that was noted.
    let world = World::start_with(folder.store(), NOON - Duration::from_secs(365 * 86_400), WATCH, service.clone());
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(service.asked().len(), 1);
    drop(world);
}

#[tokio::test(start_paused = true)]
async fn what_could_not_be_kept_is_kept_once_there_is_room() {
    let folder = Folder::new("no-room");
    // Where the folder should be, there is a file.
    let blocked = folder.0.join("microsoft365");
    std::fs::write(&blocked, "").unwrap();
    let mut world = World::start_with(folder.store(), NOON, WATCH, Service::of("2025120100", &["a.example"]));
    let standing = world.until("it is held", |standing| standing.confirmed_at.is_some()).await;
    let words = standing.storage.as_ref().unwrap().to_string();
    assert!(words.contains("microsoft365"), "{words}");
    assert!(standing.trouble.is_none(), "the service has done nothing wrong");
    std::fs::remove_file(&blocked).unwrap();
    let standing = world.until("it is kept", |standing| standing.storage.is_none()).await;
    assert_eq!(version(&standing).as_deref(), Some("2025120100"));
    let kept = folder.store().load(Instance::Worldwide).unwrap().unwrap().kept;
    assert_eq!(kept.version.to_string(), "2025120100");
}

/// A folder of this test's own.
struct Folder(std::path::PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("reachwatch-watcher-{name}-{}", std::process::id()));
        std::fs::create_dir(&path).unwrap();
        Self(path)
    }

    fn store(&self) -> Store {
        Store::below(Some(&self.0))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).unwrap();
    }
}
