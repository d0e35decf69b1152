//! A place in the tree with its key path, and the small readers that all sections are made of.
//!
//! Each reader answers `None` after it has noted what is wrong, so that its caller goes on with the next key.

use std::fmt;
use std::ops::RangeInclusive;
use std::path::Path;

use super::names::suggestion;
use super::reading::{Reading, quoted};
use super::scalar::{Kind, Scalar};
use super::tree::{Entry, Node, Place, Value, join};
use crate::text::Clean;

/// A place in a document, with the value that stands there.
#[derive(Clone)]
pub struct Cursor<'a> {
    pub(super) reading: &'a Reading<'a>,
    node: &'a Node,
    path: String,
}

/// A map whose keys are known.
pub struct Map<'a> {
    cursor: Cursor<'a>,
    entries: &'a [Entry],
}

impl<'a> Cursor<'a> {
    pub(super) fn root(reading: &'a Reading<'a>, node: &'a Node) -> Self {
        Self { reading, node, path: String::new() }
    }

    pub(super) fn place(&self) -> Place {
        self.node.place
    }

    pub(super) fn path(&self) -> &str {
        &self.path
    }

    /// Notes what is wrong here. `None`, so that it can be returned at once.
    pub fn fault<T>(&self, message: impl Into<String>) -> Option<T> {
        self.reading.fault(self.node.place, &self.path, message.into(), None);
        None
    }

    /// Notes what is wrong here and what would be right.
    pub fn fault_with_help<T>(&self, message: impl Into<String>, help: impl Into<String>) -> Option<T> {
        self.reading.fault(self.node.place, &self.path, message.into(), Some(help.into()));
        None
    }

    /// Notes a name here that is not known, and the one that is probably meant.
    pub(super) fn unknown(&self, message: String, help: impl FnOnce() -> Option<String>) {
        self.reading.fault(self.node.place, &self.path, message, self.reading.helped(help));
    }

    /// The value as the file has it, for messages.
    pub fn shown(&self) -> String {
        match &self.node.value {
            Value::Scalar(scalar) => quoted(&scalar.written),
            Value::List(_) => "a list".to_owned(),
            Value::Map(_) => "a map".to_owned(),
            Value::Faulty => "this".to_owned(),
        }
    }

