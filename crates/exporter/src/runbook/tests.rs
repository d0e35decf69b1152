//! Every cause has its entry, every section of the article its place, and nothing says less than it must.

use std::collections::BTreeMap;

use super::*;

fn runbook() -> &'static Runbook {
    Runbook::get().unwrap()
}

/// All that an entry says, with blanks as they are written.
fn words<'a>(spans: impl Iterator<Item = &'a Span>) -> String {
    let each = spans.map(|span| match span {
        Span::Text(text) | Span::Code(text) => text.clone(),
        Span::Blank(blank) => blank.to_string(),
    });
    each.collect()
}

#[test]
fn every_cause_has_one_entry_and_every_entry_a_cause() {
    let mut counts = BTreeMap::<Cause, usize>::new();
    for entry in &runbook().entries {
        *counts.entry(entry.cause).or_default() += 1;
    }
    let wrong: Vec<_> = Cause::ALL.iter().filter(|cause| counts.get(cause) != Some(&1)).collect();
    assert!(wrong.is_empty(), "not exactly one entry: {wrong:?}");
    assert_eq!(counts.len(), Cause::ALL.len());
}

#[test]
fn an_entry_without_a_cause_or_with_an_empty_field_is_not_read() {
    let whole = "- {cause: tcp_refused, means: a, knows: b, check: [{say: c}], send: d, \
                 article: {section: firewall, why: e}}";
    let read = |text: &str| serde_yaml::from_str::<Vec<Entry>>(text);
    assert!(read(whole).is_ok());
    for (right, wrong) in [
        ("tcp_refused", "tcp_refusal"),
        ("means: a, ", ""),
        ("means: a", "means: ' '"),
        ("knows: b", "knows: ''"),
        ("say: c", "say: ''"),
        ("say: c", "say: c, shell: ''"),
        ("send: d", "send: ''"),
        ("why: e", "why: ''"),
        ("section: firewall", "section: firewalls"),
        ("send: d", "sent: d"),
    ] {
        assert!(read(&whole.replace(right, wrong)).is_err(), "{wrong}");
    }
}

#[test]
fn every_entry_says_enough_to_act_on() {
    for entry in &runbook().entries {
        let cause = entry.cause;
        assert!(entry.check.len() >= 2, "{cause}: too little to check");
        let has_command = |step: &Step| step.windows.is_some() || step.shell.is_some();
        assert!(entry.check.iter().any(has_command), "{cause}: nothing to type");
        let letter = words(entry.send.spans());
        for blank in [Blank::Endpoint, Blank::Path, Blank::Since, Blank::Detail] {
            assert!(letter.contains(&blank.to_string()), "{cause}: the letter lacks {blank}");
        }
        let asks = letter.contains("Please") || letter.contains("please");
        assert!(asks, "{cause}: the letter asks for nothing");
    }
}

#[test]
fn every_section_that_is_not_about_the_network_has_its_topic() {
    let groups = &runbook().network_is_fine.groups;
    let topics: Vec<Section> = groups.iter().flat_map(|group| &group.topics).map(|topic| topic.section).collect();
    let network = [Section::Proxy, Section::Firewall, Section::ExternalDns];
    for section in Section::ALL {
        let told = topics.iter().filter(|topic| **topic == section).count();
        assert_eq!(told, usize::from(!network.contains(&section)), "{section:?}");
        assert!(section.heading().is_some());
    }
    for section in network {
        assert!(runbook().entries.iter().any(|entry| entry.article.section == section), "{section:?}");
    }
    assert!(!topics.contains(&Section::None));
}

#[test]
fn links_lead_to_those_who_make_what_they_are_about() {
    let groups = &runbook().network_is_fine.groups;
    let links = groups.iter().flat_map(|group| &group.topics).flat_map(|topic| &topic.links);
    let makers = ["microsoft.com", "aka.ms", "citrix.com"];
    for link in links {
        let address: url::Url = link.to.parse().unwrap();
        let host = address.host_str().unwrap();
        assert_eq!(address.scheme(), "https", "{address}");
        assert!(makers.iter().any(|maker| host.ends_with(maker)), "{address}");
        assert!(!link.text.trim().is_empty(), "{address}");
    }
}

#[test]
fn headings_and_groups_are_not_empty() {
    let page = &runbook().network_is_fine;
    assert!(!page.first.is_empty() && !page.groups.is_empty());
    for group in &page.groups {
        assert!(!group.title.trim().is_empty() && !group.topics.is_empty());
        assert!(group.topics.iter().all(|topic| !topic.title.trim().is_empty()));
    }
}

#[test]
fn the_blanks_of_an_entry_are_explained_once_and_in_order() {
    let entry = runbook().entry(Cause::ProxyDenied).unwrap();
    let names: Vec<_> = entry.blanks().into_iter().map(Blank::as_str).collect();
    assert_eq!(names, ["site", "endpoint", "url", "host", "path", "since", "detail", "evidence", "proxy", "proxy_url"]);
}
