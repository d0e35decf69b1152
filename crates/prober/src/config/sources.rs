//! Everything that a configuration may refer to outside its text.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// What a configuration may refer to; tests bring their own.
pub trait Sources {
    /// An environment variable; `None` where it is unset or not UTF-8.
    fn env(&self, name: &str) -> Option<String>;

    /// A file, relative ones from the configuration's own folder; an error where it is over a sensible size.
    fn read(&self, path: &Path) -> io::Result<Vec<u8>>;

    /// A file with a password, which is looked at again wherever the password is used.
    fn read_secret(&self, path: &Path) -> io::Result<Vec<u8>> {
        self.read(path)
    }

    /// Where such a file is, for who reads it again later.
    fn locate(&self, path: &Path) -> PathBuf {
        path.to_owned()
    }

    /// The host's name.
    fn hostname(&self) -> Option<String>;
}

/// The real environment and file system.
#[derive(Debug, Clone)]
pub struct SystemSources {
    folder: PathBuf,
}

impl SystemSources {
    /// The largest file that is read, in bytes.
    const MAX_FILE: u64 = 1024 * 1024;

    /// Sources whose relative paths start at a folder.
    pub fn in_folder(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into() }
    }
}

impl Sources for SystemSources {
    fn env(&self, name: &str) -> Option<String> {
        std::env::var(name).ok()
    }

    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        read_bounded(&self.locate(path), Self::MAX_FILE)
    }

    fn locate(&self, path: &Path) -> PathBuf {
        self.folder.join(path)
    }

    /// The kernel's word where it gives one, else what shells and Windows put into the environment.
    fn hostname(&self) -> Option<String> {
        read_bounded(Path::new("/proc/sys/kernel/hostname"), 1024)
            .ok()
            .and_then(|bytes| String::from_utf8(bytes).ok())
            .or_else(|| self.env("HOSTNAME"))
            .or_else(|| self.env("COMPUTERNAME"))
            .map(|name| name.trim().to_owned())
            .filter(|name| !name.is_empty())
    }
}

/// Reads a regular file up to a size; a pipe or a device could block or never end.
pub(crate) fn read_bounded(path: &Path, max: u64) -> io::Result<Vec<u8>> {
    if !std::fs::metadata(path)?.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file"));
    }
    let mut bytes = Vec::new();
    File::open(path)?.take(max.saturating_add(1)).read_to_end(&mut bytes)?;
    if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > max {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, format!("over the limit of {max} bytes")));
    }
    Ok(bytes)
}

/// No file, no environment, no name.
#[cfg(test)]
#[derive(Debug)]
pub(crate) struct Nothing;

#[cfg(test)]
impl Sources for Nothing {
    fn env(&self, _: &str) -> Option<String> {
        None
    }

    fn read(&self, _: &Path) -> io::Result<Vec<u8>> {
        Err(io::ErrorKind::NotFound.into())
    }

    fn hostname(&self) -> Option<String> {
        None
    }
}
