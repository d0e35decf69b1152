//! What a PAC file answers.

use super::world::is_kept;
use crate::observation::{RouteFacts, Via};
use crate::pac::{Answer, Entry};

/// The most entries, and the most that mean nothing.
const MAX_ENTRIES: usize = 32;
/// The longest name of a host (RFC 1035, section 2.3.4), in brackets or with a port.
const MAX_SHOWN: usize = 300;

/// Reads a text as the answer of `FindProxyForURL`.
pub fn pac_answer(octets: &[u8]) {
    // Engines give out text.
    let text = String::from_utf8_lossy(octets);
    let answer = Answer::parse(&text);
    assert!((1..=MAX_ENTRIES).contains(&answer.entries.len()), "{} entries", answer.entries.len());
    assert!(answer.malformed.len() <= MAX_ENTRIES, "{} that mean nothing", answer.malformed.len());
    is_kept(&answer.malformed);
    for entry in &answer.entries {
        usable(entry);
    }

    let again = Answer::parse(&written(&answer.entries));
    assert_eq!(
        again,
        Answer { entries: answer.entries.clone(), malformed: Vec::new() },
        "as it is written, it is read"
    );
    assert_eq!(Answer::parse(&format!(" ;;\t{text} ; ")), answer, "nothing between semicolons says nothing");
    assert_eq!(Answer::parse(&text.to_ascii_uppercase()).entries, answer.entries, "case says nothing");
    let says_something = text.split(';').any(|part| !part.trim().is_empty());
    if says_something && answer.malformed.is_empty() && answer.entries.len() <= MAX_ENTRIES / 2 {
        let twice = [&*answer.entries, &answer.entries].concat();
        assert_eq!(Answer::parse(&format!("{text};{text}")).entries, twice, "each is read on its own");
    }
}

/// One that can be tried, and told of.
fn usable(entry: &Entry) {
    let shown = entry.to_string();
    assert!(shown.len() <= MAX_SHOWN && !shown.contains([';', '\r', '\n']), "{shown:?}");
    let Entry::Proxy(proxy) = entry else { return };
    assert!(proxy.port != 0 && proxy.credentials.is_none() && !proxy.host.to_string().is_empty(), "{shown:?}");
    is_kept(&RouteFacts::Proxy(Via::from(proxy)));
}

/// The list as a file would say it. Files have no word for who resolves a name with SOCKS5: the server does.
fn written(entries: &[Entry]) -> String {
    let entries: Vec<String> =
        entries.iter().map(|entry| entry.to_string().replacen("SOCKS5H ", "SOCKS5 ", 1)).collect();
    entries.join("; ")
}
