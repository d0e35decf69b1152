//! What the newest answers say of our clock.

use time::Duration as Span;

use super::*;
use crate::observation::OriginClock;

/// Rows of hosts, each with by how many seconds our clock is behind and how many seconds ago that was seen.
fn told(rows: &[(&str, i64, i64)]) -> Option<(i64, usize)> {
    let rows = rows.iter().enumerate().map(|(number, (host, offset, age))| {
        let mut row = row(&format!("e{number} hq ok"));
        let mut pair = (*row.pair).clone();
        Arc::make_mut(&mut pair.endpoint).url = format!("https://{host}/").parse().unwrap();
        row.pair = Arc::new(pair);
        let report = Arc::make_mut(row.last.as_mut().unwrap());
        let ours = NOW - Span::seconds(*age);
        report.observation.probed_at = ours;
        report.observation.origin_clock = Some(OriginClock { date: ours + Span::seconds(*offset), ours });
        Arc::new(row)
    });
    let picture = Snapshot { rows: rows.collect(), ..picture(&[]) };
    clock(&picture).map(|clock| (clock.offset.whole_seconds(), clock.origins))
}

#[test]
fn the_median_is_of_the_newest_recent_reading_of_each_publisher() {
    assert_eq!(told(&[("a.com", 5, 1), ("b.com", 7, 1)]), None);
    assert_eq!(told(&[("a.com", 5, 1), ("b.com", 7, 1), ("c.com", 900, 1)]), Some((7, 3)));
    // One publisher's hosts are one voice, the newest.
    assert_eq!(told(&[("x.a.com", 5, 1), ("y.a.com", 7, 1), ("b.com", 7, 1)]), None);
    assert_eq!(told(&[("x.a.com", 1, 30), ("y.a.com", 7, 1), ("b.com", 9, 1), ("c.com", 3, 1)]), Some((7, 3)));
    // What is old, or from before the clock was set back, counts no more.
    assert_eq!(told(&[("a.com", 5, 3600), ("b.com", 7, 1), ("c.com", 9, 1)]), None);
    assert_eq!(told(&[("a.com", 5, -3600), ("b.com", 7, 1), ("c.com", 9, 1)]), None);
}
