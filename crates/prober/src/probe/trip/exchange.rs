//! Asking for the target: TLS where it is wanted, the request, the response.

use http::{HeaderName, HeaderValue};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::runtime::{Handle, RuntimeFlavor};
use tokio::time::Instant;
use url::Url;

use super::super::issuer::Issuers;
use super::super::served::Knowledge;
use super::super::{Step, redirect};
use super::fault::{Stopped, is_lost};
use super::tunnel::Socket;
use super::{Trip, host_and_port};
use crate::cause::Stage;
use crate::observation::{
    CrlFacts, CrlOutcome, Fault, HttpFacts, IssuerOutcome, OcspFacts, OcspOutcome, OriginClock, Published, Sample,
    TlsFacts,
};
use crate::phase;
use crate::phase::Failure;
use crate::phase::aia::OpenChain;
use crate::phase::certificate;
use crate::phase::crl::{self, Signers};
use crate::phase::http::{Body, BodyRule, Form, Kept, Protocol, Request, Response, Unanswered};
use crate::phase::io::Metered;
use crate::phase::ocsp;
use crate::phase::tls::{Alpn, Hello, TlsStream};
use crate::plan::Discovery;
use crate::route::Hop;

/// The most that is received over TLS where no CRL is expected: chain, head and body fit in many times.
const TLS_BUDGET: u64 = 4 * 1024 * 1024;

/// A connection through TLS; boxed, since it is large and handed on many times.
type Secured = Box<TlsStream<Metered<Socket>>>;

impl<'a> Trip<'a> {
    pub(super) async fn ask_over_tls(&mut self, url: &Url, hop: &Hop, alpn: Alpn) -> Result<Body, Stopped> {
        let socket = self.open_way(url, hop).await?;
        let (stream, tls) = self.secure(socket, url, alpn).await?;
        let is_proven = tls.is_proven();
        let protocol = if tls.alpn.as_deref() == Some("h2") { Protocol::Http2 } else { Protocol::Http1 };
        self.seen.tls = Some(tls);
        let request = self.request(url, Form::Origin, is_proven);
        self.exchange(stream, protocol, &request, is_proven).await
    }

    pub(super) async fn ask_in_the_clear(&mut self, url: &Url, hop: &Hop) -> Result<Body, Stopped> {
        match hop {
            Hop::Proxy(proxy) if proxy.scheme.is_http() => self.ask_through(proxy, url).await,
            Hop::Direct | Hop::Proxy(_) => {
                let stream = self.open_way(url, hop).await?;
                // Nobody proves anything here; who configures headers for such a URL wants them sent.
                let request = self.request(url, Form::Origin, true);
                self.exchange(stream, Protocol::Http1, &request, false).await
            }
        }
    }

    async fn secure(&mut self, socket: Socket, url: &Url, alpn: Alpn) -> Result<(Secured, TlsFacts), Fault> {
        let (host, _) = host_and_port(url);
        let budget = self.budget();
        let connector = self.prober.connector(self.endpoint().roots)?;
        let by = self.deadline.until(Stage::Tls);
        let handshake = connector.handshake(Metered::new(socket, budget), host, alpn, by);
        let (stream, mut facts) = self.timed(Stage::Tls, handshake).await?;
        let mut completed = None;
        if let Some(open) = OpenChain::of(&stream, &facts) {
            let served = self.seen.route.clone();
            let issuers = Issuers { prober: self.prober, path: &self.pair.path, served: &served };
            completed = self.timed(Stage::Tls, open.complete(connector, host, &mut facts, &issuers, by)).await;
        }
        let sent = stream.get_ref().1.peer_certificates().unwrap_or_default();
        self.prober.learn(connector, completed.as_deref().unwrap_or(sent), &mut facts);
        self.listener.heard(Step::Secured(&facts));
        Ok((Box::new(stream), facts))
    }

    /// A handshake that offers what an audit wants to know of, and nothing after it.
    pub(super) async fn shake_hands(&mut self, socket: Socket, url: &Url, hello: Hello) -> Result<TlsFacts, Fault> {
        let (host, _) = host_and_port(url);
        let connector = self.prober.connector(self.endpoint().roots)?;
        let by = self.deadline.until(Stage::Tls);
        let handshake = connector.handshake_for_audit(Metered::new(socket, TLS_BUDGET), host, hello, by);
        self.timed(Stage::Tls, handshake).await.map_err(Fault::from)
    }

    /// How much may be received over TLS.
    pub(super) fn budget(&self) -> u64 {
        match self.limit {
            Some(limit) => TLS_BUDGET + 2 * limit as u64,
            None if self.endpoint().expect.crl.is_some() => 2 * crl::MAX_BYTES as u64,
            None => TLS_BUDGET,
        }
    }

