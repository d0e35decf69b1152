use std::error::Error as _;
use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use super::super::reading::MAX_BYTES;
use super::*;

const LIST: &str = include_str!("../../../../../tests/fixtures/microsoft365/list.json");

fn fixture() -> List {
    List::read(Instance::Worldwide, LIST.as_bytes()).unwrap()
}

fn said(bytes: &[u8]) -> String {
    crate::text::with_sources(&List::read(Instance::Worldwide, bytes).unwrap_err())
}

/// The fixture with something else in a place (a JSON pointer).
fn altered(pointer: &str, value: Value) -> Vec<u8> {
    let mut list: Value = serde_json::from_str(LIST).unwrap();
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    let parent = list.pointer_mut(parent).unwrap();
    match (parent, value) {
        (Value::Object(map), Value::Null) => drop(map.remove(key).unwrap()),
        (Value::Object(map), value) => drop(map.insert(key.to_owned(), value)),
        (parent, value) => parent[key.parse::<usize>().unwrap()] = value,
    }
    list.to_string().into_bytes()
}

#[test]
fn a_list_is_read_with_all_its_oddities() {
    let list = fixture();
    let ids: Vec<_> = list.records.iter().map(|record| record.id).collect();
    assert_eq!(ids, [1, 2, 8, 11, 32, 47, 125, 163, 200]);
    let [exchange, mail, _, media, share, notes, lists, time, viva] = &list.records[..] else { panic!() };
    assert_eq!(exchange.category, Category::Optimize);
    assert!(exchange.required && exchange.express_route && !mail.required);
    assert_eq!(exchange.ranges, ["192.0.2.0/25", "198.51.100.8/31", "2001:db8:1::/48"].map(|one| one.parse().unwrap()));
    assert_eq!(mail.tcp.to_string(), "143,587,993,995");
    assert_eq!(mail.hosts[1].as_str(), "smtp.example.net");
    assert_eq!(mail.notes.as_ref().map(Clean::as_str), Some("POP3, IMAP4,   SMTP: \"client\" traffic # old"));
    assert!(media.hosts.is_empty() && media.tcp.is_empty() && media.udp.contains(3480));
    assert_eq!((&share.notes, &notes.udp), (&None, &Ports::default()));
    assert_eq!(lists.tcp.to_string(), "80");
    assert_eq!((&time.area, viva.area.as_str()), (&ServiceArea::Mem, "Viva"));
}

#[test]
fn records_of_a_host_come_in_the_order_in_which_they_rule() {
    let list = fixture();
    for (host, ids) in [
        ("mail.example.net", &[1, 2][..]),
        ("mail.example.com", &[1, 8]),
        ("Docs.Share.example.", &[32, 47]),
        ("a-files.share.example", &[32]),
        ("xcdn.notes.example", &[47]),
        ("autodiscover.contoso.tenants.example", &[8]),
        ("share.example", &[]),
        ("nowhere.test", &[]),
        ("*.example.com", &[]),
        ("", &[]),
    ] {
        assert_eq!(list.records_of(host).iter().map(|record| record.id).collect::<Vec<_>>(), ids, "{host}");
    }
}

#[test]
fn one_faulty_entry_is_a_fault_of_the_whole_with_its_place() {
    for (pointer, value, expected) in [
        (
            "/2/urls/1",
            json!("a.example/path"),
            "record 8 (number 3), urls[1]: \"a.example/path\" is no host of a list: it is no host's name",
        ),
        ("/2/urls/0", json!("*"), "urls[0]: \"*\" is no host of a list: its last label is not fixed"),
        ("/0/ips/1", json!("192.0.2.1/33"), "record 1 (number 1), ips[1]: \"192.0.2.1/33\" is no range of addresses"),
        ("/0/ips/2", json!("::/0"), "ips[2]: \"::/0\" is no range of addresses"),
        ("/0/ips/0", json!("0.0.0.0/0"), "is no range"),
        ("/0/ips/0", json!("::ffff:0:0/96"), "is no range"),
        ("/3/udpPorts", json!("3478..3481"), "record 11 (number 4), udpPorts: \"3478..3481\" are no ports: ports are"),
        ("/0/tcpPorts", json!("80;443"), "tcpPorts"),
        ("/8/category", json!("Best"), "record 200 (number 9), category: \"Best\" is not known there"),
        ("/8/category", json!(null), "category: it is missing"),
        ("/8/required", json!(null), "required: it is missing"),
        ("/8/serviceArea", json!(" "), "serviceArea: it is missing"),
        ("/8/id", json!(1), "record 1 (number 9), id: an entry before has that id"),
        ("/8/id", json!(null), "not as the service writes it: missing field `id`"),
        ("/8/id", json!(-1), "not as the service writes it: invalid value"),
        ("/8/urls", json!("a.example"), "expected a list"),
        ("/8/urls", json!([["a.example"]]), "expected a string"),
        ("/8/required", json!("yes"), "expected a boolean"),
        ("/8", json!(7), "not as the service writes it"),
    ] {
        let said = said(&altered(pointer, value));
        assert!(said.starts_with("Microsoft's endpoint list is "), "{said}");
        assert!(said.contains(expected), "{pointer}: {said}");
    }
}

