//! What stands behind every door, and does not change.

use std::io;
use std::path::Path;

use prober::config::Sources;

/// The largest answer and the largest file that octets of this size may make, in bytes.
pub(super) const MAX_ANSWER: usize = 4 * 1024 * 1024;

const CERTIFICATE: &str = include_str!("world/server.pem");
const KEY: &str = include_str!("world/server.key");
const AUTHORITY: &str = include_str!("world/ca.pem");

/// What a configuration may name: a few files, one variable and a name. `fuzz/make-seeds` makes the certificates.
#[derive(Debug)]
pub(super) struct Beside;

impl Sources for Beside {
    fn env(&self, name: &str) -> Option<String> {
        (name == "SET").then(|| "value".to_owned())
    }

    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        let content = match path.to_str() {
            Some("server.pem") => CERTIFICATE,
            Some("server.key") => KEY,
            Some("ca.pem") => AUTHORITY,
            Some("empty") => "",
            Some("password") => "secret\n",
            _ => return Err(io::ErrorKind::NotFound.into()),
        };
        Ok(content.into())
    }

    fn hostname(&self) -> Option<String> {
        Some("branch-042".to_owned())
    }
}

/// Text for people has no character that does something else than to be read, but for the ends of lines.
pub(super) fn is_readable(text: &str) {
    let strange = text.chars().find(|c| c.is_control() && !['\n', '\t'].contains(c));
    assert!(strange.is_none(), "{strange:?} in {text:?}");
}
