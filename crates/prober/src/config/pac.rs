//! A path by a PAC file: `{pac: URL or file, url: stripped or full}`.

use std::net::IpAddr;
use std::path::Path;

use url::{Host, Url};

use super::credentials;
use super::cursor::{Cursor, Map};
use crate::net::is_host_name;
use crate::plan::{PacFile, PacLocation, PacLogin, ProxyName, UrlView};

/// What says something of a PAC file, and of nothing else.
pub(super) const KEYS: [&str; 3] = ["url", "my_address", "credentials_for"];

const VIEWS: [(&str, UrlView); 2] = [("stripped", UrlView::Stripped), ("full", UrlView::Full)];

/// A fault of this part of the section was noted.
struct Noted;

/// Reads where the file is, what it is shown, and who is told what of those that it names.
pub(super) fn read(map: &Map<'_>, file: &Cursor<'_>) -> Option<PacFile> {
    let view = map.get("url").map_or(Some(UrlView::default()), |cursor| cursor.choice(&VIEWS));
    let my_address = match map.get("my_address") {
        None => Ok(None),
        Some(cursor) => address(&cursor).map(Some).ok_or(Noted),
    };
    let login = login(map);
    let location = location(file)?;
    Some(PacFile { location, view: view?, my_address: my_address.ok()?, login: login.ok()? })
}

fn address(cursor: &Cursor<'_>) -> Option<IpAddr> {
    match cursor.text()?.parse() {
        Ok(address) => Some(address),
        Err(_) => cursor.fault("this is no IP address"),
    }
}

/// Credentials, and the proxies that they are for: the two need each other. What is wrong with them is noted.
fn login(map: &Map<'_>) -> Result<Option<PacLogin>, Noted> {
    let credentials = credentials::read(map, None);
    let wrong = match (map.get("credentials_for"), credentials::first_key(map)) {
        (None, None) => return Ok(None),
        (Some(at), Some(_)) => {
            let proxies = at.items().ok_or(Noted)?.iter().filter_map(proxy_name).collect();
            return credentials.map(|credentials| Some(PacLogin { credentials, proxies })).ok_or(Noted);
        }
        (None, Some(at)) => at.fault_with_help(
            "a PAC file may name anybody's proxy, and nobody says whose this is",
            "add credentials_for: [proxy.hq.example:3128]",
        ),
        (Some(at), None) => at.fault_with_help("there are no credentials for them", "add username and password_file"),
    };
    wrong.ok_or(Noted)
}

/// `host`, or `host:port`.
fn proxy_name(cursor: &Cursor<'_>) -> Option<ProxyName> {
    match parse_proxy_name(cursor.text()?) {
        Some(name) => Some(name),
        None => cursor.fault_with_help("this names no proxy", "write host or host:port, as the file does"),
    }
}

fn parse_proxy_name(text: &str) -> Option<ProxyName> {
    let url = Url::parse(&format!("proxy://{text}")).ok()?;
    let is_bare = url.username().is_empty() && url.password().is_none() && url.path().is_empty();
    if !is_bare || url.port() == Some(0) || url.query().is_some() || url.fragment().is_some() {
        return None;
    }
    let host = Host::parse(url.host_str()?).ok()?;
    let is_name = !matches!(&host, Host::Domain(name) if !is_host_name(name));
    is_name.then(|| ProxyName { host, port: url.port() })
}

/// What has a scheme is a URL, anything else a file. Whether either is there shows when it is first asked.
fn location(cursor: &Cursor<'_>) -> Option<PacLocation> {
    let text = cursor.text()?;
    if text.trim().is_empty() {
        return cursor.fault_with_help("no PAC file is named", EXAMPLE);
    }
    if !text.contains("://") {
        return Some(PacLocation::File(cursor.reading.sources.locate(Path::new(text))));
    }
    let Ok(url) = Url::parse(text) else {
        return cursor.fault_with_help(format!("{} is no URL", cursor.shown()), EXAMPLE);
    };
    if !url.username().is_empty() || url.password().is_some() {
        return cursor.fault("a PAC file is fetched without user and password, as browsers do");
    }
    match url.scheme() {
        "http" | "https" => Some(PacLocation::Url(url)),
        "file" => match url.to_file_path() {
            Ok(path) => Some(PacLocation::File(path)),
            Err(()) => cursor.fault("this is no file of this machine"),
        },
        _ => cursor.fault_with_help("a PAC file is fetched over http or https, or is a file", EXAMPLE),
    }
}

const EXAMPLE: &str = "write http://wpad.example/wpad.dat or the name of a file";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn proxies_are_named_as_files_name_them() {
        for (text, expected) in [
            ("proxy.hq.example", Some(("proxy.hq.example", None))),
            ("Proxy.HQ.example:3128", Some(("proxy.hq.example", Some(3128)))),
            ("10.0.0.8:80", Some(("10.0.0.8", Some(80)))),
            ("[2001:db8::8]:3128", Some(("[2001:db8::8]", Some(3128)))),
            ("http://proxy:3128", None),
            ("user@proxy", None),
            ("proxy/", None),
            ("proxy:0", None),
            ("*.hq.example", None),
            ("", None),
        ] {
            let name = parse_proxy_name(text).map(|name| (name.host.to_string(), name.port));
            assert_eq!(name, expected.map(|(host, port)| (host.to_owned(), port)), "{text}");
        }
    }
}
