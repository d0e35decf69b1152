//! Maintenance: times at which somebody works on what is probed, so that nobody is to be woken for it.

use std::sync::Arc;

use time::OffsetDateTime;
use wildmatch::WildMatch;

use super::Pair;

/// The maintenance windows of a plan, or those of them that are under way. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Maintenance(Arc<[Window]>);

/// One window: from when until when, and which pairs it covers.
#[derive(Debug, Clone, PartialEq)]
pub struct Window {
    /// When it begins.
    pub from: OffsetDateTime,
    /// When it is over; after `from`.
    pub to: OffsetDateTime,
    /// What it covers.
    pub matching: Matching,
}

/// Which pairs are meant; every field narrows it, several globs in one widen it, and an empty field means all.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Matching {
    /// Globs of endpoints' names.
    pub endpoint: Vec<WildMatch>,
    /// Globs of paths' names.
    pub path: Vec<WildMatch>,
    /// Globs of groups.
    pub group: Vec<WildMatch>,
    /// Globs of severities.
    pub severity: Vec<WildMatch>,
}

impl Maintenance {
    /// The most windows of a plan.
    pub const MAX_WINDOWS: usize = 1000;

    /// Some windows.
    pub fn new(windows: Vec<Window>) -> Self {
        Self(windows.into())
    }

    /// The windows.
    pub fn windows(&self) -> &[Window] {
        &self.0
    }

    /// Those that are under way: a window begins at `from` and is over at `to`.
    pub fn under_way(&self, now: OffsetDateTime) -> Self {
        Self(self.0.iter().filter(|window| window.from <= now && now < window.to).cloned().collect())
    }

    /// When the next one begins or ends.
    pub fn next_change(&self, now: OffsetDateTime) -> Option<OffsetDateTime> {
        let changes = self.0.iter().flat_map(|window| [window.from, window.to]);
        changes.filter(|change| *change > now).min()
    }

    /// Until when these windows cover a pair, the longest of them; `None` where none does.
    pub fn until(&self, pair: &Pair) -> Option<OffsetDateTime> {
        self.0.iter().filter(|window| window.matching.covers(pair)).map(|window| window.to).max()
    }
}

impl PartialEq for Maintenance {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.0 == other.0
    }
}

impl Matching {
    /// What a glob of endpoints and one of paths mean together.
    pub fn of(endpoint: &str, path: &str) -> Self {
        Self { endpoint: vec![WildMatch::new(endpoint)], path: vec![WildMatch::new(path)], ..Self::default() }
    }

    /// Whether a pair is meant.
    pub fn covers(&self, pair: &Pair) -> bool {
        let endpoint = &pair.endpoint;
        fits(&self.endpoint, &endpoint.name)
            && fits(&self.path, &pair.path.name)
            && fits(&self.group, &endpoint.group)
            && fits(&self.severity, endpoint.severity.as_str())
    }
}

fn fits(globs: &[WildMatch], name: &str) -> bool {
    globs.is_empty() || globs.iter().any(|glob| glob.matches(name))
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;
    use crate::plan::{Endpoint, Path, PathOptions, Severity, Way};

    fn pair(endpoint: &str, path: &str) -> Pair {
        let mut endpoint = Endpoint::new(endpoint, "https://a.example/".parse().unwrap());
        endpoint.group = "activation".to_owned();
        endpoint.severity = Severity::Critical;
        let path = Path { name: path.to_owned(), way: Way::Direct, options: PathOptions::default() };
        Pair { endpoint: Arc::new(endpoint), path: Arc::new(path) }
    }

    fn globs(texts: &[&str]) -> Vec<WildMatch> {
        texts.iter().map(|text| WildMatch::new(text)).collect()
    }

    #[test]
    fn fields_narrow_and_globs_widen() {
        let matching = |endpoint: &[&str], path: &[&str], group: &[&str], severity: &[&str]| Matching {
            endpoint: globs(endpoint),
            path: globs(path),
            group: globs(group),
            severity: globs(severity),
        };
        for (matching, covers) in [
            (matching(&[], &[], &[], &[]), true),
            (matching(&["ols"], &[], &[], &[]), true),
            (matching(&["o?s"], &["h*"], &["act*"], &["c*"]), true),
            (matching(&["login", "ols"], &[], &[], &[]), true),
            (matching(&["login"], &[], &[], &[]), false),
            (matching(&["ols"], &["direct"], &[], &[]), false),
            (matching(&[], &[], &["crl"], &[]), false),
            (matching(&[], &[], &[], &["warning", "info"]), false),
        ] {
            assert_eq!(matching.covers(&pair("ols", "hq")), covers, "{matching:?}");
        }
    }

    #[test]
    fn a_window_begins_and_ends_to_the_instant() {
        let (from, to) = (datetime!(2026-01-01 0:00 UTC), datetime!(2026-01-01 4:00 UTC));
        let later = datetime!(2026-01-01 6:00 UTC);
        let window = |from, to, endpoint| Window {
            from,
            to,
            matching: Matching { endpoint: globs(&[endpoint]), ..Matching::default() },
        };
        let all = Maintenance::new(vec![window(from, to, "*"), window(from, later, "ols"), window(later, later, "x")]);
        let second = time::Duration::SECOND;
        for (now, ols, other, change) in [
            (from - second, None, None, Some(from)),
            (from, Some(later), Some(to), Some(to)),
            (to - second, Some(later), Some(to), Some(to)),
            (to, Some(later), None, Some(later)),
            (later, None, None, None),
        ] {
            let under_way = all.under_way(now);
            let until = |name| under_way.until(&pair(name, "hq"));
            assert_eq!((until("ols"), until("other"), all.next_change(now)), (ols, other, change), "{now}");
        }
    }
}
