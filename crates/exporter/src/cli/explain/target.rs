//! What `explain` probes: any URL over one of the configuration's paths.

use std::sync::Arc;

use prober::plan::{Endpoint, Pair, Path, Plan, Way};

use crate::cli::args::ExplainArgs;
use crate::cli::filter::{Near, near};

/// The path that was asked for does not exist.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("no endpoint of the configuration uses a path {path}{near}")]
pub(super) struct NoSuchPath {
    path: String,
    near: Near,
}

/// The plan with nothing but one pair: a configured endpoint with all that is expected of it where the URL is one's,
/// else one made for the URL.
pub(super) fn plan_for(mut plan: Plan, args: &ExplainArgs) -> Result<(Plan, Arc<Pair>), NoSuchPath> {
    let configured = plan.endpoints.iter().find(|endpoint| endpoint.url == args.url).cloned();
    let path = match &args.path {
        Some(name) => named_path(&plan, name)?,
        None => usual_path(&plan, configured.as_deref()),
    };
    let endpoint = configured.unwrap_or_else(|| Arc::new(made_for(args, &plan)));
    let pair = Arc::new(Pair { endpoint: Arc::clone(&endpoint), path: Arc::clone(&path) });
    plan.endpoints = vec![endpoint];
    plan.paths = vec![path];
    plan.pairs = vec![Arc::clone(&pair)];
    Ok((plan, pair))
}

fn named_path(plan: &Plan, name: &str) -> Result<Arc<Path>, NoSuchPath> {
    let used = plan.paths.iter().find(|path| path.name == name).cloned();
    // `direct` always exists, whether anything uses it or not.
    let direct = || (name == "direct").then(direct);
    used.or_else(direct).ok_or_else(|| {
        let names = plan.paths.iter().map(|path| path.name.as_str()).chain(["direct"]);
        NoSuchPath { path: name.to_owned(), near: near(name, names) }
    })
}

fn direct() -> Arc<Path> {
    Arc::new(Path { name: "direct".to_owned(), way: Way::Direct })
}

/// The first path of the endpoint, or else of the first endpoint: the first of `default_paths`, as a rule.
fn usual_path(plan: &Plan, configured: Option<&Endpoint>) -> Arc<Path> {
    let own = configured.and_then(|endpoint| plan.pairs.iter().find(|pair| pair.endpoint.name == endpoint.name));
    own.or(plan.pairs.first()).map_or_else(direct, |pair| Arc::clone(&pair.path))
}

/// An endpoint for a URL that is not configured, with what the configuration's first endpoint has by default.
fn made_for(args: &ExplainArgs, plan: &Plan) -> Endpoint {
    let mut endpoint = Endpoint::new("explained", args.url.clone());
    if let Some(first) = plan.endpoints.first() {
        endpoint.private_answers = first.private_answers;
        endpoint.roots = first.roots;
    }
    endpoint
}

#[cfg(test)]
mod tests {
    use prober::config::{SystemSources, parse};

    use super::*;

    fn planned(url: &str, path: Option<&str>) -> Result<(String, String), String> {
        let text = "\
paths: {hq: 'http://proxy.example:3128'}
default_paths: [hq]
endpoints: [officecdn.microsoft.com, {name: ols, url: https://ols.example/olsc, paths: [direct]}]";
        let plan = parse(text, "endpoints.yaml", &SystemSources::in_folder(".")).unwrap();
        let args = ExplainArgs { url: url.parse().unwrap(), path: path.map(str::to_owned) };
        let (plan, pair) = plan_for(plan, &args).map_err(|error| error.to_string())?;
        assert_eq!(plan.pairs.len(), 1);
        Ok((pair.endpoint.name.clone(), pair.path.name.clone()))
    }

    fn names(endpoint: &str, path: &str) -> (String, String) {
        (endpoint.to_owned(), path.to_owned())
    }

    #[test]
    fn a_configured_url_keeps_its_expectations_and_path() {
        assert_eq!(planned("https://ols.example/olsc", None).unwrap(), names("ols", "direct"));
        assert_eq!(planned("https://ols.example/olsc", Some("hq")).unwrap(), names("ols", "hq"));
    }

    #[test]
    fn any_other_url_takes_the_usual_path() {
        assert_eq!(planned("https://other.example/", None).unwrap(), names("explained", "hq"));
        assert_eq!(planned("https://other.example/", Some("direct")).unwrap(), names("explained", "direct"));
    }

    #[test]
    fn an_unknown_path_is_named_with_what_comes_near() {
        assert_eq!(
            planned("https://other.example/", Some("dirct")).unwrap_err(),
            "no endpoint of the configuration uses a path dirct; did you mean direct?"
        );
    }
}
