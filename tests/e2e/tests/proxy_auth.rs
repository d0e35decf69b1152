//! Proxies that ask who we are: Debian's squid with its own helpers, and MIT's KDC.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test")]

use std::net::{IpAddr, SocketAddr};

use e2e::{Config, Finished, Folder, Kdc, Running, SQUID_HELPERS, Squid, SquidRules, eventually, get, reachwatch};
use serde_json::Value;
use testnet::{Scheme, World};

const HOST: &str = "officecdn.microsoft.com";
/// The proxy's name: tickets are for names.
const PROXY: &str = "proxy.corp.example";
const PASSWORD: &str = "pass word: ü/1";
/// What of it could turn up where it should not: itself, in base64 (alone and behind the user), and in a URL.
const TRACES: [&str; 4] =
    [PASSWORD, "cGFzcyB3b3JkOiDDvC8x", "c3ZjOnBhc3Mgd29yZDogw7wvMQ", "pass%20word%3A%20%C3%BC%2F1"];

/// A world and a squid in front of it that asks.
struct Site {
    world: World,
    squid: Squid,
    folder: Folder,
}

impl Site {
    async fn new(lines: &str, environment: &[(&str, String)], folder: Folder) -> Self {
        let world = World::start().await.unwrap();
        let address: IpAddr = world.address(HOST, Scheme::Https).unwrap().ip();
        let squid = Squid::start(SquidRules::Helpers { lines, environment }, &[(HOST, address)]).await;
        Self { world, squid, folder }
    }

    /// A path through the squid as this user, with further keys.
    fn path(&self, user: &str, password: &str, more: &str) -> String {
        let file = self.folder.write("password", &format!("{password}\n"));
        let port = self.squid.address().port();
        format!("{{proxy: 'http://{PROXY}:{port}', username: '{user}', password_file: '{}'{more}}}", file.display())
    }

    fn config(&self, path: &str) -> Config {
        let tls = self.world.url(HOST, Scheme::Https, "/").unwrap();
        let clear = self.world.url(HOST, Scheme::Http, "/").unwrap();
        let config = Config::of(&self.world).name(PROXY, self.squid.address().ip());
        config.path("squid", path).endpoint("tls", &tls).endpoint("clear", &clear)
    }

    /// What `check` says of an https and an http endpoint.
    async fn check(&self, path: &str) -> [Value; 2] {
        let config = self.config(path).write(&self.folder);
        let arguments = ["check", "--config", config.to_str().unwrap(), "--format", "json"];
        let Finished { stdout, stderr, .. } = Finished::of(&arguments).await;
        let document: Value =
            serde_json::from_str(&stdout).unwrap_or_else(|error| panic!("{error}: {stdout} {stderr}"));
        ["tls", "clear"].map(|name| result(&document, name).clone())
    }

    async fn is_let_through(&self, path: &str) {
        for result in self.check(path).await {
            assert_eq!(field(&result, "/state"), "reachable", "{result:#}");
        }
    }

    /// The two refusals, which have to be some.
    async fn is_refused(&self, path: &str) -> [Value; 2] {
        let results = self.check(path).await;
        for result in &results {
            assert_eq!(field(result, "/cause"), "proxy_auth_required", "{result:#}");
        }
        results
    }
}

fn result<'a>(document: &'a Value, endpoint: &str) -> &'a Value {
    let results = document.pointer("/results").and_then(Value::as_array).unwrap();
    let found = results.iter().find(|result| field(result, "/endpoint") == endpoint);
    found.unwrap_or_else(|| panic!("{document:#}"))
}

fn field<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

fn basic(folder: &Folder) -> String {
    // The helper takes an unsalted MD5, too: this is the password's.
    let users = folder.write("users", "svc:4b813d43a0041010a727256979bec844\n");
    format!(
        "auth_param basic program {SQUID_HELPERS}/basic_ncsa_auth {}\nauth_param basic children 2 startup=1\n\
         auth_param basic realm the test\n",
        users.display()
    )
}

/// Debian's helper that goes through the motions of NTLM and believes everybody.
fn ntlm() -> String {
    format!("auth_param ntlm program {SQUID_HELPERS}/ntlm_fake_auth\nauth_param ntlm children 2 startup=1\n")
}

fn negotiate() -> String {
    format!(
        "auth_param negotiate program {SQUID_HELPERS}/negotiate_kerberos_auth -s HTTP/{PROXY}@CORP.EXAMPLE\n\
         auth_param negotiate children 2 startup=1\n"
    )
}

#[tokio::test]
async fn squid_takes_a_password() {
    let folder = Folder::new();
    let lines = basic(&folder);
    let site = Site::new(&lines, &[], folder).await;
    site.is_let_through(&site.path("svc", PASSWORD, "")).await;
    for result in site.is_refused(&site.path("svc", "guess", "")).await {
        assert_eq!(field(&result, "/evidence/auth_schemes"), "Basic", "{result:#}");
        assert_eq!(field(&result, "/evidence/auth_tried"), "Basic");
        assert_eq!(field(&result, "/evidence/realm"), "the test");
    }
    for result in site.is_refused(&site.path("svc", PASSWORD, ", auth: ntlm")).await {
        assert!(field(&result, "/detail").contains("none of the schemes that may be used"), "{result:#}");
    }
}

#[tokio::test]
async fn squid_goes_through_ntlm() {
    let folder = Folder::new();
    let lines = ntlm() + &basic(&folder);
    let site = Site::new(&lines, &[], folder).await;
    for user in ["svc", "CORP\\svc", "svc@corp.example"] {
        site.is_let_through(&site.path(user, "never told", "")).await;
    }
    site.is_let_through(&site.path("svc", PASSWORD, ", auth: basic")).await;
}

