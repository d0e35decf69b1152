//! Debian's squid, configured for one test.

use std::fs;
use std::net::{IpAddr, SocketAddr};
use std::process::Stdio;

use testnet::Leaf;
use tokio::io::AsyncWriteExt;
use tokio::process::Command;

use crate::folder::{Folder, unique};
use crate::names;
use crate::peer::{LOG, Peer};

/// What squid does with requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SquidRules<'a> {
    /// Everything may pass.
    Allow,
    /// This host may not.
    Deny(&'a str),
    /// Only these may pass: what stands in a file of a `dstdomain` acl.
    Listed(&'a str),
    /// Only those may pass who know the password, by squid's own helper for files of htpasswd's.
    Authenticate {
        /// The user.
        user: &'a str,
        /// The password.
        password: &'a str,
    },
    /// Only those may pass whom the helpers of these lines of its configuration know; further environment for them.
    Helpers {
        /// `auth_param` lines.
        lines: &'a str,
        /// Variables.
        environment: &'a [(&'a str, String)],
    },
}

/// Where Debian keeps squid's helpers.
pub const SQUID_HELPERS: &str = "/usr/lib/squid";

/// A running squid.
#[derive(Debug)]
pub struct Squid {
    /// The daemon.
    pub peer: Peer,
    _segments: Segments,
}

impl Squid {
    /// Starts one that knows these names, and no others.
    pub async fn start(rules: SquidRules<'_>, names: &[(&str, IpAddr)]) -> Self {
        Self::listening("http_port", rules, names, Folder::new()).await
    }

    /// Starts one that is spoken to over TLS, with this certificate.
    pub async fn start_tls(leaf: &Leaf, rules: SquidRules<'_>, names: &[(&str, IpAddr)]) -> Self {
        let folder = Folder::new();
        folder.write("chain.pem", &leaf.chain_pem);
        folder.write("key.pem", &leaf.key_pem);
        let port = format!("https_port tls-cert={0}/chain.pem tls-key={0}/key.pem", folder.path().display());
        Self::listening(&port, rules, names, folder).await
    }

    /// `port` is the directive with its options, for an address to be put between.
    async fn listening(port: &str, rules: SquidRules<'_>, names: &[(&str, IpAddr)], folder: Folder) -> Self {
        names::write(&folder, names);
        let access = access(rules, &folder).await;
        folder.write(ACCESS, &access);
        let segments = Segments::new();
        let start = |folder: &Folder, address| {
            let port = port_at(port, address);
            let config = folder.write("squid.conf", &config(&port, folder));
            let mut command = Command::new("squid");
            // In the foreground, one process (but for its helpers).
            command.arg("-N").arg("-n").arg(&segments.service).arg("-f").arg(config).env("PATH", path_with_sbin());
            if let SquidRules::Helpers { environment, .. } = rules {
                command.envs(environment.iter().map(|(name, value)| (name, value)));
            }
            command
        };
        Self { peer: Peer::start("squid", folder, start).await, _segments: segments }
    }

    /// What squid has to say against such rules: its warnings and errors. It reads them, and opens no port.
    pub async fn complaints(rules: SquidRules<'_>) -> Vec<String> {
        let folder = Folder::new();
        names::write(&folder, &[]);
        let access = access(rules, &folder).await;
        folder.write(ACCESS, &access);
        let config = folder.write("squid.conf", &config("http_port 127.0.0.1:3128", &folder));
        let mut command = Command::new("squid");
        command.args(["-k", "parse", "-f"]).arg(config).env("PATH", path_with_sbin());
        let output = command.output().await.expect("squid reads its configuration");
        let said = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
        assert!(said.contains("Processing Configuration File"), "{said}");
        // A machine without IPv6 is not the rules' fault.
        let is_complaint = |line: &&str| {
            ["WARNING", "ERROR", "FATAL"].iter().any(|word| line.contains(word)) && !line.contains("BCP 177")
        };
        said.lines().filter(is_complaint).map(str::to_owned).collect()
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.peer.address()
    }

