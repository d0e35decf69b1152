use std::fs;
use std::path::Path;

use super::super::{Instance, MAX_BYTES};
use super::*;

const LIST: &[u8] = include_bytes!("../../../../../tests/fixtures/microsoft365/list.json");

fn list() -> List {
    List::read(Instance::Worldwide, LIST).unwrap()
}

/// As addresses are compared, so ranges have to be.
#[test]
fn ranges_of_ipv4_in_ipv6_are_of_ipv4() {
    let text = String::from_utf8_lossy(LIST).replace("192.0.2.0/25", "::ffff:192.0.2.0/121");
    let list = List::read(Instance::Worldwide, text.as_bytes()).unwrap();
    let ranges = Ranges::new(&list);
    for (address, held) in
        [("192.0.2.127", Held::Inside), ("::ffff:192.0.2.127", Held::Inside), ("192.0.2.128", Held::Outside)]
    {
        assert_eq!(ranges.holds("mail.example.com", address.parse().unwrap()), held, "{address}");
    }
    assert_eq!(ranges.ranges_of("mail.example.com"), Ranges::new(&self::list()).ranges_of("mail.example.com"));
}

#[test]
fn what_an_address_is_to_a_host() {
    let ranges = Ranges::new(&list());
    for (host, address, held) in [
        // First and last of a range, and their neighbours.
        ("mail.example.com", "192.0.2.0", Held::Inside),
        ("mail.example.com", "192.0.2.127", Held::Inside),
        ("mail.example.com", "192.0.2.128", Held::Outside),
        ("mail.example.com", "192.0.1.255", Held::Outside),
        ("mail.example.com", "198.51.100.9", Held::Inside),
        ("mail.example.com", "198.51.100.10", Held::Outside),
        ("MAIL.example.com.", "192.0.2.1", Held::Inside),
        ("mail.example.com", "127.0.0.1", Held::Outside),
        // IPv4 in IPv6 is IPv4, on either side of the border.
        ("mail.example.com", "::ffff:192.0.2.1", Held::Inside),
        ("mail.example.com", "::ffff:192.0.2.200", Held::Outside),
        ("mail.example.com", "2001:db8:1:ffff::1", Held::Inside),
        ("mail.example.com", "2001:db8:2::", Held::Outside),
        ("mail.example.com", "::", Held::Outside),
        // Published for the host by a record that does not rule over it: nothing to complain of.
        ("mail.example.net", "192.0.2.129", Held::Inside),
        ("mail.example.net", "192.0.2.192", Held::Outside),
        // Published, but for others.
        ("mail.example.com", "203.0.113.1", Held::Outside),
        ("a.share.example", "203.0.113.1", Held::Outside),
        ("a.share.example", "203.0.113.129", Held::Inside),
        ("docs.share.example", "203.0.113.129", Held::Inside),
        ("docs.share.example", "192.0.2.1", Held::Outside),
        ("a-files.share.example", "192.0.2.1", Held::Outside),
        // Nothing of that family, nothing at all, and no such host.
        ("a.share.example", "2001:db8:1::1", Held::Unpublished),
        ("www.example.com", "192.0.2.1", Held::Unpublished),
        ("crl.example.org", "192.0.2.1", Held::Unpublished),
        ("xcdn.notes.example", "192.0.2.1", Held::Unpublished),
        ("nowhere.test", "192.0.2.1", Held::Unpublished),
        ("", "192.0.2.1", Held::Unpublished),
        ("*.share.example", "203.0.113.1", Held::Unpublished),
    ] {
        assert_eq!(ranges.holds(host, address.parse().unwrap()), held, "{host} {address}");
    }
}

#[test]
fn the_best_category_rules() {
    let ranges = Ranges::new(&list());
    let said = ranges.ranges_of("mail.example.net").unwrap();
    assert_eq!((said.category, &said.ids[..]), (Category::Optimize, &[1][..]));
    assert_eq!(said.ranges, ["192.0.2.0/25", "198.51.100.8/31", "2001:db8:1::/48"].map(|one| one.parse().unwrap()));
    let said = ranges.ranges_of("crl.example.org").unwrap();
    assert_eq!((said.category, &said.ids[..], said.ranges.len()), (Category::Default, &[125, 200][..], 0));
    assert_eq!(ranges.ranges_of("nowhere.test"), None);
    // Without the record that rules, the next one does.
    let list = list();
    let others = Ranges::of(list.records.iter().filter(|record| record.id != 1));
    assert_eq!(others.ranges_of("mail.example.net").unwrap().ids, [2]);
    assert_eq!(others.holds("mail.example.net", "198.51.100.9".parse().unwrap()), Held::Outside);
}

