//! Saying who we are to a proxy that asks (RFC 9110, section 11.7): Basic, NTLM, and Negotiate.
//!
//! A password is not sent before somebody asks for it, and never in the clear to a proxy that would take a proof of it:
//! of what a proxy offers the strongest is taken, as clients do. What served once may be shown unasked the next time;
//! [`Remembered`] knows it.

mod kerberos;
mod ntlm;
mod remembered;
mod spnego;
mod trial;

use std::fmt;
use std::mem;
use std::net::IpAddr;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use tokio::time::Instant;
use url::Host;
use zeroize::Zeroizing;

use self::kerberos::{Lack, NoTicket, Principal};
use self::ntlm::Ntlm;
use self::remembered::Rest;
pub use self::remembered::{Login as RememberedLogin, Remembered};
use self::trial::Trial;
use crate::observation::{AuthFacts, AuthFailure, AuthScheme, Challenge};
use crate::phase::dns::Resolver;
use crate::plan::{Credentials, Secret};
use crate::text::Clean;

/// The most requests to one proxy for one answer: unasked, asked, and the handshake's two, or one too many.
const MAX_REQUESTS: usize = 4;

/// The longest token taken in, in bytes; a head has at most 64 KiB.
const MAX_TOKEN: usize = 48 * 1024;

/// One conversation about who we are, over all connections that it takes.
pub struct Authentication<'a> {
    login: Option<Login<'a>>,
    state: State,
    /// The value of the next request's `Proxy-Authorization`.
    header: Option<Zeroizing<String>>,
    /// Whether what was shown so far was shown before the proxy asked.
    unasked: bool,
    /// Set where this password was refused not long ago, so that it is not told.
    rests: Option<Rest>,
    /// Set where nobody knows yet whether this password is right.
    trial: Option<Trial<'a>>,
    /// What the key distribution centre said of the user before the proxy was asked.
    turned_down: Option<(AuthScheme, AuthFailure)>,
    requests: usize,
    facts: AuthFacts,
}

/// Whose proof is to be made, for whom, and whom it takes.
struct Login<'a> {
    credentials: &'a Credentials,
    password: Secret,
    proxy: &'a Host<String>,
    network: KdcNetwork<'a>,
}

/// How KDCs are found and reached: as the path has it.
#[derive(Debug, Clone, Copy)]
pub struct KdcNetwork<'a> {
    /// Who knows their names.
    pub resolver: &'a Resolver,
    /// The address that connections come from.
    pub source: Option<IpAddr>,
}

/// What was shown last.
enum State {
    Nothing,
    /// Our part of an NTLM handshake, and the scheme that it goes by.
    Greeting(Box<Ntlm>, AuthScheme),
    /// All that the scheme has to show.
    Proof(AuthScheme),
}

impl fmt::Debug for Authentication<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authentication").field("facts", &self.facts).finish_non_exhaustive()
    }
}

impl<'a> Authentication<'a> {
    /// Nobody to be.
    pub fn none() -> Self {
        Self {
            login: None,
            state: State::Nothing,
            header: None,
            unasked: false,
            rests: None,
            trial: None,
            turned_down: None,
            requests: 0,
            facts: AuthFacts::default(),
        }
    }

    /// As somebody, for a proxy that the configuration names so; tickets come over this network.
    pub fn new(credentials: &'a Credentials, proxy: &'a Host<String>, network: KdcNetwork<'a>) -> Self {
        let password = credentials.password.current();
        Self { login: Some(Login { credentials, password, proxy, network }), ..Self::none() }
    }

    /// Shows with the first request what this proxy asked for and took the last time.
    pub async fn begin_unasked(&mut self, scheme: Option<AuthScheme>, by: Instant) {
        let Some(scheme) = scheme.filter(|scheme| self.may_use(*scheme)) else { return };
        // Without anything to show the proxy will ask, and then it counts why.
        let shown = self.show(scheme, &[], by).await;
        self.unasked = shown.is_ok();
        if let Err(failure) = shown {
            self.facts = AuthFacts::default();
            // Once is enough for somebody whose password is wrong.
            if matches!(failure, AuthFailure::TicketRefused(_)) {
                self.turned_down = Some((scheme, failure));
            }
        }
    }

