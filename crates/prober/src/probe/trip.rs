//! The way of one probe, from the choice of the way out to the body.

mod connect;
mod exchange;
mod fault;
mod introduce;
mod tunnel;

use std::time::Duration;

use tokio::time::Instant;
use tokio::time::error::Elapsed;
use url::Url;

use self::fault::{Stopped, cut_off};
use super::kept::KeptList;
use super::network::Network;
use super::{Listener, Prober, Step, redirect};
use crate::cause::Stage;
use crate::observation::{Detour, Fault, MonitorFault, Observation, TlsFacts};
use crate::phase::Deadline;
use crate::phase::http::Body;
use crate::phase::tls::{Alpn, Hello};
use crate::plan::{Endpoint, Pair};
use crate::route::Hop;
use crate::trust::served::Link;

/// The ways out that are left to be tried.
type Ways = std::vec::IntoIter<Hop>;

/// One probe under way.
pub(super) struct Trip<'a> {
    prober: &'a Prober,
    network: Network<'a>,
    pair: &'a Pair,
    listener: &'a dyn Listener,
    deadline: Deadline,
    /// The phase under way and when it began.
    running: Option<(Stage, Instant)>,
    /// The list that the last request asked about, where it wanted changes alone.
    asked_about: Option<KeptList>,
    /// The certificate that a responder is asked for.
    link: Option<&'a Link>,
    /// The most that is taken of a document that the monitor needs itself.
    limit: Option<usize>,
    seen: Observation,
}

impl<'a> Trip<'a> {
    pub(super) fn new(prober: &'a Prober, pair: &'a Pair, deadline: Deadline, listener: &'a dyn Listener) -> Self {
        let seen = Observation::empty(prober.clock.now());
        let network = prober.network(&pair.path);
        let (running, asked_about, link, limit) = Default::default();
        Self { prober, network, pair, listener, deadline, running, asked_about, link, limit, seen }
    }

    /// The same trip, to a responder that is asked for a certificate.
    pub(super) fn asking_for(self, link: Option<&'a Link>) -> Self {
        Self { link, ..self }
    }

