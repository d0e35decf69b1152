//! MIT's Kerberos 5 KDC as Debian has it, with a database of its own.

use std::net::SocketAddr;
use std::path::PathBuf;

use tokio::process::Command;

use crate::folder::Folder;
use crate::peer::{LOG, Peer};
use crate::squid::path_with_sbin;

/// The realm that it serves.
const REALM: &str = "CORP.EXAMPLE";

/// A running KDC.
#[derive(Debug)]
pub struct Kdc {
    peer: Peer,
}

impl Kdc {
    /// Starts one that knows a user by a password, and a service by a key of its own.
    pub async fn start(user: (&str, &str), service: &str) -> Self {
        let folder = Folder::new();
        let root = folder.path().display();
        let profile = format!(
            "[kdcdefaults]\nkdc_ports = \"\"\n[realms]\n{REALM} = {{\n database_name = {root}/principal\n \
             key_stash_file = {root}/stash\n acl_file = {root}/acl\n default_principal_flags = +preauth\n}}\n\
             [logging]\nkdc = FILE:{root}/{LOG}\n"
        );
        folder.write("kdc.conf", &profile);
        folder.write("krb5.conf", &format!("[libdefaults]\ndefault_realm = {REALM}\n"));
        let kdc = Self::database(&folder, user, service).await;
        let start = |folder: &Folder, address: SocketAddr| {
            let served = profile.replace("kdc_ports = \"\"", &format!("kdc_listen = \"\"\nkdc_tcp_listen = {address}"));
            folder.write("kdc.conf", &served);
            let mut command = Self::command("krb5kdc", folder);
            // In the foreground.
            command.arg("-n");
            command
        };
        assert!(kdc.exists(), "the key of the service is there");
        let peer = Peer::start("krb5kdc", folder, start).await;
        Self { peer }
    }

    /// Where it listens, over TCP.
    pub fn address(&self) -> SocketAddr {
        self.peer.address()
    }

    /// The user's realm.
    pub fn realm(&self) -> &'static str {
        REALM
    }

    /// The environment in which the service finds its key.
    pub fn environment(&self) -> Vec<(&'static str, String)> {
        let file = |name: &str| self.peer.folder().path().join(name).display().to_string();
        vec![
            ("KRB5_KTNAME", file("keytab")),
            ("KRB5_CONFIG", file("krb5.conf")),
            ("KRB5RCACHEDIR", self.peer.folder().path().display().to_string()),
        ]
    }

    async fn database(folder: &Folder, (user, password): (&str, &str), service: &str) -> PathBuf {
        let create = ["-r", REALM, "create", "-s", "-P", "no secret in a test"];
        Self::run("kdb5_util", folder, &create).await;
        let keytab = folder.path().join("keytab");
        for query in [
            format!("add_principal -pw \"{password}\" {user}"),
            format!("add_principal -randkey {service}"),
            format!("ktadd -k {} {service}", keytab.display()),
        ] {
            Self::run("kadmin.local", folder, &["-r", REALM, "-q", &query]).await;
        }
        // squid's helpers run as another user where a test runs as root.
        let readable = std::os::unix::fs::PermissionsExt::from_mode(0o644);
        std::fs::set_permissions(&keytab, readable).expect("the key of the service is there");
        keytab
    }

    async fn run(program: &str, folder: &Folder, arguments: &[&str]) {
        let output = Self::command(program, folder).args(arguments).output().await;
        let output = output.unwrap_or_else(|error| {
            panic!("{program} does not start ({error}); tests/run installs what the tests need")
        });
        assert!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&output.stderr));
    }

    fn command(program: &str, folder: &Folder) -> Command {
        let mut command = Command::new(program);
        command
            .env("PATH", path_with_sbin())
            .env("KRB5_CONFIG", folder.path().join("krb5.conf"))
            .env("KRB5_KDC_PROFILE", folder.path().join("kdc.conf"));
        command
    }
}
