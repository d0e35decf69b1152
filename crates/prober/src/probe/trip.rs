//! The way of one probe, from the choice of the way out to the body.

mod fault;

use std::time::Duration;

use http::{HeaderName, HeaderValue};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::Instant;
use tokio::time::error::Elapsed;
use url::Url;

use self::fault::{Stopped, cut_off, is_lost};
use super::issuer::Issuers;
use super::{Listener, Prober, Step, redirect};
use crate::cause::Stage;
use crate::observation::{
    CrlOutcome, Fault, HttpFacts, Observation, ProxyFailure, ProxyFault, RouteFacts, Sample, TlsFacts,
};
use crate::phase::aia::OpenChain;
use crate::phase::http::{Body, BodyRule, Form, Protocol, Request};
use crate::phase::io::Metered;
use crate::phase::proxy::{self, Prefixed};
use crate::phase::tls::{Alpn, TlsStream};
use crate::phase::{self, Deadline, crl};
use crate::plan::{Credentials, Endpoint, Pair, Proxy};
use crate::route::{self, Hop};

/// The most that is received over TLS where no CRL is expected: chain, head and body fit in many times.
const TLS_BUDGET: u64 = 4 * 1024 * 1024;

/// A way to the origin, or to a proxy that serves for it.
type Socket = Prefixed<TcpStream>;

/// One through TLS; boxed, since it is large and handed on many times.
type Secured = Box<TlsStream<Metered<Socket>>>;

/// One probe under way.
pub(super) struct Trip<'a> {
    prober: &'a Prober,
    pair: &'a Pair,
    listener: &'a dyn Listener,
    deadline: Deadline,
    /// The phase under way and when it began.
    running: Option<(Stage, Instant)>,
    seen: Observation,
}

impl<'a> Trip<'a> {
    pub(super) fn new(prober: &'a Prober, pair: &'a Pair, listener: &'a dyn Listener) -> Self {
        let seen = Observation::empty(prober.clock.now());
        let deadline = Deadline::new(Instant::now(), pair.endpoint.timeout);
        Self { prober, pair, listener, deadline, running: None, seen }
    }

    /// When the probe has to be over.
    pub(super) fn end(&self) -> Instant {
        self.deadline.end()
    }

    /// Goes the whole way: to the endpoint, and from there to where its redirects lead.
    pub(super) async fn go(&mut self) -> Result<(), Fault> {
        let mut url = self.endpoint().url.clone();
        let mut followed = 0;
        while let Some(next) = self.visit(&url).await? {
            if followed == redirect::MAX {
                break;
            }
            followed += 1;
            url = next;
            self.deadline.begin_connection(Instant::now());
            self.listener.heard(Step::Redirected(&url));
        }
        Ok(())
    }

    /// What was seen, however the trip ended.
    pub(super) fn finish(mut self, ended: Result<Result<(), Fault>, Elapsed>) -> Observation {
        let now = Instant::now();
        if let Some((stage, since)) = self.running.take() {
            self.note_duration(stage, now - since);
            self.seen.fault = Some(cut_off(stage, &self.seen, self.endpoint()));
        }
        if let Ok(Err(fault)) = ended {
            self.seen.fault = Some(fault);
        }
        self.seen.duration = now - self.deadline.start();
        self.seen.probed_at = self.prober.clock.now();
        self.seen
    }

