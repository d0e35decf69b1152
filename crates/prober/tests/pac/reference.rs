//! The cases of a folder of reference data that lies beside some checkouts and is no part of this repository. Without it
//! the other tests, which restate its cases, have to do.

use std::path::{Path, PathBuf};

use prober::pac::Answer;
use serde_json::Value;

use super::world::{Book, Machine, answer, ask, engine_of};

/// The folder, where it is.
fn folder() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/reference/pac");
    if folder.is_dir() {
        return Some(folder);
    }
    println!("{} is absent: nothing to compare with", folder.display());
    None
}

fn json(folder: &Path, name: &str) -> Value {
    serde_json::from_slice(&std::fs::read(folder.join(name)).unwrap()).unwrap()
}

/// The rows of a table.
fn rows<'v>(table: &'v Value, name: &str) -> &'v [Value] {
    let rows = table[name].as_array().unwrap();
    assert!(!rows.is_empty(), "{name} is empty");
    rows
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

#[tokio::test]
async fn every_expected_route() {
    let Some(folder) = folder() else { return };
    for (file, hosts) in json(&folder, "expected-routes.json").as_object().unwrap() {
        let engine = engine_of(&std::fs::read(folder.join(file)).unwrap(), Machine::default()).unwrap();
        for (host, expected) in hosts.as_object().unwrap() {
            let said = ask(&engine, &format!("https://{host}/"), &Book::default()).await;
            assert_eq!(said.answer.as_deref(), Ok(text(expected)), "{host} in {file}");
        }
    }
}

#[tokio::test]
async fn every_url_as_chrome_shows_it() {
    let Some(folder) = folder() else { return };
    let script = "function FindProxyForURL(url, host) { return url + ' ' + host }";
    let semantics = json(&folder, "semantics.json");
    for row in rows(&semantics, "chrome_url_sanitizing") {
        let expected = format!("{} {}", text(&row[1]), text(&row[2]));
        // The URL parser writes addresses in their shortest form, as Chrome does.
        assert_eq!(answer(script, text(&row[0])).await, Ok(expected), "{row}");
    }
    let argument = &semantics["ipv6_host_argument"];
    let said = answer("function FindProxyForURL(url, host) { return host }", text(&argument["url"])).await;
    assert_eq!(said.as_deref(), Ok(text(&argument["host"])));
}

/// An entry in the words that we have for what it means.
fn as_ours(entry: &str) -> String {
    entry.replace("SOCKS ", "SOCKS4 ").replace("SOCKS5 ", "SOCKS5H ")
}

#[test]
fn every_entry_and_list() {
    let Some(folder) = folder() else { return };
    let semantics = json(&folder, "semantics.json");
    for row in rows(&semantics, "pac_result_elements_valid") {
        let answer = Answer::parse(text(&row[0]));
        let [entry] = answer.entries.as_slice() else { panic!("{row}: {answer:?}") };
        let shown = entry.to_string();
        let (keyword, place) = shown.split_once(' ').unwrap();
        let scheme = match keyword {
            "PROXY" => "http",
            "HTTPS" => "https",
            "SOCKS4" => "socks4",
            // To a browser this is what its SOCKS5 means: the proxy gets the name.
            "SOCKS5H" => "socks5",
            other => panic!("{other}"),
        };
        assert_eq!(format!("{scheme}://{place}"), text(&row[1]), "{row}");
        assert_eq!(answer.malformed, [], "{row}");
    }
    for element in rows(&semantics, "pac_result_elements_invalid") {
        let answer = Answer::parse(text(element));
        assert_eq!(answer.malformed.iter().map(AsRef::as_ref).collect::<Vec<&str>>(), [text(element)]);
    }
    for row in rows(&semantics, "pac_result_lists") {
        let shown: Vec<_> = Answer::parse(text(&row[0])).entries.iter().map(ToString::to_string).collect();
        let expected: Vec<_> = row[1].as_array().unwrap().iter().map(|entry| as_ours(text(entry))).collect();
        let expected = if expected.is_empty() { vec!["DIRECT".to_owned()] } else { expected };
        assert_eq!(shown, expected, "{row}");
    }
}
