//! Our clock against those of the world's origins, which are right.

use std::sync::Arc;

use prober::cause::{Cause, State};
use prober::net::Clock;
use prober::observation::{Observation, OriginClock};
use prober::plan::Plan;
use prober::probe::Prober;
use prober::scheduler::{self, Scheduler};
use prober::snapshot::Snapshot;
use prober::{config, diagnosis};
use testnet::{CertificateKind, Fault, HttpFault, Reply, Scheme, World};
use time::{Duration, OffsetDateTime};

use crate::site::{Files, HTTPS_HOST, Site};

/// A clock that goes wrong by so much.
#[derive(Debug, Clone, Copy)]
struct Wrong(Duration);

impl Clock for Wrong {
    fn now(&self) -> OffsetDateTime {
        prober::net::SystemClock.now() + self.0
    }
}

/// Hosts of four publishers.
const HOSTS: [&str; 4] = [HTTPS_HOST, "ols.officeapps.live.com", "login.windows.net", "login.microsoftonline.com"];

fn plan(world: &World, path: &str) -> Plan {
    let endpoints = HOSTS.map(|host| {
        let url = world.url(host, Scheme::Https, "/").unwrap();
        format!("  - {{name: {host}, url: \"{url}\", paths: [{path}]}}\n")
    });
    let text = format!(
        "dns: {{resolvers: [\"{dns}\"], private_answers: allowed}}\n\
         tls: {{extra_roots: [\"{root}\"]}}\n\
         paths: {{proxy: \"{proxy}\"}}\ncontrols: []\nendpoints:\n{}",
        endpoints.concat(),
        dns = world.dns_address(),
        root = world.root_file().display(),
        proxy = world.proxy().url(),
    );
    config::parse(&text, "test.yaml", &Files).unwrap_or_else(|faults| panic!("{faults}\n{text}"))
}

/// One round by a clock that is so many hours ahead, as `check` has it.
async fn round(world: &World, path: &str, ahead: i64) -> Snapshot {
    let plan = plan(world, path);
    let clock = Wrong(Duration::hours(ahead));
    let prober = Arc::new(Prober::new(&plan, Arc::new(clock)).unwrap());
    let round = scheduler::round(&plan, prober, &clock, false, |_| {}).await;
    Snapshot::of_round("test", clock.now(), &round)
}

fn causes(snapshot: &Snapshot) -> Vec<Option<Cause>> {
    let verdicts = snapshot.rows.iter().map(|row| &row.last.as_ref().unwrap().verdict);
    verdicts.map(|verdict| verdict.reason.as_ref().map(|reason| reason.cause)).collect()
}

#[tokio::test]
async fn an_expiry_by_our_clock_alone_is_the_clocks_and_one_that_it_hides_is_told() {
    use Cause::{MonitorClock, TlsExpired};
    let world = World::start().await.unwrap();
    let (soon, over) = (Some(MonitorClock), Some(TlsExpired));
    world.faults().set(HOSTS[0], CertificateKind::ExpiresSoon).unwrap();
    world.faults().set(HOSTS[1], CertificateKind::Expired).unwrap();
    for path in ["direct", "proxy"] {
        assert_eq!(causes(&round(&world, path, 0).await), [None, over, None, None], "{path}");
    }
    let ahead = round(&world, "direct", 24).await;
    assert_eq!(causes(&ahead), [soon, over, None, None]);
    // The expired one proves nothing at the true time, and tells none.
    let offset = ahead.clock.unwrap();
    assert_eq!(((offset.offset + Duration::hours(24)).whole_minutes(), offset.origins), (0, 3));
    assert_eq!(causes(&round(&world, "direct", -48).await), [None, over, None, None]);
}

#[tokio::test]
async fn two_publishers_are_too_few() {
    let world = World::start().await.unwrap();
    world.faults().set(HOSTS[0], CertificateKind::ExpiresSoon).unwrap();
    for host in [HOSTS[1], HOSTS[2]] {
        world.faults().set(host, Fault::from(CertificateKind::Intercepted)).unwrap();
    }
    let snapshot = round(&world, "direct", 24).await;
    let intercepted = Some(Cause::TlsIntercepted);
    assert_eq!(causes(&snapshot), [Some(Cause::TlsExpired), intercepted, intercepted, None]);
    assert_eq!(snapshot.clock, None);
}

