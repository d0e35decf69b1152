//! Finding the configuration: the one that was named, else the first of the usual places, else the built-in one.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use thiserror::Error;
use url::Url;

use super::files::{Files, Noting};
use super::sources::read_bounded;
use super::{BUILT_IN, Faults, MAX_BYTES, SystemSources, parse, parse_endpoint, parse_path};
use crate::plan::{self, Endpoint, Plan};

/// Where a configuration is looked for when none is named, in this order.
const SEARCH: [&str; 2] = ["endpoints.yaml", "/etc/reachwatch/endpoints.yaml"];

/// Where a plan came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// A file.
    File(PathBuf),
    /// The allowlist compiled in.
    BuiltIn,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => path.display().fmt(f),
            Self::BuiltIn => f.write_str("the built-in endpoints.yaml"),
        }
    }
}

/// Why there is no plan.
#[derive(Debug, Error)]
pub enum LoadError {
    /// The file cannot be read.
    #[error("cannot read the configuration {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file is not UTF-8.
    #[error("the configuration {} is not UTF-8 text: byte {offset} begins no character", path.display())]
    NotText {
        /// The file.
        path: PathBuf,
        /// The first byte that is wrong, from 0.
        offset: usize,
    },
    /// The file is read, and wrong.
    #[error(transparent)]
    Faults(#[from] Faults),
}

/// Reads the named configuration, or the first of `./endpoints.yaml`, `/etc/reachwatch/endpoints.yaml` and the
/// built-in one that exists. One that exists and cannot be read is an error, never passed over.
pub fn load(named: Option<&Path>) -> Result<(Plan, Origin), LoadError> {
    load_noting(named).0
}

/// The same, and every file that was looked for, as it was: those that the configuration names among them, also where there is
/// no plan.
pub fn load_noting(named: Option<&Path>) -> (Result<(Plan, Origin), LoadError>, Files) {
    let mut files = Files::default();
    let found = match find(named, &mut files) {
        Ok(found) => found,
        Err(error) => return (Err(error), files),
    };
    let sources = Noting::new(found.sources, files);
    let plan = parse(&found.text, &found.name, &sources);
    (plan.map(|plan| (plan, found.origin)).map_err(LoadError::from), sources.into_files())
}

/// Reads one path of the configuration that [`load`] would read, whether an endpoint uses it or not.
pub fn load_path(named: Option<&Path>, path: &str) -> Result<Arc<plan::Path>, LoadError> {
    let found = find(named, &mut Files::default())?;
    Ok(parse_path(&found.text, &found.name, &found.sources, path)?)
}

/// An endpoint for a URL, with what the configuration that [`load`] would read has by default.
pub fn load_endpoint(named: Option<&Path>, url: &Url) -> Result<Endpoint, LoadError> {
    let found = find(named, &mut Files::default())?;
    Ok(parse_endpoint(&found.text, &found.name, &found.sources, url)?)
}

/// A configuration that is found and not yet read.
struct Found {
    text: String,
    name: String,
    sources: SystemSources,
    origin: Origin,
}

fn find(named: Option<&Path>, files: &mut Files) -> Result<Found, LoadError> {
    match named {
        Some(path) => file(path, files),
        None => search(&SEARCH.map(Path::new), files),
    }
}

fn search(places: &[&Path], files: &mut Files) -> Result<Found, LoadError> {
    for place in places {
        match file(place, files) {
            Err(LoadError::Read { source, .. }) if source.kind() == io::ErrorKind::NotFound => {}
            found_or_broken => return found_or_broken,
        }
    }
    Ok(Found {
        text: BUILT_IN.to_owned(),
        name: "built-in endpoints.yaml".to_owned(),
        sources: SystemSources::in_folder("."),
        origin: Origin::BuiltIn,
    })
}

fn file(path: &Path, files: &mut Files) -> Result<Found, LoadError> {
    // `parse` names the limit itself, so one byte more than it takes is let through here.
    let max = u64::try_from(MAX_BYTES).unwrap_or(u64::MAX).saturating_add(1);
    let read = read_bounded(path, max);
    files.note(path, &read);
    let bytes = read.map_err(|source| LoadError::Read { path: path.to_owned(), source })?;
    let text = String::from_utf8(bytes)
        .map_err(|error| LoadError::NotText { path: path.to_owned(), offset: error.utf8_error().valid_up_to() })?;
    Ok(Found {
        text,
        name: path.to_string_lossy().into_owned(),
        sources: SystemSources::in_folder(path.parent().unwrap_or(Path::new(""))),
        origin: Origin::File(path.to_owned()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_any_file_the_built_in_list_is_used() {
        let found = search(&[Path::new("/nonexistent/endpoints.yaml")], &mut Files::default()).unwrap();
        assert_eq!((found.origin, found.text.as_str()), (Origin::BuiltIn, BUILT_IN));
    }

    #[test]
    fn a_file_that_cannot_be_read_is_not_passed_over() {
        let places = [Path::new("/"), Path::new("/nonexistent/endpoints.yaml")];
        let error = search(&places, &mut Files::default()).err().unwrap();
        assert!(matches!(error, LoadError::Read { .. }), "{error:?}");
    }

    #[test]
    fn a_named_file_must_exist() {
        let error = load(Some(Path::new("/nonexistent/endpoints.yaml"))).unwrap_err();
        assert_eq!(error.to_string(), "cannot read the configuration /nonexistent/endpoints.yaml");
    }
    #[test]
    fn files_are_known_by_their_content() {
        let folder = std::env::temp_dir().join(format!("reachwatch-files-{}", std::process::id()));
        std::fs::create_dir_all(folder.join("first")).unwrap();
        std::fs::create_dir_all(folder.join("second")).unwrap();
        let write = |name: &str, text: &str| std::fs::write(folder.join(name), text).unwrap();
        let config = folder.join("..data/endpoints.yaml");
        let with = |list| format!("endpoints: [a.example]\nfingerprints: [{list}]\n");
        std::os::unix::fs::symlink("first", folder.join("..data")).unwrap();
        write("first/endpoints.yaml", &with("own.yaml"));
        let (missing, files) = load_noting(Some(&config));
        assert!(missing.is_err());
        assert_eq!(files.look(), files);

        // A file that is named and was not there.
        write("first/own.yaml", "[]");
        let looked = files.look();
        let changed: Vec<_> = looked.changed(&files).collect();
        assert_eq!(changed, [folder.join("..data/own.yaml")]);
        let (_, files) = load_noting(Some(&config));

        // In place and as long as before; then another folder behind the link, as a ConfigMap changes.
        write("first/own.yaml", "{}");
        assert_ne!(files.look(), files);
        write("first/own.yaml", "[]");
        assert_eq!(files.look(), files);
        write("second/endpoints.yaml", &with(""));
        std::os::unix::fs::symlink("second", folder.join("new")).unwrap();
        std::fs::rename(folder.join("new"), folder.join("..data")).unwrap();
        assert_eq!(files.look().changed(&files).count(), 2);
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