#[tokio::test]
async fn squid_takes_a_ticket_of_the_kdc() {
    let kdc = Kdc::start(("svc", PASSWORD), &format!("HTTP/{PROXY}")).await;
    let folder = Folder::new();
    let lines = negotiate() + &basic(&folder);
    let site = Site::new(&lines, &kdc.environment(), folder).await;
    let at = format!(", kdc: '{}'", kdc.address());
    site.is_let_through(&site.path(&format!("svc@{}", kdc.realm()), PASSWORD, &at)).await;
    site.is_let_through(&site.path(&format!("{}\\svc", kdc.realm()), PASSWORD, &at)).await;

    let refused = site.is_refused(&site.path(&format!("svc@{}", kdc.realm()), "guess", &at)).await;
    for result in &refused {
        assert_eq!(field(result, "/evidence/auth_schemes"), "Negotiate, Basic", "{result:#}");
        assert_eq!(field(result, "/evidence/auth_tried"), "Negotiate");
    }
    // One of the two asks the KDC, and the other one spares the account.
    for words in ["pre-authentication", "not tried again"] {
        let saying = refused.iter().filter(|result| field(result, "/detail").contains(words)).count();
        assert_eq!(saying, 1, "{words}: {refused:#?}");
    }
    // Nobody is there who gives tickets, and this proxy takes no NTLM for one.
    let nobody = SocketAddr::from(([127, 0, 0, 1], 1));
    let path = site.path(&format!("svc@{}", kdc.realm()), PASSWORD, &format!(", kdc: '{nobody}'"));
    for result in site.is_refused(&path).await {
        assert!(field(&result, "/evidence/no_ticket").contains("no connection"), "{result:#}");
    }
}

/// A helper that compares with a file, so that a password can be changed under a running squid.
fn changing(folder: &Folder) -> String {
    let script = format!(
        "while read -r asked; do read -r known < {}/known; [ \"$asked\" = \"$known\" ] && echo OK || echo ERR; done\n",
        folder.path().display()
    );
    let helper = folder.write("helper.sh", &script);
    format!(
        "auth_param basic program /bin/sh {}\nauth_param basic children 1 startup=1\nauth_param basic realm x\n\
         auth_param basic credentialsttl 1 second\n",
        helper.display()
    )
}

#[tokio::test]
async fn a_password_is_rotated_without_a_restart() {
    let folder = Folder::new();
    folder.write("known", "svc first\n");
    let lines = changing(&folder);
    let site = Site::new(&lines, &[], folder).await;
    let config = site.config(&site.path("svc", "first", "")).write(&site.folder);
    let running = Running::start(&config).await;
    let becomes = async |state: &str| {
        eventually(state, async || {
            let document = get(running.address(), "/api/v1/status").await?.json();
            ["tls", "clear"].iter().all(|name| field(result(&document, name), "/state") == state).then_some(())
        })
        .await;
    };
    becomes("reachable").await;
    site.folder.write("known", "svc second\n");
    becomes("blocked").await;
    site.folder.write("password", "second\n");
    becomes("reachable").await;
    // Gone is no reason to forget it.
    std::fs::remove_file(site.folder.path().join("password")).unwrap();
    let probes = || site.world.faults().served(HOST).unwrap();
    let before = probes();
    eventually("more probes", async || (probes() > before + 6).then_some(())).await;
    becomes("reachable").await;
}

#[tokio::test]
async fn nothing_that_comes_out_has_the_password_in_it() {
    let folder = Folder::new();
    let lines = basic(&folder);
    let site = Site::new(&lines, &[], folder).await;
    for (password, more) in [(PASSWORD, ""), (PASSWORD, ", auth: ntlm")] {
        let config = site.config(&site.path("svc", password, more)).write(&site.folder);
        let config = config.to_str().unwrap();
        let mut said = Vec::new();
        let url = site.world.url(HOST, Scheme::Https, "/").unwrap();
        for arguments in [
            &["check", "--config", config, "--log-level", "trace", "--format", "json"][..],
            &["explain", &url, "--config", config, "--log-level", "trace"],
            &["validate", "--config", config, "--log-level", "trace"],
        ] {
            let Finished { stdout, stderr, .. } = Finished::of(arguments).await;
            assert!(!stdout.is_empty(), "{arguments:?}: {stderr}");
            said.extend([stdout, stderr]);
        }
        said.extend(everything_served(&site, config).await);
        for words in said {
            let found = TRACES.iter().find(|trace| words.contains(*trace));
            assert_eq!(found, None, "{words}");
        }
    }
}

/// What a running instance serves and logs.
async fn everything_served(site: &Site, config: &str) -> Vec<String> {
    let log = site.folder.path().join("log");
    let mut command = reachwatch(&[
        "run",
        "--config",
        config,
        "--listen",
        "127.0.0.1:0",
        "--log-format",
        "json",
        "--log-level",
        "trace",
    ]);
    command.stderr(std::fs::File::create(&log).unwrap());
    let _running = command.spawn().unwrap();
    let logged = || std::fs::read_to_string(&log).unwrap();
    let address: SocketAddr = eventually("it listens", async || {
        let events = logged();
        let mut events = events.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        field(&events.find(|event| field(event, "/message") == "listening")?, "/address").parse().ok()
    })
    .await;
    eventually("it has probed", async || {
        let document = get(address, "/api/v1/status").await?.json();
        document.pointer("/results/0/probed_at").is_some_and(Value::is_string).then_some(())
    })
    .await;
    let mut said = vec![logged()];
    for path in ["/", "/metrics", "/api/v1/status", "/api/v1/config", "/debug"] {
        said.push(get(address, path).await.unwrap().body);
    }
    said
}