    /// The same trip, for all of a document of at most so many bytes.
    pub(super) fn taking(self, limit: usize) -> Self {
        Self { limit: Some(limit), ..self }
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
            let first = self.seen.first_choice().clone();
            self.seen.chosen = Some(first);
            self.deadline.begin_connection(Instant::now());
            self.listener.heard(Step::Redirected(&url));
        }
        Ok(())
    }

    /// Asks for the endpoint, which is one in the clear, over one way and no further; the body comes as it is.
    pub(super) async fn fetch(mut self, hop: &Hop) -> Result<Body, Fault> {
        Ok(self.ask_in_the_clear(&self.pair.endpoint.url, hop).await?)
    }

    /// Asks for the endpoint over the first way that leads anywhere, and no further; the body comes as it is, with who proved
    /// to have sent it.
    pub(super) async fn download(mut self) -> Result<(Body, Option<TlsFacts>), Fault> {
        let url = &self.endpoint().url;
        let mut ways = self.choose_ways(url).await?;
        while let Some(hop) = self.take_next(&mut ways, url) {
            match self.ask(url, &hop).await {
                Ok(body) => return Ok((body, self.seen.tls.take())),
                Err(stopped) => self.turn_back(&ways, stopped)?,
            }
        }
        Err(no_way(url))
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

    /// Asks for one URL over the first way that leads anywhere, and takes in what comes; says where to go on.
    async fn visit(&mut self, url: &Url) -> Result<Option<Url>, Fault> {
        let mut ways = self.choose_ways(url).await?;
        while let Some(hop) = self.take_next(&mut ways, url) {
            match self.ask(url, &hop).await {
                Ok(body) => return self.take_in(url, body),
                Err(stopped) => self.turn_back(&ways, stopped)?,
            }
        }
        Ok(None)
    }

    /// Shakes hands with whoever answers for the endpoint, over the first way that leads anywhere, and goes no further.
    pub(super) async fn greet(&mut self, hello: Hello) -> Result<TlsFacts, Fault> {
        let url = &self.endpoint().url;
        let mut ways = self.choose_ways(url).await?;
        while let Some(hop) = self.take_next(&mut ways, url) {
            match self.open_way(url, &hop).await {
                Ok(socket) => return self.shake_hands(socket, url, hello).await,
                Err(fault) => self.turn_back(&ways, fault.into())?,
            }
        }
        Err(no_way(url))
    }

    async fn choose_ways(&mut self, url: &Url) -> Result<Ways, Fault> {
        self.seen.detours.clear();
        let (prober, path, soon) = (self.prober, &self.pair.path, self.deadline.until(Stage::Route));
        // A file that has its addresses late still has some time to answer.
        let by = soon + self.deadline.until(Stage::Connect).saturating_duration_since(soon) / 2;
        let decision = self.timed(Stage::Route, prober.ways(path, url, soon, by)).await;
        if let Some(facts) = &decision.pac {
            self.listener.heard(Step::Decided(facts));
            // Whatever it took must not be taken from the name of the next stop.
            self.deadline.begin_connection(Instant::now());
        }
        self.seen.pac = decision.pac.map(Box::new);
        Ok(decision.hops?.into_iter())
    }

    /// Sets out on the next of the ways that are left.
    fn take_next(&mut self, ways: &mut Ways, url: &Url) -> Option<Hop> {
        let left = ways.len();
        let hop = ways.next()?;
        self.forget_last_way();
        self.deadline.share_among(left);
        self.seen.route = hop.facts();
        self.listener.heard(Step::Routed { url, route: &self.seen.route });
        Some(hop)
    }

    /// What was seen on one way, or of one server, says nothing of the next.
    fn forget_last_way(&mut self) {
        self.seen.resolve = None;
        self.seen.remote_address = None;
        self.seen.failed_attempts.clear();
        self.seen.proxy_tls = None;
        self.seen.socks = None;
        self.seen.proxy = None;
        self.seen.proxy_auth = None;
        self.seen.tls = None;
        self.seen.http = None;
        self.seen.origin_clock = None;
    }

    /// Gives up a way that leads nowhere where another is left, as clients do; otherwise the probe is over.
    fn turn_back(&mut self, left: &Ways, stopped: Stopped) -> Result<(), Fault> {
        let may_turn_back = left.len() > 0 && stopped.is_short_of_the_target();
        let fault = Fault::from(stopped);
        if !may_turn_back {
            return Err(fault);
        }
        let detour = Detour { route: self.seen.route.clone(), fault };
        self.listener.heard(Step::TurnedBack(&detour));
        self.seen.detours.push(detour);
        self.deadline.begin_connection(Instant::now());
        Ok(())
    }

    async fn ask(&mut self, url: &Url, hop: &Hop) -> Result<Body, Stopped> {
        if url.scheme() != "https" {
            return self.ask_in_the_clear(url, hop).await;
        }
        match self.ask_over_tls(url, hop, Alpn::H2AndHttp1).await {
            Err(Stopped::WorthHttp1(fault)) => {
                self.listener.heard(Step::TryingHttp1(&fault));
                self.deadline.begin_connection(Instant::now());
                self.ask_over_tls(url, hop, Alpn::Http1).await
            }
            other => other,
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

fn no_way(url: &Url) -> Fault {
    let reason = "no way out was chosen".into();
    Fault::Monitor(MonitorFault { operation: format!("reach {url}"), reason })
}

/// Host and port of a URL; plans hold only URLs that have both.
pub(super) fn host_and_port(url: &Url) -> (&str, u16) {
    (url.host_str().unwrap_or_default(), url.port_or_known_default().unwrap_or_default())
}
