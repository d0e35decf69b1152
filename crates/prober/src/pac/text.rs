//! The text of a PAC file, out of whatever bytes came.

use crate::observation::{NotScript, PacFlaw};

/// Decodes a file: by its byte order mark, else by the charset of its `Content-Type` where that is a known one, else as
/// UTF-8 if it is that, and as ISO-8859-1 if not. Its media type is of no matter, as for browsers.
///
/// UTF-16 without a byte order mark is not guessed at, since browsers would not run it either.
pub(super) fn decode(bytes: &[u8], charset: Option<&str>) -> Result<String, PacFlaw> {
    let text = match bytes {
        [0xef, 0xbb, 0xbf, rest @ ..] => String::from_utf8_lossy(rest).into_owned(),
        [0xff, 0xfe, rest @ ..] => utf16(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => utf16(rest, u16::from_be_bytes),
        _ => match charset.map(str::to_ascii_lowercase).as_deref() {
            Some("utf-8" | "utf8") => String::from_utf8_lossy(bytes).into_owned(),
            Some("utf-16le") => utf16(bytes, u16::from_le_bytes),
            // RFC 2781, section 4.3: without a mark it is big-endian.
            Some("utf-16be" | "utf-16") => utf16(bytes, u16::from_be_bytes),
            _ => unmarked(bytes),
        },
    };
    match refused(&text) {
        Some(reason) => Err(PacFlaw::NotScript(reason)),
        None => Ok(text),
    }
}

fn unmarked(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => bytes.iter().copied().map(char::from).collect(),
    }
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> String {
    let units = bytes.chunks_exact(2).filter_map(|pair| pair.try_into().ok().map(unit));
    char::decode_utf16(units).map(|character| character.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
}

/// Why a text can be no script. Only what no script can be is told here; the rest is for the parser.
fn refused(text: &str) -> Option<NotScript> {
    let start = text.trim_start();
    if start.is_empty() {
        return Some(NotScript::Empty);
    }
    if text.contains('\0') {
        let ascii_pairs = text.as_bytes().chunks_exact(2).take(64).filter(|pair| pair.contains(&0)).count();
        return Some(if ascii_pairs * 2 >= text.len().min(128) / 2 { NotScript::Utf16 } else { NotScript::Binary });
    }
    // `<!--` begins a comment in scripts too (ECMA-262, annex B.1.1).
    (start.starts_with('<') && !start.starts_with("<!--")).then_some(NotScript::Html)
}

/// Whether a text that did not parse as a script is a page that begins with a comment.
pub(super) fn is_page(text: &str) -> bool {
    text.trim_start().starts_with('<')
}

/// The charset that a `Content-Type` names (RFC 9110, section 8.3.1).
pub(super) fn charset(content_type: &str) -> Option<&str> {
    content_type.split(';').skip(1).find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.trim().eq_ignore_ascii_case("charset").then(|| value.trim().trim_matches('"'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCRIPT: &str = "function FindProxyForURL() { return 'DIRECT'; } // für";

    fn utf16_bytes(bytes_of: fn(u16) -> [u8; 2]) -> Vec<u8> {
        SCRIPT.encode_utf16().flat_map(bytes_of).collect()
    }

    #[test]
    fn every_encoding_that_browsers_read() {
        let latin1: Vec<u8> = SCRIPT.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
        let marked = |mark: &[u8], rest: &[u8]| [mark, rest].concat();
        let (le, be) = (utf16_bytes(u16::to_le_bytes), utf16_bytes(u16::to_be_bytes));
        for (bytes, charset) in [
            (SCRIPT.as_bytes().to_vec(), None),
            (SCRIPT.as_bytes().to_vec(), Some("UTF-8")),
            (SCRIPT.as_bytes().to_vec(), Some("x-unknown")),
            (marked(b"\xef\xbb\xbf", SCRIPT.as_bytes()), None),
            (marked(b"\xef\xbb\xbf", SCRIPT.as_bytes()), Some("iso-8859-1")),
            (latin1.clone(), None),
            (latin1, Some("iso-8859-1")),
            (marked(b"\xff\xfe", &le), None),
            (marked(b"\xfe\xff", &be), None),
            (le.clone(), Some("utf-16le")),
            (be.clone(), Some("UTF-16")),
        ] {
            assert_eq!(decode(&bytes, charset).as_deref(), Ok(SCRIPT), "{bytes:?} as {charset:?}");
        }
    }

    #[test]
    fn what_is_no_script_is_told_by_its_kind() {
        let refused = |bytes: &[u8]| match decode(bytes, None) {
            Err(PacFlaw::NotScript(reason)) => Some(reason),
            _ => None,
        };
        assert_eq!(refused(b""), Some(NotScript::Empty));
        assert_eq!(refused(b"\xef\xbb\xbf \r\n"), Some(NotScript::Empty));
        assert_eq!(refused(b"<!DOCTYPE html><title>Sign in</title>"), Some(NotScript::Html));
        assert_eq!(refused(b"\n<html>"), Some(NotScript::Html));
        assert_eq!(refused(b"<!-- hides it from old browsers\nfunction"), None);
        assert_eq!(refused(&utf16_bytes(u16::to_le_bytes)), Some(NotScript::Utf16));
        assert_eq!(refused(&utf16_bytes(u16::to_be_bytes)), Some(NotScript::Utf16));
        assert_eq!(
            refused(b"\x7fELF\x02\x01\x01\0some bytes that are a program, not a text at all"),
            Some(NotScript::Binary)
        );
        // Half a character at the end, and halves of pairs.
        assert!(decode(b"\xff\xfea", None).is_err());
        assert_eq!(decode(b"\xff\xfea\0\x00\xd8b\0c", None).as_deref(), Ok("a\u{fffd}b"));
    }

    #[test]
    fn charsets_of_content_types() {
        assert_eq!(charset("application/x-ns-proxy-autoconfig; charset=UTF-8"), Some("UTF-8"));
        assert_eq!(charset("text/plain;format=flowed; Charset=\"iso-8859-1\""), Some("iso-8859-1"));
        assert_eq!(charset("text/html"), None);
        assert_eq!(charset("text/html; charset"), None);
    }
}
