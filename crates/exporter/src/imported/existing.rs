//! A configuration that is there already, as far as importing has to know it.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use prober::config::{Faults, Sources, parse, slug};
use prober::microsoft365::Instance;
use prober::plan::Plan;
use serde_yaml::Value;
use thiserror::Error;

use super::section::OFFERED;

/// What stands in a file.
#[derive(Debug)]
pub(crate) struct Existing {
    /// Its text.
    pub(crate) text: String,
    /// The whole of it, as YAML has it.
    pub(crate) value: Value,
    /// The hosts of its endpoints, those of disabled ones among them, in lower case.
    pub(crate) hosts: BTreeSet<String>,
    /// The names that are taken.
    pub(crate) names: HashSet<String>,
    /// What importing has offered it before, from the list of which instance.
    pub(crate) offered: Offered,
}

/// Hosts and patterns by the instance in whose list they were.
pub(crate) type Offered = BTreeMap<Instance, BTreeSet<String>>;

/// A file that is no configuration.
#[derive(Debug, Error)]
pub(crate) enum NoConfiguration {
    /// What `validate` says of it.
    #[error(transparent)]
    Faults(#[from] Faults),
    /// What is fine with `validate` and still not understood.
    #[error("the configuration is not understood")]
    Yaml(#[from] serde_yaml::Error),
}

impl Existing {
    /// No file.
    pub(crate) fn none() -> Self {
        let (hosts, offered) = (BTreeSet::new(), Offered::new());
        Self { text: String::new(), value: Value::Null, hosts, names: HashSet::new(), offered }
    }

    /// Reads a file; nothing but comments are as good as no file.
    pub(crate) fn read(text: &str, name: &str, sources: &dyn Sources) -> Result<Self, NoConfiguration> {
        let mut existing = Self { text: text.to_owned(), ..Self::none() };
        if text.lines().all(|line| line.trim_start_matches('\u{feff}').trim().is_empty() || is_comment(line)) {
            return Ok(existing);
        }
        let value: Result<Value, _> = serde_yaml::from_str(text);
        let is_begun =
            value.as_ref().is_ok_and(|value| value.is_mapping() && entries(value, "endpoints").next().is_none());
        // Settings without any endpoint are no configuration yet, and become one.
        if !is_begun {
            existing.note_plan(&parse(text, name, sources)?);
        }
        existing.note_entries(value?);
        for line in text.lines().filter_map(|line| line.trim_start().strip_prefix(OFFERED)) {
            existing.note_offered(line);
        }
        Ok(existing)
    }

    fn note_plan(&mut self, plan: &Plan) {
        for endpoint in &plan.endpoints {
            self.names.insert(endpoint.name.clone());
            if !endpoint.control {
                self.hosts.extend(endpoint.host_name());
            }
        }
    }

    /// A line that remembers what was offered: the instance, where it is not the one for most, and hosts.
    fn note_offered(&mut self, line: &str) {
        let instance = line.split_once(": ").and_then(|(name, hosts)| Some((name.trim().parse().ok()?, hosts)));
        let (instance, hosts) = instance.unwrap_or((Instance::Worldwide, line));
        self.offered.entry(instance).or_default().extend(hosts.split_whitespace().map(str::to_owned));
    }

    /// What no plan has: disabled entries, and their names.
    fn note_entries(&mut self, value: Value) {
        for entry in entries(&value, "endpoints") {
            self.hosts.extend(address_of(entry).and_then(host_of));
        }
        for entry in entries(&value, "endpoints").chain(entries(&value, "controls")) {
            let own = entry.get("name").and_then(Value::as_str).map(str::to_owned);
            self.names.extend(own.or_else(|| address_of(entry).map(usual_name)));
        }
        self.value = value;
    }
}

fn entries<'a>(value: &'a Value, key: &str) -> impl Iterator<Item = &'a Value> {
    value.get(key).and_then(Value::as_sequence).into_iter().flatten()
}

fn address_of(entry: &Value) -> Option<&str> {
    entry.as_str().or_else(|| entry.get("url")?.as_str())
}

/// The name that an address has where it is given none.
fn usual_name(address: &str) -> String {
    let rest = address.split_once("://").map_or(address, |(_, rest)| rest);
    slug(rest.split(['?', '#']).next().unwrap_or_default())
}

fn is_comment(line: &str) -> bool {
    line.trim_start_matches('\u{feff}').trim_start().starts_with('#')
}

/// The host of an address as configurations write it. A disabled endpoint is in no plan, so that only its text is left.
fn host_of(address: &str) -> Option<String> {
    let rest = address.split_once("://").map_or(address, |(_, rest)| rest);
    let host = rest.split(['/', ':', '?', '#']).next()?;
    let host = host.strip_suffix('.').unwrap_or(host);
    (!host.is_empty()).then(|| host.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use prober::config::SystemSources;

    use super::*;

    fn read(text: &str) -> Result<Existing, NoConfiguration> {
        Existing::read(text, "endpoints.yaml", &SystemSources::in_folder("."))
    }

    #[test]
    fn all_endpoints_count_however_they_are_written() {
        let text = "endpoints:\n  - Login.live.com\n  - ols.example/olsc\n  - {url: 'http://crl.example:8080/a.crl', name: lists}\n  \
            - url: off.example\n    name: off\n    enabled: false\n  - {url: 'https://Off.example/a?b', enabled: false}\n  # microsoft365: offered a.example *.b.example\n  \
            # - gone.example\n  # microsoft365: offered c.example\n  # microsoft365: offered china: a.example\ncontrols: [{name: ncsi, url: 'http://control.example/'}]\n";
        let existing = read(text).unwrap();
        let hosts: Vec<_> = existing.hosts.iter().map(String::as_str).collect();
        assert_eq!(hosts, ["crl.example", "login.live.com", "off.example", "ols.example"]);
        for name in ["lists", "off", "off-example-a", "ncsi", "login-live-com", "ols-example-olsc"] {
            assert!(existing.names.contains(name), "{name}");
        }
        let offered = |instance| existing.offered[&instance].iter().map(String::as_str).collect::<Vec<_>>();
        assert_eq!(offered(Instance::Worldwide), ["*.b.example", "a.example", "c.example"]);
        assert_eq!(offered(Instance::China), ["a.example"]);
    }

    #[test]
    fn nothing_is_as_good_as_comments_and_faults_are_told() {
        for text in ["", "\n\n", "# nothing yet\n\n", "\u{feff}# nothing yet"] {
            assert_eq!(read(text).unwrap().value, Value::Null, "{text:?}");
        }
        let error = read("endpoints:\n  - a b\n").unwrap_err().to_string();
        assert!(error.contains("endpoints.yaml:2:5"), "{error}");
        assert!(read("site: [a\n").is_err());
        assert!(read("- a\n").is_err());
    }

    #[test]
    fn settings_alone_are_a_beginning() {
        let existing = read("site: a\ncontrols: [{name: ncsi, url: 'http://control.example/'}]\nendpoints:\n").unwrap();
        assert!(existing.hosts.is_empty() && existing.names.contains("ncsi") && existing.value.is_mapping());
    }
}
