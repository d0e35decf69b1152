//! Ways by PAC files: fetched and read, kept, asked, and what is seen where that goes wrong.

use std::sync::Arc;
use std::time::Duration;

use prober::net::SystemClock;
use prober::observation::{Fault, NotScript, Observation, PacFacts, PacFailure, PacFlaw, PacSourceFault, RouteFacts};
use prober::plan::Plan;
use prober::probe::{Probe, Prober};
use testnet::{CertificateKind, Fault as Broken, HttpFault, Reply, Scheme, TlsFault, World};

use crate::site::{HTTPS_HOST, Site, fault, http};

/// Who serves the file.
const WPAD: &str = "wpad.corp.example";

/// A site whose clients have a PAC file, with a prober that lives on.
struct Branch {
    site: Site,
    plan: Plan,
    prober: Prober,
}

impl Branch {
    /// A branch whose file answers with a list; `{proxy}` stands for the proxy.
    async fn with_list(list: &str) -> Self {
        Self::with_file(&format!("function FindProxyForURL(url, host) {{ return '{list}' }}")).await
    }

    async fn with_file(script: &str) -> Self {
        Self::served(Scheme::Http, script).await
    }

    async fn served(scheme: Scheme, script: &str) -> Self {
        let world = World::builder().with_host(WPAD).start().await.unwrap();
        let pac = world.url(WPAD, scheme, "/wpad.dat").unwrap();
        let branch = Self::of(Site { pac: Some(pac), ..Site::of(world) });
        branch.serve(script);
        branch
    }

    fn of(site: Site) -> Self {
        let plan = site.plan(&site.https(), "pac", "timeout: 8s");
        let prober = Prober::new(&plan, Arc::new(SystemClock)).unwrap();
        Self { site, plan, prober }
    }

    fn serve(&self, script: &str) {
        let script = script.replace("{proxy}", &self.site.world.proxy().address().to_string());
        self.reply(Reply { body: script, ..Reply::status(200) });
    }

    fn reply(&self, reply: Reply) {
        self.site.world.faults().set(WPAD, Broken::Http(HttpFault::Reply(reply))).unwrap();
    }

    async fn probe(&self) -> Observation {
        self.prober.probe(&self.plan.pairs[0]).await
    }

    /// Probes until something is seen; what is fetched behind the probes' backs shows only in later ones.
    async fn probe_until(&self, wanted: impl Fn(&Observation) -> bool) -> Observation {
        for _ in 0..500 {
            let seen = self.probe().await;
            if wanted(&seen) {
                return seen;
            }
        }
        panic!("never seen")
    }

    fn fetches(&self) -> usize {
        self.site.world.faults().requests(WPAD).unwrap().len()
    }

    fn proxy_route(&self) -> String {
        format!("PROXY {}", self.site.world.proxy().address())
    }
}

/// Lets time pass without having to wait.
async fn later(time: Duration) {
    tokio::time::pause();
    tokio::time::advance(time).await;
    tokio::time::resume();
}

fn facts(seen: &Observation) -> &PacFacts {
    seen.pac.as_ref().unwrap_or_else(|| panic!("no PAC file was asked: {seen:#?}"))
}

fn failure(seen: &Observation) -> &PacFailure {
    let Fault::Pac(fault) = fault(seen) else { panic!("{seen:#?}") };
    &fault.failure
}

fn unavailable(seen: &Observation) -> &PacSourceFault {
    let PacFailure::Unavailable(fault) = failure(seen) else { panic!("{seen:#?}") };
    fault
}

#[tokio::test]
async fn a_probe_goes_where_the_file_sends_it() {
    let branch = Branch::with_file(
        "function FindProxyForURL(url, host) { return host == 'officecdn.microsoft.com' ? 'PROXY {proxy}' : 'DIRECT' }",
    )
    .await;
    let seen = branch.probe().await;
    assert_eq!((seen.fault.as_ref(), http(&seen).status), (None, 200));
    assert_eq!(seen.route.to_string(), branch.proxy_route());
    assert_eq!(facts(&seen).answer.as_ref().map(ToString::to_string), Some(branch.proxy_route()));
    assert_eq!((facts(&seen).stale.as_ref(), seen.direct.as_deref()), (None, None));
    assert!(seen.phases.route.is_some());
}

