//! The text as a tree in which every key and every value knows its place.

mod build;
mod frame;

use std::sync::Arc;

pub(super) use super::scalar::Scalar;
pub(super) use build::build;

/// A place in the text: line and column in characters, both from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) line: usize,
    pub(super) column: usize,
}

impl Place {
    /// The start of the text.
    pub(super) const START: Self = Self { line: 1, column: 1 };
}

/// One value and its place.
#[derive(Debug, Clone)]
pub(super) struct Node {
    pub(super) place: Place,
    pub(super) value: Value,
}

#[derive(Debug, Clone)]
pub(super) enum Value {
    Scalar(Scalar),
    List(Vec<Node>),
    Map(Vec<Entry>),
    /// Something whose fault is noted already, so that nobody complains of it again.
    Faulty,
}

/// One key of a map with its value; keys of one map are unique.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) key: Arc<str>,
    pub(super) key_place: Place,
    pub(super) value: Node,
}

impl Node {
    /// How many nodes this is, itself included. Recursion is as deep as the tree, which is bounded.
    fn count(&self) -> usize {
        match &self.value {
            Value::Scalar(_) | Value::Faulty => 1,
            Value::List(items) => 1 + items.iter().map(Self::count).sum::<usize>(),
            Value::Map(entries) => 1 + entries.iter().map(|entry| entry.value.count()).sum::<usize>(),
        }
    }

    /// How many levels of lists and maps this is.
    fn height(&self) -> usize {
        match &self.value {
            Value::Scalar(_) | Value::Faulty => 0,
            Value::List(items) => 1 + items.iter().map(Self::height).max().unwrap_or(0),
            Value::Map(entries) => 1 + entries.iter().map(|entry| entry.value.height()).max().unwrap_or(0),
        }
    }
}

/// The longest key that stands in paths as it is, in bytes; no longer one means anything.
const MAX_PLAIN: usize = 60;

/// Appends a key to the path of a key: `endpoints[3]` and `url` make `endpoints[3].url`.
pub(super) fn join(path: &str, key: &str) -> String {
    let plain =
        (1..=MAX_PLAIN).contains(&key.len()) && key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
    match (path.is_empty(), plain) {
        (true, true) => key.to_owned(),
        (false, true) => format!("{path}.{key}"),
        (_, false) => format!("{path}[{}]", super::reading::quoted(key)),
    }
}
