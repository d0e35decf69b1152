//! What `explain` probes: any URL over one of the configuration's paths.

use std::sync::Arc;

use prober::plan::{Endpoint, Pair, Path, PathOptions, Plan, Way};

/// The plan with nothing but one pair: a configured endpoint with all that is expected of it where the URL of the one
/// that was `made` is that one's, else the one made; over the path that was asked for, else the usual one.
pub(super) fn plan_for(mut plan: Plan, made: Endpoint, path: Option<Arc<Path>>) -> (Plan, Arc<Pair>) {
    let configured = plan.endpoints.iter().find(|endpoint| endpoint.url == made.url).cloned();
    let path = path.unwrap_or_else(|| usual_path(&plan, configured.as_deref()));
    let endpoint = configured.unwrap_or_else(|| Arc::new(made));
    let pair = Arc::new(Pair { endpoint: Arc::clone(&endpoint), path: Arc::clone(&path) });
    plan.endpoints = vec![endpoint];
    plan.paths = vec![path];
    plan.pairs = vec![Arc::clone(&pair)];
    (plan, pair)
}

/// The first path of the endpoint, or else of the first endpoint: the first of `default_paths`, as a rule.
fn usual_path(plan: &Plan, configured: Option<&Endpoint>) -> Arc<Path> {
    let own = configured.and_then(|endpoint| plan.pairs.iter().find(|pair| pair.endpoint.name == endpoint.name));
    let direct = || Arc::new(Path { name: "direct".to_owned(), way: Way::Direct, options: PathOptions::default() });
    own.or(plan.pairs.first()).map_or_else(direct, |pair| Arc::clone(&pair.path))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use prober::config::{SystemSources, parse, parse_endpoint, parse_path};
    use prober::plan::{PrivateAnswers, RootsChoice};

    use super::*;

    const TEXT: &str = "\
paths: {hq: 'http://proxy.example:3128'}
default_paths: [hq]
endpoints: [officecdn.microsoft.com, {name: ols, url: https://ols.example/olsc, paths: [direct]}]";

    fn planned(url: &str, path: Option<&str>) -> (String, String) {
        let sources = SystemSources::in_folder(".");
        let plan = parse(TEXT, "endpoints.yaml", &sources).unwrap();
        let path = path.map(|path| parse_path(TEXT, "endpoints.yaml", &sources, path).unwrap());
        let made = parse_endpoint(TEXT, "endpoints.yaml", &sources, &url.parse().unwrap()).unwrap();
        let (plan, pair) = plan_for(plan, made, path);
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
        assert_eq!(planned("https://other.example/", None), names("other-example", "hq"));
        assert_eq!(planned("https://other.example/", Some("direct")), names("other-example", "direct"));
    }
    #[test]
    fn any_other_url_is_probed_as_the_configuration_has_it_by_default() {
        const TEXT: &str = "\
timeout: 7s
dns: {private_answers: allowed}
tls: {roots: system}
endpoints: [{url: https://ols.example/olsc, private_answers: blocked, tls: {roots: bundled}, timeout: 1s}]";
        let made = |url: &str| {
            let sources = SystemSources::in_folder(".");
            parse_endpoint(TEXT, "endpoints.yaml", &sources, &url.parse().unwrap()).unwrap()
        };
        let other = made("https://other.example/");
        assert_eq!((other.private_answers, other.roots), (PrivateAnswers::Allowed, RootsChoice::System));
        assert_eq!(other.timeout, Duration::from_secs(7));
        assert_eq!(made("http://other.example/a.crl").timeout, Endpoint::DEFAULT_CRL_TIMEOUT);
    }
}
