//! A monitor whose clock is wrong, among origins that prove themselves.

use std::sync::atomic::AtomicI64;

use time::OffsetDateTime;
use time::macros::datetime;

use super::*;
use crate::observation::{AuditFacts, CertificateFacts, ChainTrust, Headers, HttpFacts, OriginClock, Period, TlsFacts};

/// When it all begins, by those who know.
const TRUE_START: OffsetDateTime = datetime!(2026-01-01 00:00 UTC);

/// The machine's clock, so many seconds ahead, and the origins' that are right. All go as fast as tokio's.
#[derive(Debug)]
struct Skewed {
    start: Instant,
    ahead: AtomicI64,
}

impl Skewed {
    fn by(ahead: i64) -> Arc<Self> {
        Arc::new(Self { start: Instant::now(), ahead: AtomicI64::new(ahead) })
    }

    fn truth(&self) -> OffsetDateTime {
        TRUE_START + self.start.elapsed()
    }
}

impl Clock for Skewed {
    fn now(&self) -> OffsetDateTime {
        self.truth() + time::Duration::seconds(self.ahead.load(Ordering::Relaxed))
    }
}

/// Origins with certificates that hold from a day before the beginning until an hour after it, `expired.…` until an
/// hour before; each is asked as the machine's clock has it.
struct Origins(Arc<Skewed>);

impl Probe for Origins {
    async fn probe(&self, pair: &Pair) -> Observation {
        let host = pair.endpoint.url.host_str().unwrap();
        let hour = time::Duration::hours(1);
        let not_after = if host.starts_with("expired.") { TRUE_START - hour } else { TRUE_START + hour };
        let period = Period { not_before: TRUE_START - time::Duration::days(1), not_after };
        tokio::time::sleep(Duration::from_millis(20)).await;
        let ours = self.0.now();
        let certificate = CertificateFacts {
            subject: host.into(),
            issuer: "CN=Issuing CA".into(),
            not_before: period.not_before,
            not_after,
            self_issued: false,
            ca_issuers: Vec::new(),
        };
        let mut tls = TlsFacts { chain: [certificate].into(), ..TlsFacts::of(ChainTrust::Public) };
        tls.verification.validity = period.validity_at(ours);
        tls.verification.period = Some(period);
        let date = self.0.truth();
        Observation {
            origin_clock: tls.is_proven_at(date).then_some(OriginClock { date, ours }),
            http: Some(HttpFacts {
                version: "HTTP/1.1".to_owned(),
                status: 200,
                reason: None,
                headers: Headers::default(),
                body: crate::observation::BodyFacts::default(),
            }),
            tls: Some(tls),
            ..Observation::empty(ours)
        }
    }

    async fn audit(&self, _: &Pair) -> AuditFacts {
        unreachable!("nobody audits here")
    }
}

fn names(hosts: &[&str]) -> Vec<String> {
    hosts.iter().map(|host| (*host).to_owned()).collect()
}

const PUBLISHERS: &[&str] = &["a.one.com", "b.one.com", "a.two.com", "a.three.com", "expired.four.com"];

const DAY: i64 = 86_400;

async fn judged_in_a_round(hosts: &[&str], ahead: i64) -> Vec<Option<Cause>> {
    let clock = Skewed::by(ahead);
    let round =
        round(&plan(&names(hosts), 8, 1, MINUTE), Arc::new(Origins(Arc::clone(&clock))), &*clock, false, |_| {}).await;
    round.results.iter().map(|(_, report)| report.verdict.reason.as_ref().map(|reason| reason.cause)).collect()
}

#[tokio::test(start_paused = true)]
async fn a_round_is_judged_by_its_own_clocks() {
    use Cause::{MonitorClock, TlsExpired};
    let wrong = Some(MonitorClock);
    assert_eq!(judged_in_a_round(PUBLISHERS, 0).await, [None, None, None, None, Some(TlsExpired)]);
    assert_eq!(judged_in_a_round(PUBLISHERS, DAY).await, [wrong, wrong, wrong, wrong, Some(TlsExpired)]);
    // Half a day behind all certificates hold by our clock, and one does not.
    assert_eq!(judged_in_a_round(PUBLISHERS, -DAY / 2).await, [None, None, None, None, Some(TlsExpired)]);
    // Three hosts of one publisher are one.
    let one = ["a.one.com", "b.one.com", "c.one.com", "a.two.com"];
    assert_eq!(judged_in_a_round(&one, DAY).await, [Some(TlsExpired); 4]);
}

