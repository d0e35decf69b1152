//! The key `fingerprints`: files of signs that a site adds to those that the product ships.

use std::path::Path;
use std::sync::Arc;

use super::cursor::Cursor;
use crate::fingerprint::{Fingerprints, OwnRows};
use crate::text::Clean;

/// The most files.
const MAX_FILES: usize = 20;

/// Reads the files that are listed, if any, and puts their rows before the built-in ones.
pub(super) fn read(root: &Cursor<'_>, listed: Option<&Cursor<'_>>) -> Option<Arc<Fingerprints>> {
    let mut own = OwnRows::default();
    let mut complete = true;
    if let Some(listed) = listed {
        let files = listed.items()?;
        if files.len() > MAX_FILES {
            return listed.fault(format!("more than {MAX_FILES} files"));
        }
        for file in &files {
            complete &= add(&mut own, file).is_some();
        }
    }
    if !complete {
        return None;
    }
    Fingerprints::with(own).or_else(|fault| listed.unwrap_or(root).fault(fault.to_string()).ok_or(())).ok()
}

/// Adds the rows of one file, or notes every fault in it.
fn add(own: &mut OwnRows, file: &Cursor<'_>) -> Option<()> {
    let name = file.text()?;
    let bytes = match file.reading.sources.read(Path::new(name)) {
        Ok(bytes) => bytes,
        Err(error) => return file.fault(format!("cannot read {}: {}", file.shown(), Clean::new(&error.to_string()))),
    };
    let Err(faults) = own.add(&bytes) else { return Some(()) };
    for fault in faults {
        file.fault::<()>(format!("{}: {fault}", file.shown()));
    }
    None
}
