//! Telling a proxy who we are, and asking it in the clear.

use ::http::HeaderValue;
use tokio::time::Instant;
use url::Url;

use super::super::{Prober, Step};
use super::Trip;
use super::fault::Stopped;
use super::tunnel::Socket;
use crate::cause::Stage;
use crate::observation::HttpFailure;
use crate::observation::Via;
use crate::phase::Failure;
use crate::phase::http::{self, Body, Form, Kept, Protocol, Unanswered};
use crate::phase::proxy::{Authentication, KdcNetwork, Prefixed, RememberedLogin};
use crate::plan::Proxy;
use crate::probe::network::Network;

/// An unasked proof may take this part of the time that is left: where there is none, the proxy has to ask.
const UNASKED_SHARE: u32 = 4;

impl Prober {
    /// Who we are to a proxy, and what it took the last time.
    async fn introduce<'p>(&'p self, proxy: &'p Proxy, network: Network<'p>, by: Instant) -> Authentication<'p> {
        let Some(credentials) = &proxy.credentials else { return Authentication::none() };
        let network = KdcNetwork { resolver: network.resolver, source: network.source };
        let mut who = Authentication::new(credentials, &proxy.host, network);
        let login = RememberedLogin::new(Via::from(proxy), credentials);
        let Some(password) = who.password() else { return who };
        let (served, refused) = (self.remembered.served(&login, password), self.remembered.refused(&login, password));
        match (served, refused) {
            (_, Some(rest)) => who.rest(rest),
            (None, None) => who.take_turns(self.remembered.trial(login)),
            (served, None) => {
                let now = Instant::now();
                let soon = now + by.saturating_duration_since(now) / UNASKED_SHARE;
                who.begin_unasked(served, soon).await;
            }
        }
        who
    }

    /// Remembers what became of it at a proxy that answered.
    fn remember(&self, proxy: &Proxy, who: &Authentication<'_>) {
        if let (Some(credentials), Some(password), Some(facts)) = (&proxy.credentials, who.password(), who.facts()) {
            self.remembered.note(&RememberedLogin::new(Via::from(proxy), credentials), password, &facts);
        }
    }
}

impl<'a> Trip<'a> {
    pub(super) async fn introduce_to<'p>(&mut self, proxy: &'p Proxy) -> Authentication<'p>
    where
        'a: 'p,
    {
        if proxy.credentials.is_none() {
            return Authentication::none();
        }
        let (prober, network, by) = (self.prober, self.network, self.deadline.until(Stage::Proxy));
        let who = self.timed(Stage::Proxy, prober.introduce(proxy, network, by)).await;
        // What a ticket took must not be taken from the proxy's name.
        self.deadline.begin_connection(Instant::now());
        who
    }

    pub(super) fn note_introduction(&mut self, proxy: &Proxy, who: &Authentication<'_>, answered: bool) {
        self.seen.proxy_auth = who.facts();
        if answered {
            self.prober.remember(proxy, who);
        }
    }

    /// Asks a proxy for what is not inside TLS: in absolute-form, and again as long as it asks who we are and there is
    /// something to tell.
    pub(super) async fn ask_through(&mut self, proxy: &Proxy, url: &Url) -> Result<Body, Stopped> {
        let mut who = self.introduce_to(proxy).await;
        let outcome = self.ask_until_known(proxy, url, &mut who).await;
        self.note_introduction(proxy, &who, outcome.is_ok());
        outcome
    }

    async fn ask_until_known(
        &mut self,
        proxy: &Proxy,
        url: &Url,
        who: &mut Authentication<'_>,
    ) -> Result<Body, Stopped> {
        let mut kept: Option<Kept<Socket>> = None;
        loop {
            let authorization = who.next_request().and_then(|value| authorization(&value));
            // Nobody proves anything here; who configures headers for such a URL wants them sent.
            let request = self.request(url, Form::Absolute { authorization, keep: who.has_login() }, true);
            let sent = if let Some(line) = kept.take() {
                let by = self.deadline.until(Stage::Http);
                self.timed(Stage::Http, line.send(&request, by)).await
            } else {
                let stream = Prefixed::from(self.line_to_proxy(proxy).await?);
                let by = self.deadline.until(Stage::Http);
                self.timed(Stage::Http, http::send(stream, Protocol::Http1, &request, by)).await
            };
            let response = match self.heard_out(sent) {
                Err(unanswered) if died(&unanswered) && who.outlives_connection() => continue,
                sent => sent?,
            };
            self.listener.heard(Step::Answered(&response.facts));
            let asked = (response.facts.status == 407).then(|| response.challenges().to_vec());
            let (body, line) = self.read(response, false).await;
            let by = self.deadline.until(Stage::Proxy);
            match asked {
                Some(challenges) if who.has_login() => {
                    if !self.timed(Stage::Proxy, who.challenged(&challenges, line.is_some(), by)).await {
                        return Ok(body);
                    }
                }
                _ => return Ok(body),
            }
            // What it says to that is what counts, be it nothing.
            self.seen.http = None;
            kept = line;
            self.deadline.begin_connection(Instant::now());
        }
    }
}

/// The header that tells a proxy who we are, marked so that nothing prints it.
fn authorization(value: &str) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(value).ok()?;
    value.set_sensitive(true);
    Some(value)
}

/// Whether the connection ended before any answer came over it.
fn died(unanswered: &Unanswered) -> bool {
    matches!(&unanswered.failure, Failure::Fault(fault)
        if fault.received == 0 && matches!(fault.failure, HttpFailure::Lost(_)))
}
