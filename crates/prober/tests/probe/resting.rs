//! A password that was refused is not tried at every probe.

use std::sync::Arc;

use prober::net::SystemClock;
use prober::observation::AuthFailure;
use prober::probe::{Probe, Prober};
use testnet::Scheme;

use crate::site::{HTTPS_HOST, Site};

#[tokio::test]
async fn a_refused_password_is_told_once_and_a_new_one_at_once() {
    let mut site = Site::new().await;
    site.world.proxy().require_credentials("svc", "right");
    site.credentials = Some(("svc", "wrong"));
    let clear = site.world.url(HTTPS_HOST, Scheme::Http, "/").unwrap();
    for url in [site.https(), clear] {
        let plan = site.plan(&url, "proxy", "");
        let prober = Prober::new(&plan, Arc::new(SystemClock)).unwrap();
        let told_before = told(&site);
        for failure in [AuthFailure::Refused, AuthFailure::RefusedBefore, AuthFailure::RefusedBefore] {
            let seen = prober.probe(&plan.pairs[0]).await;
            assert_eq!(seen.proxy_auth.unwrap().failure, Some(failure), "{url}");
        }
        assert_eq!(told(&site) - told_before, 1, "{url}");
    }
}

#[tokio::test]
async fn a_round_tells_a_wrong_password_once_and_a_right_one_to_all() {
    for (password, times) in [("wrong", 1), ("right", 8)] {
        let mut site = Site::new().await;
        site.world.proxy().require_credentials("svc", "right");
        site.credentials = Some(("svc", password));
        let plan = site.plan(&site.https(), "proxy", "");
        let prober = Prober::new(&plan, Arc::new(SystemClock)).unwrap();
        let probe = || prober.probe(&plan.pairs[0]);
        let seen = tokio::join!(probe(), probe(), probe(), probe(), probe(), probe(), probe(), probe());
        let failures = <[_; 8]>::from(seen).map(|seen| seen.proxy_auth.unwrap().failure);
        let count = |failure| failures.iter().filter(|seen| **seen == failure).count();
        if password == "wrong" {
            assert_eq!(count(Some(AuthFailure::Refused)), 1, "{failures:?}");
            assert_eq!(count(Some(AuthFailure::RefusedBefore)), 7, "{failures:?}");
        } else {
            assert_eq!(count(None), 8, "{failures:?}");
        }
        assert_eq!(told(&site), times);
    }
}

/// How often the proxy was told a password.
fn told(site: &Site) -> usize {
    site.world.proxy().requests().iter().filter(|request| request.header("Proxy-Authorization").is_some()).count()
}
