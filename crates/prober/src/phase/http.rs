//! One HTTP exchange over a stream that stands: a request, the response's head, and as much of its body as is needed.
//!
//! The connection is driven by the task that waits for the response; nothing is spawned, so nothing outlives the probe.

mod again;
mod body;
mod carry;
mod counted;
mod h1;
mod h2;
mod large;
mod request;

use std::sync::Arc;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::{Instant, timeout_at};

pub use self::again::Kept;
pub use self::body::{Body, BodyRule};
use self::counted::{Count, Counted};
pub use self::request::{Form, Request, Unsendable};
use super::Failure;
use crate::observation::{HttpFacts, HttpFailure, HttpFault, Moment, MonitorFault};

/// What we call ourselves.
pub const USER_AGENT: &str = concat!("reachwatch/", env!("CARGO_PKG_VERSION"));

/// The longest response head, in bytes, interim responses not counted.
const MAX_HEAD: usize = 64 * 1024;

/// The most that is received before a head is complete: interim responses, HTTP/2 frames, and what a server sends of
/// the body in one go with the head count too.
const MAX_BEFORE_HEAD: u64 = 2 * MAX_HEAD as u64;

/// What the peer was agreed to speak.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// HTTP/1.1 (RFC 9112).
    Http1,
    /// HTTP/2 (RFC 9113).
    Http2,
}

/// No response head came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unanswered {
    /// Why.
    pub failure: Failure<HttpFault>,
    /// Whether the peer broke HTTP/2 off in a way that another try over HTTP/1.1 may mend: GOAWAY,
    /// `HTTP_1_1_REQUIRED`, or an answer to the preface that is none.
    pub worth_http1: bool,
}

/// A response whose head is complete, and the connection that still carries its body.
#[derive(Debug)]
pub struct Response<S: AsyncRead + AsyncWrite + Unpin> {
    /// The head; the body's facts are empty yet but for its announced length.
    pub facts: HttpFacts,
    host: String,
    reader: Reader<S>,
    count: Arc<Count>,
    /// What had been received on the connection before the request.
    before: u64,
}

#[derive(Debug)]
enum Reader<S: AsyncRead + AsyncWrite + Unpin> {
    Http1(Box<h1::Reader<Counted<S>>>),
    Http2(Box<h2::Reader<Counted<S>>>),
}

/// How an exchange goes wrong, before it is known when.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Broken {
    failure: Failure<HttpFailure>,
    worth_http1: bool,
}

impl From<Failure<HttpFailure>> for Broken {
    fn from(failure: Failure<HttpFailure>) -> Self {
        Self { failure, worth_http1: false }
    }
}

/// Sends a request and waits for the head of its response.
pub async fn send<S>(
    stream: S,
    protocol: Protocol,
    request: &Request<'_>,
    by: Instant,
) -> Result<Response<S>, Unanswered>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (stream, count) = Counted::new(stream, MAX_BEFORE_HEAD);
    let exchange = async {
        match protocol {
            Protocol::Http1 => {
                let (facts, reader) = h1::send(stream, request.http1().map_err(|reason| unsendable(&reason))?).await?;
                Ok((facts, Reader::Http1(Box::new(reader))))
            }
            Protocol::Http2 => {
                let message = request.http2().map_err(|reason| unsendable(&reason))?;
                let (facts, reader) = h2::send(stream, message, request.body.cloned()).await?;
                Ok((facts, Reader::Http2(Box::new(reader))))
            }
        }
    };
    // Boxed: on its way into the wait it would be copied more than once.
    conclude(Box::pin(exchange), protocol, request, count, 0, by).await
}

/// Waits for the head of a response, and words what keeps it from coming. So many bytes had been received `before`.
async fn conclude<S>(
    exchange: impl Future<Output = Result<(HttpFacts, Reader<S>), Broken>>,
    protocol: Protocol,
    request: &Request<'_>,
    count: Arc<Count>,
    before: u64,
    by: Instant,
) -> Result<Response<S>, Unanswered>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let outcome = timeout_at(by, exchange).await.unwrap_or(Err(Failure::Fault(HttpFailure::TimedOut).into()));
    match outcome {
        Ok((facts, reader)) => Ok(Response { facts, host: request.host().to_owned(), reader, count, before }),
        Err(Broken { failure, worth_http1 }) => {
            let received = count.received() - before;
            // A peer that cannot bear the HTTP/2 preface may also just hang up on it.
            let silent = protocol == Protocol::Http2 && received == 0;
            let lost = matches!(failure, Failure::Fault(HttpFailure::Lost(_)));
            let host = request.host().to_owned();
            let failure = failure.map(|failure| HttpFault { host, during: Moment::Head, failure, received });
            Err(Unanswered { failure, worth_http1: worth_http1 || (silent && lost) })
        }
    }
}

fn unsendable(reason: &Unsendable) -> Failure<HttpFailure> {
    Failure::Monitor(MonitorFault { operation: "make the request".to_owned(), reason: reason.to_string().into() })
}

#[cfg(test)]
mod tests;