#[tokio::test]
async fn the_file_is_fetched_directly_and_once_for_everybody() {
    let branch = Branch::with_list("PROXY {proxy}").await;
    let all = tokio::join!(branch.probe(), branch.probe(), branch.probe(), branch.probe());
    let all = [all.0, all.1, all.2, all.3];
    assert!(all.iter().all(|seen| seen.fault.is_none() && seen.route != RouteFacts::Direct), "{all:#?}");
    later(Duration::from_secs(60)).await;
    branch.probe().await;
    assert_eq!(branch.fetches(), 1);
    let asked = format!("{:?}", branch.site.world.proxy().requests());
    assert!(!asked.contains(WPAD), "{asked}");
}

#[tokio::test]
async fn the_entries_are_tried_in_order() {
    let nobody = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let dead = nobody.local_addr().unwrap();
    drop(nobody);
    let list = format!("PROXY {dead}; nonsense; PROXY proxy.nowhere.example:1; PROXY {{proxy}}; DIRECT");
    let branch = Branch::with_list(&list).await;
    let seen = branch.probe().await;
    assert_eq!((seen.fault.as_ref(), http(&seen).status), (None, 200));
    assert_eq!(seen.route.to_string(), branch.proxy_route());
    let detours: Vec<_> = seen.detours.iter().map(|detour| detour.route.to_string()).collect();
    assert_eq!(detours, [format!("PROXY {dead}"), "PROXY proxy.nowhere.example:1".to_owned()]);
    assert_eq!(facts(&seen).malformed, ["nonsense".into()]);
}

#[tokio::test]
async fn credentials_are_for_the_proxies_that_they_are_said_to_be_for() {
    for (named, told) in [("{proxy}", true), ("127.0.0.1", true), ("proxy.hq.example", false), ("127.0.0.1:9", false)] {
        let world = World::builder().with_host(WPAD).start().await.unwrap();
        world.proxy().require_credentials("svc", "right");
        let pac = world.dir().join("proxy.pac");
        let proxy = world.proxy().address().to_string();
        std::fs::write(&pac, format!("function FindProxyForURL() {{ return 'PROXY {proxy}' }}")).unwrap();
        let branch = Branch::of(Site {
            pac: Some(pac.display().to_string()),
            credentials: Some(("svc", "right")),
            pac_options: format!("credentials_for: [\"{}\"]", named.replace("{proxy}", &proxy)),
            ..Site::of(world)
        });
        let seen = branch.probe().await;
        assert_eq!(seen.fault.is_none(), told, "{named}: {seen:#?}");
        let shown =
            branch.site.world.proxy().requests().iter().any(|asked| asked.header("Proxy-Authorization").is_some());
        assert_eq!(shown, told, "{named}");
    }
}

#[tokio::test]
async fn the_address_of_this_machine_can_be_told() {
    let file = "function FindProxyForURL() { return isInNet(myIpAddress(), '10.42.7.0', '255.255.255.0') ? 'PROXY {proxy}' : 'DIRECT' }";
    let branch = Branch::with_file(file).await;
    assert_eq!(branch.probe().await.route, RouteFacts::Direct);
    let pac = branch.site.pac.clone();
    let told = Branch::of(Site { pac, pac_options: "my_address: 10.42.7.9".to_owned(), ..branch.site });
    assert_eq!(told.probe().await.route.to_string(), told.proxy_route());
}

#[tokio::test]
async fn names_are_looked_up_by_our_own_resolver() {
    let branch = Branch::with_file(
        "function FindProxyForURL(url, host) {
            return isInNet(host, '127.0.0.0', '255.0.0.0') && !isResolvable('gone.example') ? 'PROXY {proxy}' : 'DIRECT' }",
    )
    .await;
    let seen = branch.probe().await;
    assert_eq!(seen.route.to_string(), branch.proxy_route());
    let failed: Vec<_> = facts(&seen).failed_lookups.iter().map(|lookup| lookup.name.to_string()).collect();
    assert_eq!(failed, ["gone.example"]);
    let queries = format!("{:?}", branch.site.world.dns_queries());
    assert!(queries.contains(HTTPS_HOST) && queries.contains("gone.example"), "{queries}");
}