    fn endpoint(&self) -> &'a Endpoint {
        &self.pair.endpoint
    }

    /// Asks for one URL and takes in what comes; says where to go on.
    async fn visit(&mut self, url: &Url) -> Result<Option<Url>, Fault> {
        self.forget_last_visit();
        let hop = self.choose_way(url);
        let body = if url.scheme() == "https" {
            match self.ask_over_tls(url, &hop, Alpn::H2AndHttp1).await {
                Err(Stopped::WorthHttp1(fault)) => {
                    self.listener.heard(Step::TryingHttp1(&fault));
                    self.deadline.begin_connection(Instant::now());
                    self.ask_over_tls(url, &hop, Alpn::Http1).await
                }
                other => other,
            }
        } else {
            self.ask_in_the_clear(url, &hop).await
        };
        self.take_in(url, body?)
    }

    /// What was seen of one server says nothing of the one that a redirect leads to.
    fn forget_last_visit(&mut self) {
        self.seen.resolve = None;
        self.seen.remote_address = None;
        self.seen.proxy = None;
        self.seen.tls = None;
        self.seen.http = None;
    }

    fn choose_way(&mut self, url: &Url) -> Hop {
        let start = Instant::now();
        let hop = route::choose(&self.pair.path.way, url);
        self.seen.route = match &hop {
            Hop::Direct => RouteFacts::Direct,
            Hop::Proxy(proxy) => RouteFacts::Proxy(proxy.to_string()),
        };
        self.note_duration(Stage::Route, start.elapsed());
        self.listener.heard(Step::Routed { url, route: &self.seen.route });
        hop
    }

    async fn ask_over_tls(&mut self, url: &Url, hop: &Hop, alpn: Alpn) -> Result<Body, Stopped> {
        let socket = match hop {
            Hop::Direct => Prefixed::from(self.connect_to_origin(url).await?),
            Hop::Proxy(proxy) => self.open_tunnel(proxy, url).await?,
        };
        let (stream, tls) = self.secure(socket, url, alpn).await?;
        let is_proven = tls.is_proven();
        let protocol = if tls.alpn.as_deref() == Some("h2") { Protocol::Http2 } else { Protocol::Http1 };
        self.seen.tls = Some(tls);
        self.exchange(stream, protocol, &self.request(url, Form::Origin, is_proven), is_proven).await
    }

    async fn ask_in_the_clear(&mut self, url: &Url, hop: &Hop) -> Result<Body, Stopped> {
        let (stream, form) = match hop {
            Hop::Direct => (self.connect_to_origin(url).await?, Form::Origin),
            Hop::Proxy(proxy) => {
                let authorization = proxy.credentials.as_ref().and_then(authorization);
                (self.connect_to_proxy(proxy).await?, Form::Absolute { authorization })
            }
        };
        // Nobody proves anything here; who configures headers for such a URL wants them sent.
        let request = self.request(url, form, true);
        self.exchange(Prefixed::from(stream), Protocol::Http1, &request, false).await
    }

    async fn connect_to_origin(&mut self, url: &Url) -> Result<TcpStream, Fault> {
        let (host, port) = host_and_port(url);
        let (prober, by) = (self.prober, self.deadline.until(Stage::Resolve));
        let facts = self.timed(Stage::Resolve, prober.resolver.resolve(host, by)).await?;
        self.listener.heard(Step::Resolved { host, facts: &facts });
        let by = self.deadline.until(Stage::Connect);
        let connected = self.timed(Stage::Connect, phase::tcp::connect(host, port, &facts.addresses, by)).await;
        self.seen.resolve = Some(facts).filter(|_| url.domain().is_some());
        Ok(self.note_connected(connected?))
    }

    /// Resolves and connects as to an origin; whatever fails is the proxy's.
    async fn connect_to_proxy(&mut self, proxy: &Proxy) -> Result<TcpStream, Fault> {
        let host = proxy.host.to_string();
        let fault = |failure| Fault::Proxy(ProxyFault { proxy: proxy.to_string(), failure });
        let (prober, by) = (self.prober, self.deadline.until(Stage::Resolve));
        let facts = self.timed(Stage::Resolve, prober.resolver.resolve_proxy(&host, by)).await;
        let facts = facts.map_err(|failure| failure.map(|inner| fault(ProxyFailure::Resolve(inner))))?;
        self.listener.heard(Step::Resolved { host: &host, facts: &facts });
        let by = self.deadline.until(Stage::Connect);
        let connected = self.timed(Stage::Connect, phase::tcp::connect(&host, proxy.port, &facts.addresses, by)).await;
        let connected = connected.map_err(|failure| failure.map(|inner| fault(ProxyFailure::Connect(inner))))?;
        Ok(self.note_connected(connected))
    }

    fn note_connected(&mut self, connected: phase::tcp::Connected) -> TcpStream {
        self.seen.remote_address = connected.stream.peer_addr().ok();
        self.listener.heard(Step::Connected { peer: self.seen.remote_address, failed: &connected.failed });
        self.seen.failed_attempts.extend(connected.failed);
        connected.stream
    }

    async fn open_tunnel(&mut self, proxy: &Proxy, url: &Url) -> Result<Socket, Fault> {
        let stream = self.connect_to_proxy(proxy).await?;
        let (host, port) = host_and_port(url);
        let target = format!("{host}:{port}");
        let by = self.deadline.until(Stage::Proxy);
        let reply = self.timed(Stage::Proxy, proxy::open(stream, &target, proxy.credentials.as_ref(), by)).await;
        if let Some(facts) = &reply.facts {
            self.listener.heard(Step::ProxyAnswered(facts));
        }
        self.seen.proxy = reply.facts;
        let fault = |failure| Fault::Proxy(ProxyFault { proxy: proxy.to_string(), failure });
        Ok(reply.tunnel.map_err(|failure| failure.map(fault))?)
    }

    async fn secure(&mut self, socket: Socket, url: &Url, alpn: Alpn) -> Result<(Secured, TlsFacts), Fault> {
        let (host, _) = host_and_port(url);
        let budget = if self.endpoint().expect.crl.is_some() { 2 * crl::MAX_BYTES as u64 } else { TLS_BUDGET };
        let connector = self.prober.connector(self.endpoint().roots)?;
        let by = self.deadline.until(Stage::Tls);
        let handshake = connector.handshake(Metered::new(socket, budget), host, alpn, by);
        let (stream, mut facts) = self.timed(Stage::Tls, handshake).await?;
        if let Some(open) = OpenChain::of(&stream, &facts) {
            let issuers = Issuers { prober: self.prober, way: &self.pair.path.way };
            self.timed(Stage::Tls, open.complete(connector, host, &mut facts, &issuers, by)).await;
        }
        self.listener.heard(Step::Secured(&facts));
        Ok((Box::new(stream), facts))
    }

    /// The request: in full to the endpoint's own server where that may have it all, without headers and body of the
    /// configuration to others, who are still worth hearing.
    fn request<'u>(&self, url: &'u Url, form: Form, may_have_all: bool) -> Request<'u>
    where
        'a: 'u,
    {
        const NONE: &[(HeaderName, HeaderValue)] = &[];
        let endpoint = self.endpoint();
        let in_full = may_have_all && url.origin() == endpoint.url.origin();
        Request {
            url,
            method: &endpoint.method,
            headers: if in_full { &endpoint.headers } else { NONE },
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
        let by = self.deadline.until(Stage::Http);
        let response = self.timed(Stage::Http, phase::http::send(stream, protocol, request, by)).await?;
        self.listener.heard(Step::Answered(&response.facts));
        let rule = self.body_rule(&response.facts, is_proven);
        // Kept already here, for the case that reading the body is cut off.
        self.seen.http = Some(response.facts.clone());
        let by = self.deadline.until(Stage::Content);
        Ok(self.timed(Stage::Content, response.read(rule, by)).await)
    }

    /// How much of a body is needed: a CRL whole, an expected text as far as it may reach; and where nothing proves the
    /// origin, whatever tells who answers.
    fn body_rule(&self, head: &HttpFacts, is_proven: bool) -> BodyRule {
        let expect = &self.endpoint().expect;
        match (&expect.crl, &expect.body) {
            (Some(_), _) if is_success(head.status) => BodyRule::CRL,
            (_, Some(_)) => BodyRule::NEEDED,
            _ if is_proven => BodyRule::UNNEEDED,
            _ => BodyRule::NEEDED,
        }
    }

    /// Takes in a response, and says where it sends the client, if that is followed.
    fn take_in(&mut self, url: &Url, body: Body) -> Result<Option<Url>, Fault> {
        let Body { mut facts, bytes, mut fault } = body;
        let expects_crl = self.endpoint().expect.crl.is_some();
        let next = if expects_crl { redirect::target(url, &facts) } else { None };
        let came = fault.as_ref().is_none_or(is_lost);
        let crl = (expects_crl && is_success(facts.status) && came).then(|| crl::read(&bytes, &facts.body));
        if matches!(crl, Some(CrlOutcome::Parsed(_))) {
            // A whole list came; that its connection was not closed in good order bothers no client.
            fault = None;
        } else {
            facts.body.sample = Sample::new(&bytes);
        }
        self.listener.heard(Step::Read { body: &facts.body, crl: crl.as_ref() });
        self.seen.http = Some(facts);
        self.seen.crl = crl;
        match (next, fault) {
            (None, Some(failure)) => Err(failure.into()),
            (next, _) => Ok(next),
        }
    }

    /// Runs a phase and notes how long it took; several runs of one phase add up.
    async fn timed<F: Future>(&mut self, stage: Stage, phase: F) -> F::Output {
        let start = Instant::now();
        self.running = Some((stage, start));
        let outcome = phase.await;
        self.running = None;
        self.note_duration(stage, start.elapsed());
        outcome
    }

    fn note_duration(&mut self, stage: Stage, duration: Duration) {
        let before = self.seen.phases.get(stage).unwrap_or_default();
        self.seen.phases.set(stage, before + duration);
    }
}

const fn is_success(status: u16) -> bool {
    matches!(status, 200..300)
}

/// Host and port of a URL; plans hold only URLs that have both.
pub(super) fn host_and_port(url: &Url) -> (&str, u16) {
    (url.host_str().unwrap_or_default(), url.port_or_known_default().unwrap_or_default())
}

/// The header that tells a proxy who we are, marked so that nothing prints it.
pub(super) fn authorization(credentials: &Credentials) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(&proxy::basic(credentials)).ok()?;
    value.set_sensitive(true);
    Some(value)
}
