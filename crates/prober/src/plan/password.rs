//! A password: known for good, or kept in a file that may change while we run.

use std::fmt;
use std::fs::{self, File, Metadata};
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use thiserror::Error;
use tokio::time::Instant;
use zeroize::Zeroizing;

use super::Secret;

/// How long a file is taken to be unchanged.
const FRESH: Duration = Duration::from_secs(1);

/// A password, as it is now. `Debug` shows none of it.
#[derive(Clone, PartialEq, Eq)]
pub struct Password(Source);

#[derive(Clone)]
enum Source {
    Fixed(Secret),
    File(Arc<Watched>),
}

/// A file with a password, and what was last read of it.
struct Watched {
    path: PathBuf,
    last: Mutex<Last>,
}

struct Last {
    secret: Secret,
    /// The file that the secret was read from; `None` where it has to be read anew.
    stamp: Option<Stamp>,
    looked: Option<Instant>,
    /// Whether somebody was told that the file cannot be used.
    complained: bool,
}

/// What tells one state of a file from another. A file that is replaced has another inode, one that is written to
/// another time or length.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stamp {
    device: u64,
    inode: u64,
    length: u64,
    modified: (i64, i64),
}

/// Why a text is no password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Unusable {
    /// Nothing but line ends.
    #[error("the password there is empty")]
    Empty,
    /// Not text.
    #[error("the password in this file is not UTF-8")]
    NotText,
    /// No scheme can carry these.
    #[error("the password there has control characters, such as a line break")]
    ControlCharacters,
}

impl Password {
    /// The longest file that is read, in bytes.
    pub const MAX_FILE: u64 = 64 * 1024;

    /// One that stays.
    pub fn fixed(secret: Secret) -> Self {
        Self(Source::Fixed(secret))
    }

    /// One that was read from a file, and is read again when that changes.
    pub fn in_file(path: PathBuf, secret: Secret) -> Self {
        let last = Last { secret, stamp: None, looked: None, complained: false };
        Self(Source::File(Arc::new(Watched { path, last: Mutex::new(last) })))
    }

    /// A password from the content of a file: line ends behind it are not part of it.
    pub fn from_file_content(bytes: &[u8]) -> Result<Secret, Unusable> {
        Self::from_text(std::str::from_utf8(bytes).map_err(|_| Unusable::NotText)?.trim_end_matches(['\r', '\n']))
    }

    /// A password from a text.
    pub fn from_text(text: &str) -> Result<Secret, Unusable> {
        if text.is_empty() {
            return Err(Unusable::Empty);
        }
        if text.chars().any(char::is_control) {
            return Err(Unusable::ControlCharacters);
        }
        Ok(Secret::new(text.to_owned()))
    }

    /// The password as it is now. The file is looked at once a second at most; while it is gone, empty, or holds what
    /// can be no password, the last one stands, and the log says so once.
    pub fn current(&self) -> Secret {
        match &self.0 {
            Source::Fixed(secret) => secret.clone(),
            Source::File(file) => file.current(Instant::now()),
        }
    }
}

impl Watched {
    fn current(&self, now: Instant) -> Secret {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if last.looked.is_some_and(|looked| now.saturating_duration_since(looked) < FRESH) {
            return last.secret.clone();
        }
        last.looked = Some(now);
        match self.read_if_changed(last.stamp) {
            Ok(None) => {}
            Ok(Some((secret, stamp))) => {
                *last = Last { secret, stamp: Some(stamp), looked: Some(now), complained: false };
            }
            Err(error) => {
                last.stamp = None;
                if !last.complained {
                    last.complained = true;
                    tracing::warn!(path = %self.path.display(), %error, "password file unusable, the last password stands");
                }
            }
        }
        last.secret.clone()
    }

