//! What `netsh winhttp show proxy` prints.
//!
//! ```text
//! Current WinHTTP proxy settings:
//!
//!     Proxy Server(s) :  http=proxy1:8080;https=proxy2:8443
//!     Bypass List     :  *.contoso.com;<local>
//!
//! ```
//!
//! The words are those of Windows in English; it prints others elsewhere, which are refused, since a proxy that is
//! missed in them would pass for direct access.

use super::text::is_prompt;
use super::{Problem, Settings};

const COMMAND: &str = "netsh winhttp show proxy";
const HEADING: &str = "Current WinHTTP proxy settings:";
const DIRECT: &str = "Direct access (no proxy server).";
const PROXIES: &str = "Proxy Server(s)";
const BYPASS: &str = "Bypass List";

/// Reads the output, whole and unchanged; a shell's prompt before and after it is overlooked.
pub(super) fn parse(text: &str) -> Result<Settings, Problem> {
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let heading = lines.find(|line| !is_prompt(line, COMMAND)).ok_or(Problem::NoOutput)?;
    if heading != HEADING {
        return Err(if HEADING.starts_with(heading) { Problem::CutShort } else { Problem::Localised });
    }
    let settings = match lines.next().ok_or(Problem::CutShort)? {
        DIRECT => Settings::Direct,
        line => {
            let proxy_server = value(line, PROXIES).ok_or_else(|| not(line, &[DIRECT, PROXIES]))?;
            let line = lines.next().ok_or(Problem::CutShort)?;
            let bypass_list = value(line, BYPASS).ok_or_else(|| not(line, &[BYPASS]))?;
            // Without its end nobody knows whether the list was longer.
            let last_is_whole = text.ends_with(['\r', '\n']) || lines.clone().next().is_some();
            if bypass_list.is_empty() || !last_is_whole {
                return Err(Problem::CutShort);
            }
            Settings::proxies(proxy_server, bypass_list)
        }
    };
    match lines.find(|line| !is_prompt(line, COMMAND)) {
        // Such as the rest of a long line that the console has wrapped.
        Some(_) => Err(Problem::MoreLines),
        None => Ok(settings),
    }
}

/// The value of a line `key : value`. Half a line end within is none of netsh's: behind it, a list would seem to be whole.
fn value<'l>(line: &'l str, key: &str) -> Option<&'l str> {
    let line = Some(line).filter(|line| !line.contains('\r'))?;
    Some(line.strip_prefix(key)?.trim_start().strip_prefix(':')?.trim())
}

/// A line that is not what belongs there: the beginning of it, or something else.
fn not(line: &str, expected: &[&str]) -> Problem {
    let begins =
        |key: &&str| key.starts_with(line) || line.strip_prefix(*key).is_some_and(|rest| rest.trim().is_empty());
    if expected.iter().any(begins) { Problem::CutShort } else { Problem::Line }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SPLIT: &str = "\r\nCurrent WinHTTP proxy settings:\r\n\r\n    \
        Proxy Server(s) :  http=proxy1:8080;https=proxy2:8443\r\n    Bypass List     :  *.contoso.com;<local>\r\n\r\n";
    const STRAIGHT: &str = "\r\nCurrent WinHTTP proxy settings:\r\n\r\n    Direct access (no proxy server).\r\n\r\n";

    #[test]
    fn half_a_line_end_within_a_line_is_not_what_was_printed() {
        // Cut behind it, a list would seem to be whole.
        for (from, to) in [(".com;", ".com\r;"), ("=proxy1:8080;", "=proxy1:8080\r")] {
            assert_eq!(parse(&SPLIT.replace(from, to)), Err(Problem::Line));
        }
    }

    #[test]
    fn what_netsh_prints() {
        assert_eq!(parse(STRAIGHT), Ok(Settings::Direct));
        assert_eq!(parse(SPLIT), Ok(Settings::proxies("http=proxy1:8080;https=proxy2:8443", "*.contoso.com;<local>")));
        let one = SPLIT.replace("http=proxy1:8080;https=proxy2:8443", "corp.proxy:8080");
        assert_eq!(
            parse(&one.replace("*.contoso.com;<local>", "(none)")),
            Ok(Settings::proxies("corp.proxy:8080", "(none)"))
        );
        let terse = "Current WinHTTP proxy settings:\n\n    Proxy Server(s) : http://192.168.0.117:8080\n    \
            Bypass List : <local>\n";
        assert_eq!(parse(terse), Ok(Settings::proxies("http://192.168.0.117:8080", "<local>")));
        assert_eq!(parse(&terse.replace(" : ", ":")), Ok(Settings::proxies("http://192.168.0.117:8080", "<local>")));
        assert_eq!(
            parse(&terse.replace('\n', "\r\r\n")),
            Ok(Settings::proxies("http://192.168.0.117:8080", "<local>"))
        );
    }

    #[test]
    fn the_shell_around_it() {
        let expected = Ok(Settings::proxies("http=proxy1:8080;https=proxy2:8443", "*.contoso.com;<local>"));
        for (before, after) in [
            ("C:\\Windows\\system32>netsh winhttp show proxy\r\n", "C:\\Windows\\system32>"),
            ("PS C:\\> netsh WinHTTP show proxy\r\n", "PS C:\\> "),
        ] {
            assert_eq!(parse(&format!("{before}{SPLIT}{after}")), expected, "{before}");
        }
        assert_eq!(parse(&format!("C:\\>netsh winhttp show advproxy\n{SPLIT}")), Err(Problem::Localised));
    }

    #[test]
    fn cut_short_anywhere_it_says_nothing_or_the_same() {
        for whole in [STRAIGHT, SPLIT] {
            let expected = parse(whole);
            let mut refused = 0;
            for end in 0..whole.len() {
                match parse(&whole[..end]) {
                    Err(Problem::CutShort | Problem::NoOutput) => refused += 1,
                    other => assert_eq!(other, expected, "{:?}", &whole[..end]),
                }
            }
            assert!(refused >= whole.trim_end().len() - 1, "{refused} of {}", whole.len());
        }
    }

    #[test]
    fn what_netsh_does_not_print() {
        for (text, problem) in [
            ("", Problem::NoOutput),
            ("\r\n\r\n", Problem::NoOutput),
            ("Aktuelle WinHTTP-Proxyeinstellungen:\n\n    Direktzugriff (kein Proxyserver).\n", Problem::Localised),
            ("Paramètres de proxy WinHTTP actuels :\n\n    Serveur(s) proxy :  p:1\n", Problem::Localised),
            ("Current WinHTTP proxy settings:\n\n    Accès direct\n", Problem::Line),
            ("Current WinHTTP proxy settings:\n\n    Bypass List :  (none)\n", Problem::Line),
            ("Current WinHTTP proxy settings:\n    Proxy Server(s) :  p:1\n    Other :  x\n", Problem::Line),
            (&SPLIT.replace(";<local>", ";\r\n<local>"), Problem::MoreLines),
            (&format!("{SPLIT}{STRAIGHT}"), Problem::MoreLines),
        ] {
            assert_eq!(parse(text), Err(problem), "{text}");
        }
    }
}
