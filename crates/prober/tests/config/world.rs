//! A small world for configurations to refer to.

use std::collections::HashMap;
use std::io;
use std::path::Path;

use prober::config::Sources;

/// Environment variables and files of a test; the host is called `branch-042`.
#[derive(Default)]
pub(crate) struct World {
    /// Environment variables.
    pub(crate) variables: HashMap<String, String>,
    /// Files by their path.
    pub(crate) files: HashMap<String, Vec<u8>>,
}

impl Sources for World {
    fn env(&self, name: &str) -> Option<String> {
        self.variables.get(name).cloned()
    }

    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        self.files.get(&path.to_string_lossy().into_owned()).cloned().ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn hostname(&self) -> Option<String> {
        Some("branch-042".to_owned())
    }
}
