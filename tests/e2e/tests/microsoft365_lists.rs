//! Microsoft's endpoint list imported, and the allowlist exported to a real squid and as a PAC file.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test")]

use std::fs;
use std::net::IpAddr;
use std::path::Path;
use std::process::Stdio;

use e2e::{Config, Finished, Folder, Squid, SquidRules, reachwatch};
use serde_json::Value;
use testnet::{CertificateKind, Reply, Scheme, TcpFault, TlsFault, World};
use tokio::io::AsyncWriteExt;

const LIST: &str = include_str!("../../fixtures/microsoft365/list.json");
const SERVICE: &str = "endpoints.office.com";
/// Hosts of the world: one that the list's wildcards have, one that its names have, and one that is not in it.
const WITHIN: &str = "officecdn.microsoft.com";
const NAMED: &str = "login.windows.net";
const OUTSIDE: &str = "ols.officeapps.live.com";
const THESE: &str = r#"[{"id": 1, "serviceArea": "Common", "category": "Allow", "required": true, "tcpPorts": "443",
    "urls": ["*.microsoft.com", "go.microsoft.com", "*.go.microsoft.com", "login.windows.net", "*cdn.onenote.net"]}]"#;

async fn import(arguments: &[&str]) -> Finished {
    Finished::of(&[&["import", "microsoft365"], arguments].concat()).await
}

async fn validated(config: &Path) -> String {
    let valid = Finished::of(&["validate", "--config", config.to_str().unwrap()]).await;
    assert_eq!(valid.code, Some(0), "{valid:#?}");
    valid.stdout
}

#[tokio::test]
async fn a_list_becomes_a_configuration_to_which_importing_again_adds_nothing() {
    let folder = Folder::new();
    let (list, made) = (folder.write("list.json", LIST), folder.path().join("endpoints.yaml"));
    let (list, output) = (list.to_str().unwrap(), made.to_str().unwrap());
    let first = import(&["--from", list, "--output", output]).await;
    assert_eq!(first.code, Some(0), "{first:#?}");
    assert!(first.stdout.is_empty() && first.stderr.starts_with("5 endpoints added, 0 there already"), "{first:#?}");
    let plan = validated(&made).await;
    assert!(plan.contains("5 endpoints") && plan.contains("http://crl.example.org/"), "{plan}");

    let edited = fs::read_to_string(&made).unwrap().replace("severity: warning}", "severity: critical} # ours");
    let edited = format!("# of branch 42\n{edited}\nsite: branch-042 # last\n");
    fs::write(&made, &edited).unwrap();
    let before = fs::metadata(&made).unwrap().modified().unwrap();
    let again = import(&["--from", list, "--output", output]).await;
    assert_eq!(again.code, Some(0), "{again:#?}");
    assert!(again.stderr.starts_with("0 endpoints added, 5 there already"), "{again:#?}");
    assert_eq!(fs::read_to_string(&made).unwrap(), edited);
    assert_eq!(fs::metadata(&made).unwrap().modified().unwrap(), before, "not even written");

    let more = import(&["--from", list, "--output", output, "--all", "--service-area", "viva"]).await;
    assert_eq!(more.code, Some(0), "{more:#?}");
    assert!(validated(&made).await.contains("branch-042"));
    let text = fs::read_to_string(&made).unwrap();
    assert!(text.contains("url: assets.viva.example, group: viva, severity: info}"), "{text}");
    let names: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names.len(), 2, "nothing is left behind: {names:?}");

    // The same from standard input to standard output.
    let mut command = reachwatch(&["import", "microsoft365", "--from", "-"]);
    let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(LIST.as_bytes()).await.unwrap();
    let printed = child.wait_with_output().await.unwrap();
    assert!(printed.status.success());
    validated(&folder.write("printed.yaml", std::str::from_utf8(&printed.stdout).unwrap())).await;
}

#[tokio::test]
async fn what_cannot_be_imported_leaves_the_file_as_it_was() {
    let folder = Folder::new();
    let list = folder.write("list.json", LIST);
    let list = list.to_str().unwrap();
    let existing = folder.write("endpoints.yaml", "endpoints: [own.example]\n");
    let output = existing.to_str().unwrap();
    let portal = folder.write("portal.json", "<html><title>Please sign in</title></html>");
    let short = folder.write("short.json", &LIST[..LIST.len() / 2]);
    let bad = folder.write("bad.yaml", "endpoints: [own.example]\nsiet: a\n");
    for (from, output, code, said) in [
        (
            portal.to_str().unwrap(),
            output,
            78,
            "an HTML page stands in the place of Microsoft's endpoint list (title \"Please sign in\")",
        ),
        (short.to_str().unwrap(), output, 78, "is cut short in line"),
        (folder.path().join("none.json").to_str().unwrap(), output, 1, "No such file"),
        (list, output, 78, "its endpoints are no list of lines"),
        (list, bad.to_str().unwrap(), 78, "did you mean \"site\"?"),
        (list, folder.path().join("none/endpoints.yaml").to_str().unwrap(), 1, "No such file"),
    ] {
        let finished = import(&["--from", from, "--output", output]).await;
        assert_eq!(finished.code, Some(code), "{finished:#?}");
        assert!(finished.stderr.contains(said) && finished.stdout.is_empty(), "{finished:#?}");
    }
    assert_eq!(fs::read_to_string(&existing).unwrap(), "endpoints: [own.example]\n");
    for wrong in
        [&["--instance", "germany"][..], &["--service-area", "exchang"], &["--category", "best"], &["--path", "direct"]]
    {
        let finished = import(&[&["--from", list], wrong].concat()).await;
        assert_eq!(finished.code, Some(2), "{finished:#?}");
    }
}