    fn read_if_changed(&self, known: Option<Stamp>) -> io::Result<Option<(Secret, Stamp)>> {
        let before = Stamp::of(&fs::metadata(&self.path)?)?;
        if known == Some(before) {
            return Ok(None);
        }
        let mut content = Zeroizing::new(Vec::with_capacity(1024));
        let mut file = File::open(&self.path)?;
        (&mut file).take(Password::MAX_FILE + 1).read_to_end(&mut content)?;
        let secret = Password::from_file_content(&content).map_err(io::Error::other)?;
        if Stamp::of(&file.metadata()?)? != before {
            return Err(io::Error::other("it changed while it was read"));
        }
        Ok(Some((secret, before)))
    }
}

impl Stamp {
    fn of(metadata: &Metadata) -> io::Result<Self> {
        // A pipe could keep us waiting.
        if !metadata.is_file() {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file"));
        }
        if metadata.len() > Password::MAX_FILE {
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, "over the limit of 64 KiB"));
        }
        Ok(Self {
            device: metadata.dev(),
            inode: metadata.ino(),
            length: metadata.len(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
        })
    }
}

impl PartialEq for Source {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Fixed(one), Self::Fixed(other)) => one == other,
            (Self::File(one), Self::File(other)) => one.path == other.path,
            _ => false,
        }
    }
}

impl Eq for Source {}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password")
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    /// A file that goes away with its owner.
    struct Kept(PathBuf);

    impl Kept {
        fn new(name: &str, content: &str) -> Self {
            let path = std::env::temp_dir().join(format!("reachwatch-password-{}-{name}", std::process::id()));
            fs::write(&path, content).unwrap();
            Self(path)
        }

        fn password(&self) -> Password {
            Password::in_file(self.0.clone(), Secret::new("first".to_owned()))
        }
    }

    impl Drop for Kept {
        fn drop(&mut self) {
            let _gone = fs::remove_file(&self.0);
        }
    }

    fn replace(path: &Path, content: &[u8]) {
        let new = path.with_extension("new");
        fs::write(&new, content).unwrap();
        fs::rename(&new, path).unwrap();
    }

    async fn later() {
        tokio::time::advance(FRESH).await;
    }

    #[tokio::test(start_paused = true)]
    async fn a_changed_file_is_read_again_at_most_once_a_second() {
        let file = Kept::new("changes", "first\n");
        let password = file.password();
        assert_eq!(password.current().expose(), "first");
        replace(&file.0, b"second\r\n");
        assert_eq!(password.current().expose(), "first", "not yet");
        later().await;
        assert_eq!(password.current().expose(), "second");
        // In place, with as many octets.
        fs::write(&file.0, "third!\n").unwrap();
        later().await;
        assert_eq!(password.current().expose(), "third!");
    }

    #[tokio::test(start_paused = true)]
    async fn the_last_password_stands_while_the_file_has_none() {
        let file = Kept::new("stands", "first");
        let password = file.password();
        let huge = vec![b'x'; 70_000];
        for (number, bad) in [&b""[..], b"\n", b"half\nwritten", b"\xff\xfe", &huge].iter().enumerate() {
            let good = format!("good {number}");
            replace(&file.0, good.as_bytes());
            later().await;
            assert_eq!(password.current().expose(), good);
            replace(&file.0, bad);
            later().await;
            assert_eq!(password.current().expose(), good);
            fs::remove_file(&file.0).unwrap();
            later().await;
            assert_eq!(password.current().expose(), good);
            // The same content in a new file is no reason not to look.
            replace(&file.0, bad);
            later().await;
            assert_eq!(password.current().expose(), good);
        }
    }

    #[test]
    fn what_can_be_no_password() {
        for (bytes, unusable) in [
            (&b""[..], Unusable::Empty),
            (b"\r\n", Unusable::Empty),
            (b"a\nb", Unusable::ControlCharacters),
            (b"\xff", Unusable::NotText),
        ] {
            assert_eq!(Password::from_file_content(bytes), Err(unusable));
        }
        assert_eq!(Password::from_file_content(" ü \n".as_bytes()).unwrap().expose(), " ü ");
    }
}
