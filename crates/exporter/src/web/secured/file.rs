//! The file, and the files that it names: read, and looked after.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use prober::config::{Faults, Sources, SystemSources};
use thiserror::Error;

use super::settings::Settings;

/// How often the files are looked at. A change is taken at the second look that finds it, so that a file that is being
/// written is not read halfway: half of one may be a good one that lets everybody in.
pub(super) const EVERY: Duration = Duration::from_secs(2);

/// Why a web configuration is not in force.
#[derive(Debug, Error)]
pub enum LoadError {
    /// The file cannot be read.
    #[error("cannot read the web configuration {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file is not UTF-8.
    #[error("the web configuration {} is not UTF-8 text: byte {offset} begins no character", path.display())]
    NotText {
        /// The file.
        path: PathBuf,
        /// The first byte that is wrong, from 0.
        offset: usize,
    },
    /// The file is read, and wrong.
    #[error("the web configuration cannot be used:\n{0}")]
    Faults(Faults),
    /// Connections would have to change their protocol.
    #[error("the web configuration {} switches TLS on or off, which takes a restart", path.display())]
    SwitchesTls {
        /// The file.
        path: PathBuf,
    },
}

/// What tells a file from what it was: device, inode, size, and when content and inode last changed; `None` of one that
/// is not there.
type Stamp = Option<(u64, u64, u64, (i64, i64), (i64, i64))>;

/// Files by their names.
type Stamps = BTreeMap<PathBuf, Stamp>;

/// A web configuration that is looked after.
#[derive(Debug)]
pub(super) struct Watched {
    path: PathBuf,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    /// What the files were when they were last read.
    read: Stamps,
    /// What they were at the last look, where that is something else.
    seen: Option<Stamps>,
}

impl Watched {
    /// Reads the file for the first time.
    pub(super) fn open(path: PathBuf) -> Result<(Self, Settings), LoadError> {
        let (stamps, settings) = read(&path);
        let state = Mutex::new(State { read: stamps, seen: None });
        Ok((Self { path, state }, settings?))
    }

    /// Where it is.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Reads the files again if they have changed and stayed so for a look; one change is read once.
    pub(super) fn look(&self, current: &Settings) -> Option<Result<Settings, LoadError>> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let now: Stamps = state.read.keys().map(|path| (path.clone(), stamp(path))).collect();
        if now == state.read {
            state.seen = None;
            return None;
        }
        if state.seen.as_ref() != Some(&now) {
            state.seen = Some(now);
            return None;
        }
        let (stamps, settings) = read(&self.path);
        *state = State { read: stamps, seen: None };
        Some(settings.and_then(|settings| {
            let switches = settings.tls().is_some() != current.tls().is_some();
            if switches { Err(LoadError::SwitchesTls { path: self.path.clone() }) } else { Ok(settings) }
        }))
    }
}

/// Reads a web configuration, and tells what the files were before they were read, whether they were good or not.
fn read(path: &Path) -> (Stamps, Result<Settings, LoadError>) {
    let sources = Stamping {
        files: SystemSources::in_folder(path.parent().unwrap_or(Path::new(""))),
        stamps: RefCell::default(),
    };
    let settings = settings(path, &sources);
    (sources.stamps.into_inner(), settings)
}

fn settings(path: &Path, sources: &Stamping) -> Result<Settings, LoadError> {
    sources.note(path);
    let bytes =
        SystemSources::in_folder("").read(path).map_err(|source| LoadError::Read { path: path.to_owned(), source })?;
    let text = String::from_utf8(bytes)
        .map_err(|error| LoadError::NotText { path: path.to_owned(), offset: error.utf8_error().valid_up_to() })?;
    Settings::parse(&text, &path.to_string_lossy(), sources).map_err(LoadError::Faults)
}

/// The file system, with a note of every file that was asked for.
struct Stamping {
    files: SystemSources,
    stamps: RefCell<Stamps>,
}

impl Stamping {
    fn note(&self, path: &Path) {
        self.stamps.borrow_mut().insert(path.to_owned(), stamp(path));
    }
}

impl Sources for Stamping {
    /// The format has no place for variables.
    fn env(&self, _name: &str) -> Option<String> {
        None
    }

    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        self.note(&self.files.locate(path));
        self.files.read(path)
    }

    fn hostname(&self) -> Option<String> {
        None
    }
}

fn stamp(path: &Path) -> Stamp {
    let file = std::fs::metadata(path).ok()?;
    let content = (file.mtime(), file.mtime_nsec());
    Some((file.dev(), file.ino(), file.size(), content, (file.ctime(), file.ctime_nsec())))
}
