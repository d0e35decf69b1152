//! The lines of an import.

use std::collections::{BTreeSet, HashSet};

use prober::config::slug;
use prober::microsoft365::{Instance, Record, ServiceArea};

use super::existing::Offered;
use super::offer::{Host, Kind, Offer};

/// Before what is imported.
pub(super) const BEGIN: &str = "# microsoft365: begin";
/// Before hosts that were offered.
pub(super) const OFFERED: &str = "# microsoft365: offered ";
/// After what is imported.
pub(super) const END: &str = "# microsoft365: end";

/// The widest a line of comment becomes, in characters.
const WIDTH: usize = 120;
/// The most names that a wildcard is told to stand for.
const MAX_NAMES: usize = 6;
/// How much of a name is kept before a number; names have at most 100 characters.
const MAX_NAME_HEAD: usize = 88;
/// Groups that the program keeps for itself.
const KEPT_GROUPS: [&str; 4] = ["control", "revocation", "tenant", "microsoft365"];

/// The first line of a section, and what it says to whoever reads it.
pub(super) fn begin() -> [String; 3] {
    [
        format!(
            "{BEGIN}: by `reachwatch import microsoft365`. Change, disable and remove what you like: importing again"
        ),
        "# adds what is new and touches no line that is there. What you remove stays away as long as it is named under"
            .to_owned(),
        "# \"offered\" at the end.".to_owned(),
    ]
}

/// What was offered, as the end of the section remembers it.
pub(super) fn offered(offered: &Offered) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for (instance, hosts) in offered {
        let head = match instance {
            Instance::Worldwide => OFFERED.to_owned(),
            other => format!("{OFFERED}{}: ", other.key()),
        };
        let first = lines.len();
        for host in hosts {
            match lines.get_mut(first..).and_then(<[String]>::last_mut) {
                Some(line) if line.len() + 1 + host.len() <= WIDTH => {
                    line.push(' ');
                    line.push_str(host);
                }
                _ => lines.push(format!("{head}{host}")),
            }
        }
    }
    lines
}

/// A record's lines: what it is, and its hosts.
pub(super) fn record(offer: &Offer<'_>, own: &BTreeSet<String>, names: &mut HashSet<String>) -> Vec<String> {
    let mut lines = head(offer.record);
    for Host { pattern, kind } in &offer.hosts {
        match kind {
            Kind::Https => lines.push(entry(pattern.as_str(), None, offer.record, names)),
            Kind::Http => lines.push(entry(pattern.as_str(), Some("http"), offer.record, names)),
            Kind::Wildcard(listed) => {
                let own = own.iter().map(String::as_str).filter(|host| pattern.matches(host));
                let known: BTreeSet<_> = listed.iter().copied().chain(own).collect();
                lines.extend(wrapped("#  ", &format!("{pattern} cannot be probed: {}", stands_for(&known))));
            }
            Kind::Other(why) => lines.extend(wrapped("#  ", &format!("{pattern} is not probed: {why}"))),
        }
    }
    lines
}

/// Id, service area, category, ports, and what Microsoft says to it.
fn head(record: &Record) -> Vec<String> {
    let required = if record.required { "required" } else { "optional" };
    let mut facts = vec![format!("{} {}, {}, {required}", record.id, record.area, record.category)];
    for (protocol, ports) in [("TCP", &record.tcp), ("UDP", &record.udp)] {
        if !ports.is_empty() {
            facts.push(format!("{protocol} {ports}"));
        }
    }
    let notes = record.notes.as_ref().map(|notes| format!(": {notes}"));
    let text = facts.join(", ") + &notes.unwrap_or_default();
    wrapped("#", &text)
}

fn stands_for(names: &BTreeSet<&str>) -> String {
    let first: Vec<_> = names.iter().take(MAX_NAMES).copied().collect();
    match names.len() {
        0 => "no name of it is known; add one that you use".to_owned(),
        many if many > MAX_NAMES => {
            format!("of its names there are {} and {} more", first.join(", "), many - MAX_NAMES)
        }
        _ => format!("of its names there are {}", first.join(", ")),
    }
}

/// An endpoint in one line.
fn entry(host: &str, scheme: Option<&str>, record: &Record, names: &mut HashSet<String>) -> String {
    let url = match scheme {
        Some(scheme) => format!("\"{scheme}://{host}/\""),
        None if is_plain(host) => host.to_owned(),
        None => format!("\"{host}\""),
    };
    let name = own_name(host, names).map_or_else(String::new, |name| format!("name: {name}, "));
    let severity = if record.required { "warning" } else { "info" };
    format!("- {{{name}url: {url}, group: {}, severity: {severity}}}", group(&record.area))
}

/// A name for a host whose usual one is taken; takes whichever it has.
fn own_name(host: &str, names: &mut HashSet<String>) -> Option<String> {
    let usual = slug(host);
    if names.insert(usual.clone()) {
        return None;
    }
    let head: String = usual.chars().take(MAX_NAME_HEAD).collect();
    let mut number = 2_u32;
    loop {
        let name = format!("{head}-{number}");
        if names.insert(name.clone()) {
            return Some(name);
        }
        number += 1;
    }
}

