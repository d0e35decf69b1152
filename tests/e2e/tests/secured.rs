//! A secured server, as curl, a health check and whoever starts it wrongly meet it.
#![expect(clippy::expect_used, clippy::unwrap_used, reason = "a test")]

use std::path::PathBuf;

use e2e::{Config, Finished, Folder, Running, eventually, reachwatch};
use testnet::{CertificateKind, World};
use tokio::process::Command;

/// `htpasswd -nbBC 4 alice wonderland`
const ALICE: &str = "alice: $2y$04$6g9fycldS5KXHWuhu2CrK.ecIRYZe2mIxfYSkgQ5Q2Gk1sg9WsKee";

/// A world, and a folder with a configuration for it and a certificate for localhost.
struct Site {
    world: World,
    folder: Folder,
    config: PathBuf,
}

impl Site {
    async fn new() -> Self {
        let world = World::start().await.unwrap();
        let folder = Folder::new();
        let url = world.url("officecdn.microsoft.com", testnet::Scheme::Https, "/").unwrap();
        let config = Config::of(&world).path("line", "direct").endpoint("cdn", &url).write(&folder);
        let site = Self { world, folder, config };
        site.renew_certificate();
        site
    }

    fn renew_certificate(&self) {
        let leaf = self.world.authority().leaf("localhost", &CertificateKind::Good).unwrap();
        self.folder.write("server.pem", &leaf.chain_pem);
        self.folder.write("server.key", &leaf.key_pem);
    }

    async fn start(&self, web: &str) -> Running {
        let web = self.folder.write("web.yml", web);
        Running::start_with(&self.config, &["--web-config", web.to_str().unwrap()]).await
    }

    /// What curl gets from `localhost`: the status, then the body.
    async fn curl(&self, running: &Running, path: &str, options: &[&str]) -> String {
        let url = format!("https://localhost:{}{path}", running.address().port());
        let mut command = Command::new("curl");
        command.args(["--silent", "--max-time", "10", "--cacert"]).arg(self.world.root_file());
        command
            .args(["--ipv4", "--noproxy", "*", "--write-out", "\n%{http_version} %{http_code}"])
            .args(options)
            .arg(url);
        let output = command.output().await.expect("curl is there; tests/run installs what the tests need");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }
}

const SECURED: &str = "tls_server_config: {cert_file: server.pem, key_file: server.key}\n";

#[tokio::test]
async fn metrics_are_scraped_over_tls_by_who_has_the_password() {
    let site = Site::new().await;
    let mut running = site.start(&format!("{SECURED}basic_auth_users:\n  {ALICE}\n")).await;
    let scraped = site.curl(&running, "/metrics", &["--user", "alice:wonderland"]).await;
    assert!(scraped.contains("reachwatch_site_info") && scraped.ends_with("\n2 200"), "{scraped}");
    for path in ["/metrics", "/", "/-/healthy", "/-/ready", "/nowhere"] {
        let refused = site.curl(&running, path, &[]).await;
        assert!(refused.ends_with("\n2 401"), "{path}: {refused}");
        assert!(!refused.contains("reachwatch_"), "{path}: {refused}");
    }
    let wrong = site.curl(&running, "/metrics", &["--user", "alice:wonder"]).await;
    assert!(wrong.ends_with("\n2 401"), "{wrong}");

    // A user who is added may come in without a restart; one who is taken away may not.
    let bob = ALICE.replace("alice", "bob");
    site.folder.write("web.yml", &format!("{SECURED}basic_auth_users:\n  {bob}\n"));
    running.event("the web configuration was read again").await;
    assert!(site.curl(&running, "/metrics", &["--user", "bob:wonderland"]).await.ends_with("\n2 200"));
    assert!(site.curl(&running, "/metrics", &["--user", "alice:wonderland"]).await.ends_with("\n2 401"));

    site.folder.write("web.yml", "basic_auth_user: {}\n");
    let bad = running.event("the web configuration is bad now; what it was before stays in force").await;
    assert!(bad["error"].as_str().unwrap().contains("did you mean \"basic_auth_users\"?"), "{bad}");
    assert!(site.curl(&running, "/metrics", &["--user", "bob:wonderland"]).await.ends_with("\n2 200"));
}

