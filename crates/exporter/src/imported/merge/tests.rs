use prober::config::{SystemSources, parse};
use prober::microsoft365::Instance;
use prober::plan::Plan;

use super::*;
use crate::imported::offers;
use crate::listed::Selection;

const LIST: &str = include_str!("../../../../../tests/fixtures/microsoft365/list.json");

fn import_of(list: &str, text: &str, optional: bool) -> Result<Merged, MergeFault> {
    let list = List::read(Instance::Worldwide, list.as_bytes()).unwrap();
    let existing = Existing::read(text, "endpoints.yaml", &SystemSources::in_folder(".")).unwrap();
    let records = Selection { optional, ..Selection::default() }.of(&list).unwrap();
    merge(&existing, &list, offers(&list, &records))
}

fn import(text: &str) -> Merged {
    import_of(LIST, text, false).unwrap_or_else(|error| panic!("{error}: {text}"))
}

fn plan(text: &str) -> Plan {
    parse(text, "endpoints.yaml", &SystemSources::in_folder(".")).unwrap_or_else(|faults| panic!("{faults}\n{text}"))
}

fn urls(text: &str) -> Vec<String> {
    let plan = plan(text);
    plan.endpoints.iter().filter(|endpoint| !endpoint.control).map(|endpoint| endpoint.url.to_string()).collect()
}

const IMPORTED: [&str; 5] = [
    "https://mail.example.com/",
    "https://mail.example.net/",
    "https://docs.share.example/",
    "http://crl.example.org/",
    "http://ocsp.example.org/",
];

#[test]
fn a_new_file_to_the_letter() {
    let text = import("").text.unwrap();
    insta::assert_snapshot!(text);
    assert_eq!(urls(&text), IMPORTED);
}

#[test]
fn importing_again_changes_nothing_whatever_else_the_file_holds() {
    for text in [
        "",
        "# nothing yet\n",
        "site: a\nendpoints:\n",
        "site: a\nendpoints: # none yet\n\ncontrols: []\n",
        "site: a\nendpoints: []\ncontrols: []\n",
        "# by default: endpoints: []\nsite: a\nendpoints: []\n",
        "site: a\nendpoints:  [ ]  # none yet\ncontrols: []\n",
        "endpoints:\n- own.example\n\n# of the controls\ncontrols: []\n",
        "endpoints:\n    - own.example\n    # - {url: off.example}\n\ninterval: 30s\n",
        "endpoints:\n  - own.example\n  - {url: mail.example.com, enabled: false}",
        "endpoints:\r\n  - own.example\r\ninterval: 30s\r\n",
        "\u{feff}endpoints:\n  - own.example\n",
        "site: a",
        "endpoints:\n  - name: x\n    url: own.example\n    expect: {body: {contains: x}}\n    # of x\n    headers:\n      A: b\n",
        "endpoints:\n  - url: own.example\n    method: POST\n    body: |\n      # no comment\n      - no entry\n\n      endpoints:\n\nsite: a\n",
    ] {
        let first = import(text);
        let made = first.text.unwrap_or_else(|| panic!("{text}"));
        let own = usize::from(text.contains("own.example"));
        assert_eq!(first.added + first.present, IMPORTED.len(), "{text}");
        let enabled = IMPORTED.len() + own - first.present;
        assert_eq!(urls(&made).len(), enabled, "{made}");
        // Every line that was there is there, in the same order.
        let mut lines = made.lines();
        let opened = opened(text);
        assert!(opened.lines().all(|line| lines.any(|made| made == line)), "{text}\n{made}");
        assert_eq!(made.contains('\r'), text.contains('\r'), "{made}");
        assert!(
            !made.replace("\r\n", "").contains('\r')
                && (!text.contains('\r') || !made.replace("\r\n", "").contains('\n'))
        );
        let again = import(&made);
        assert_eq!((again.text, again.added, again.present), (None, 0, IMPORTED.len()), "{made}");
    }
}

