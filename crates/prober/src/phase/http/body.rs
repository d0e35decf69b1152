//! Reading as much of a body as is needed.

use std::time::Duration;

use bytes::Bytes;
use http::HeaderMap;
use http::header::{CONTENT_LENGTH, TRANSFER_ENCODING};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::{Instant, timeout_at};

use super::large::{self, Permit};
use super::{Kept, Reader, Response};
use crate::observation::{HttpFacts, HttpFailure, HttpFault, Moment, Sample};
use crate::phase::{Failure, crl};

/// How long a body that nobody needs may take.
const UNNEEDED_PATIENCE: Duration = Duration::from_secs(1);

/// How much of a body is worth how much.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BodyRule {
    /// Where reading stops, in bytes.
    pub limit: usize,
    /// How long it may take before reading stops without that being a fault; `None` where the body is needed, and has
    /// the whole deadline.
    pub patience: Option<Duration>,
}

impl BodyRule {
    /// The body decides: an expected text, or signs of a middlebox.
    pub const NEEDED: Self = Self { limit: Sample::MAX_BYTES, patience: None };
    /// The body is looked at if it comes by itself: the head has told everything.
    pub const UNNEEDED: Self = Self { limit: Sample::MAX_BYTES, patience: Some(UNNEEDED_PATIENCE) };
    /// The body should be a CRL.
    pub const CRL: Self = Self { limit: crl::MAX_BYTES, patience: None };
}

/// A response, its body read as far as the rule asks for.
#[derive(Debug)]
pub struct Body {
    /// The response's facts, those about the body filled in, but for the sample.
    pub facts: HttpFacts,
    /// The body; at most the rule's limit.
    pub bytes: Vec<u8>,
    /// Bytes received for the whole response, head and framing included.
    pub received: u64,
    /// What kept the body from being read to its end or to the limit.
    pub fault: Option<Failure<HttpFault>>,
    /// The leave to hold a large body, as long as this one is held.
    pub(crate) permit: Option<Permit>,
}

/// The `Content-Length`, where that says how long the body is (RFC 9112, section 6.3).
pub(super) fn announced(headers: &HeaderMap) -> Option<u64> {
    if headers.contains_key(TRANSFER_ENCODING) {
        return None;
    }
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.trim().parse().ok()
}

/// How reading a body ends.
enum End {
    Complete,
    Limit,
    Patience,
    Broken(Failure<HttpFailure>),
}

impl<S: AsyncRead + AsyncWrite + Unpin> Response<S> {
    /// Reads the body, and lets go of the connection.
    pub async fn read(self, rule: BodyRule, by: Instant) -> Body {
        self.read_and_keep(rule, by).await.0
    }

    /// Reads the body; hands back the connection where it can carry another request.
    pub async fn read_and_keep(mut self, rule: BodyRule, by: Instant) -> (Body, Option<Kept<S>>) {
        let (mut bytes, mut permit) = (Vec::new(), None);
        let end = self.read_into(&mut bytes, &mut permit, rule, by).await;
        let received = self.count.received();
        let mut facts = self.facts;
        facts.body.bytes = bytes.len() as u64;
        facts.body.complete = matches!(end, End::Complete);
        facts.body.limit_reached = matches!(end, End::Limit);
        let line = match self.reader {
            Reader::Http1(reader) if facts.body.complete && reader.stays_open() => {
                Some(Kept { reader, count: self.count })
            }
            _ => None,
        };
        let host = self.host;
        let fault = match end {
            End::Broken(failure) => {
                Some(failure.map(|failure| HttpFault { host, during: Moment::Body, failure, received }))
            }
            End::Complete | End::Limit | End::Patience => None,
        };
        (Body { facts, bytes, received: received - self.before, fault, permit }, line)
    }

    async fn read_into(
        &mut self,
        bytes: &mut Vec<u8>,
        permit: &mut Option<Permit>,
        rule: BodyRule,
        by: Instant,
    ) -> End {
        // A CRL is worth nothing in part.
        if rule == BodyRule::CRL && self.facts.body.announced.is_some_and(|announced| announced > rule.limit as u64) {
            return End::Limit;
        }
        // Framing may cost a multiple of the content: a chunk of one byte takes six.
        self.count.allow(8 * rule.limit as u64);
        let until = rule.patience.map_or(by, |patience| by.min(Instant::now() + patience));
        loop {
            // Before the piece: what nobody reads stays with the sender.
            if permit.is_none() && large::is_large(bytes, self.facts.body.announced, rule.limit) {
                match timeout_at(until, large::permit()).await {
                    Ok(leave) => *permit = Some(leave),
                    Err(_) => return End::Broken(Failure::Monitor(large::no_room())),
                }
                large::make_room(bytes, self.facts.body.announced, rule.limit);
            }
            match timeout_at(until, self.reader.next()).await {
                Ok(Some(Ok(piece))) if append(bytes, &piece, rule.limit) => {}
                Ok(Some(Ok(_))) => return End::Limit,
                Ok(Some(Err(failure))) => return End::Broken(failure),
                Ok(None) => return End::Complete,
                Err(_) if rule.patience.is_some() => return End::Patience,
                Err(_) => return End::Broken(Failure::Fault(HttpFailure::TimedOut)),
            }
        }
    }
}

/// Adds a piece as far as the limit lets it; says whether all of it found room.
fn append(bytes: &mut Vec<u8>, piece: &Bytes, limit: usize) -> bool {
    let room = limit.saturating_sub(bytes.len());
    bytes.extend_from_slice(piece.get(..room).unwrap_or(piece));
    piece.len() <= room
}

impl<S: AsyncRead + AsyncWrite + Unpin> Reader<S> {
    async fn next(&mut self) -> Option<Result<Bytes, Failure<HttpFailure>>> {
        match self {
            Self::Http1(reader) => reader.next().await,
            Self::Http2(reader) => reader.next().await,
        }
    }
}
