//! A small world for configurations to refer to.

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};

use prober::config::Sources;

/// The password that fixtures use; it may appear in no message.
pub(crate) const PASSWORD: &str = "hunter2";

/// Environment variables of a test, and files from the folder of the good fixtures; the host is called `test-host`.
#[derive(Default)]
pub(crate) struct World {
    variables: HashMap<String, String>,
}

impl World {
    /// The world that a fixture asks for in comments such as `# env: NAME=value`.
    pub(crate) fn of(text: &str) -> Self {
        let asked = text.lines().filter_map(|line| line.strip_prefix("# env: ")?.split_once('='));
        let fixed = [("PROXY_PASSWORD", PASSWORD)];
        Self { variables: asked.chain(fixed).map(|(name, value)| (name.to_owned(), value.to_owned())).collect() }
    }
}

impl Sources for World {
    fn env(&self, name: &str) -> Option<String> {
        self.variables.get(name).cloned()
    }

    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        std::fs::read(fixtures().join("good").join(path))
    }

    fn hostname(&self) -> Option<String> {
        Some("test-host".to_owned())
    }
}

/// The folder of the fixtures.
pub(crate) fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/config")
}

/// Every fixture of a folder: name and text, sorted.
pub(crate) fn every(folder: &str) -> Vec<(String, String)> {
    let files = std::fs::read_dir(fixtures().join(folder)).unwrap().map(|entry| entry.unwrap().path());
    let fixtures = files.filter(|path| path.extension().is_some_and(|extension| extension == "yaml"));
    let mut fixtures: Vec<_> = fixtures
        .map(|path| (path.file_stem().unwrap().to_string_lossy().into_owned(), std::fs::read_to_string(&path).unwrap()))
        .collect();
    fixtures.sort();
    fixtures
}

/// Compares a text with the snapshot beside its fixture.
pub(crate) fn assert_snapshot(folder: &str, name: &str, text: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(fixtures().join(folder));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, text));
}
