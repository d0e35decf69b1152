//! A resolver and a proxy that are restarted.

use std::fmt::Write;
use std::net::{Ipv4Addr, SocketAddr};
use std::process::Stdio;

use e2e::{Running, apart, eventually};
use testnet::Scheme;
use tokio::net::TcpStream;
use tokio::process::{Child, Command};

use super::site::{HOSTS, Site, Watcher};

/// Ports of a network that nobody else is in.
const RESOLVER: u16 = 5353;
const PROXY: u16 = 3128;

fn daemon(program: &str, arguments: &[String]) -> Child {
    // Without any rights they see an ordinary user and do not try to become another one, which there is none of here.
    let mut command = Command::new("unshare");
    command.args(["--user", "--map-user=1000", "--map-group=1000", "--", program]).args(arguments);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
    command.spawn().unwrap_or_else(|error| panic!("{program}: {error}; tests/run installs what the tests need"))
}

fn dnsmasq(site: &Site) -> Child {
    let mut arguments: Vec<String> = [
        "--keep-in-foreground",
        "--conf-file=/dev/null",
        "--no-resolv",
        "--no-hosts",
        "--bind-interfaces",
        "--pid-file=",
    ]
    .map(str::to_owned)
    .to_vec();
    arguments.push(format!("--port={RESOLVER}"));
    arguments.push("--listen-address=127.0.0.1".to_owned());
    for host in HOSTS {
        arguments.push(format!("--address=/{host}/{}", site.world.address(host, Scheme::Https).unwrap().ip()));
    }
    daemon("dnsmasq", &arguments)
}

fn tinyproxy(site: &Site) -> Child {
    let mut hosts = String::new();
    for host in HOSTS {
        writeln!(hosts, "{} {host}", site.world.address(host, Scheme::Https).unwrap().ip()).unwrap();
    }
    let hosts = site.folder.write("hosts", &hosts);
    let config =
        site.folder.write("tinyproxy.conf", &format!("Port {PROXY}\nListen 127.0.0.1\nTimeout 30\nMaxClients 100\n"));
    let script = format!(
        "LD_PRELOAD=libnss_wrapper.so NSS_WRAPPER_HOSTS='{}' exec tinyproxy -d -c '{}'",
        hosts.display(),
        config.display()
    );
    daemon("sh", &["-c".to_owned(), script])
}

async fn listens(port: u16) {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    eventually("it listens", async || TcpStream::connect(address).await.ok()).await;
}

#[test]
fn what_is_restarted_is_found_again_at_once() {
    apart("peers::what_is_restarted_is_found_again_at_once", ("ip link set lo up", &[]), &[], || {
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
            let site = Site::new().await;
            // Asked through dnsmasq on one path, and by tinyproxy on the other.
            let mut text = format!(
                "site: e2e\nconfirm: 1\ncontrols: []\ninterval: 1s\ntimeout: 1s\n\
                 dns: {{resolvers: ['127.0.0.1:{RESOLVER}'], private_answers: allowed}}\n\
                 tls: {{extra_roots: ['{}']}}\n\
                 paths: {{hq: 'http://127.0.0.1:{PROXY}', here: direct}}\ndefault_paths: [hq, here]\nendpoints:\n",
                site.world.root_file().display()
            );
            for host in HOSTS {
                writeln!(text, "  - {}", site.world.url(host, Scheme::Https, "/").unwrap()).unwrap();
            }
            let config = site.folder.write("endpoints.yaml", &text);
            let (mut resolver, mut proxy) = (dnsmasq(&site), tinyproxy(&site));
            listens(RESOLVER).await;
            listens(PROXY).await;
            let running = Running::start(&config).await;
            let watcher = Watcher::of(&running);
            watcher.all("reachable").await;

            let causes = async || {
                let status: serde_json::Value = serde_json::from_str(&watcher.get("/api/v1/status").await?).ok()?;
                let results = status["results"].as_array()?.iter();
                let mut causes: Vec<_> = results
                    .filter(|result| result["state"] != "reachable")
                    .map(|result| {
                        format!("{} {} {}", result["path"], result["state"], result["cause"]).replace('"', "")
                    })
                    .collect();
                causes.sort();
                causes.dedup();
                Some(causes)
            };
            for round in 0..3 {
                resolver.kill().await.unwrap();
                let only = ["here blocked dns_server_failure", "here blocked dns_timeout"];
                let is_down =
                    |told: &Vec<String>| !told.is_empty() && told.iter().all(|one| only.contains(&one.as_str()));
                eventually("the resolver is missed, on its path alone", async || causes().await.filter(is_down)).await;
                resolver = dnsmasq(&site);
                watcher.all("reachable").await;

                proxy.kill().await.unwrap();
                let refused = |told: &Vec<String>| *told == ["hq blocked proxy_refused"];
                eventually("the proxy is missed, on its path alone", async || causes().await.filter(refused)).await;
                proxy = tinyproxy(&site);
                watcher.all("reachable").await;
                assert_eq!(watcher.tally().await.unwrap().unknown, 0, "round {round}");
            }
        });
    });
}
