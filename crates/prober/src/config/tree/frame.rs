//! A list or map under construction.

use std::collections::HashMap;
use std::sync::Arc;

use super::{Entry, Node, Place, Value, join};

pub(super) struct Frame {
    pub(super) anchor: usize,
    place: Place,
    body: Body,
}

enum Body {
    List(Vec<Node>),
    Map { entries: Vec<Entry>, seen: HashMap<Arc<str>, usize>, pending: Pending },
}

/// What a map expects next.
enum Pending {
    Key,
    Value(Arc<str>, Place),
    /// The value of a key that is not wanted.
    Unwanted,
}

impl Frame {
    pub(super) fn list(place: Place, anchor: usize) -> Self {
        Self { anchor, place, body: Body::List(Vec::new()) }
    }

    pub(super) fn map(place: Place, anchor: usize) -> Self {
        let body = Body::Map { entries: Vec::new(), seen: HashMap::new(), pending: Pending::Key };
        Self { anchor, place, body }
    }

    pub(super) fn expects_key(&self) -> bool {
        matches!(self.body, Body::Map { pending: Pending::Key, .. })
    }

    /// Takes a key; one that the map has already is refused with the line of the first, and its value not wanted.
    pub(super) fn key(&mut self, key: Arc<str>, place: Place) -> Result<(), usize> {
        let Body::Map { seen, pending, .. } = &mut self.body else { return Ok(()) };
        if let Some(line) = seen.get(&key) {
            *pending = Pending::Unwanted;
            return Err(*line);
        }
        seen.insert(Arc::clone(&key), place.line);
        *pending = Pending::Value(key, place);
        Ok(())
    }

    /// Passes over the value that comes next.
    pub(super) fn skip_value(&mut self) {
        if let Body::Map { pending, .. } = &mut self.body {
            *pending = Pending::Unwanted;
        }
    }

    pub(super) fn value(&mut self, node: Node) {
        match &mut self.body {
            Body::List(items) => items.push(node),
            Body::Map { entries, pending, .. } => {
                if let Pending::Value(key, key_place) = std::mem::replace(pending, Pending::Key) {
                    entries.push(Entry { key, key_place, value: node });
                }
            }
        }
    }

    pub(super) fn finish(self) -> Node {
        let value = match self.body {
            Body::List(items) => Value::List(items),
            Body::Map { entries, .. } => Value::Map(entries),
        };
        Node { place: self.place, value }
    }

    /// The key path of what comes next in here, below the path of this frame itself.
    pub(super) fn next_path(&self, path: &str) -> String {
        match &self.body {
            Body::List(items) => format!("{path}[{}]", items.len()),
            Body::Map { pending: Pending::Value(key, _), .. } => join(path, key),
            Body::Map { .. } => path.to_owned(),
        }
    }
}