    /// Does not tell the password to this proxy, which refused it not long ago.
    pub(crate) fn rest(&mut self, rest: Rest) {
        self.rests = Some(rest);
    }

    /// Waits for others that tell the same password for the first time.
    pub(crate) fn take_turns(&mut self, trial: Trial<'a>) {
        self.trial = Some(trial);
    }

    /// The password that is shown.
    pub fn password(&self) -> Option<&Secret> {
        self.login.as_ref().map(|login| &login.password)
    }

    /// Whether there is somebody to be, so that a connection is worth keeping for another round.
    pub fn has_login(&self) -> bool {
        self.login.is_some()
    }

    /// The value of `Proxy-Authorization` for the request that is about to be sent.
    pub fn next_request(&mut self) -> Option<Zeroizing<String>> {
        self.requests += 1;
        self.header.clone()
    }

    /// Whether a connection that died without an answer is worth another one: the handshake is not bound to it.
    pub fn outlives_connection(&self) -> bool {
        let bound = matches!(self.state, State::Greeting(..) | State::Proof(AuthScheme::Ntlm));
        self.requests > 1 && self.requests < MAX_REQUESTS && !bound
    }

    /// Takes in the challenges of a 407, and says whether to ask again. `stays` tells whether the connection that they
    /// came over can carry the next request.
    pub async fn challenged(&mut self, challenges: &[Challenge], stays: bool, by: Instant) -> bool {
        if self.login.is_none() {
            return false;
        }
        self.facts.failure = self.reply(challenges, stays, by).await.err();
        self.facts.failure.is_none()
    }

    /// What became of it, where the proxy was shown anything or would have been.
    pub fn facts(&self) -> Option<AuthFacts> {
        (self.facts != AuthFacts::default()).then(|| self.facts.clone())
    }

    async fn reply(&mut self, challenges: &[Challenge], stays: bool, by: Instant) -> Result<(), AuthFailure> {
        let state = mem::replace(&mut self.state, State::Nothing);
        self.header = None;
        if let Some((scheme, failure)) = self.turned_down.take() {
            self.facts.tried = Some(scheme);
            return Err(failure);
        }
        if self.requests >= MAX_REQUESTS {
            return Err(AuthFailure::TooManyRounds);
        }
        let refused = match state {
            State::Nothing => None,
            State::Greeting(handshake, scheme) => match token(challenges, scheme) {
                Some(token) if stays => return self.finish(*handshake, scheme, token),
                Some(_) => return Err(AuthFailure::Closed),
                // A greeting that nobody asked for may be overheard; the second one may not.
                None if self.unasked => None,
                None => return Err(AuthFailure::Refused),
            },
            State::Proof(scheme) => Some(scheme),
        };
        let scheme = self.strongest(challenges).ok_or(AuthFailure::NoScheme)?;
        if refused.is_some() && (!self.unasked || refused == Some(scheme)) {
            return Err(AuthFailure::Refused);
        }
        self.unasked = false;
        if let (Some(trial), Some(login)) = (&mut self.trial, &self.login) {
            self.rests = trial.wait(&login.password, by).await;
        }
        self.show(scheme, challenges, by).await
    }

    /// The strongest of the schemes on offer that the configuration lets us use.
    fn strongest(&self, challenges: &[Challenge]) -> Option<AuthScheme> {
        AuthScheme::ALL.into_iter().find(|scheme| self.may_use(*scheme) && offers(challenges, *scheme))
    }

    fn may_use(&self, scheme: AuthScheme) -> bool {
        let restricted = self.login.as_ref().and_then(|login| login.credentials.scheme);
        self.login.is_some() && restricted.is_none_or(|only| only == scheme)
    }

