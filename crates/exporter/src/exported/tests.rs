use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use prober::config::{SystemSources, parse};
use prober::microsoft365::{Instance, List};
use prober::net::SystemClock;
use prober::pac::{Engine, Names, ThisMachine};
use prober::plan::UrlView;
use prober::text::Clean;
use tokio::time::Instant;

use super::*;
use crate::listed::Selection;

const LIST: &str = include_str!("../../../../tests/fixtures/microsoft365/list.json");

const CONFIGURATION: &str = "\
endpoints:
  - {url: mail.example.com/owa, name: '=cmd|x', group: '@sum'}
  - {url: 'http://www.example.com:8080/', name: clear}
  - {url: 'http://www.example.com/a.crl', name: list, group: crl}
  - {url: share.example, name: whole}
  - {url: own.example, name: own, enabled: false}
  - {url: 'https://192.0.2.7/', name: v4}
  - {url: 'https://[2001:db8::7]/', name: v6}
controls: [{name: ncsi, url: 'http://control.example/'}]
tenant: {domains: [contoso.com]}
";

fn allowlist(configuration: &str, list: Option<&str>) -> Allowlist {
    let plan = parse(configuration, "endpoints.yaml", &SystemSources::in_folder(".")).unwrap();
    let list = list.map(|list| List::read(Instance::Worldwide, list.as_bytes()).unwrap());
    let records = list.as_ref().map(|list| Selection { optional: true, ..Selection::default() }.of(list).unwrap());
    Allowlist::of(&plan, &records.unwrap_or_default()).unwrap()
}

fn whole() -> Allowlist {
    allowlist(CONFIGURATION, Some(LIST))
}

fn left_out(export: &Export) -> Vec<&str> {
    export.left_out.iter().map(|(what, _)| what.as_str()).collect()
}

#[test]
fn squid_gets_the_outermost_domains_and_names() {
    let export = squid(&whole());
    let expected = "\
.example.com
.share.example
192.0.2.7
assets.viva.example
crl.example.org
mail.example.net
ocsp.example.org
smtp.example.net
time.example.org
";
    assert_eq!(export.text, expected);
    assert_eq!(
        left_out(&export),
        ["*-files.share.example", "*cdn.notes.example", "autodiscover.*.tenants.example", "2001:db8::7"]
    );
}

#[test]
fn no_entry_of_squids_is_within_another() {
    let list = r#"[{"id": 1, "serviceArea": "Common", "category": "Allow", "required": true, "tcpPorts": "443",
        "urls": ["*.a.example", "a.example", "b.a.example", "*.b.a.example", "*.ba.example", "ba.example", "c.ba.example", "aa.example"]}]"#;
    let export = squid(&allowlist("endpoints: [a.example]", Some(list)));
    assert_eq!(export.text, ".a.example\n.ba.example\naa.example\n");
}

#[test]
fn palo_alto_gets_whole_labels_that_end_in_a_slash() {
    let export = paloalto(&whole());
    assert!(export.text.contains("*.example.com/\n") && export.text.contains("\nautodiscover.*.tenants.example/\n"));
    assert!(export.text.lines().all(|line| line.ends_with('/')), "{}", export.text);
    assert_eq!(left_out(&export), ["*-files.share.example", "*cdn.notes.example", "2001:db8::7"]);
}

#[test]
fn fortinet_gets_asterisks_wherever_they_are() {
    let export = fortinet(&whole());
    assert!(export.text.starts_with("*-files.share.example\n*.example.com\n*.share.example\n*cdn.notes.example\n"));
    assert_eq!(left_out(&export), ["192.0.2.7", "2001:db8::7"]);
}

#[test]
fn ranges_are_put_together() {
    // 192.0.2.7 and 192.0.2.0/25 are one; so are the halves of 203.0.113.0/24.
    let expected = "192.0.2.0/25\n192.0.2.128/26\n198.51.100.8/31\n203.0.113.0/24\n2001:db8::7/128\n2001:db8:1::/48\n";
    assert_eq!(ranges(&whole()).text, expected);
    assert_eq!(ranges(&allowlist("endpoints: [a.example]", None)).text, "");
}

#[test]
fn disabled_endpoints_controls_and_the_tenant_are_no_part_of_it() {
    for export in [squid(&whole()), fortinet(&whole()), json(&whole()).unwrap(), csv(&whole()).unwrap()] {
        for strange in ["own.example", "control.example", "contoso"] {
            assert!(!export.text.contains(strange), "{}", export.text);
        }
    }
}

