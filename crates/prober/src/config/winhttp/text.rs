//! Text from Windows, as its shells write it into files.

use super::Problem;

/// Reads UTF-8, or UTF-16 with a byte order mark as PowerShell's `>` writes it; a mark is no part of the text.
pub(super) fn decode(bytes: &[u8]) -> Result<String, Problem> {
    match bytes {
        [0xff, 0xfe, rest @ ..] => utf16(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => utf16(rest, u16::from_be_bytes),
        [0xef, 0xbb, 0xbf, rest @ ..] => utf8(rest),
        all => utf8(all),
    }
}

fn utf8(bytes: &[u8]) -> Result<String, Problem> {
    // What cmd's `>` writes is in the console's own code page, of which only the ASCII part is ever sure.
    std::str::from_utf8(bytes).map(str::to_owned).map_err(|_| Problem::Encoding)
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
