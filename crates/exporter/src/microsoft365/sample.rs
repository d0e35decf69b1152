//! A service that says what it is told to say, and lists to say.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use prober::config::{self, SystemSources};
use prober::microsoft365::{Changes, Former, Instance, List, Version, drift};
use prober::plan::{Microsoft365, Plan};
use prober::probe::{Download, DownloadFault};
use serde_json::json;
use time::OffsetDateTime;
use url::Url;

use super::fault::SourceFault;
use super::kept::{Kept, Sources as Documents};
use super::look::Fetch;
use super::{Held, Standing, Trouble};

/// What the service answers at each path, and what it was asked.
#[derive(Debug, Clone, Default)]
pub(crate) struct Service(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    answers: HashMap<String, Download>,
    asked: Vec<Url>,
}

impl Service {
    /// One with a list of a version, and changes since any.
    pub(crate) fn of(version: &str, hosts: &[&str]) -> Self {
        let service = Self::default();
        service.offer(version, hosts);
        service
    }

    pub(crate) fn offer(&self, version: &str, hosts: &[&str]) {
        self.answer("version", 200, &json!({"instance": "Worldwide", "latest": version}).to_string());
        self.answer("endpoints", 200, &endpoints(hosts));
        self.answer("changes", 200, "[]");
    }

    /// Answers so, whenever something of that kind is asked for.
    pub(crate) fn answer(&self, kind: &str, status: u16, body: &str) {
        let answer = Download { status, reason: None, retry_after: None, bytes: body.as_bytes().to_vec() };
        self.0.lock().unwrap().answers.insert(kind.to_owned(), answer);
    }

    /// Is not there for that kind.
    pub(crate) fn vanish(&self, kind: &str) {
        self.0.lock().unwrap().answers.remove(kind);
    }

    /// What it answers to that kind, which it does no longer.
    pub(crate) fn take(&self, kind: &str) -> Download {
        self.0.lock().unwrap().answers.remove(kind).unwrap()
    }

    pub(crate) fn put(&self, kind: &str, answer: Download) {
        self.0.lock().unwrap().answers.insert(kind.to_owned(), answer);
    }

    /// The paths that were asked for since the last time.
    pub(crate) fn asked(&self) -> Vec<String> {
        let asked = std::mem::take(&mut self.0.lock().unwrap().asked);
        asked.iter().map(|url| url.path().to_owned()).collect()
    }

    /// Who asked, by the last request.
    pub(crate) fn client(&self) -> Option<String> {
        let state = self.0.lock().unwrap();
        let (key, value) = state.asked.last()?.query_pairs().next()?;
        (key == "ClientRequestId").then(|| value.into_owned())
    }
}

impl Fetch for Service {
    async fn fetch(&self, _: &Microsoft365, url: &Url, _: usize, limit: Duration) -> Result<Download, DownloadFault> {
        let mut state = self.0.lock().unwrap();
        state.asked.push(url.clone());
        let mut segments = url.path_segments().into_iter().flatten();
        let answer = segments.find_map(|kind| state.answers.get(kind).cloned());
        answer.ok_or(DownloadFault::TooLate { limit })
    }
}

/// A list of one record with hosts, as the service writes it.
pub(crate) fn endpoints(hosts: &[&str]) -> String {
    json!([{"id": 1, "serviceArea": "Common", "category": "Default", "required": true, "urls": hosts, "tcpPorts": "443",
            "ips": ["192.0.2.0/24"]}])
    .to_string()
}

/// One change, as the service writes it.
pub(crate) fn change(id: u32, version: &str, effective: &str, host: &str) -> serde_json::Value {
    json!({"id": id, "endpointSetId": 1, "disposition": "Change", "impact": "AddedUrl", "version": version,
           "add": {"effectiveDate": effective, "urls": [host]}})
}

/// A list that was taken.
pub(crate) fn kept(text: &str, hosts: &[&str], changes: &serde_json::Value, at: OffsetDateTime) -> Kept {
    let (endpoints, changes) = (endpoints(hosts), changes.to_string());
    let list = List::read(Instance::Worldwide, endpoints.as_bytes()).unwrap();
    let told = Changes::read(changes.as_bytes()).unwrap();
    let version = text.parse().unwrap();
    Kept {
        source: settings().source,
        former: Former::default().after(None, &list, version, Some(&told)),
        until: version,
        version,
        fetched_at: at,
        list,
        since: Version::EVERYTHING,
        changes: Some(told),
        sources: Documents { endpoints, changes: Some(changes) },
    }
}

/// A plan with those keys of the section, of the endpoint `a.example`.
pub(crate) fn plan(section: &str) -> Plan {
    let text = format!("endpoints: [a.example]\ncontrols: []\n{section}\n");
    config::parse(&text, "x.yaml", &SystemSources::in_folder(".")).unwrap()
}

/// A section that follows the worldwide list, from below a path of a copy of the service.
pub(crate) fn settings() -> Microsoft365 {
    plan("microsoft365: {source: 'https://mirror.example/m365/'}").microsoft365.unwrap()
}

/// How things stand with a list from which the plan of `a.example` has come apart in every way.
pub(crate) fn standing(now: OffsetDateTime, trouble: Option<SourceFault>) -> Standing {
    let plan = plan("microsoft365: {source: 'https://mirror.example/m365/'}");
    let changes = json!([
        change(7, "2025120100", "20260131", "new.example"),
        {"id": 8, "endpointSetId": 1, "disposition": "Remove", "version": "2025120100",
         "remove": {"urls": ["a.example"], "ips": ["198.51.100.0/24"]}},
    ]);
    let held = Held::of(kept("2025120100", &["b.example", "*.c.example"], &changes, now - Duration::from_secs(86_400)));
    let settings = plan.microsoft365.clone().unwrap();
    Standing {
        drift: Some(Arc::new(drift(held.list(), &settings.scope, &held.kept.former, &plan))),
        settings: Some(settings),
        held: Some(held),
        probed: 0,
        trouble: trouble.map(|fault| Trouble { since: now - Duration::from_secs(7200), fault }),
        storage: None,
        asked_at: Some(now - Duration::from_secs(600)),
        confirmed_at: Some(now - Duration::from_secs(600)),
        next_at: Some(now + Duration::from_secs(3000)),
    }
}
