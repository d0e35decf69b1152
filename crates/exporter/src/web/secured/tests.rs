//! Web configurations, good and bad, and servers that stand behind them.

mod files;
mod over_tls;
mod password;
mod pki;
mod renewed;

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use self::pki::Authority;

/// A folder that goes away with its owner.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static FOLDERS: AtomicU64 = AtomicU64::new(0);
        let number = FOLDERS.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("reachwatch-web-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    /// One with a server's certificate and key, `server.pem` and `server.key`, and who vouches for it, `ca.pem`.
    fn with_certificates(authority: &Authority) -> Self {
        let folder = Self::new();
        let (chain, key) = authority.server("localhost");
        folder.write("server.pem", &chain);
        folder.write("server.key", &key);
        folder.write("ca.pem", &authority.pem());
        folder
    }

    fn write(&self, name: &str, content: &str) -> PathBuf {
        let path = self.0.join(name);
        std::fs::write(&path, content).unwrap();
        path
    }

    fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _leftovers = std::fs::remove_dir_all(&self.0);
    }
}

/// `basic_auth_users` with cheap hashes.
fn users(pairs: &[(&str, &str)]) -> String {
    let mut text = "basic_auth_users:\n".to_owned();
    for (user, password) in pairs {
        writeln!(text, "  {user}: {}", bcrypt::hash(password, 4).unwrap()).unwrap();
    }
    text
}
