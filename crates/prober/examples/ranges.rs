//! What it costs to hold an address against the ranges of a list:
//! `cargo run --release -p prober --example ranges [FILE]`, with the service's answer in FILE, or else with a made-up list of
//! 100 records and 4,000 prefixes.
#![expect(clippy::expect_used, reason = "an example that cannot go on has to say so")]

use std::fmt::Write as _;
use std::hint::black_box;
use std::io::{self, Write};
use std::net::IpAddr;
use std::time::{Duration, Instant};
use std::{env, fs};

use prober::microsoft365::{HostPattern, Instance, List, Ranges};

/// How long each case is repeated.
const FOR: Duration = Duration::from_secs(1);
/// How many lookups are timed together.
const BATCH: u32 = 100;

fn main() -> io::Result<()> {
    let bytes = env::args().nth(1).map_or_else(|| Ok(made_up().into_bytes()), fs::read)?;
    let list = List::read(Instance::Worldwide, &bytes).expect("the list is one");
    let begun = Instant::now();
    let ranges = Ranges::new(&list);
    let prefixes = list.records.iter().map(|record| record.ranges.len()).sum::<usize>();
    let (records, took) = (list.records.len(), begun.elapsed());
    writeln!(io::stdout(), "{records} records with {prefixes} prefixes, made ready in {took:.1?}")?;
    let named =
        list.records.iter().find(|record| !record.ranges.is_empty() && record.hosts.iter().any(HostPattern::is_name));
    let named = named.expect("a record has a host and addresses");
    let host = named.hosts.iter().find(|host| host.is_name()).expect("it has a name").as_str();
    let inside = named.ranges.first().expect("it has a range").addr();
    for (host, address) in [
        (host, inside),
        (host, IpAddr::from([146, 112, 61, 104])),
        (host, IpAddr::from([0x2606, 0x4700, 0, 0, 0, 0, 0, 1])),
        ("a.host.that.nobody.names.example", inside),
    ] {
        // The fastest of many: whoever shares the machine makes the others slower.
        let begun = Instant::now();
        let mut each = Duration::MAX;
        while begun.elapsed() < FOR {
            let before = Instant::now();
            for _ in 0..BATCH {
                black_box(black_box(&ranges).holds(black_box(host), black_box(address)));
            }
            each = each.min(before.elapsed() / BATCH);
        }
        let held = ranges.holds(host, address);
        writeln!(io::stdout(), "{:>6} ns  {address} of {host}: {held:?}", each.as_nanos())?;
    }
    Ok(())
}

fn made_up() -> String {
    let mut text = String::from("[");
    for id in 0..100 {
        let comma = if id == 0 { "" } else { "," };
        let ips: Vec<_> = (0..40)
            .map(|n| {
                if n % 2 == 0 {
                    format!("\"{}.{id}.{n}.0/24\"", 11 + n)
                } else {
                    format!("\"2001:db8:{id:x}:{n:x}::/64\"")
                }
            })
            .collect();
        let ips = ips.join(",");
        write!(
            text,
            r#"{comma}{{"id": {id}, "serviceArea": "Common", "category": "Allow", "required": true,
                "urls": ["host{id}.example", "*.domain{id}.example"], "ips": [{ips}]}}"#
        )
        .expect("a string takes everything");
    }
    text + "]"
}
