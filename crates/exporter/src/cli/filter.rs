//! Which part of a plan is meant.

use std::fmt;
use std::sync::Arc;

use prober::plan::{Pair, Plan, REVOCATION_GROUP};
use wildmatch::WildMatch;

use super::args::FilterArgs;

/// How alike a name has to be to what was asked for to be suggested; 1 is the same (Jaro-Winkler).
const ALIKE: f64 = 0.7;
/// The most names suggested.
const SUGGESTIONS: usize = 3;

/// The filters leave nothing of the plan.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NothingLeft {
    /// One value of one option matches nothing at all.
    #[error("{option} {value} matches nothing{near}")]
    Value {
        /// The option.
        option: &'static str,
        /// Its value.
        value: String,
        /// Names that come near.
        near: Near,
    },
    /// Every value matches something, but nothing matches all options.
    #[error("no endpoint matches all of --endpoint, --group and --path")]
    Together,
}

/// Names that come near what was asked for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Near(Vec<String>);

impl fmt::Display for Near {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.as_slice() {
            [] => Ok(()),
            names => write!(f, "; did you mean {}?", names.join(" or ")),
        }
    }
}

/// What the filters leave.
#[derive(Debug)]
pub(crate) struct Selected {
    /// The plan with what is to be probed.
    pub(crate) plan: Plan,
    /// The groups whose results are wanted, where `revocation` is one of them: the rest is probed to find what is in it.
    pub(crate) groups: Option<Vec<String>>,
}

/// The plan with only what the filters leave; without filters, the plan.
///
/// Whoever names endpoints or groups wants to hear of those and of nothing else, unless the group is that of what is
/// discovered, which nobody can know before.
pub(crate) fn select(plan: &Plan, filter: &FilterArgs) -> Result<Selected, NothingLeft> {
    if plan.discovery.is_some() && filter.groups.iter().any(|group| group == REVOCATION_GROUP) {
        let (_, others): (Vec<_>, Vec<_>) = filter.groups.iter().cloned().partition(|group| group == REVOCATION_GROUP);
        // What else is asked for has to be there.
        named(plan, &FilterArgs { groups: others, ..filter.clone() })?;
        let all = named(plan, &FilterArgs { groups: Vec::new(), ..filter.clone() })?;
        return Ok(Selected { plan: all, groups: Some(filter.groups.clone()) });
    }
    let mut plan = named(plan, filter)?;
    if !filter.endpoints.is_empty() || !filter.groups.is_empty() {
        plan.discovery = None;
    }
    Ok(Selected { plan, groups: None })
}

/// The plan with only the pairs that the filters name.
fn named(plan: &Plan, filter: &FilterArgs) -> Result<Plan, NothingLeft> {
    let endpoint = |pair: &Pair, glob: &str| WildMatch::new(glob).matches(&pair.endpoint.name);
    let group = |pair: &Pair, group: &str| pair.endpoint.group == group;
    let path = |pair: &Pair, path: &str| pair.path.name == path;
    require(plan, "--endpoint", &filter.endpoints, endpoint, |pair| &pair.endpoint.name)?;
    require(plan, "--group", &filter.groups, group, |pair| &pair.endpoint.group)?;
    require(plan, "--path", &filter.paths, path, |pair| &pair.path.name)?;

    let mut selected = plan.clone();
    selected.pairs.retain(|pair| {
        any(&filter.endpoints, |value| endpoint(pair, value))
            && any(&filter.groups, |value| group(pair, value))
            && any(&filter.paths, |value| path(pair, value))
    });
    if selected.pairs.is_empty() && !plan.pairs.is_empty() {
        return Err(NothingLeft::Together);
    }
    let pairs = &selected.pairs;
    selected.endpoints.retain(|endpoint| pairs.iter().any(|pair| Arc::ptr_eq(&pair.endpoint, endpoint)));
    selected.paths.retain(|path| pairs.iter().any(|pair| Arc::ptr_eq(&pair.path, path)));
    Ok(selected)
}

/// Whether any value fits; an option that was not given fits everything.
fn any(values: &[String], fits: impl Fn(&str) -> bool) -> bool {
    values.is_empty() || values.iter().any(|value| fits(value))
}

/// Refuses a value that fits no pair, with the names that come near.
fn require(
    plan: &Plan,
    option: &'static str,
    values: &[String],
    fits: impl Fn(&Pair, &str) -> bool,
    name: impl Fn(&Pair) -> &String,
) -> Result<(), NothingLeft> {
    let stray = values.iter().find(|value| !plan.pairs.iter().any(|pair| fits(pair, value)));
    match stray {
        None => Ok(()),
        Some(value) => {
            let near = near(value, plan.pairs.iter().map(|pair| name(pair).as_str()));
            Err(NothingLeft::Value { option, value: value.clone(), near })
        }
    }
}

/// The names most like what was asked for, best first.
fn near<'a>(asked: &str, names: impl Iterator<Item = &'a str>) -> Near {
    let asked = asked.replace(['*', '?'], "");
    let mut scored: Vec<(f64, &str)> =
        names.map(|name| (strsim::jaro_winkler(&asked, name), name)).filter(|(score, _)| *score >= ALIKE).collect();
    scored.sort_by(|(a, left), (b, right)| b.total_cmp(a).then(left.cmp(right)));
    scored.dedup_by_key(|(_, name)| *name);
    Near(scored.into_iter().take(SUGGESTIONS).map(|(_, name)| name.to_owned()).collect())
}

