//! A reply, and a look at it: what several rows ask for is found once.

use std::cell::OnceCell;

use aho_corasick::AhoCorasick;
use url::Url;

use super::row::{Asked, ReplyPlace};
use super::text::title;
use crate::observation::{Headers, HttpFacts, ProxyFacts, Sample};
use crate::text::Clean;

/// What came, in answer to what.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reply<'a> {
    to: Option<Asked>,
    status: Option<u16>,
    reason: Option<&'a str>,
    pub(super) headers: &'a Headers,
    pub(super) body: &'a str,
}

impl<'a> Reply<'a> {
    /// A proxy's reply to CONNECT.
    pub(crate) fn to_connect(answer: &'a ProxyFacts) -> Self {
        Self {
            to: Some(Asked::Connect),
            status: Some(answer.status),
            reason: answer.reason.as_ref().map(Clean::as_str),
            headers: &answer.headers,
            body: answer.body.as_str(),
        }
    }

    /// The reply to the request itself.
    pub(crate) fn to_request(http: &'a HttpFacts) -> Self {
        Self {
            to: Some(Asked::Request),
            status: Some(http.status),
            reason: http.reason.as_ref().map(Clean::as_str),
            headers: &http.headers,
            body: http.body.sample.as_str(),
        }
    }

    /// Headers alone.
    pub(super) fn of_headers(headers: &'a Headers) -> Self {
        Self { to: None, status: None, reason: None, headers, body: "" }
    }
}

/// A reply made of bytes that came where TLS should have.
#[derive(Debug)]
pub(crate) struct OwnedReply<'a> {
    status: Option<u16>,
    reason: Option<Clean>,
    headers: Headers,
    body: &'a str,
}

impl<'a> OwnedReply<'a> {
    /// The most headers looked at; a page of more is read as if it had no head.
    const MAX_HEADERS: usize = Headers::MAX;

    /// Reads the first bytes of an answer to a ClientHello: HTTP with a whole head, or else nothing but a body.
    pub(crate) fn to_hello(first_bytes: &'a Sample) -> Self {
        let text = first_bytes.as_str();
        let mut headers = [httparse::EMPTY_HEADER; Self::MAX_HEADERS];
        let mut response = httparse::Response::new(&mut headers);
        let headless = || Self { status: None, reason: None, headers: Headers::default(), body: text };
        let Ok(httparse::Status::Complete(length)) = response.parse(text.as_bytes()) else { return headless() };
        let Some(body) = text.get(length..) else { return headless() };
        let clean = |header: &httparse::Header<'_>| (Headers::name(header.name), Clean::from_bytes(header.value));
        let headers = Headers(response.headers.iter().map(clean).collect());
        Self { status: response.code, reason: response.reason.map(Clean::new), headers, body }
    }

    pub(crate) fn as_reply(&self) -> Reply<'_> {
        let reason = self.reason.as_ref().map(Clean::as_str);
        Reply { to: Some(Asked::Hello), status: self.status, reason, headers: &self.headers, body: self.body }
    }
}

/// A look at a reply. What takes time is done when the first row asks for it, and once.
pub(super) struct Look<'a> {
    reply: Reply<'a>,
    bodies: &'a AhoCorasick,
    location_host: OnceCell<Option<String>>,
    title: OnceCell<Option<&'a str>>,
    found: OnceCell<Vec<bool>>,
}

impl<'a> Look<'a> {
    pub(super) fn new(reply: &Reply<'a>, bodies: &'a AhoCorasick) -> Self {
        let (location_host, title, found) = (OnceCell::new(), OnceCell::new(), OnceCell::new());
        Self { reply: *reply, bodies, location_host, title, found }
    }

    /// What the reply says in a place of which all is so; `wanted` are the numbers of the body's texts.
    pub(super) fn message<'b>(&'b self, place: &'b ReplyPlace, wanted: &[usize]) -> Option<&'b str> {
        let Reply { to, status, reason, headers, .. } = self.reply;
        if place.reply_to.is_some_and(|wanted| Some(wanted) != to) {
            return None;
        }
        let is_among = |status: u16| place.status.iter().any(|range| range.contains(&status));
        if !place.status.is_empty() && !status.is_some_and(is_among) {
            return None;
        }
        // The first thing asked for is what is quoted.
        let mut message = None;
        if let Some(pattern) = &place.reason {
            message = message.or(Some(reason.filter(|reason| pattern.matches(reason))?));
        }
        for (name, pattern) in &place.header {
            message = message.or(Some(headers.get_all(name).find(|value| pattern.matches(value))?));
        }
        if place.location.is_some() || place.location_host.is_some() {
            let location = headers.get("location")?;
            let good = place.location.as_ref().is_none_or(|pattern| pattern.matches(location));
            let good_host =
                |pattern| self.location_host().is_some_and(|host| super::pattern::Pattern::matches(pattern, host));
            if !good || !place.location_host.as_ref().is_none_or(good_host) {
                return None;
            }
            message = message.or(Some(location));
        }
        if let Some(pattern) = &place.title {
            message = message.or(Some(self.title().filter(|title| pattern.matches(title))?));
        }
        if !wanted.is_empty() {
            if !self.holds(wanted) {
                return None;
            }
            message = message.or(place.body.first().map(String::as_str));
        }
        Some(message.or(reason).unwrap_or_default())
    }

    /// Whether the body holds all of these texts.
    fn holds(&self, wanted: &[usize]) -> bool {
        if self.reply.body.is_empty() {
            return false;
        }
        let found = self.found.get_or_init(|| {
            let mut found = vec![false; self.bodies.patterns_len()];
            let matches = self.bodies.try_find_overlapping_iter(self.reply.body);
            for one in matches.into_iter().flatten() {
                if let Some(slot) = found.get_mut(one.pattern().as_usize()) {
                    *slot = true;
                }
            }
            found
        });
        wanted.iter().all(|number| found.get(*number).copied().unwrap_or_default())
    }

    fn title(&self) -> Option<&'a str> {
        *self.title.get_or_init(|| title(self.reply.body))
    }

    /// Where a redirect leads, if it names a host.
    fn location_host(&self) -> Option<&str> {
        let host = self.location_host.get_or_init(|| {
            let location = self.reply.headers.get("location")?;
            Some(Url::parse(location).ok()?.host_str()?.to_owned())
        });
        host.as_deref()
    }
}
