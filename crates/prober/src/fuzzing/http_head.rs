//! Responses of HTTP, over either version.

use std::time::Duration;

use http::Method;
use memchr::memmem;
use tokio::time::Instant;
use url::Url;

use super::peer::{Heard, Manner, Peer, wait};
use super::world::{NOW, World, headers_are_clean, is_kept};
use crate::observation::{Fault, Headers, HttpFacts, HttpFailure, HttpFault, Moment, Observation, ProxyFacts, Sample};
use crate::phase::Failure;
use crate::phase::http::{BodyRule, Form, Protocol, Request, send};
use crate::phase::proxy::{Authentication, Connect, open};

/// What is read until there is a head, and a body with its framing.
const MAX_RECEIVED: u64 = (128 + 8 * 64) * 1024;

/// What a request came to.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Outcome {
    /// The head and what is known of the body, and as much of that as came.
    answer: Option<(HttpFacts, Vec<u8>)>,
    fault: Option<HttpFault>,
    /// Whether the connection could carry another request.
    keeps: bool,
}

/// Reads octets as what a server says to a request.
pub fn http_head(octets: &[u8]) {
    wait(read(octets));
}

async fn read(octets: &[u8]) {
    let outcome = asked(octets, Protocol::Http1, Manner::AT_ONCE).await;
    bounded(&outcome);
    judged(&outcome);
    for manner in Manner::IN_PIECES {
        let again = asked(octets, Protocol::Http1, manner).await;
        assert_eq!(wordless(again), wordless(outcome.clone()), "what comes does not depend on when it comes");
    }
    held(&asked(octets, Protocol::Http1, Manner::AND_HOLDS).await, &outcome);
    // What a line is that begins with a blank is anybody's choice (RFC 9112, section 5.2), and theirs differ.
    if [&b"\n "[..], b"\n\t"].into_iter().all(|fold| memmem::find(octets, fold).is_none()) {
        as_proxies_are_read(&outcome, refused(octets).await);
    }

    let outcome = asked(octets, Protocol::Http2, Manner::AT_ONCE).await;
    bounded(&outcome);
    judged(&outcome);
}

async fn asked(octets: &[u8], protocol: Protocol, manner: Manner) -> Outcome {
    let url = Url::parse("https://good.example/path?query").expect("it is a URL");
    let request = Request {
        url: &url,
        method: &Method::GET,
        user_agent: None,
        headers: &[],
        conditions: Vec::new(),
        body: None,
        form: Form::Origin,
    };
    let peer = Peer::saying(octets, manner, &Heard::default());
    let by = Instant::now() + Duration::from_secs(5);
    match send(peer, protocol, &request, by).await {
        Ok(response) => {
            let (body, kept) = response.read_and_keep(BodyRule::NEEDED, by).await;
            assert!(body.received <= MAX_RECEIVED, "{} octets came", body.received);
            Outcome { answer: Some((body.facts, body.bytes)), fault: body.fault.map(fault), keeps: kept.is_some() }
        }
        Err(unanswered) => Outcome { answer: None, fault: Some(fault(unanswered.failure)), keeps: false },
    }
}

fn fault(failure: Failure<HttpFault>) -> HttpFault {
    match failure {
        Failure::Fault(fault) => fault,
        Failure::Monitor(fault) => unreachable!("nothing is exhausted: {fault}"),
    }
}

/// Without the words and numbers that tell how far it came. Of a head that came in pieces hyper reads nothing before it is
/// whole, so that what is none is lost.
fn wordless(mut outcome: Outcome) -> Outcome {
    if let Some(fault) = &mut outcome.fault {
        fault.received = 0;
        match &mut fault.failure {
            failure if fault.during == Moment::Head => *failure = HttpFailure::Invalid("".into()),
            HttpFailure::Invalid(words) => *words = "".into(),
            HttpFailure::Lost(_) | HttpFailure::TimedOut => {}
        }
    }
    outcome
}

fn bounded(outcome: &Outcome) {
    if let Some(fault) = &outcome.fault {
        assert!(fault.received <= MAX_RECEIVED, "{fault:?}");
        assert_eq!(outcome.answer.is_some(), fault.during == Moment::Body, "{outcome:?}");
    }
    let Some((facts, bytes)) = &outcome.answer else { return assert!(outcome.fault.is_some(), "something came of it") };
    headers_are_clean(&facts.headers);
    let body = &facts.body;
    assert!(bytes.len() <= Sample::MAX_BYTES && body.bytes == bytes.len() as u64, "{body:?}");
    assert!(!(body.complete && body.limit_reached), "{body:?}");
    assert_eq!(outcome.fault.is_none(), body.complete || body.limit_reached, "it ends one way: {outcome:?}");
    assert!(!outcome.keeps || body.complete, "what follows would be taken for the next answer");
    // Some statuses have no body whatever is announced (RFC 9112, section 6.3).
    let has_body = !matches!(facts.status, 100..=199 | 204 | 304);
    let announced = body.announced.filter(|_| has_body && body.complete);
    assert!(announced.is_none_or(|announced| announced == body.bytes), "{body:?}");
}

/// Where the line is held, it is time that runs out; all else is the same, but for a body that ends with the line.
fn held(held: &Outcome, closed: &Outcome) {
    let whole = |outcome: &Outcome| {
        outcome.answer.as_ref().map(|(facts, bytes)| (facts.status, facts.headers.clone(), bytes.clone()))
    };
    assert_eq!(whole(held), whole(closed));
    let is_late = |fault: &HttpFault| fault.failure == HttpFailure::TimedOut;
    assert!(held.fault == closed.fault || held.fault.as_ref().is_some_and(is_late), "{held:?}");
}

/// The reader of answers to CONNECT says the same of an answer that opens nothing.
fn as_proxies_are_read(outcome: &Outcome, refused: Option<ProxyFacts>) {
    let Some((facts, bytes)) = &outcome.answer else { return };
    let Some(other) = refused.filter(|_| facts.status >= 300) else { return };
    assert_eq!((facts.status, &facts.reason), (other.status, &other.reason));
    let sorted = |headers: &Headers| {
        let mut headers = headers.0.clone();
        headers.sort();
        headers
    };
    assert_eq!(sorted(&facts.headers), sorted(&other.headers));
    assert!(!facts.body.complete || other.body == Sample::new(bytes) || facts.status == 304, "{other:?}");
}

async fn refused(octets: &[u8]) -> Option<ProxyFacts> {
    let peer = Peer::saying(octets, Manner::AT_ONCE, &Heard::default());
    let by = Instant::now() + Duration::from_secs(5);
    open(peer, &Connect::to("good.example:443"), &mut Authentication::none(), by).await.facts
}

fn judged(outcome: &Outcome) {
    let mut observation = Observation { fault: outcome.fault.clone().map(Fault::Http), ..Observation::empty(NOW) };
    observation.http = outcome.answer.clone().map(|(mut facts, bytes)| {
        facts.body.sample = Sample::new(&bytes);
        facts
    });
    World::get().judged(None, &observation);
    is_kept(&observation.compact());
}