    /// Prepares what a scheme shows first.
    async fn show(&mut self, scheme: AuthScheme, offered: &[Challenge], by: Instant) -> Result<(), AuthFailure> {
        let Some(login) = &self.login else { return Err(AuthFailure::NoScheme) };
        self.facts.tried = Some(scheme);
        if scheme != AuthScheme::Negotiate {
            return self.tell(scheme);
        }
        if self.rests.is_some_and(|rest| !rest.ticket_may_serve) {
            return self.tell(scheme);
        }
        match login.ticket(by).await {
            Ok(Some(token)) => {
                self.header = Some(header(scheme, &token));
                self.state = State::Proof(scheme);
                Ok(())
            }
            Ok(None) => self.tell(scheme),
            Err(NoTicket { reason, why: Lack::Refused }) => Err(AuthFailure::TicketRefused(reason)),
            Err(NoTicket { reason, why }) => {
                if why == Lack::Broken || login.credentials.scheme.is_some() {
                    return Err(AuthFailure::Ticket(reason));
                }
                self.facts.no_ticket = Some(reason);
                let scheme = if offers(offered, AuthScheme::Ntlm) { AuthScheme::Ntlm } else { scheme };
                self.facts.tried = Some(scheme);
                self.tell(scheme)
            }
        }
    }

    /// Shows what comes of the password itself, unless that rests.
    fn tell(&mut self, scheme: AuthScheme) -> Result<(), AuthFailure> {
        if let Some(rest) = self.rests {
            self.facts.tried = Some(rest.told_by);
            return Err(AuthFailure::RefusedBefore);
        }
        if scheme != AuthScheme::Basic {
            return self.greet(scheme);
        }
        let Some(login) = &self.login else { return Err(AuthFailure::NoScheme) };
        self.header = Some(super::basic(&login.credentials.username, &login.password));
        self.state = State::Proof(scheme);
        Ok(())
    }

    /// Opens an NTLM handshake: under its own name, or bare within Negotiate, as Windows does where it has no ticket.
    fn greet(&mut self, scheme: AuthScheme) -> Result<(), AuthFailure> {
        let Some(login) = &self.login else { return Err(AuthFailure::NoScheme) };
        let mut handshake = Ntlm::new(&login.credentials.username, &login.password)?;
        self.header = Some(header(scheme, &handshake.greeting()?));
        self.state = State::Greeting(Box::new(handshake), scheme);
        Ok(())
    }

    fn finish(&mut self, handshake: Ntlm, scheme: AuthScheme, token: &str) -> Result<(), AuthFailure> {
        let nonsense = |what: &str| AuthFailure::Challenge(Clean::new(what));
        if token.len() > MAX_TOKEN {
            return Err(nonsense("longer than 48 KiB"));
        }
        let challenge = BASE64_STANDARD.decode(token).map_err(|error| nonsense(&error.to_string()))?;
        self.header = Some(header(scheme, &handshake.answer(challenge)?));
        self.state = State::Proof(scheme);
        Ok(())
    }
}

impl Login<'_> {
    /// A Kerberos ticket for the proxy, framed for Negotiate; `None` where there can be none.
    async fn ticket(&self, by: Instant) -> Result<Option<Vec<u8>>, NoTicket> {
        let Host::Domain(proxy) = self.proxy else { return Ok(None) };
        let Some(principal) = Principal::of(self.credentials) else { return Ok(None) };
        // Boxed: few probes need it, and all would carry its size.
        let ticket = Box::pin(kerberos::ticket(&principal, &self.password, proxy, self.network, by)).await?;
        Ok(Some(spnego::init(&ticket)))
    }
}

fn header(scheme: AuthScheme, token: &[u8]) -> Zeroizing<String> {
    let mut value = Zeroizing::new(String::with_capacity(scheme.as_str().len() + 1 + token.len().div_ceil(3) * 4));
    value.push_str(scheme.as_str());
    value.push(' ');
    BASE64_STANDARD.encode_string(token, &mut value);
    value
}

fn of_scheme(challenges: &[Challenge], scheme: AuthScheme) -> impl Iterator<Item = &Challenge> {
    challenges.iter().filter(move |challenge| challenge.scheme.as_str().eq_ignore_ascii_case(scheme.as_str()))
}

fn offers(challenges: &[Challenge], scheme: AuthScheme) -> bool {
    of_scheme(challenges, scheme).next().is_some()
}

fn token(challenges: &[Challenge], scheme: AuthScheme) -> Option<&str> {
    of_scheme(challenges, scheme).find_map(|challenge| challenge.token.as_deref())
}

#[cfg(test)]
mod tests;
