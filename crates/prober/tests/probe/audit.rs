//! Audits of TLS over every kind of way.

use std::sync::Arc;

use prober::net::SystemClock;
use prober::observation::{Fault, HelloOutcome, TlsFailure};
use prober::probe::{Probe, Prober};
use prober::scheduler::round;
use prober::state::Report;
use prober::{Blame, Cause, State};
use testnet::{CertificateKind, ProxyFault, TcpFault, TlsFault};

use crate::site::{HTTPS_HOST, Site};

const QUICK: &str = "timeout: 1s";

/// What the audit of an endpoint says, and what its result comes to.
async fn audited(site: &Site, path: &str) -> (Option<[Option<bool>; 3]>, Report) {
    let plan = site.plan(&site.https(), path, QUICK);
    let prober = Arc::new(Prober::new(&plan, Arc::new(SystemClock)).unwrap());
    let mut results = round(&plan, prober, &SystemClock, true, |_| {}).await.results;
    let report = Report::clone(&results.remove(0).1);
    let passes = report.audit.as_ref().map(|audit| {
        let [(_, tls12), (_, tls13)] = audit.versions();
        [tls12.passes(), tls13.passes(), audit.large_hello.passes()]
    });
    (passes, report)
}

fn cause(report: &Report) -> Option<(Cause, Blame)> {
    report.verdict.reason.as_ref().map(|reason| (reason.cause, reason.blame))
}

fn detail(report: &Report) -> &str {
    report.verdict.reason.as_ref().map_or("", |reason| &reason.detail)
}

#[tokio::test]
async fn everything_passes_over_every_way() {
    let site = Site::new().await;
    for path in ["direct", "proxy", "secure", "socks4a", "socks5", "socks5h"] {
        let (passes, report) = audited(&site, path).await;
        assert_eq!(passes, Some([Some(true); 3]), "{path}: {:?}", report.audit);
        assert_eq!((report.verdict.state, cause(&report)), (State::Reachable, None), "{path}");
        assert!(
            matches!(report.audit.unwrap().large_hello, HelloOutcome::Passed { proven: true, period: Some(_) }),
            "{path}"
        );
    }
}

#[tokio::test]
async fn what_stands_in_the_way_of_one_hello_degrades() {
    let site = Site::new().await;
    let (version, large) = (Cause::TlsVersionPartial, Cause::TlsLargeHello);
    for (fault, passes, cause_there, words) in [
        (TlsFault::ResetWithout13, [false, true, true], version, "TLS 1.2 alone"),
        (TlsFault::ResetWithout12, [true, false, true], version, "TLS 1.3 alone"),
        (TlsFault::ResetAfterHelloOver(1400), [true, true, false], large, "post-quantum"),
        (TlsFault::HangAfterHelloOver(1400), [true, true, false], large, "not complete in time"),
    ] {
        site.world.faults().set(HTTPS_HOST, fault.clone()).unwrap();
        for (path, blame) in [("direct", Blame::Network), ("proxy", Blame::Proxy), ("socks5h", Blame::Proxy)] {
            let (seen, report) = audited(&site, path).await;
            assert_eq!(seen, Some(passes.map(Some)), "{fault:?} over {path}: {:?}", report.audit);
            assert_eq!(cause(&report), Some((cause_there, blame)), "{fault:?} over {path}");
            assert_eq!(report.verdict.state, State::Degraded, "{fault:?} over {path}");
            assert!(detail(&report).contains(words), "{fault:?} over {path}: {}", detail(&report));
        }
    }
}

/// A server that has no TLS 1.3 says so by a proper alert, which is nobody's fault; one that has no TLS 1.2 leaves older
/// clients out.
#[tokio::test]
async fn a_server_of_one_version_is_told_from_a_filter() {
    let site = Site::new().await;
    site.world.faults().set(HTTPS_HOST, TlsFault::Only12).unwrap();
    let (passes, report) = audited(&site, "direct").await;
    assert_eq!(passes, Some([Some(true), Some(false), Some(true)]));
    let audit = report.audit.as_ref().unwrap();
    assert!(matches!(audit.tls13.tls_fault().unwrap().failure, TlsFailure::Version(_)), "{audit:?}");
    assert_eq!((report.verdict.state, cause(&report)), (State::Reachable, None));
    assert_eq!(report.verdict.evidence.facts["tls_version_refused_by_origin"].as_str(), "TLS 1.3");

    site.world.faults().set(HTTPS_HOST, TlsFault::Only13).unwrap();
    let (passes, report) = audited(&site, "direct").await;
    assert_eq!(passes, Some([Some(false), Some(true), Some(true)]));
    assert_eq!(cause(&report), Some((Cause::TlsVersionPartial, Blame::Origin)));
}

/// Nothing could be learned, and nothing is to be asked for in vain.
#[tokio::test]
async fn what_is_blocked_anyway_is_not_audited() {
    let site = Site::new().await;
    for fault in [testnet::Fault::Tcp(TcpFault::Refuse), CertificateKind::Intercepted.into()] {
        site.world.faults().set(HTTPS_HOST, fault.clone()).unwrap();
        let (passes, report) = audited(&site, "direct").await;
        assert_eq!((passes, report.verdict.state), (None, State::Blocked), "{fault:?}");
        site.world.faults().clear(HTTPS_HOST).unwrap();
    }
}

/// That the way does not lead so far says nothing of TLS.
#[tokio::test]
async fn a_way_that_breaks_down_is_no_finding() {
    let site = Site::new().await;
    let plan = site.plan(&site.https(), "proxy", QUICK);
    let prober = Prober::new(&plan, Arc::new(SystemClock)).unwrap();
    site.world.proxy().set_fault(ProxyFault::Close);
    let audit = prober.audit(&plan.pairs[0]).await;
    for outcome in [&audit.tls12, &audit.tls13, &audit.large_hello] {
        assert!(matches!(outcome, HelloOutcome::Failed(Fault::Proxy(_))), "{outcome:?}");
        assert_eq!(outcome.passes(), None);
    }
}