#[test]
fn what_stands_in_its_place_is_named() {
    for (bytes, expected) in [
        (&b""[..], "nothing stands in the place of Microsoft's endpoint list"),
        (b" \r\n\t", "nothing stands in the place"),
        (b"[]", "Microsoft's endpoint list holds nothing"),
        (b"{}", "expected a list"),
        (b"{\"error\": {\"message\": \"Invalid ClientRequestId\"}}", "expected a list"),
        (b"null", "expected a list"),
        (b"instance,latest\n", "not as the service writes it"),
        (b"\xff\xfe[\x00", "not as the service writes it"),
        (b"[] []", "trailing characters"),
        (
            b"\xef\xbb\xbf\n<!DOCTYPE html><html><head><TITLE>Access\n <b>denied</TITLE>",
            "an HTML page stands in the place of Microsoft's endpoint list (title \"Access  <b>denied\")",
        ),
        (b"<html><title> </title>", "an HTML page stands in the place of Microsoft's endpoint list"),
        (b"<", "an HTML page stands in the place of Microsoft's endpoint list"),
    ] {
        let said = said(bytes);
        assert!(said.contains(expected) && !said.contains('\n'), "{:?}: {said}", String::from_utf8_lossy(bytes));
    }
    assert_eq!(
        List::read(Instance::China, format!("\u{feff} {LIST}\n").as_bytes()).unwrap().records,
        fixture().records
    );
}

#[test]
fn an_area_of_nothing_that_can_be_read_is_missing() {
    for name in ["", " ", "\u{200b}", "\u{1}\u{7f}"] {
        let said = said(&altered("/0/serviceArea", json!(name)));
        assert!(said.contains("serviceArea: it is missing"), "{name:?}: {said}");
    }
}

#[test]
fn cut_short_anywhere_it_is_no_list() {
    let whole = LIST.trim_end();
    for end in (1..whole.len()).filter(|end| whole.is_char_boundary(*end)) {
        let error = List::read(Instance::Worldwide, &whole.as_bytes()[..end]).unwrap_err();
        // A number that ends early is a number, so one that is complete comes as eof as well.
        assert!(matches!(error, ReadError::CutShort { .. }), "{end}: {error}");
    }
}

#[test]
fn counts_depths_and_lengths_are_bounded() {
    let million = format!("[{}0]", "0,".repeat(1_000_000));
    let records = format!("[{}]", vec!["{\"id\": 1}"; MAX_RECORDS + 1].join(","));
    let hosts = String::from_utf8(altered("/0/urls", json!(vec!["a.example"; MAX_HOSTS + 1]))).unwrap();
    let ranges = String::from_utf8(altered("/0/ips", json!(vec!["192.0.2.1/32"; MAX_RANGES + 1]))).unwrap();
    let deep = format!("[{{\"id\": 1, \"x\": {}", "[".repeat(100_000));
    let long = format!("[\"{}\"]", "x".repeat(MAX_BYTES));
    for (text, expected) in [
        (&million, "not as the service writes it"),
        (&records, "more than 2000 entries in one list"),
        (&hosts, "more than 1000 entries in one list"),
        (&ranges, "more than 4000 entries in one list"),
        (&deep, "cut short"),
        (&long, "is longer than 4194304 bytes"),
    ] {
        let said = said(text.as_bytes());
        assert!(said.contains(expected) && said.len() < 500, "{said}");
    }
    let hostile = said(&altered("/0/urls/0", json!(format!("\u{1b}[2J\u{202e}{}", "x".repeat(10_000)))));
    assert!(hostile.len() < 300 && !hostile.contains(['\u{1b}', '\u{202e}']), "{hostile}");
    let told = said(&altered("/0/required", json!("x\u{1b}".repeat(10_000))));
    assert!(told.len() < 400 && !told.contains('\u{1b}'), "{told}");
    let noted = List::read(Instance::Worldwide, &altered("/0/notes", json!("n\u{7}".repeat(10_000)))).unwrap();
    assert_eq!(noted.records[0].notes.as_ref().unwrap().as_str().chars().count(), MAX_NOTES);
}

#[test]
fn an_error_names_its_source_once() {
    let error = List::read(Instance::Worldwide, &altered("/0/urls/0", json!("a b"))).unwrap_err();
    assert!(!error.to_string().contains("a b") && error.source().unwrap().to_string().contains("a b"));
}

/// Real lists, kept in a folder that lies beside some checkouts and is no part of this repository.
#[test]
fn real_lists_are_read_whole() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/reference/m365");
    if !folder.is_dir() {
        println!("{} is absent: nothing to read", folder.display());
        return;
    }
    for (file, instance, count, without_hosts, with_ranges) in [
        ("worldwide-2025-12.json", Instance::Worldwide, 79, 1, 11),
        ("worldwide-2024-07.json", Instance::Worldwide, 107, 1, 15),
        ("china-2025-12.json", Instance::China, 22, 1, 12),
    ] {
        let bytes = fs::read(folder.join(file)).unwrap();
        let list = List::read(instance, &bytes).unwrap_or_else(|error| panic!("{file}: {error}"));
        assert_eq!(list.records.len(), count, "{file}");
        assert_eq!(list.records.iter().filter(|record| record.hosts.is_empty()).count(), without_hosts, "{file}");
        assert_eq!(list.records.iter().filter(|record| !record.ranges.is_empty()).count(), with_ranges, "{file}");
        assert!(list.records.iter().all(|record| !matches!(record.area, ServiceArea::Other(_))), "{file}");
        // Nothing is lost or added: every text of the document is a host here, in the same order.
        let raw: Value = serde_json::from_slice(&bytes).unwrap();
        for (raw, record) in raw.as_array().unwrap().iter().zip(&list.records) {
            let texts =
                |key: &str| raw[key].as_array().into_iter().flatten().map(|one| one.as_str().unwrap().to_owned());
            assert!(texts("urls").eq(record.hosts.iter().map(ToString::to_string)), "{file} {}", record.id);
            assert!(texts("ips").eq(record.ranges.iter().map(ToString::to_string)), "{file} {}", record.id);
        }
    }
}
