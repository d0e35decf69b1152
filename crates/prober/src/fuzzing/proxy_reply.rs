//! Answers of proxies to CONNECT, and what they ask for before.

use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use memchr::memmem;
use tokio::io::AsyncReadExt;
use tokio::time::Instant;
use url::Host;

use super::peer::{Heard, Manner, Peer, wait};
use super::world::{NOW, World, headers_are_clean, is_kept, never_shows};
use crate::observation::{
    AuthFacts, Fault, Observation, ProxyFacts, ProxyFailure, ProxyFault, RouteFacts, Sample, Via,
};
use crate::phase::Failure;
use crate::phase::proxy::{Authentication, Connect, KdcNetwork, Reply, open};
use crate::plan::{Credentials, Password, ProxyScheme, Secret};

/// What parts the answers to one request from those to the next: the separator of records.
const NEXT: u8 = 0x1e;
/// The most requests for one answer.
const MAX_REQUESTS: usize = 4;
const USER: &str = "svc";
const PASSWORD: &str = "nobody-may-ever-read-this";

/// What asking for a tunnel came to.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Outcome {
    facts: Option<ProxyFacts>,
    /// The tunnel's first octets, unless the line is held.
    tunnel: Result<Vec<u8>, ProxyFailure>,
    auth: Option<AuthFacts>,
}

/// Reads octets as a proxy's answers: to who has no name, and to who has one.
pub fn proxy_reply(octets: &[u8]) {
    wait(read(octets));
}

async fn read(octets: &[u8]) {
    let outcome = asked(octets, Manner::AT_ONCE).await;
    bounded(&outcome, octets);
    for manner in Manner::IN_PIECES {
        assert_eq!(asked(octets, manner).await, outcome, "what comes does not depend on when it comes");
    }
    held(&asked(octets, Manner::AND_HOLDS).await, &outcome);

    let turns: Vec<&[u8]> = octets.split(|octet| *octet == NEXT).collect();
    let known = asked_by_somebody(&turns, Manner::AT_ONCE).await;
    let [singly, _] = Manner::IN_PIECES;
    let again = asked_by_somebody(&turns, singly).await;
    assert_eq!(again, known, "what comes does not depend on when it comes");
    judged(&known);
}

/// Asks once, as nobody in particular.
async fn asked(octets: &[u8], manner: Manner) -> Outcome {
    let peer = Peer::saying(octets, manner, &Heard::default());
    let by = Instant::now() + Duration::from_secs(5);
    let reply = open(peer, &Connect::to("good.example:443"), &mut Authentication::none(), by).await;
    assert!(!reply.ask_again, "nobody asks for what nobody can answer");
    outcome(reply, manner, None).await
}

/// Asks as somebody, over as many connections as it takes.
async fn asked_by_somebody(turns: &[&[u8]], manner: Manner) -> Outcome {
    let password = Password::fixed(Secret::new(PASSWORD.to_owned()));
    let credentials = Credentials { username: USER.to_owned(), password, scheme: None, kdc: None };
    let (proxy, heard) = (Host::Domain("proxy.example".to_owned()), Heard::default());
    let network = KdcNetwork { resolver: &World::get().resolver, source: None };
    let mut who = Authentication::new(&credentials, &proxy, network);
    let by = Instant::now() + Duration::from_secs(5);
    loop {
        let left = turns.get(heard.heads()..).unwrap_or_default();
        let peer = Peer::answering(left, manner, &heard);
        let reply = open(peer, &Connect::to("good.example:443"), &mut who, by).await;
        let (asks_again, facts) = (reply.ask_again, who.facts());
        let shown = format!("{who:?} {facts:?} {reply:?}");
        assert!(heard.heads() <= MAX_REQUESTS, "{} requests", heard.heads());
        if !asks_again {
            let outcome = outcome(reply, manner, facts).await;
            told(&heard.octets(), turns);
            assert!(!shown.contains(PASSWORD) && !format!("{outcome:?}").contains(PASSWORD), "it is never shown");
            return outcome;
        }
    }
}

/// Whoever did not ask for a password does not get it.
fn told(heard: &[u8], turns: &[&[u8]]) {
    let token = BASE64_STANDARD.encode(format!("{USER}:{PASSWORD}"));
    let asked = turns.iter().any(|turn| holds(&turn.to_ascii_lowercase(), b"basic"));
    assert!(asked || !holds(heard, token.as_bytes()), "nobody asked for it");
    assert!(!holds(heard, PASSWORD.as_bytes()), "not even who asks is told it in the clear");
}

fn holds(octets: &[u8], part: &[u8]) -> bool {
    memmem::find(octets, part).is_some()
}

async fn outcome(reply: Reply<Peer>, manner: Manner, auth: Option<AuthFacts>) -> Outcome {
    let tunnel = match reply.tunnel {
        Ok(mut tunnel) => {
            let mut came = Vec::new();
            if !manner.holds {
                tunnel.read_to_end(&mut came).await.expect("it has an end");
            }
            Ok(came)
        }
        // The words are those that came so far.
        Err(Failure::Fault(ProxyFailure::NotHttp(_))) => Err(ProxyFailure::NotHttp("".into())),
        Err(Failure::Fault(failure)) => Err(failure),
        Err(Failure::Monitor(fault)) => unreachable!("nothing is exhausted: {fault}"),
    };
    Outcome { facts: reply.facts, tunnel, auth }
}

fn bounded(outcome: &Outcome, octets: &[u8]) {
    let facts = outcome.facts.as_ref();
    assert_eq!(outcome.auth, None, "there is nobody to be");
    match &outcome.tunnel {
        Ok(came) => {
            assert!(octets.ends_with(came), "the tunnel begins right behind the head");
            assert!(facts.is_some_and(|facts| (200..300).contains(&facts.status) && facts.body.0.is_empty()));
        }
        Err(ProxyFailure::Refused { status }) => {
            assert!(facts.is_some_and(|facts| facts.status == *status && !(100..300).contains(status)), "{facts:?}");
        }
        Err(_) => assert_eq!(facts, None, "a whole head is an answer"),
    }
    if let Some(facts) = facts {
        headers_are_clean(&facts.headers);
        // Each octet that is no UTF-8 becomes a character of three.
        assert!(facts.body.0.len() <= 3 * Sample::MAX_BYTES.min(octets.len()), "a body of {}", facts.body.0.len());
    }
    judged(outcome);
}

/// Where the line is held, it is time that runs out; all else is the same.
fn held(held: &Outcome, closed: &Outcome) {
    assert_eq!(held.facts, closed.facts);
    match (&held.tunnel, &closed.tunnel) {
        (Ok(_), Ok(_)) | (Err(ProxyFailure::ReplyTimeout { .. }), Err(ProxyFailure::Lost(_))) => {}
        (held, closed) => assert_eq!(held, closed),
    }
}

fn judged(outcome: &Outcome) {
    let via = Via { scheme: ProxyScheme::Http, address: "proxy.example:3128".to_owned() };
    let fault = |failure| Fault::Proxy(ProxyFault { proxy: via.address.clone(), failure });
    let observation = Observation {
        proxy: outcome.facts.clone(),
        proxy_auth: outcome.auth.clone(),
        fault: outcome.tunnel.clone().err().map(fault),
        route: RouteFacts::Proxy(via.clone()),
        ..Observation::empty(NOW)
    };
    let verdict = World::get().judged(None, &observation);
    never_shows(&format!("{verdict:?}"), PASSWORD);
    is_kept(&observation.compact());
}
