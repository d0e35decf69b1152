//! The head of a proxy's answer, read as leniently as an origin's.

use httparse::{EMPTY_HEADER, Header, ParserConfig, Response, Status};

use super::refusal::Framing;
use crate::observation::{Challenge, Headers};
use crate::text::Clean;

/// A complete head.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Head {
    /// Its length in bytes, the empty line included.
    pub(super) length: usize,
    pub(super) status: u16,
    pub(super) reason: Option<Clean>,
    pub(super) headers: Headers,
    /// Whether another request may follow on the connection (RFC 9112, section 9.3).
    pub(super) stays_open: bool,
    /// How its body ends.
    pub(super) framing: Framing,
    /// What a 407 asks for, read before the headers are shortened: tokens are long.
    pub(super) challenges: Vec<Challenge>,
}

/// How far the bytes so far make a head.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Parsed {
    Partial,
    Complete(Head),
    /// Not HTTP, in words.
    Invalid(Clean),
}

/// Reads the head that these bytes start with. The first `searched` of them were seen to hold no end of a head: without
/// that, a peer that sends single bytes would have us parse the same ones again and again.
pub(super) fn parse_head(bytes: &[u8], searched: usize) -> Parsed {
    if !may_start_a_status_line(bytes) {
        return Parsed::Invalid(Clean::from_bytes(bytes.get(..256).unwrap_or(bytes)));
    }
    // Empty lines before the status line end nothing.
    let start = bytes.len() - bytes.trim_ascii_start().len();
    let fresh = bytes.get(searched.saturating_sub(3).max(start)..).unwrap_or_default();
    if !holds_empty_line(fresh) {
        return Parsed::Partial;
    }
    let mut headers = [EMPTY_HEADER; Headers::MAX];
    let mut response = Response::new(&mut headers);
    match lenient().parse_response(&mut response, bytes) {
        Ok(Status::Partial) => Parsed::Partial,
        Ok(Status::Complete(length)) => Parsed::Complete(head(length, &response)),
        Err(error) => Parsed::Invalid(Clean::new(&error.to_string())),
    }
}

fn head(length: usize, response: &Response<'_, '_>) -> Head {
    let values = |wanted: &'static str| {
        values(response.headers, wanted).map(|value| String::from_utf8_lossy(value).into_owned())
    };
    let says = |wanted: &str| {
        let mut options = values("connection").chain(values("proxy-connection"));
        options.any(|value| value.split(',').any(|option| option.trim().eq_ignore_ascii_case(wanted)))
    };
    let status = response.code.unwrap_or_default();
    let asked: Vec<String> = if status == 407 { values("proxy-authenticate").collect() } else { Vec::new() };
    Head {
        length,
        status,
        reason: response.reason.map(Clean::new),
        headers: Headers(
            response
                .headers
                .iter()
                .map(|header| (Headers::name(header.name), Clean::from_bytes(header.value)))
                .collect(),
        ),
        stays_open: !says("close") && (response.version == Some(1) || says("keep-alive")),
        framing: Framing::of(response.headers),
        challenges: Challenge::read_all(asked.iter().map(String::as_str)),
    }
}

/// The values of the headers of a name, as they came.
pub(super) fn values<'h>(headers: &'h [Header<'h>], wanted: &'static str) -> impl DoubleEndedIterator<Item = &'h [u8]> {
    let named = headers.iter().filter(move |header| header.name.eq_ignore_ascii_case(wanted));
    named.map(|header| header.value)
}

fn lenient() -> ParserConfig {
    let mut config = ParserConfig::default();
    config
        .allow_spaces_after_header_name_in_responses(true)
        .allow_obsolete_multiline_headers_in_responses(true)
        .allow_multiple_spaces_in_response_status_delimiters(true)
        .allow_space_before_first_header_name(true)
        .ignore_invalid_headers_in_responses(true);
    config
}

