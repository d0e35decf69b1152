//! Which version is the newest: `/version` and `/version/{instance}`.

use serde::Deserialize;

use super::instance::Instance;
use super::reading::{self, AtMost, Flaw, ReadError, shown};
use super::version::{NoVersion, Version};

const DOCUMENT: &str = "the version of Microsoft's endpoint list";
const MAX_INSTANCES: usize = 64;

/// The newest version of each list that the answer speaks of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Latest(Vec<(Instance, Version)>);

impl Latest {
    /// Reads the service's answer: that for one instance, or that for all. Instances that are not known are left out (there
    /// was one for Germany); one at least is known.
    pub fn read(bytes: &[u8]) -> Result<Self, ReadError> {
        let entries = match reading::json(bytes, DOCUMENT)? {
            Answer::One(one) => vec![one],
            Answer::All(all) => all.0,
        };
        let mut versions = Vec::new();
        for RawLatest { instance, latest } in &entries {
            let Ok(instance) = instance.parse() else { continue };
            let version = dated(latest).map_err(|_| {
                let place = format!("the version of {instance}");
                ReadError::Entry { document: DOCUMENT, place, source: Flaw::Date(shown(latest)) }
            })?;
            versions.push((instance, version));
        }
        if versions.is_empty() { Err(ReadError::Empty { document: DOCUMENT }) } else { Ok(Self(versions)) }
    }

    /// The newest version of an instance's list, if the answer speaks of that one.
    pub fn of(&self, instance: Instance) -> Option<Version> {
        self.0.iter().find(|(of, _)| *of == instance).map(|(_, version)| *version)
    }
}

/// A version of a day that there is: one that is not would be newer than all to come.
fn dated(text: &str) -> Result<Version, NoVersion> {
    text.parse::<Version>().ok().filter(|version| version.date().is_some()).ok_or(NoVersion)
}

#[derive(Deserialize)]
#[serde(untagged, expecting = "neither an instance with its version nor a list of them")]
enum Answer {
    One(RawLatest),
    All(AtMost<MAX_INSTANCES, RawLatest>),
}

#[derive(Deserialize)]
struct RawLatest {
    instance: String,
    latest: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_instance_and_all_of_them() {
        let one = Latest::read(br#"{"instance": "worldwide", "latest": "2025120100", "versions": ["2025120100"]}"#);
        let one = one.unwrap();
        assert_eq!(one.of(Instance::Worldwide), "2025120100".parse().ok());
        assert_eq!(one.of(Instance::China), None);
        let all = br#"[{"instance": "Germany", "latest": "?"}, {"instance": "China", "latest": "2025092900"},
                       {"instance": "USGovDoD", "latest": "2025112800"}]"#;
        let all = Latest::read(all).unwrap();
        assert_eq!(all.of(Instance::China), "2025092900".parse().ok());
        assert_eq!(all.of(Instance::USGovDoD), "2025112800".parse().ok());
        assert_eq!(all.of(Instance::USGovGCCHigh), None);
    }

    #[test]
    fn what_is_no_version_is_refused() {
        for (text, said) in [
            ("", "nothing stands in the place of the version"),
            ("[]", "holds nothing"),
            (r#"[{"instance": "Germany", "latest": "2025092900"}]"#, "holds nothing"),
            (r#"{"instance": "China", "latest": "now"}"#, "faulty in the version of China"),
            (r#"{"instance": "China""#, "cut short"),
            (r#"{"error": "no"}"#, "neither an instance"),
            ("2025092900", "neither an instance"),
            (
                "<html><title>Sign in</title>",
                "an HTML page stands in the place of the version of Microsoft's endpoint list (title \"Sign in\")",
            ),
        ] {
            let error = Latest::read(text.as_bytes()).unwrap_err().to_string();
            assert!(error.contains(said), "{text}: {error}");
        }
    }
}
