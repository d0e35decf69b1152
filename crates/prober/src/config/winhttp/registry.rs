//! The registry value `WinHttpSettings`, below
//! `HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Internet Settings\Connections`.
//!
//! Microsoft documents the value for direct access alone; the layout is what others found it to be. All numbers are
//! u32, little-endian: version, a counter, flags, then the list of proxies and the bypass list, each as its length and
//! as many characters of ASCII. Newer versions add the URL of a PAC file in the same form, and more.

use super::{Problem, Settings};

/// The longest text that is looked at: each byte takes up to four characters in a .reg file.
const MAX_TEXT: usize = 512 * 1024;

const ALWAYS: u32 = 1;
const MANUAL: u32 = 2;
const SCRIPT: u32 = 4;
const DETECT: u32 = 8;

/// Those of Windows up to 7 and since 8, and those that WinINet gives its value of the same layout.
const VERSIONS: [u32; 4] = [0x18, 0x28, 0x3c, 0x46];

/// Reads the value as hex digits, with or without blanks and commas, as `reg query` and .reg files have it.
pub(super) fn parse(text: &str) -> Result<Settings, Problem> {
    let bytes = bytes(text)?;
    let (version, rest) = number(&bytes)?;
    let (_counter, rest) = number(rest)?;
    let (flags, rest) = number(rest)?;
    if !VERSIONS.contains(&version) || flags & ALWAYS == 0 || flags > ALWAYS | MANUAL | SCRIPT | DETECT {
        return Err(Problem::Layout);
    }
    let (proxy_server, rest) = string(rest)?;
    let (bypass_list, rest) = string(rest)?;
    if !rest.is_empty() {
        let (_script, _more) = string(rest)?;
    }
    if flags & SCRIPT != 0 {
        return Err(Problem::Script);
    }
    if flags & DETECT != 0 {
        return Err(Problem::Detect);
    }
    // The lists outlive the flag.
    if flags & MANUAL == 0 {
        return Ok(Settings::Direct);
    }
    Ok(Settings::Proxies { proxy_server, bypass_list })
}

fn bytes(text: &str) -> Result<Vec<u8>, Problem> {
    if text.len() > MAX_TEXT {
        return Err(Problem::TooLong(MAX_TEXT));
    }
    let digits: Vec<u32> = data(text)
        .chars()
        // A backslash ends the line of a .reg file that goes on.
        .filter(|c| !c.is_whitespace() && !matches!(c, ',' | '\\'))
        .map(|c| c.to_digit(16).ok_or(Problem::Hex))
        .collect::<Result<_, _>>()?;
    let (pairs, rest) = digits.as_chunks::<2>();
    if !rest.is_empty() {
        return Err(Problem::CutShort);
    }
    pairs.iter().map(|[high, low]| u8::try_from(high << 4 | low).map_err(|_| Problem::Hex)).collect()
}

/// What follows the name and the type, where they come along.
fn data(text: &str) -> &str {
    let text = text.trim();
    let name = "WinHttpSettings";
    let text = text.strip_prefix('"').unwrap_or(text);
    let text = text.strip_prefix(name).map_or(text, |rest| rest.trim_start_matches(['"', '=', ' ', '\t']));
    text.strip_prefix("REG_BINARY").or_else(|| text.strip_prefix("hex:")).unwrap_or(text)
}

fn number(bytes: &[u8]) -> Result<(u32, &[u8]), Problem> {
    let (number, rest) = bytes.split_first_chunk::<4>().ok_or(Problem::CutShort)?;
    Ok((u32::from_le_bytes(*number), rest))
}

fn string(bytes: &[u8]) -> Result<(String, &[u8]), Problem> {
    let (length, rest) = number(bytes)?;
    let length = usize::try_from(length).map_err(|_| Problem::CutShort)?;
    let (text, rest) = rest.split_at_checked(length).ok_or(Problem::CutShort)?;
    // Which characters others stand for depends on the code page of the machine.
    let text = std::str::from_utf8(text).ok().filter(|text| text.is_ascii()).ok_or(Problem::NotAscii)?;
    Ok((text.to_owned(), rest))
}

#[cfg(test)]
mod tests {
    use std::fmt::Write;

    use super::*;

    const STRAIGHT: &str = "1800000000000000010000000000000000000000";

