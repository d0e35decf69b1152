//! The chunked coding (RFC 9112, section 7.1), as far as a refusal's body needs it.

use httparse::{Status, parse_chunk_size};

/// Whether the last chunk is in.
pub(super) fn is_complete(body: &[u8]) -> bool {
    walk(body, |_| {})
}

/// The content; what is cut or no chunk ends it.
pub(super) fn decode(body: &[u8]) -> Vec<u8> {
    let mut content = Vec::with_capacity(body.len());
    walk(body, |chunk| content.extend_from_slice(chunk));
    content
}

/// Hands out every chunk, the cut last one included; says whether the end was reached.
fn walk(mut body: &[u8], mut visit: impl FnMut(&[u8])) -> bool {
    while let Ok(Status::Complete((start, size))) = parse_chunk_size(body) {
        if size == 0 {
            return true;
        }
        let chunk = body.get(start..).unwrap_or_default();
        let length = usize::try_from(size).unwrap_or(usize::MAX).min(chunk.len());
        let (chunk, rest) = chunk.split_at(length);
        visit(chunk);
        body = rest.strip_prefix(b"\r\n").unwrap_or(rest);
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_are_joined_and_the_end_is_seen() {
        for (body, content, complete) in [
            (&b"4\r\nERR_\r\n6\r\nACCESS\r\n0\r\n\r\n"[..], &b"ERR_ACCESS"[..], true),
            (b"4\r\nERR_\r\n6\r\nACC", b"ERR_ACC", false),
            (b"4\r\nERR_\r\n", b"ERR_", false),
            (b"ffffffffffffffff\r\nx", b"x", false),
            (b"not chunked at all", b"", false),
            (b"", b"", false),
        ] {
            assert_eq!(decode(body), content);
            assert_eq!(is_complete(body), complete, "{}", String::from_utf8_lossy(body));
        }
    }
}