/// Whether YAML takes a host for text, and for nothing else such as a number.
fn is_plain(host: &str) -> bool {
    host.starts_with(|first: char| first.is_ascii_alphabetic()) && host.contains('.')
}

fn group(area: &ServiceArea) -> String {
    match slug(area.as_str()) {
        name if name.is_empty() => "other".to_owned(),
        name if KEPT_GROUPS.contains(&name.as_str()) => format!("area-{name}"),
        // Words that YAML takes for something else than text.
        name if ["null", "true", "false", "yes", "no", "on", "off", "y", "n"].contains(&name.as_str()) => {
            format!("area-{name}")
        }
        name if name.starts_with(|first: char| first.is_ascii_digit()) => format!("area-{name}"),
        name => name,
    }
}

/// Text as lines of comment, those after the first indented. A word that is longer than a line stays whole.
fn wrapped(first: &str, text: &str) -> Vec<String> {
    let mut lines = vec![first.to_owned()];
    for word in text.split_whitespace() {
        let is_full = |line: &String| line.chars().count() + 1 + word.chars().count() > WIDTH && line.len() > 6;
        if lines.last().is_some_and(is_full) {
            lines.push("#    ".to_owned());
        }
        if let Some(line) = lines.last_mut() {
            line.push(' ');
            line.push_str(word);
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use prober::microsoft365::List;

    use super::*;

    fn record_with(area: &str, notes: &str) -> Record {
        let area = area.replace('\\', "\\\\").replace('"', "\\\"");
        let text = format!(
            "[{{\"id\": 7, \"serviceArea\": \"{area}\", \"category\": \"Allow\", \"required\": true, \"tcpPorts\": \"443\", \
             \"notes\": {}}}]",
            serde_json::to_string(notes).unwrap()
        );
        List::read(Instance::Worldwide, text.as_bytes()).unwrap().records.remove(0)
    }

    #[test]
    fn notes_stay_in_their_comment() {
        let notes = "first\n- evil.example\r\n\u{2028}- {url: evil.example}\u{85}x: y\u{0}z # no\ttab";
        for line in head(&record_with("Skype", notes)) {
            assert!(line.starts_with('#') && !line.contains(['\n', '\r', '\u{85}', '\u{2028}', '\u{0}']), "{line:?}");
        }
        let long = head(&record_with("Skype", &"word ".repeat(100)));
        assert!(long.len() > 3 && long.iter().all(|line| line.chars().count() <= WIDTH), "{long:?}");
        assert!(long[1].starts_with("#     word"), "{long:?}");
        let longest = head(&record_with("Skype", &"x".repeat(300)));
        assert_eq!(longest.len(), 2, "{longest:?}");
    }

    #[test]
    fn names_are_taken_once() {
        let mut names = HashSet::from(["a-b-example".to_owned()]);
        let record = record_with("Skype", "");
        let first = entry("a.b.example", None, &record, &mut names);
        assert_eq!(first, "- {name: a-b-example-2, url: a.b.example, group: skype, severity: warning}");
        let second = entry("a-b.example", Some("http"), &record, &mut names);
        assert_eq!(second, "- {name: a-b-example-3, url: \"http://a-b.example/\", group: skype, severity: warning}");
        let long = ["a", "b"].map(|label| format!("{}{label}.example", "x-y.".repeat(50)));
        let long = long.map(|host| entry(&host, None, &record, &mut names));
        assert!(!long[0].contains("name: ") && long[1].contains("-2, url: "), "{long:?}");
        assert!(names.iter().all(|name| name.len() <= 100), "{names:?}");
        let other = entry("c.example", None, &record, &mut names);
        assert_eq!(other, "- {url: c.example, group: skype, severity: warning}");
    }

    #[test]
    fn hosts_and_groups_that_yaml_or_the_program_would_take_for_something_else() {
        for (host, plain) in [("a.example", true), ("true", false), ("1.e5", false), ("365.example.com", false)] {
            assert_eq!(is_plain(host), plain, "{host}");
        }
        for (area, expected) in [
            ("SharePoint", "sharepoint"),
            ("control", "area-control"),
            ("Microsoft365", "area-microsoft365"),
            ("}, evil: {", "evil"),
            ("###", "other"),
            ("007", "area-007"),
        ] {
            assert_eq!(group(&record_with(area, "").area), expected, "{area}");
        }
    }

    #[test]
    fn what_was_offered_is_remembered_in_lines_of_bounded_width() {
        let hosts: BTreeSet<_> = (0..40).map(|n| format!("host-number-{n}.example")).collect();
        let lines = offered(&Offered::from([(Instance::Worldwide, hosts.clone())]));
        assert!(lines.len() > 5 && lines.iter().all(|line| line.len() <= WIDTH && line.starts_with(OFFERED)));
        let read = lines.iter().flat_map(|line| line.strip_prefix(OFFERED).unwrap().split_whitespace());
        assert!(read.eq(hosts.iter().map(String::as_str)));
        let two = |host: &str| BTreeSet::from([host.to_owned()]);
        let both = Offered::from([(Instance::Worldwide, two("a.example")), (Instance::China, two("b.example"))]);
        assert_eq!(offered(&both), ["# microsoft365: offered a.example", "# microsoft365: offered china: b.example"]);
    }
}