#[tokio::test]
async fn a_file_that_is_not_to_be_had_blocks_and_says_whether_direct_passes() {
    for (reply, expected) in [
        (Reply::status(404), PacSourceFault::Status { status: 404 }),
        (Reply::status(204), PacSourceFault::Status { status: 204 }),
        (Reply::redirect("/wpad.dat"), PacSourceFault::Redirected),
        (Reply::redirect("ftp://elsewhere.example/wpad.dat"), PacSourceFault::Redirected),
        (Reply { body: " ".repeat(1024 * 1024 + 1), ..Reply::status(200) }, PacSourceFault::TooLarge),
    ] {
        let branch = Branch::with_list("DIRECT").await;
        branch.reply(reply);
        let seen = branch.probe().await;
        assert_eq!(unavailable(&seen), &expected);
        let direct = seen.direct.as_deref().unwrap();
        assert_eq!((direct.fault.as_ref(), http(direct).status, &direct.route), (None, 200, &RouteFacts::Direct));
    }
}

#[tokio::test]
async fn a_server_that_cannot_be_reached_is_named_with_its_fault() {
    let nobody = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let dead = nobody.local_addr().unwrap();
    drop(nobody);
    let branch = Branch::of(Site { pac: Some(format!("http://{dead}/wpad.dat")), ..Site::new().await });
    let seen = branch.probe().await;
    let PacSourceFault::Fetch(fault) = unavailable(&seen) else { panic!("{seen:#?}") };
    assert!(matches!(**fault, Fault::Connect(_)), "{fault:?}");
    // Known by now; and the blocked site's clients go direct.
    assert_eq!(unavailable(&branch.probe().await), unavailable(&seen));
}

#[tokio::test]
async fn a_server_that_says_nothing_costs_the_route_its_share_and_no_more() {
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let pac = format!("http://{}/wpad.dat", silent.local_addr().unwrap());
    let site = Site { pac: Some(pac), ..Site::new().await };
    let plan = site.plan(&site.https(), "pac", "timeout: 2s");
    let prober = Prober::new(&plan, Arc::new(SystemClock)).unwrap();
    let seen = prober.probe(&plan.pairs[0]).await;
    assert_eq!(unavailable(&seen), &PacSourceFault::NotInTime);
    assert!(seen.duration < Duration::from_secs(1), "{:?}", seen.duration);
    assert_eq!(http(seen.direct.as_deref().unwrap()).status, 200);
}

#[tokio::test]
async fn redirects_are_followed_and_the_media_type_is_of_no_matter() {
    let branch = Branch::with_list("PROXY {proxy}").await;
    let other = branch.site.world.url("go.microsoft.com", Scheme::Http, "/proxy.pac").unwrap();
    branch.reply(Reply::redirect(&other));
    let body = format!("function FindProxyForURL() {{ return '{}' }}", branch.proxy_route());
    let reply = Reply { body, ..Reply::status(200).header("Content-Type", "text/html; charset=utf-8") };
    branch.site.world.faults().set("go.microsoft.com", Broken::Http(HttpFault::Reply(reply))).unwrap();
    assert_eq!(branch.probe().await.route.to_string(), branch.proxy_route());
}

#[tokio::test]
async fn what_came_and_is_wrong_is_invalid() {
    let branch = Branch::with_list("DIRECT").await;
    branch.reply(Reply::status(200).html("<html><title>Sign in</title></html>"));
    assert_eq!(failure(&branch.probe().await), &PacFailure::Invalid(PacFlaw::NotScript(NotScript::Html)));

    let branch = Branch::with_file("").await;
    assert_eq!(failure(&branch.probe().await), &PacFailure::Invalid(PacFlaw::NotScript(NotScript::Empty)));

    let branch = Branch::with_file("function FindProxyForURL() {\n  return nowhere }").await;
    let seen = branch.probe().await;
    let PacFailure::Invalid(PacFlaw::Throw { line: Some(2), message }) = failure(&seen) else { panic!("{seen:#?}") };
    assert_eq!(message.as_str(), "ReferenceError: nowhere is not defined");
    let direct = seen.direct.as_deref().unwrap();
    assert_eq!((direct.fault.as_ref(), http(direct).status), (None, 200), "so do clients whose file decides nothing");
}

