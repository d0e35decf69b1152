//! Replacing a file so that it is the old one or the new one, whatever happens.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use prober::config::MAX_BYTES;

/// How many drafts may have been left behind.
const MAX_LEFTOVERS: u32 = 100;

/// Reads a text of at most the length that configurations have.
pub(super) fn read(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    File::open(path)?.take(MAX_BYTES as u64 + 1).read_to_string(&mut text)?;
    if text.len() > MAX_BYTES {
        return Err(io::Error::other(format!("it is longer than {MAX_BYTES} bytes")));
    }
    Ok(text)
}

/// Writes a file beside it, with its permissions, and puts that in its place. A link goes on leading where it led.
pub(super) fn replace(path: &Path, text: &str) -> io::Result<()> {
    let target = led_to(path)?;
    let (draft, mut file) = draft(&target)?;
    let written = fill(&mut file, text, &target).and_then(|()| fs::rename(&draft, &target));
    if written.is_err() {
        // What went wrong is told; that there was something to clear away is not worth telling too.
        let _ = fs::remove_file(&draft);
    }
    written?;
    // That it has the name lasts once its folder does; not every file system has folders that can be asked for that.
    let _ = File::open(folder(&target)).and_then(|folder| folder.sync_all());
    Ok(())
}

/// Where a path leads, over however many links; there need not be anything yet.
fn led_to(path: &Path) -> io::Result<PathBuf> {
    match fs::canonicalize(path) {
        // The system has found an end to the links, or it would have said so.
        Err(error) if error.kind() == io::ErrorKind::NotFound => match fs::read_link(path) {
            Ok(leads) => led_to(&folder(path).join(leads)),
            Err(_) => Ok(path.to_owned()),
        },
        found => found,
    }
}

fn fill(file: &mut File, text: &str, target: &Path) -> io::Result<()> {
    if let Ok(before) = fs::metadata(target) {
        file.set_permissions(before.permissions())?;
    }
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

/// A new file in the same folder, of a name that nothing has.
fn draft(target: &Path) -> io::Result<(PathBuf, File)> {
    let name = target.file_name().ok_or_else(|| io::Error::other("it is no name of a file"))?.to_string_lossy();
    let mut number = 0;
    loop {
        let path = folder(target).join(format!(".{name}.{}-{number}.new", std::process::id()));
        match OpenOptions::new().write(true).create_new(true).open(&path) {
            // One was killed at it that had the same id, as in containers all have.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && number < MAX_LEFTOVERS => number += 1,
            opened => return Ok((path, opened?)),
        }
    }
}

fn folder(target: &Path) -> &Path {
    target.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use super::*;

    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Self {
            let path = std::env::temp_dir().join(format!("reachwatch-output-{name}-{}", std::process::id()));
            fs::create_dir(&path).unwrap();
            Self(path)
        }

        fn names(&self) -> Vec<String> {
            let entries = fs::read_dir(&self.0).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
            let mut names: Vec<_> = entries.collect();
            names.sort_unstable();
            names
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            fs::remove_dir_all(&self.0).unwrap();
        }
    }

    #[test]
    fn links_and_permissions_stay() {
        let folder = Folder::new("links");
        let (file, link) = (folder.0.join("a.yaml"), folder.0.join("link.yaml"));
        fs::write(&file, "old").unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
        symlink("a.yaml", &link).unwrap();
        // Somebody was killed at it.
        fs::write(folder.0.join(format!(".a.yaml.{}-0.new", std::process::id())), "half").unwrap();
        replace(&link, "new").unwrap();
        assert_eq!(read(&file).unwrap(), "new");
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o640);
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(folder.names().len(), 3, "{:?}", folder.names());
    }

    #[test]
    fn a_link_to_what_is_not_there_yet_leads_there() {
        let folder = Folder::new("dangling");
        fs::create_dir(folder.0.join("real")).unwrap();
        let (link, over) = (folder.0.join("link.yaml"), folder.0.join("over.yaml"));
        symlink("real/a.yaml", &link).unwrap();
        symlink("link.yaml", &over).unwrap();
        replace(&over, "new").unwrap();
        assert_eq!(read(&folder.0.join("real/a.yaml")).unwrap(), "new");
        assert!([link, over].iter().all(|link| fs::symlink_metadata(link).unwrap().is_symlink()));
        symlink("round.yaml", folder.0.join("round.yaml")).unwrap();
        assert!(replace(&folder.0.join("round.yaml"), "new").is_err());
    }

    #[test]
    fn what_fails_leaves_nothing_behind() {
        let folder = Folder::new("fails");
        let taken = folder.0.join("taken");
        fs::create_dir(&taken).unwrap();
        assert!(replace(&taken, "new").is_err());
        assert!(replace(&folder.0.join("none/a.yaml"), "new").is_err());
        assert_eq!(folder.names(), ["taken"]);
        fs::write(folder.0.join("long"), "x".repeat(MAX_BYTES + 1)).unwrap();
        assert!(read(&folder.0.join("long")).is_err());
    }
}