    /// Text; a number without quotes is taken as it stands.
    pub fn text(&self) -> Option<&'a str> {
        self.text_for("text")
    }

    /// Text that stands for something more special, which messages name.
    pub fn text_for(&self, what: &str) -> Option<&'a str> {
        match &self.node.value {
            Value::Scalar(scalar) if matches!(scalar.kind(), Kind::Text | Kind::Integer(_) | Kind::Float(_)) => {
                Some(&scalar.text)
            }
            _ => self.expected(what),
        }
    }

    /// True or false.
    pub fn boolean(&self) -> Option<bool> {
        match self.kind() {
            Some(Kind::Bool(value)) => Some(value),
            _ => self.expected("true or false"),
        }
    }

    /// A whole number within bounds.
    pub fn number(&self, range: RangeInclusive<u32>) -> Option<u32> {
        let Some(Kind::Integer(number)) = self.kind() else { return self.expected("a whole number") };
        match u32::try_from(number) {
            Ok(number) if range.contains(&number) => Some(number),
            _ => self.fault(format!("{} is not between {} and {}", self.shown(), range.start(), range.end())),
        }
    }

    /// One of several words.
    pub fn choice<T: Copy>(&self, choices: &[(&str, T)]) -> Option<T> {
        let text = self.text()?;
        if let Some((_, value)) = choices.iter().find(|(word, _)| *word == text) {
            return Some(*value);
        }
        let words: Vec<&str> = choices.iter().map(|(word, _)| *word).collect();
        self.fault(format!("{} is not one of {}", self.shown(), words.join(", ")))
    }

    /// The content of the file that is named here, relative to the document's own folder.
    pub fn file(&self) -> Option<Vec<u8>> {
        let name = self.text()?;
        match self.reading.sources.read(Path::new(name)) {
            Ok(bytes) => Some(bytes),
            Err(error) => self.fault(format!("cannot read {}: {}", self.shown(), Clean::new(&error.to_string()))),
        }
    }

    /// The items of a list.
    pub fn items(&self) -> Option<Vec<Self>> {
        let Value::List(items) = &self.node.value else { return self.expected("a list") };
        let item = |(index, node)| Self { reading: self.reading, node, path: format!("{}[{index}]", self.path) };
        Some(items.iter().enumerate().map(item).collect())
    }

    /// The entries of a map whose keys are names chosen by the user.
    pub fn named(&self) -> Option<Vec<(&'a str, Self)>> {
        let Value::Map(entries) = &self.node.value else { return self.expected("a map") };
        Some(entries.iter().map(|entry| (&*entry.key, self.child(entry))).collect())
    }

    /// A map of which all keys are known; others are faults.
    pub fn section(&self, keys: &[&str]) -> Option<Map<'a>> {
        let Value::Map(entries) = &self.node.value else { return self.expected("a map") };
        for entry in entries {
            let fault = |message: &str, help| {
                let path = join(&self.path, &entry.key);
                self.reading.fault(entry.key_place, &path, message.to_owned(), help);
            };
            if !keys.contains(&&*entry.key) {
                fault("unknown key", self.reading.helped(|| suggestion(&entry.key, keys)));
            }
        }
        Some(Map { cursor: self.clone(), entries })
    }

    pub(super) fn is_map(&self) -> bool {
        matches!(self.node.value, Value::Map(_))
    }

    pub(super) fn is_list(&self) -> bool {
        matches!(self.node.value, Value::List(_))
    }

    /// Whether the key stands there without a value.
    pub fn is_nothing(&self) -> bool {
        matches!(self.kind(), Some(Kind::Null))
    }

    /// Whether there is nothing here, or an empty text.
    pub fn is_blank(&self) -> bool {
        matches!(&self.node.value, Value::Scalar(scalar) if scalar.text.is_empty()) || self.is_nothing()
    }

    pub(super) fn is_boolean(&self) -> bool {
        matches!(self.kind(), Some(Kind::Bool(_)))
    }

    fn kind(&self) -> Option<Kind> {
        if let Value::Scalar(scalar) = &self.node.value { Some(scalar.kind()) } else { None }
    }

    fn child(&self, entry: &'a Entry) -> Self {
        Self { reading: self.reading, node: &entry.value, path: join(&self.path, &entry.key) }
    }

    /// Notes that something else was expected, unless this has a fault already.
    pub(super) fn expected<T>(&self, what: &str) -> Option<T> {
        let found = match &self.node.value {
            Value::Faulty => return None,
            Value::List(_) => "a list",
            Value::Map(_) => "a map",
            Value::Scalar(scalar) => describe(scalar),
        };
        self.fault(format!("expected {what}, found {found}"))
    }
}

impl fmt::Debug for Cursor<'_> {
    /// Where it is; the value may be a secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cursor").field("path", &self.path).finish_non_exhaustive()
    }
}

impl fmt::Debug for Map<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Map").field(&self.cursor).finish()
    }
}

impl<'a> Map<'a> {
    /// The value of a key, where it is there.
    pub fn get(&self, key: &str) -> Option<Cursor<'a>> {
        self.entries.iter().find(|entry| &*entry.key == key).map(|entry| self.cursor.child(entry))
    }

    /// The value of a key that must be there.
    pub(super) fn require(&self, key: &str) -> Option<Cursor<'a>> {
        self.get(key).or_else(|| self.cursor.fault(format!("the key \"{key}\" is missing")))
    }
}

fn describe(scalar: &Scalar) -> &'static str {
    match scalar.kind() {
        Kind::Null => "nothing",
        Kind::Bool(true) => "true",
        Kind::Bool(false) => "false",
        Kind::Integer(_) => "a number",
        Kind::Float(_) => "a number with a fraction",
        Kind::Text => "text",
    }
}
