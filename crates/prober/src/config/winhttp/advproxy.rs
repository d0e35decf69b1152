//! What `netsh winhttp show advproxy` prints on Windows 11 and Server 2022: a heading in the system's language, then
//! JSON.

use serde::Deserialize;

use super::text::is_prompt;
use super::{Problem, Settings};

const COMMAND: &str = "netsh winhttp show advproxy";

/// The keys that decide; a switch that an older build leaves out is told by the value that it is for.
#[derive(Deserialize)]
struct Advanced {
    #[serde(rename = "ProxyIsEnabled")]
    proxy_is_enabled: Option<bool>,
    #[serde(rename = "Proxy")]
    proxy: Option<String>,
    #[serde(rename = "ProxyBypass")]
    proxy_bypass: Option<String>,
    #[serde(rename = "AutoConfigIsEnabled")]
    auto_config_is_enabled: Option<bool>,
    #[serde(rename = "AutoconfigUrl", alias = "AutoConfigUrl")]
    auto_config_url: Option<String>,
    #[serde(rename = "AutoDetect")]
    auto_detect: Option<bool>,
}

/// Reads the output, whole and unchanged; a shell's prompt after it is overlooked.
pub(super) fn parse(text: &str) -> Result<Settings, Problem> {
    let (heading, json) = text.find('{').and_then(|start| text.split_at_checked(start)).ok_or(Problem::NoJson)?;
    let mut objects = serde_json::Deserializer::from_str(json).into_iter::<Advanced>();
    let advanced = match objects.next() {
        Some(Ok(advanced)) => advanced,
        Some(Err(error)) if error.is_eof() => return Err(Problem::CutShort),
        // What serde says may quote the file, which may hold a password by mistake.
        Some(Err(error)) => {
            return Err(Problem::Json { line: heading.matches('\n').count().saturating_add(error.line()) });
        }
        None => return Err(Problem::NoJson),
    };
    let rest = json.get(objects.byte_offset()..).unwrap_or_default();
    if rest.lines().any(|line| !line.trim().is_empty() && !is_prompt(line, COMMAND)) {
        return Err(Problem::MoreLines);
    }
    settings(advanced)
}

fn settings(advanced: Advanced) -> Result<Settings, Problem> {
    let filled = |text: &Option<String>| text.as_ref().is_some_and(|text| !text.trim().is_empty());
    if advanced.auto_config_is_enabled.unwrap_or_else(|| filled(&advanced.auto_config_url)) {
        return Err(Problem::Script);
    }
    if advanced.auto_detect.unwrap_or_default() {
        return Err(Problem::Detect);
    }
    if !advanced.proxy_is_enabled.unwrap_or_else(|| filled(&advanced.proxy)) {
        return Ok(Settings::Direct);
    }
    let (proxy_server, bypass_list) = (advanced.proxy.unwrap_or_default(), advanced.proxy_bypass.unwrap_or_default());
    Ok(Settings::Proxies { proxy_server, bypass_list })
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADING: &str = "\r\nCurrent WinHTTP advanced proxy settings:\r\n\r\n";

    const MANUAL: &str = "{\r\n  \"ProxyIsEnabled\": true,\r\n  \"Proxy\": \"127.0.0.1:7892\",\r\n  \
        \"ProxyBypass\": \"*.contoso.com;<local>\",\r\n  \"AutoConfigIsEnabled\": false,\r\n  \"AutoconfigUrl\": \" \",\r\n  \
        \"AutoDetect\": false,\r\n  \"PerUserProxySettings\": true\r\n}\r\n";

    #[test]
    fn what_netsh_prints() {
        let whole = format!("{HEADING}{MANUAL}");
        assert_eq!(parse(&whole), Ok(Settings::proxies("127.0.0.1:7892", "*.contoso.com;<local>")));
        let localised =
            whole.replace("Current WinHTTP advanced proxy settings", "Aktuelle erweiterte Einstellungen für ö");
        assert_eq!(parse(&localised), parse(&whole));
        assert_eq!(parse(&format!("{whole}\r\nC:\\>")), parse(&whole));
        assert_eq!(parse(MANUAL), parse(&whole));
    }

    #[test]
    fn every_switch() {
        for (from, to, expected) in [
            ("\"ProxyIsEnabled\": true", "\"ProxyIsEnabled\": false", Ok(Settings::Direct)),
            ("\"AutoConfigIsEnabled\": false", "\"AutoConfigIsEnabled\": true", Err(Problem::Script)),
            ("\"AutoDetect\": false", "\"AutoDetect\": true", Err(Problem::Detect)),
            ("127.0.0.1:7892", "", Ok(Settings::proxies("", "*.contoso.com;<local>"))),
            ("\"ProxyBypass\": \"*.contoso.com;<local>\",", "", Ok(Settings::proxies("127.0.0.1:7892", ""))),
        ] {
            assert_eq!(parse(&MANUAL.replace(from, to)), expected, "{to}");
        }
    }

    #[test]
    fn without_switches() {
        for (text, expected) in [
            ("{\n}\n", Ok(Settings::Direct)),
            ("{\"Proxy\": \"localhost:8080\", \"ProxyBypass\": \"*\"}", Ok(Settings::proxies("localhost:8080", "*"))),
            ("{\"Proxy\": \"\", \"AutoconfigUrl\": \"\", \"AutoDetect\": false}", Ok(Settings::Direct)),
            ("{\"Proxy\": null, \"ConnectionName\": \"VPN\"}", Ok(Settings::Direct)),
            ("{\"AutoConfigUrl\": \"http://wpad/wpad.dat\"}", Err(Problem::Script)),
        ] {
            assert_eq!(parse(text), expected, "{text}");
        }
    }

    #[test]
    fn cut_short_anywhere_it_says_nothing() {
        let whole = format!("{HEADING}{MANUAL}");
        for end in 0..whole.trim_end().len() {
            let said = parse(&whole[..end]);
            assert!(matches!(said, Err(Problem::NoJson | Problem::CutShort)), "{:?}: {said:?}", &whole[..end]);
        }
    }

    #[test]
    fn what_is_no_output() {
        for (text, problem) in [
            (HEADING, Problem::NoJson),
            ("{} {}", Problem::MoreLines),
            ("{}\nProxy: p:1", Problem::MoreLines),
            (&format!("{HEADING}{{\n\"ProxyIsEnabled\": \"hunter2\"}}"), Problem::Json { line: 5 }),
            ("{\"ProxyIsEnabled\": \"hunter2\"}", Problem::Json { line: 1 }),
        ] {
            assert_eq!(parse(text), Err(problem), "{text}");
        }
        let deep = "[".repeat(100_000);
        assert_eq!(parse(&format!("{{\"x\": {deep}")), Err(Problem::CutShort));
        let deep = format!("{{\"Proxy\": {deep}");
        for text in ["{\"AutoDetect\": false, \"AutoDetect\": true}", "{Proxy: p}", &deep] {
            assert!(matches!(parse(text), Err(Problem::Json { line: 1 })), "{}", text.get(..60).unwrap_or(text));
        }
    }
}
