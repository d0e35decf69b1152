//! CONNECT: asking an HTTP proxy to open a tunnel (RFC 9110, section 9.3.6), keeping every word of its answer.

mod auth;
mod chunked;
mod head;
mod line;
mod prefixed;
mod refusal;
pub mod socks;

use std::io;
use std::time::Duration;

use ::http::{HeaderName, HeaderValue};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::{Instant, timeout_at};
use zeroize::Zeroizing;

pub use self::auth::{Authentication, KdcNetwork, Remembered, RememberedLogin};
use self::head::{Head, Parsed, parse_head};
pub use self::line::{Line, Secured, secure};
pub use self::prefixed::Prefixed;
use super::{Failure, exhausted};
use crate::observation::{IoFault, ProxyFacts, ProxyFailure, Sample};
use crate::plan::Secret;

/// The longest head of an answer, in bytes, interim answers included.
const MAX_HEAD: usize = 64 * 1024;

/// How long a refusal's body may take: it is worth a look, not the whole deadline.
const REFUSAL_PATIENCE: Duration = Duration::from_secs(1);

/// The most interim (1xx) answers skipped before the real one.
const MAX_INTERIM: usize = 16;

/// What asking for a tunnel came to.
#[derive(Debug)]
pub struct Reply<S> {
    /// What the proxy said, where a whole head came: also with a refusal.
    pub facts: Option<ProxyFacts>,
    /// The tunnel, beginning with whatever came right behind the answer's head.
    pub tunnel: Result<Prefixed<S>, Failure<ProxyFailure>>,
    /// Whether another connection is worth its while: this one ended while the two were still talking about who we are.
    pub ask_again: bool,
}

/// The value of `Proxy-Authorization` for the Basic scheme (RFC 7617).
fn basic(username: &str, password: &Secret) -> Zeroizing<String> {
    let plain = Zeroizing::new(format!("{username}:{}", password.expose()));
    let mut value = Zeroizing::new(String::with_capacity(6 + plain.len().div_ceil(3) * 4));
    value.push_str("Basic ");
    BASE64_STANDARD.encode_string(plain.as_bytes(), &mut value);
    value
}

/// What a proxy is asked for, and how.
#[derive(Debug, Clone, Copy)]
pub struct Connect<'a> {
    /// The target as `host:port`.
    pub target: &'a str,
    /// `User-Agent`; our own where there is none.
    pub user_agent: Option<&'a HeaderValue>,
    /// Further headers.
    pub headers: &'a [(HeaderName, HeaderValue)],
}

impl<'a> Connect<'a> {
    /// Asks for a target without further headers.
    pub const fn to(target: &'a str) -> Self {
        Self { target, user_agent: None, headers: &[] }
    }

    /// The request. Its buffer is made once, so that growing does not leave copies of the secrets behind.
    ///
    /// Where the connection has to carry more than one, that is said as browsers and curl say it: proxies that answer in
    /// HTTP/1.0 close it otherwise.
    fn request(&self, authorization: Option<&str>, keep: bool) -> Zeroizing<Vec<u8>> {
        let Self { target, user_agent, headers } = *self;
        let further: usize = headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 4).sum();
        let user_agent = user_agent.map_or(super::http::USER_AGENT.as_bytes(), HeaderValue::as_bytes);
        let secret = authorization.map_or(0, str::len);
        let mut request =
            Zeroizing::new(Vec::with_capacity(160 + 2 * target.len() + user_agent.len() + further + secret));
        for part in [b"CONNECT ", target.as_bytes(), b" HTTP/1.1\r\nHost: ", target.as_bytes(), b"\r\n"] {
            request.extend_from_slice(part);
        }
        let mut header = |name: &str, value: &[u8]| {
            for part in [name.as_bytes(), b": ", value, b"\r\n"] {
                request.extend_from_slice(part);
            }
        };
        header("User-Agent", user_agent);
        for (name, value) in headers {
            header(name.as_str(), value.as_bytes());
        }
        if keep {
            header("Proxy-Connection", b"keep-alive");
        }
        if let Some(value) = authorization {
            header("Proxy-Authorization", value.as_bytes());
        }
        request.extend_from_slice(b"\r\n");
        request
    }
}