#[test]
fn a_ruling_record_without_addresses_leaves_its_hosts_any() {
    let text = r#"[{"id": 1, "serviceArea": "Common", "category": "Allow", "required": true, "urls": ["*.a.example"], "ips": ["192.0.2.0/24"]},
                   {"id": 2, "serviceArea": "Common", "category": "Allow", "required": true, "urls": ["b.a.example"]}]"#;
    let ranges = Ranges::new(&List::read(Instance::Worldwide, text.as_bytes()).unwrap());
    let elsewhere = "198.51.100.1".parse().unwrap();
    assert_eq!(ranges.holds("a.a.example", elsewhere), Held::Outside);
    assert_eq!(ranges.holds("b.a.example", elsewhere), Held::Unpublished);
    assert_eq!(ranges.holds("b.a.example", "192.0.2.1".parse().unwrap()), Held::Inside);
}

#[test]
fn thousands_of_prefixes_answer_as_one_by_one() {
    // Nested and neighbouring prefixes of both families, some in two records.
    let v4 = |n: u32| format!("\"10.{}.{}.0/{}\"", n / 256 % 256, n % 256, 17 + n % 16);
    let v6 = |n: u32| format!("\"2001:db8:{:x}::/{}\"", n % 4096, 33 + n % 90);
    let record = |id: u32, host: &str, step: u32| {
        let ips =
            (0..2_000).map(|n| if n % 2 == 0 { v4(n * step) } else { v6(n * step) }).collect::<Vec<_>>().join(",");
        format!(
            r#"{{"id": {id}, "serviceArea": "Common", "category": "Allow", "required": true, "urls": ["{host}"], "ips": [{ips}]}}"#
        )
    };
    let text = format!("[{}, {}]", record(1, "a.example", 3), record(2, "*.a.example", 7));
    assert!(text.len() < MAX_BYTES);
    let list = List::read(Instance::Worldwide, text.as_bytes()).unwrap();
    let ranges = Ranges::new(&list);
    let mut counts = [0, 0];
    for (host, record) in [("a.example", &list.records[0]), ("b.a.example", &list.records[1])] {
        for n in 0..3_000_u32 {
            for address in [
                IpAddr::from([10, u8::try_from(n % 200).unwrap(), u8::try_from(n * 31 % 256).unwrap(), 130]),
                IpAddr::from([0x2001, 0xdb8, u16::try_from(n * 17 % 4096).unwrap(), 0x1fff, 0, 0, 0, 1]),
            ] {
                let inside = record.ranges.iter().any(|range| range.contains(&address));
                let expected = if inside { Held::Inside } else { Held::Outside };
                assert_eq!(ranges.holds(host, address), expected, "{host} {address}");
                counts[usize::from(inside)] += 1;
            }
        }
    }
    assert!(counts.iter().all(|count| *count > 500), "{counts:?}");
}

/// A real list, kept in a folder that lies beside some checkouts and is no part of this repository.
#[test]
fn a_real_list_answers_for_its_own() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/reference/m365/worldwide-2025-12.json");
    let Ok(bytes) = fs::read(&file) else {
        println!("{} is absent: nothing to ask", file.display());
        return;
    };
    let list = List::read(Instance::Worldwide, &bytes).unwrap();
    let ranges = Ranges::new(&list);
    for record in &list.records {
        for host in record.hosts.iter().filter(|host| host.is_name()) {
            for range in &record.ranges {
                assert_eq!(ranges.holds(host.as_str(), range.addr()), Held::Inside, "{host} {range}");
            }
        }
    }
    let umbrella = "146.112.61.104".parse().unwrap();
    assert_eq!(ranges.holds("outlook.office365.com", umbrella), Held::Outside);
    assert_eq!(ranges.holds("outlook.office365.com", "52.96.1.2".parse().unwrap()), Held::Inside);
    assert_eq!(ranges.holds("crl.microsoft.com", umbrella), Held::Unpublished);
}
