//! `winhttp` of a path: the settings of `netsh winhttp set proxy`, in one of the forms in which Windows gives them away.

mod advproxy;
mod registry;
mod show_output;
mod text;

use std::path::Path as FilePath;

use super::cursor::{Cursor, Map};
use crate::plan::{Credentials, WinHttpProxies};
use crate::route::{WinHttpListProblem, parse_winhttp, parse_winhttp_bypass};
use crate::text::Clean;

const KEYS: &[&str] = &["proxy_server", "bypass_list", "show_output", "registry", "advproxy"];

/// What one of the forms says.
#[derive(Debug, PartialEq, Eq)]
enum Settings {
    /// No proxy at all.
    Direct,
    /// The two lists, as they were set.
    Proxies { proxy_server: String, bypass_list: String },
}

impl Settings {
    fn proxies(proxy_server: &str, bypass_list: &str) -> Self {
        Self::Proxies { proxy_server: proxy_server.to_owned(), bypass_list: bypass_list.to_owned() }
    }
}

/// Why a form cannot be read, or not be followed. `Display` quotes nothing of it.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
enum Problem {
    #[error("this is neither UTF-8 nor whole UTF-16 with a byte order mark")]
    Encoding,
    #[error("a list in this is not ASCII")]
    NotAscii,
    #[error("longer than {0} bytes")]
    TooLong(usize),
    #[error("this is cut short")]
    CutShort,
    #[error("this is not what netsh winhttp show proxy prints")]
    NoOutput,
    #[error("this is not what netsh winhttp show proxy prints in English")]
    Localised,
    #[error("the lines below the heading are not those that netsh prints in English")]
    Line,
    #[error("more lines follow than netsh prints; perhaps a long line was wrapped")]
    MoreLines,
    #[error("this is no hexadecimal value")]
    Hex,
    #[error("this is no value of WinHttpSettings whose layout is known")]
    Layout,
    #[error("there is no JSON in this")]
    NoJson,
    #[error("the JSON in this is not that of netsh winhttp show advproxy (line {line})")]
    Json { line: usize },
    #[error("a PAC file is set there, not proxies")]
    Script,
    #[error("automatic detection (WPAD) is set there: what it finds depends on the client's own network")]
    Detect,
}

impl Problem {
    fn help(&self) -> Option<&'static str> {
        match self {
            Self::Localised | Self::Line => Some("elsewhere use registry or advproxy, which no language changes"),
            Self::CutShort => Some("give it whole, with the end of its last line"),
            Self::MoreLines => Some("write the output into a file with >"),
            Self::Encoding => Some("write it with PowerShell's >, or save it as UTF-8"),
            Self::Script => Some("write {pac: …} with its URL"),
            Self::Detect => Some("write {pac: …} with the URL that the clients find"),
            _ => None,
        }
    }
}

/// Reads the settings. `credentials` are for every proxy that they name.
pub(super) fn read(cursor: &Cursor<'_>, credentials: Option<&Credentials>) -> Option<WinHttpProxies> {
    let map = cursor.section(KEYS)?;
    let (form, settings) = form(cursor, &map)?;
    match settings {
        Ok(Settings::Direct) => Some(WinHttpProxies::default()),
        Ok(Settings::Proxies { proxy_server, bypass_list }) => {
            let own_key = map.get("bypass_list");
            let bypass = told(own_key.as_ref().unwrap_or(&form), parse_winhttp_bypass(&bypass_list));
            let proxies = told(&form, parse_winhttp(&proxy_server, credentials));
            Some(WinHttpProxies { bypass: bypass?, ..proxies? })
        }
        Err(problem) => match problem.help() {
            Some(help) => form.fault_with_help(problem.to_string(), help),
            None => form.fault(problem.to_string()),
        },
    }
}

/// What was read of a list; what is wrong with it is noted at its key.
fn told<T>(at: &Cursor<'_>, read: Result<T, WinHttpListProblem>) -> Option<T> {
    read.map_or_else(|problem| at.fault(problem.to_string()), Some)
}

type Read = Result<Settings, Problem>;

/// The one form that is there, and what it says.
fn form<'a>(cursor: &Cursor<'a>, map: &Map<'a>) -> Option<(Cursor<'a>, Read)> {
    let forms = ["proxy_server", "show_output", "registry", "advproxy"];
    let mut there = forms.into_iter().filter_map(|key| Some((key, map.get(key)?)));
    let Some((key, form)) = there.next() else {
        return cursor.fault_with_help("this says nothing of proxies", format!("write one of {}", forms.join(", ")));
    };
    if let Some((_, second)) = there.next() {
        return second.fault(format!("{key} is there too; one of the two is needed"));
    }
    let bypass_list = map.get("bypass_list");
    if let Some(bypass_list) = bypass_list.as_ref().filter(|_| key != "proxy_server") {
        return bypass_list.fault(format!("{key} has a bypass list of its own"));
    }
    let settings = match key {
        "proxy_server" => Ok(Settings::proxies(form.text()?, bypass_list.map_or(Some(""), |list| list.text())?)),
        "registry" => registry::parse(form.text()?),
        "advproxy" => file(&form)?.and_then(|text| advproxy::parse(&text)),
        _ => file(&form)?.and_then(|text| show_output::parse(&text)),
    };
    Some((form, settings))
}

fn file(cursor: &Cursor<'_>) -> Option<Result<String, Problem>> {
    match cursor.reading.sources.read(FilePath::new(cursor.text()?)) {
        Ok(bytes) => Some(text::decode(&bytes)),
        Err(error) => cursor.fault(format!("cannot read {}: {}", cursor.shown(), Clean::new(&error.to_string()))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PRINTED: &str = "\r\nCurrent WinHTTP proxy settings:\r\n\r\n    Proxy Server(s) :  corp.proxy:8080\r\n    \
        Bypass List     :  (none)\r\n\r\n";

    fn read(bytes: &[u8]) -> Read {
        text::decode(bytes).and_then(|text| show_output::parse(&text))
    }

    fn encodings() -> [Vec<u8>; 4] {
        let units = || "\u{feff}".encode_utf16().chain(PRINTED.encode_utf16());
        [
            PRINTED.as_bytes().to_vec(),
            format!("\u{feff}{PRINTED}").into_bytes(),
            units().flat_map(u16::to_le_bytes).collect(),
            units().flat_map(u16::to_be_bytes).collect(),
        ]
    }

    #[test]
    fn a_file_cut_short_anywhere_says_nothing_or_the_same() {
        let expected = Ok(Settings::proxies("corp.proxy:8080", "(none)"));
        for bytes in encodings() {
            assert_eq!(read(&bytes), expected);
            let told =
                (0..bytes.len()).filter(|end| read(&bytes[..*end]).is_ok_and(|said| Ok(said) == expected)).count();
            let wrong = (0..bytes.len()).find(|end| read(&bytes[..*end]).is_ok_and(|said| Ok(said) != expected));
            assert_eq!(wrong, None, "{bytes:?}");
            assert!(told <= 6, "only the empty line at the end may be missing, not {told} bytes");
        }
    }

    #[test]
    fn any_byte_replaced_is_never_taken_for_direct_access() {
        for bytes in encodings() {
            for index in 0..bytes.len() {
                for new in [0, b' ', b'\n', b':', 0x80, 0xff] {
                    let mut bytes = bytes.clone();
                    bytes[index] = new;
                    assert_ne!(read(&bytes), Ok(Settings::Direct), "{new} at {index}");
                }
            }
        }
    }
}
