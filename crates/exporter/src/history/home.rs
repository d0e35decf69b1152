//! The directory of a history: its file, whose it is, and what becomes of a file that cannot be read.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use thiserror::Error;
use time::OffsetDateTime;
use time::macros::format_description;

use super::store::{Store, StoreError};

/// The file's name.
const FILE: &str = "history.sqlite3";
/// Held by the process that writes; SQLite's own locks would let two of them take turns.
const LOCK: &str = "history.lock";
/// What SQLite keeps beside a file.
const COMPANIONS: [&str; 2] = ["-wal", "-shm"];

/// Why a directory cannot have a history.
#[derive(Debug, Error)]
pub(super) enum HomeError {
    /// The system says why.
    #[error("cannot {operation} {}", path.display())]
    Io {
        operation: &'static str,
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    /// Somebody else has it.
    #[error("another process keeps its history in {}", directory.display())]
    Taken { directory: PathBuf },
    /// SQLite says why.
    #[error("cannot open {}", path.display())]
    Store {
        path: PathBuf,
        #[source]
        source: StoreError,
    },
    /// Files break again and again; that is no longer theirs.
    #[error("{count} files that could not be read lie in {} already", directory.display())]
    TooManySetAside { count: usize, directory: PathBuf },
}

/// A directory that is to have the history.
#[derive(Debug)]
pub(super) struct Home {
    directory: PathBuf,
}

/// An open file.
#[derive(Debug)]
pub(super) struct Opened {
    /// For the one who writes.
    pub(super) store: Store,
    /// For those who read, until they have it.
    pub(super) reader: Option<Store>,
    /// Where a file went in whose place this one is.
    pub(super) set_aside: Option<PathBuf>,
    /// How many such files lie there.
    pub(super) set_aside_files: u64,
    /// Which file it is.
    identity: (u64, u64),
    /// Goes with the process, however that ends.
    _lock: File,
}

impl Home {
    /// How many files are set aside before it is given up.
    const MOST_SET_ASIDE: usize = 5;

    pub(super) fn new(directory: PathBuf) -> Self {
        Self { directory }
    }

    /// Where the file is.
    pub(super) fn file(&self) -> PathBuf {
        self.directory.join(FILE)
    }

    /// Opens the file, begun where there is none. One that cannot be read, or is known to be damaged, is set aside;
    /// the damage is past then.
    pub(super) fn open(&self, is_damaged: &mut bool, now: OffsetDateTime) -> Result<Opened, HomeError> {
        let directory = &self.directory;
        let built = DirBuilder::new().recursive(true).mode(0o700).create(directory);
        built.map_err(|source| HomeError::Io { operation: "make the directory", path: directory.clone(), source })?;
        let lock = self.lock()?;
        let file = self.file();
        let failed = |source| HomeError::Store { path: file.clone(), source };
        let mut set_aside = if *is_damaged { Some(self.set_aside(now)?) } else { None };
        *is_damaged = false;
        let store = match Store::open(&file, now) {
            Err(error) if error.is_damage() => {
                set_aside = Some(self.set_aside(now)?);
                Store::open(&file, now)
            }
            other => other,
        };
        let store = store.map_err(failed)?;
        let reader = Some(Store::open_to_read(&file).map_err(failed)?);
        let identity = identity(&file).map_err(|source| HomeError::Io { operation: "look at", path: file, source })?;
        let set_aside_files = self.already_aside().unwrap_or_default() as u64;
        Ok(Opened { store, reader, set_aside, set_aside_files, identity, _lock: lock })
    }

    fn lock(&self) -> Result<File, HomeError> {
        let path = self.directory.join(LOCK);
        let failed = |source| HomeError::Io { operation: "lock", path: path.clone(), source };
        let mut options = OpenOptions::new();
        let file = options.read(true).write(true).create(true).truncate(false).mode(0o600).open(&path);
        let file = file.map_err(failed)?;
        match file.try_lock() {
            Ok(()) => Ok(file),
            Err(TryLockError::WouldBlock) => Err(HomeError::Taken { directory: self.directory.clone() }),
            Err(TryLockError::Error(source)) => Err(failed(source)),
        }
    }

    /// Whether the file that was opened is still the one that is there.
    pub(super) fn is_still(&self, opened: &Opened) -> bool {
        identity(&self.file()).is_ok_and(|identity| identity == opened.identity)
    }

    /// How many bytes of the disk it takes.
    pub(super) fn bytes(&self) -> u64 {
        let file = self.file();
        let all = [file.clone(), with_suffix(&file, "-wal"), with_suffix(&file, "-shm")];
        all.iter().filter_map(|file| fs::metadata(file).ok()).map(|file| file.len()).sum()
    }

    /// Renames a file that nobody has open any more, with what belongs to it, so that it can be looked at later.
    fn set_aside(&self, now: OffsetDateTime) -> Result<PathBuf, HomeError> {
        let failed = |source| HomeError::Io { operation: "set aside", path: self.file(), source };
        let count = self.already_aside().map_err(failed)?;
        if count >= Self::MOST_SET_ASIDE {
            return Err(HomeError::TooManySetAside { count, directory: self.directory.clone() });
        }
        let stamp = now.format(format_description!("[year][month][day]T[hour][minute][second]Z"));
        let stamp = stamp.unwrap_or_else(|_| now.unix_timestamp().to_string());
        let file = self.file();
        let aside = with_suffix(&file, &format!(".unreadable-{stamp}-{}", count + 1));
        for companion in COMPANIONS {
            match fs::rename(with_suffix(&file, companion), with_suffix(&aside, companion)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed(error)),
                _ => {}
            }
        }
        fs::rename(&file, &aside).map_err(failed)?;
        tracing::warn!(file = %aside.display(), files = count + 1, "a history that cannot be read is set aside");
        Ok(aside)
    }

    fn already_aside(&self) -> io::Result<usize> {
        let prefix = format!("{FILE}.unreadable-");
        let mut count = 0;
        for entry in fs::read_dir(&self.directory)? {
            let name = entry?.file_name();
            let name = name.to_string_lossy();
            let is_companion = COMPANIONS.iter().any(|companion| name.ends_with(companion));
            count += usize::from(name.starts_with(&prefix) && !is_companion);
        }
        Ok(count)
    }
}

fn with_suffix(file: &Path, suffix: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

fn identity(file: &Path) -> io::Result<(u64, u64)> {
    fs::metadata(file).map(|file| (file.dev(), file.ino()))
}