#[cfg(test)]
mod tests {
    use std::num::{NonZeroU32, NonZeroUsize};

    use prober::plan::{Discovery, DnsPlan, Endpoint, Path, PathOptions, PrivateAnswers, TlsPlan, Way};

    use super::*;

    fn plan() -> Plan {
        let paths: Vec<_> = ["direct", "hq"]
            .map(|name| Arc::new(Path { name: name.to_owned(), way: Way::Direct, options: PathOptions::default() }))
            .into();
        let endpoints: Vec<_> = [("login", "identity"), ("login-live", "identity"), ("ols", "activation")]
            .map(|(name, group)| {
                let mut endpoint = Endpoint::new(name, format!("https://{name}.example/").parse().unwrap());
                group.clone_into(&mut endpoint.group);
                Arc::new(endpoint)
            })
            .into();
        let pair = |endpoint: &Arc<Endpoint>, path: &Arc<Path>| {
            Arc::new(Pair { endpoint: Arc::clone(endpoint), path: Arc::clone(path) })
        };
        // ols is probed directly only.
        let pairs = endpoints
            .iter()
            .flat_map(|endpoint| paths.iter().map(move |path| pair(endpoint, path)))
            .filter(|pair| pair.key() != ("ols", "hq"))
            .collect();
        Plan {
            site: "branch".to_owned(),
            concurrency: NonZeroUsize::MIN,
            confirm: NonZeroU32::MIN,
            audit: None,
            discovery: None,
            microsoft365: None,
            published: None,
            disabled: Arc::default(),
            maintenance: prober::plan::Maintenance::default(),
            dns: DnsPlan::default(),
            tls: TlsPlan::default(),
            fingerprints: prober::fingerprint::Fingerprints::built_in().unwrap(),
            paths,
            endpoints,
            pairs,
        }
    }

    fn filter(endpoints: &[&str], groups: &[&str], paths: &[&str]) -> FilterArgs {
        let owned = |values: &[&str]| values.iter().map(|value| (*value).to_owned()).collect();
        FilterArgs { endpoints: owned(endpoints), groups: owned(groups), paths: owned(paths) }
    }

    fn selected(filter: &FilterArgs) -> Result<Vec<String>, String> {
        let plan = select(&plan(), filter).map_err(|error| error.to_string())?.plan;
        Ok(plan.pairs.iter().map(|pair| format!("{}/{}", pair.endpoint.name, pair.path.name)).collect())
    }

    #[test]
    fn values_widen_and_options_narrow() {
        let all = ["login/direct", "login/hq", "login-live/direct", "login-live/hq", "ols/direct"];
        assert_eq!(selected(&filter(&[], &[], &[])).unwrap(), all);
        assert_eq!(selected(&filter(&["login*"], &[], &["hq"])).unwrap(), ["login/hq", "login-live/hq"]);
        assert_eq!(selected(&filter(&["login", "o?s"], &[], &["direct"])).unwrap(), ["login/direct", "ols/direct"]);
        assert_eq!(selected(&filter(&[], &["activation"], &[])).unwrap(), ["ols/direct"]);
    }

    #[test]
    fn discovery_belongs_to_the_whole_and_to_its_own_group() {
        let discovery = Discovery {
            interval: Endpoint::DEFAULT_INTERVAL,
            timeout: Endpoint::DEFAULT_TIMEOUT,
            crl_timeout: Endpoint::DEFAULT_CRL_TIMEOUT,
            private_answers: PrivateAnswers::Blocked,
        };
        let plan = Plan { discovery: Some(discovery), ..plan() };
        for (filter, discovers, groups, pairs) in [
            (filter(&[], &[], &[]), true, None, 5),
            (filter(&[], &[], &["direct"]), true, None, 3),
            (filter(&["login"], &[], &[]), false, None, 2),
            (filter(&[], &["identity"], &[]), false, None, 4),
            (filter(&[], &["revocation"], &["direct"]), true, Some(&["revocation"][..]), 3),
            (filter(&[], &["activation", "revocation"], &[]), true, Some(&["activation", "revocation"]), 5),
        ] {
            let selected = select(&plan, &filter).unwrap();
            let is = (selected.plan.discovery.is_some(), selected.groups, selected.plan.pairs.len());
            let groups = groups.map(|groups| groups.iter().map(|group| (*group).to_owned()).collect());
            assert_eq!(is, (discovers, groups, pairs), "{filter:?}");
        }
        assert!(select(&plan, &filter(&[], &["revocation", "xyz"], &[])).is_err());
        let without = Plan { discovery: None, ..plan };
        assert!(select(&without, &filter(&[], &["revocation"], &[])).is_err());
    }

    #[test]
    fn endpoints_and_paths_without_a_pair_are_left_out() {
        let plan = select(&plan(), &filter(&["ols"], &[], &[])).unwrap().plan;
        assert_eq!(plan.endpoints.len(), 1);
        assert_eq!(plan.paths.len(), 1);
    }

    #[test]
    fn what_matches_nothing_is_named_with_what_comes_near() {
        assert_eq!(
            selected(&filter(&["logn*"], &[], &[])).unwrap_err(),
            "--endpoint logn* matches nothing; did you mean login or login-live?"
        );
        assert_eq!(selected(&filter(&[], &["xyz"], &[])).unwrap_err(), "--group xyz matches nothing");
        assert_eq!(
            selected(&filter(&[], &["activation"], &["hq"])).unwrap_err(),
            "no endpoint matches all of --endpoint, --group and --path"
        );
    }
}
