//! HTTP/1.1, read leniently: what clients let pass is no reason to call an endpoint unreachable.

use std::error::Error;
use std::io;
use std::iter::successors;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::header::{CONNECTION, PROXY_AUTHENTICATE};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1::{self, SendRequest};
use hyper::ext::ReasonPhrase;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};

use super::carry::{Carrier, Fused};
use super::{Broken, MAX_HEAD, body};
use crate::observation::{BodyFacts, Challenge, Headers, HttpFacts, HttpFailure, IoFault};
use crate::phase::io::is_over_budget;
use crate::phase::{Failure, exhausted};
use crate::text::Clean;

type Connection<S> = http1::Connection<TokioIo<S>, Full<Bytes>>;

impl<S: AsyncRead + AsyncWrite + Unpin> Carrier for Connection<S> {
    fn poll_carry(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        // Errors reach whoever waits for the response or the body.
        self.poll_without_shutdown(cx).map(drop)
    }
}

/// The body of a response, and the connection that carries it.
#[derive(Debug)]
pub(super) struct Reader<S: AsyncRead + AsyncWrite + Unpin> {
    connection: Fused<Connection<S>>,
    sender: SendRequest<Full<Bytes>>,
    body: Incoming,
    /// Whether another request may follow on the connection (RFC 9112, section 9.3).
    stays_open: bool,
    challenges: Vec<Challenge>,
}

/// Sends a request and waits for the head of its response.
pub(super) async fn send<S>(stream: S, request: http::Request<Full<Bytes>>) -> Result<(HttpFacts, Reader<S>), Broken>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (sender, connection) = lenient().handshake(TokioIo::new(stream)).await.map_err(|error| broken(&error))?;
    exchange(sender, Fused::new(connection), request).await
}

async fn exchange<S>(
    mut sender: SendRequest<Full<Bytes>>,
    mut connection: Fused<Connection<S>>,
    request: http::Request<Full<Bytes>>,
) -> Result<(HttpFacts, Reader<S>), Broken>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let response = connection.carry(sender.send_request(request)).await.map_err(|error| broken(&error))?;
    let (head, body) = response.into_parts();
    let (stays_open, challenges) = (stays_open(&head), challenges(&head));
    Ok((facts(&head), Reader { connection, sender, body, stays_open, challenges }))
}

fn stays_open(head: &http::response::Parts) -> bool {
    let says = |wanted: &str| {
        let headers = [CONNECTION.as_str(), "proxy-connection"].into_iter().flat_map(|name| head.headers.get_all(name));
        let mut options = headers.filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(','));
        options.any(|option| option.trim().eq_ignore_ascii_case(wanted))
    };
    !says("close") && (head.version == http::Version::HTTP_11 || says("keep-alive"))
}

/// What a 407 asks for, read before the headers are shortened: tokens are long.
fn challenges(head: &http::response::Parts) -> Vec<Challenge> {
    if head.status != http::StatusCode::PROXY_AUTHENTICATION_REQUIRED {
        return Vec::new();
    }
    let values = head.headers.get_all(PROXY_AUTHENTICATE).iter();
    let values: Vec<_> = values.map(|value| String::from_utf8_lossy(value.as_bytes())).collect();
    Challenge::read_all(values.iter().map(AsRef::as_ref))
}

fn lenient() -> http1::Builder {
    let mut builder = http1::Builder::new();
    builder
        .allow_obsolete_multiline_headers_in_responses(true)
        .allow_spaces_after_header_name_in_responses(true)
        .ignore_invalid_headers_in_responses(true)
        .max_buf_size(MAX_HEAD)
        // As browsers and curl write them: old middleboxes look for them so.
        .title_case_headers(true);
    builder
}

fn facts(head: &http::response::Parts) -> HttpFacts {
    let reason = match head.extensions.get::<ReasonPhrase>() {
        Some(phrase) => Clean::from_bytes(phrase.as_bytes()),
        None => Clean::new(head.status.canonical_reason().unwrap_or_default()),
    };
    HttpFacts {
        version: if head.version == http::Version::HTTP_10 { "HTTP/1.0" } else { "HTTP/1.1" }.to_owned(),
        status: head.status.as_u16(),
        reason: Some(reason).filter(|reason| !reason.is_empty()),
        headers: Headers::from(&head.headers),
        body: BodyFacts { announced: body::announced(&head.headers), ..BodyFacts::default() },
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin + Send + 'static> Reader<S> {
    /// Sends another request, once the last response was read to its end.
    pub(super) async fn again(self, request: http::Request<Full<Bytes>>) -> Result<(HttpFacts, Self), Broken> {
        let Self { mut connection, mut sender, .. } = self;
        connection.carry(sender.ready()).await.map_err(|error| broken(&error))?;
        exchange(sender, connection, request).await
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Reader<S> {
    /// Whether another request may follow once the body was read to its end.
    pub(super) fn stays_open(&self) -> bool {
        self.stays_open
    }

    pub(super) fn challenges(&self) -> &[Challenge] {
        &self.challenges
    }

    /// The next piece of the body; `None` at its end.
    pub(super) async fn next(&mut self) -> Option<Result<Bytes, Failure<HttpFailure>>> {
        loop {
            let frame = match self.connection.carry(self.body.frame()).await? {
                Ok(frame) => frame,
                Err(error) => return Some(Err(broken(&error).failure)),
            };
            // Trailers are let pass.
            if let Ok(data) = frame.into_data() {
                return Some(Ok(data));
            }
        }
    }
}

fn broken(error: &hyper::Error) -> Broken {
    let inner =
        successors(error.source(), |error| (*error).source()).find_map(|error| error.downcast_ref::<io::Error>());
    match inner {
        Some(error) => by_io(error).into(),
        None if error.is_incomplete_message() => Failure::Fault(HttpFailure::Lost(IoFault::closed())).into(),
        None => {
            let words = match error.source() {
                Some(source) => format!("{error}: {source}"),
                None => error.to_string(),
            };
            Failure::Fault(HttpFailure::Invalid(Clean::new(&words))).into()
        }
    }
}

/// What an I/O error during an exchange means.
pub(super) fn by_io(error: &io::Error) -> Failure<HttpFailure> {
    if let Some(fault) = exhausted("talk to the peer", error) {
        return Failure::Monitor(fault);
    }
    Failure::Fault(match error.kind() {
        // The kinds below are what rustls and hyper say of bytes that make no sense.
        _ if is_over_budget(error) => HttpFailure::Invalid(Clean::new(&error.to_string())),
        io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput => {
            HttpFailure::Invalid(Clean::new(&error.to_string()))
        }
        _ => HttpFailure::Lost(IoFault::from(error)),
    })
}
