//! A folder that goes away with its owner.

use std::fs::{self, Permissions};
use std::hash::{BuildHasher, RandomState};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// A folder that goes away with its owner.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
}

impl Folder {
    /// Makes one that every user may write to: daemons that are started by root give root up.
    #[expect(clippy::new_without_default, reason = "it makes a folder, which no default should do")]
    pub fn new() -> Self {
        let path = std::env::temp_dir().join(format!("reachwatch-e2e-{}", unique()));
        fs::create_dir(&path).expect("a folder for the test");
        fs::set_permissions(&path, Permissions::from_mode(0o777)).expect("a folder for the test");
        Self { path }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Writes a file into it and returns its path.
    pub fn write(&self, name: &str, content: &str) -> PathBuf {
        let path = self.path.join(name);
        fs::write(&path, content).expect("a file for the test");
        path
    }
}

/// Letters and digits that nobody else has. The number of a process is none: in process namespaces of their own, tests have
/// the same ones at the same time, and share what is outside of them.
pub(crate) fn unique() -> String {
    format!("{:016x}", RandomState::new().hash_one(std::process::id()))
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What remains is the system's own cleaning to get.
        let _removed = fs::remove_dir_all(&self.path);
    }
}
