//! Reading rows: the built-in ones, and those of a site.

use std::collections::HashSet;

use serde_yaml::Value;
use thiserror::Error;

use super::row::Row;
use crate::text::Clean;

/// The most bytes of one file.
const MAX_BYTES: usize = 256 * 1024;
/// The most rows of one file.
const MAX_ROWS: usize = 500;

/// What is wrong with a file of rows.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{}{message}", self.place())]
pub struct RowFault {
    /// Which row, from 1; `None` where the fault is the file's.
    pub row: Option<usize>,
    /// What the row calls itself, if it does.
    pub name: Option<Clean>,
    /// What is wrong.
    pub message: Clean,
}

impl RowFault {
    fn of_file(message: &str) -> Self {
        Self { row: None, name: None, message: Clean::new(message) }
    }

    pub(super) fn unknown() -> Self {
        Self::of_file("it cannot be read")
    }

    fn place(&self) -> String {
        match (self.row, &self.name) {
            (None, _) => String::new(),
            (Some(row), None) => format!("row {row}: "),
            (Some(row), Some(name)) => format!("row {row} ({name}): "),
        }
    }
}

/// Rows that a site adds to the built-in ones; they are looked at first, in their order.
#[derive(Debug, Clone, Default)]
pub struct OwnRows(Vec<Row>);

impl OwnRows {
    /// Adds the rows of a file: all of them, or none and every fault.
    pub fn add(&mut self, file: &[u8]) -> Result<(), Vec<RowFault>> {
        if file.len() > MAX_BYTES {
            return Err(vec![RowFault::of_file(&format!("the file has more than {MAX_BYTES} bytes"))]);
        }
        let text = std::str::from_utf8(file).map_err(|_| vec![RowFault::of_file("the file is not UTF-8 text")])?;
        self.0.extend(rows(text)?);
        Ok(())
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn into_rows(self) -> Vec<Row> {
        self.0
    }
}

/// Reads a list of rows, each with a name of its own.
pub(super) fn rows(text: &str) -> Result<Vec<Row>, Vec<RowFault>> {
    // Values first, so that a row that is wrong hides no other, and a file that holds something else is not quoted.
    let read: Value = serde_yaml::from_str(text).map_err(|error| vec![RowFault::of_file(&error.to_string())])?;
    let Value::Sequence(listed) = read else { return Err(vec![RowFault::of_file("the file is no list of rows")]) };
    if listed.len() > MAX_ROWS {
        return Err(vec![RowFault::of_file(&format!("the file has more than {MAX_ROWS} rows"))]);
    }
    let (mut rows, mut faults) = (Vec::new(), Vec::new());
    let mut names: HashSet<String> = HashSet::new();
    for (index, value) in listed.into_iter().enumerate() {
        let name = value.get("name").and_then(Value::as_str).map(|name| Clean::bounded(name, 60));
        let fault = |message: &str| RowFault { row: Some(index + 1), name, message: Clean::new(message) };
        if !value.is_mapping() {
            faults.push(fault("a row is a map with the keys name, vendor, class, where, source"));
            continue;
        }
        match serde_yaml::from_value::<Row>(value) {
            Ok(row) if !names.insert(row.name.clone()) => faults.push(fault("an earlier row has the same name")),
            Ok(row) => rows.push(row),
            Err(error) => faults.push(fault(&error.to_string())),
        }
    }
    if faults.is_empty() { Ok(rows) } else { Err(faults) }
}
