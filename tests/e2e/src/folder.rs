//! A folder that goes away with its owner.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

/// A folder that goes away with its owner.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
}

impl Folder {
    /// Makes one that every user may write to: daemons that are started by root give root up.
    #[expect(clippy::new_without_default, reason = "it makes a folder, which no default should do")]
    pub fn new() -> Self {
        static FOLDERS: AtomicU64 = AtomicU64::new(0);
        let number = FOLDERS.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("reachwatch-e2e-{}-{number}", std::process::id()));
        fs::create_dir_all(&path).expect("a folder for the test");
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

impl Drop for Folder {
    fn drop(&mut self) {
        // What remains is the system's own cleaning to get.
        let _removed = fs::remove_dir_all(&self.path);
    }
}
