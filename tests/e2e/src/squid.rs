//! Debian's squid, configured for one test.

use std::net::{IpAddr, SocketAddr};

use tokio::process::Command;

use crate::folder::Folder;
use crate::peer::Peer;

/// What squid does with requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SquidRules<'a> {
    /// Everything may pass.
    Allow,
    /// This host may not.
    Deny(&'a str),
    /// Only those may pass who know the password.
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
    peer: Peer,
    _folder: Folder,
}

impl Squid {
    /// Starts one that knows these names, and no others.
    pub async fn start(rules: SquidRules<'_>, names: &[(&str, IpAddr)]) -> Self {
        let folder = Folder::new();
        let hosts: Vec<_> = names.iter().map(|(name, address)| format!("{address} {name}\n")).collect();
        folder.write("hosts", &hosts.concat());
        let access = access(rules, &folder);
        let log = folder.path().join("cache.log");
        let start = |address| {
            let config = folder.write("squid.conf", &config(address, &access, &folder));
            let mut command = Command::new("squid");
            // In the foreground, one process (but for its helpers, which end with their pipes).
            command.arg("-N").arg("-f").arg(config).env("PATH", path_with_sbin());
            if let SquidRules::Helpers { environment, .. } = rules {
                command.envs(environment.iter().map(|(name, value)| (name, value)));
            }
            command
        };
        let ready = || std::fs::read_to_string(&log).is_ok_and(|log| log.contains("Accepting HTTP Socket connections"));
        let peer = Peer::start("squid", &log, start, ready).await;
        Self { peer, _folder: folder }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.peer.address
    }
}

/// Debian keeps daemons where the path of an ordinary user does not look.
pub(crate) fn path_with_sbin() -> String {
    format!("{}:/usr/sbin:/sbin", std::env::var("PATH").unwrap_or_default())
}

/// Who is known may pass.
const KNOWN_ALONE: &str = "acl known proxy_auth REQUIRED\nhttp_access allow known\nhttp_access deny all\n";

fn access(rules: SquidRules<'_>, folder: &Folder) -> String {
    match rules {
        SquidRules::Allow => "http_access allow all\n".to_owned(),
        SquidRules::Deny(host) => {
            format!("acl denied dstdomain {host}\nhttp_access deny denied\nhttp_access allow all\n")
        }
        SquidRules::Authenticate { user, password } => {
            // squid asks its helper a line "user password" and takes OK or ERR.
            let script =
                format!("while read -r asked; do [ \"$asked\" = '{user} {password}' ] && echo OK || echo ERR; done\n");
            let helper = folder.write("helper.sh", &script);
            format!(
                "auth_param basic program /bin/sh {}\nauth_param basic children 1 startup=1\n\
                 auth_param basic realm the test\n{KNOWN_ALONE}",
                helper.display()
            )
        }
        SquidRules::Helpers { lines, .. } => format!("{lines}\n{KNOWN_ALONE}"),
    }
}

fn config(address: SocketAddr, access: &str, folder: &Folder) -> String {
    let folder = folder.path().display();
    format!(
        "http_port {address}\n\
         hosts_file {folder}/hosts\n\
         dns_nameservers 127.0.0.1\n\
         {access}\
         cache deny all\n\
         cache_mem 1 MB\n\
         access_log none\n\
         cache_log {folder}/cache.log\n\
         pid_filename none\n\
         netdb_filename none\n\
         coredump_dir {folder}\n\
         pinger_enable off\n\
         visible_hostname squid.example\n\
         connect_timeout 3 seconds\n\
         forward_timeout 5 seconds\n\
         shutdown_lifetime 0 seconds\n"
    )
}