#[tokio::test]
async fn the_service_is_asked_over_a_path_of_the_configuration() {
    let world = World::builder().with_host(SERVICE).start().await.unwrap();
    let folder = Folder::new();
    let proxy = format!("'{}'", world.proxy().url());
    let endpoint = world.url(WITHIN, Scheme::Https, "/").unwrap();
    let config = Config::of(&world).path("hq", &proxy).endpoint("cdn", &endpoint).timeout(10).write(&folder);
    let from = world.url(SERVICE, Scheme::Https, "/").unwrap();
    let asked = ["--config", config.to_str().unwrap(), "--from", &from, "--instance", "China"];
    world.faults().publish(SERVICE, "/endpoints/China", Reply::json(LIST)).unwrap();

    for path in ["direct", "hq"] {
        let done = import(&[&asked[..], &["--path", path]].concat()).await;
        assert_eq!(done.code, Some(0), "{done:#?}");
        assert!(done.stdout.contains("- {url: mail.example.com, group: exchange"), "{done:#?}");
    }
    assert!(world.proxy().requests().iter().any(|request| request.target.starts_with(SERVICE)));
    let targets: Vec<_> = world.faults().requests(SERVICE).unwrap().into_iter().map(|request| request.target).collect();
    let ids: Vec<_> = targets.iter().map(|target| target.split_once("?clientrequestid=").unwrap().1).collect();
    assert!(ids.len() == 2 && ids[0] != ids[1] && ids.iter().all(|id| id.len() == 36), "{targets:?}");

    let fails = async |code, said: &str| {
        let done = import(&[&asked[..], &["--path", "direct"]].concat()).await;
        assert_eq!(done.code, Some(code), "{done:#?}");
        assert!(done.stderr.contains(said) && done.stdout.is_empty(), "{said}: {done:#?}");
    };
    let publish = |reply| world.faults().publish(SERVICE, "/endpoints/China", reply).unwrap();
    publish(Reply::status(429));
    fails(1, "over direct: it answers 429").await;
    publish(Reply::status(200).html("<title>Blocked</title>"));
    fails(78, "an HTML page stands in the place of Microsoft's endpoint list (title \"Blocked\")").await;
    publish(Reply::json(&LIST[..300]));
    fails(78, "cut short").await;
    publish(Reply::json(&format!("[{}0]", "0,".repeat(3_000_000))));
    fails(1, "more came than 4194304 bytes").await;
    publish(Reply::json(LIST));
    world.faults().set(SERVICE, TlsFault::Certificate(CertificateKind::Intercepted)).unwrap();
    fails(1, "not proven").await;
    world.faults().clear(SERVICE).unwrap();
    world.faults().set(SERVICE, TcpFault::Refuse).unwrap();
    fails(1, "refused").await;
    let stranger = import(&[&asked[..], &["--path", "nowhere"]].concat()).await;
    assert_eq!(stranger.code, Some(2), "{stranger:#?}");
}

/// A world, the configuration that is exported, and Microsoft's list beside it.
struct Site {
    world: World,
    folder: Folder,
}

impl Site {
    async fn new() -> Self {
        let (world, folder) = (World::start().await.unwrap(), Folder::new());
        folder.write("exported.yaml", "endpoints: [go.microsoft.com, 'https://a.go.microsoft.com/x']\n");
        folder.write("list.json", THESE);
        Self { world, folder }
    }

    async fn export(&self, format: &[&str]) -> Finished {
        let file = |name: &str| self.folder.path().join(name).to_str().unwrap().to_owned();
        let common = ["export", "--config", &file("exported.yaml"), "--from", &file("list.json"), "--for"];
        let done = Finished::of(&[&common, format].concat()).await;
        assert_eq!(done.code, Some(0), "{done:#?}");
        done
    }

