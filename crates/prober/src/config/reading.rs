//! One reading of one configuration: what it may refer to, and the faults found so far.

use std::cell::{Cell, RefCell};

use super::fault::{Fault, Faults};
use super::sources::Sources;
use super::tree::Place;
use crate::text::Clean;

pub(super) struct Reading<'a> {
    pub(super) sources: &'a dyn Sources,
    /// Whether `${NAME}` stands for a variable of the environment, or for itself.
    pub(super) substitutes: bool,
    file: String,
    faults: RefCell<Vec<Fault>>,
    omitted: Cell<usize>,
}

impl<'a> Reading<'a> {
    pub(super) fn new(file_name: &str, sources: &'a dyn Sources) -> Self {
        Self {
            sources,
            substitutes: true,
            file: Clean::new(file_name).as_str().to_owned(),
            faults: RefCell::default(),
            omitted: Cell::default(),
        }
    }

    /// One of a format that knows no substitution.
    pub(super) fn literal(file_name: &str, sources: &'a dyn Sources) -> Self {
        Self { substitutes: false, ..Self::new(file_name, sources) }
    }

    /// Notes a fault and goes on: all of them are reported at once.
    pub(super) fn fault(&self, place: Place, key: &str, message: String, help: Option<String>) {
        let mut faults = self.faults.borrow_mut();
        if faults.len() == Faults::MAX_LISTED {
            self.omitted.set(self.omitted.get().saturating_add(1));
            return;
        }
        let (file, key) = (self.file.clone(), key.to_owned());
        faults.push(Fault { file, line: place.line, column: place.column, key, message, help });
    }

    /// Help that takes some work to find: not once the list of faults is full.
    pub(super) fn helped(&self, find: impl FnOnce() -> Option<String>) -> Option<String> {
        if self.faults.borrow().len() < Faults::MAX_LISTED { find() } else { None }
    }

    /// What was read, if nothing was wrong with it.
    pub(super) fn finish<T>(self, read: Option<T>) -> Result<T, Faults> {
        let (faults, omitted) = (self.faults.into_inner(), self.omitted.get());
        match read {
            Some(read) if faults.is_empty() => Ok(read),
            _ => Err(Faults::new(faults, omitted)),
        }
    }
}

/// A text from the file as messages show it: cleaned, shortened, in quotes, and without anything that could be the
/// user information of a URL.
pub(super) fn quoted(text: &str) -> String {
    let shown = match text.rsplit_once('@') {
        Some((_, after)) => format!("…@{after}"),
        None => text.to_owned(),
    };
    format!("\"{}\"", Clean::bounded(&shown, 60))
}
