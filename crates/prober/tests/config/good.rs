//! Good configurations, with what they mean beside them.

use std::fmt::Write;
use std::sync::Arc;

use prober::config::parse;
use prober::fingerprint::Fingerprints;
use prober::observation::{Observation, Via};
use prober::plan::{Endpoint, Microsoft365, Path, Plan, Proxy, Way};
use prober::verdict::{Question, judge};

use crate::world::{World, assert_snapshot, every};

#[test]
fn every_good_one_means_what_it_says() {
    let good = every("good");
    assert!(good.len() > 5, "only {} fixtures were found", good.len());
    for (name, text) in good {
        match parse(&text, &format!("{name}.yaml"), &World::of(&text)) {
            Ok(plan) => assert_snapshot("good", &name, &summary(&plan).unwrap()),
            Err(faults) => panic!("{faults}"),
        }
    }
}

#[test]
fn passwords_arrive_whole() {
    let (_, text) = every("good").into_iter().find(|(name, _)| name == "contract").unwrap();
    let plan = parse(&text, "contract.yaml", &World::of(&text)).unwrap();
    let password = |name: &str| {
        let path = plan.paths.iter().find(|path| path.name == name).unwrap();
        let Way::Proxy(proxy) = &path.way else { panic!("{path:?}") };
        proxy.credentials.as_ref().unwrap().password.current().expose().to_owned()
    };
    assert_eq!((password("hq-auth").as_str(), password("hq-env").as_str()), ("correct horse", "hunter2"));
}

#[test]
fn a_last_line_of_blanks_adds_nothing_to_a_body() {
    for end in ["", "\n", "\n      ", "\n      \n", "\n\n  ", "\r\n      "] {
        let text = format!("endpoints:\n  - url: own.example\n    method: POST\n    body: |\n      a line\n{end}");
        let plan = parse(&text, "blanks.yaml", &World::of(&text)).unwrap();
        assert_eq!(plan.endpoints[0].body.as_deref(), Some(&b"a line\n"[..]), "{end:?}");
    }
}

#[test]
fn fingerprints_of_ones_own_reach_judgement() {
    let (_, text) = every("good").into_iter().find(|(name, _)| name == "own_fingerprints").unwrap();
    let plan = parse(&text, "own_fingerprints.yaml", &World::of(&text)).unwrap();
    let page = "<title>Not at work</title> Group: games<br>";
    let seen = format!(
        "{{probed_at: 2026-01-01T00:00:00Z, duration: {{secs: 0, nanos: 0}}, route: direct, \
           http: {{version: HTTP/1.1, status: 200, body: {{sample: \"{page}\"}}}}}}"
    );
    let observation: Observation = serde_yaml::from_str(&seen).unwrap();
    let verdict = judge(&Question::alone(&plan.pairs[0], &plan.fingerprints), &observation);
    let facts = &verdict.evidence.facts;
    assert_eq!((facts["vendor"].as_str(), facts["category"].as_str()), ("Our filter", "games"));
}

#[test]
fn pairs_are_every_endpoint_over_every_path_of_its_own() {
    let (_, text) = every("good").into_iter().find(|(name, _)| name == "contract").unwrap();
    let plan = parse(&text, "contract.yaml", &World::of(&text)).unwrap();
    let licensing = plan.pairs.iter().filter(|pair| pair.endpoint.name == "licensing").map(|pair| pair.key().1);
    assert_eq!(licensing.collect::<Vec<_>>(), ["direct", "hq", "hq-auth", "hq-env"]);
}

