//! The whole chain: a proxy's rules change, and one person hears of it once.

use e2e::{
    Alertmanager, Config, Folder, Prometheus, PrometheusOptions, Running, Squid, SquidRules, Told, Webhook, eventually,
    hurried,
};
use testnet::{Scheme, World};

const DENIED: &str = "officecdn.microsoft.com";
const OTHERS: [&str; 2] = ["login.microsoftonline.com", "odc.officeapps.live.com"];

/// The newest word on each alert, by receiver, name, endpoint and path.
fn standing(told: &[Told]) -> Vec<String> {
    let mut standing: Vec<(String, &str)> = Vec::new();
    for one in told {
        let key = format!("{} {}", one.receiver, one.key());
        match standing.iter_mut().find(|(known, _)| *known == key) {
            Some((_, status)) => *status = &one.status,
            None => standing.push((key, &one.status)),
        }
    }
    standing.into_iter().map(|(key, status)| format!("{key} {status}")).collect()
}

#[tokio::test]
async fn one_denied_host_is_one_alert_and_one_dead_proxy_is_another() {
    let world = World::start().await.unwrap();
    let names = [DENIED, OTHERS[0], OTHERS[1]];
    let known = names.map(|host| (host, world.address(host, Scheme::Https).unwrap().ip()));
    let squid = Squid::start(SquidRules::Allow, &known).await;

    let folder = Folder::new();
    let mut config =
        Config::of(&world).path("squid", &format!("'http://{}'", squid.address())).path("direct", "direct");
    for (name, host) in [("cdn", names[0]), ("login", names[1]), ("odc", names[2])] {
        config = config.endpoint(name, &world.url(host, Scheme::Https, "/").unwrap());
    }
    let reachwatch = Running::start(&config.write(&folder)).await;
    let webhook = Webhook::start().await;
    let alertmanager = Alertmanager::start(&webhook).await;
    let prometheus = Prometheus::start(&PrometheusOptions {
        targets: &[reachwatch.address()],
        rules: &[hurried("prometheus/alerts.yaml", &folder)],
        alertmanager: Some(alertmanager.address()),
        ..PrometheusOptions::default()
    })
    .await;
    prometheus.has("reachwatch_endpoint_reachable == 1", 6).await;

    squid.reload(SquidRules::Deny(DENIED)).await;
    eventually("the webhook hears of the denied host", async || (!webhook.told().is_empty()).then_some(())).await;
    prometheus.evaluates(5).await;
    let told = webhook.told();
    assert_eq!(standing(&told), ["team ReachwatchEndpointBlocked cdn squid firing"]);
    let annotations = &told[0].annotations;
    assert_eq!(annotations["summary"], "cdn is blocked over squid at e2e");
    assert_eq!(annotations["description"], "Cause: proxy_denied (proxy), to act: proxy.");
    let runbook = format!("http://{}/runbook/proxy_denied", reachwatch.address());
    assert_eq!(annotations["runbook_url"], runbook);

    squid.reload(SquidRules::Allow).await;
    eventually("the webhook hears that it is over", async || {
        (standing(&webhook.told()) == ["team ReachwatchEndpointBlocked cdn squid resolved"]).then_some(())
    })
    .await;

    let _vacant = squid.peer.end().await;
    let both = ["team ReachwatchEndpointBlocked cdn squid resolved", "pager ReachwatchPathDown squid firing"];
    eventually("the webhook hears of the path", async || (standing(&webhook.told()) == both).then_some(())).await;
    // Long enough for alerts on endpoints, if there were any.
    prometheus.evaluates(12).await;
    assert_eq!(standing(&webhook.told()), both, "{:#?}", prometheus.alerts().await);
    let path = webhook.told().pop().unwrap();
    assert_eq!(
        path.annotations["description"],
        "Nothing gets through on squid. Most results say: proxy_refused, to act: proxy."
    );
}
