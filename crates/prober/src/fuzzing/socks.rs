//! Replies of SOCKS servers.

use std::time::Duration;

use memchr::memmem;
use tokio::io::AsyncReadExt;
use tokio::time::Instant;

use super::peer::{Heard, Manner, Peer, wait};
use super::world::{NOW, World, is_kept};
use crate::observation::{Fault, Observation, ProxyFailure, ProxyFault, RouteFacts, SocksFacts, SocksFailure, Via};
use crate::phase::Failure;
use crate::phase::proxy::socks::{Ask, Dialect, Target, open};
use crate::plan::{Credentials, Password, ProxyScheme, Secret};

const PASSWORD: &str = "nobody-may-ever-read-this";
/// The choice of user and password (RFC 1929).
const USER_AND_PASSWORD: u8 = 2;
/// The longest message of all that are sent, and the three that there are at most.
const MAX_SENT: usize = 3 * 1024;

/// What asking came to.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Outcome {
    facts: SocksFacts,
    /// The tunnel's first octets, unless the line is held.
    tunnel: Result<Vec<u8>, ProxyFailure>,
    sent: Vec<u8>,
}

/// Reads octets as what servers of each version say: to who has a user and a password, and to who has none.
pub fn socks(octets: &[u8]) {
    wait(read(octets));
}

async fn read(octets: &[u8]) {
    let password = Password::fixed(Secret::new(PASSWORD.to_owned()));
    let account = Credentials { username: "svc".to_owned(), password, scheme: None, kdc: None };
    for dialect in [Dialect::V4, Dialect::V4a, Dialect::V5] {
        let target = match dialect {
            Dialect::V4 => Target::Address([192, 0, 2, 1].into()),
            Dialect::V4a | Dialect::V5 => Target::Name("good.example"),
        };
        for credentials in [None, Some(&account)] {
            let ask = Ask { dialect, target, port: 443, credentials };
            let outcome = asked(&ask, octets, Manner::AT_ONCE).await;
            bounded(&ask, &outcome, octets);
            for manner in Manner::IN_PIECES {
                let again = asked(&ask, octets, manner).await;
                assert_eq!(again, outcome, "what comes does not depend on when it comes");
            }
            held(&asked(&ask, octets, Manner::AND_HOLDS).await, &outcome);
            judged(dialect, &outcome);
        }
    }
}

async fn asked(ask: &Ask<'_>, octets: &[u8], manner: Manner) -> Outcome {
    let heard = Heard::default();
    let peer = Peer::saying(octets, manner, &heard);
    let answer = open(peer, ask, Instant::now() + Duration::from_secs(5)).await;
    assert!(!format!("{answer:?} {ask:?}").contains(PASSWORD), "it is never shown");
    let tunnel = match answer.tunnel {
        Ok(mut tunnel) => {
            let mut came = Vec::new();
            if !manner.holds {
                tunnel.read_to_end(&mut came).await.expect("it has an end");
            }
            Ok(came)
        }
        // The words are those that came so far.
        Err(Failure::Fault(ProxyFailure::Socks(SocksFailure::NotSocks { version, .. }))) => {
            Err(ProxyFailure::Socks(SocksFailure::NotSocks { version, came: "".into() }))
        }
        Err(Failure::Fault(failure)) => Err(failure),
        Err(Failure::Monitor(fault)) => unreachable!("nothing is exhausted: {fault}"),
    };
    Outcome { facts: answer.facts, tunnel, sent: heard.octets() }
}

fn bounded(ask: &Ask<'_>, outcome: &Outcome, octets: &[u8]) {
    let Outcome { facts, tunnel, sent } = outcome;
    assert_eq!(facts.version, ask.dialect.version());
    assert_eq!(facts.granted, tunnel.is_ok(), "the reply decides: {outcome:?}");
    assert!(!facts.granted || facts.bound.is_some() && facts.reply.is_some(), "{facts:?}");
    assert!(tunnel.as_ref().is_ok_and(|came| octets.ends_with(came)) || tunnel.is_err());
    assert!(sent.len() <= MAX_SENT, "{} octets", sent.len());

    let is_five = ask.dialect == Dialect::V5;
    let asks_for_it = is_five && octets.starts_with(&[5, USER_AND_PASSWORD]) && ask.credentials.is_some();
    assert!(facts.method.is_none() || is_five);
    assert!(asks_for_it || !facts.authenticated, "{facts:?}");
    assert_eq!(memmem::find(sent, PASSWORD.as_bytes()).is_some(), asks_for_it, "who asks is told it, and nobody else");
}

/// Where the line is held, it is time that runs out; all else is the same.
fn held(held: &Outcome, closed: &Outcome) {
    assert_eq!((&held.facts, &held.sent), (&closed.facts, &closed.sent));
    match (&held.tunnel, &closed.tunnel) {
        (Ok(_), Ok(_)) | (Err(ProxyFailure::ReplyTimeout { .. }), Err(ProxyFailure::Lost(_))) => {}
        (held, closed) => assert_eq!(held, closed),
    }
}

fn judged(dialect: Dialect, outcome: &Outcome) {
    let scheme = match dialect {
        Dialect::V4 => ProxyScheme::Socks4,
        Dialect::V4a => ProxyScheme::Socks4a,
        Dialect::V5 => ProxyScheme::Socks5h,
    };
    let via = Via { scheme, address: "proxy.example:1080".to_owned() };
    let fault = |failure| Fault::Proxy(ProxyFault { proxy: via.address.clone(), failure });
    let observation = Observation {
        socks: Some(outcome.facts.clone()),
        fault: outcome.tunnel.clone().err().map(fault),
        route: RouteFacts::Proxy(via.clone()),
        ..Observation::empty(NOW)
    };
    World::get().judged(None, &observation);
    is_kept(&observation.compact());
}