#[test]
fn local_edits_stay() {
    let made = import("").text.unwrap();
    let line = |host: &str| made.lines().find(|line| line.contains(&format!("url: {host},"))).unwrap().to_owned();
    let edited = made
        .replace(&line("mail.example.com"), "  - {url: mail.example.com/owa, name: mail, interval: 5m}")
        .replace(&line("docs.share.example"), "  - {url: docs.share.example, enabled: false} # not ours")
        .replace(&format!("{}\n", line("mail.example.net")), "");
    assert_eq!(edited.lines().count() + 1, made.lines().count());
    let again = import(&edited);
    assert_eq!((again.text, again.added, again.present, again.removed), (None, 0, 4, 1));
    // Whoever wants it back takes it from what was offered.
    let forgotten = edited.replace("mail.example.net", "");
    let again = import(&forgotten);
    let back = again.text.unwrap();
    assert_eq!((again.added, again.removed), (1, 0));
    assert!(back.contains("\n  - {url: mail.example.net, group: exchange, severity: warning}\n"), "{back}");
    assert!(back.contains("  - {url: mail.example.com/owa, name: mail, interval: 5m}\n"), "{back}");
    assert_eq!(import(&back).text, None);
    // Comments of the section may go; its end may not, or another one is begun.
    let bare: String =
        made.lines().filter(|line| !line.contains("microsoft365: ")).flat_map(|line| [line, "\n"]).collect();
    let again = import(&bare);
    assert_eq!((again.added, again.present), (0, IMPORTED.len()));
}

#[test]
fn what_is_new_in_the_list_is_added_where_the_rest_is() {
    let made = import("interval: 2m\nendpoints:\n  - own.example\n").text.unwrap();
    let made = made.replace("  # microsoft365: end\n", "  # microsoft365: end\n  - behind.example\n");
    let newer = LIST.replace(
        "\"crl.example.org\", \"ocsp.example.org\"",
        "\"crl.example.org\", \"new.example.org\", \"*.new.example\"",
    );
    let merged = import_of(&newer, &made, false).unwrap();
    assert_eq!((merged.added, merged.unlisted), (1, vec!["ocsp.example.org".to_owned()]));
    let text = merged.text.unwrap();
    let expected = [
        "https://own.example/",
        IMPORTED[0],
        IMPORTED[1],
        IMPORTED[2],
        IMPORTED[3],
        IMPORTED[4],
        "http://new.example.org/",
        "https://behind.example/",
    ];
    assert_eq!(urls(&text), expected);
    assert!(text.contains("# 125 Common, Default, required, TCP 80\n  - {url: \"http://new.example.org/\""), "{text}");
    assert!(
        text.contains("#   *.new.example cannot be probed: no name of it is known; add one that you use\n"),
        "{text}"
    );
    assert_eq!(import_of(&newer, &text, false).unwrap().text, None);
    // More of the same list is no different.
    let all = import_of(&newer, &text, true).unwrap();
    assert_eq!(all.added, 1);
    assert!(all.text.unwrap().contains("- {url: assets.viva.example, group: viva, severity: info}"));
}

#[test]
fn own_hosts_are_told_as_names_of_wildcards() {
    let text = import("endpoints: \n  - a.share.example/x\n").text.unwrap();
    assert!(
        text.contains(
            "#   *.share.example cannot be probed: of its names there are a.share.example, docs.share.example\n"
        ),
        "{text}"
    );
}

/// Those that are disabled are in no plan, and their names are taken all the same.
#[test]
fn names_of_disabled_entries_are_taken() {
    let text = import("endpoints:\n  - own.example\n  - {url: mail-example.com, enabled: false}\n").text.unwrap();
    assert!(text.contains("- {name: mail-example-com-2, url: mail.example.com, "), "{text}");
    assert_eq!(urls(&text).len(), 1 + IMPORTED.len());
}