    /// Gives it other rules while it runs, as an administrator does. It goes on with the old ones for a moment.
    pub async fn reload(&self, rules: SquidRules<'_>) {
        let access = access(rules, self.peer.folder()).await;
        self.peer.folder().write(ACCESS, &access);
        self.peer.reload();
    }
}

/// The file of its rules.
const ACCESS: &str = "access.conf";

/// The shared memory of one squid, which all squids of a machine would share by its name, another user's among them, and
/// which outlives one that is killed.
#[derive(Debug)]
struct Segments {
    /// Letters and digits, which the names begin with.
    service: String,
}

impl Segments {
    fn new() -> Self {
        Self { service: format!("e2e{}", unique()) }
    }
}

impl Drop for Segments {
    fn drop(&mut self) {
        let prefix = format!("{}-", self.service);
        for segment in fs::read_dir("/dev/shm").into_iter().flatten().flatten() {
            if segment.file_name().to_string_lossy().starts_with(&prefix) {
                // What remains is as small as a page.
                let _removed = fs::remove_file(segment.path());
            }
        }
    }
}

/// Debian keeps daemons where the path of an ordinary user does not look.
pub fn path_with_sbin() -> String {
    format!("{}:/usr/sbin:/sbin", std::env::var("PATH").unwrap_or_default())
}

/// Who is known may pass.
const KNOWN_ALONE: &str = "acl known proxy_auth REQUIRED\nhttp_access allow known\nhttp_access deny all\n";

fn port_at(directive: &str, address: SocketAddr) -> String {
    match directive.split_once(' ') {
        Some((name, options)) => format!("{name} {address} {options}"),
        None => format!("{directive} {address}"),
    }
}

async fn access(rules: SquidRules<'_>, folder: &Folder) -> String {
    match rules {
        SquidRules::Allow => "http_access allow all\n".to_owned(),
        SquidRules::Deny(host) => {
            format!("acl denied dstdomain {host}\nhttp_access deny denied\nhttp_access allow all\n")
        }
        SquidRules::Listed(domains) => {
            let file = folder.write("domains", domains);
            format!("acl listed dstdomain \"{}\"\nhttp_access allow listed\nhttp_access deny all\n", file.display())
        }
        SquidRules::Authenticate { user, password } => {
            let known = folder.write("htpasswd", &format!("{user}:{}\n", md5_of(password).await));
            format!(
                "auth_param basic program {SQUID_HELPERS}/basic_ncsa_auth {}\nauth_param basic children 1 startup=1\n\
                 auth_param basic realm the test\n{KNOWN_ALONE}",
                known.display()
            )
        }
        SquidRules::Helpers { lines, .. } => format!("{lines}\n{KNOWN_ALONE}"),
    }
}

/// The plainest of the hashes that basic_ncsa_auth(8) takes.
async fn md5_of(password: &str) -> String {
    let mut command = Command::new("md5sum");
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("coreutils' md5sum");
    child.stdin.take().expect("its input is piped").write_all(password.as_bytes()).await.expect("md5sum reads");
    let output = child.wait_with_output().await.expect("md5sum ends").stdout;
    let line = String::from_utf8(output).expect("a line of text");
    line.split_whitespace().next().expect("a hash").to_owned()
}

fn config(port: &str, folder: &Folder) -> String {
    let folder = folder.path().display();
    format!(
        "{port}\n\
         hosts_file {folder}/hosts\n\
         dns_nameservers 127.0.0.1\n\
         dns_retransmit_interval 200 milliseconds\n\
         dns_timeout 300 milliseconds\n\
         include {folder}/{ACCESS}\n\
         cache deny all\n\
         cache_mem 1 MB\n\
         access_log none\n\
         cache_log {folder}/{LOG}\n\
         pid_filename none\n\
         netdb_filename none\n\
         coredump_dir {folder}\n\
         pinger_enable off\n\
         visible_hostname squid.example\n\
         connect_timeout 30 seconds\n\
         forward_timeout 30 seconds\n\
         shutdown_lifetime 0 seconds\n"
    )
}