    /// The request: in full to the endpoint's own server where that may have it all, without headers and body of the
    /// configuration to others, who are still worth hearing.
    pub(super) fn request<'u>(&mut self, url: &'u Url, form: Form, may_have_all: bool) -> Request<'u>
    where
        'a: 'u,
    {
        const NONE: &[(HeaderName, HeaderValue)] = &[];
        let endpoint = self.endpoint();
        let in_full = may_have_all && url.origin() == endpoint.url.origin();
        let prober = self.prober;
        let more = |list: &CrlFacts, then| prober.could_tell_more(list, then);
        self.asked_about = prober.kept_lists.of(self.pair, url, &self.seen.route, more);
        let conditions = self.asked_about.as_ref().map(|list| list.conditions().to_vec());
        Request {
            url,
            method: &endpoint.method,
            user_agent: self.pair.path.options.user_agent.as_ref(),
            headers: if in_full { &endpoint.headers } else { NONE },
            conditions: conditions.unwrap_or_default(),
            body: endpoint.body.as_ref().filter(|_| in_full),
            form,
        }
    }

    async fn exchange<S>(
        &mut self,
        stream: S,
        protocol: Protocol,
        request: &Request<'_>,
        is_proven: bool,
    ) -> Result<Body, Stopped>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let (by, asked) = (self.deadline.until(Stage::Http), Instant::now());
        let sent = self.timed(Stage::Http, phase::http::send(stream, protocol, request, by)).await;
        let response = self.heard_out(sent)?;
        self.read_clock(&response.facts, asked);
        self.listener.heard(Step::Answered(&response.facts));
        Ok(self.read(response, is_proven).await.0)
    }

    /// Compares clocks with whoever answered inside TLS, if he has proven himself.
    fn read_clock(&mut self, head: &HttpFacts, asked: Instant) {
        let middle = self.prober.clock.now() - asked.elapsed() / 2;
        let tls = self.seen.tls.as_ref();
        self.seen.origin_clock = tls.and_then(|tls| OriginClock::read(tls, &head.headers, middle));
    }

    /// Counts what came in place of a response head.
    pub(super) fn heard_out<T>(&mut self, sent: Result<T, Unanswered>) -> Result<T, Unanswered> {
        if let Err(Unanswered { failure: Failure::Fault(fault), .. }) = &sent {
            self.seen.received_bytes += fault.received;
        }
        sent
    }

    pub(super) async fn read<S>(&mut self, response: Response<S>, is_proven: bool) -> (Body, Option<Kept<S>>)
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let rule = self.body_rule(&response.facts, is_proven);
        // Kept already here, for the case that reading the body is cut off.
        self.seen.http = Some(response.facts.clone());
        let by = self.deadline.until(Stage::Content);
        let (body, line) = self.timed(Stage::Content, response.read_and_keep(rule, by)).await;
        self.seen.received_bytes += body.received;
        (body, line)
    }

    /// How much of a body is needed: a CRL whole, an expected text as far as it may reach; and where nothing proves the
    /// origin, whatever tells who answers.
    fn body_rule(&self, head: &HttpFacts, is_proven: bool) -> BodyRule {
        let expect = &self.endpoint().expect;
        if let Some(limit) = self.limit.filter(|_| is_success(head.status)) {
            return BodyRule { limit, patience: None };
        }
        match (&expect.crl, &expect.body) {
            (Some(_), _) if is_success(head.status) => BodyRule::CRL,
            (_, Some(_)) => BodyRule::NEEDED,
            // What a certificate names is of use only whole, behind a redirect to https too.
            _ if is_proven && self.endpoint().discovered.is_none() => BodyRule::UNNEEDED,
            _ => BodyRule::NEEDED,
        }
    }

    /// Whose signature the list should have that is expected, if one is.
    fn signers(&self) -> Option<Signers<'a>> {
        let expected = self.endpoint().expect.crl.as_ref()?;
        let prober = self.prober;
        match (expected.issuers.as_slice(), &prober.signers) {
            ([], Some(known)) => Some(Signers::Known(known)),
            (configured, _) => Some(Signers::Only(configured)),
        }
    }

    /// What a responder said of the certificate that it was asked for.
    fn ocsp(&self, bytes: &[u8], http: &HttpFacts) -> Option<OcspFacts> {
        let link = self.link.filter(|_| is_success(http.status))?;
        let outcome = ocsp::read(bytes, &http.body, link);
        Some(OcspFacts { certificate: link.certificate.clone(), subject: link.subject.clone(), outcome })
    }

    /// Whether a redirect may be followed: what a certificate names must not lead where the certificate may not.
    fn may_ask(&self, url: &Url) -> bool {
        let endpoint = self.endpoint();
        let discovery = self.prober.discovery.filter(|_| endpoint.discovered.is_some());
        let private_answers = endpoint.private_answers;
        discovery.is_none_or(|discovery| Discovery { private_answers, ..discovery }.may_ask(url))
    }

    /// Takes note of a list that came in full, so that it need not come again unless it changes.
    fn keep(&self, url: &Url, http: &HttpFacts, list: &CrlFacts, knowledge: Knowledge) {
        let now = self.prober.clock.now();
        self.prober.kept_lists.keep(self.pair, (url, &self.seen.route), http, list, (now, knowledge));
    }

    /// Takes in a response, and says where it sends the client, if that is followed.
    pub(super) fn take_in(&mut self, url: &Url, body: Body) -> Result<Option<Url>, Fault> {
        // What is held on to for a large body goes when it does.
        let Body { mut facts, bytes, mut fault, permit: _permit, .. } = body;
        let endpoint = self.endpoint();
        let follows = endpoint.expect.crl.is_some() || endpoint.discovered.is_some();
        let next = if follows { redirect::target(url, &facts) } else { None };
        let next = next.filter(|next| self.may_ask(next));
        let came = fault.as_ref().is_none_or(is_lost);
        // Before it is read: what is learned meanwhile it was not compared with.
        let knowledge = self.prober.knowledge();
        let crl = self.signers().filter(|_| is_success(facts.status) && came);
        let read = |signers| crl::read_for(&bytes, &facts.body, signers, Some(&self.prober.served));
        let mut crl = crl.map(|signers| aside(bytes.len(), || read(signers)));
        match &crl {
            Some(CrlOutcome::Parsed(list)) => self.keep(url, &facts, list, knowledge),
            Some(_) => self.prober.kept_lists.forget(self.pair),
            None if facts.status == NOT_MODIFIED => {
                crl = self.asked_about.take().map(|list| CrlOutcome::Parsed(list.facts));
            }
            None => {}
        }
        let expects_issuer = endpoint.discovered == Some(Published::Issuer) && is_success(facts.status);
        let issuer = expects_issuer.then(|| {
            let names = self.prober.served.issuers_at(&endpoint.url);
            certificate::read(&bytes, &facts.body, &names)
        });
        // One that broke off has its own cause.
        let issuer = issuer.filter(|issuer| fault.is_none() || matches!(issuer, IssuerOutcome::Readable { .. }));
        let ocsp = self.ocsp(&bytes, &facts).filter(|ocsp| fault.is_none() || is_answer(ocsp));
        let is_whole = matches!(crl, Some(CrlOutcome::Parsed(_)))
            || matches!(issuer, Some(IssuerOutcome::Readable { .. }))
            || ocsp.as_ref().is_some_and(is_answer);
        if is_whole {
            // All of it came; that its connection was not closed in good order bothers no client.
            fault = None;
        } else {
            facts.body.sample = Sample::new(&bytes);
        }
        let (crl_seen, issuer_seen, ocsp_seen) = (crl.as_ref(), issuer.as_ref(), ocsp.as_ref());
        self.listener.heard(Step::Read { body: &facts.body, crl: crl_seen, issuer: issuer_seen, ocsp: ocsp_seen });
        self.seen.http = Some(facts);
        self.seen.crl = crl.map(Box::new);
        self.seen.issuer = issuer;
        self.seen.ocsp = ocsp.map(Box::new);
        match (next, fault) {
            (None, Some(failure)) => Err(failure.into()),
            (next, _) => Ok(next),
        }
    }
}

/// Does what takes a while for so many bytes where other probes need not wait for it.
fn aside<T>(bytes: usize, work: impl FnOnce() -> T) -> T {
    // A runtime with a single thread has nowhere else.
    let has_others = Handle::try_current().is_ok_and(|runtime| runtime.runtime_flavor() == RuntimeFlavor::MultiThread);
    if bytes >= SLOW && has_others { tokio::task::block_in_place(work) } else { work() }
}

/// From so many bytes on reading a list and checking who signed it takes more than a few milliseconds.
const SLOW: usize = 1024 * 1024;

fn is_answer(ocsp: &OcspFacts) -> bool {
    !matches!(ocsp.outcome, OcspOutcome::Invalid { .. })
}

/// "Not modified", the answer to a conditional request (RFC 9110, section 15.4.5).
const NOT_MODIFIED: u16 = 304;

const fn is_success(status: u16) -> bool {
    matches!(status, 200..300)
}