#[test]
fn a_file_that_lines_cannot_be_added_to_is_left_alone() {
    for text in [
        "endpoints: [own.example]\n",
        "{endpoints: [own.example]}\n",
        "{site: a}\n",
        "\"endpoints\":\n  - own.example\n",
        "endpoints:\n  [own.example,\n   other.example]\n",
        "endpoints: &all\n  - own.example\n",
        "site: a\n...\n",
        "endpoints:\n  -\n    own.example\n",
    ] {
        let result = import_of(LIST, text, false);
        assert!(result.is_err(), "{text}: {result:?}");
    }
}

#[test]
fn a_hostile_list_gives_endpoints_and_comments_and_nothing_else() {
    let list = r#"[{"id": 1, "serviceArea": "x\n  - evil.example\n#", "category": "Allow", "required": true, "tcpPorts": "443",
        "urls": ["null", "1.2.3.4", "a_b.example", "-x.example", "on", "a.1", "*-.example"],
        "notes": "\"\n# microsoft365: end\n- evil.example\n# microsoft365: offered a_b.example \u0085 # {{ }} ${HOME}"}]"#;
    let text = import_of(list, "", false).unwrap().text.unwrap();
    let made = plan(&text);
    let urls: Vec<_> =
        made.endpoints.iter().filter(|one| !one.control).map(|one| one.url.as_str().to_owned()).collect();
    assert_eq!(urls, ["https://null/", "https://a_b.example/", "https://on/"], "{text}");
    assert_eq!(made.endpoints[0].group, "x-evil-example");
    assert_eq!(import_of(list, &text, false).unwrap().text, None);
}

/// A real list, kept in a folder that lies beside some checkouts and is no part of this repository.
#[test]
fn real_lists_become_configurations() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/reference/m365");
    if !folder.is_dir() {
        println!("{} is absent: nothing to import", folder.display());
        return;
    }
    let read = |file: &str| std::fs::read_to_string(folder.join(file)).unwrap();
    let (old, new) = (read("worldwide-2024-07.json"), read("worldwide-2025-12.json"));
    let mut text = String::new();
    for list in [&old, &new, &read("china-2025-12.json")] {
        let merged = import_of(list, &text, true).unwrap();
        assert!(merged.added > 5, "{} added", merged.added);
        text = merged.text.unwrap();
        assert_eq!(urls(&text).len(), plan(&text).pairs.iter().filter(|pair| !pair.endpoint.control).count());
        assert_eq!(import_of(list, &text, true).unwrap().text, None);
    }
    let shipped = import_of(&new, prober::config::BUILT_IN, false).unwrap();
    assert!(shipped.present > 5 && shipped.added > 100, "{} there, {} added", shipped.present, shipped.added);
    plan(&shipped.text.unwrap());
}

#[test]
fn what_one_instance_lists_is_nothing_that_another_has_dropped() {
    let of = |instance, text: &str, hosts: &str| {
        let list = format!(
            r#"[{{"id": 1, "serviceArea": "Common", "category": "Allow", "required": true, "tcpPorts": "443", "urls": [{hosts}]}}]"#
        );
        let list = List::read(instance, list.as_bytes()).unwrap();
        let existing = Existing::read(text, "endpoints.yaml", &SystemSources::in_folder(".")).unwrap();
        let records: Vec<_> = list.records.iter().collect();
        merge(&existing, &list, offers(&list, &records)).unwrap()
    };
    let first = of(Instance::Worldwide, "", "\"a.example\", \"b.example\"").text.unwrap();
    let second = of(Instance::China, &first, "\"c.example\"");
    assert_eq!((second.added, second.unlisted.len()), (1, 0));
    let text = second.text.unwrap();
    assert!(text.contains("offered a.example b.example\n  # microsoft365: offered china: c.example\n"), "{text}");
    assert_eq!(of(Instance::Worldwide, &text, "\"a.example\"").unlisted, ["b.example"]);
    assert_eq!(of(Instance::China, &text, "\"c.example\"").text, None);
    let edited: Vec<_> = text.lines().filter(|line| !line.contains("url: c.example")).collect();
    let again = of(Instance::USGovDoD, &edited.join("\n"), "\"c.example\"");
    assert_eq!((again.added, again.removed), (0, 1), "whoever listed it, it was removed");
}
