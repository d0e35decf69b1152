//! Replacing a file so that it is the old one or the new one, whatever happens.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use prober::config::MAX_BYTES;

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
    let target = match fs::canonicalize(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => path.to_owned(),
        found => found?,
    };
    let (draft, mut file) = draft(&target)?;
    let written = fill(&mut file, text, &target).and_then(|()| fs::rename(&draft, &target));
    if written.is_err() {
        // What went wrong is told; that there was something to clear away is not worth telling too.
        let _ = fs::remove_file(&draft);
    }
    written?;
    // That it has the name lasts once its folder does.
    File::open(folder(&target)).and_then(|folder| folder.sync_all())
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
    let path = folder(target).join(format!(".{name}.{}.new", std::process::id()));
    let file = OpenOptions::new().write(true).create_new(true).open(&path)?;
    Ok((path, file))
}

fn folder(target: &Path) -> &Path {
    target.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}
