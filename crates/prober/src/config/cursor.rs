//! A place in the tree with its key path, and the small readers that all sections are made of.
//!
//! Each reader answers `None` after it has noted what is wrong, so that its caller goes on with the next key.

use std::ops::RangeInclusive;

use super::later;
use super::names::suggestion;
use super::reading::{Reading, quoted};
use super::scalar::{Kind, Scalar};
use super::tree::{Entry, Node, Place, Value, join};

#[derive(Clone)]
pub(super) struct Cursor<'a> {
    pub(super) reading: &'a Reading<'a>,
    node: &'a Node,
    path: String,
}

/// A map whose keys are known.
pub(super) struct Map<'a> {
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
    pub(super) fn fault<T>(&self, message: impl Into<String>) -> Option<T> {
        self.reading.fault(self.node.place, &self.path, message.into(), None);
        None
    }

    /// Notes what is wrong here and what would be right.
    pub(super) fn fault_with_help<T>(&self, message: impl Into<String>, help: impl Into<String>) -> Option<T> {
        self.reading.fault(self.node.place, &self.path, message.into(), Some(help.into()));
        None
    }

    /// Notes a name here that is not known, and the one that is probably meant.
    pub(super) fn unknown(&self, message: String, help: impl FnOnce() -> Option<String>) {
        self.reading.fault(self.node.place, &self.path, message, self.reading.helped(help));
    }

    /// The value as the file has it, for messages.
    pub(super) fn shown(&self) -> String {
        match &self.node.value {
            Value::Scalar(scalar) => quoted(&scalar.written),
            Value::List(_) => "a list".to_owned(),
            Value::Map(_) => "a map".to_owned(),
            Value::Faulty => "this".to_owned(),
        }
    }

    /// Text; a number without quotes is taken as it stands.
    pub(super) fn text(&self) -> Option<&'a str> {
        self.text_for("text")
    }

    /// Text that stands for something more special, which messages name.
    pub(super) fn text_for(&self, what: &str) -> Option<&'a str> {
        match &self.node.value {
            Value::Scalar(scalar) if matches!(scalar.kind(), Kind::Text | Kind::Integer(_) | Kind::Float(_)) => {
                Some(&scalar.text)
            }
            _ => self.expected(what),
        }
    }

    pub(super) fn boolean(&self) -> Option<bool> {
        match self.kind() {
            Some(Kind::Bool(value)) => Some(value),
            _ => self.expected("true or false"),
        }
    }

    /// A whole number within bounds.
    pub(super) fn number(&self, range: RangeInclusive<u32>) -> Option<u32> {
        let Some(Kind::Integer(number)) = self.kind() else { return self.expected("a whole number") };
        match u32::try_from(number) {
            Ok(number) if range.contains(&number) => Some(number),
            _ => self.fault(format!("{} is not between {} and {}", self.shown(), range.start(), range.end())),
        }
    }

    /// One of several words.
    pub(super) fn choice<T: Copy>(&self, choices: &[(&str, T)]) -> Option<T> {
        let text = self.text()?;
        if let Some((_, value)) = choices.iter().find(|(word, _)| *word == text) {
            return Some(*value);
        }
        let words: Vec<&str> = choices.iter().map(|(word, _)| *word).collect();
        self.fault(format!("{} is not one of {}", self.shown(), words.join(", ")))
    }

    /// The items of a list.
    pub(super) fn items(&self) -> Option<Vec<Self>> {
        let Value::List(items) = &self.node.value else { return self.expected("a list") };
        let item = |(index, node)| Self { reading: self.reading, node, path: format!("{}[{index}]", self.path) };
        Some(items.iter().enumerate().map(item).collect())
    }

    /// The entries of a map whose keys are names chosen by the user.
    pub(super) fn named(&self) -> Option<Vec<(&'a str, Self)>> {
        let Value::Map(entries) = &self.node.value else { return self.expected("a map") };
        Some(entries.iter().map(|entry| (&*entry.key, self.child(entry))).collect())
    }

    /// A map of which all keys are known; others are faults, and so are those whose feature is still to come.
    pub(super) fn section(&self, name: &str, keys: &[&str]) -> Option<Map<'a>> {
        let Value::Map(entries) = &self.node.value else { return self.expected("a map") };
        for entry in entries {
            let fault = |message: &str, help| {
                let path = join(&self.path, &entry.key);
                self.reading.fault(entry.key_place, &path, message.to_owned(), help);
            };
            if !keys.contains(&&*entry.key) {
                fault("unknown key", self.reading.helped(|| suggestion(&entry.key, keys)));
            } else if later::asks(name, &entry.key, &entry.value) {
                fault("not supported yet", None);
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
    pub(super) fn is_nothing(&self) -> bool {
        matches!(self.kind(), Some(Kind::Null))
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

impl<'a> Map<'a> {
    /// The value of a key, where it is there.
    pub(super) fn get(&self, key: &str) -> Option<Cursor<'a>> {
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
