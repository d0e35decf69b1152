//! The directory in which the last good list outlives a restart.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use prober::microsoft365::{Instance, MAX_BYTES};
use prober::text::with_sources;
use serde::{Deserialize, Serialize};
use thiserror::Error;
use time::OffsetDateTime;
use url::Url;

use super::client::ClientId;
use super::kept::{Kept, KeptError};

/// Below the data directory.
const FOLDER: &str = "microsoft365";
/// The file with the site's id.
const CLIENT: &str = "client-id";
/// The file that says until when which service is left alone.
const LEFT_ALONE: &str = "left-alone.json";
/// The longest file: both documents, and what is beside them.
const MAX_FILE: u64 = 3 * MAX_BYTES as u64;

/// Where lists are kept; nowhere without a data directory.
#[derive(Debug, Clone)]
pub struct Store(Option<PathBuf>);

/// A file cannot be used.
#[derive(Debug, Error)]
pub enum StoreError {
    /// The system says why.
    #[error("cannot {operation} {}", path.display())]
    Io {
        /// What was being done.
        operation: &'static str,
        /// With what.
        path: PathBuf,
        /// Why that failed.
        #[source]
        source: io::Error,
    },
    /// Its content is not whole.
    #[error("cannot use {}", path.display())]
    Content {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        #[source]
        source: KeptError,
    },
    /// What is to be written cannot be.
    #[error("cannot write it down")]
    Unwritable(#[source] serde_json::Error),
}

/// A service that asked for fewer requests, and until when it gets none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LeftAlone {
    pub(super) source: Url,
    #[serde(with = "time::serde::rfc3339")]
    pub(super) until: OffsetDateTime,
}

/// A list that was kept.
#[derive(Debug)]
pub(super) struct Stored {
    pub(super) kept: Kept,
    /// When the service said for the last time that it is the newest.
    pub(super) confirmed_at: OffsetDateTime,
}

impl Store {
    /// One below a data directory.
    pub fn below(directory: Option<&Path>) -> Self {
        Self(directory.map(|directory| directory.join(FOLDER)))
    }

    /// The site's id, begun where there is none. Without a place for it, it is that of this process.
    ///
    /// # Errors
    /// Where the system gives no random octets.
    pub fn client_id(&self) -> io::Result<ClientId> {
        let Some(folder) = &self.0 else { return ClientId::random() };
        let file = folder.join(CLIENT);
        let read = read(&file, 1024).ok().and_then(|bytes| ClientId::read(&String::from_utf8_lossy(&bytes)));
        if let Some(known) = read {
            return Ok(known);
        }
        let new = ClientId::random()?;
        if let Err(error) = self.replace(&file, format!("{new}\n").as_bytes()) {
            tracing::warn!(error = %with_sources(&error), "the id by which Microsoft's service knows this site is that of this process alone");
        }
        Ok(new)
    }

    /// The list of an instance, where one is kept. A file that cannot be read is set aside, so that it can be looked at.
    ///
    /// # Errors
    /// Where there is one that is of no use.
    pub(super) fn load(&self, instance: Instance) -> Result<Option<Stored>, StoreError> {
        let stored = self.stored(instance);
        if let Err(StoreError::Content { path, source }) = stored {
            // One is enough to find out what happened.
            let aside = path.with_extension("json.unreadable");
            if let Err(source) = fs::rename(&path, &aside) {
                return Err(StoreError::Io { operation: "set aside", path, source });
            }
            return Err(StoreError::Content { path: aside, source });
        }
        stored
    }

    /// The list of an instance, for somebody who only looks: whatever is there stays as it is.
    ///
    /// # Errors
    /// Where there is one that is of no use.
    pub fn peek(&self, instance: Instance) -> Result<Option<Kept>, StoreError> {
        Ok(self.stored(instance)?.map(|stored| stored.kept))
    }

    fn stored(&self, instance: Instance) -> Result<Option<Stored>, StoreError> {
        let Some(path) = self.file(instance) else { return Ok(None) };
        let bytes = match read(&path, MAX_FILE) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(StoreError::Io { operation: "read", path, source }),
        };
        let modified = fs::metadata(&path).and_then(|metadata| metadata.modified());
        let kept = match Kept::read(instance, &bytes) {
            Ok(kept) => kept,
            Err(source) => return Err(StoreError::Content { path, source }),
        };
        let confirmed_at = modified.map_or(kept.fetched_at, OffsetDateTime::from);
        Ok(Some(Stored { kept, confirmed_at }))
    }

    /// Keeps a list in the place of the one before, in one step.
    pub(super) fn save(&self, kept: &Kept) -> Result<(), StoreError> {
        let Some(path) = self.file(kept.list.instance) else { return Ok(()) };
        let bytes = kept.write().map_err(StoreError::Unwritable)?;
        self.replace(&path, &bytes)
    }

    /// Notes when the service said that the list is the newest. The file's own time tells, so that nothing has to be written
    /// every hour.
    pub(super) fn confirm(&self, instance: Instance, at: OffsetDateTime) -> Result<(), StoreError> {
        let Some(path) = self.file(instance) else { return Ok(()) };
        let noted = OpenOptions::new().write(true).open(&path).and_then(|file| file.set_modified(at.into()));
        noted.map_err(|source| StoreError::Io { operation: "note the time of", path, source })
    }

    /// Who asked to be left alone, where somebody did. What cannot be read is as if nobody had: whoever is asked too often says
    /// so again.
    pub(super) fn left_alone(&self) -> Option<LeftAlone> {
        let bytes = read(&self.0.as_ref()?.join(LEFT_ALONE), 4096).ok()?;
        serde_json::from_slice(&bytes).ok()
    }

    /// Notes that a service is left alone, also by whatever runs here after a restart.
    pub(super) fn leave_alone(&self, whom: &LeftAlone) -> Result<(), StoreError> {
        let Some(folder) = &self.0 else { return Ok(()) };
        let bytes = serde_json::to_vec(whom).map_err(StoreError::Unwritable)?;
        self.replace(&folder.join(LEFT_ALONE), &bytes)
    }

    fn file(&self, instance: Instance) -> Option<PathBuf> {
        self.0.as_ref().map(|folder| folder.join(format!("{}.json", instance.key())))
    }

    /// Writes a file beside the one that it is to be, and puts it in its place: whoever reads has one of the two, whole.
    fn replace(&self, path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
        let Some(folder) = &self.0 else { return Ok(()) };
        let failed = |operation| {
            let path = path.to_owned();
            move |source| StoreError::Io { operation, path, source }
        };
        DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(failed("make the folder of"))?;
        let beside = path.with_extension("new");
        let written = || {
            let mut options = OpenOptions::new();
            let mut file = options.write(true).create(true).truncate(true).mode(0o600).open(&beside)?;
            file.write_all(bytes)?;
            file.sync_all()
        };
        written().map_err(failed("write"))?;
        fs::rename(&beside, path).map_err(failed("replace"))?;
        File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed("keep"))
    }
}

/// Reads a file of at most so many bytes.
fn read(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let file = File::open(path)?;
    if !file.metadata()?.is_file() {
        return Err(io::Error::other("it is no file"));
    }
    file.take(most + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > most { Err(io::ErrorKind::FileTooLarge.into()) } else { Ok(bytes) }
}

#[cfg(test)]
mod tests;