#[tokio::test]
async fn a_copy_outlives_its_source_and_is_replaced_when_that_is_back() {
    let branch = Branch::with_list("PROXY {proxy}").await;
    assert_eq!(facts(&branch.probe().await).stale, None);

    branch.reply(Reply::status(503));
    later(Duration::from_secs(6 * 60)).await;
    // The copy answers at once; what became of its source shows in later probes, and not for a single failure.
    assert_eq!(branch.probe().await.route.to_string(), branch.proxy_route());
    branch.probe_until(|_| branch.fetches() == 2).await;
    assert_eq!(facts(&branch.probe().await).stale, None);
    later(Duration::from_secs(31)).await;
    let seen = branch.probe_until(|seen| facts(seen).stale.is_some()).await;
    assert_eq!((seen.fault.as_ref(), seen.route.to_string()), (None, branch.proxy_route()));
    let stale = facts(&seen).stale.as_ref().unwrap();
    assert_eq!(stale.fault, PacSourceFault::Status { status: 503 });
    assert_eq!(seen.direct.as_deref().map(|direct| http(direct).status), Some(200));
    let since = stale.since;

    later(Duration::from_secs(31)).await;
    let fetches = branch.fetches();
    branch.probe_until(|_| branch.fetches() > fetches).await;
    assert_eq!(facts(&branch.probe().await).stale.as_ref().map(|stale| stale.since), Some(since));

    branch.serve("function FindProxyForURL() { return 'DIRECT' }");
    later(Duration::from_secs(31)).await;
    let seen = branch.probe_until(|seen| facts(seen).stale.is_none()).await;
    assert_eq!((&seen.route, seen.direct.as_deref()), (&RouteFacts::Direct, None));
}

#[tokio::test]
async fn a_page_in_place_of_the_file_does_not_take_the_copy_away() {
    let branch = Branch::with_list("PROXY {proxy}").await;
    branch.probe().await;
    for body in ["<html><title>Sign in</title></html>", ""] {
        branch.reply(Reply::status(200).html(body));
        later(Duration::from_secs(6 * 60)).await;
        let mut fetches = branch.fetches();
        for _ in 0..2 {
            branch.probe_until(|_| branch.fetches() > fetches).await;
            fetches = branch.fetches();
            later(Duration::from_secs(31)).await;
        }
        let seen = branch.probe_until(|seen| facts(seen).stale.is_some()).await;
        assert_eq!((seen.fault.as_ref(), seen.route.to_string()), (None, branch.proxy_route()));
        let stale = &facts(&seen).stale.as_ref().unwrap().fault;
        assert!(matches!(stale, PacSourceFault::NoScript(_)), "{stale:?}");
    }
}

#[tokio::test]
async fn a_file_that_decides_nothing_is_fetched_again_soon() {
    for wrong in ["<html></html>", "function FindProxyForURL() { return nowhere }"] {
        let branch = Branch::with_file(wrong).await;
        assert!(matches!(failure(&branch.probe().await), PacFailure::Invalid(_)));
        branch.serve("function FindProxyForURL() { return 'DIRECT' }");
        later(Duration::from_secs(31)).await;
        branch.probe_until(|seen| seen.fault.is_none()).await;
        assert_eq!(branch.fetches(), 2);
    }
}

#[tokio::test]
async fn an_old_copy_is_not_used_while_a_newer_one_comes() {
    let branch = Branch::with_list("PROXY {proxy}").await;
    branch.probe().await;
    branch.serve("function FindProxyForURL() { return 'DIRECT' }");
    later(Duration::from_secs(60 * 60)).await;
    assert_eq!(branch.probe().await.route, RouteFacts::Direct);
}