/// Whether bytes are the start of a status line, empty lines before it let pass.
fn may_start_a_status_line(bytes: &[u8]) -> bool {
    const START: &[u8] = b"HTTP/1.";
    let line = bytes.trim_ascii_start();
    let length = line.len().min(START.len());
    line.get(..length) == START.get(..length)
}

fn holds_empty_line(bytes: &[u8]) -> bool {
    bytes.windows(2).any(|pair| pair == b"\n\n") || bytes.windows(3).any(|three| three == b"\n\r\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANSWER: &[u8] =
        b"HTTP/1.1 403 Go away\r\nX-Squid-Error : ERR_ACCESS_DENIED 0\r\nVia:\r\n 1.1 squid\r\n\r\nrest";

    fn complete(bytes: &[u8]) -> Head {
        match parse_head(bytes, 0) {
            Parsed::Complete(head) => head,
            other => panic!("{other:?} from {}", String::from_utf8_lossy(bytes)),
        }
    }

    #[test]
    fn a_head_is_read_leniently_and_its_end_is_known() {
        let head = complete(ANSWER);
        assert_eq!(&ANSWER[head.length..], b"rest");
        assert_eq!((head.status, head.reason.as_ref().map(Clean::as_str)), (403, Some("Go away")));
        assert_eq!(head.headers.get("x-squid-error"), Some("ERR_ACCESS_DENIED 0"));
        assert_eq!(head.headers.get("via"), Some("1.1 squid"));
    }

    #[test]
    fn every_prefix_is_partial_wherever_the_search_left_off() {
        let end = ANSWER.len() - b"rest".len();
        for length in 0..end {
            assert_eq!(parse_head(&ANSWER[..length], length.saturating_sub(1)), Parsed::Partial, "{length}");
        }
        assert!(matches!(parse_head(&ANSWER[..end], end - 1), Parsed::Complete(_)));
    }

    #[test]
    fn empty_lines_before_a_head_do_not_end_it() {
        // Whole or in pieces, nothing is known of it yet.
        for length in 0..=21 {
            assert_eq!(parse_head(&b"\r\n\r\nHTTP/1.1 nonsense"[..length], 0), Parsed::Partial, "{length}");
        }
        assert_eq!(complete(b"\r\n\r\n\n\nHTTP/1.1 204 None\r\n\r\n").status, 204);
    }

    #[test]
    fn odd_but_understood() {
        assert_eq!(complete(b"HTTP/1.0 200\r\n\r\n").status, 200);
        assert_eq!(complete(b"HTTP/1.1  200  Connection established\n\n").status, 200);
        assert_eq!(complete(b"\r\nHTTP/1.1 200 OK\r\n\r\n").status, 200);
        assert_eq!(complete(b"HTTP/1.1 200 OK\r\nno colon here\r\nA: b\r\n\r\n").headers.get("a"), Some("b"));
    }

    #[test]
    fn a_name_without_end_is_kept_as_short_as_a_value() {
        let long = "A".repeat(5000);
        let head = complete(format!("HTTP/1.1 403 No\r\n{long}: {long}\r\n\r\n").as_bytes());
        let kept = head.headers.0.first().map(|(name, value)| (name.len(), value.as_str().chars().count()));
        assert_eq!(kept, Some((Clean::MAX_CHARS, Clean::MAX_CHARS)));
    }

    #[test]
    fn what_is_no_http_is_shown() {
        for garbage in [&b"SSH-2.0-OpenSSH_9.2\r\n"[..], b"\x05\xff", b"<html>", b"HTTP/2 200\r\n\r\n"] {
            assert_eq!(parse_head(garbage, 0), Parsed::Invalid(Clean::from_bytes(garbage)));
        }
        assert!(matches!(parse_head(b"HTTP/1.1 OK fine\r\n\r\n", 0), Parsed::Invalid(_)));
        let many = format!("HTTP/1.1 200 OK\r\n{}\r\n", "A: b\r\n".repeat(101));
        assert_eq!(parse_head(many.as_bytes(), 0), Parsed::Invalid(Clean::new("too many headers")));
    }
}