/// Asks the proxy at the other end of a stream for a tunnel, and tells it who we are where it asks.
pub async fn open<S>(mut stream: S, connect: &Connect<'_>, who: &mut Authentication<'_>, by: Instant) -> Reply<S>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    loop {
        let mut buffer = Vec::new();
        let request = connect.request(who.next_request().as_ref().map(|value| value.as_str()), who.has_login());
        let head = match timeout_at(by, ask(&mut stream, &mut buffer, &request)).await {
            Ok(Ok(head)) => head,
            Ok(Err(failure)) => {
                let died = buffer.is_empty() && matches!(failure, Failure::Fault(ProxyFailure::Lost(_)));
                return Reply { facts: None, tunnel: Err(failure), ask_again: died && who.outlives_connection() };
            }
            Err(_) => return Reply::failed(unfinished(&buffer)),
        };
        let rest = buffer.split_off(head.length);
        let (stays, framing, challenges) = (head.stays_open, head.framing, head.challenges);
        let mut facts = ProxyFacts {
            status: head.status,
            reason: head.reason.filter(|reason| !reason.is_empty()),
            headers: head.headers,
            body: Sample::default(),
        };
        if (200..300).contains(&head.status) {
            // A 2xx to CONNECT has no body whatever its headers say (RFC 9110, section 9.3.6): the rest is the tunnel's.
            let tunnel = Ok(Prefixed::new(Bytes::from(rest), stream));
            return Reply { facts: Some(facts), tunnel, ask_again: false };
        }
        let patience = by.min(Instant::now() + REFUSAL_PATIENCE);
        let (body, whole) = refusal::read(&mut stream, rest, framing, patience).await;
        facts.body = body;
        let again = facts.status == 407 && who.challenged(&challenges, stays && whole, by).await;
        if again && stays && whole {
            continue;
        }
        let refused = Failure::Fault(ProxyFailure::Refused { status: facts.status });
        return Reply { facts: Some(facts), tunnel: Err(refused), ask_again: again };
    }
}

impl<S> Reply<S> {
    fn failed(failure: ProxyFailure) -> Self {
        Self { facts: None, tunnel: Err(Failure::Fault(failure)), ask_again: false }
    }
}

/// Sends a request and reads until the head of the final answer is complete; it stands at the buffer's start.
async fn ask<S>(stream: &mut S, buffer: &mut Vec<u8>, request: &[u8]) -> Result<Head, Failure<ProxyFailure>>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    // A proxy may answer and close without reading the request; what it said is worth more than our broken pipe.
    let sent = send(stream, request).await;
    read_head(stream, buffer).await.map_err(|failure| match (failure, sent) {
        (Failure::Fault(ProxyFailure::Lost(_)), Err(error)) if buffer.is_empty() => lost(&error),
        (failure, _) => failure,
    })
}

async fn send<S: AsyncWrite + Unpin>(stream: &mut S, request: &[u8]) -> io::Result<()> {
    stream.write_all(request).await?;
    stream.flush().await
}

async fn read_head<S>(stream: &mut S, buffer: &mut Vec<u8>) -> Result<Head, Failure<ProxyFailure>>
where
    S: AsyncRead + Unpin,
{
    let mut interim = 0;
    let mut spent = 0;
    let mut searched = 0;
    loop {
        match parse_head(buffer, searched) {
            Parsed::Complete(head) if (100..200).contains(&head.status) && interim < MAX_INTERIM => {
                interim += 1;
                spent += head.length;
                buffer.drain(..head.length);
                searched = 0;
                continue;
            }
            Parsed::Complete(head) if head.status >= 200 => return Ok(head),
            Parsed::Complete(_) => return Err(Failure::Fault(ProxyFailure::HeadTooLong)),
            Parsed::Invalid(words) => return Err(Failure::Fault(ProxyFailure::NotHttp(words))),
            Parsed::Partial => searched = buffer.len(),
        }
        if spent + buffer.len() >= MAX_HEAD {
            return Err(Failure::Fault(ProxyFailure::HeadTooLong));
        }
        buffer.reserve(2048);
        let room = (MAX_HEAD - spent - buffer.len()) as u64;
        match (&mut *stream).take(room).read_buf(buffer).await {
            Ok(0) => return Err(Failure::Fault(ProxyFailure::Lost(IoFault::closed()))),
            Ok(_) => {}
            Err(error) => return Err(lost(&error)),
        }
    }
}

fn lost(error: &io::Error) -> Failure<ProxyFailure> {
    match exhausted("talk to the proxy", error) {
        Some(fault) => Failure::Monitor(fault),
        None => Failure::Fault(ProxyFailure::Lost(IoFault::from(error))),
    }
}

fn unfinished(buffer: &[u8]) -> ProxyFailure {
    ProxyFailure::ReplyTimeout { received: buffer.len() as u64 }
}

#[cfg(test)]
mod tests;