#[tokio::test]
async fn a_source_that_comes_back_is_tried_soon() {
    let branch = Branch::with_list("DIRECT").await;
    branch.reply(Reply::status(503));
    assert_eq!(unavailable(&branch.probe().await), &PacSourceFault::Status { status: 503 });
    branch.serve("function FindProxyForURL() { return 'DIRECT' }");
    branch.probe().await;
    assert_eq!(branch.fetches(), 1, "not for every probe");
    later(Duration::from_secs(31)).await;
    assert_eq!(branch.probe().await.fault, None);
}

#[tokio::test]
async fn what_a_script_remembers_outlives_a_fetch_that_brings_nothing_new() {
    let branch =
        Branch::with_file("var n = 0; function FindProxyForURL() { return n++ ? 'DIRECT; x' + n : 'DIRECT' }").await;
    branch.probe().await;
    later(Duration::from_secs(6 * 60)).await;
    // By now the script is loaded anew for its age; the fetch that the same probe sets off is no further reason.
    branch.probe_until(|_| branch.fetches() == 2).await;
    let seen = branch.probe().await;
    assert_ne!(facts(&seen).answer.as_ref().map(ToString::to_string).as_deref(), Some("DIRECT"));
}

#[tokio::test]
async fn a_file_of_this_machine_is_read_anew_when_it_changes() {
    let site = Site::new().await;
    let file = site.world.dir().join("proxy.pac");
    std::fs::write(&file, "function FindProxyForURL() { return 'DIRECT' }").unwrap();
    let branch = Branch::of(Site { pac: Some(file.display().to_string()), ..site });
    assert_eq!(branch.probe().await.route, RouteFacts::Direct);

    let script = format!("function FindProxyForURL() {{ return '{}' }}", branch.proxy_route());
    std::fs::write(&file, script).unwrap();
    later(Duration::from_secs(6)).await;
    assert_eq!(branch.probe().await.route.to_string(), branch.proxy_route(), "at once");

    std::fs::remove_file(&file).unwrap();
    later(Duration::from_secs(6)).await;
    assert_eq!(facts(&branch.probe().await).stale, None, "it may be about to be replaced");
    later(Duration::from_secs(6)).await;
    let seen = branch.probe_until(|seen| facts(seen).stale.is_some()).await;
    assert!(matches!(facts(&seen).stale.as_ref().unwrap().fault, PacSourceFault::Unreadable(_)), "{seen:#?}");
}

#[tokio::test]
async fn a_file_that_is_none_is_never_waited_for() {
    let site = Site::new().await;
    for (file, expected) in [("missing.pac", "unreadable"), (".", "unreadable")] {
        let file = site.world.dir().join(file).display().to_string();
        let branch = Branch::of(Site { pac: Some(file), ..Site::new().await });
        let seen = branch.probe().await;
        assert!(matches!(unavailable(&seen), PacSourceFault::Unreadable(_)), "{expected}: {seen:#?}");
    }
}

#[tokio::test]
async fn over_https_the_server_has_to_prove_itself() {
    let branch = Branch::served(Scheme::Https, "function FindProxyForURL() { return 'PROXY {proxy}' }").await;
    assert_eq!(branch.probe().await.route.to_string(), branch.proxy_route());

    let branch = Branch::served(Scheme::Https, "function FindProxyForURL() { return 'PROXY {proxy}' }").await;
    let intercepted = TlsFault::Certificate(CertificateKind::Intercepted);
    branch.site.world.faults().set(WPAD, Broken::Tls(intercepted)).unwrap();
    let seen = branch.probe().await;
    assert!(matches!(unavailable(&seen), PacSourceFault::Untrusted { .. }), "{seen:#?}");
}

#[tokio::test]
async fn anybody_may_ask_for_a_decision() {
    let branch = Branch::with_list("PROXY {proxy}; DIRECT").await;
    let pair = &branch.plan.pairs[0];
    let decision = branch.prober.decide(&pair.endpoint, &pair.path).await;
    let hops: Vec<_> = decision.hops.unwrap().iter().map(|hop| hop.facts().to_string()).collect();
    assert_eq!(hops, [branch.proxy_route(), "DIRECT".to_owned()]);
    assert!(decision.pac.unwrap().answer.is_some());
    assert_eq!(branch.site.world.proxy().requests().len(), 0, "a decision is no probe");
}
