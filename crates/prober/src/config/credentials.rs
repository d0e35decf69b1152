//! Who we are to the proxy of a path, in the keys beside `proxy`.

use std::path::Path as FilePath;

use url::{Host, Url};
use zeroize::Zeroizing;

use super::cursor::{Cursor, Map};
use super::proxy::{ProxyUrl, fits_basic};
use crate::net::is_host_name;
use crate::observation::AuthScheme;
use crate::plan::{Credentials, Kdc, Password, Secret, Unusable};
use crate::text::Clean;

const KEYS: [&str; 5] = ["username", "password_file", "password_env", "auth", "kdc"];

const SCHEMES: [(&str, Option<AuthScheme>); 4] = [
    ("any", None),
    ("basic", Some(AuthScheme::Basic)),
    ("ntlm", Some(AuthScheme::Ntlm)),
    ("negotiate", Some(AuthScheme::Negotiate)),
];

/// Reads the keys of a path through a proxy; its URL may name the user too.
pub(super) fn read(map: &Map<'_>, url: Option<&ProxyUrl>) -> Option<Credentials> {
    let in_url = url.and_then(|url| url.username.as_deref());
    let own = map.get("username").and_then(|cursor| username(&cursor, in_url));
    let name = own.or_else(|| in_url.map(str::to_owned));
    let password = password(map);
    let scheme = map.get("auth").and_then(|cursor| cursor.choice(&SCHEMES)).flatten();
    let kdc = map.get("kdc").and_then(|cursor| kdc(&cursor));
    match (name, password) {
        (Some(username), Some((at, password))) => {
            let password = password?;
            let too_long = username.len() > 255 || password.current().expose().len() > 255;
            if too_long && url.is_some_and(|url| !url.scheme.is_http()) {
                return at.fault("SOCKS carries at most 255 bytes of a user and of a password (RFC 1929)");
            }
            Some(Credentials { username, password, scheme, kdc })
        }
        (Some(username), None) if url.is_some_and(|url| url.scheme.takes_user_alone()) => {
            let password = Password::fixed(Secret::new(String::new()));
            Some(Credentials { username, password, scheme, kdc })
        }
        (Some(_), None) => {
            let at = map.get("username").or_else(|| map.get("proxy"))?;
            at.fault_with_help("the user has no password", "add password_file or password_env")
        }
        (None, Some((at, _))) if map.get("username").is_none() => {
            at.fault_with_help("a password without a user", "add username")
        }
        (None, None) if map.get("username").is_none() => {
            let at = map.get("auth").or_else(|| map.get("kdc"))?;
            at.fault_with_help("there is no user whom this could concern", "add username and password_file")
        }
        (None, _) => None,
    }
}

/// The first of the keys that is there.
pub(super) fn first_key<'a>(map: &Map<'a>) -> Option<Cursor<'a>> {
    KEYS.into_iter().find_map(|key| map.get(key))
}

/// Refuses the keys on a path that names no proxy.
pub(super) fn refuse<T>(map: &Map<'_>, way: T) -> Option<T> {
    match first_key(map) {
        None => Some(way),
        Some(at) => at.fault("this path names no proxy that could ask for it"),
    }
}

fn username(cursor: &Cursor<'_>, in_url: Option<&str>) -> Option<String> {
    let name = cursor.text()?;
    if in_url.is_some_and(|in_url| in_url != name) {
        return cursor.fault("the URL of the proxy names another user");
    }
    if name.is_empty() || !fits_basic(name, None) {
        return cursor.fault("a user is not empty and has neither control characters nor \":\"");
    }
    Some(name.to_owned())
}

/// The password and the key that leads to it; the outer `None` where there is no such key.
fn password<'a>(map: &Map<'a>) -> Option<(Cursor<'a>, Option<Password>)> {
    match (map.get("password_file"), map.get("password_env")) {
        (Some(file), None) => {
            let password = password_file(&file);
            Some((file, password))
        }
        (None, Some(variable)) => {
            let password = password_env(&variable).map(Password::fixed);
            Some((variable, password))
        }
        (Some(_), Some(variable)) => {
            variable.fault::<()>("password_file is there too; one of the two is needed");
            Some((variable, None))
        }
        (None, None) => None,
    }
}

fn password_file(cursor: &Cursor<'_>) -> Option<Password> {
    let (sources, path) = (cursor.reading.sources, FilePath::new(cursor.text()?));
    match sources.read_secret(path) {
        Ok(bytes) => {
            let secret = usable(cursor, Password::from_file_content(&Zeroizing::new(bytes)))?;
            Some(Password::in_file(sources.locate(path), secret))
        }
        // Not even the name is shown: it could be a password that was put here by mistake.
        Err(error) => cursor.fault(format!("cannot read this file: {}", Clean::new(&error.to_string()))),
    }
}

fn password_env(cursor: &Cursor<'_>) -> Option<Secret> {
    match cursor.reading.sources.env(cursor.text()?) {
        Some(text) => usable(cursor, Password::from_text(&Zeroizing::new(text))),
        None => {
            cursor.fault_with_help("no environment variable of this name is set", "name the variable, not its value")
        }
    }
}

fn usable(cursor: &Cursor<'_>, read: Result<Secret, Unusable>) -> Option<Secret> {
    match read {
        Ok(secret) => Some(secret),
        Err(unusable) => cursor.fault(unusable.to_string()),
    }
}

/// `host` or `host:port`.
fn kdc(cursor: &Cursor<'_>) -> Option<Kdc> {
    match parse_kdc(cursor.text()?) {
        Some(kdc) => Some(kdc),
        None => cursor.fault_with_help("this is no KDC", "write host or host:port"),
    }
}

fn parse_kdc(text: &str) -> Option<Kdc> {
    let url = Url::parse(&format!("kdc://{text}")).ok()?;
    let bare = url.username().is_empty() && url.password().is_none() && url.path().is_empty();
    let port = url.port().unwrap_or(Kdc::PORT);
    if !bare || port == 0 || url.query().is_some() || url.fragment().is_some() {
        return None;
    }
    let host = match Host::parse(url.host_str()?).ok()? {
        Host::Domain(name) if is_host_name(&name) => name,
        Host::Domain(_) => return None,
        Host::Ipv4(address) => address.to_string(),
        Host::Ipv6(address) => address.to_string(),
    };
    Some(Kdc { host, port })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kdc_is_a_host_and_a_port() {
        for (text, shown) in [
            ("dc1.corp.example", Some("dc1.corp.example:88")),
            ("DC1:8888", Some("dc1:8888")),
            ("10.0.0.9", Some("10.0.0.9:88")),
            ("[2001:db8::9]:88", Some("[2001:db8::9]:88")),
            ("dc1:0", None),
            ("dc1/path", None),
            ("user@dc1", None),
            ("tcp://dc1", None),
            ("", None),
        ] {
            assert_eq!(parse_kdc(text).map(|kdc| kdc.to_string()).as_deref(), shown, "{text}");
        }
    }
}
