//! What a proxy offers in `Proxy-Authenticate` (RFC 9110, section 11.6.1), read as leniently as clients do.

use crate::text::Clean;

/// One challenge: a scheme, and what comes with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Challenge {
    /// The scheme's name as sent.
    pub scheme: Clean,
    /// The realm, where one is named: which credentials would do.
    pub realm: Option<Clean>,
    /// The token of schemes that go several rounds, in base64 as sent; no longer than the header that it came in.
    pub token: Option<String>,
}

impl Challenge {
    /// The most challenges read of one answer.
    pub const MAX: usize = 16;

    /// Reads the values of all `Proxy-Authenticate` headers of one answer: each may hold several challenges.
    pub fn read_all<'v>(values: impl IntoIterator<Item = &'v str>) -> Vec<Self> {
        let mut challenges = Vec::new();
        for value in values {
            read(value, &mut challenges);
        }
        challenges
    }
}

/// Commas part challenges as well as parameters: a word that an equals sign follows belongs to the challenge before.
fn read(value: &str, challenges: &mut Vec<Challenge>) {
    let mut rest = value;
    let mut current: Option<Challenge> = None;
    loop {
        rest = rest.trim_start_matches([' ', '\t', ',']);
        let (word, after) = split_word(rest);
        if word.is_empty() {
            // Nothing that may stand here: what follows the next comma may be well again.
            match rest.split_once(',') {
                Some((_, after)) => rest = after,
                None => break,
            }
            continue;
        }
        if let Some((name, value, after)) = parameter(rest) {
            if let Some(challenge) = &mut current
                && name.eq_ignore_ascii_case("realm")
                && challenge.realm.is_none()
            {
                challenge.realm = Some(Clean::new(&value));
            }
            rest = after;
            continue;
        }
        if challenges.len() + usize::from(current.is_some()) >= Challenge::MAX {
            break;
        }
        let (token, after) = token(after);
        challenges.extend(current.replace(Challenge { scheme: Clean::bounded(word, 40), realm: None, token }));
        rest = after;
    }
    challenges.extend(current);
}

/// A token of RFC 9110, section 5.6.2, and what follows it.
fn split_word(text: &str) -> (&str, &str) {
    let end = text.find(|c: char| !c.is_ascii_alphanumeric() && !"!#$%&'*+-.^_`|~".contains(c));
    text.split_at(end.unwrap_or(text.len()))
}

/// `name = value` or `name = "value"`, and what follows; `None` where the text starts otherwise.
fn parameter(text: &str) -> Option<(&str, String, &str)> {
    let (name, after) = split_word(text);
    let value = after.trim_start_matches([' ', '\t']).strip_prefix('=')?.trim_start_matches([' ', '\t']);
    if let Some(quoted) = value.strip_prefix('"') {
        let (value, rest) = unquote(quoted);
        // Some proxies forget to escape quotes within: what stands there up to the next comma is no scheme.
        return Some((name, value, rest.find(',').and_then(|comma| rest.get(comma..)).unwrap_or_default()));
    }
    let (value, rest) = value.split_at(value.find(',').unwrap_or(value.len()));
    Some((name, value.trim().to_owned(), rest))
}

/// The inside of a quoted string, up to its end or, where it has none, that of the header.
fn unquote(text: &str) -> (String, &str) {
    let mut value = String::new();
    let mut escaped = false;
    for (index, character) in text.char_indices() {
        match character {
            '"' if !escaped => return (value, text.get(index + 1..).unwrap_or_default()),
            '\\' if !escaped => escaped = true,
            other => {
                escaped = false;
                value.push(other);
            }
        }
    }
    (value, "")
}

/// A token68 behind a scheme: base64 that ends with the challenge.
fn token(text: &str) -> (Option<String>, &str) {
    let start = text.trim_start_matches([' ', '\t']);
    if start.len() == text.len() {
        return (None, text);
    }
    let end = start.find(|c: char| !c.is_ascii_alphanumeric() && !"-._~+/".contains(c)).unwrap_or(start.len());
    let (base, padding) = start.split_at(end);
    let rest = padding.trim_start_matches('=');
    let ends = rest.trim_start_matches([' ', '\t']);
    if base.is_empty() || !(ends.is_empty() || ends.starts_with(',')) {
        return (None, start);
    }
    let length = start.len() - rest.len();
    (start.get(..length).map(str::to_owned), rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Scheme, realm and token of every challenge, in one line each.
    fn read_lines(values: &[&str]) -> Vec<String> {
        let line = |challenge: Challenge| {
            let realm = challenge.realm.map(|realm| format!(" [{realm}]")).unwrap_or_default();
            let token = challenge.token.map(|token| format!(" <{token}>")).unwrap_or_default();
            format!("{}{realm}{token}", challenge.scheme)
        };
        Challenge::read_all(values.iter().copied()).into_iter().map(line).collect()
    }

    #[test]
    fn several_in_one_header_and_in_several() {
        for (values, expected) in [
            (&["Negotiate", "NTLM", "Basic realm=\"proxy\""][..], &["Negotiate", "NTLM", "Basic [proxy]"][..]),
            (&["Negotiate, NTLM, Basic realm=proxy"], &["Negotiate", "NTLM", "Basic [proxy]"]),
            (
                &["Digest realm=\"a, b\", nonce=\"x=,y\", qop=\"auth\", Basic realm=\"c\\\"d\", charset=\"UTF-8\""],
                &["Digest [a, b]", "Basic [c\"d]"],
            ),
            (&["NTLM TlRMTVNTUAAC+/==", "Basic realm = \"x\" "], &["NTLM <TlRMTVNTUAAC+/==>", "Basic [x]"]),
            (&["Negotiate oYG2MIGzoAMKAQE=, NTLM TlRM"], &["Negotiate <oYG2MIGzoAMKAQE=>", "NTLM <TlRM>"]),
            (&["  ,, basic   REALM=\"X\""], &["basic [X]"]),
            (&["Basic realm=\"one\", realm=\"two\""], &["Basic [one]"]),
            (&["Basic realm=\"the \"big\" proxy\", NTLM"], &["Basic [the]", "NTLM"]),
        ] {
            assert_eq!(read_lines(values), expected, "{values:?}");
        }
    }

    #[test]
    fn what_makes_no_sense_ends_somewhere() {
        for (value, expected) in [
            ("", &[][..]),
            ("realm=\"nobody's\"", &[]),
            ("Basic realm=\"without an end", &["Basic [without an end]"]),
            ("\u{1b}[31m, Basic realm=\"\u{1b}[31m\u{202e}x\"", &["Basic [[31mx]"]),
            ("NTLM !!not base64!!", &["NTLM", "!!not", "base64!!"]),
            ("(((, NTLM", &["NTLM"]),
            ("Basic realm=", &["Basic <realm=>"]),
        ] {
            assert_eq!(read_lines(&[value]), expected, "{value}");
        }
    }

    #[test]
    fn a_flood_is_cut() {
        let flood = "Basic, ".repeat(10_000);
        assert_eq!(Challenge::read_all([flood.as_str(), "NTLM"]).len(), Challenge::MAX);
        let long = format!("Basic realm=\"{}\"", "r".repeat(60_000));
        let realm = Challenge::read_all([long.as_str()]).remove(0).realm.unwrap();
        assert_eq!(realm.as_str().chars().count(), Clean::MAX_CHARS);
    }
}