    /// What `check` says of the three hosts over a path.
    async fn check(&self, path: &str) -> Vec<Value> {
        let url = |host| self.world.url(host, Scheme::Https, "/").unwrap();
        let config = Config::of(&self.world).path("way", path).timeout(10);
        let config =
            config.endpoint("within", &url(WITHIN)).endpoint("named", &url(NAMED)).endpoint("outside", &url(OUTSIDE));
        let config = config.write(&self.folder);
        let done = Finished::of(&["check", "--config", config.to_str().unwrap(), "--format", "json"]).await;
        let document: Value = serde_json::from_str(&done.stdout).unwrap_or_else(|error| panic!("{error}: {done:#?}"));
        document["results"].as_array().unwrap().clone()
    }
}

#[tokio::test]
async fn squid_takes_the_list_without_a_word_and_lets_through_what_is_on_it() {
    let site = Site::new().await;
    let exported = site.export(&["squid"]).await;
    assert_eq!(exported.stdout, ".microsoft.com\nlogin.windows.net\n");
    assert!(exported.stderr.contains("left out: *cdn.onenote.net: "), "{exported:#?}");
    let address = |host| -> IpAddr { site.world.address(host, Scheme::Https).unwrap().ip() };
    let names = [WITHIN, NAMED, OUTSIDE].map(|host| (host, address(host)));
    let squid = Squid::start(SquidRules::Listed(&exported.stdout), &names).await;
    let results = site.check(&format!("'http://{}'", squid.address())).await;
    let states: Vec<_> = results.iter().map(|result| (result["state"].as_str().unwrap(), &result["cause"])).collect();
    assert_eq!((states[0].0, states[1].0), ("reachable", "reachable"), "{results:#?}");
    assert_eq!(states[2], ("blocked", &Value::from("proxy_denied")), "{results:#?}");
    let none: [String; 0] = [];
    assert_eq!(Squid::complaints(SquidRules::Listed(&exported.stdout)).await, none);
    // It does complain of what is within another, so that the test would hear of it.
    let clumsy = format!("go.microsoft.com\n{}", exported.stdout);
    let complaints = Squid::complaints(SquidRules::Listed(&clumsy)).await;
    assert!(complaints.iter().any(|line| line.contains("is a subdomain of")), "{complaints:#?}");
}

#[tokio::test]
async fn the_pac_file_sends_what_is_on_the_list_direct() {
    let site = Site::new().await;
    let proxy = site.world.proxy().address().to_string();
    let exported = site.export(&["pac", "--proxy", &proxy]).await;
    let file = site.folder.write("exported.pac", &exported.stdout);
    let results = site.check(&format!("{{pac: '{}'}}", file.display())).await;
    let routes: Vec<_> = results.iter().map(|result| result["route"].as_str().unwrap()).collect();
    assert_eq!(routes, ["DIRECT", "DIRECT", &format!("PROXY {proxy}")], "{results:#?}");
    assert!(results.iter().all(|result| result["state"] == "reachable"), "{results:#?}");
}

#[tokio::test]
async fn every_format_is_given_and_what_does_not_go_together_is_told() {
    let site = Site::new().await;
    let paloalto = site.export(&["paloalto-edl"]).await;
    assert_eq!(paloalto.stdout.lines().next(), Some("*.go.microsoft.com/"), "{paloalto:#?}");
    let fortinet = site.export(&["fortinet"]).await;
    assert!(fortinet.stdout.contains("*cdn.onenote.net\n") && fortinet.stderr.is_empty(), "{fortinet:#?}");
    let csv = site.export(&["csv"]).await.stdout;
    assert!(csv.starts_with("host,kind,tcp,udp,"), "{csv}");
    let json: Value = serde_json::from_str(&site.export(&["json"]).await.stdout).unwrap();
    assert_eq!(json["entries"].as_array().unwrap().len(), csv.lines().count() - 1);
    for (arguments, said) in [
        (&["--for", "pac"][..], "--proxy"),
        (&["--for", "squid", "--proxy", "p:1"], "--proxy is for"),
        (&["--for", "squid", "--addresses"], "--from"),
        (&["--for", "json", "--addresses"], "--addresses is for"),
        (&["--for", "squid", "--all"], "--from"),
        (&["--for", "squid", "--from", "https://endpoints.office.com"], "import can fetch"),
        (&["--for", "pac", "--proxy", "user:word@p:1"], "HOST:PORT"),
    ] {
        let done = Finished::of(&[&["export"], arguments].concat()).await;
        assert_eq!(done.code, Some(2), "{done:#?}");
        assert!(done.stderr.contains(said), "{said}: {done:#?}");
    }
    let bad = site.folder.write("bad.yaml", "endpoints: nothing\n");
    let done = Finished::of(&["export", "--for", "csv", "--config", bad.to_str().unwrap()]).await;
    assert_eq!(done.code, Some(78), "{done:#?}");
}