#[tokio::test]
async fn http_2_can_be_off_and_headers_on() {
    let site = Site::new().await;
    let headers = "http_server_config:\n  http2: false\n  headers: {Strict-Transport-Security: max-age=300}\n";
    let running = site.start(&format!("{SECURED}{headers}")).await;
    let answered = site.curl(&running, "/-/healthy", &["--include"]).await;
    assert!(answered.ends_with("\n1.1 200"), "{answered}");
    assert!(answered.to_lowercase().contains("strict-transport-security: max-age=300"), "{answered}");
}

#[tokio::test]
async fn health_asks_a_secured_instance_too() {
    let site = Site::new().await;
    let running = site.start(&format!("{SECURED}basic_auth_users:\n  {ALICE}\n")).await;
    let password = site.folder.write("password", "wonderland\n");
    let wrong = site.folder.write("wrong", "wonder\n");
    let root = site.world.root_file();
    let url = format!("https://127.0.0.1:{}", running.address().port());
    let named = format!("https://localhost:{}", running.address().port());
    let (password, wrong, root) = (password.to_str().unwrap(), wrong.to_str().unwrap(), root.to_str().unwrap());

    let well = Finished::of(&["health", &url, "--username", "alice", "--password-file", password]).await;
    assert_eq!((well.code, well.stderr.as_str()), (Some(0), ""));
    let vouched =
        Finished::of(&["health", &named, "--ca-file", root, "--username", "alice", "--password-file", password]).await;
    assert_eq!(vouched.code, Some(0), "{vouched:#?}");
    let mut by_environment = reachwatch(&["health"]);
    by_environment.env("REACHWATCH_HEALTH_URL", &url).env("REACHWATCH_HEALTH_USERNAME", "alice");
    by_environment.env("REACHWATCH_HEALTH_PASSWORD_FILE", password);
    assert_eq!(Finished::after(by_environment).await.code, Some(0), "as in an image without a shell");

    for (arguments, words) in [
        (&["health", &url][..], "answers 401 Unauthorized"),
        (&["health", &url, "--username", "alice", "--password-file", wrong], "answers 401 Unauthorized"),
        (&["health", &url.replace("https", "http")], "does not speak HTTP"),
        (&["health", &url, "--ca-file", root], "does not speak TLS with us"),
        (&["health", "https://192.0.2.1/"], "is not this machine: name who vouches for its certificate"),
    ] {
        let sick = Finished::of(arguments).await;
        assert_eq!(sick.code, Some(1), "{sick:#?}");
        assert!(sick.stderr.contains(words) && !sick.stderr.contains("wonder"), "{sick:#?}");
    }
}

#[tokio::test]
async fn a_bad_web_configuration_has_status_78_and_nobody_is_served() {
    let site = Site::new().await;
    let web =
        site.folder.write("web.yml", "tls_server_config: {cert_fiel: server.pem}\nbasic_auth_users: {alice: pw123}\n");
    let (config, web) = (site.config.to_str().unwrap(), web.to_str().unwrap());
    let refused = Finished::of(&["run", "--config", config, "--listen", "127.0.0.1:0", "--web-config", web]).await;
    assert_eq!(refused.code, Some(78), "{refused:#?}");
    for words in [
        "web.yml:1:21: tls_server_config.cert_fiel: unknown key; did you mean \"cert_file\"?",
        "this is no bcrypt hash",
    ] {
        assert!(refused.stderr.contains(words), "{words}: {refused:#?}");
    }
    assert!(!refused.stderr.contains("pw123") && !refused.stderr.contains("listening"), "{refused:#?}");
    let missing = ["run", "--config", config, "--listen", "127.0.0.1:0", "--web-config", "/nonexistent/web.yml"];
    assert_eq!(Finished::of(&missing).await.code, Some(78));
}

#[tokio::test]
async fn a_renewed_certificate_is_shown_without_a_restart() {
    let site = Site::new().await;
    let mut running = site.start(SECURED).await;
    let serial = async |running: &Running| {
        let verbose = ["--output", "/dev/null", "--write-out", "%{certs}"];
        site.curl(running, "/-/healthy", &verbose).await
    };
    let before = serial(&running).await;
    assert!(before.contains("BEGIN CERTIFICATE"), "{before}");
    site.renew_certificate();
    running.event("the web configuration was read again").await;
    eventually("the new certificate", async || (serial(&running).await != before).then_some(())).await;
}
