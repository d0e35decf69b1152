//! The tenant check against a name server on the loopback.

use std::sync::Arc;

use prober::config;
use prober::net::SystemClock;
use prober::observation::Observation;
use prober::plan::Plan;
use prober::probe::Prober;
use prober::verdict::{Question, Verdict, judge};
use prober::{Cause, State};
use testnet::{DnsFault, World};

use crate::site::{Files, Steps};

const NAME: &str = "msoid.contoso.com";
const VIANET: &str = "clientconfig.partner.microsoftonline-p.net.cn";

async fn world() -> World {
    World::builder().with_host(NAME).start().await.unwrap()
}

fn plan(dns: &str, cloud: &str) -> Plan {
    let text = format!(
        "dns: {dns}\ntimeout: 1s\ndefault_paths: [direct]\nendpoints: [a.example]\ncontrols: []\n\
         tenant: {{domains: [contoso.com], cloud: {cloud}}}\n"
    );
    config::parse(&text, "test.yaml", &Files).unwrap_or_else(|faults| panic!("{faults}\n{text}"))
}

async fn asked(plan: &Plan) -> (Observation, Verdict) {
    let prober = Prober::new(plan, Arc::new(SystemClock)).unwrap();
    let pair = plan.pairs.last().unwrap();
    let steps = Steps::default();
    let seen = prober.probe_with(pair, &steps).await;
    assert_eq!(steps.names(), ["Followed"]);
    let verdict = judge(&Question::alone(pair, &plan.fingerprints), &seen);
    (seen, verdict)
}

fn comes_to(verdict: &Verdict) -> (State, Option<Cause>) {
    (verdict.state, verdict.reason.as_ref().map(|reason| reason.cause))
}

#[tokio::test]
async fn the_record_is_followed_and_judged() {
    let world = world().await;
    let resolvers = format!("{{resolvers: [\"{}\"]}}", world.dns_address());
    let alias = |names: &[&str]| DnsFault::Cname(names.iter().map(|name| (*name).to_owned()).collect());
    let (blocked, reachable) = ((State::Blocked, Some(Cause::TenantCname)), (State::Reachable, None));
    let degraded = (State::Degraded, Some(Cause::TenantCname));
    for (fault, worldwide, china) in [
        (alias(&[VIANET]), blocked, reachable),
        (alias(&["activation.contoso.com", VIANET]), blocked, reachable),
        (alias(&["clientconfig.microsoftonline-p.net"]), reachable, degraded),
        (DnsFault::NxDomain, reachable, degraded),
        (DnsFault::NoData, reachable, degraded),
        (
            DnsFault::ServFail,
            (State::Unknown, Some(Cause::DnsServerFailure)),
            (State::Unknown, Some(Cause::DnsServerFailure)),
        ),
        (DnsFault::Silent, (State::Unknown, Some(Cause::DnsTimeout)), (State::Unknown, Some(Cause::DnsTimeout))),
    ] {
        world.faults().set(NAME, fault.clone()).unwrap();
        for (cloud, expected) in [("worldwide", worldwide), ("china", china)] {
            let (seen, verdict) = asked(&plan(&resolvers, cloud)).await;
            assert_eq!(comes_to(&verdict), expected, "{fault:?} in {cloud}: {verdict:?}");
            assert!(seen.phases.resolve.is_some() && seen.duration.as_millis() < 1000, "{seen:?}");
        }
    }
    let asked_for: Vec<String> = world.dns_queries().into_iter().map(|query| query.record_type).collect();
    assert!(asked_for.iter().all(|record_type| record_type == "CNAME"), "{asked_for:?}");
}

#[tokio::test]
async fn the_public_dns_is_asked_where_somebody_is_named_for_it() {
    let (inside, outside) = (world().await, world().await);
    outside.faults().set(NAME, DnsFault::Cname(vec![VIANET.to_owned()])).unwrap();
    let dns = format!("{{resolvers: [\"{}\"], external: [\"{}\"]}}", inside.dns_address(), outside.dns_address());
    let (_, verdict) = asked(&plan(&dns, "worldwide")).await;
    assert_eq!(comes_to(&verdict), (State::Blocked, Some(Cause::TenantCname)));
    let detail = &verdict.reason.as_ref().unwrap().detail;
    assert!(detail.ends_with(&format!("asked of {} (dns.external)", outside.dns_address())), "{detail}");
    assert!(inside.dns_queries().is_empty(), "{:?}", inside.dns_queries());
    assert_eq!(verdict.evidence.facts["cnames"].as_str(), VIANET);

    // The inside has another opinion, and says so where it is asked.
    let (_, verdict) = asked(&plan(&format!("{{resolvers: [\"{}\"]}}", inside.dns_address()), "worldwide")).await;
    assert_eq!(comes_to(&verdict), (State::Reachable, None));
    let asked = verdict.evidence.facts["asked"].as_str();
    assert_eq!(asked, format!("{} (the monitor's resolvers)", inside.dns_address()));
}