fn summary(plan: &Plan) -> Result<String, std::fmt::Error> {
    let mut out = String::new();
    writeln!(out, "site {}, {} at once, confirmed by {}", plan.site, plan.concurrency, plan.confirm)?;
    writeln!(out, "dns {:?}", plan.dns)?;
    let roots = (plan.tls.extra_roots.len(), plan.tls.inspection_roots.len());
    writeln!(out, "roots: {} extra, {} of inspection", roots.0, roots.1)?;
    if !Arc::ptr_eq(&plan.fingerprints, &Fingerprints::built_in().unwrap()) {
        writeln!(out, "fingerprints of its own")?;
    }
    match plan.discovery {
        None => writeln!(out, "no discovery")?,
        Some(discovery) if plan.endpoints.iter().all(|endpoint| endpoint.interval != discovery.interval) => {
            writeln!(out, "discovery every {:?}", discovery.interval)?;
        }
        Some(_) => {}
    }
    if plan.audit != Some(Plan::DEFAULT_AUDIT_INTERVAL) {
        writeln!(out, "audit every {:?}", plan.audit)?;
    }

    if let Some(list) = &plan.microsoft365 {
        let Microsoft365 { instance, source, refresh, path, scope, probing } = list;
        let probing = probing.as_ref().map(|probing| {
            let over: Vec<_> = probing.paths.iter().map(|path| path.name.as_str()).collect();
            format!("probed over {} every {:?}", over.join(", "), probing.interval)
        });
        let probing = probing.unwrap_or_else(|| "watched".to_owned());
        writeln!(out, "list of {instance} from {source} over {} every {refresh:?}, {probing}", path.name)?;
        writeln!(out, "  {scope:?}")?;
    }
    for window in plan.maintenance.windows() {
        writeln!(out, "maintenance from {} to {}", window.from, window.to)?;
        let matching = &window.matching;
        let keys = [
            ("endpoint", &matching.endpoint),
            ("path", &matching.path),
            ("group", &matching.group),
            ("severity", &matching.severity),
        ];
        for (key, globs) in keys.into_iter().filter(|(_, globs)| !globs.is_empty()) {
            writeln!(out, "  {key} {}", globs.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "))?;
        }
    }

    for path in &plan.paths {
        describe_path(&mut out, path)?;
    }
    for endpoint in &plan.endpoints {
        describe_endpoint(&mut out, endpoint)?;
        let over = plan.pairs.iter().filter(|pair| pair.endpoint.name == endpoint.name).map(|pair| pair.key().1);
        writeln!(out, "  over {}", over.collect::<Vec<_>>().join(", "))?;
    }
    Ok(out)
}

fn describe_path(out: &mut String, path: &Path) -> std::fmt::Result {
    match &path.way {
        Way::Direct => writeln!(out, "path {}: direct", path.name),
        Way::Proxy(proxy) => {
            let user = proxy.credentials.as_ref().map(|credentials| credentials.username.as_str());
            writeln!(out, "path {}: proxy {} as {user:?}", path.name, Via::from(&**proxy))?;
            match &proxy.credentials {
                Some(told) if told.scheme.is_some() || told.kdc.is_some() => {
                    writeln!(out, "  by {:?}, tickets from {:?}", told.scheme, told.kdc)
                }
                _ => Ok(()),
            }
        }
        Way::Environment(proxies) => writeln!(out, "path {}: {proxies:?}", path.name),
        Way::Pac(file) => writeln!(out, "path {}: PAC file {}, {:?} URLs", path.name, file.location, file.view),
        Way::WinHttp(settings) => {
            let shown = |proxies: &[Arc<Proxy>]| proxies.iter().map(ToString::to_string).collect::<Vec<_>>();
            let (http, https) = (shown(&settings.http), shown(&settings.https));
            let mut users = settings.http.iter().filter_map(|proxy| proxy.credentials.as_ref());
            let user = users.next().map(|credentials| credentials.username.as_str());
            writeln!(out, "path {}: http {http:?}, https {https:?} as {user:?}", path.name)?;
            settings.bypass.0.iter().try_for_each(|rule| writeln!(out, "  not for {rule:?}"))
        }
    }
}

fn describe_endpoint(out: &mut String, endpoint: &Endpoint) -> std::fmt::Result {
    let Endpoint { name, url, group, severity, control, method, interval, timeout, .. } = endpoint;
    let kind = if *control { "control" } else { "endpoint" };
    writeln!(out, "{kind} {name}: {method} {url}")?;
    writeln!(out, "  group {group}, {}, every {interval:?} within {timeout:?}", severity.as_str())?;
    writeln!(out, "  {:?}", endpoint.expect)?;
    if let Some(tenant) = &endpoint.tenant {
        writeln!(out, "  {tenant:?}")?;
    }
    writeln!(out, "  private answers {:?}, roots {:?}", endpoint.private_answers, endpoint.roots)?;
    if endpoint.body.is_some() || !endpoint.headers.is_empty() {
        let headers = endpoint.headers.iter().map(|(name, value)| (name.as_str(), value.to_str()));
        writeln!(out, "  sends {:?} {:?}", headers.collect::<Vec<_>>(), endpoint.body)?;
    }
    Ok(())
}