#[test]
fn tables_tell_where_everything_comes_from_and_compute_nothing() {
    let export = csv(&whole()).unwrap();
    let line = |start: &str| {
        export.text.split("\r\n").find(|line| line.starts_with(start)).unwrap_or_else(|| panic!("{start}"))
    };
    assert_eq!(line("mail.example.com"), "mail.example.com,name,\"80,443\",443,Optimize,yes,Exchange,1,'=cmd|x,'@sum,");
    assert_eq!(line("www.example.com"), "www.example.com,name,\"80,8080\",,,,,,clear; list,crl; default,");
    assert_eq!(
        line("192.0.2.0/25"),
        "192.0.2.0/25,range,\"80,143,443,587,993,995\",443,Optimize,yes,Exchange,1 2,,,\"POP3, IMAP4,   SMTP: \"\"client\"\" traffic # old\""
    );
    let document: serde_json::Value = serde_json::from_str(&json(&whole()).unwrap().text).unwrap();
    let entries = document["entries"].as_array().unwrap();
    // Every line of the table but the one that names its columns, and the end of the last.
    assert_eq!(entries.len(), export.text.split("\r\n").count() - 2);
    let mail = entries.iter().find(|entry| entry["host"] == "mail.example.net").unwrap();
    insta::assert_snapshot!(serde_json::to_string_pretty(mail).unwrap());
}

/// A machine without names.
struct Nobody;

impl Names for Nobody {
    async fn addresses(&self, name: &str, _: Instant) -> Result<Vec<IpAddr>, Clean> {
        panic!("{name} is looked up")
    }
}

async fn way(script: &Export, url: &str) -> String {
    let machine = ThisMachine { clock: Arc::new(SystemClock), source_address: None };
    let engine = Engine::new(script.text.as_bytes(), None, Arc::new(machine)).unwrap();
    let by = Instant::now() + Duration::from_secs(60);
    engine.find(&url.parse().unwrap(), UrlView::Stripped, &Nobody, by, by).await.unwrap().answer.unwrap()
}

#[tokio::test]
async fn the_pac_file_sends_the_list_direct_and_nothing_else() {
    let list = whole();
    let proxies = ["proxy.example:3128".parse().unwrap(), "https://other.example:8443".parse().unwrap()];
    let script = pac(&list, &proxies).unwrap();
    let read = List::read(Instance::Worldwide, LIST.as_bytes()).unwrap();
    let hosts = [
        "mail.example.com",
        "a.b.example.com",
        "example.com",
        "www.example.com",
        "evil-example.com",
        "example.com.evil.net",
        "share.example",
        "contoso-files.share.example",
        "xcdn.notes.example",
        "cdn.notes.example",
        "notes.example",
        "autodiscover.contoso.tenants.example",
        "autodiscover.tenants.example",
        "time.example.org",
        "constructor",
        "tostring",
        "own.example",
        "control.example",
        "nowhere.test",
        "192.0.2.7",
        "192.0.2.8",
    ];
    let mut direct = 0;
    for host in hosts {
        let is_listed = !read.records_of(host).is_empty() || ["share.example", "192.0.2.7"].contains(&host);
        direct += usize::from(is_listed);
        let expected = if is_listed { "DIRECT" } else { "PROXY proxy.example:3128; HTTPS other.example:8443" };
        for url in [format!("https://{host}/x?y"), format!("http://{host}:8080/")] {
            assert_eq!(way(&script, &url).await, expected, "{url}");
        }
    }
    assert_eq!(direct, 10);
    assert_eq!(way(&script, "https://MAIL.example.com./").await, "DIRECT");
}

#[test]
fn no_host_breaks_out_of_any_format() {
    // What would is no host of a list, so that it never gets here; what is left is quoted.
    for host in ["a\\\";alert(1);//.example", "a.example/\\n*", "a.example\\nb.example", "=1+1.example", "a b.example"]
    {
        let list = format!(
            "[{{\"id\": 1, \"serviceArea\": \"Common\", \"category\": \"Allow\", \"required\": true, \"urls\": [\"{host}\"]}}]"
        );
        assert!(List::read(Instance::Worldwide, list.as_bytes()).is_err(), "{host}");
    }
    let list = r#"[{"id": 1, "serviceArea": "=a\",\nb", "category": "Allow", "required": true, "tcpPorts": "443",
        "urls": ["-x.example"], "notes": "=HYPERLINK(\"evil\")\r\n</script>, \u2028 */"}]"#;
    let hostile = allowlist("endpoints: [a.example]", Some(list));
    let text = csv(&hostile).unwrap().text;
    assert_eq!(
        text.split("\r\n").nth(1).unwrap(),
        "'-x.example,name,443,,Allow,yes,\"'=a\"\", b\",1,,,\"'=HYPERLINK(\"\"evil\"\")  </script>,  */\""
    );
    serde_json::from_str::<serde_json::Value>(&json(&hostile).unwrap().text).unwrap();
}
