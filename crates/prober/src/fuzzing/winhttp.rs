//! What Windows gives away of WinHTTP's settings, in every form that it has.

use std::fmt::Write as _;
use std::sync::Arc;

use serde_json::json;
use url::Url;

use super::sources::Given;
use crate::config::{Faults, parse_path};
use crate::plan::{Path, Proxy, Way, WinHttpProxies};
use crate::route::{Hop, choose};

const PASSWORD: &str = "nobody-may-ever-read-this";
/// The most proxies in either list.
const MAX_PROXIES: usize = 20;
/// Where requests go, and whether Windows ever sends them through a proxy.
const PLACES: [(&str, bool); 5] = [
    ("http://good.example/", true),
    ("https://b.good.example:8443/path", true),
    ("https://[2001:db8::1]/", true),
    ("http://localhost/", false),
    ("https://127.0.0.1/", false),
];

/// Reads octets as each of the forms: the first line as a list of proxies, and the others as the list of what bypasses
/// them; then everything as a value of the registry, and as what either command of `netsh` prints.
pub fn winhttp(octets: &[u8]) {
    if let Ok(text) = std::str::from_utf8(octets) {
        let (proxies, bypass) = text.split_once('\n').unwrap_or((text, ""));
        lists(proxies, bypass);
        sensible(registry(text).as_ref());
    }
    for form in ["show_output", "advproxy"] {
        let settings = printed(form, octets);
        sensible(settings.as_ref());
        if let Some(settings) = &settings {
            cut(form, octets, settings);
        }
    }
}

fn lists(proxies: &str, bypass: &str) {
    let settings = set(proxies, bypass);
    sensible(settings.as_ref());
    if settings.is_none() {
        return;
    }
    assert_eq!(set(&proxies.to_ascii_uppercase(), &bypass.to_ascii_uppercase()), settings, "case says nothing");
    assert_eq!(registry(&as_registry(proxies, bypass)), settings, "in the registry");
    let advanced = json!({"ProxyIsEnabled": true, "Proxy": proxies, "ProxyBypass": bypass}).to_string();
    assert_eq!(printed("advproxy", advanced.as_bytes()), settings, "as JSON");
    let is_printed = |list: &str| list.trim() == list && !list.contains(['\r', '\n']);
    if is_printed(proxies) && is_printed(bypass) {
        let bypass = if bypass.is_empty() { "(none)" } else { bypass };
        let shown = format!(
            "\r\nCurrent WinHTTP proxy settings:\r\n\r\n    Proxy Server(s) :  {proxies}\r\n    \
             Bypass List     :  {bypass}\r\n\r\n"
        );
        assert_eq!(printed("show_output", shown.as_bytes()), settings, "as it is printed");
    }
    if let Some(written) = settings.as_ref().and_then(written) {
        let (again, of) = (set(&written, bypass), settings.as_ref());
        let both = |settings: &WinHttpProxies| (settings.http.clone(), settings.https.clone());
        assert_eq!(again.as_ref().map(both), of.map(both), "as it is written, it is read: {written}");
    }
}

/// The settings that two lists make.
fn set(proxies: &str, bypass: &str) -> Option<WinHttpProxies> {
    let variables = [("PASSWORD", PASSWORD), ("PROXIES", proxies), ("BYPASS", bypass)];
    read(r#"{proxy_server: "${PROXIES}", bypass_list: "${BYPASS}"}"#, &Given { variables: &variables, files: &[] })
}

/// The settings of the registry's value.
fn registry(text: &str) -> Option<WinHttpProxies> {
    let variables = [("PASSWORD", PASSWORD), ("VALUE", text)];
    read(r#"{registry: "${VALUE}"}"#, &Given { variables: &variables, files: &[] })
}

/// The settings that a command printed.
fn printed(form: &str, octets: &[u8]) -> Option<WinHttpProxies> {
    let given = Given { variables: &[("PASSWORD", PASSWORD)], files: &[("printed", octets)] };
    read(&format!("{{{form}: printed}}"), &given)
}

/// Reads settings as the path of a configuration has them.
fn read(winhttp: &str, given: &Given<'_>) -> Option<WinHttpProxies> {
    let text = format!("{{paths: {{p: {{winhttp: {winhttp}, username: svc, password_env: PASSWORD}}}}}}");
    let path = parse_path(&text, "fuzzing", given, "p").map_err(|faults| told(&faults, given)).ok()?;
    assert!(!format!("{path:?}").contains(PASSWORD), "it is never shown");
    let Path { way: Way::WinHttp(settings), .. } = &*path else { unreachable!("{path:?}") };
    Some(settings.clone())
}

/// What is wrong is said in a line for each, with no more of the text than is needed.
fn told(faults: &Faults, given: &Given<'_>) {
    assert!((1..=4).contains(&faults.count()), "{faults}");
    for fault in faults.iter() {
        let fault = fault.to_string();
        assert!(fault.len() <= 600 && !fault.contains(['\r', '\n']) && !fault.contains(PASSWORD), "{fault:?}");
    }
    assert!(given.files.len() <= 1);
}

fn sensible(settings: Option<&WinHttpProxies>) {
    let Some(settings) = settings else { return };
    for proxy in settings.http.iter().chain(&settings.https) {
        assert!(proxy.port != 0 && proxy.scheme.is_http() && proxy.credentials.is_some(), "{proxy}");
    }
    assert!(settings.http.len() <= MAX_PROXIES && settings.https.len() <= MAX_PROXIES, "{settings:?}");
    let way = Way::WinHttp(settings.clone());
    for (place, may_be_sent) in PLACES {
        let hops = choose(&way, &Url::parse(place).expect("it is a URL")).expect("nobody has to be asked");
        assert!((1..=MAX_PROXIES).contains(&hops.len()), "{hops:?}");
        assert!(may_be_sent || hops == [Hop::Direct], "{hops:?} for {place}");
        assert!(hops.len() == 1 || !hops.contains(&Hop::Direct), "{hops:?}");
    }
}

/// What is cut short says the same, or nothing: least of all that there is no proxy.
fn cut(form: &str, octets: &[u8], settings: &WinHttpProxies) {
    let ends = (0..octets.len()).rev().take(16).chain([octets.len() / 2, octets.len() / 3]);
    for end in ends {
        let said = printed(form, octets.get(..end).unwrap_or_default());
        assert!(said.as_ref().is_none_or(|said| said == settings), "cut at {end}: {said:?}");
    }
}

/// The registry's value, as Windows writes it.
fn as_registry(proxies: &str, bypass: &str) -> String {
    let length = |text: &str| u32::try_from(text.len()).unwrap_or(u32::MAX).to_le_bytes();
    let numbers = [0x28_u32, 1, 3].map(u32::to_le_bytes).concat();
    let octets = [&numbers[..], &length(proxies), proxies.as_bytes(), &length(bypass), bypass.as_bytes()].concat();
    octets.iter().fold(String::new(), |mut hex, octet| {
        write!(hex, "{octet:02x}").expect("there is room");
        hex
    })
}

/// The list of proxies that means the same; `None` where neither scheme has any.
fn written(settings: &WinHttpProxies) -> Option<String> {
    let list = |prefix: &str, proxies: &[Arc<Proxy>]| -> Vec<String> {
        proxies.iter().map(|proxy| format!("{prefix}{proxy}")).collect()
    };
    let entries = match settings {
        WinHttpProxies { http, https, .. } if http == https => list("", http),
        WinHttpProxies { http, https, .. } => [list("http=", http), list("https=", https)].concat(),
    };
    (!entries.is_empty()).then(|| entries.join(";"))
}
