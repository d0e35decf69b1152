//! Text from Windows, as its shells write it into files.

use super::Problem;

/// Reads UTF-16 with a byte order mark, as PowerShell's `>` writes it, or else UTF-8; a mark is no part of the text.
///
/// What cmd's `>` writes is in the console's own code page: of that only the ASCII part is sure, and the rest becomes
/// replacement characters, which nothing that matters may hold.
pub(super) fn decode(bytes: &[u8]) -> Result<String, Problem> {
    match bytes {
        [0xff, 0xfe, rest @ ..] => utf16(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => utf16(rest, u16::from_be_bytes),
        [0xef, 0xbb, 0xbf, rest @ ..] => utf8(rest),
        all => utf8(all),
    }
}

fn utf8(bytes: &[u8]) -> Result<String, Problem> {
    // UTF-16 that has lost its mark.
    if bytes.contains(&0) { Err(Problem::Encoding) } else { Ok(String::from_utf8_lossy(bytes).into_owned()) }
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Result<String, Problem> {
    let (pairs, rest) = bytes.as_chunks::<2>();
    let text = char::decode_utf16(pairs.iter().map(|pair| unit(*pair))).collect::<Result<String, _>>();
    if rest.is_empty() { text.map_err(|_| Problem::Encoding) } else { Err(Problem::Encoding) }
}

/// Whether a line is what a shell prints before a command, with the command itself where one is named.
pub(super) fn is_prompt(line: &str, command: &str) -> bool {
    let Some((place, typed)) = line.trim().split_once('>') else { return false };
    let folder = place.strip_prefix("PS ").unwrap_or(place).as_bytes();
    matches!(folder, [drive, b':', b'\\', ..] if drive.is_ascii_alphabetic())
        && (typed.trim().is_empty() || typed.to_ascii_lowercase().contains(command))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_encoding() {
        for (bytes, text) in [
            (&b"a\r\nb"[..], Ok("a\r\nb")),
            ("\u{feff}a ö".as_bytes(), Ok("a ö")),
            (b"a \xf6", Ok("a \u{fffd}")),
            (b"\xff\xfea\0\xf6\0", Ok("aö")),
            (b"\xfe\xff\0a\0\xf6", Ok("aö")),
            (b"\xff\xfea\0b", Err(Problem::Encoding)),
            (b"\xff\xfe\x00\xd8", Err(Problem::Encoding)),
            (b"a\0b\0", Err(Problem::Encoding)),
            (b"", Ok("")),
        ] {
            assert_eq!(decode(bytes), text.map(str::to_owned), "{bytes:?}");
        }
    }

    #[test]
    fn what_a_prompt_is() {
        for (line, prompt) in [
            ("C:\\>", true),
            ("  PS D:\\x y> NETSH winhttp show proxy ", true),
            ("C:\\>dir", false),
            ("*.contoso.com;<local>", false),
            ("C:\\", false),
            ("", false),
        ] {
            assert_eq!(is_prompt(line, "netsh winhttp show proxy"), prompt, "{line:?}");
        }
    }
}