    /// A value of the documented layout.
    fn value(version: u32, flags: u32, proxy_server: &[u8], bypass_list: &[u8], more: &[u8]) -> String {
        let number = |number: u32| number.to_le_bytes();
        let length = |text: &[u8]| number(u32::try_from(text.len()).unwrap());
        let head = [number(version), number(7), number(flags), length(proxy_server)].concat();
        let all = [&head, proxy_server, &length(bypass_list), bypass_list, more].concat();
        all.iter().fold(String::new(), |mut hex, byte| {
            write!(hex, "{byte:02x}").unwrap();
            hex
        })
    }

    fn split() -> String {
        value(0x18, 3, b"http=proxy1:8080;https=proxy2:8443", b"*.contoso.com;<local>", b"")
    }

    #[test]
    fn every_flag() {
        assert_eq!(parse(STRAIGHT), Ok(Settings::Direct));
        assert_eq!(
            parse(&split()),
            Ok(Settings::proxies("http=proxy1:8080;https=proxy2:8443", "*.contoso.com;<local>"))
        );
        assert_eq!(parse(&value(0x28, 3, b"p:1", b"", &[0; 36])), Ok(Settings::proxies("p:1", "")));
        assert_eq!(parse(&value(0x46, 1, b"p:1", b"", &[0; 36])), Ok(Settings::Direct), "switched off");
        assert_eq!(parse(&value(0x28, 5, b"", b"", b"\x03\0\0\0url")), Err(Problem::Script));
        assert_eq!(parse(&value(0x28, 7, b"p:1", b"", b"\x03\0\0\0url")), Err(Problem::Script));
        assert_eq!(parse(&value(0x28, 9, b"", b"", &[0; 36])), Err(Problem::Detect));
        assert_eq!(parse(&value(0x18, 2, b"p:1", b"", b"")), Err(Problem::Layout));
        assert_eq!(parse(&value(0x18, 19, b"p:1", b"", b"")), Err(Problem::Layout));
        assert_eq!(parse(&value(0x99, 3, b"p:1", b"", b"")), Err(Problem::Layout));
    }

    #[test]
    fn every_way_to_write_it() {
        let pairs: Vec<String> =
            split().as_bytes().chunks(2).map(|pair| String::from_utf8(pair.into()).unwrap()).collect();
        let (first, rest) = pairs.split_at(20);
        for text in [
            split().to_uppercase(),
            pairs.join(" "),
            pairs.join(","),
            format!("hex:{},\\\r\n  {}", first.join(","), rest.join(",")),
            format!("\"WinHttpSettings\"=hex:{},\\\n  {}\n", first.join(","), rest.join(",")),
            format!("    WinHttpSettings    REG_BINARY    {}", split()),
        ] {
            assert_eq!(parse(&text), parse(&split()), "{text}");
        }
    }

    #[test]
    fn cut_short_anywhere_it_says_nothing() {
        for whole in [STRAIGHT, &split(), &value(0x28, 3, b"p:8080", b"<local>", b"")] {
            for end in 0..whole.len() {
                assert_eq!(parse(&whole[..end]), Err(Problem::CutShort), "{}", &whole[..end]);
            }
        }
    }

    #[test]
    fn cut_short_behind_the_lists_it_says_the_same() {
        let whole = value(0x28, 3, b"p:8080", b"<local>", b"\x03\0\0\0url\0\0\0\0");
        for end in 0..whole.len() {
            let said = parse(&whole[..end]);
            assert!(said == Err(Problem::CutShort) || said == parse(&whole), "{}: {said:?}", &whole[..end]);
        }
    }

    #[test]
    fn any_byte_replaced_is_no_panic() {
        let whole = split();
        for index in 0..whole.len() {
            for new in ["f", "0", "x", "ü"] {
                let _ = parse(&format!("{}{new}{}", &whole[..index], &whole[index + 1..]));
            }
        }
    }

    #[test]
    fn what_is_no_value() {
        let none: &[u8] = b"";
        for (text, problem) in [
            (String::new(), Problem::CutShort),
            ("{24, 0, 0}".to_owned(), Problem::Hex),
            ("hex(2):18,00".to_owned(), Problem::Hex),
            (format!("{STRAIGHT}00"), Problem::CutShort),
            (format!("{}ffffffff", &STRAIGHT[..24]), Problem::CutShort),
            (value(0x18, 3, b"pr\xf6xy:1", none, none), Problem::NotAscii),
            ("0".repeat(MAX_TEXT + 1), Problem::TooLong(MAX_TEXT)),
        ] {
            assert_eq!(parse(&text), Err(problem), "{}", text.get(..60).unwrap_or(&text));
        }
    }
}