#[tokio::test(start_paused = true)]
async fn a_monitor_a_day_ahead_pages_nobody_for_expired_certificates() {
    let clock = Skewed::by(DAY);
    let plan = plan(&names(PUBLISHERS), 8, 2, MINUTE);
    let handle = Scheduler::start(
        Arc::clone(&plan),
        Arc::new(Origins(Arc::clone(&clock))),
        Arc::<Skewed>::clone(&clock),
        Arc::new(()),
    );
    let mut snapshots = handle.snapshots();
    let is_settled = |snapshot: &Arc<Snapshot>| snapshot.rows.iter().all(|row| row.confirmed.is_some());
    let snapshot = Arc::clone(&*snapshots.wait_for(is_settled).await.unwrap());
    let confirmed = |row: usize| (snapshot.rows[row].state(), cause(&snapshot, row));
    let shown: Vec<_> = (0..PUBLISHERS.len()).map(confirmed).collect();
    let wrong = (State::Degraded, Some(Cause::MonitorClock));
    assert_eq!(shown, [wrong, wrong, wrong, wrong, (State::Blocked, Some(Cause::TlsExpired))]);
    let offset = snapshot.clock.unwrap();
    assert_eq!((offset.offset.whole_seconds(), offset.origins), (-DAY, 3));

    // The clock is set right in one step: what origins said before is of another clock.
    clock.ahead.store(0, Ordering::Relaxed);
    let is_well =
        |snapshot: &Arc<Snapshot>| snapshot.rows.iter().filter(|row| row.state() == State::Reachable).count() == 4;
    let snapshot = Arc::clone(&*snapshots.wait_for(is_well).await.unwrap());
    let blocked: u64 = snapshot.rows[..4].iter().map(|row| row.counts.blocked).sum();
    assert!(blocked <= 3, "{blocked} raw results of the first two publishers, before there were three");
    handle.shutdown().await;
}

/// What was read long ago counts no more.
#[tokio::test(start_paused = true)]
async fn clocks_that_fell_silent_are_forgotten() {
    let clocks = super::super::clocks::Clocks::default();
    let plan = plan(&names(&["a.one.com", "a.two.com", "a.three.com"]), 1, 1, MINUTE);
    let now = Instant::now();
    let ours = TRUE_START + time::Duration::days(1);
    let seen = Observation { origin_clock: Some(OriginClock { date: TRUE_START, ours }), ..Observation::empty(ours) };
    plan.pairs.iter().for_each(|pair| clocks.note(pair, &seen, now));
    let offset = |later: Duration| clocks.offset(ours + later, now + later).map(|offset| offset.offset.whole_seconds());
    assert_eq!(offset(Duration::ZERO), Some(-DAY));
    assert_eq!(offset(2 * MINUTE), Some(-DAY));
    assert_eq!(offset(3 * MINUTE), None);
    assert_eq!(clocks.offset_of_round(ours, now).map(|offset| offset.origins), Some(3));
}

/// The machine slept, and only its wall clock went on; or its wall clock was set, and only the monotonic one is as before.
#[tokio::test(start_paused = true)]
async fn readings_count_no_more_once_our_two_clocks_went_apart() {
    let clocks = super::super::clocks::Clocks::default();
    let plan = plan(&names(&["a.one.com", "a.two.com", "a.three.com"]), 1, 1, MINUTE);
    let (now, ours) = (Instant::now(), TRUE_START);
    let told = |ours: OffsetDateTime| Observation {
        origin_clock: Some(OriginClock { date: ours, ours }),
        ..Observation::empty(ours)
    };
    plan.pairs.iter().for_each(|pair| clocks.note(pair, &told(ours), now));
    let offset = |wall: i64, later: Duration| {
        let wall = ours + time::Duration::seconds(wall);
        let offset = clocks.offset(wall, now + later);
        assert_eq!(offset, clocks.offset_of_round(wall, now + later));
        offset.map(|offset| offset.offset.whole_seconds())
    };
    assert_eq!(offset(60, MINUTE), Some(0));
    assert_eq!(offset(60 + 299, MINUTE), Some(-299));
    assert_eq!(offset(60 + 301, MINUTE), None, "slept for minutes");
    assert_eq!(offset(3 * DAY, MINUTE), None, "slept for days");
    assert_eq!(offset(60 - DAY, MINUTE), None, "was set back");

    let woken = ours + time::Duration::seconds(3 * DAY);
    plan.pairs.iter().take(2).for_each(|pair| clocks.note(pair, &told(woken), now + MINUTE));
    assert_eq!(clocks.offset(woken, now + MINUTE), None, "two new ones are too few");
    clocks.note(&plan.pairs[2], &told(woken), now + MINUTE);
    assert_eq!(clocks.offset(woken, now + MINUTE).map(|offset| offset.offset.whole_seconds()), Some(0));
}

#[tokio::test(start_paused = true)]
async fn each_publisher_is_heard_once_with_its_newest_word() {
    let told = |readings: &[(&str, i64)]| {
        let clocks = super::super::clocks::Clocks::default();
        let start = Instant::now();
        let mut passed = Duration::ZERO;
        for (host, behind) in readings {
            passed += Duration::from_secs(1);
            let ours = TRUE_START + passed;
            let date = ours + time::Duration::seconds(*behind);
            let seen = Observation { origin_clock: Some(OriginClock { date, ours }), ..Observation::empty(ours) };
            clocks.note(&plan(&names(&[host]), 1, 1, MINUTE).pairs[0], &seen, start + passed);
        }
        let offset = clocks.offset(TRUE_START + passed, start + passed);
        offset.map(|offset| (offset.offset.whole_seconds(), offset.origins))
    };
    assert_eq!(told(&[("a.com", 5), ("b.com", 7)]), None);
    assert_eq!(told(&[("a.com", 5), ("b.com", 7), ("c.com", 900)]), Some((7, 3)));
    assert_eq!(told(&[("x.a.com", 5), ("y.a.com", 7), ("b.com", 7)]), None);
    assert_eq!(told(&[("x.a.com", 1), ("y.a.com", 7), ("b.com", 9), ("c.com", 3)]), Some((7, 3)));
}
