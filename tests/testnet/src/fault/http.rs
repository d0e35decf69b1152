//! What may meet a request.

use super::reply::Reply;

/// Ways for an HTTP answer to go wrong. But for [`HttpFault::Reply`], [`HttpFault::Date`] and the two of h2,
/// they are spoken over HTTP/1.1 only, and ALPN offers nothing else while they are set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HttpFault {
    /// Another answer than the usual one.
    Reply(Reply),
    /// The usual answer, with a Date so many seconds from now.
    Date(i64),
    /// The request is read, then nothing.
    HangBeforeHead,
    /// The request is read, then FIN.
    CloseBeforeHead,
    /// The request is read, then RST.
    ResetBeforeHead,
    /// One octet of the head a second.
    SlowHead,
    /// The head at once, then one octet of the body a second.
    SlowBody,
    /// Octets that are not HTTP.
    Garbage,
    /// Header fields without an end.
    EndlessHeaders,
    /// A body without an end.
    EndlessBody,
    /// FIN in the middle of the head.
    CloseInHead,
    /// FIN before the announced length.
    CloseInBody,
    /// RST before the announced length.
    ResetInBody,
    /// 103 after 103, and never the answer.
    InformationalFlood,
    /// One header field of 1 MiB.
    HugeHeader,
    /// 1 MiB that unpacks to more than 100 MiB.
    GzipBomb,
    /// A folded header field ([RFC 9112 section 5.2](https://www.rfc-editor.org/rfc/rfc9112#section-5.2)).
    FoldedHeader,
    /// A blank between a field's name and its colon.
    SpaceBeforeColon,
    /// h2: GOAWAY in place of an answer. HTTP/1.1 works.
    GoAway,
    /// h2: the stream is reset with `HTTP_1_1_REQUIRED`. HTTP/1.1 works.
    Http11Required,
}

impl HttpFault {
    /// Whether it is told by answers that are HTTP, so that any version has it.
    pub(crate) fn is_proper(&self) -> bool {
        matches!(self, Self::Reply(_) | Self::Date(_) | Self::GoAway | Self::Http11Required)
    }
}
