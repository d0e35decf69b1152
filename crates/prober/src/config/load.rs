//! Finding the configuration: the one that was named, else the first of the usual places, else the built-in one.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

use super::sources::read_bounded;
use super::{BUILT_IN, Faults, MAX_BYTES, SystemSources, parse};
use crate::plan::Plan;

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
    match named {
        Some(path) => from_file(path),
        None => search(&SEARCH.map(Path::new)),
    }
}

fn search(places: &[&Path]) -> Result<(Plan, Origin), LoadError> {
    for place in places {
        match from_file(place) {
            Err(LoadError::Read { source, .. }) if source.kind() == io::ErrorKind::NotFound => {}
            found_or_broken => return found_or_broken,
        }
    }
    let plan = parse(BUILT_IN, "built-in endpoints.yaml", &SystemSources::in_folder("."))?;
    Ok((plan, Origin::BuiltIn))
}

fn from_file(path: &Path) -> Result<(Plan, Origin), LoadError> {
    // `parse` names the limit itself, so one byte more than it takes is let through here.
    let max = u64::try_from(MAX_BYTES).unwrap_or(u64::MAX).saturating_add(1);
    let bytes = read_bounded(path, max).map_err(|source| LoadError::Read { path: path.to_owned(), source })?;
    let text = String::from_utf8(bytes)
        .map_err(|error| LoadError::NotText { path: path.to_owned(), offset: error.utf8_error().valid_up_to() })?;
    let sources = SystemSources::in_folder(path.parent().unwrap_or(Path::new("")));
    let plan = parse(&text, &path.to_string_lossy(), &sources)?;
    Ok((plan, Origin::File(path.to_owned())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_any_file_the_built_in_list_is_used() {
        let (plan, origin) = search(&[Path::new("/nonexistent/endpoints.yaml")]).unwrap();
        assert_eq!(origin, Origin::BuiltIn);
        assert!(!plan.pairs.is_empty());
    }

    #[test]
    fn a_file_that_cannot_be_read_is_not_passed_over() {
        let error = search(&[Path::new("/"), Path::new("/nonexistent/endpoints.yaml")]).unwrap_err();
        assert!(matches!(error, LoadError::Read { .. }), "{error:?}");
    }

    #[test]
    fn a_named_file_must_exist() {
        let error = load(Some(Path::new("/nonexistent/endpoints.yaml"))).unwrap_err();
        assert_eq!(error.to_string(), "cannot read the configuration /nonexistent/endpoints.yaml");
    }
}