/// The binary cannot be given a clock, but the world can be told another time.
#[tokio::test]
async fn origins_that_tell_another_time_are_believed_if_their_chains_hold_then() {
    let world = World::start().await.unwrap();
    for host in HOSTS {
        world.faults().set(host, HttpFault::Date(-3600 * 30)).unwrap();
    }
    world.faults().set(HOSTS[0], CertificateKind::Expired).unwrap();
    world.faults().set(HOSTS[1], HttpFault::Date(-3600 * 24 * 50)).unwrap();
    let snapshot = round(&world, "direct", 0).await;
    assert_eq!(causes(&snapshot), [Some(Cause::MonitorClock), None, None, None]);
    let offset = snapshot.clock.unwrap();
    assert_eq!((offset.offset.whole_hours(), offset.origins), (-30, 3), "leaves began thirty days ago");
}

/// As `run` has it: nothing of what the wrong clock makes of certificates is ever held true.
#[tokio::test]
async fn a_monitor_that_is_a_day_ahead_pages_nobody() {
    let world = World::start().await.unwrap();
    for host in HOSTS {
        world.faults().set(host, CertificateKind::ExpiresSoon).unwrap();
    }
    let plan = Arc::new(plan(&world, "direct"));
    let clock: Arc<dyn Clock> = Arc::new(Wrong(Duration::days(1)));
    let prober = Arc::new(Prober::new(&plan, Arc::clone(&clock)).unwrap());
    let handle = Scheduler::start(Arc::clone(&plan), prober, clock, Arc::new(()));
    let mut snapshots = handle.snapshots();
    let is_settled = |snapshot: &Arc<Snapshot>| snapshot.rows.iter().all(|row| row.state() != State::Unknown);
    let waited = tokio::time::timeout(std::time::Duration::from_secs(60), snapshots.wait_for(is_settled)).await;
    let snapshot = Arc::clone(&waited.expect("soon known").unwrap());
    assert!(snapshot.rows.iter().all(|row| row.state() == State::Degraded), "{:?}", causes(&snapshot));
    assert_eq!(causes(&snapshot), [Some(Cause::MonitorClock); 4]);
    assert_eq!(diagnosis::incidents(&snapshot).len(), 0);
    handle.shutdown().await;
}

/// What one probe of a host reads of its clock.
async fn read(site: &Site, url: &str, path: &str) -> Option<OriginClock> {
    let seen: Observation = site.probe(url, path, "timeout: 5s").await;
    seen.origin_clock
}

#[tokio::test]
async fn clocks_are_read_from_origins_that_prove_themselves_and_answer_on_their_own() {
    let site = Site::new().await;
    let url = site.https();
    let set = |fault: Fault| {
        site.world.faults().clear_all().unwrap();
        site.world.faults().set(HTTPS_HOST, fault).unwrap();
    };
    for path in ["direct", "proxy"] {
        let clock = read(&site, &url, path).await.unwrap_or_else(|| panic!("no clock over {path}"));
        assert!(clock.offset().abs() < Duration::seconds(60), "{clock:?}");
    }
    let in_the_clear = site.world.url(HTTPS_HOST, Scheme::Http, "/").unwrap();
    assert_eq!(read(&site, &in_the_clear, "direct").await, None, "plain http proves nothing");
    // Over HTTP/1.1, after h2 was tried in vain.
    set(HttpFault::GoAway.into());
    assert!(read(&site, &url, "direct").await.is_some());
    for unproven in [
        CertificateKind::Intercepted.into(),
        CertificateKind::WrongName.into(),
        CertificateKind::Expired.into(),
        Reply::status(200).header("Age", "17").into(),
        Reply::status(200).header("X-Cache", "TCP_HIT").into(),
        HttpFault::Date(3600 * 24 * 70).into(),
    ] {
        let words = format!("{unproven:?}");
        set(unproven);
        assert_eq!(read(&site, &url, "direct").await, None, "{words}");
    }
}
