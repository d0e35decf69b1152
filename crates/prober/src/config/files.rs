//! The files that a configuration was read from, as they were, so that a change of any of them is noticed.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;
use std::path::{Path, PathBuf};

use super::MAX_BYTES;
use super::sources::{Sources, SystemSources, read_bounded};

/// Files with what they held. Told by their content, not by inode or time: that works on every file system, whether a file is
/// written in place, renamed over, or reached through a link that leads elsewhere now (as a ConfigMap's does in Kubernetes).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Files(BTreeMap<PathBuf, Content>);

/// What a file held; `None` where it could not be read.
type Content = Option<Mark>;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Mark {
    length: usize,
    hash: u64,
}

impl Files {
    /// The same files, as they are now. Reads them, each within the limit of a configuration.
    pub fn look(&self) -> Self {
        let max = u64::try_from(MAX_BYTES).unwrap_or(u64::MAX).saturating_add(1);
        Self(self.0.keys().map(|path| (path.clone(), content(&read_bounded(path, max)))).collect())
    }

    /// Which of them are not what they were.
    pub fn changed<'a>(&'a self, before: &'a Self) -> impl Iterator<Item = &'a Path> {
        let is_changed = |(path, content): &(&PathBuf, &Content)| before.0.get(*path) != Some(content);
        self.0.iter().filter(is_changed).map(|(path, _)| path.as_path())
    }

    /// Takes note of what came of reading a file.
    pub(super) fn note(&mut self, path: &Path, read: &io::Result<Vec<u8>>) {
        self.0.insert(path.to_owned(), content(read));
    }
}

fn content(read: &io::Result<Vec<u8>>) -> Content {
    let bytes = read.as_ref().ok()?;
    let mut hasher = DefaultHasher::new();
    bytes.hash(&mut hasher);
    Some(Mark { length: bytes.len(), hash: hasher.finish() })
}

/// The real world, and a note of every file that is read of it. Those with passwords are left out: they are looked at
/// wherever a password is used.
pub(super) struct Noting {
    sources: SystemSources,
    files: RefCell<Files>,
}

impl Noting {
    pub(super) fn new(sources: SystemSources, files: Files) -> Self {
        Self { sources, files: RefCell::new(files) }
    }

    pub(super) fn into_files(self) -> Files {
        self.files.into_inner()
    }
}

impl Sources for Noting {
    fn env(&self, name: &str) -> Option<String> {
        self.sources.env(name)
    }

    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        let read = self.sources.read(path);
        self.files.borrow_mut().note(&self.sources.locate(path), &read);
        read
    }

    fn read_secret(&self, path: &Path) -> io::Result<Vec<u8>> {
        self.sources.read(path)
    }

    fn locate(&self, path: &Path) -> PathBuf {
        self.sources.locate(path)
    }

    fn hostname(&self) -> Option<String> {
        self.sources.hostname()
    }
}
