//! The body of an answer that opens no tunnel.

use httparse::Header;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::time::{Instant, timeout_at};

use super::chunked;
use super::head::values;
use crate::observation::Sample;

/// How a body ends (RFC 9112, section 6.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Framing {
    /// With its last chunk.
    Chunked,
    /// After so many octets.
    Length(usize),
    /// With the connection, or nowhere that could be known.
    Close,
}

impl Framing {
    /// What headers as they came say of it: shortened ones could have lost the end of their list.
    ///
    /// A coding rules over a length, and the last one over the end. A list with other octets than those of ASCII is none, and
    /// leaves the end unknown: so the origins' answers are read too.
    pub(super) fn of(headers: &[Header<'_>]) -> Self {
        if let Some(codings) = values(headers, "transfer-encoding").next_back() {
            let last = codings.rsplit(|octet| *octet == b',').next().unwrap_or_default().trim_ascii();
            let chunked = codings.is_ascii() && last.eq_ignore_ascii_case(b"chunked");
            return if chunked { Self::Chunked } else { Self::Close };
        }
        let length = values(headers, "content-length").next().and_then(|length| str::from_utf8(length).ok());
        length.and_then(|length| length.trim().parse().ok()).map_or(Self::Close, Self::Length)
    }
}

/// Reads a refusal's body as far as it comes: to its announced end, our limit, or the end of patience. Says whether that
/// was its announced end, behind which the next answer may follow.
pub(super) async fn read<S>(stream: &mut S, mut body: Vec<u8>, framing: Framing, by: Instant) -> (Sample, bool)
where
    S: AsyncRead + Unpin,
{
    let limit = match framing {
        Framing::Length(length) => length.min(Sample::MAX_BYTES),
        Framing::Chunked | Framing::Close => Sample::MAX_BYTES,
    };
    let is_chunked = framing == Framing::Chunked;
    while body.len() < limit && !(is_chunked && chunked::is_complete(&body)) {
        body.reserve(2048);
        let room = (limit - body.len()) as u64;
        match timeout_at(by, (&mut *stream).take(room).read_buf(&mut body)).await {
            Ok(Ok(1..)) => {}
            Ok(Ok(0) | Err(_)) | Err(_) => break,
        }
    }
    body.truncate(limit);
    match framing {
        Framing::Chunked => (Sample::new(&chunked::decode(&body)), chunked::is_complete(&body)),
        Framing::Length(length) => (Sample::new(&body), length == body.len()),
        Framing::Close => (Sample::new(&body), false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn framing(headers: &[(&'static str, &'static [u8])]) -> Framing {
        let headers: Vec<_> = headers.iter().map(|&(name, value)| Header { name, value }).collect();
        Framing::of(&headers)
    }

    #[test]
    fn the_last_coding_rules_and_then_the_length() {
        let length = ("Content-Length", &b" 2"[..]);
        assert_eq!(framing(&[]), Framing::Close);
        assert_eq!(framing(&[length]), Framing::Length(2));
        assert_eq!(framing(&[("content-length", b"-1")]), Framing::Close);
        for (codings, expected) in [
            (&b"chunked"[..], Framing::Chunked),
            (b"gzip,\tChunked ", Framing::Chunked),
            (b"chunked, gzip", Framing::Close),
            (b"", Framing::Close),
            (b"gzi\xfap, chunked", Framing::Close),
        ] {
            assert_eq!(framing(&[length, ("TRANSFER-ENCODING", codings)]), expected, "{codings:?}");
        }
        let both = [("Transfer-Encoding", &b"chunked"[..]), ("Transfer-Encoding", &b"gzip"[..])];
        assert_eq!(framing(&both), Framing::Close);
    }

    #[test]
    fn a_list_longer_than_what_is_kept_of_it_still_ends_with_its_last() {
        let list = format!("{}chunked", "x,".repeat(500));
        let header = Header { name: "Transfer-Encoding", value: list.as_bytes() };
        assert_eq!(Framing::of(&[header]), Framing::Chunked);
    }
}
