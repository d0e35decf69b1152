//! What `explain` probes: any URL over one of the configuration's paths.

use std::sync::Arc;

use prober::plan::{Endpoint, Pair, Path, Plan, Way};
use url::Url;

/// The plan with nothing but one pair: a configured endpoint with all that is expected of it where the URL is one's,
/// else one made for the URL; over the path that was asked for, else the usual one.
pub(super) fn plan_for(mut plan: Plan, url: &Url, path: Option<Arc<Path>>) -> (Plan, Arc<Pair>) {
    let configured = plan.endpoints.iter().find(|endpoint| endpoint.url == *url).cloned();
    let path = path.unwrap_or_else(|| usual_path(&plan, configured.as_deref()));
    let endpoint = configured.unwrap_or_else(|| Arc::new(made_for(url, &plan)));
    let pair = Arc::new(Pair { endpoint: Arc::clone(&endpoint), path: Arc::clone(&path) });
    plan.endpoints = vec![endpoint];
    plan.paths = vec![path];
    plan.pairs = vec![Arc::clone(&pair)];
    (plan, pair)
}

/// The first path of the endpoint, or else of the first endpoint: the first of `default_paths`, as a rule.
fn usual_path(plan: &Plan, configured: Option<&Endpoint>) -> Arc<Path> {
    let own = configured.and_then(|endpoint| plan.pairs.iter().find(|pair| pair.endpoint.name == endpoint.name));
    let direct = || Arc::new(Path { name: "direct".to_owned(), way: Way::Direct });
    own.or(plan.pairs.first()).map_or_else(direct, |pair| Arc::clone(&pair.path))
}

/// An endpoint for a URL that is not configured, with what the configuration's first endpoint has by default.
fn made_for(url: &Url, plan: &Plan) -> Endpoint {
    let mut endpoint = Endpoint::new("explained", url.clone());
    if let Some(first) = plan.endpoints.first() {
        endpoint.private_answers = first.private_answers;
        endpoint.roots = first.roots;
    }
    endpoint
}

#[cfg(test)]
mod tests {
    use prober::config::{SystemSources, parse, parse_path};

    use super::*;

    const TEXT: &str = "\
paths: {hq: 'http://proxy.example:3128'}
default_paths: [hq]
endpoints: [officecdn.microsoft.com, {name: ols, url: https://ols.example/olsc, paths: [direct]}]";

    fn planned(url: &str, path: Option<&str>) -> (String, String) {
        let sources = SystemSources::in_folder(".");
        let plan = parse(TEXT, "endpoints.yaml", &sources).unwrap();
        let path = path.map(|path| parse_path(TEXT, "endpoints.yaml", &sources, path).unwrap());
        let (plan, pair) = plan_for(plan, &url.parse().unwrap(), path);
        assert_eq!(plan.pairs.len(), 1);
        (pair.endpoint.name.clone(), pair.path.name.clone())
    }

    fn names(endpoint: &str, path: &str) -> (String, String) {
        (endpoint.to_owned(), path.to_owned())
    }

    #[test]
    fn a_configured_url_keeps_its_expectations_and_path() {
        assert_eq!(planned("https://ols.example/olsc", None), names("ols", "direct"));
        assert_eq!(planned("https://ols.example/olsc", Some("hq")), names("ols", "hq"));
    }

    #[test]
    fn any_other_url_takes_the_usual_path() {
        assert_eq!(planned("https://other.example/", None), names("explained", "hq"));
        assert_eq!(planned("https://other.example/", Some("direct")), names("explained", "direct"));
    }
}
